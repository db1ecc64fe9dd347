"""Commands that are made when they are asked for: Typer would read the options of all of them to start one.

The options of all commands take it as long to read as to be imported, and the list of commands needs none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from attn_explore.explorer.commands.examples import EXAMPLES, epilog
from attn_explore.explorer.commands.spread import spread

Function = Callable[..., None]

SETTINGS: dict[str, Any] = {
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}
"""What holds for the program and for each command."""


def group_of(functions: Sequence[Function], classes: Mapping[str, type[TyperCommand]]) -> type[TyperGroup]:
    """The class of a group that has these functions as its commands, in this order.

    `classes` has those that read their options in a way of their own.
    """
    commands = Commands(functions, classes)

    class Group(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**{**attributes, "commands": commands})

        def list_commands(self, ctx: Any) -> list[str]:
            return list(commands)

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, summary(function)) for name, function in commands.functions.items()])

    return Group


def summary(function: Function) -> str:
    """The first line of what a command says of itself."""
    return (function.__doc__ or "").partition("\n")[0]


class Commands(Mapping[str, Any]):
    """The commands of functions by their names, each made by Typer at its first use."""

    def __init__(self, functions: Sequence[Function], classes: Mapping[str, type[TyperCommand]]) -> None:
        self.functions = {function.__name__.rstrip("_"): function for function in functions}
        self._classes = classes
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.functions)

    def __len__(self) -> int:
        return len(self.functions)

    def _make(self, name: str) -> Any:
        alone = typer.Typer(add_completion=False, **SETTINGS)
        alone.command(name, cls=self._classes.get(name), epilog=epilog(EXAMPLES[name]))(spread(self.functions[name]))
        command = typer.main.get_command(alone)
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                _say_its_name_only(parameter)
        return command


def _say_its_name_only(argument: Any) -> None:
    """Write an argument in the help as its metavar says, with any Typer.

    By itself a newer one adds what Python calls its type, `SCENARIO <str>`, and brackets around those of the metavar.
    """
    vars(argument).update(
        get_usage_pieces=lambda ctx: [argument.metavar],
        display_type_rich=lambda ctx: None,
    )
