"""The walk backwards: how a number that was computed changes with every number that it was computed from.

Reverse-mode differentiation over the record of a run (Rumelhart et al. 1986): the derivative of each operation stands
beside the operation, and this is the order in which they are applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.ops.gradients import Output, gradient_of
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View, read_only


def gradients(trace: Trace, of: Mapping[str, Array]) -> dict[str, Array]:
    """The gradient of Σ weightᵢ · numberᵢ by every step and parameter that it depends on, by path.

    `of` gives for some steps the weight of each of their numbers, in the step's shape. For a loss L of a step y these
    are ∂L/∂y. Returns arrays in the shape of each step and parameter; what the sum does not depend on is absent.
    """
    found = {path: np.array(weights, trace.dtype) for path, weights in of.items()}
    for path, value in reversed(trace.steps.items()):
        if path not in found:
            continue
        to_operands = value.carried_to_operands(found[path])
        with np.errstate(all="ignore"):
            for operand, gradient in zip(value.operands, to_operands, strict=True):
                carried = operand.carried_back(gradient)
                found[operand.path] = found[operand.path] + carried if operand.path in found else carried
    return found


# --- gradients as steps


def record_gradients(trace: Trace, of: Value, index: tuple[int, ...] = (), weights: Array | None = None) -> None:
    """Append to a run the gradient of one number of a step by everything that it depends on, in backward order.

    With `weights`, in the shape of the step, the gradient of the sum of its numbers, each times its weight.
    """
    for gradient in gradient_steps(trace, Output(of, index, weights)):
        trace.append(gradient)


def gradient_steps(trace: Trace, output: Output) -> Iterator[Value]:
    """The gradients by everything that an output depends on, each with its numbers unless the run is only planned.

    One walk makes them all; one that is forgotten is computed again from the gradients of its readers, bit for bit.
    """
    order = _backwards(trace, output)
    carried: dict[str, Array] = {output.value.path: output.seed}
    readers: dict[str, list[Value]] = {value.path: [] for value in order}
    for value in order:
        gradient = gradient_of(value, output, readers[value.path])
        for path in dict.fromkeys(view.path for view in value.operands if view.path in readers):
            readers[path].append(gradient)
        if not trace.planned:
            gradient.held = read_only(np.asarray(carried.pop(value.path), trace.dtype))
            _carry(gradient.held, value, carried, readers)
        yield gradient


def _carry(gradient: Array, value: Value, carried: dict[str, Array], wanted: Mapping[str, object]) -> None:
    """Add to what is carried back to the operands of a value."""
    parts = () if value.is_leaf else value.carried_to_operands(gradient)
    with np.errstate(all="ignore"):
        for view, part in zip(value.operands, parts, strict=True):
            if view.path in wanted:
                back = view.carried_back(part)
                carried[view.path] = carried[view.path] + back if view.path in carried else back


def _backwards(trace: Trace, output: Output) -> list[Value]:
    """The output's step and all that it depends on, each after everything that was computed from it.

    A parameter comes right after the last of its readers.
    """
    found, steps = {output.value.path}, []
    for step in reversed(trace.steps.values()):
        if step is output.value or (step.path in found and not _is_rule(step)):
            steps.append(step)
            found.update(view.path for view in step.operands)
    last = {view.path: step.path for step in steps for view in step.operands}
    return list(chain.from_iterable((step, *_parameters(trace, step, last)) for step in steps))


def _parameters(trace: Trace, step: Value, last: Mapping[str, str]) -> list[Value]:
    """The parameters that a step is the last to read."""

    def is_here(view: View) -> bool:
        return view.path in trace.parameters and last[view.path] == step.path

    return list({view.path: view.value for view in step.operands if is_here(view)}.values())


def _is_rule(step: Value) -> bool:
    """Whether a step says what may be seen: a rule, which cannot be a little different."""
    return step.made_by.name == "visibility"
