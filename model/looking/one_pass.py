"""One pass of a run, and what stands before its layers when it is made again: with other words, or without one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.edits import Changes
from attn_explore.model.forward import trace_of
from attn_explore.model.known import Known
from attn_explore.model.labels import as_labels
from attn_explore.model.looking.asked_place import MASKS
from attn_explore.model.looking.text_read import Text, text_of
from attn_explore.model.problems import Problem
from attn_explore.model.scenario.tokens import Reading
from attn_explore.model.trace import Trace

Fills = tuple[bool, ...] | None


@dataclass(frozen=True, eq=False)
class OnePass:
    """What a model read in one pass, with everything that was read before, and its run.

    texts   what each stack read, the source first
    trace   the run: its paths are those of a first pass; what the run that it is of has computed is not done again
    """

    known: Known
    texts: Mapping[str, Text]
    trace: Trace

    @property
    def embeddings(self) -> dict[str, str]:
        """The step of each stack that has the vectors of its words, before positions and segments are added."""
        return {stack: f"{stack}.embedding" for stack in self.texts}

    def masked_by(self, stack: str) -> int | None:
        """The token that stands for a masked word, where the words of a stack have one."""
        known = self.texts[stack].vocabulary.all_labels
        places = map(as_labels(known).place, MASKS) if known is not None else ()
        return next((place for place in places if place is not None), None)

    def scaled(self, shares: Array) -> dict[str, Array]:
        """The embeddings of every word times each of some shares: (batch, token, d_model), by their step."""
        steps = (self.trace.steps[path] for path in self.embeddings.values())
        return {step.path: np.multiply.outer(shares, step.array).astype(step.dtype, copy=False) for step in steps}

    def without(self, stack: str, places: Sequence[int]) -> Iterator[Without]:
        """Runs over the text without one of some words; or with a mask in its place, where the model knows one."""
        if not places:
            return
        read, mask = self.known.readings[stack], self.masked_by(stack)
        if mask is not None:
            yield self._reads(self.trace, stack, places, [_masked(read, place, mask) for place in places])
            return
        alike = defaultdict[Fills, list[int]](list)  # texts are read together where they are filled up alike
        for place in places:
            alike[_left_out(read, place).fills].append(place)
        for some in alike.values():
            shorter = [_left_out(read, place) for place in some]
            known = replace(self.known, readings={**self.known.readings, stack: shorter[0]})
            trace = trace_of(known, self.trace.unedited, before=self.trace, lazy=True)
            yield self._reads(trace, stack, some, shorter)

    def _reads(self, trace: Trace, stack: str, places: Sequence[int], readings: Sequence[Reading]) -> Without:
        step = trace.steps[self.embeddings[stack]]
        table, _ = step.operands
        return Without(trace, tuple(places), step.path, table.rows(np.array([read.ids for read in readings])))


@dataclass(frozen=True, eq=False)
class Without:
    """Runs that each lack one word of a stack.

    trace       a run over as many words, whose steps are theirs up to the embedding; nothing else of it is computed
    places      where the word stood that each lacks
    embedding   the path of the step that has the vectors of the words, and `vectors` what it holds in each run:
                (batch, token, d_model)
    """

    trace: Trace
    places: tuple[int, ...]
    embedding: str
    vectors: Array


def one_pass(known: Known, trace: Trace, chapter: str = "") -> OnePass:
    """A pass of a run: what stands before its paths is its `chapter`. Raises Problem for what reads no words."""
    scenario = known.scenario
    if scenario.alone is not None or scenario.input.vectors is not None:
        raise Problem("this model reads no words", hint="take one that reads a text")
    texts = {stack: text_of(trace, stack, chapter if stack == "decoder" else "") for stack in known.readings}
    read = {stack: _reading(text, known.readings[stack].longest) for stack, text in texts.items()}
    plain = replace(
        scenario,
        input=replace(scenario.input, max_new_tokens=1),
        edits=(), gradients=None, lesson=(), experiment=None, compare=None,
    )  # fmt: skip
    known = replace(known, scenario=plain, readings=read)
    again = trace_of(known, trace.unedited, changes=_changes(trace, chapter), before=trace, lazy=True)
    return OnePass(known, texts, again)


def _changes(trace: Trace, chapter: str) -> Changes:
    """The edits of a run that hold for one pass: those of its own steps, of the source, and of parameters."""
    return {
        path.removeprefix(chapter): made
        for path, made in trace.changes.items()
        if path in trace.parameters or path.startswith((chapter, "encoder."))
    }


def _reading(text: Text, longest: int) -> Reading:
    fills = tuple((~text.is_word).tolist())
    return Reading(text.words, len(fills), max(len(fills), longest), tuple(text.ids.tolist()), fills=fills)


def _left_out(read: Reading, place: int) -> Reading:
    words, ids, fills = (
        (*each[:place], *each[place + 1 :]) for each in (read.tokens, read.ids or (), read.fills or ())
    )
    return replace(read, tokens=words, length=read.length - 1, ids=ids, fills=fills)


def _masked(read: Reading, place: int, mask: int) -> Reading:
    ids = list(read.ids or ())
    ids[place] = mask
    return replace(read, ids=tuple(ids))
