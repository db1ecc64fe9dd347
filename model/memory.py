"""The memory that a run takes, known before it runs: from one plan, in exact integers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

from attn_explore.model.architecture import Architecture
from attn_explore.model.forward import CHAPTER, outline_of, trace_of
from attn_explore.model.keeping import AT_ONCE, LIMIT
from attn_explore.model.known import Known, known_of
from attn_explore.model.parameters import is_shared
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.tokens import generates
from attn_explore.model.trace import Trace
from attn_explore.model.training.curves import curves_of
from attn_explore.model.values import Value

RECORD = 1300
"""Bytes that a value takes beside its numbers: what counts when there are millions of small ones."""

DRAWING = 2**25
"""Bytes in which pairs of q and k are drawn and counted."""

CURVES = 200
"""Bytes that the curves of a training take for each of its steps: a label, the loss, and the learning rate."""

_IN_A_LAYER = re.compile(r"^(encoder|decoder)\.layers\.")
_AGAIN = f"{CHAPTER}.1."


@dataclass(frozen=True)
class Need:
    """The memory that a run takes, in bytes, its largest step, and how many steps it has at most, but for gradients."""

    nbytes: int
    largest: str
    shape: tuple[int, ...]
    steps: int


def memory_needed(scenario: Scenario) -> Need:
    """What a scenario of which nothing else is asked would take: see `memory_of`."""
    return memory_of(known_of(scenario))


def memory_of(known: Known) -> Need:
    """What `run` would take at most, in exact integers and without allocating anything of that size.

    Every value is kept, and the largest is held twice while it is computed. Gradients are as large as what they are by,
    in the longest pass at most. Of a checkpoint no more is kept than its keeper holds.
    """
    scenario = known.scenario
    if scenario.alone is not None:
        return _of_experiment(trace_of(known, None), 1 if scenario.gradients is None else 2)
    alike = list(_alike(outline_of(known), known.architecture))
    passes = scenario.input.max_new_tokens if generates(scenario.model, scenario.input) else 1
    once = sum(each.nbytes(0) for each in alike if not each.is_in_each_pass)
    in_passes = [each for each in alike if each.is_in_each_pass]
    longest = sum(each.nbytes(passes - 1) for each in in_passes)
    largest = max(alike, key=lambda each: each.size(passes - 1))
    differentiated = 0 if scenario.gradients is None else once + longest
    trained = curves_of(scenario)
    curves = 0 if trained is None else CURVES * trained.steps
    nbytes = once + _of_passes(in_passes, passes) + differentiated + curves + largest.size(passes - 1)
    steps = sum(each.count * (passes if each.is_in_each_pass else 1) for each in alike if not each.value.is_leaf)
    if scenario.checkpoint is not None:
        records = RECORD * sum(each.count * (passes if each.is_in_each_pass else 1) for each in alike)
        nbytes = records + min(nbytes - records, LIMIT) + AT_ONCE * largest.size(passes - 1)
    return Need(nbytes, largest.value.path, largest.shape(passes - 1), steps)


@dataclass(frozen=True)
class _Alike:
    """Values that differ in their layer alone: one of them, how many there are, and how many numbers a pass adds.

    `growth` is by how much each axis is longer in the next pass of a generation; `is_in_each_pass`: there are as many
    of them again.
    """

    value: Value
    count: int
    growth: tuple[int, ...]
    is_in_each_pass: bool

    def shape(self, place: int) -> tuple[int, ...]:
        """The shape of one of them in a pass."""
        return tuple(size + place * more for size, more in zip(self.value.shape, self.growth, strict=True))

    def size(self, place: int) -> int:
        """The bytes of the numbers of one of them in a pass."""
        return math.prod(self.shape(place)) * self.value.dtype.itemsize

    def nbytes(self, place: int) -> int:
        """The bytes that all of them take in a pass."""
        return self.count * (self.size(place) + RECORD)


def _alike(outline: Trace, model: Architecture) -> Iterator[_Alike]:
    """The values of an outline, each with what it stands for in the run; steps before parameters."""
    for path, value in (*outline.steps.items(), *outline.parameters.items()):
        if path.startswith(_AGAIN):
            continue
        again = outline.steps.get(f"{_AGAIN}{path}", value)
        growth = tuple(after - before for before, after in zip(value.shape, again.shape, strict=True))
        is_once = value.is_leaf or path.startswith("encoder.")
        yield _Alike(value, _count(value, model), growth, not is_once)


def _count(value: Value, model: Architecture) -> int:
    """How many values of the run one of the outline stands for: as many as there are layers, where it is in one."""
    layered = _IN_A_LAYER.match(value.path)
    if layered is None:
        return 1
    stack = layered[1]
    if value.is_leaf and is_shared(value.path, model.of(stack)):
        return 1
    if value.name in ("q_rotated", "k_rotated") and (turns := model.of(stack).rotary):
        return sum(each is not None for each in turns)
    return model.layers_of(stack)


def _of_passes(alike: list[_Alike], passes: int) -> int:
    """The bytes that all passes of a generation take together.

    What a pass takes grows with the square of its text, so the first three passes tell what any number of them does
    (Newton's forward differences).
    """
    first, second, third = (sum(each.nbytes(place) for each in alike) for place in range(3))
    return passes * first + comb(passes, 2) * (second - first) + comb(passes, 3) * (third - 2 * second + first)


def _of_experiment(planned: Trace, times: int) -> Need:
    """What an experiment takes: everything that it records, with gradients two times, and what pairs are drawn in."""
    values = (*planned.steps.values(), *planned.parameters.values())
    largest = max(values, key=lambda value: value.nbytes)
    drawing = DRAWING if any(step.made_by.name == "tally" for step in planned.steps.values()) else 0
    need = times * (planned.nbytes + RECORD * len(values)) + largest.nbytes + drawing
    return Need(need, largest.path, largest.shape, len(planned.steps))
