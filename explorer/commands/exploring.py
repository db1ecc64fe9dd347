"""Commands that open the explorer, or print what it would show."""

from __future__ import annotations

import sys
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from attn_explore.explorer.commands.common import find_source, need_terminal, print_lines, say_notes, sessions_of
from attn_explore.explorer.commands.marking import Answers, Name, answer_file
from attn_explore.explorer.commands.options import SamplerSteps, Sort, SourceName, StartStep
from attn_explore.explorer.commands.shared_options import Gradients, Limiting, Reading
from attn_explore.explorer.commands.starting import check_look, explore
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
    sort: Sort = [],  # noqa: B006 (Typer reads it, nothing changes it)
    watch: Annotated[bool, typer.Option("--watch", help="Run again whenever the file is saved.")] = False,
    *,
    differentiated: Gradients,
    reading: Reading,
    sampler: SamplerSteps = "",
    answers: Answers = None,
    name: Name = "",
    limiting: Limiting,
) -> None:
    """Step through a scenario, an exported trace or a model.

    Without a terminal, or with --plain, the walk-through is printed as text. With --as the run as it is stands beside
    the rounded one: c and d compare them.
    """
    limits = limiting.limits
    if watch and plain:
        raise typer.BadParameter("--watch needs the explorer, and --plain prints")
    if watch and reading.as_:
        raise typer.BadParameter("--watch runs one run again, and --as shows two")
    asked = replace(reading.asked(differentiated.number(step)), sampler=sampler)
    is_printed = not watch and (plain or not sys.stdout.isatty())
    into = answer_file(answers, name, is_printed)
    from attn_explore.explorer.session.asked import FirstLook

    look = FirstLook(view.value if view else "", tuple(sort))
    if is_printed:
        both = [asked, replace(asked, rounded=None)] if asked.rounded else [asked]
        found = [find_source(source, each) for each in both]  # before NumPy is imported: a faulty scenario needs none
        from attn_explore.explorer.telling.walk_through import walk_through_lines

        session = sessions_of(found, limits, step)
        check_look(session, look)  # though what is printed stands as it was computed
        say_notes(session)
        return print_lines(walk_through_lines(session, line_width()))
    need_terminal()
    beside = (source, replace(asked, rounded=None)) if asked.rounded else None
    raise typer.Exit(explore(source, limits, step, asked, second=beside, watch=watch, answers=into, look=look))


def compare(
    first: SourceName,
    second: SourceName,
    step: StartStep = "",
    plain: Annotated[bool, typer.Option("--plain", help="Print both as text, step by step.")] = False,
    second_text: Annotated[
        str | None, typer.Option("--second-text", metavar="TEXT", help="Let the second read this text.")
    ] = None,
    *,
    differentiated: Gradients,
    reading: Reading,
    limiting: Limiting,
) -> None:
    """Step through two runs together, one beside the other.

    Without a terminal, or with --plain, both are printed as text, step by step, with what is different. --as rounds the
    parameters of the second.
    """
    limits = limiting.limits
    asked = reading.asked(differentiated.number(step))
    other = asked if second_text is None else replace(asked, given={**asked.given, "text": second_text})
    asked = replace(asked, rounded=None)  # the second is rounded, the first stays as it is
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
