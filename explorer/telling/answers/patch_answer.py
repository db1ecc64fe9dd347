"""Patching as an answer: a row for each layer, a column for each token or head, in each how much comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.answer_lines import ESTIMATED
from attn_explore.explorer.telling.answers.runs_made import how_far
from attn_explore.model.axes import Array, Axis
from attn_explore.model.looking.asked_token import token_text
from attn_explore.model.looking.patching import Kind, Patching
from attn_explore.model.naming import shown
from attn_explore.model.stream import stream_of
from attn_explore.model.text import clip
from attn_explore.model.values import Value

WHAT: dict[Kind, str] = {
    "residual": "the residual stream at one token after a layer",
    "attention": "what one attention adds at one token",
    "ffn": "what one feed-forward network adds at one token",
    "heads": "what one head of attention computes, at all tokens",
}
"""What is put in, for each kind of patch."""

_BEST = 3
"""Cells that are named."""
_HALF = 0.5
_LEAST = 0.05
"""What one of them brings back at least."""
_WORDS = 100
"""Letters of a text that is quoted."""


def patch_answer(found: Patching, *, shows_estimates: bool = True) -> Answer:
    """The map as it is now. Estimates are marked; without them, what was not made yet is empty."""
    by_head = is_by_head(found)
    rows = tuple(_row(found, place, shows_estimates=shows_estimates) for place in range(len(found.rows)))
    return Answer(
        "Which heads make the two runs differ?" if by_head else "What in the text makes the two runs differ?",
        tuple(_said(found, has_estimates=shows_estimates and not found.is_done)),
        "layer",
        "head" if by_head else "token",
        tuple(_heads_of_columns(found)),
        rows,
        "what comes back",
    )


def _row(found: Patching, row: int, *, shows_estimates: bool) -> Row:
    step = found.rows[row]
    columns = range(found.exact.shape[1])
    cells = (_cell(found, row, column, shows_estimates=shows_estimates) for column in columns)
    return Row(row_label(step), tuple(cells), At(step.path))


def _cell(found: Patching, row: int, column: int, *, shows_estimates: bool) -> Cell:
    step, exact = found.rows[row], float(found.exact[row, column])
    at = At(step.path, (column, *(0 for _ in step.axes[1:])))
    is_estimated = np.isnan(exact)
    if is_estimated and not shows_estimates:
        return Cell("", at=at)
    number = float(found.estimate[row, column]) if is_estimated else exact
    return Cell(f"{ESTIMATED if is_estimated else ''}{_text(number)}", max(-1.0, min(1.0, number)), at, number)


def _text(number: float) -> str:
    return f"{number:.2f}".replace("-0.00", "0.00")


def row_label(step: Value) -> str:
    """The layer of a step, or what stands before the layers: `3`, `3 cross`, `input`."""
    parts = step.path.split(".")
    if "layers" not in parts:
        return "input"
    place = parts.index("layers")
    return f"{parts[place + 1]}{' cross' if parts[place + 2] == 'cross_attention' else ''}"


def is_by_head(found: Patching) -> bool:
    """Whether heads run across, and not tokens."""
    return found.columns[0].name == "head"


def _heads_of_columns(found: Patching) -> Iterator[str]:
    """The heads; or the tokens, both of them where the two texts differ."""
    clean, corrupted = found.columns
    for place in range(clean.size):
        if clean.name == "head":
            yield str(place)
            continue
        yield _in_both(clean, corrupted, place)


def _in_both(clean: Axis, corrupted: Axis, place: int) -> str:
    """A token of the two texts; both where they differ: `dog / cat`."""
    one, other = shown(clean, place), shown(corrupted, place)
    return one if clean.label(place) == corrupted.label(place) else f"{one} / {other}"


# --- sentences


def _said(found: Patching, *, has_estimates: bool) -> Iterator[str]:
    made = f"{how_far(found)} are made"
    if has_estimates:
        yield f"{ESTIMATED} is what the gradient estimates; the other numbers are exact: {made}."
    elif found.runs_left:
        yield f"{made}; cells without a number wait for theirs."
    else:
        yield "Each number is exact: of a run with that patch."
    words, said = found.said.steps[0].axes[-1], found.said
    clean, corrupted = (clip(" ".join(_labels(axis)), _WORDS) for axis in found.texts)
    yield f"Into the run over “{corrupted}” is put {WHAT[found.asked.kind]}, from the run over “{clean}”."
    yield (
        f"Measured is the logit of {shown(words, said.token)} less that of {shown(words, said.against)}"
        f"{_where(found)}: {short_number(found.corrupted)} without a patch is 0 here, and {short_number(found.clean)}, "
        "as in the run that it is from, is 1."
    )
    if is_by_head(found) and (best := ", ".join(_best(found))):
        yield f"Most comes back by {best}."
    elif most := ", ".join(_over_half(found)):
        yield f"Over half comes back at {most}."


def _where(found: Patching) -> str:
    """At which word the logits are: `, after ␣is`; nothing where they are of the whole text."""
    place, logits = found.said.place, found.said.steps[0]
    if place is None:
        return ""
    clean = found.two.clean.steps[logits.path]
    after = "after" if stream_of(found.two.corrupted).foretells else "at"
    return f", {after} {_in_both(clean.axes[0], logits.axes[0], place)}"


def _labels(axis: Axis) -> list[str]:
    return [axis.label(place) for place in range(axis.size)]


def _over_half(found: Patching) -> Iterator[str]:
    """In each column the rows in which over half comes back, as far as they follow each other: `dog (input to 3)`."""
    numbers, rows = _numbers(found), list(map(row_label, found.rows))
    for column, name in enumerate(_heads_of_columns(found)):
        above = np.flatnonzero(numbers[:, column] > _HALF)
        parts = np.split(above, np.flatnonzero(np.diff(above) > 1) + 1) if len(above) else []
        if ranges := ", ".join(" to ".join(dict.fromkeys((rows[part[0]], rows[part[-1]]))) for part in parts):
            yield f"{name} ({ranges})"


def _numbers(found: Patching) -> Array:
    return np.where(np.isnan(found.exact), found.estimate, found.exact)


def _best(found: Patching) -> Iterator[str]:
    """The heads that bring back most, where they bring back something: `23.3 (0.52)`, `0.cross.1 (0.20)`."""
    numbers = _numbers(found)
    for place in np.argsort(-numbers, axis=None, kind="stable")[:_BEST].tolist():
        row, head = divmod(place, numbers.shape[1])
        if numbers[row, head] >= _LEAST:
            layer = row_label(found.rows[row]).replace(" ", ".")
            yield f"{layer}.{head} ({_text(float(numbers[row, head]))})"


# --- JSON


def patch_data(found: Patching) -> dict[str, Any]:
    """The same as plain objects."""
    words, (clean, corrupted) = found.said.steps[0].axes[-1], found.texts
    place = {} if found.said.place is None else {"place": found.said.place}
    return {
        "of": found.asked.kind,
        "clean": {"tokens": _labels(clean), "difference": found.clean},
        "corrupted": {"tokens": _labels(corrupted), "difference": found.corrupted},
        **place,
        "token": _token(words, found.said.token),
        "against": _token(words, found.said.against),
        "across": "head" if is_by_head(found) else "token",
        "rows": [_row_data(found, row) for row in range(len(found.rows))],
    }


def _row_data(found: Patching, row: int) -> dict[str, Any]:
    exact = [None if np.isnan(number) else number for number in found.exact[row].tolist()]
    return {"at": found.rows[row].path, "exact": exact, "estimate": found.estimate[row].tolist()}


def _token(axis: Axis, place: int) -> dict[str, Any]:
    return {"token": token_text(axis, place), "id": place}
