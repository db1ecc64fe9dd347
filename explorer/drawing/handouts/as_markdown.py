"""A handout as Markdown that reads well as it is: tables line up, arithmetic stands in blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from attn_explore.explorer.drawing.handouts import narration
from attn_explore.explorer.drawing.handouts.page import ANSWERS, STAND, WORKED, Answer, Handout, Stop, Table
from attn_explore.explorer.drawing.numbers import pad
from attn_explore.model.text import visible

_SIGNS = re.compile(r"(\\(?!\s)|[`*<>|~$]|(?<!\w)_|_(?!\w)|\](?=[(\[:])|&(?=#?\w+;))")
"""Signs that mean something where they stand; an underscore within a name, a bracket by itself and others do not."""
_BEGINS = re.compile(r"^(\s*)([-+=#]+|\d+[.)])(?=\s|$)")
"""What makes a list or a heading of a line."""
_BLANK = "      "
"""A cell to be filled in."""


def markdown_of(handout: Handout) -> str:
    """The whole handout."""
    return "\n".join((*_lines(handout), ""))


def _lines(handout: Handout) -> Iterator[str]:
    yield f"# {text(handout.title)}"
    yield from _paragraph(text(handout.summary))
    for stop in handout.stops:
        yield from _stop(stop)
    if handout.answers:
        yield from ("", "---", "", f"## {ANSWERS}")
        for answer in handout.answers:
            yield from _answer(answer)


def _stop(stop: Stop) -> Iterator[str]:
    yield from ("", f"## {stop.number}. {text(stop.title)}", "", f"{code(stop.path)}, {text(stop.shape)}")
    yield from _paragraph(code(stop.formula))
    yield from _paragraph(narration.as_markdown(stop.say))
    yield from _paragraph(stop.empty)
    yield from _tables(stop)
    if stop.ask:
        yield from _paragraph(f"**Question:** {narration.as_markdown(stop.ask)}")
        yield from _paragraph(" / ".join(map(text, stop.choices)))
    yield from _worked(stop.worked)
    if stop.answer:
        yield from _paragraph(f"**Answer:** {text(stop.answer)}")


def _answer(answer: Answer) -> Iterator[str]:
    yield from ("", f"### {answer.number}. {text(answer.title)}")
    yield from _paragraph(text(answer.said))
    yield from _tables(answer)
    yield from _worked(answer.worked)


def _paragraph(said: str) -> Iterator[str]:
    if said:
        yield from ("", said)


def _worked(lines: Sequence[str]) -> Iterator[str]:
    """Arithmetic in a block of code, whose fence is longer than any in it."""
    if lines:
        fence = "`" * max([3, *(len(found) + 1 for line in lines for found in re.findall("`+", line))])
        yield from ("", f"{WORKED}:", "", f"{fence}text", *lines, fence)


def _tables(part: Stop | Answer) -> Iterator[str]:
    """The tables of a stop or of an answer, or where they stand."""
    if part.tables_at:
        yield from _paragraph(f"{STAND} {part.tables_at}.")
    for table in part.tables:
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    if table.title:
        yield from _paragraph(f"{text(table.title)}:")
    corner = text(" \\ ".join(filter(None, (table.rows_are, table.columns_are))))
    cells = [[corner, *map(text, table.heads)]]
    for row in table.rows:
        shown = (f"**{text(cell.text)}**" if cell.is_marked and cell.text else text(cell.text) or _BLANK
                 for cell in row.cells)  # fmt: skip
        cells.append([text(row.label), *shown])
    widths = [max(3, *(cell_len(line[column]) for line in cells)) for column in range(len(cells[0]))]
    yield ""
    yield _line(cells[0], widths)
    yield f"| {'-' * widths[0]} | {' | '.join('-' * (width - 1) + ':' for width in widths[1:])} |"
    yield from (_line(line, widths) for line in cells[1:])
    yield from _paragraph(text(table.left_out))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (pad(cell, width, right=place > 0) for place, (cell, width) in enumerate(zip(cells, widths, strict=True)))
    return f"| {' | '.join(padded)} |"


def text(said: str) -> str:
    """Text of a file, of which no sign is obeyed."""
    return _BEGINS.sub(r"\1\\\2", _SIGNS.sub(r"\\\1", visible(said)))


def code(said: str) -> str:
    """The same as code."""
    shown = visible(said)
    fence = "`" * max((len(found) + 1 for found in re.findall("`+", shown)), default=1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}" if shown else ""
