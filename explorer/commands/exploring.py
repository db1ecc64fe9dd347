"""Commands that open the explorer, or print what it would show."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from attn_explore.explorer.commands.common import (
    need_terminal,
    number_to_differentiate,
    print_lines,
    say_notes,
    session_of,
    sessions_of,
    source_of,
)
from attn_explore.explorer.commands.options import (
    Allowed,
    Memory,
    Moment,
    NumberName,
    SourceName,
    StartStep,
    WithGradients,
    limits_of,
)
from attn_explore.explorer.commands.starting import explore
from attn_explore.explorer.system.streams import line_width


def run(
    source: SourceName,
    step: StartStep = "",
    plain: Annotated[bool, typer.Option("--plain", help="Print the walk-through as text.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Run again whenever the file is saved.")] = False,
    gradients: WithGradients = False,
    of: NumberName = "",
    moment: Moment = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006 (Typer reads it, nothing changes it)
) -> None:
    """Step through a scenario or an exported trace.

    Without a terminal, or with --plain, the walk-through is printed as text.
    """
    limits = limits_of(memory_limit, allow_path)
    if watch and plain:
        raise typer.BadParameter("--watch needs the explorer, and --plain prints")
    differentiate = number_to_differentiate(gradients, of, step)
    if not watch and (plain or not sys.stdout.isatty()):
        found = source_of(source, differentiate, moment)  # before NumPy is imported: a faulty scenario does not need it
        from attn_explore.explorer.telling.walk_through import walk_through_lines

        session = session_of(found, limits, step)
        say_notes(session)
        return print_lines(walk_through_lines(session, line_width()))
    need_terminal()
    raise typer.Exit(explore(source, limits, step, watch=watch, differentiate=differentiate, moment=moment))


def compare(
    first: SourceName,
    second: SourceName,
    step: StartStep = "",
    plain: Annotated[bool, typer.Option("--plain", help="Print both walk-throughs as text.")] = False,
    gradients: WithGradients = False,
    of: NumberName = "",
    moment: Moment = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Step through two runs together, one beside the other.

    Without a terminal, or with --plain, both walk-throughs are printed as text.
    """
    limits, differentiate = limits_of(memory_limit, allow_path), number_to_differentiate(gradients, of, step)
    if plain or not sys.stdout.isatty():
        found = [source_of(first, differentiate, moment), source_of(second, differentiate, moment)]
        from attn_explore.explorer.telling.walk_through import walk_through_lines

        session = sessions_of(found, limits, step)
        for each in (session, session.other):
            if each is not None:
                say_notes(each)
        return print_lines(walk_through_lines(session, line_width()))
    need_terminal()
    raise typer.Exit(explore(first, limits, step, second, differentiate=differentiate, moment=moment))
