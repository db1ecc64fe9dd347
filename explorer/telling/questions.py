"""Questions of a lesson as they are put, and what is said of an answer, with the reason from the arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from rich.cells import cell_len

from attn_explore.explorer.drawing.arithmetic import Block, Link, Piece, Role, telling_label
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.drawing.wrapping import wrapped
from attn_explore.explorer.session.lesson_progress import Outcome
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import headings
from attn_explore.model.explain import Index
from attn_explore.model.lesson import Question
from attn_explore.model.text import visible
from attn_explore.model.values import Value

HOW = {
    "word": "↑ ↓ choose, Enter answers; → shows the answer",
    "cell": "h j k l go to a cell, Enter answers; → shows the answer",
    "number": "type a number, Enter answers; → shows the answer",
}
"""How a question is answered, by its kind."""

ROUNDING = 1e-12
"""A sum this much smaller than its largest term is 0 but for rounding."""

_VERDICT = {Outcome.right: "Right.", Outcome.wrong: "Not so.", Outcome.shown: "The answer:"}


def asked(question: Question, room: int) -> list[Block]:
    """A question that waits: its text, what can be chosen, and how it is answered, in `room` cells."""
    ask, how = visible(question.ask), HOW[question.kind]
    return [*_lines(ask, "name", room), *_options(question, room), *_lines(how, "note", room)]


def answered(session: Session, room: int) -> list[Block]:
    """What is said of the answer at this stop; the arithmetic of the right cell goes below."""
    lesson = session.lesson
    question, outcome = lesson.stop.question, lesson.outcome
    if question is None or outcome is None:
        return []
    said = f"{_VERDICT[outcome]} {' '.join(_reasons(question, lesson.given))}"
    role: Role = "result" if outcome is Outcome.right else "label"
    return [*_lines(visible(question.ask), "name", room), *_lines(said, role, room)]


def answer(question: Question) -> str:
    """The answer with its reason, for where nobody is asked."""
    return " ".join(_reasons(question, None))


def _lines(text: str, role: Role, room: int) -> list[Block]:
    return [Block(((Piece(line, role),),)) for line in wrapped(text, room)]


def _options(question: Question, room: int) -> Iterator[Block]:
    """What can be chosen, as many to a line as fit."""
    axis = question.options
    if axis is None:
        return
    row: list[Piece] = []
    for place in range(axis.size):
        piece = Piece(telling_label(axis, place), "number", Link(question.value, question.at(place)))
        if row and sum(cell_len(each.text) for each in row) + cell_len(piece.text) + 3 > room:
            yield Block((tuple(row),))
            row = []
        row += [Piece("  ", "sign"), piece]
    yield Block((tuple(row),))


def _reasons(question: Question, given: Index | float | None) -> Iterator[str]:
    if question.kind == "number":
        yield from _number_reasons(question, given)
        return
    value, right = question.value, question.right
    extreme = "smallest" if question.is_least else "largest"
    where = f"along {question.axes[0]}" if question.kind == "word" else "of them all"
    names = " and ".join(headings.name_at(value, cell) for cell in right[:3])
    number = short_number(float(value.array[right[0]]))
    verb = "is" if len(right) == 1 else "are"
    equal = {1: "=", 2: "both ="}.get(len(right), "and others =" if len(right) > 3 else "all =")
    yield f"{names} {equal} {number} {verb} the {extreme} {where}."
    if isinstance(given, tuple) and given not in right and _is_in(value, given):
        yield f"{headings.name_at(value, given)} = {short_number(float(value.array[given]))}."


def _is_in(value: Value, cell: Index) -> bool:
    return all(here < size for here, size in zip(cell, value.shape, strict=True))


def _number_reasons(question: Question, given: Index | float | None) -> Iterator[str]:
    value, numbers = question.value, np.asarray(question.value.array[question.asked]).ravel()
    largest = float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0))
    is_zero = math.isfinite(question.number) and abs(question.number) <= ROUNDING * largest
    number = short_number(0 if is_zero else question.number)
    if question.axes:
        terms = " + ".join(short_number(float(each)) for each in numbers[:8])
        more = f" + … ({len(numbers)} numbers)" if len(numbers) > 8 else ""
        yield f"{terms}{more} = {number}."
    else:
        yield f"{headings.name_at(value, question.index)} = {number}."
    if isinstance(given, float) and not question.is_right(given):
        yield f"You said {short_number(given)}."
