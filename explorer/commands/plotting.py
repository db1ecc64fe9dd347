"""Commands that make figures and sheets of paper."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.common import at_cell, find_source, print_lines, say_notes, session_of
from attn_explore.explorer.commands.options import (
    FigureSize,
    FigureTitle,
    Head,
    Kind,
    Replace,
    SamplerSteps,
    Sort,
    SourceName,
    complete_step,
    named,
)
from attn_explore.explorer.commands.shared_options import Gradients, Limiting, Reading
from attn_explore.explorer.system.streams import line_width

if TYPE_CHECKING:
    from attn_explore.explorer.drawing.plots.looks import Looks
    from attn_explore.explorer.session.opening import Source


def plot(
    source: SourceName,
    cell: Annotated[
        str,
        typer.Argument(
            metavar="STEP[INDEX]",
            help="A step (a matrix is a heat map), a row of it such as weights[love]; profile or saliency, of the "
            "gradients; or map, the model as boxes and arrows.",
            callback=named,
            autocompletion=complete_step,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write a picture (.svg, .png, .pdf) or the numbers (.csv, .json)."
        ),
    ] = None,
    kind: Kind = None,
    head: Head = None,
    sort: Sort = [],  # noqa: B006 (Typer reads it, nothing changes it)
    title: FigureTitle = None,
    size: FigureSize = "",
    force: Replace = False,
    *,
    differentiated: Gradients,
    reading: Reading,
    sampler: SamplerSteps = "",
    limiting: Limiting,
) -> None:
    """Plot a step: as text, or into a file."""
    from attn_explore.explorer.drawing.pdf import library
    from attn_explore.explorer.system.file_formats import PLOTS, format_of
    from attn_explore.model.files.writing import check_target

    is_overview = cell in ("profile", "saliency", "map")
    number = differentiated.number(cell, is_needed=is_overview and cell != "map")
    found = find_source(source, replace(reading.asked(number), sampler=sampler))
    looks = _looks(title, size)
    if output is not None:
        if format_of(output, PLOTS, "a plot") == ".pdf":
            library()
        check_target(output, force, found.inputs)
    session = at_cell(found, limiting.limits, "" if is_overview else cell, or_row=True)
    say_notes(session)
    from attn_explore.explorer.telling.figures import figure_of  # it needs NumPy, and what is refused does not

    figure = figure_of(session, cell, kind, is_row=cell.endswith("]"), head=head)
    if sort:
        from attn_explore.explorer.telling.sorted_figures import sorted_as_named

        figure = sorted_as_named(figure, session, sort)
    if output is None:
        from attn_explore.explorer.drawing.plots.as_text import figure_lines
        from attn_explore.explorer.drawing.plots.figure import titled

        print_lines(figure_lines(titled(figure, title), line_width()))
        return
    from attn_explore.explorer.drawing.plots.formats import write_plot

    _say_written(write_plot(figure, output, force=force, inputs=found.inputs, looks=looks))


def handout(
    source: SourceName,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Its ending is the format: .md, .html, .tex. Without it, Markdown is printed.",
        ),
    ] = None,
    asks_only: Annotated[
        bool, typer.Option("--questions", help="Leave the answers out, and put them on a page of their own at the end.")
    ] = False,
    blank: Annotated[
        list[str],
        typer.Option("--blank", metavar="STEP", help="Leave the cells of this step empty. Can be given several times."),
    ] = [],  # noqa: B006
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            metavar="N",
            min=0,
            show_default=False,
            help="Other numbers, drawn from this seed. What the lesson says of the numbers is left out.",
        ),
    ] = None,
    force: Replace = False,
    *,
    reading: Reading,
    limiting: Limiting,
) -> None:
    """Write a lesson on paper, worked out or to be filled in.

    A scenario without a lesson has all its steps.
    """
    from attn_explore.explorer.system.file_formats import HANDOUTS, format_of
    from attn_explore.model.files.writing import check_target, write_atomically

    found = find_source(source, reading.asked())
    if output is not None:
        format_of(output, HANDOUTS, "a handout")
        check_target(output, force, found.inputs)
    if seed is not None:
        found = _drawn_again(found, seed)
    session = session_of(found, limiting.limits)
    say_notes(session)
    from attn_explore.explorer.drawing.handouts.writers import WRITERS
    from attn_explore.explorer.telling.handout import Wanted, handout_of

    made = handout_of(session, Wanted(asks_only, tuple(blank), tells=seed is None))
    if output is None:
        print_lines(WRITERS[".md"](made).splitlines())
        return
    written = WRITERS[format_of(output, HANDOUTS)](made)
    write_atomically(output, [written.encode()], force=force, inputs=found.inputs)
    _say_written(output.absolute())


def _drawn_again(source: Source, seed: int) -> Source:
    """The same scenario with other numbers. Raises Problem for a trace, and where no numbers are drawn."""
    from dataclasses import replace

    from attn_explore.model.problems import Problem

    if source.scenario is None:
        raise Problem("the numbers of a trace are what they are", path=source.path, hint="leave --seed out")
    return replace(source, scenario=source.scenario.with_seed(seed))


def _looks(title: str | None, size: str) -> Looks:
    """What a figure is called and how large it is. Raises Problem for a size that is none."""
    from attn_explore.explorer.drawing.plots.looks import Looks, read_size

    return Looks(title, read_size(size) if size else None)


def _say_written(path: Path) -> None:
    from attn_explore.explorer.system.exits import say
    from attn_explore.model.text import visible

    say(f"wrote {visible(str(path))}")
