"""One pass of a run, made again: with its word embeddings scaled, or without one of its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from attn_explore.model.changes import Change
from attn_explore.model.dataclass import dataclass
from attn_explore.model.edits import Changes
from attn_explore.model.forward import trace_of
from attn_explore.model.known import Known
from attn_explore.model.labels import as_labels
from attn_explore.model.looking.text_read import Text, text_of
from attn_explore.model.problems import Problem
from attn_explore.model.scenario.tokens import Reading
from attn_explore.model.trace import Trace

MASKS = ("[MASK]", "<mask>")
"""What stands for a word that a model has to find out (Devlin et al. 2018, section 3.1)."""


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

    @contextmanager
    def scaled(self, share: float) -> Iterator[Trace]:
        """The run with the embedding of every word times a share; its numbers are let go of at the end."""
        more = {
            path: (*self.trace.changes.get(path, ()), Change((), factor=share)) for path in self.embeddings.values()
        }
        with self._again(self.known, {**self.trace.changes, **more}) as trace:
            yield trace

    @contextmanager
    def without(self, stack: str, place: int) -> Iterator[Trace]:
        """The run over the text without a word; or with a mask in its place, where the model knows one."""
        read, mask = self.known.readings[stack], self.masked_by(stack)
        shorter = _left_out(read, place) if mask is None else _masked(read, place, mask, self.texts[stack])
        with self._again(replace(self.known, readings={**self.known.readings, stack: shorter}), {}) as trace:
            yield trace

    @contextmanager
    def _again(self, known: Known, changes: Changes) -> Iterator[Trace]:
        trace = trace_of(known, self.trace.unedited, changes=changes, before=self.trace, lazy=True)
        yield trace
        if trace.keeper is not None:
            for path, step in trace.steps.items():
                if step is not self.trace.steps.get(path):
                    trace.keeper.forget(step)


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
    """The edits of a run that a pass has: those of its own steps, of the source, and of parameters."""
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


def _masked(read: Reading, place: int, mask: int, text: Text) -> Reading:
    words, ids = list(read.tokens), list(read.ids or ())
    words[place], ids[place] = text.vocabulary.label(mask), mask
    return replace(read, tokens=tuple(words), ids=tuple(ids))
