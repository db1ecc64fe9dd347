"""The memory that a run takes, known before it runs: from one plan, in exact integers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from math import comb

from attn_explore.model.architecture import Architecture
from attn_explore.model.dataclass import dataclass
from attn_explore.model.forward import outline_of, trace_of
from attn_explore.model.keeping import AT_ONCE, LIMIT
from attn_explore.model.known import Known, known_of
from attn_explore.model.parameters import is_shared
from attn_explore.model.passes import CHAPTER, in_first_pass
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
_SECOND, _THIRD = f"{CHAPTER}.1.", f"{CHAPTER}.2."


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
    passes = scenario.input.max_new_tokens if generates(scenario.model, scenario.input) else 1
    alike = list(_alike(outline_of(known), known.architecture, passes))
    largest = max(alike, key=lambda each: each.size(each.passes - 1))
    size, count = largest.size(largest.passes - 1), sum(each.count * each.passes for each in alike)
    trained = curves_of(scenario)
    curves = 0 if trained is None else CURVES * trained.steps
    nbytes = sum(map(_of_passes, alike)) + curves + size
    if scenario.gradients is not None:
        nbytes += _differentiated(alike)
    steps = sum(each.count * each.passes for each in alike if not each.value.is_leaf)
    if scenario.checkpoint is not None:
        nbytes = RECORD * count + min(nbytes - RECORD * count, LIMIT) + AT_ONCE * size
    return Need(nbytes, in_first_pass(largest.value.path), largest.shape(largest.passes - 1), steps)


@dataclass(frozen=True)
class _Alike:
    """Values that differ in their layer alone, or in the pass of a generation: one of them, that of the first pass.

    There are `count` of them in each of so many `passes`, and `growth` is by how much each axis is longer in the next.
    """

    value: Value
    count: int
    passes: int
    growth: tuple[int, ...]

    def shape(self, place: int) -> tuple[int, ...]:
        """The shape of one of them in a pass."""
        return tuple(size + place * more for size, more in zip(self.value.shape, self.growth, strict=True))

    def size(self, place: int) -> int:
        """The bytes of the numbers of one of them in a pass."""
        return math.prod(self.shape(place)) * self.value.dtype.itemsize

    def nbytes(self, place: int) -> int:
        """The bytes that all of them take in a pass."""
        return self.count * (self.size(place) + RECORD)


def _alike(outline: Trace, model: Architecture, passes: int) -> Iterator[_Alike]:
    """The values of an outline, each with what it stands for in the run; steps before parameters.

    Further passes of a generation are alike, each a little longer than the one before; the first may be unlike them.
    """
    for path, value in (*outline.steps.items(), *outline.parameters.items()):
        if path.startswith(_THIRD):
            continue
        again = outline.steps.get(path.replace(_SECOND, _THIRD, 1), value)
        growth = tuple(after - before for before, after in zip(value.shape, again.shape, strict=True))
        yield _Alike(value, _count(value, model), passes - 1 if path.startswith(_SECOND) else 1, growth)


def _differentiated(alike: list[_Alike]) -> int:
    """The bytes that gradients take: as much as what is computed once, and the longest pass."""
    again = {in_first_pass(each.value.path) for each in alike if each.value.path.startswith(_SECOND)}
    return sum(each.nbytes(each.passes - 1) for each in alike if each.value.path not in again)


def _count(value: Value, model: Architecture) -> int:
    """How many values of the run one of the outline stands for: as many as there are layers, where it is in one."""
    layered = _IN_A_LAYER.match(in_first_pass(value.path))
    if layered is None:
        return 1
    stack = layered[1]
    if value.is_leaf and is_shared(value.path, model.of(stack)):
        return 1
    if value.name in ("q_rotated", "k_rotated") and (turns := model.of(stack).rotary):
        return sum(each is not None for each in turns)
    return model.layers_of(stack)


def _of_passes(alike: _Alike) -> int:
    """The bytes that values take in all their passes together.

    What a pass takes grows with the square of its text at most, so three passes tell what any number of them does
    (Newton's forward differences).
    """
    first, second, third = map(alike.nbytes, range(3))
    passes = alike.passes
    return passes * first + comb(passes, 2) * (second - first) + comb(passes, 3) * (third - 2 * second + first)


def _of_experiment(planned: Trace, times: int) -> Need:
    """What an experiment takes: everything that it records, with gradients two times, and what pairs are drawn in."""
    values = (*planned.steps.values(), *planned.parameters.values())
    largest = max(values, key=lambda value: value.nbytes)
    drawing = DRAWING if any(step.made_by.name == "tally" for step in planned.steps.values()) else 0
    need = times * (planned.nbytes + RECORD * len(values)) + largest.nbytes + drawing
    return Need(need, largest.path, largest.shape, len(planned.steps))
