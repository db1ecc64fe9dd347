"""What a view found, and a run, as a notebook shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attn_explore.explorer.notebook.html_parts import HtmlCell, coloured, heading, html_table, paragraph, together
from attn_explore.explorer.telling.answers.answer import Answer, Cell
from attn_explore.explorer.telling.answers.answer_lines import is_number
from attn_explore.explorer.telling.headings import shape, title_alone
from attn_explore.model.values import Value

ROWS, COLUMNS = 40, 24
"""Rows and columns that are shown of an answer; rows of the steps of a run."""


def answer_html(answer: Answer) -> str:
    """What is said of it, and its table, in the colours that the explorer gives it."""
    corner = f"{answer.down} \\ {answer.across}" if answer.across else answer.down
    rows = ((row.label, list(map(_cell, row.cells[:COLUMNS]))) for row in answer.rows[:ROWS])
    table = html_table("", corner, answer.columns[:COLUMNS], rows)
    return together((heading(answer.title), *map(paragraph, answer.said), table, *_left_out(answer)))


def _cell(cell: Cell) -> HtmlCell:
    paint = coloured(cell.strength or 0.0, 1.0)
    return HtmlCell(cell.shown, paint, is_number=cell.number is not None and is_number(cell.text))


def _left_out(answer: Answer) -> Iterator[str]:
    counted = ((len(answer.rows) - ROWS, "rows"), (len(answer.columns) - COLUMNS, "columns"))
    left = [f"{many} more {what}" for many, what in counted if many > 0]
    if left:
        yield paragraph(f"… {', '.join(left)}")


def run_html(title: str, said: Sequence[str], steps: Sequence[Value]) -> str:
    """What a run read, and its first steps, each with its title and its shape."""
    rows = (
        (step.path, [HtmlCell(text, is_number=False) for text in (title_alone(step), shape(step))])
        for step in steps[:ROWS]
    )
    more = [paragraph(f"… {len(steps) - ROWS} more steps")] if len(steps) > ROWS else []
    return together((heading(title), *map(paragraph, said), html_table("", "step", ("title", "shape"), rows), *more))
