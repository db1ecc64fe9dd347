"""Commands that print: the scenarios, a tensor, the map of a model, where a number comes from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.common import at_cell, find_source, part_named, print_lines, say_notes, session_of
from attn_explore.explorer.commands.options import SamplerSteps, SourceName, complete_step, named
from attn_explore.explorer.commands.shared_options import Gradients, Limiting, Reading
from attn_explore.explorer.system.streams import line_width

if TYPE_CHECKING:
    from attn_explore.model.scenario import Scenario

_ENDLESS = 10**6
"""Cells of a line that goes into a file or another program: one line for each thing."""
_LEAST = 20
"""Cells of a summary, however narrow the terminal is."""


def list_(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON: name, title, summary, difficulty, path.")] = False,
) -> None:
    """List the bundled scenarios, a course for beginners first."""
    from attn_explore.explorer.session.course import named
    from attn_explore.model.scenario import read_scenario

    scenarios = {name: read_scenario(path) for name, path in named().items()}
    width = line_width() if sys.stdout.isatty() else _ENDLESS
    print_lines(_listed_as_json(scenarios) if as_json else _listed(scenarios, width))


def _listed(scenarios: dict[str, Scenario], width: int) -> Iterator[str]:
    """A line for each scenario; where lines have a width, its summary goes on below itself."""
    from itertools import groupby

    from attn_explore.explorer.drawing.wrapping import wrapped

    names = max(map(len, scenarios))
    for difficulty, group in groupby(scenarios.items(), key=lambda item: item[1].difficulty):
        yield difficulty
        for name, scenario in group:
            first, *rest = wrapped(scenario.summary, max(_LEAST, width - names - 4)) or [""]
            yield f"  {name:<{names}}  {first}".rstrip()
            yield from (f"{'':<{names + 4}}{line}" for line in rest)
        yield ""


def _listed_as_json(scenarios: dict[str, Scenario]) -> Iterator[str]:
    import json

    keys = ("title", "summary", "difficulty")
    found = [
        {"name": name, **{key: getattr(scenario, key) for key in keys}, "path": scenario.source.name}
        for name, scenario in scenarios.items()
    ]
    yield json.dumps(found, indent=2, ensure_ascii=False)


def show(
    source: SourceName,
    step: Annotated[
        str,
        typer.Argument(
            metavar="STEP[INDEX]",
            help="A step, a finer step or a parameter, or a part of it: weights[love] is the row of a word.",
            callback=named,
            autocompletion=complete_step,
        ),
    ],
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, with every digit.")] = False,
    rows: Annotated[bool, typer.Option("--rows", help="A line for each number, with every digit.")] = False,
    *,
    differentiated: Gradients,
    reading: Reading,
    sampler: SamplerSteps = "",
    limiting: Limiting,
) -> None:
    """Print one tensor as a table, with its words."""
    from attn_explore.explorer.telling import plain

    asked = replace(reading.asked(differentiated.number(step)), sampler=sampler)
    found = find_source(source, asked)
    session, value = part_named(found, limiting.limits, step)
    say_notes(session)
    print_lines(plain.csv_rows(value) if rows else plain.csv(value) if csv else plain.table(value))


def map_(
    source: SourceName,
    step: Annotated[
        str,
        typer.Option("--step", metavar="STEP", help="Light the box of this step.", autocompletion=complete_step),
    ] = "",
    plain: Annotated[bool, typer.Option("--plain", help="A box to a line, in words, without the drawing.")] = False,
    *,
    differentiated: Gradients,
    reading: Reading,
    limiting: Limiting,
) -> None:
    """Print the model as a diagram of boxes and arrows, as it ran."""
    asked = reading.asked(differentiated.number(step))
    session = session_of(find_source(source, asked), limiting.limits, step)
    say_notes(session)
    from attn_explore.explorer.system.exits import say
    from attn_explore.explorer.telling.model_map import lacking, map_lines

    if note := lacking(session):
        say(f"note: {note}")
    print_lines(map_lines(session, line_width(), is_lit=bool(step), plain=plain))


def explain(
    source: SourceName,
    cell: Annotated[
        str,
        typer.Argument(
            metavar="STEP[INDEX]",
            help="A cell, such as logits[dog,2]: a word along each axis, or its place, counted from 0.",
            callback=named,
            autocompletion=complete_step,
        ),
    ],
    depth: Annotated[
        int, typer.Option("--depth", metavar="N", min=1, max=100, help="How far back the numbers are followed.")
    ] = 1,
    *,
    differentiated: Gradients,
    reading: Reading,
    sampler: SamplerSteps = "",
    limiting: Limiting,
) -> None:
    """Print where a number comes from, and where it goes."""
    asked = replace(reading.asked(differentiated.number(cell)), sampler=sampler)
    session = at_cell(find_source(source, asked), limiting.limits, cell)
    say_notes(session)
    from attn_explore.explorer.telling.plain import explained

    print_lines(explained(session, depth, line_width()))
