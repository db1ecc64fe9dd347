"""Two runs of one model over two texts of as many tokens: whether they are that, and where they part."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Axis
from attn_explore.model.changes import have_same_bits
from attn_explore.model.dataclass import dataclass
from attn_explore.model.ops import is_gradient
from attn_explore.model.passes import in_first_pass
from attn_explore.model.problems import Problem
from attn_explore.model.sources import Numbers, is_stored
from attn_explore.model.stream import points_of
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


@dataclass(frozen=True, eq=False)
class Two:
    """Two runs of one model: into the `corrupted` one is put what the `clean` one has."""

    clean: Trace
    corrupted: Trace


def check(two: Two) -> None:
    """Raise Problem for two runs that are not of one model over texts of one length."""
    if two.clean.left_out or two.corrupted.left_out:
        raise Problem("a trace that leaves out steps cannot be patched", hint="patch its scenario")
    for stack in stacks_of(two.corrupted):
        clean, corrupted = (_input(trace, stack) for trace in (two.clean, two.corrupted))
        if clean is None or corrupted is None:
            raise Problem(_DIFFERENT, hint=_ONE_MODEL)
        if clean.shape[0] != corrupted.shape[0]:
            raise Problem(_lengths(clean.axes[0], corrupted.axes[0]), hint=_ONE_LENGTH)
    if not _are_of_one_model(two):
        raise Problem(_DIFFERENT, hint=_ONE_MODEL)
    if any(value.axes != two.corrupted.parameters[name].axes for name, value in two.clean.parameters.items()):
        raise Problem("the two runs do not know the same words", hint=_ONE_VOCABULARY)


def parting_stack(two: Two) -> str:
    """The first stack whose words differ. Raises Problem where the two texts are the same."""
    for stack in stacks_of(two.corrupted):
        clean, corrupted = (_input(trace, stack) for trace in (two.clean, two.corrupted))
        if clean is not None and corrupted is not None and not np.array_equal(clean.array, corrupted.array):
            return stack
    raise Problem("both runs read the same", hint="give two texts that differ in a word or two")


def stacks_of(trace: Trace) -> list[str]:
    """The stacks of a model."""
    return [stack for stack in ("encoder", "decoder") if any(path.startswith(f"{stack}.") for path in trace.steps)]


def _input(trace: Trace, stack: str) -> Value | None:
    return next(points_of(trace.steps, f"{stack}."), None) if stack in stacks_of(trace) else None


_DIFFERENT = "the two runs are not of one model"
_ONE_MODEL = "patching takes one model, with one set of weights, and two texts"
_ONE_VOCABULARY = "a scenario without weights knows the words of its text: let its model name all of them"
_ONE_LENGTH = "patching puts numbers where others stood: give two texts of as many tokens"


def _lengths(clean: Axis, corrupted: Axis) -> str:
    """How long two texts are, and where they part."""
    words = [[each.label(place) for place in range(each.size)] for each in (clean, corrupted)]
    place = next((place for place, pair in enumerate(zip(*words, strict=False)) if pair[0] != pair[1]), None)
    if place is None:
        place = min(map(len, words))
        longer = max(words, key=len)
        part = f"the longer one goes on with {longer[place]} at {place}"
    else:
        part = f"they part at {place}: {words[0][place]}, {words[1][place]}"
    return f"the texts have {clean.size} and {corrupted.size} tokens; {part}"


def _are_of_one_model(two: Two) -> bool:
    """Whether both runs do the same, with the same parameters; how many words they choose does not matter."""
    one, other = _first_pass(two.clean), _first_pass(two.corrupted)
    if one.keys() != other.keys() or two.clean.unedited.keys() != two.corrupted.unedited.keys():
        return False
    if not all(_are_made_alike(step, other[path]) for path, step in one.items()):
        return False
    return all(_is_same(numbers, two.corrupted.unedited[name]) for name, numbers in two.clean.unedited.items())


def _first_pass(trace: Trace) -> dict[str, Value]:
    return {path: step for path, step in trace.steps.items() if in_first_pass(path) == path and not is_gradient(step)}


def _are_made_alike(one: Value, other: Value) -> bool:
    return (one.shape, one.operation, one.options) == (other.shape, other.operation, other.options)


def _is_same(one: Numbers, other: Numbers) -> bool:
    if is_stored(one) and is_stored(other):
        return one.identity == other.identity
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one is other or have_same_bits(one, other)
    return False
