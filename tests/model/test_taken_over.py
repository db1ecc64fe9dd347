"""Generation of real checkpoints: a pass reads one new word, and takes keys and values of the others over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from attn_explore.model.axes import Array
from attn_explore.model.explain import single_numbers
from attn_explore.model.formulas import formula
from attn_explore.model.known import known_of
from attn_explore.model.memory import memory_of
from attn_explore.model.opened import Opened, opened, scenario_of
from attn_explore.model.prepared import Prepared
from attn_explore.model.profile import salient, sizes
from attn_explore.model.run import run, run_prepared
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Edit, Gradients
from attn_explore.model.scenario.tokens import generates
from attn_explore.model.trace import Trace
from attn_explore.model.traces.export import trace_json, trace_safetensors
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.values import Value
from tests.checkpoints import DATA, FAMILIES, REFERENCES

PASSES = 6
LAST = f"generated.{PASSES - 1}."
ALL = {"all_keys": ("k_rotated", "k_norm", "k"), "all_values": ("v",)}
"""What has rows of all tokens, and which step has them where all are computed at once: the first that there is."""

OTHERS = {"opt-post-norm": [29, 25, 21, 24, 39], "llama-biased": [21, 24, 39, 5]}
"""A text after which the decoder does not choose the token that fills up, for one whose own text is none."""

OF_TRANSFORMERS = load_file(DATA / "generated.safetensors")
ATTENTION = "decoder.layers.1.self_attention"


@pytest.fixture(autouse=True)
def _endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No word ends a text."""
    monkeypatch.setattr(Opened, "ends", frozenset())


def given_of(name: str) -> dict[str, list[int]]:
    return {"ids": OTHERS.get(name) or json.loads((FAMILIES / name / "input.json").read_text())["ids"]}


def scenario(name: str, passes: int = PASSES) -> Scenario:
    return scenario_of(name, opened(FAMILIES / name), {**given_of(name), "max_new_tokens": passes}, "float64")


@cache
def generated(name: str) -> Trace:
    return run(scenario(name))


def decoders() -> Iterator[str]:
    """Every checkpoint that says words."""
    for name in REFERENCES:
        found = scenario(name)
        if generates(found.model, found.input):
            yield name


@pytest.mark.parametrize("name", decoders())
def test_each_number_of_the_last_pass_is_that_of_a_run_of_the_whole_text(name: str) -> None:
    trace = generated(name)
    whole = of_whole_text(name, trace.generated[: PASSES - 1])
    last = {path.removeprefix(LAST): step for path, step in trace.steps.items() if path.startswith(LAST)}
    assert len(last) > 8
    for path, step in last.items():
        np.testing.assert_allclose(step.array, rows_of(step, path, whole), rtol=1e-12, atol=1e-12, err_msg=path)


def of_whole_text(name: str, written: list[int], gradients: Gradients | None = None) -> Trace:
    """What was generated, read at once with what is before it."""
    checkpoint, given = opened(FAMILIES / name), given_of(name)
    if checkpoint.architecture.has_encoder:
        start = checkpoint.special.decoder_start
        assert start is not None
        found = scenario_of(name, checkpoint, {**given, "target_ids": [start, *written]}, "float64")
    else:
        found = scenario_of(name, checkpoint, {"ids": [*given["ids"], *written]}, "float64")
    return run(replace(found, gradients=gradients))


def rows_of(step: Value, path: str, whole: Trace) -> Array:
    """The same rows where all are computed at once."""
    if path == "candidates":
        return whole["probabilities"].array[-1]
    block, dot, name = path.rpartition(".")
    there = (f"{block}{dot}{other}" for other in ALL.get(name, (name,)))
    found = next(whole[each] for each in there if each in whole.steps)
    return np.asarray(found.array[tuple(slice(axis.start, axis.start + axis.size) for axis in step.axes)])


