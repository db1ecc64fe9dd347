"""Moments of a training: the run with the weights of each, and the stops of a lesson that are at one."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attn_explore.model.memory import memory_needed
from attn_explore.model.prepared import prepare
from attn_explore.model.problems import Problem
from attn_explore.model.run import plan, run
from attn_explore.model.scenario import Scenario, read_scenario
from attn_explore.model.training.record import Record, record_file
from tests.trained import MOMENTS, record, trained

LESSON = "lesson: [{{at: logits, {}}}]"


def scenario_of(folder: Path, more: str = "") -> Scenario:
    """The trained scenario as it is run."""
    return prepare(read_scenario(trained(folder, more))).scenario


def until(moment: int) -> Record:
    """The training as it was left at a moment."""
    found = record()
    moments = {name: arrays[: moment + 1] for name, arrays in found.moments.items()}
    steps = found.steps[: moment + 1]
    return replace(
        found, steps=steps, losses=found.losses[: steps[-1]], scores=found.scores[: moment + 1], moments=moments
    )


def test_a_run_at_a_moment_has_the_weights_of_that_moment(tmp_path: Path) -> None:
    scenario, found = scenario_of(tmp_path), record()
    for moment in range(len(MOMENTS)):
        trace = run(scenario, record=found, moment=moment)
        for name, arrays in found.moments.items():
            np.testing.assert_array_equal(trace[name].array, arrays[moment], err_msg=name)


def test_a_run_after_another_takes_the_weights_of_its_own_moment(tmp_path: Path) -> None:
    scenario, found = scenario_of(tmp_path), record()
    early, late = (run(scenario, record=found, moment=moment) for moment in (1, 6))
    again = run(scenario, record=found, moment=1, before=late)
    np.testing.assert_array_equal(again["logits"].array, early["logits"].array)
    assert not np.array_equal(again["logits"].array, late["logits"].array)


def test_a_run_after_one_of_the_same_moment_computes_nothing_again(tmp_path: Path) -> None:
    scenario, found = scenario_of(tmp_path), record()
    first = run(scenario, record=found, moment=1)
    again = run(scenario, record=found, moment=1, before=first)
    assert again["logits"].array is first["logits"].array


def test_what_is_set_by_hand_is_the_same_at_every_moment(tmp_path: Path) -> None:
    path = trained(tmp_path)
    path.write_text(path.read_text("utf-8").replace("file:", f"set: {{head.b: {[0.5] * 6}}}, file:"), "utf-8")
    scenario = prepare(read_scenario(path)).scenario
    for moment in (0, 6):
        trace = run(scenario, record=record(), moment=moment)
        np.testing.assert_array_equal(trace["head.b"].array, np.full(6, 0.5))


# --- a lesson


def test_a_stop_may_be_at_a_moment(tmp_path: Path) -> None:
    assert scenario_of(tmp_path, LESSON.format("moment: 150")).lesson[0].moment == 150


@pytest.mark.parametrize(
    ("moment", "what", "hint"),
    [
        (55, "no weights are kept after step 55 of the training", "take 50 or 100, or more `snapshots`"),
        (10**30, "no weights are kept after step", "take 250 or 300, or more `snapshots`"),
    ],
)
def test_a_stop_at_a_moment_that_is_not_kept_is_refused_at_its_line(
    tmp_path: Path, moment: int, what: str, hint: str
) -> None:
    with pytest.raises(Problem) as raised:
        scenario_of(tmp_path, LESSON.format(f"moment: {moment}"))
    assert what in raised.value.render()
    assert raised.value.hint == hint
    assert raised.value.line == 14


def test_a_moment_without_a_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("input: {text: a b}\nlesson: [{at: encoder.embedding, moment: 0}]", "utf-8")
    with pytest.raises(Problem, match="this scenario tells of none"):
        read_scenario(path)


@pytest.mark.parametrize("moment", ["null", "-1", "1.5", "end"])
def test_a_moment_is_a_number_of_steps(tmp_path: Path, moment: str) -> None:
    with pytest.raises(Problem):
        scenario_of(tmp_path, LESSON.format(f"moment: {moment}"))


def test_where_the_training_ended_early_a_stop_is_at_the_nearest_moment(tmp_path: Path) -> None:
    path = trained(tmp_path, LESSON.format("moment: 250"))
    (tmp_path / "reverse.safetensors").write_bytes(b"".join(record_file(until(3))))
    assert prepare(read_scenario(path)).scenario.lesson[0].moment == 150


def test_where_nothing_was_trained_yet_a_stop_is_at_no_moment(tmp_path: Path) -> None:
    path = trained(tmp_path, LESSON.format("moment: 250"))
    path.write_text(path.read_text("utf-8").replace("file: reverse.safetensors", "seed: 3"), "utf-8")
    assert prepare(read_scenario(path)).scenario.lesson[0].moment is None


def test_what_the_curves_take_is_known_beforehand(tmp_path: Path) -> None:
    made = scenario_of(tmp_path)
    assert made.experiment is not None
    longer = replace(made, experiment=replace(made.experiment, steps=100_000))
    tracemalloc.start()
    plan(longer)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < memory_needed(longer).nbytes
