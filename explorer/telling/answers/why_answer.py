"""Why a head looks where it looks, as a table and as JSON: the score by pairs, by query, by key or by columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.stream_labels import (
    others_label,
    remainder_label,
    said_of_overflow,
    writer_label,
)
from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.asked_token import token_text
from attn_explore.model.looking.readout import likeliest
from attn_explore.model.looking.vector_parts import Part
from attn_explore.model.looking.why_there import Looked, WhyThere
from attn_explore.model.naming import shown

LISTED = 20
"""Terms that are listed unless another number is wanted."""

SPLITS = {
    "pairs": "what wrote the query times what wrote the key",
    "query": "what wrote the query, each times the whole key",
    "key": "what wrote the key, each times the whole query",
    "columns": "the columns of q and k",
}
"""The ways in which a score is a sum."""

DOWN = {"pairs": "of the query", "query": "of the query", "key": "of the key", "columns": "column"}
"""What the rows are, by these ways."""
NOTHING = Cell("")


def why_answer(looked: Looked, split: str = "pairs", top: int = LISTED) -> Answer:
    """The terms of a score, the largest by size first; the last rows are what makes them add up to the score."""
    why, terms = looked.why, _TERMS.get(split, _of_writers)(looked.why, split)
    listed = largest(terms.numbers, top)
    rows = [terms.row(place) for place in listed]
    if others := terms.numbers.size - len(listed):
        rest = sum(np.delete(terms.numbers, listed).tolist())  # of Python, which says nothing of an overflow
        rows.append(_Term(others_label(others), rest))
    rows += _besides(why)
    columns = ("of the key", "adds") if split == "pairs" else ("adds",)
    most = max((abs(term.value) for term in rows if np.isfinite(term.value)), default=0.0)
    made = tuple(_row(term, most or 1.0, len(columns)) for term in rows)
    return Answer(_title(looked), tuple(_said(looked, split)), DOWN[split], "", columns, made)


@dataclass(frozen=True, slots=True)
class _Term:
    """One of the terms that a score is the sum of, and where it leads; of a pair, `times` is the writer of the key."""

    label: str
    value: float
    at: At | None = None
    times: Cell = NOTHING


@dataclass(frozen=True, eq=False)
class _Terms:
    """The numbers that a score is the sum of, and what is told of one of them; few of many are told."""

    numbers: Array
    row: Callable[[int], _Term]


def _of_pairs(why: WhyThere, _: str) -> _Terms:
    numbers = why.pairs.ravel()

    def row(place: int) -> _Term:
        asks, answers = why.query[place // len(why.key)], why.key[place % len(why.key)]
        times = Cell(writer_label(answers), at=_at(answers, why.index[2]))
        return _Term(writer_label(asks), float(numbers[place]), _at(asks, why.index[1]), times)

    return _Terms(numbers, row)


def _of_writers(why: WhyThere, side: str) -> _Terms:
    """What wrote the query, or the key."""
    is_query = side == "query"
    parts, token = (why.query, why.index[1]) if is_query else (why.key, why.index[2])
    numbers = why.by_query if is_query else why.by_key

    def row(place: int) -> _Term:
        return _Term(writer_label(parts[place]), float(numbers[place]), _at(parts[place], token))

    return _Terms(numbers, row)


def _of_columns(why: WhyThere, _: str) -> _Terms:
    head, query, _key = why.index
    path = why.asked.path

    def row(place: int) -> _Term:
        return _Term(f"column {place}", float(why.dimensions[place]), At(path, (head, query, place)))

    return _Terms(why.dimensions, row)


_TERMS: Mapping[str, Callable[[WhyThere, str], _Terms]] = {"pairs": _of_pairs, "columns": _of_columns}
"""How a score is a sum, where not of what wrote one of its two sides."""


def largest(numbers: Array, many: int) -> list[int]:
    """The places of the largest numbers by size, the largest first.

    >>> largest(np.array([1.0, -3.0, 2.0]), 2)
    [1, 2]
    """
    return likeliest(np.abs(numbers), many)


def _besides(why: WhyThere) -> Iterator[_Term]:
    """What is added to q·k, and what rounding is lost."""
    if why.bias:
        yield _Term("bias of the position", why.bias)
    yield _Term(remainder_label(why.remainder), why.remainder)


def _row(term: _Term, most: float, columns: int) -> Row:
    strength = float(np.clip(term.value / most, -1, 1))
    cells = (term.times, Cell(short_number(term.value), strength, term.at, term.value))
    return Row(term.label, cells[-columns:], term.at)


# --- names


def _at(part: Part, token: int) -> At:
    """What a part leads to: what the writer wrote at the token."""
    if part.head is not None:
        return At(part.at.path, (part.head, token, 0))
    return At(part.at.path) if part.kind == "bias" else At(part.at.path, (token, 0))


def _title(looked: Looked) -> str:
    head, query, key = looked.why.index
    _, asks, answers = looked.weights.axes
    score, weight = (short_number(number) for number in (looked.why.value, float(looked.weights[looked.why.index])))
    return f"Why head {head} looks from {shown(asks, query)} to {shown(answers, key)}: score {score}, weight {weight}"


def _said(looked: Looked, split: str) -> Iterator[str]:
    yield f"{looked.weights.path.rpartition('.')[0]}: the score is the sum of {SPLITS[split]}"
    yield from said_of_overflow(looked.why.remainder)
    if looked.vocabulary is not None:
        favours, against = (
            " · ".join(shown(looked.vocabulary, word) for word in words) for words in (looked.favours, looked.against)
        )
        yield f"What it takes from there speaks for: {favours}"
        yield f"and against: {against}"


# --- JSON


def why_data(looked: Looked, top: int = LISTED) -> dict[str, Any]:
    """A score taken apart in every way, as plain objects; of the pairs, so many of the largest."""
    why = looked.why
    head, query, key = why.index
    return {
        "of": {"at": why.scores.path, "head": head, "query": query, "key": key},
        "value": why.value,
        "weight": float(looked.weights[why.index]),
        "factor": why.factor,
        "query": _sums(why.query, why.by_query),
        "key": _sums(why.key, why.by_key),
        "pairs": list(_largest_pairs(why, top)),
        "columns": why.dimensions.tolist(),
        "bias": why.bias,
        "remainder": why.remainder,
        "favours": _words(looked, looked.favours),
        "against": _words(looked, looked.against),
    }


def _sums(parts: Sequence[Part], sums: Array) -> list[dict[str, Any]]:
    return [{**_plain(part), "value": float(number)} for part, number in zip(parts, sums, strict=True)]


def _plain(part: Part) -> Mapping[str, Any]:
    """A head and a network are named by their block, everything else by its step or parameter."""
    is_block = part.kind in ("head", "network")
    return {"at": part.at.path.rpartition(".")[0] if is_block else part.at.path} | (
        {} if part.head is None else {"head": part.head}
    )


def _largest_pairs(why: WhyThere, top: int) -> Iterator[dict[str, Any]]:
    for place in largest(why.pairs.ravel(), top):
        asks, answers = why.query[place // len(why.key)], why.key[place % len(why.key)]
        yield {"query": _plain(asks), "key": _plain(answers), "value": float(why.pairs.ravel()[place])}


def _words(looked: Looked, places: Sequence[int]) -> list[dict[str, Any]]:
    found = looked.vocabulary
    return [] if found is None else [{"token": token_text(found, place), "id": place} for place in places]
