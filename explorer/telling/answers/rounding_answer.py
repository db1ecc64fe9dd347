"""What rounding the parameters did to each step, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attn_explore.explorer.drawing.numbers import counted, percent, short_number
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.model.config import Rounding
from attn_explore.model.looking.rounded_steps import MATTERS, RoundedSteps, StepRounded
from attn_explore.model.naming import bracketed

_COLUMNS = ("relative", "largest difference", "as it is", "rounded", "at")
_RULES = {
    "bf16": "Every parameter is rounded to the upper 16 bits of a float32, the nearest, of two to the even one.",
    "f16": "Every parameter is rounded to a float16 of IEEE 754.",
    "int8": "Of each row of a matrix the largest magnitude is 127 times a float32 scale, and each number has 8 bits.",
    "q8_0": "As in llama.cpp: 32 numbers of a row share a float16 scale, and each has 8 bits.",
    "q4_1": "As in llama.cpp: 32 numbers of a row share a float16 scale and a float16 least number; each has 4 bits.",
}
_VECTORS = "Gains and biases stay as they are."
_RELATIVE = "relative: the root of the sum of the squared differences, divided by that of the numbers as they are."


def rounding_answer(found: RoundedSteps, storage: Rounding) -> Answer:
    """A row for each step; its cells lead to where the difference is largest."""
    most = max((each.relative for each in found.steps), default=0.0) or 1.0
    return Answer(
        f"What does rounding to {storage} change?",
        tuple(_said(found, storage)),
        "step",
        "",
        _COLUMNS,
        tuple(_row(each, most) for each in found.steps),
        "relative difference",
    )


def _said(found: RoundedSteps, storage: Rounding) -> Iterator[str]:
    if found.first is None:
        yield "No number of any step differs."
    else:
        yield f"The first step that differs is {found.first.step.path}."
    if found.matters is not None:
        yield f"The first that is off by more than {percent(MATTERS)} of its size is {found.matters.step.path}."
    else:
        yield f"No step is off by more than {percent(MATTERS)} of its size."
    if found.said:
        yield f"What the model says differs in {found.otherwise} of {counted(found.said, 'place')}."
    yield _RELATIVE
    yield _RULES[storage] if storage in ("bf16", "f16") else f"{_RULES[storage]} {_VECTORS}"


def _row(each: StepRounded, most: float) -> Row:
    at = At(each.step.path, each.index)
    numbers = ((each.largest, short_number(each.largest)), (each.exact, short_number(each.exact)))
    cells = (
        Cell(_share(each.relative), each.relative / most, at, each.relative),
        *(Cell(text, at=at, number=number) for number, text in numbers),
        Cell(short_number(each.rounded), at=at, number=each.rounded),
        Cell(bracketed(each.step.axes, each.index), at=at),
    )
    return Row(each.step.path, cells, At(each.step.path))


def _share(relative: float) -> str:
    """A share of a hundred with two digits that count: `0.0012%`."""
    return f"{100 * relative:.2g}%" if relative < 1 else f"{100 * relative:.0f}%"


def rounding_data(found: RoundedSteps, storage: Rounding) -> dict[str, Any]:
    """The same as plain objects."""
    return {
        "as": storage,
        "first": None if found.first is None else found.first.step.path,
        "matters": None if found.matters is None else found.matters.step.path,
        "said": found.said,
        "otherwise": found.otherwise,
        "steps": [
            {
                "at": each.step.path,
                "relative": each.relative,
                "largest": each.largest,
                "index": list(each.index),
                "exact": each.exact,
                "rounded": each.rounded,
            }
            for each in found.steps
        ],
    }