@pytest.mark.parametrize("name", sorted({key.rpartition(".")[0] for key in OF_TRANSFORMERS}))
def test_the_words_and_their_logits_are_those_of_transformers(name: str) -> None:
    trace = generated(name)
    said = "capped_logits" if "capped_logits" in trace.steps else "logits"
    logits = [trace[f"generated.{place}.{said}" if place else said].array[-1] for place in range(PASSES)]
    assert trace.generated == OF_TRANSFORMERS[f"{name}.ids"].tolist()
    np.testing.assert_allclose(logits, OF_TRANSFORMERS[f"{name}.logits"], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["gpt2", "marian"])
def test_a_pass_computes_the_rows_of_its_own_word_alone(name: str) -> None:
    trace = generated(name)
    steps = [step for path, step in trace.steps.items() if path.startswith(LAST)]
    assert {axis.size for step in steps for axis in step.axes if axis.name == "query"} == {1}
    rows = {step.name for step in steps for axis in step.axes if axis.name == "token" and axis.size > 1}
    assert rows <= {"all_keys", "all_values", "k", "v"}
    assert all(step.made_by.name == "taken_over" for step in steps if step.name in rows and step.axis("token").size > 1)


def test_a_key_that_is_taken_over_is_read_where_it_was_computed() -> None:
    keys = generated("llama")[f"generated.2.{ATTENTION}.all_keys"]
    new = keys.shape[1] - 1
    first = single_numbers(keys, (0, 0, 3)), single_numbers(keys, (0, new, 3))
    assert first == (
        [(generated("llama")[f"generated.1.{ATTENTION}.all_keys"], (0, 0, 3))],
        [(generated("llama")[f"generated.2.{ATTENTION}.k_rotated"], (0, 0, 3))],
    )


def test_what_each_pass_reads_of_the_source_is_taken_over_from_the_one_before() -> None:
    path, trace = "decoder.layers.0.cross_attention.k", generated("marian")
    for place, before in ((1, path), (4, f"generated.3.{path}")):
        (operand,) = trace[f"generated.{place}.{path}"].operands
        assert operand.value is trace[before]
        assert np.array_equal(trace[f"generated.{place}.{path}"].array, trace[path].array)


def test_an_edit_of_an_earlier_pass_reaches_the_keys_of_a_later_one() -> None:
    before = generated("gpt2")
    edited = replace(scenario("gpt2"), edits=(Edit(at="generated.1.decoder.layers.0.ffn.residual", scale=2.0),))
    after = run(edited, before=before)
    place = before["generated.3.tokens"].axes[0].start - 2
    for name in ("all_keys", "all_values"):
        path = f"generated.3.{ATTENTION}.{name}"
        changed = np.any(before[path].array != after[path].array, axis=(0, 2))
        assert changed[place]
        assert not changed[:place].any()


def test_a_gradient_goes_back_through_what_is_taken_over() -> None:
    """Moving a number of an earlier pass moves a logit of the last as its gradient says."""
    asked = replace(scenario("gpt2"), gradients=Gradients(of=f"{LAST}logits[0, 5]"))
    for path, cell in (("decoder.layers.0.ffn.residual", (1, 2)), ("generated.2.decoder.layers.0.ffn.output", (0, 3))):
        trace, by = run(asked, before=generated("gpt2")), 1e-5
        there = float(trace[path].array[cell])
        up, down = (
            run(replace(scenario("gpt2"), edits=(Edit(at=path, index=cell, set=there + each),)), before=trace)
            for each in (by, -by)
        )
        moved = (up[f"{LAST}logits"].array[0, 5] - down[f"{LAST}logits"].array[0, 5]) / (2 * by)
        assert trace[f"grad.{path}"].array[cell] == pytest.approx(moved, rel=1e-6)
        assert abs(moved) > 1e-6


