"""The strongest neurons of a feed-forward network at a token, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attn_explore.explorer.drawing.numbers import counted, short_number
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.answer_json import token_data
from attn_explore.model.looking.asked_token import token_text
from attn_explore.model.looking.neurons import Neuron, Neurons
from attn_explore.model.naming import shown

_WORDS = 3
"""Words of a kind that have a column."""


def neurons_answer(found: Neurons) -> Answer:
    """A row for each neuron: how strong it is, what its output row favours and is against, and where it fires."""
    token, network = shown(found.hidden.axes[0], found.token), found.hidden.path.rpartition(".")[0]
    return Answer(
        f"The strongest neurons of {network} at {token}",
        tuple(_said(found)),
        "neuron",
        "",
        ("activation", "length", *_columns(found)),
        tuple(_row(found, each) for each in found.neurons),
    )


def _said(found: Neurons) -> Iterator[str]:
    yield "length: of what a neuron adds to the residual stream, its activation times its output row; the longest first"
    if found.words is None:
        yield "No words: this model has no head that reads the residual stream straight away."
    else:
        yield "favours, against: the words that its row adds most to, takes most from; a negative activation turns them"
    yield "fires on: the tokens of this text on which its activation is largest by size"
    if found.weaker:
        yield f"{counted(found.weaker, 'other neuron writes', 'other neurons write')} less."
    if found.silent:
        yield f"{counted(found.silent, 'neuron writes', 'neurons write')} nothing here: an activation of 0."


def _columns(found: Neurons) -> list[str]:
    kinds = ["fires on"] if found.words is None else ["favours", "against", "fires on"]
    return [kind if place == 0 else f"{kind} {place + 1}" for kind in kinds for place in range(_many(found, kind))]


def _many(found: Neurons, kind: str) -> int:
    """How many columns a kind of words has: no more than there are words."""
    most = found.hidden.axes[0].size if kind == "fires on" or found.words is None else found.words.size
    return min(_WORDS, most)


def _row(found: Neurons, neuron: Neuron) -> Row:
    here, row = At(found.hidden.path, (found.token, neuron.number)), At(found.rows.path, (neuron.number, 0))
    strength = neuron.length / (found.neurons[0].length or 1.0)
    cells = [
        _number(neuron.activation, here, strength if neuron.activation >= 0 else -strength),
        _number(neuron.length, row, strength),
    ]
    if found.words is not None:
        for words in (neuron.favours, neuron.against):
            cells += [Cell(shown(found.words, word), at=row) for word in words[:_WORDS]]
    cells += [_fired(found, neuron, token) for token in neuron.fires]
    cells += [Cell("")] * (2 + len(_columns(found)) - len(cells))  # on fewer tokens than there are columns
    return Row(str(neuron.number), tuple(cells), row)


def _number(number: float, at: At, strength: float) -> Cell:
    return Cell(short_number(number), strength, at, number)


def _fired(found: Neurons, neuron: Neuron, token: int) -> Cell:
    text = f"{shown(found.hidden.axes[0], token)} {found.activation(neuron, token):.2f}"
    return Cell(text, at=At(found.hidden.path, (token, neuron.number)))


# --- JSON


def neurons_data(found: Neurons) -> dict[str, Any]:
    """The neurons as plain objects."""
    return {
        "at": found.hidden.path,
        **token_data(found.text, found.token),
        "place": found.token,
        "neurons": [
            {
                "neuron": each.number,
                "activation": each.activation,
                "length": each.length,
                "favours": _words(found, each.favours),
                "against": _words(found, each.against),
                "fires": [
                    {**token_data(found.text, place), "place": place, "activation": found.activation(each, place)}
                    for place in each.fires
                ],
            }
            for each in found.neurons
        ],
        "weaker": found.weaker,
        "silent": found.silent,
    }


def _words(found: Neurons, places: tuple[int, ...]) -> list[dict[str, Any]]:
    return [] if found.words is None else [{"token": token_text(found.words, place), "id": place} for place in places]
