"""Whether a run agrees with what another program computed, and if not, where it first does not."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from attn_explore.model.architecture import Architecture
from attn_explore.model.axes import Array
from attn_explore.model.checkpoints.reference_tensors import References, steps_of
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.safetensors import shape_text
from attn_explore.model.naming import bracketed
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

OF_DOUBLE, OF_SINGLE = 2e-6, 1e-4
"""How far two programs may be apart, as a share of a tensor's largest number: by the type of the reference.

transformers computes angles, norms and waves in float32 even in a model that was made float64."""

PARAMETERS = "parameters."
"""What exported traces hold beside their steps."""


@dataclass(frozen=True)
class Gap:
    """How far a step is from a tensor, and where most.

    share  the largest difference, as a share of the largest number of the reference
    cell   where that is, by the names of its places
    """

    path: str
    name: str
    share: float
    cell: str
    here: float
    there: float


@dataclass(frozen=True)
class Agreement:
    """What came of comparing a run with references.

    compared  how many tensors were
    widest    the step that is furthest off, of all that agree
    first     the first step that does not agree, in the order in which they are computed
    agreeing  what that step was made from and agrees; `unseen`: what it was made from and the references do not have
    unknown   names that mean none of our steps
    """

    compared: int
    widest: Gap | None
    first: Gap | None
    agreeing: tuple[str, ...]
    unseen: tuple[str, ...]
    unknown: tuple[str, ...]


def agreement(
    trace: Trace, model: Architecture, references: References, tolerance: float, words_from: int = 0
) -> Agreement:
    """Compare a run with reference tensors in the order in which its steps are computed, up to the first difference.

    `words_from`: the first word of the text, before which there is padding: its rows, which nobody reads, are whatever
    they are. Raises Problem where a tensor has another shape, or none has a name of ours.
    """
    known = steps_of(trace, model)
    wanted = {name: known[name] for name in references.tensors if name in known}
    unknown = tuple(name for name in references.tensors if name not in known and not name.startswith(PARAMETERS))
    if not wanted:
        raise _nothing_known(references, known)
    order = {path: place for place, path in enumerate(trace.steps)}
    widest, seen = None, dict[str, None]()
    for name in sorted(wanted, key=lambda name: max(order[path] for path in wanted[name])):
        for gap in _gaps(trace, wanted[name], name, references, _Words(words_from, model)):
            if not gap.share <= tolerance:
                made_from = _made_from(trace[gap.path], seen)
                return Agreement(len(seen) + 1, widest, gap, *made_from, unknown)
            widest = gap if widest is None or gap.share > widest.share else widest
            seen[gap.path] = None
    return Agreement(len(seen), widest, None, (), (), unknown)


def _nothing_known(references: References, known: Collection[str]) -> Problem:
    name = next(iter(references.tensors), None)
    if name is None:
        return Problem("there are no tensors in this file", path=references.path)
    near = nearest(name, known)
    hint = f"such as {near}" if near else "they are the paths of steps, or like hidden.0, layer.0.weights, logits"
    return Problem("no tensor here has the name of a step", path=references.path, place=f"tensor {name!r}", hint=hint)


@dataclass(frozen=True)
class _Words:
    """Where the words of a text begin, in the steps that have a row for each of its tokens."""

    first: int
    model: Architecture

    def rows(self, value: Value) -> Array:
        """Which rows of a step are of words, ready to broadcast over it."""
        is_of_text = not (self.model.has_encoder and value.path.startswith("decoder."))
        along = [is_of_text and name in ("token", "query") for name in value.names]
        shape = [size if is_row else 1 for size, is_row in zip(value.shape, along, strict=True)]
        return np.arange(max(shape, default=1)).reshape(shape) >= (self.first if any(along) else 0)


def _gaps(trace: Trace, paths: tuple[str, ...], name: str, references: References, words: _Words) -> Iterator[Gap]:
    """How far the steps are that a tensor holds: one, or several side by side along its last axis."""
    whole = np.asarray(references.tensors[name](), np.float64)
    parts = np.split(whole, len(paths), axis=-1) if whole.ndim and whole.shape[-1] % len(paths) == 0 else [whole]
    for path, part in zip(paths, parts, strict=False):
        value = trace[path]
        yield _gap(value, name, _as_ours(value, part, name, references), words.rows(value))


def _as_ours(value: Value, array: Array, name: str, references: References) -> Array:
    """A tensor in the shape of a step: others keep an axis for a batch, and the heads side by side."""
    for alone in (array, array[0]) if array.ndim > 1 and len(array) == 1 else (array,):
        if alone.shape == value.shape:
            return alone
        if len(value.shape) == 3 and alone.shape == (value.shape[1], value.shape[0] * value.shape[2]):
            return alone.reshape(len(alone), value.shape[0], -1).swapaxes(0, 1)
    what = f"is {shape_text(array.shape)} there, and {value.path} is {shape_text(value.shape)} here"
    hint = "the run has to read what the reference was made of: --ids 1,2,3, or --text"
    raise Problem(what, path=references.path, place=f"tensor {name!r}", hint=hint)


def _gap(value: Value, name: str, there: Array, counts: Array) -> Gap:
    largest = float(np.abs(there[np.isfinite(there) & counts]).max(initial=0)) or 1.0
    most, index = -1.0, (0,) * there.ndim
    for start, here in value.pieces():
        piece = slice(start, start + len(here)) if here.ndim else ()
        own = counts[piece] if counts.shape[:1] == there.shape[:1] else counts
        apart = np.where(own, _apart(here, there[piece]), 0)
        if apart.size and apart.max() > most:
            first, *rest = (*map(int, np.unravel_index(int(apart.argmax()), apart.shape)), 0)
            most, index = float(apart.max()), (start + first, *rest)[: apart.ndim]
    cell = bracketed(value.axes, index)
    return Gap(value.path, name, max(most, 0) / largest, cell, float(value[index]), float(there[index]))


def _apart(here: Array, there: Array) -> Array:
    """By how much each number differs; NaN and infinities do from anything else, without end."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(here - there)
    same = (here == there) | (np.isnan(here) & np.isnan(there))
    return np.where(same, 0, np.where(np.isnan(apart), np.inf, apart))


def _made_from(value: Value, agreeing: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The steps that a value was made from: the nearest ones that agree, and those between that nobody saw."""
    found, unseen = dict[str, None](), dict[str, None]()
    waiting = [operand.value for operand in value.operands]
    while waiting:
        step = waiting.pop(0)
        if step.is_leaf or step.path in found or step.path in unseen:
            continue
        if step.path in agreeing:
            found[step.path] = None
            continue
        unseen[step.path] = None
        waiting += [operand.value for operand in step.operands]
    return tuple(found), tuple(reversed(unseen))
