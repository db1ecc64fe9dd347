"""Texts for training, as arrays: many that are read together, padded to one length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.config import InputConfig
from attn_explore.model.dataclass import dataclass
from attn_explore.model.forward import Assembly
from attn_explore.model.known import Known
from attn_explore.model.layers import cross_entropy
from attn_explore.model.recorder import BATCH, Recorder
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.pairs import Example
from attn_explore.model.scenario.tokens import predicting_stack, readings, wanted_of
from attn_explore.model.trace import Trace
from attn_explore.model.transformer import StackTokens
from attn_explore.model.values import Value

_REMEMBERED = 10_000
"""Examples whose numbers are kept, for when they are read again."""


@dataclass(frozen=True)
class Batch:
    """Examples that are computed together. All arrays are (batch, token), or (batch) for one label a text.

    read    the ids that each stack reads, padded at the end
    pad     which of them are padding, for each stack
    target  the id of what should be said
    asked   1 where something should be said, 0 where not
    """

    read: Mapping[str, Array]
    pad: Mapping[str, Array]
    target: Array
    asked: Array

    @property
    def shape(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of what is read: batches of one shape are computed in the same way."""
        return tuple(ids.shape for ids in self.read.values())

    def give(self, trace: Trace) -> None:
        """Put the batch into a trace, in the place of one that was there."""
        rows = _axes(self.target)
        for stack, ids in self.read.items():
            _give(trace, f"{stack}.tokens", _axes(ids), ids)
            _give(trace, f"{stack}.pad", _axes(ids), self.pad[stack])
        _give(trace, "target", rows, self.target)
        _give(trace, "target_share", rows, (self.asked / self.asked.sum()).astype(trace.dtype))


class BatchMaker:
    """Turns examples into batches, by the words that a scenario's model knows."""

    def __init__(self, known: Known) -> None:
        self._scenario, model = known.scenario, known.scenario.model
        classes = {word: place for place, word in enumerate(model.classes)}
        self._places = known.rows
        self._target_ids = known.rows[predicting_stack(model)] if model.head == "vocabulary" else classes
        self._encode = lru_cache(_REMEMBERED)(self._encoded)

    def batch(self, examples: Sequence[Example]) -> Batch:
        """Put examples together. Raises KeyError with a word that the model does not know."""
        encoded = [self._encode(example) for example in examples]
        read = {stack: [each.read[stack] for each in encoded] for stack in self._places}
        target = _padded([each.target for each in encoded])
        asked = _padded([each.asked for each in encoded])
        is_label = self._scenario.model.head == "sequence"
        return Batch(
            {stack: _padded(rows) for stack, rows in read.items()},
            {stack: _padded([[0] * len(row) for row in rows], 1) for stack, rows in read.items()},
            target[:, 0] if is_label else target,
            asked[:, 0] if is_label else asked,
        )

    def _encoded(self, example: Example) -> _Encoded:
        model, given = self._scenario.model, self._input(example)
        read = {stack: reading.tokens for stack, reading in readings(model, given).items()}
        wanted = wanted_of(model, given)
        return _Encoded(
            {stack: [self._places[stack][word] for word in words] for stack, words in read.items()},
            [0 if word is None else self._target_ids[word] for word in wanted],
            [int(word is not None) for word in wanted],
        )

    def _input(self, example: Example) -> InputConfig:
        return replace(
            self._scenario.input,
            text=None, tokens=example.source, vectors=None, pad_to=None,
            target=None, target_tokens=example.target, target_vectors=None,
        )  # fmt: skip


class _Encoded(NamedTuple):
    """An example as numbers, each row as long as it is."""

    read: Mapping[str, Sequence[int]]
    target: Sequence[int]
    asked: Sequence[int]


def _padded(rows: Sequence[Sequence[int]], by: int = 0) -> Array:
    longest = max(map(len, rows))
    return np.array([[*row, *[by] * (longest - len(row))] for row in rows], np.int64)


def _axes(array: Array) -> tuple[Axis, ...]:
    return tuple(map(Axis, (BATCH, "token"), array.shape))


def _give(trace: Trace, name: str, axes: tuple[Axis, ...], array: Array) -> None:
    if name in trace.given:
        trace.given[name].held = array
    else:
        trace.give(name, axes, array)


def forward(trace: Trace, batch: Batch, scenario: Scenario) -> Value:
    """Run the model on a batch. Returns the loss: the mean over all words that should be said. `logits` is a step.

    What the batch holds is given: another one of the same shapes can be put in its place and run again.
    """
    batch.give(trace)
    given = trace.given
    texts = {
        stack: StackTokens(given[f"{stack}.tokens"], given[f"{stack}.pad"], hides_pad=True) for stack in batch.read
    }
    logits = Assembly(trace, scenario, texts.get("encoder")).logits(texts.get("decoder"))
    if logits is None:
        raise ValueError("what is trained has a head")
    return cross_entropy(Recorder(trace), logits, given["target"], given["target_share"])
