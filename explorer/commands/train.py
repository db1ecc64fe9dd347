"""The command `train`: trains a model with a progress bar, and keeps what was learned at every moment."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from attn_explore.explorer.drawing.numbers import loss_text, percent, size_text
from attn_explore.explorer.session.opening import within
from attn_explore.explorer.system.exits import say
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.axes import sizes
from attn_explore.model.files.regular import read_regular
from attn_explore.model.files.writing import check_target, write_atomically
from attn_explore.model.memory import memory_of
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.text import figure, visible
from attn_explore.model.training.loop import Step, kept, train, training_of
from attn_explore.model.training.record import Record, record_file

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_COPIES = 6
"""Parameters, their gradients, Adam's two means, and what is written."""


def where_to_begin(
    scenario: Scenario, output: Path, limits: Limits, *, resume: bool, force: bool, inputs: list[Path]
) -> Record | None:
    """What a training goes on from, None where it begins; nothing is written yet.

    Raises Problem where the scenario is no training, or the file cannot be written or gone on with.
    """
    _check_memory(scenario, training_of(scenario), limits)
    before = _before(scenario, output, limits) if resume else None
    check_target(output, force or resume, inputs)
    return before


def train_to(scenario: Scenario, output: Path, before: Record | None, inputs: list[Path]) -> None:
    """Train a scenario's model and write its weights, at every moment that is kept, so that an end loses little."""
    steps = training_of(scenario).steps
    if before is not None and before.steps[-1] >= steps:
        say(f"{visible(str(output))}: all {steps} steps are done")
        return
    start = monotonic()
    try:
        with _bar(steps) as tell:
            for step in train(scenario, before):
                if step.record is not None:
                    write_atomically(output, record_file(step.record), force=True, inputs=inputs)
                    before = step.record
                tell(step)
    except (SystemExit, KeyboardInterrupt):
        say(_interrupted(output, before))
        raise
    _conclude(output, before, monotonic() - start)


def _check_memory(scenario: Scenario, experiment: Experiment, limits: Limits) -> None:
    """Refuse what would take more than there may be: every parameter at every moment, and a batch there and back."""
    known = within(scenario, limits).known  # what is too large to run is not looked at any closer
    item = np.dtype(scenario.model.dtype).itemsize
    parameters = item * sum(math.prod(sizes(axes)) for axes in known.shapes.values())
    untaught = known.with_scenario(replace(scenario, experiment=None))  # a batch has no curves
    text = memory_of(untaught).nbytes - parameters
    nbytes = parameters * (experiment.snapshots + _COPIES) + 2 * experiment.batch * text
    if nbytes > limits.nbytes:
        what = f"training needs {size_text(nbytes)} ({figure(nbytes)} bytes), limit {size_text(limits.nbytes)}"
        hint = "make the model, the batch or the number of snapshots smaller, or raise --memory-limit"
        raise Problem(what, path=scenario.source.name, hint=hint)


def _before(scenario: Scenario, output: Path, limits: Limits) -> Record:
    """Where the training was left. A file that is not there yet is one that was left at once."""
    try:
        return kept(scenario, read_regular(output, limits.nbytes), str(output))
    except Problem as problem:
        if output.exists():
            raise
        raise Problem(problem.what, path=output, hint="leave --resume out to begin") from problem


def _interrupted(output: Path, record: Record | None) -> str:
    if record is None:
        return "stopped before the first moment that is kept: nothing was written"
    name = visible(str(output))
    return f"stopped; {name} keeps the weights after step {record.steps[-1]}, and --resume goes on from there"


def _conclude(output: Path, record: Record | None, seconds: float) -> None:
    assert record is not None  # noqa: S101 (the last step is a moment)
    held_out_loss, held_out_right, _, trained_right = record.scores[-1]
    held_out = "" if held_out_loss != held_out_loss else f", {percent(held_out_right)} of what was held out"
    size = size_text(output.stat().st_size)
    say(
        f"wrote {visible(str(output))} ({size}) after {record.steps[-1]} steps in {seconds:.1f} s: "
        f"loss {loss_text(float(record.losses[-1]))}, right {percent(trained_right)} of what was trained on{held_out}"
    )
    if not np.isfinite(record.losses[-1]):
        say("the numbers grew without end: take a smaller `learning_rate`, or a longer `warmup`")


@contextmanager
def _bar(steps: int) -> Iterator[Callable[[Step], None]]:
    """Tells of each step: a bar with loss and time left on a terminal, a line at each moment elsewhere."""
    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("training"), BarColumn(), MofNCompleteColumn(), TextColumn("loss {task.fields[loss]}")
    console = Console(stderr=True)
    try:
        with Progress(*columns, TimeRemainingColumn(), TextColumn("left"), console=console) as progress:
            task = progress.add_task("", total=steps, loss="…")
            yield lambda step: _advance(progress, task, step)
    finally:
        console.show_cursor()  # a signal may come when the cursor is hidden, and the bar does not stand yet


def _advance(progress: Progress, task: TaskID, step: Step) -> None:
    progress.update(task, completed=step.number, loss=loss_text(step.loss))


def _line(step: Step) -> None:
    if step.record is not None:
        held_out = "" if step.held_out is None or step.held_out.loss != step.held_out.loss else (
            f", held out: loss {loss_text(step.held_out.loss)}, right {percent(step.held_out.right)}"
        )  # fmt: skip
        say(f"step {step.number}: loss {loss_text(step.loss)}{held_out}")
