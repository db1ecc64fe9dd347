"""Why a head looks where it looks, as a table and as JSON: the score by pairs, by query, by key or by columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.stream_labels import writer_label
from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.asked_token import token_text
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


@dataclass(frozen=True)
class _Term:
    """One of the terms that a score is the sum of, and where it leads."""

    label: str
    value: float
    at: At | None


def why_answer(looked: Looked, split: str = "pairs", top: int = LISTED) -> Answer:
    """The terms of a score, the largest by size first; the last rows are what makes them add up to the score."""
    terms = sorted(_terms(looked.why, split), key=lambda term: -abs(term.value))
    listed, others = terms[:top], terms[top:]
    rows = [_row(term, looked.why.value) for term in listed]
    if others:
        rest = sum(term.value for term in others)
        rows.append(_row(_Term(f"{len(others)} others", rest, None), looked.why.value))
    rows += [_row(term, looked.why.value) for term in _besides(looked.why)]
    title = f"Why does {_place(looked)} score {short_number(looked.why.value)}?"
    return Answer(title, tuple(_said(looked, split)), "term", "", ("value",), tuple(rows))


def _terms(why: WhyThere, split: str) -> Iterator[_Term]:
    """Every term of a score in one of the ways."""
    if split == "columns":
        asked = why.scores.path.rpartition(".")[0]
        yield from (
            _Term(f"column {column}", float(number), At(f"{asked}.q", (why.index[0], why.index[1], column)))
            for column, number in enumerate(why.dimensions)
        )
    elif split == "pairs":
        for row, asks in enumerate(why.query):
            for column, answers in enumerate(why.key):
                label = f"{writer_label(asks)} × {writer_label(answers)}"
                yield _Term(label, float(why.pairs[row, column]), _at(why, asks, why.index[1]))
    else:
        parts, place = (why.query, why.index[1]) if split == "query" else (why.key, why.index[2])
        sums = why.pairs.sum(axis=1 if split == "query" else 0)
        yield from (
            _Term(writer_label(part), float(number), _at(why, part, place))
            for part, number in zip(parts, sums, strict=True)
        )


def _besides(why: WhyThere) -> Iterator[_Term]:
    """What is added to q·k, and what rounding is lost."""
    if why.bias:
        yield _Term("bias of the position", why.bias, None)
    yield _Term("rounding", why.remainder, None)


def _row(term: _Term, score: float) -> Row:
    strength = float(np.clip(term.value / (abs(score) or 1.0), -1, 1))
    return Row(term.label, (Cell(short_number(term.value), strength, term.at, term.value),), term.at)


# --- names


def _at(why: WhyThere, part: Part, token: int) -> At:
    """What a part leads to: what the writer wrote at the token."""
    if part.head is not None:
        return At(part.at.path, (part.head, token, 0))
    return At(part.at.path) if part.kind == "bias" else At(part.at.path, (token, 0))


def _place(looked: Looked) -> str:
    head, query, key = looked.why.index
    axes = looked.weights.axes
    block = looked.weights.path.rpartition(".")[0]
    return f"head {head} of {block}, from {shown(axes[1], query)} to {shown(axes[2], key)},"


def _said(looked: Looked, split: str) -> Iterator[str]:
    why = looked.why
    yield f"The weight that comes of it: {short_number(float(looked.weights[why.index]))}"
    yield f"The score is the sum of {SPLITS[split]}, times {short_number(why.factor)}."
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
        "query": _sums(why.query, why.pairs.sum(axis=1)),
        "key": _sums(why.key, why.pairs.sum(axis=0)),
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
    order = np.argsort(-np.abs(why.pairs), axis=None, kind="stable")[:top]
    for row, column in zip(*np.unravel_index(order, why.pairs.shape), strict=True):
        asks, answers = why.query[int(row)], why.key[int(column)]
        yield {"query": _plain(asks), "key": _plain(answers), "value": float(why.pairs[row, column])}


def _words(looked: Looked, places: Sequence[int]) -> list[dict[str, Any]]:
    found = looked.vocabulary
    return [] if found is None else [{"token": token_text(found, place), "id": place} for place in places]