@pytest.mark.parametrize("name", ["gemma2", "t5"])
def test_gradients_at_a_glance_are_those_of_a_run_of_the_whole_text(name: str) -> None:
    written = generated(name).generated[: PASSES - 1]
    in_passes = run(replace(scenario(name), gradients=Gradients(of=f"{LAST}logits[0, 5]")), before=generated(name))
    whole = of_whole_text(name, written, Gradients(of=f"logits[{rows_of_decoder(name) + len(written) - 1}, 5]"))
    for found, expected in zip(salient(in_passes), salient(whole), strict=True):
        assert (found.size, found.share) == pytest.approx((expected.size, expected.share), rel=1e-9)
    for layer, other in zip(sizes(in_passes), sizes(whole), strict=True):
        assert layer.name == other.name
        assert (layer.stream, layer.output) == pytest.approx((other.stream, other.output), rel=1e-9)
    path = "decoder.layers.0.self_attention.w_k"
    gradient, expected_gradient = in_passes[f"grad.{path}"].array, whole[f"grad.{path}"].array
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-9, atol=1e-12)


def rows_of_decoder(name: str) -> int:
    return generated(name)["decoder.input"].shape[0]


@pytest.mark.parametrize("name", ["gemma2", "marian"])
def test_its_memory_is_known_before_it_runs(name: str) -> None:
    asked, made = scenario(name), generated(name)
    need = memory_of(known_of(asked))
    largest = max((*made.steps.values(), *made.parameters.values()), key=lambda step: step.nbytes)
    assert need.steps == len(made.steps)
    assert need.shape == largest.shape


def test_its_plan_has_every_shape_of_the_run() -> None:
    planned = Prepared(known_of(scenario("t5"))).plan
    assert {path: step.shape for path, step in planned.steps.items()} == {
        path: step.shape for path, step in generated("t5").steps.items()
    }


def test_what_is_computed_when_it_is_looked_at_is_the_same() -> None:
    lazily = run_prepared(Prepared(known_of(scenario("gpt2"))), lazy=True)
    for path, step in generated("gpt2").steps.items():
        assert np.array_equal(lazily[path].array, step.array), path


def test_who_listens_hears_of_each_step_when_it_is_computed_and_may_stop_between_two() -> None:
    asked, heard = Prepared(known_of(scenario("gpt2", 3))), []
    lazily = run_prepared(asked, lambda step: heard.append((step.path, step.held is not None)), lazy=True)
    last = "generated.2."
    expected = [path for path in lazily.steps if not path.startswith(last) and not path.endswith("candidates")]
    assert sorted(heard) == sorted((path, True) for path in expected)

    def stop(step: Value) -> None:
        if step.path == f"generated.1.{ATTENTION}.scores":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run_prepared(asked, stop, lazy=True)


@pytest.mark.parametrize("passes", [1, 3])
def test_the_last_word_is_exported_though_nobody_has_looked_at_it(passes: int) -> None:
    asked = scenario("gpt2", passes)
    lazily = run_prepared(Prepared(known_of(asked)), lazy=True)
    assert len(lazily.tokens["decoder"] or ()) == len(given_of("gpt2")["ids"]) + passes - 1
    found = json.loads(b"".join(trace_json(lazily, asked)))
    assert found == json.loads(b"".join(trace_json(run(asked), asked)))
    assert found["checkpoint"]["generated"] == generated("gpt2").generated[:passes]
    assert found["tokens"]["decoder"][-passes:] == [*map(str, generated("gpt2").generated[:passes])]


@pytest.mark.parametrize("name", ["gemma2", "marian"])
def test_it_comes_back_from_its_file(name: str, tmp_path: Path) -> None:
    asked, path = scenario(name), tmp_path / "trace.safetensors"
    path.write_bytes(b"".join(trace_safetensors(generated(name), asked)))
    _, found = read_trace(path, 2**28)
    assert list(found.steps) == list(generated(name).steps)
    for each in ("all_keys", "mask", "weights"):
        step, was = (trace[f"{LAST}{ATTENTION}.{each}"] for trace in (found, generated(name)))
        assert np.array_equal(step.array, was.array)
        assert (step.axes, formula(step)) == (was.axes, formula(was))
