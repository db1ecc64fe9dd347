"""Options that commands take together, as one parameter."""

from __future__ import annotations

from dataclasses import field
from inspect import signature
from typing import Annotated

import typer
from typer.testing import CliRunner

from attn_explore.explorer.commands.spread import spread
from attn_explore.model.dataclass import dataclass

Shade = Annotated[str, typer.Option("--shade", help="How dark.")]
Layers = Annotated[list[int], typer.Option("--layer", help="Which layers.")]


@dataclass(frozen=True)
class Look:
    """A group."""

    shade: Shade = "light"


@dataclass(frozen=True)
class Drawn:
    """A group with another in it."""

    look: Look
    layers: Layers = field(default_factory=list)


def draw(name: str, times: int = 1, *, drawn: Drawn, is_last: bool = False) -> None:
    """Draw."""
    print(name, times, drawn.look.shade, drawn.layers, is_last)


def test_each_option_of_a_group_is_a_parameter_where_the_group_stood() -> None:
    assert list(signature(spread(draw)).parameters) == ["name", "times", "shade", "layers", "is_last"]


def test_a_command_gets_its_groups_back_from_a_command_line() -> None:
    program = typer.Typer()
    program.command()(spread(draw))
    found = CliRunner().invoke(program, ["x", "--layer", "3", "--shade", "dark", "--layer", "1"])
    assert found.output == "x 1 dark [3, 1] False\n"
    assert CliRunner().invoke(program, ["y"]).output == "y 1 light [] False\n"
