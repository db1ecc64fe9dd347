"""Text mode: everything as plain lines, for pipes, for logs and for screen readers. No colours, no escapes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np
from rich.cells import cell_len

from attn_explore.explorer.drawing.arithmetic import as_text, links
from attn_explore.explorer.drawing.numbers import pad, short_number
from attn_explore.explorer.drawing.plots.heat_files import csv_lines
from attn_explore.explorer.drawing.wrapping import markdown
from attn_explore.explorer.session import change_moment
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import headings, questions
from attn_explore.explorer.telling.uses import use_blocks
from attn_explore.model.axes import Axis, labelled
from attn_explore.model.explain import Index
from attn_explore.model.lesson import Stop
from attn_explore.model.text import clip, visible
from attn_explore.model.values import Value

WIDTH = 100
"""Cells of a line of prose."""

WINDOW = 8
"""Heads, rows and columns of a tensor that the walk-through shows."""

LONGEST_LABEL = 40
"""Characters of a word that a table shows."""


def walk(session: Session) -> Iterator[str]:
    """Every step with its formula, a window of its numbers and its explanation."""
    scenario = session.run.scenario
    yield visible(scenario.title)
    if scenario.summary:
        yield visible(scenario.summary)
    if session.moments is not None:
        yield ", ".join(" ".join(part.split()) for part in headings.trained(session.moments, session.run.moment))
    if session.run.first_bad is not None:
        yield f"Not every number is finite: {headings.alarm(session)}"
    yield from _walk_steps(session)
    yield from _at_a_glance(session)
    if session.other is not None:
        yield ""
        yield f"The other run: {visible(session.other.label)}"
        yield from _walk_steps(session.other)
        yield from _at_a_glance(session.other)


def _at_a_glance(session: Session) -> Iterator[str]:
    """The plots of all gradients, where the run has some."""
    if session.run.output is None:
        return
    from attn_explore.explorer.drawing.plots.text import plot_lines
    from attn_explore.model.profile import OVERVIEWS

    for plot in filter(None, (draw(session.run.trace) for draw in OVERVIEWS.values())):
        yield ""
        yield from plot_lines(plot, WIDTH)


def _walk_steps(session: Session) -> Iterator[str]:
    for value in session.run.trace.parameters.values():
        if stops := session.lesson.at(value):
            yield ""
            yield f"{headings.title(session, value)}"
            yield f"    {value.path}   {headings.shape(value)}"
            yield from (f"    {line}" for line in table(value, WINDOW))
            yield from (line for stop in stops for line in _told(session, stop))
    steps = session.place.steps
    for place, value in enumerate(steps, 1):
        yield ""
        yield f"{place}/{len(steps)}  {headings.title(session, value)}"
        yield f"    {value.path}   {headings.shape(value)}"
        yield f"    {headings.equation(session, value)}"
        yield from (f"    {line}" for line in table(value, WINDOW))
        for stop in session.lesson.at(value):
            yield from _told(session, stop)
        yield from _paragraph(headings.why(value))


def _told(session: Session, stop: Stop) -> Iterator[str]:
    """What a lesson says and asks at a step, with the answer; where it is at another moment of training, as it was."""
    moment = session.lesson.moment_of(stop)
    if session.moments is not None and moment != session.run.moment:
        stop = stop.in_run(change_moment.run_at(session, moment, session.run.scenario, None).trace)
        yield f"    After {session.moments.steps[moment]} steps of training:"
        yield from (f"    {line}" for line in table(stop.value, WINDOW))
    if stop.say:
        yield "    In this scenario:"
        yield from (f"      {line.plain}".rstrip() for line in markdown(stop.say, WIDTH - 6))
    if stop.ask:
        answer = f" {questions.answer(stop.question)}" if stop.question else ""
        lines = (line.plain for line in markdown(stop.ask, WIDTH))
        yield from _paragraph(f"Question: {' '.join(lines)}{answer}")


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def table(value: Value, window: int | None = None) -> Iterator[str]:
    """The numbers of a value as aligned tables with the labels of the axes, one for each head; `window` bounds them."""
    if not value.axes:
        yield short_number(float(value.array))
        return
    planes = list(np.ndindex(value.shape[:-2]))
    for lead in planes[:window]:
        named = [axis.label(place) for axis, place in zip(value.axes, lead, strict=False)]
        if named:
            yield f"{', '.join(named)}:"
        yield from _matrix(value, lead, window)
    if len(planes[:window]) < len(planes):
        yield f"… {len(planes) - len(planes[:window])} more {value.axes[0].name}"


def explained(session: Session, depth: int) -> Iterator[str]:
    """Where the number of the cell that is looked at comes from, followed `depth` steps back, and where it goes."""
    value, index = session.place.value, session.place.index
    waiting: list[tuple[Value, Index, int]] = [(value, index, 1)]
    seen: set[tuple[str, Index]] = set()
    for value, index, level in waiting:
        if (value.path, index) in seen:
            continue
        seen.add((value.path, index))
        found = headings.cell_blocks(session, value, index, unfolded=True)
        yield f"{value.path}{visible(labelled(value.axes, index))}"
        yield from (f"    {line}" for line in as_text(found))
        if note := headings.cell_note(value, index):
            yield f"    {note}"
        yield ""
        if level < depth:
            waiting += [(link.value, link.index, level + 1) for link in links(found)]
    yield "where it goes"
    yield from (
        f"    {line}" for line in as_text(use_blocks(session.run.trace, session.place.value, session.place.index))
    )


def csv(value: Value) -> Iterator[str]:
    """The numbers of a value as comma-separated lines: the labels of every axis but the last, then a row of numbers."""
    return csv_lines(value.name, value.array, value.axes)


def _label(axis: Axis, index: int) -> str:
    return visible(clip(axis.short_label(index), LONGEST_LABEL))


def _matrix(value: Value, lead: Index, window: int | None) -> Iterator[str]:
    matrix = np.atleast_2d(value.array[lead])
    height, width = (min(size, window or size) for size in matrix.shape)
    columns, rows = value.axes[-1], value.axes[-2] if len(value.axes) > 1 else None
    labels = [_label(rows, row) if rows else "" for row in range(height)]
    heads = [_label(columns, column) for column in range(width)]
    texts = [[short_number(float(number)) for number in matrix[row, :width]] for row in range(height)]
    corner = f"{rows.name} \\ {columns.name}" if rows else columns.name
    label_width = max(cell_len(label) for label in (corner, *labels))
    widths = [max(cell_len(text) for text in (heads[c], *(line[c] for line in texts))) for c in range(width)]
    for label, line in zip((corner, *labels), (heads, *texts), strict=True):
        numbers = (pad(text, size, right=True) for text, size in zip(line, widths, strict=True))
        yield "  ".join((pad(label, label_width), *numbers))
    left = [f"{matrix.shape[0] - height} more {rows.name}"] if rows and height < matrix.shape[0] else []
    left += [f"{columns.size - width} more {columns.name}"] if width < columns.size else []
    if left:
        yield f"… {', '.join(left)}"
