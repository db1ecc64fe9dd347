"""Who wrote a logit, as an answer: what everything that writes to the stream has added to it, the largest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.session.who_wrote import term_name
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.stream_labels import (
    others_label,
    remainder_label,
    said_of_overflow,
    writer_label,
)
from attn_explore.model.looking.asked_token import token_text
from attn_explore.model.looking.attribution import Attribution, Number, Opened
from attn_explore.model.looking.written import Kind, Written
from attn_explore.model.naming import shown

_KINDS: Sequence[tuple[Kind, str]] = (
    ("head", "heads"),
    ("network", "feed-forward networks"),
    ("embedding", "embeddings"),
    ("other", "positions and other vectors"),
    ("bias", "biases"),
)
_HELD = "Each norm is held at the scale that it has in this run, so that the parts add up."
_COLUMNS = ("adds", "so far")
MOST_DRAWN = 20
"""Terms that a picture has."""


def attribution_answer(found: Attribution, most: int | None = None) -> Answer:
    """The terms, of many the largest, what the others are together, and the rounding that is left over."""
    terms = found.terms[:most]
    largest = max((abs(term.value) for term in found.terms), default=0.0)
    sums = list(accumulate((term.value for term in terms), initial=0.0))[1:]
    rows = [_row(found.of, term, so_far, largest) for term, so_far in zip(terms, sums, strict=True)]
    before = sums[-1] if sums else 0.0
    if others := found.terms[len(terms) :]:
        rest = sum(term.value for term in others)
        before += rest
        rows.append(_plain_row(others_label(len(others)), rest, before, largest))
    rows.append(_plain_row(remainder_label(found.remainder), found.remainder, found.of.value, largest))
    return Answer("Who wrote this logit?", tuple(_said(found)), "writer", "", _COLUMNS, tuple(rows))


def attribution_drawn(found: Attribution, most: int = MOST_DRAWN) -> Answer:
    """What of it is drawn into a picture, which has one scale: what the largest terms add."""
    whole = attribution_answer(found, most)
    rows = tuple(replace(row, cells=row.cells[:1]) for row in whole.rows)
    return replace(whole, columns=whole.columns[:1], rows=rows)


def attribution_data(found: Attribution) -> dict[str, Any]:
    """The same as plain objects, with every term."""
    terms = [_term_data(term) for term in found.terms]
    return {"of": number_data(found.of), "value": found.of.value, "terms": terms, "remainder": found.remainder}


def number_data(of: Number) -> dict[str, Any]:
    """A number that is taken apart, as plain objects."""
    found: dict[str, Any] = {"at": of.logits.path}
    if of.tokens is not None:
        found["place"] = of.index[0]
    found |= {"token": token_text(of.vocabulary, of.token), "id": of.token}
    if of.against is not None:
        found["against"] = {"token": token_text(of.vocabulary, of.against), "id": of.against}
    return found


def _term_data(term: Written) -> dict[str, Any]:
    """A head and a network are named by their block, everything else by its step or parameter."""
    if term.kind not in ("head", "network"):
        return {"at": term.at.path, "value": term.value}
    head = {} if term.head is None else {"head": term.head}
    return {"at": term.at.path.rpartition(".")[0], **head, "value": term.value}


def _said(found: Attribution) -> Iterator[str]:
    of, total = found.of, found.of.value
    yield f"{number_name(of)}: {short_number(total)}."
    parts = [(name, found.total(kind)) for kind, name in _KINDS if any(term.kind == kind for term in found.terms)]
    yield f"Together: {', '.join(f'{name} {_signed(part)}' for name, part in parts)}."
    yield from said_of_overflow(found.remainder)
    if found.has_norms:
        yield _HELD


def number_name(of: Number) -> str:
    """What a number is called: `the logit of ␣Mary less that of ␣John, after ␣to`."""
    cap = " before its cap" if of.is_capped else ""
    less = "" if of.against is None else f" less that of {shown(of.vocabulary, of.against)}"
    where = "after" if of.foretells else "at"
    after = "" if of.tokens is None else f", {where} {shown(of.tokens, of.index[0])}"
    return f"The logit of {shown(of.vocabulary, of.token)}{less}{cap}{after}"


def _signed(number: float) -> str:
    return short_number(number) if number <= 0 else f"+{short_number(number)}"


def _row(of: Number, term: Written, so_far: float, largest: float) -> Row:
    at = _place(of, term)
    return Row(writer_label(term), (_cell(term.value, largest, at), _cell(so_far, 0.0)), at)


def _plain_row(label: str, number: float, so_far: float, largest: float) -> Row:
    return Row(label, (_cell(number, largest), _cell(so_far, 0.0)))


def _cell(number: float, largest: float, at: At | None = None) -> Cell:
    strength = max(-1.0, min(1.0, number / largest)) if largest else None
    return Cell(short_number(number), strength, at, number)


def _place(of: Number, term: Written) -> At:
    """Where a term leads: what a head looked at, what a network wrote, a row of an embedding, a bias."""
    row = of.index[:-1]
    if term.kind == "head":
        weights = term.at.operands[0].value
        return At(weights.path, (term.head or 0, *(row or (0,)), 0))
    return At(term.at.path, tuple([*row, *(0 for _ in term.at.axes)][-len(term.at.axes) :]) if term.at.axes else ())


# --- a term, opened


def opened_answer(found: Attribution, made: Opened, most: int | None = None) -> Answer:
    """What a head took from each token, or the strongest neurons of a network."""
    order = _strongest(made, most)
    largest = max((abs(float(part)) for part in made.values), default=0.0)
    rows = [_part_row(made, place, largest) for place in order]
    left = float(made.values.sum()) - sum(float(made.values[place]) for place in order)
    if len(order) < len(made.values):
        rows.append(Row(others_label(len(made.values) - len(order)), (_cell(left, largest),)))
    what = "What did this head take from where?" if made.term.kind == "head" else "Which neurons wrote this?"
    said = (f"{number_name(found.of)}: {short_number(found.of.value)}.", f"Of it {_adds(made.term)}.")
    return Answer(what, said, "from" if made.term.kind == "head" else "neuron", "", ("adds",), tuple(rows))


def opened_data(found: Attribution, made: Opened) -> dict[str, Any]:
    """The same as plain objects, with every token or neuron."""
    named = "token" if made.term.kind == "head" else "neuron"
    head = {} if made.term.head is None else {"head": made.term.head}
    order = _strongest(made, None)
    terms = [{"at": made.at.path, **head, named: place, "value": float(made.values[place])} for place in order]
    remainder = made.term.value - float(made.values.sum())
    return {"of": number_data(found.of), "value": made.term.value, "terms": terms, "remainder": remainder}


def _adds(term: Written) -> str:
    return f"{writer_label(term)} ({term_name(term)}) adds {short_number(term.value)}"


def _strongest(made: Opened, most: int | None) -> list[int]:
    order = sorted(range(len(made.values)), key=lambda place: -abs(float(made.values[place])))
    return order[:most]


def _part_row(made: Opened, place: int, largest: float) -> Row:
    at = At(made.at.path, (*made.index, place))
    return Row(shown(made.axis, place), (_cell(float(made.values[place]), largest, at),), at)
