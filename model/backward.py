"""Differentiation: how a number that was computed changes with every number that it was computed from.

Reverse-mode differentiation over the record of a run (Rumelhart et al. 1986): the derivative of each operation stands
beside the operation, and this is the order in which they are applied.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, repeat

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.ops.gradients import Output, gradient_of
from attn_explore.model.ops.masks import VISIBILITY
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View, read_only


def gradients(trace: Trace, of: Mapping[str, Array]) -> dict[str, Array]:
    """The gradient of Σ weightᵢ · numberᵢ by every step and parameter that it depends on, by path.

    `of` gives for some steps the weight of each of their numbers, in the step's shape. For a loss L of a step y these
    are ∂L/∂y. Returns arrays in the shape of each step and parameter; what the sum does not depend on is absent.
    """
    seeds = {path: np.array(weights, trace.dtype) for path, weights in of.items()}
    order = chain(_reversed(trace), trace.parameters.values())
    return {value.path: gradient for value, gradient in _gradients_of(order, seeds)}


def gradients_by(trace: Trace, of: Mapping[str, Array], steps: Collection[str]) -> dict[str, Array]:
    """The same by some steps alone: nothing is computed for parameters, or carried back beyond the first of these."""
    order, carried = _reversed(trace), dict(of)
    found = dict[str, Array]()
    for value in order:
        if value.path not in carried:
            continue
        gradient = np.asarray(carried.pop(value.path), value.dtype)
        if value.path in steps:
            found[value.path] = gradient
        if len(found) == len(steps):
            break
        _add(value.carried_to_computed(gradient), carried)
    return found


def _gradients_of(order: Iterable[Value], seeds: Mapping[str, Array]) -> Iterator[tuple[Value, Array]]:
    """Each value that the outputs depend on, with its gradient. In `order` a value comes after all of its readers.

    `seeds` are the gradients of the outputs. What a value carries back is added up until its turn comes.
    """
    carried = dict(seeds)
    for value in order:
        if value.path not in carried:
            continue
        gradient = np.asarray(carried.pop(value.path), value.dtype)
        yield value, gradient
        if not value.is_leaf:
            _carry(value, gradient, carried)


def _carry(value: Value, gradient: Array, carried: dict[str, Array]) -> None:
    """Add to what is carried back to the operands of a value."""
    _add(zip(value.operands, value.carried_to_operands(gradient), strict=True), carried)


def _add(parts: Iterable[tuple[View, Array]], carried: dict[str, Array]) -> None:
    with np.errstate(all="ignore"):  # what overflows is shown as ∞ or NaN where it appears
        for view, part in parts:
            if _may_differ(view.value):
                path, back = view.value.path, view.carried_back(part)
                carried[path] = carried[path] + back if path in carried else back


def _may_differ(value: Value) -> bool:
    """Whether a value can be a little different: ids cannot, nor a step that says what may be seen, which is a rule."""
    return value.operation is not VISIBILITY and value.dtype.kind == "f"


def _reversed(trace: Trace) -> Iterator[Value]:
    """The steps from the last to the first."""
    return reversed(trace.steps.values())


# --- gradients as steps


def record_gradients(trace: Trace, of: Value, index: tuple[int, ...] = (), weights: Array | None = None) -> None:
    """Append to a run the gradient of one number of a step by everything that it depends on, in backward order.

    With `weights`, in the shape of the step, the gradient of the sum of its numbers, each times its weight.
    """
    for gradient in gradient_steps(trace, Output(of, index, weights)):
        trace.append(gradient)


def gradient_steps(trace: Trace, output: Output) -> Iterator[Value]:
    """The gradients by everything that an output depends on, each with its numbers unless the run is only planned.

    All are made together; one that is forgotten is computed again from the gradients of its readers, bit for bit.
    """
    order = _backwards(trace, output)
    arrays = (
        repeat(None)
        if trace.planned
        else (array for _, array in _gradients_of(order, {output.value.path: output.seed}))
    )
    readers: dict[str, list[Value]] = {value.path: [] for value in order}
    for value, array in zip(order, arrays, strict=False):
        gradient = gradient_of(value, output, readers[value.path])
        for path in dict.fromkeys(view.path for view in value.operands if view.path in readers):
            readers[path].append(gradient)
        gradient.held = None if array is None else read_only(array)
        yield gradient


def _backwards(trace: Trace, output: Output) -> list[Value]:
    """The output's step and all that it depends on, each after everything that was computed from it.

    A parameter comes right after the last of its readers.
    """
    found, steps = {output.value.path}, []
    for step in _reversed(trace):
        if step.path in found:
            steps.append(step)
            found.update(view.path for view in step.operands if _may_differ(view.value))
    last = {view.path: step.path for step in steps for view in step.operands}
    return list(chain.from_iterable((step, *_parameters(trace, step, last)) for step in steps))


def _parameters(trace: Trace, step: Value, last: Mapping[str, str]) -> list[Value]:
    """The parameters that a step is the last to read."""

    def is_here(view: View) -> bool:
        return view.path in trace.parameters and last[view.path] == step.path

    return list({view.path: view.value for view in step.operands if is_here(view)}.values())
