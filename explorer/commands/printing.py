"""Commands that print: the scenarios, a tensor, a plot, where a number comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.common import (
    at_cell,
    find_source,
    number_to_differentiate,
    print_lines,
    say_notes,
    session_of,
)
from attn_explore.explorer.commands.options import (
    Allowed,
    Ids,
    Memory,
    Moment,
    NewTokens,
    NumberName,
    Replace,
    SourceName,
    Target,
    Text,
    WithGradients,
    asked_for,
    complete_step,
    limits_of,
    named,
)
from attn_explore.explorer.system.streams import line_width

if TYPE_CHECKING:
    from attn_explore.model.scenario import Scenario


def list_(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON: name, title, summary, difficulty, path.")] = False,
) -> None:
    """List the bundled scenarios, a course for beginners first."""
    from attn_explore.explorer.session.course import named
    from attn_explore.model.scenario import read_scenario

    scenarios = {name: read_scenario(path) for name, path in named().items()}
    print_lines(_listed_as_json(scenarios) if as_json else _listed(scenarios))


def _listed(scenarios: dict[str, Scenario]) -> Iterator[str]:
    from itertools import groupby

    width = max(map(len, scenarios))
    for difficulty, group in groupby(scenarios.items(), key=lambda item: item[1].difficulty):
        yield from (difficulty, *(f"  {name:<{width}}  {scenario.summary}" for name, scenario in group), "")


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
            metavar="STEP",
            help="Path of a step, a finer step or a parameter.",
            callback=named,
            autocompletion=complete_step,
        ),
    ],
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, with every digit.")] = False,
    rows: Annotated[bool, typer.Option("--rows", help="The same, a line for each number.")] = False,
    gradients: WithGradients = False,
    of: NumberName = "",
    moment: Moment = None,
    text: Text = None,
    ids: Ids = "",
    target: Target = None,
    max_new_tokens: NewTokens = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Print one tensor as a table, with its words."""
    from attn_explore.explorer.telling import plain

    asked = asked_for(number_to_differentiate(gradients, of, step), moment, text, ids, target, max_new_tokens)
    found = find_source(source, asked)
    session = session_of(found, limits_of(memory_limit, allow_path), step)
    say_notes(session)
    value = session.place.value
    print_lines(plain.csv_rows(value) if rows else plain.csv(value) if csv else plain.table(value))


def plot(
    source: SourceName,
    cell: Annotated[
        str,
        typer.Argument(
            metavar="STEP[INDEX]",
            help="A step (a matrix is a heat map), a row of it such as weights[love]; or profile or saliency, of the "
            "gradients.",
            callback=named,
            autocompletion=complete_step,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write a picture (.svg, .png) or the numbers (.csv, .json)."
        ),
    ] = None,
    force: Replace = False,
    gradients: WithGradients = False,
    of: NumberName = "",
    moment: Moment = None,
    text: Text = None,
    ids: Ids = "",
    target: Target = None,
    max_new_tokens: NewTokens = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Plot a step: as text, or into a file."""
    from attn_explore.explorer.system.file_formats import PLOTS, format_of
    from attn_explore.model.files.writing import check_target

    is_overview = cell in ("profile", "saliency")
    differentiate = number_to_differentiate(gradients or is_overview, of, cell)
    asked = asked_for(differentiate, moment, text, ids, target, max_new_tokens)
    found = find_source(source, asked)
    if output is not None:
        format_of(output, PLOTS, "a plot")
        check_target(output, force, found.inputs)
    session = at_cell(found, limits_of(memory_limit, allow_path), "" if is_overview else cell, or_row=True)
    say_notes(session)
    from attn_explore.explorer.telling.overview import plotted  # it needs NumPy, and what is refused does not

    plot = plotted(session, cell, is_row=cell.endswith("]"))
    if output is None:
        from attn_explore.explorer.drawing.plots.heat_map import HeatMap
        from attn_explore.explorer.drawing.plots.heat_text import heat_lines
        from attn_explore.explorer.drawing.plots.text import plot_lines

        width = line_width()
        print_lines(heat_lines(plot, width) if isinstance(plot, HeatMap) else plot_lines(plot, width))
        return
    from attn_explore.explorer.drawing.plots.formats import write_plot
    from attn_explore.explorer.system.exits import say
    from attn_explore.model.text import visible

    written = write_plot(plot, output, force=force, inputs=found.inputs)
    say(f"wrote {visible(str(written))}")


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
    gradients: WithGradients = False,
    of: NumberName = "",
    moment: Moment = None,
    text: Text = None,
    ids: Ids = "",
    target: Target = None,
    max_new_tokens: NewTokens = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Print where a number comes from, and where it goes."""
    asked = asked_for(number_to_differentiate(gradients, of, cell), moment, text, ids, target, max_new_tokens)
    session = at_cell(find_source(source, asked), limits_of(memory_limit, allow_path), cell)
    say_notes(session)
    from attn_explore.explorer.telling.plain import explained

    print_lines(explained(session, depth))
