"""The lens as an answer: a row for each point of the residual stream, a column for each token of the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from attn_explore.explorer.drawing.numbers import chance_text, short_number
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.stream_labels import head_label, point_label
from attn_explore.model.axes import Axis
from attn_explore.model.labels import SPACE, Labels
from attn_explore.model.looking.asked_token import token_text
from attn_explore.model.looking.lens import Lens, LensRow
from attn_explore.model.naming import shown
from attn_explore.model.text import visible

_WHOLE = "the text"
"""The one column of a model that says one thing of all of a text."""
_NEXT = "Each cell is the token that is likeliest to come next, and its probability."
_THERE = "Each cell is what is likeliest to stand there, and its probability."
_LABEL = "Each cell is the likeliest label, and its probability."
_NORMALISED = "At each point the run's own last norm and output matrix are applied."
_PLAIN = "At each point the run's own output matrix is applied."
_HEADS = "A row of a head is of what that head alone writes."
_HEADS_NORMED = "A row of a head is of what that head alone writes, without the norm on what the block adds."


def lens_answer(lens: Lens, *, is_drawn: bool = False) -> Answer:
    """What the model would say at each point; with a token that is asked for, its rank and logit at one word.

    `is_drawn`: for a picture, which has one scale: without rank and logit.
    """
    lens = replace(lens, wanted=None) if is_drawn else lens
    columns = [_WHOLE] if lens.tokens is None else [shown(lens.tokens, place) for place in range(lens.tokens.size)]
    return Answer(
        "What would the model say here?",
        tuple(_said(lens)),
        "layer",
        "token" if lens.tokens else "",
        (*columns, *_asked_columns(lens)),
        tuple(_row(lens, row) for row in lens.rows),
        "probability",
    )


def lens_data(lens: Lens) -> dict[str, Any]:
    """The same as plain objects."""
    found: dict[str, Any] = {"tokens": [_token(lens.read, each) for each in lens.ids]}
    if lens.wanted is not None:
        found["token"] = _token(lens.vocabulary, lens.wanted)
    return {**found, "rows": [_row_data(lens, row) for row in lens.rows]}


def _token(axis: Axis, place: int) -> dict[str, Any]:
    return {"token": token_text(axis, place), "id": place}


def _row_data(lens: Lens, row: LensRow) -> dict[str, Any]:
    found: dict[str, Any] = {"at": row.at.path} | ({} if row.head is None else {"head": row.head})
    pairs = zip(row.likeliest.tolist(), row.chances.tolist(), strict=True)
    found["top"] = [
        [{**_token(lens.vocabulary, place), "probability": chance} for place, chance in zip(*each, strict=True)]
        for each in pairs
    ]
    if row.rank is not None and row.logit is not None:
        found |= {"rank": row.rank.tolist(), "logit": row.logit.tolist()}
    return found


def _said(lens: Lens) -> Iterator[str]:
    of_words = _NEXT if lens.stream.foretells else _THERE
    yield of_words if lens.vocabulary.name == "vocabulary" else _LABEL
    yield _NORMALISED if lens.stream.is_normalised else _PLAIN
    if any(row.head is not None for row in lens.rows):
        yield _HEADS_NORMED if lens.stream.norms_blocks else _HEADS
    if lens.wanted is not None:
        name = shown(lens.vocabulary, lens.wanted)
        there = "" if lens.tokens is None else _where(lens.tokens, lens.place)
        yield from _other_spelling(lens.vocabulary, lens.wanted)
        yield f"Rank: how many tokens are likelier than {name} (id {lens.wanted}){there}; 0 is the likeliest."


def _where(tokens: Axis, place: int) -> str:
    """At which word rank and logit are."""
    return f" at {'the last token' if place == tokens.size - 1 else shown(tokens, place)}"


def _other_spelling(vocabulary: Axis, token: int) -> Iterator[str]:
    """A token without a space before it is often not the one that is meant."""
    spaced = f"{SPACE}{vocabulary.label(token)}"
    other = vocabulary.labels.first(spaced) if isinstance(vocabulary.labels, Labels) else None
    if other is not None:
        yield f"{visible(spaced)}, with a space before it, is another token (id {other})."


def _asked_columns(lens: Lens) -> tuple[str, ...]:
    if lens.wanted is None:
        return ()
    name = shown(lens.vocabulary, lens.wanted)
    return f"rank of {name}", "its logit"


def _row(lens: Lens, row: LensRow) -> Row:
    label = point_label(row.at) if row.head is None else head_label(row.at, row.head)
    cells = [_cell(lens, row, each) for each in range(len(row.likeliest))]
    return Row(label, (*cells, *_asked(lens, row)), At(row.at.path))


def _cell(lens: Lens, row: LensRow, place: int) -> Cell:
    """The likeliest token and its probability; where it leads, is that probability."""
    likeliest, probability = int(row.likeliest[place, 0]), float(row.chances[place, 0])
    at = At(row.probabilities.path, _index(lens, row, place, likeliest))
    return Cell(shown(lens.vocabulary, likeliest), probability, at, probability, chance_text(probability))


def _asked(lens: Lens, row: LensRow) -> Iterator[Cell]:
    """Rank and logit of the token that is asked for, at one word."""
    if lens.wanted is None or row.rank is None or row.logit is None:
        return
    rank, logit = int(row.rank[lens.place]), float(row.logit[lens.place])
    at = At(row.logits.path, _index(lens, row, lens.place, lens.wanted))
    yield Cell(str(rank), None, at, rank)
    yield Cell(short_number(logit), None, at, logit)


def _index(lens: Lens, row: LensRow, place: int, token: int) -> tuple[int, ...]:
    """The cell of the logits, or the probabilities, of a row: of a head, a token of the text, and one that is said."""
    heads = () if row.head is None else (row.head,)
    return (*heads, token) if lens.tokens is None else (*heads, place, token)
