"""Questions of a lesson as they are put, and what is said of an answer, with the reason from the arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from rich.text import Text

from attn_explore.explorer.drawing.arithmetic import Manner, blocks
from attn_explore.explorer.drawing.blocks import Block, Link, Piece, Role, flowing
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.drawing.wrapping import markdown, wrapped
from attn_explore.explorer.session.lesson_progress import Given, Outcome
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import cell_text
from attn_explore.model.axes import Array
from attn_explore.model.explain import Arithmetic, Index, arithmetic
from attn_explore.model.expressions import Cell, Reduce
from attn_explore.model.lesson import Question
from attn_explore.model.naming import bracketed, shown
from attn_explore.model.values import Value

_HOW = {
    "word": "↑ ↓ choose, Enter answers",
    "cell": "h j k l or g go to a cell, Enter answers",
    "number": "type a number or a sum, Enter answers",
}
"""How a question is answered, by its kind."""

ROUNDING = 8
"""A sum that is off a whole number by so many units in the last place of its terms is that number, but for rounding."""
MANY = 10**6
"""Lines where there is room for everything."""
NEAR = 0.1
"""A number that is off by no more than this share is nearly right."""

_VERDICT = {
    Outcome.right: "✓ Right.",
    Outcome.later: "✓ Right.",
    Outcome.wrong: "The answer:",
    Outcome.shown: "The answer:",
}


def asked(session: Session, room: int) -> list[Block]:
    """The question that waits: its text, what the last try lacked, what can be chosen, and a hint.

    Lines are at most `room` cells wide. What the last try lacked and the hint are new.
    """
    lesson, question = session.lesson, session.question
    if question is None:
        return []
    return [
        *_narrated(question.ask, "name", room),
        *_new(_lines(_lack(question, lesson.given), "wrong", room) if lesson.given is not None else ()),
        *_options(question, lesson.tries, room),
        *_new(_hint(question, lesson.tries, room) if lesson.has_hint else ()),
    ]


def _new(blocks: Iterable[Block]) -> Iterator[Block]:
    return (replace(block, is_new=True) for block in blocks)


def how(session: Session) -> str:
    """How the question that waits is answered, in one line that fits into any title."""
    return "" if session.question is None else f"Question: {_HOW[session.question.kind]}"


def helps(session: Session) -> str:
    """What helps with the question that waits."""
    if session.question is None:
        return ""
    return f"{'' if session.lesson.has_hint else 'H gives a hint; '}→ shows the answer"


def answered(session: Session, room: int, lines: int = MANY) -> list[Block]:
    """What is said of the answer at this stop, under the question where that leaves room of so many `lines`.

    The arithmetic of the right cell goes below.
    """
    lesson = session.lesson
    question, outcome = lesson.stop.question, lesson.outcome
    if question is None or outcome is None:
        return []
    asked_for = _narrated(question.ask, "name", room)
    verdict = [
        *_lines(f"{_VERDICT[outcome]} {answer(question)}", "right" if outcome.is_right else "label", room),
        *(line for said in _wrong_try(question, lesson.given) for line in _lines(said, "wrong", room)),
    ]
    return [*asked_for, *verdict] if len(asked_for) + len(verdict) <= lines else verdict


def answer(question: Question) -> str:
    """The answer with its reason."""
    return _number_reason(question) if question.kind == "number" else _place_reason(question)


def _lines(text: str, role: Role, room: int) -> list[Block]:
    return [Block(((Piece(line, role),),)) for line in wrapped(text, room)]


def _narrated(text: str, role: Role, room: int) -> list[Block]:
    """Markdown as lines; what is emphasised stands out."""
    return [Block((tuple(_pieces(line, role)),)) for line in markdown(text, room)]


def _pieces(line: Text, role: Role) -> Iterator[Piece]:
    """A styled line cut where its style changes."""
    cuts = sorted({0, len(line), *(span.start for span in line.spans), *(span.end for span in line.spans)})
    for start, end in pairwise(cuts):
        marked = any(span.start <= start < span.end and span.style for span in line.spans)
        yield Piece(line.plain[start:end], "emphasis" if marked else role)


def _options(question: Question, tries: tuple[Given, ...], room: int) -> Iterator[Block]:
    """What can be chosen, as many to a line as fit; behind what was tried stands a cross, close to it."""
    axis = question.options
    if axis is None:
        return
    choices = ((question.at(place), shown(axis, place)) for place in range(axis.size))
    parts = (
        (
            Piece("  ", "wrong"),
            Piece(name, "number", Link(question.value, cell)),
            Piece("✗" if cell in tries else "", "wrong"),
        )
        for cell, name in choices
    )
    yield from flowing(parts, room - 1)


def _lack(question: Question, given: Given) -> str:
    """What is off with a wrong answer, without the right one."""
    if isinstance(given, tuple):
        number = short_number(float(question.value[given]))
        other = "a smaller" if question.is_least else "a larger"
        return f"✗ Not so: {cell_text.name_at(question.value, given)} = {number}, and there is {other} one."
    right = question.number
    if math.isfinite(right) and question.is_right(-given):
        return f"✗ {short_number(given)} has the other sign."
    nearly = "a little " if abs(given - right) <= NEAR * abs(right) else ""
    return f"✗ {short_number(given)} is {nearly}too {'large' if given > right else 'small'}."


# --- hints


def _hint(question: Question, tries: tuple[Given, ...], room: int) -> list[Block]:
    """What the lesson says as a hint, or the arithmetic without its result, or which places it is not."""
    if question.hint:
        return _narrated(question.hint, "label", room)
    if question.kind != "number":
        return _lines(_left_over(question, tries), "label", room)
    if question.is_sum or question.value.is_leaf:
        return _lines("All that is to be added up stands in sight.", "label", room)
    found = _computed(question.value, question.index)
    if isinstance(found.expression, Cell):
        taken_from = cell_text.name_at(*found.source(found.expression))
        return _lines(f"It was taken over from {taken_from} as it is.", "label", room)
    parts = list(_hinting(found, short_number(question.number)))
    return [Block(tuple(tuple(_without_result(piece) for piece in row) for row in part.rows)) for part in parts]


def _hinting(found: Arithmetic, answer: str) -> Iterator[Block]:
    """A sum with its terms; of any other arithmetic the first part that has not the answer among its numbers.

    Of a norm with a gain of 1 the last part has, which comes first.
    """
    parts = blocks(found, Manner(terse=True))
    if isinstance(found.expression, Reduce):
        yield from parts[:2]
        return
    numbers = ([piece.text.strip() for row in part.rows for piece in row if piece.role == "number"] for part in parts)
    yield next((part for part, shown in zip(parts, numbers, strict=True) if shown and answer not in shown), parts[0])


def _computed(value: Value, index: Index) -> Arithmetic:
    """How a number was computed; of one that was only taken over, which would tell it, what it was taken from."""
    found = arithmetic(value, index)
    while isinstance(found.expression, Cell) and not found.source(found.expression)[0].is_leaf:
        found = arithmetic(*found.source(found.expression))
    return found


def _without_result(piece: Piece) -> Piece:
    if piece.role == "result":
        return replace(piece, text="?")
    return replace(piece, link=None)


def _left_over(question: Question, tries: tuple[Given, ...]) -> str:
    """Two places that the answer is one of: the right one, and the next best that was not tried, if one is left."""
    value, right = question.value, question.right[0]
    cells = (tuple(map(int, cell)) for cell in np.ndindex(value.shape))
    others = [cell for cell in cells if cell != right and question.may_be(cell)]
    untried = [cell for cell in others if cell not in tries] or others
    nearest = min(untried, key=lambda cell: abs(float(value[cell] - value[right])), default=right)
    names = " or ".join(_choice(question, cell) for cell in sorted({right, nearest}))
    return f"It is {names}."


def _choice(question: Question, cell: Index) -> str:
    """How a choice is called: a word by itself, a cell with its step."""
    if question.options is None:
        return cell_text.name_at(question.value, cell)
    return f"“{shown(question.options, cell[question.value.names.index(question.axes[0])])}”"


# --- reasons


def _place_reason(question: Question) -> str:
    value, right = question.value, question.right
    extreme = "smallest" if question.is_least else "largest"
    where = f"along {question.axes[0]}" if question.kind == "word" else "of them all"
    names = " and ".join(cell_text.name_at(value, cell) for cell in right[:3])
    number = short_number(float(value[right[0]]))
    verb = "is" if len(right) == 1 else "are"
    equal = {1: "=", 2: "both ="}.get(len(right), "and others =" if len(right) > 3 else "all =")
    return f"{names} {equal} {number} {verb} the {extreme} {where}."


def _wrong_try(question: Question, given: Given | None) -> Iterator[str]:
    """What was answered last, where that is not right; nothing where the run has no such cell any more."""
    if given is None or question.is_right(given):
        return
    value = question.value
    if not isinstance(given, tuple):
        yield f"✗ You said {short_number(given)}."
    elif _is_in(value, given):
        yield f"✗ You chose {cell_text.name_at(value, given)} = {short_number(float(value[given]))}."


def _is_in(value: Value, cell: Index) -> bool:
    return all(here < size for here, size in zip(cell, value.shape, strict=True))


def _number_reason(question: Question) -> str:
    value, numbers = question.value, np.asarray(question.value[question.asked]).ravel()
    number = short_number(_whole(question.number, numbers))
    if question.axes:
        terms = " + ".join(short_number(float(each)) for each in numbers[:8])
        more = f" + … ({len(numbers)} numbers)" if len(numbers) > 8 else ""
        return f"{terms}{more} = {number}{'' if more else _rounding(numbers, number)}."
    own = f"{value.path}{bracketed(value.axes, question.index)}"  # by its path: letters are alike
    return f"{own if question.is_operand else cell_text.name_at(value, question.index)} = {number}."


def _rounding(terms: Array, total: str) -> str:
    """What has to be said where the terms, as they are shown, do not come to the sum that is shown."""
    shown = [short_number(float(term)) for term in (*terms,)]
    if not np.isfinite(terms).all() or total == short_number(float(sum(map(float, shown)))):
        return ""
    return " before they are rounded"


def _whole(total: float, terms: Array) -> float:
    """What some terms come to; a whole number where only rounding keeps it from being one."""
    if not math.isfinite(total) or terms.size < 2:
        return total
    unit = float(np.finfo(terms.dtype).eps * np.abs(terms[np.isfinite(terms)]).max(initial=0)) * terms.size
    return round(total) if abs(total - round(total)) <= ROUNDING * unit else total
