"""A run of a model over tokens that nobody wrote: some are drawn, and are said twice.

Nothing can be known of the second time but that it goes on as the first did: what a model does with that, it does by
looking it up in the text. Source: Olsson et al. 2022, "In-context Learning and Induction Heads".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from attn_explore.model.dataclass import dataclass
from attn_explore.model.forward import trace_of
from attn_explore.model.known import Known, known_of
from attn_explore.model.opened import Ids, Opened, scenario_of
from attn_explore.model.problems import Problem
from attn_explore.model.scenario.tokens import END, PAD, START, Reading
from attn_explore.model.sources import Numbers
from attn_explore.model.trace import Trace

LENGTH = 30
"""Tokens that are drawn unless somebody wants another number."""
LEAST = 2
"""Tokens that are drawn at least: behind one alone comes nothing but itself."""


@dataclass(frozen=True)
class Drawing:
    """So many different tokens, drawn by a seed; fewer where the model knows, or reads, no more."""

    seed: int = 0
    length: int = LENGTH


def said_twice(known: Known, numbers: Mapping[str, Numbers], drawing: Drawing, before: Trace | None = None) -> Trace:
    """The run of a model over drawn tokens that are said twice; nothing is computed before it is asked for.

    What begins and ends a text of the model stands around them, and decoders read the same as encoders where they have
    the same words. `numbers` are those of its parameters, which are shared with the run `before` where there is one.
    Raises Problem for a model that knows or reads too few words, or reads vectors, or is not on this machine.
    """
    scenario = known.scenario
    if scenario.alone is not None or scenario.input.vectors is not None:
        raise Problem("this model reads no words, so none can be made up", path=scenario.source.name)
    if not isinstance(scenario.checkpoint, Opened | None):
        raise Problem("a trace of a model has no weights that could read made-up tokens", path=scenario.source.name)
    readings = {stack: _reading(known, stack, drawing) for stack in known.readings}
    one_word = replace(scenario.input, max_new_tokens=1)
    plain = replace(scenario, input=one_word, edits=(), gradients=None, lesson=(), experiment=None, compare=None)
    return trace_of(replace(known, scenario=plain, readings=readings), numbers, before=before, lazy=True)


def known_without_text(name: str, checkpoint: Opened) -> Known:
    """What is known of a checkpoint that nobody gave a text."""
    target = {"target_ids": [0]} if checkpoint.architecture.has_encoder and checkpoint.architecture.has_decoder else {}
    return known_of(scenario_of(name, checkpoint, {"ids": [0], **target}))


def drawn(count: int, apart: Collection[int], drawing: Drawing) -> Ids:
    """So many different ids below `count`, in the order in which they are drawn; none of those that are kept apart.

    >>> drawn(100, {85}, Drawing(seed=0, length=4))
    (63, 51, 26, 30)
    """
    generator, found = np.random.default_rng(drawing.seed), dict[int, None]()
    while len(found) < drawing.length:
        more = generator.integers(count, size=drawing.length).tolist()
        found.update(dict.fromkeys(each for each in more if each not in apart))
    return tuple(found)[: drawing.length]


def _reading(known: Known, stack: str, drawing: Drawing) -> Reading:
    """What a stack reads. Raises Problem where it can read too little."""
    around, words = _around(known, stack), known.vocabularies[stack]
    apart, most = around.apart, _longest(known, stack)
    room = drawing.length if most is None else (most - len(around.before) - len(around.behind)) // 2
    length = min(drawing.length, room, words.size - len(apart))
    if length < LEAST:
        hint = f"it knows {words.size - len(apart)} words, and reads {most or 'any number of'} tokens"
        raise Problem(f"the {stack} cannot read {LEAST} made-up words twice", hint=hint)
    ids = drawn(words.size, apart, replace(drawing, length=length))
    whole = (*around.before, *ids, *ids, *around.behind)
    labels = tuple(map(words.label, whole))
    return Reading(labels, len(whole), max(len(whole), known.readings[stack].longest), whole)


def _longest(known: Known, stack: str) -> int | None:
    """How many tokens a stack can read, if not any number: a scenario's table has a row for each that it reads."""
    if known.scenario.checkpoint is not None:
        return known.architecture.positions
    return known.readings[stack].longest if known.architecture.position == "learned" else None


@dataclass(frozen=True)
class _Around:
    """The ids that stand before and behind a text, and all that are none of its words."""

    before: Ids
    behind: Ids
    apart: frozenset[int]


def _around(known: Known, stack: str) -> _Around:
    checkpoint = known.scenario.checkpoint
    is_beside = stack == "decoder" and "encoder" in known.readings
    if isinstance(checkpoint, Opened):
        return _around_in_checkpoint(checkpoint, stack, is_beside=is_beside)
    rows = known.rows[stack]
    apart = frozenset(rows[word] for word in (START, END, PAD) if word in rows)
    return _Around((rows[START],) if is_beside else (), (), apart)


def _around_in_checkpoint(checkpoint: Opened, stack: str, *, is_beside: bool) -> _Around:
    """A text begins with the token that begins texts, even where a tokenizer leaves that to whoever uses it."""
    special, usual = checkpoint.special, checkpoint.around
    named = (special.start, special.pad, special.decoder_start)
    apart = frozenset((*usual, *special.ends, *(each for each in named if each is not None)))
    if is_beside:
        return _Around(_if_any(special.decoder_start), (), apart)
    if stack == "decoder":
        return _Around(usual or _if_any(special.start), (), apart)
    half = len(usual) // 2  # one alone ends a text
    return _Around(usual[:half], usual[half:], apart)


def _if_any(token: int | None) -> Ids:
    return () if token is None else (token,)
