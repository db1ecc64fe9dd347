"""Which number of a run is differentiated, and its gradients: the section `gradients` of a scenario."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from attn_explore.model.backward import gradient_steps
from attn_explore.model.loss import has_loss, record_loss
from attn_explore.model.naming import in_full
from attn_explore.model.ops import Output, is_gradient, output_of
from attn_explore.model.places import index_of, paths_named, split_place, the_path
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Gradients
from attn_explore.model.scenario.tokens import PAD
from attn_explore.model.trace import Listener, Trace
from attn_explore.model.values import Value

LOSS = "loss"
"""The step that is differentiated where the scenario says what the model should say."""

_OF_WORDS = ("token", "query", "key")
"""Axes whose labels a plan does not know where the words are yet to be generated."""

_LONGEST = 60


def record_wanted(trace: Trace, scenario: Scenario) -> None:
    """Append what the section `gradients` asks for: the loss, where there is one, and the gradients.

    Raises Problem, at the place in the scenario, where the run has no such number.
    """
    if scenario.gradients is None:
        return
    try:
        record_output(trace, scenario, scenario.gradients.of)
    except Problem as problem:
        if not scenario.source.holds(("gradients", "of")):
            raise  # it was asked for elsewhere
        step = f"{problem.path}: " if problem.path in trace.steps else ""
        raise scenario.problem_at(("gradients", "of"), f"{step}{problem.what}", problem.hint) from problem


def without_gradients(trace: Trace, on_step: Listener | None = None) -> Trace:
    """The same run, with the same values, and none of the gradients; `on_step` hears of what is appended to it."""
    steps = {path: step for path, step in trace.steps.items() if not is_gradient(step)}
    return replace(trace, steps=steps, on_step=on_step)


def with_gradients(trace: Trace, scenario: Scenario, on_step: Listener | None = None) -> Trace:
    """The same run with the gradients that a scenario asks for; with none where it has no such number.

    Other weights or edits may make a generation end before the word whose gradients are wanted.
    """
    found = without_gradients(trace, on_step)
    try:
        record_wanted(found, scenario)
    except Problem:
        return without_gradients(trace)
    found.on_step = None  # whoever listened is done
    return found


def record_output(trace: Trace, scenario: Scenario, of: str | None) -> Output:
    """Append the gradients of the number that `of` names, or of the one that tells most (None), and give it.

    Raises Problem where the run has no such number.
    """
    _record_loss(trace, scenario, is_wanted=of == LOSS)
    output = default_output(trace) if of is None else named_output(trace, of)
    for gradient in gradient_steps(trace, output):
        trace.append(gradient)
    return output


def _record_loss(trace: Trace, scenario: Scenario, *, is_wanted: bool) -> None:
    """The loss where the model can say what it should; else a Problem only if it was asked for."""
    if LOSS in trace.steps or not (is_wanted or has_loss(scenario)):
        return
    try:
        record_loss(trace, scenario)
    except Problem:
        if is_wanted:
            raise


def default_output(trace: Trace) -> Output:
    """The loss; without one the largest logit at the last place, without a head the largest number there.

    A plan has no numbers: there it is the first one of that place.
    """
    steps = [step for step in trace.steps.values() if not is_gradient(step)]
    logits = [step for step in steps if step.name == "logits"]
    value = trace.steps.get(LOSS) or (logits or steps)[-1]
    return Output(value, _largest(value, trace.planned))


def _largest(value: Value, is_planned: bool) -> tuple[int, ...]:
    """The largest number of the last row that is no padding; of all heads where there are several."""
    if not value.axes:
        return ()
    rows: tuple[int | slice, ...] = (*(slice(None) for _ in value.axes[:-2]), *_last_row(value), slice(None))
    if is_planned:
        return tuple(0 if isinstance(row, slice) else row for row in rows)
    numbers = value[rows]
    numbers = np.where(np.isfinite(numbers), numbers, -np.inf)
    found = iter(np.unravel_index(int(numbers.argmax()), numbers.shape))
    return tuple(int(next(found)) if isinstance(row, slice) else row for row in rows)


def _last_row(value: Value) -> tuple[int, ...]:
    if len(value.axes) == 1:
        return ()
    axis = value.axes[-2]
    words = [place for place, label in enumerate(axis.labels or ()) if label != PAD]
    return (words[-1] if words else axis.size - 1,)


def named_output(trace: Trace, text: str) -> Output:
    """The number that `STEP[INDEX]` names, with words or numbers as indices. Raises Problem where there is none."""
    from attn_explore.model.step_names import lettered  # a start names no number

    name, places = split_place(text)
    steps = {path: step for path, step in trace.steps.items() if not is_gradient(step)}
    value = steps[the_path(name, paths_named(name, steps) or lettered(name, steps.values()), steps)]
    try:
        return Output(value, index_of(value, places or []))
    except Problem:
        if trace.planned and any(axis.labels is None for axis in value.axes if axis.name in _OF_WORDS):
            return Output(value, tuple(0 for _ in value.axes))
        raise


def output_cell(output: Output) -> str:
    """An output as a scenario names it."""
    return f"{output.value.path}{in_full(output.value.axes, output.index)}"


def with_output(scenario: Scenario, trace: Trace) -> Scenario:
    """The scenario with what its run differentiates, by name, also where that was left to the numbers; or nothing."""
    found = next((step for step in trace.steps.values() if is_gradient(step)), None)
    return replace(scenario, gradients=None if found is None else Gradients(of=output_cell(output_of(found))))
