"""Commands that open the explorer, or print what it would show."""

from __future__ import annotations

import sys
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from attn_explore.explorer.commands.common import (
    find_source,
    need_terminal,
    number_to_differentiate,
    print_lines,
    say_notes,
    session_of,
    sessions_of,
)
from attn_explore.explorer.commands.marking import Answers, Name, answer_file
from attn_explore.explorer.commands.options import (
    Allowed,
    Ids,
    Memory,
    Moment,
    NewTokens,
    NumberName,
    SourceName,
    StartStep,
    Target,
    Text,
    WithGradients,
    asked_for,
    limits_of,
)
from attn_explore.explorer.commands.starting import explore
from attn_explore.explorer.system.streams import line_width


class View(StrEnum):
    """How a step is shown at first."""

    matrix = "matrix"
    word = "word"
    text = "text"
    plot = "plot"
    beside = "beside"
    difference = "difference"
    sheet = "sheet"
    map = "map"


def run(
    source: SourceName,
    step: StartStep = "",
    plain: Annotated[bool, typer.Option("--plain", help="Print the walk-through as text.")] = False,
    view: Annotated[
        View | None,
        typer.Option(
            "--view",
            help="How it is shown at first. Attention: word, text, sheet; two runs: beside, difference.",
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Run again whenever the file is saved.")] = False,
    gradients: WithGradients = False,
    of: NumberName = "",
    moment: Moment = None,
    text: Text = None,
    ids: Ids = "",
    target: Target = None,
    max_new_tokens: NewTokens = None,
    answers: Answers = None,
    name: Name = "",
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006 (Typer reads it, nothing changes it)
) -> None:
    """Step through a scenario, an exported trace or a model.

    Without a terminal, or with --plain, the walk-through is printed as text.
    """
    limits = limits_of(memory_limit, allow_path)
    if watch and plain:
        raise typer.BadParameter("--watch needs the explorer, and --plain prints")
    differentiate = number_to_differentiate(gradients, of, step)
    asked = asked_for(differentiate, moment, text, ids, target, max_new_tokens)
    is_printed = not watch and (plain or not sys.stdout.isatty())
    into = answer_file(answers, name, is_printed)
    if is_printed:
        found = find_source(source, asked)  # before NumPy is imported: a faulty scenario does not need it
        from attn_explore.explorer.telling.walk_through import walk_through_lines

        session = session_of(found, limits, step)
        say_notes(session)
        return print_lines(walk_through_lines(session, line_width()))
    need_terminal()
    raise typer.Exit(explore(source, limits, step, asked, watch=watch, answers=into, view=view.value if view else ""))


def compare(
    first: SourceName,
    second: SourceName,
    step: StartStep = "",
    plain: Annotated[bool, typer.Option("--plain", help="Print both as text, step by step.")] = False,
    gradients: WithGradients = False,
    of: NumberName = "",
    moment: Moment = None,
    text: Text = None,
    second_text: Annotated[
        str | None, typer.Option("--second-text", metavar="TEXT", help="Let the second read this text.")
    ] = None,
    ids: Ids = "",
    target: Target = None,
    max_new_tokens: NewTokens = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Step through two runs together, one beside the other.

    Without a terminal, or with --plain, both are printed as text, step by step, with what is different.
    """
    limits, differentiate = limits_of(memory_limit, allow_path), number_to_differentiate(gradients, of, step)
    asked = asked_for(differentiate, moment, text, ids, target, max_new_tokens)
    other = asked if second_text is None else replace(asked, given={**asked.given, "text": second_text})
    if plain or not sys.stdout.isatty():
        found = [find_source(first, asked), find_source(second, other)]
        from attn_explore.explorer.telling.walk_through import walk_through_lines

        session = sessions_of(found, limits, step)
        for each in (session, session.other):
            if each is not None:
                say_notes(each)
        return print_lines(walk_through_lines(session, line_width()))
    need_terminal()
    raise typer.Exit(explore(first, limits, step, asked, second=(second, other)))
