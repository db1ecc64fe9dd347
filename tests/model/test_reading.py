"""An exported trace opens again and shows the same steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attn_explore.model.explain import arithmetic
from attn_explore.model.finer import finer_steps
from attn_explore.model.prepared import prepare
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.traces.export import WRITERS
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.traces.wanted import Wanted
from tests.opened import EVERY_BUT_WIDE, Opened

ENOUGH = 2**28
WEIGHTS = "encoder.layers.0.self_attention.weights"

SMALL = "model: {heads: 2, layers: 2, norm_order: pre, bias: true}\ninput: {text: I love my dog, pad_to: 5}"


def written(folder: Path, ending: str, scenario: Scenario, fine: bool = False) -> tuple[Path, Trace]:
    trace = run(scenario, record=prepare(scenario).record)
    path = folder / f"trace{ending}"
    path.write_bytes(b"".join(WRITERS[ending](trace, scenario, Wanted(fine=fine))))
    return path, trace


def changed(folder: Path, **changes: Any) -> Path:
    """The JSON of a small run with other values for some of its top-level keys."""
    path, _ = written(folder, ".json", parse_scenario(SMALL))
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))
    return path


@pytest.mark.parametrize("ending", WRITERS)
@EVERY_BUT_WIDE
def test_every_bundled_scenario_comes_back_with_the_same_steps(scenario: Opened, ending: str, tmp_path: Path) -> None:
    path, trace, said = tmp_path / f"trace{ending}", scenario.trace, scenario.scenario
    path.write_bytes(b"".join(WRITERS[ending](trace, said)))
    again, found = read_trace(path, ENOUGH)
    assert again == said
    assert list(found.steps) == list(trace.steps)
    for value in (*trace.steps.values(), *trace.parameters.values()):
        assert found[value.path].axes == value.axes
        assert found[value.path].array.tobytes() == value.array.tobytes()


@pytest.mark.parametrize("ending", WRITERS)
def test_float32_stays_float32(ending: str, tmp_path: Path) -> None:
    scenario = parse_scenario("model: {dtype: float32}\ninput: {text: I love my dog}")
    path, trace = written(tmp_path, ending, scenario)
    _, found = read_trace(path, ENOUGH)
    assert found[WEIGHTS].array.dtype == np.float32
    assert found[WEIGHTS].array.tobytes() == trace[WEIGHTS].array.tobytes()


@pytest.mark.parametrize("ending", WRITERS)
def test_the_format_is_told_by_what_is_in_the_file(ending: str, tmp_path: Path) -> None:
    path, trace = written(tmp_path, ending, parse_scenario(SMALL))
    _, found = read_trace(path.rename(tmp_path / "no ending"), ENOUGH)
    assert list(found.steps) == list(trace.steps)


@pytest.mark.parametrize("ending", WRITERS)
def test_finer_steps_in_a_file_open_from_the_step_that_they_are_part_of(ending: str, tmp_path: Path) -> None:
    path, trace = written(tmp_path, ending, parse_scenario(SMALL), fine=True)
    _, found = read_trace(path, ENOUGH)
    assert list(found.steps) == list(trace.steps)
    for ours, theirs in zip(finer_steps(trace[WEIGHTS]), finer_steps(found[WEIGHTS]), strict=True):
        assert np.array_equal(ours.array, theirs.array)


def test_the_numbers_shown_are_those_in_the_file(tmp_path: Path) -> None:
    path, _ = written(tmp_path, ".json", parse_scenario(SMALL))
    data = json.loads(path.read_bytes())
    next(step for step in data["steps"] if step["path"] == WEIGHTS)["values"][0][0][0] = 42
    path.write_text(json.dumps(data, indent=1))
    _, found = read_trace(path, ENOUGH)
    assert found[WEIGHTS].array[0, 0, 0] == 42
    assert arithmetic(found[WEIGHTS], (0, 0, 0)).value is found[WEIGHTS]


def test_a_trace_that_another_program_wrote_with_spaces_and_integers_is_read(tmp_path: Path) -> None:
    path, _ = written(tmp_path, ".json", parse_scenario("model: {d_model: 2}\ninput: {vectors: [[1, 2]]}"))
    data = json.loads(path.read_bytes())
    data["parameters"][0]["values"] = [[1, 2]]
    path.write_text(json.dumps(data, indent=4, ensure_ascii=True))
    _, found = read_trace(path, ENOUGH)
    assert found["encoder.embedding_table"].array.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("ending", WRITERS)
def test_a_long_seed_comes_back_digit_by_digit(ending: str, tmp_path: Path) -> None:
    scenario = parse_scenario(f"model: {{weights: {{seed: {2**200}}}}}\ninput: {{text: a}}")
    again, _ = read_trace(written(tmp_path, ending, scenario)[0], ENOUGH)
    assert again.model.weights.seed == 2**200


def test_all_steps_that_do_not_belong_are_named_at_once(tmp_path: Path) -> None:
    steps = [{"path": "encoder.embeding"}, {"path": "grad.encoder.input"}]
    with pytest.raises(Problem) as refused:
        read_trace(changed(tmp_path, steps=[*json.loads(changed(tmp_path).read_bytes())["steps"], *steps]), ENOUGH)
    message = refused.value.render()
    assert "encoder.embeding: its scenario has no such step or parameter" in message
    assert "did you mean encoder.embedding?" in message
    assert "grad.encoder.input" in message


@pytest.mark.parametrize("ending", WRITERS)
def test_a_file_larger_than_the_limit_is_not_read(ending: str, tmp_path: Path) -> None:
    path, _ = written(tmp_path, ending, parse_scenario(SMALL))
    with pytest.raises(Problem, match="at most 10,000 are read"):
        read_trace(path, 10_000)


def test_a_trace_that_would_take_more_than_the_limit_is_refused_by_what_its_scenario_says(tmp_path: Path) -> None:
    scenario = parse_scenario("input: {text: a, pad_to: 1000000}").as_dict()
    with pytest.raises(Problem, match=r"takes \d+ bytes, and the limit is"):
        read_trace(changed(tmp_path, scenario=scenario), ENOUGH)
