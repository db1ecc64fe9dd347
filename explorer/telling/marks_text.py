"""The answers of a class, as lines and as a table for spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attn_explore.explorer.drawing.wrapping import in_one_line
from attn_explore.explorer.library.marks import Mark, Result, Tally, by_person, by_question
from attn_explore.model.text import cells, clip, visible

_LONGEST = 48
_MOST_READ = 1000
"""Characters of a question that are read as Markdown."""
_FORMULA = re.compile(r"[=+\-@\t\r]")
"""What spreadsheets take the beginning of a formula from."""


def marks_lines(marks: Sequence[Mark]) -> Iterator[str]:
    """The questions, the hardest first; then each lesson by person."""
    if not marks:
        yield "no answers"
        return
    results = [result.value for result in Result]
    rows = [
        (*_counts(tally), _shown(asked.lesson), str(asked.stop), _asked(asked.question), _often(tally))
        for asked, tally in by_question(marks)
    ]
    yield "Questions, the hardest first: how many people answered them"
    yield from _table(("people", *results, "lesson", "stop", "question", "most often, wrongly"), rows)
    yield ""
    yield "Lessons and people: how many questions they answered"
    rows = [(*_counts(tally), _shown(lesson), _shown(person)) for lesson, person, tally in by_person(marks)]
    yield from _table(("questions", *results, "lesson", "person"), rows)


def marks_csv(marks: Sequence[Mark]) -> Iterator[str]:
    """A line for each person and question."""
    from attn_explore.explorer.drawing.plots.heat_files import csv_line

    yield csv_line(("name", "lesson", "stop", "question", "result", "tries", "wrong"))
    for mark in marks:
        asked = mark.asked
        texts = (mark.person, asked.lesson, str(asked.stop), asked.question)
        yield csv_line(map(_harmless, (*texts, mark.result.value, str(mark.tries), " | ".join(mark.wrong))))


def _counts(tally: Tally) -> tuple[str, ...]:
    return str(tally.count), *(str(tally.results[result]) for result in Result)


def _often(tally: Tally) -> str:
    """The wrong answer that came most often, and how often."""
    if not tally.wrong:
        return ""
    given, count = tally.wrong.most_common(1)[0]
    return f"{_shown(given)} ({count}×)"


def _asked(question: str) -> str:
    """A question, which is Markdown, as plain text on one line of a table."""
    return _shown(in_one_line(clip(" ".join(question.split()), _MOST_READ)))


def _shown(text: str) -> str:
    """Text of a file on one line of a table."""
    return visible(clip(" ".join(text.split()), _LONGEST))


def _harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula; numbers stay numbers."""
    try:
        float(text)
    except ValueError:
        return f"'{text}" if _FORMULA.match(text) else text
    return text


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as they need; numbers to the right."""
    widths = [max(map(cells, column)) for column in zip(heads, *rows, strict=True)]
    is_number = [all(text.isdecimal() for text in column) for column in zip(*rows, strict=True)]
    for row in (heads, *rows):
        yield "  ".join(
            " " * (width - cells(text)) + text if right else text + " " * (width - cells(text))
            for text, width, right in zip(row, widths, is_number, strict=True)
        ).rstrip()
