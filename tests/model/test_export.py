"""The three formats of an exported trace."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load

from attn_explore.model.axes import Array
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.traces import export
from attn_explore.model.traces.export import numbers, trace_json, trace_npz, trace_safetensors
from attn_explore.model.traces.trace_schema import trace_schema
from attn_explore.model.traces.wanted import Wanted

SMALL = "model: {heads: 2, layers: 2, norm_order: pre, bias: true}\ninput: {text: I love my dog, pad_to: 5}"
WEIGHTS = "encoder.layers.0.self_attention.weights"


def traced(text: str = SMALL, name: str = "scenario") -> tuple[Trace, Scenario]:
    scenario = parse_scenario(text, name)
    return run(scenario), scenario


def as_json(text: str = SMALL, fine: bool = False) -> dict[str, Any]:
    return strictly(b"".join(trace_json(*traced(text), Wanted(fine=fine))))


def strictly(content: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(content, parse_constant=refuse)


def read_back(values: Any) -> Any:
    if isinstance(values, list):
        return [read_back(item) for item in values]
    return float(values)


# --- JSON


def test_the_keys_stand_in_the_order_of_the_public_contract() -> None:
    found = as_json()
    assert list(found) == ["format", "version", "generator", "scenario", "tokens", "parameters", "steps"]
    assert list(found["steps"][0]) == [
        "path", "title", "symbol", "formula", "axes", "shape", "dtype", "op", "inputs", "values", "explanation",
    ]  # fmt: skip
    assert list(found["parameters"][0]) == ["name", "shape", "dtype", "values"]


def test_a_step_says_what_it_is() -> None:
    found = {step["path"]: step for step in as_json()["steps"]}[WEIGHTS]
    assert (found["title"], found["symbol"], found["op"]) == ("Attention weights", "A", "softmax")
    assert found["formula"] == "A = softmax(QKᵀ/√dₖ + M)"
    assert found["shape"] == [2, 5, 5]
    assert found["inputs"] == ["encoder.layers.0.self_attention.masked_scores"]
    words = ["I", "love", "my", "dog", "<pad>"]
    assert found["axes"] == [
        {"name": "head", "labels": ["head 0", "head 1"]},
        {"name": "query", "labels": words},
        {"name": "key", "labels": words},
    ]


def test_the_rows_of_the_embedding_table_are_the_distinct_words_in_order_of_appearance() -> None:
    found = as_json("input: {text: a rose is a rose}")
    table, embedding = found["parameters"][0], found["steps"][0]
    assert table["shape"] == [3, 6]
    assert embedding["values"] == [table["values"][place] for place in (0, 1, 2, 0, 1)]


def test_the_scenario_is_echoed_with_its_defaults_and_its_seed() -> None:
    found = as_json("input: {text: I love my dog}")
    assert found["scenario"]["model"]["d_ff"] == 24
    assert found["scenario"]["model"]["weights"] == {"seed": 7, "scale": 0.5, "set": {}}
    assert found["tokens"] == {"encoder": ["I", "love", "my", "dog"]}


def test_every_input_is_a_step_before_it_or_a_parameter_or_what_is_read() -> None:
    found = as_json(fine=True)
    known = {"tokens", "pad", *(parameter["name"] for parameter in found["parameters"])}
    for step in found["steps"]:
        assert set(step["inputs"]) <= known
        known.add(step["path"])


def test_finer_steps_follow_the_step_that_they_are_part_of() -> None:
    paths = [step["path"] for step in as_json(fine=True)["steps"]]
    place = paths.index(WEIGHTS)
    assert paths[place + 1 : place + 5] == [
        f"{WEIGHTS}.{name}" for name in ("maximum", "shifted", "exponentials", "total")
    ]
    assert WEIGHTS + ".total" not in [step["path"] for step in as_json()["steps"]]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_number_reads_back_as_the_same_float(dtype: str) -> None:
    text = f"model: {{dtype: {dtype}, layers: 2}}\ninput: {{text: I love my dog, pad_to: 6}}"
    trace, scenario = traced(text)
    found = strictly(b"".join(trace_json(trace, scenario)))
    for step in found["steps"]:
        again = np.array(read_back(step["values"])).astype(step["dtype"])
        assert again.tobytes() == trace[step["path"]].array.tobytes()


FLOATS = st.floats(width=64) | st.sampled_from([-0.0, 5e-324, 1.7976931348623157e308, 0.1])


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=4), elements=FLOATS))
def test_any_float64_reads_back_as_itself(array: Array) -> None:
    again = np.array(read_back(strictly(b"".join(numbers(array)))))
    assert np.array_equal(again, array, equal_nan=True)
    assert np.array_equal(np.signbit(again), np.signbit(array) & ~np.isnan(array))


@given(hnp.arrays(np.float32, hnp.array_shapes(max_dims=3, max_side=4), elements=st.floats(width=32)))
def test_any_float32_reads_back_as_itself(array: Array) -> None:
    again = np.array(read_back(strictly(b"".join(numbers(array))))).astype(np.float32)
    assert np.array_equal(again, array, equal_nan=True)


def test_what_json_has_no_number_for_is_a_string() -> None:
    array = np.array([[math.nan, 1.0], [math.inf, -math.inf]])
    assert b"".join(numbers(array)) == b'[["NaN",1.0],["Infinity","-Infinity"]]'


def test_an_array_is_written_in_pieces_and_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.arange(24.0).reshape(2, 3, 4)
    whole = list(numbers(array))
    monkeypatch.setattr(export, "PIECE", 32)
    pieces = list(numbers(array))
    assert len(whole) == 1
    assert max(map(len, pieces)) < 30
    assert b"".join(pieces) == whole[0]


def test_text_that_utf8_cannot_hold_becomes_a_replacement_mark() -> None:
    content = b"".join(trace_json(*traced("input: {text: a}", "caf\udce9\ud83d.yaml")))
    assert strictly(content)["scenario"]["title"] == "caf\ufffd\ufffd"


def test_a_seed_of_any_size_stands_in_the_trace_digit_by_digit() -> None:
    found = as_json(f"model: {{weights: {{seed: {2**200}}}}}\ninput: {{text: a}}")
    assert found["scenario"]["model"]["weights"]["seed"] == 2**200


# --- the schema


@pytest.mark.parametrize("fine", [False, True])
@pytest.mark.parametrize("text", [SMALL, "input: {vectors: [[1, 2], [3, 4]]}\nmodel: {d_model: 2, dtype: float32}"])
def test_every_export_is_valid_against_the_schema(text: str, fine: bool) -> None:
    validator = jsonschema.Draft202012Validator(trace_schema())
    validator.check_schema(trace_schema())
    validator.validate(as_json(text, fine))


@pytest.mark.parametrize(
    "wrong", [{"version": 2}, {"format": "other"}, {"steps": []}, {"more": 1}, {"tokens": {"encoder": [1]}}]
)
def test_the_schema_refuses_what_is_not_a_trace(wrong: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(trace_schema())
    assert not validator.is_valid(as_json() | wrong)


# --- the binary formats


def test_safetensors_hold_a_tensor_a_step_and_all_else_in_the_metadata() -> None:
    trace, scenario = traced()
    content = b"".join(trace_safetensors(trace, scenario))
    tensors = load(content)
    assert set(tensors) == {*trace.steps, *(f"parameters.{name}" for name in trace.parameters)}
    assert all(np.array_equal(tensors[path], value.array) for path, value in trace.steps.items())
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert without_numbers(as_json()) == strictly(header["__metadata__"]["attn-explore-trace"].encode())


def test_npz_holds_the_same_keys_and_the_json_and_no_pickle(tmp_path: Path) -> None:
    trace, scenario = traced()
    path = tmp_path / "trace.npz"
    path.write_bytes(b"".join(trace_npz(trace, scenario)))
    with np.load(path, allow_pickle=False) as found:
        assert {*found} == {"__trace__", *trace.steps, *(f"parameters.{name}" for name in trace.parameters)}
        assert all(np.array_equal(found[path], value.array) for path, value in trace.steps.items())
        assert found["__trace__"].shape == ()
        assert without_numbers(as_json()) == strictly(str(found["__trace__"]).encode())


@pytest.mark.parametrize("ending", export.WRITERS)
@pytest.mark.parametrize("fine", [False, True])
def test_the_same_run_gives_the_same_bytes(ending: str, fine: bool) -> None:
    first, second = (b"".join(export.WRITERS[ending](*traced(), Wanted(fine=fine))) for _ in range(2))
    assert first == second


def without_numbers(trace: dict[str, Any]) -> dict[str, Any]:
    for record in (*trace["parameters"], *trace["steps"]):
        del record["values"]
    return trace
