"""Gradients as steps of a run: their numbers, how they came about, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model.backward import gradients, record_gradients
from attn_explore.model.config import ModelConfig
from attn_explore.model.explain import arithmetic, first_bad_number, mask_of, words
from attn_explore.model.expressions import Apply, Constants, Expression, Number, Reduce
from attn_explore.model.formulas import formula, letter, symbol
from attn_explore.model.ops import differentiated, is_gradient
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.scenario.document import Gradients
from attn_explore.model.scenario_gradients import with_gradients
from attn_explore.model.trace import Trace
from attn_explore.model.uses import uses
from attn_explore.model.values import Value
from tests.building import SEEDS, configs, encoded, masks, random_parameters, recorder, tensor
from tests.model.test_torch_transformer import CASES, assert_close, case_of, in_their_names, trace_of
from tests.opened import EVERY, Opened

A = "encoder.layers.0.self_attention"
TEXT = "input: {text: I love my dog}\n"


def gradients_in(trace: Trace) -> list[Value]:
    return [step for step in trace.steps.values() if is_gradient(step)]


def last_step(trace: Trace) -> Value:
    return list(trace.steps.values())[-1]


def some_index(value: Value, rng: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(rng.integers(0, size)) for size in value.shape)


def a_run(text: str = "", of: str = "logits[dog, a]") -> Trace:
    model = text or "model: {d_model: 6, heads: 2, head: tokens, classes: [a, b]}"
    return run(parse_scenario(f"{model}\n{TEXT}gradients: {{of: '{of}'}}"))


# --- numbers


@pytest.mark.parametrize("name", CASES)
def test_gradients_of_steps_and_parameters_are_those_of_pytorch(tmp_path: Path, name: str) -> None:
    _, expected = case_of(name)
    trace = trace_of(tmp_path, name)
    output = trace["decoder.final_norm"]
    record_gradients(trace, output, weights=output.array)  # the loss is the sum of squares / 2
    found = {differentiated(step).path: step.array for step in gradients_in(trace)}
    assert_close(found["encoder.embedding"], expected["grad.src"], "grad.src")
    assert_close(found["decoder.embedding_table"], expected["grad.tgt"], "grad.tgt")
    ours = in_their_names(found, trace)
    theirs = {name[5:] for name in expected if name.startswith("grad.") and name[5:] not in ("src", "tgt")}
    assert theirs <= ours.keys()
    for stored in theirs:
        assert_close(ours[stored], expected[f"grad.{stored}"], stored)


@settings(max_examples=60, deadline=None)
@given(config=configs(), seed=SEEDS, mask=masks(3))
def test_a_gradient_cell_comes_about_as_it_says_and_is_computed_again_bit_for_bit(
    config: ModelConfig, seed: int, mask: tuple[tuple[bool, ...] | None, bool]
) -> None:
    rng = np.random.default_rng(seed)
    trace = encoded(config, random_parameters(config, 3, seed), [0, 2, 1], *mask)
    output = last_step(trace)
    weights = rng.normal(size=output.shape)
    expected = gradients(trace, {output.path: weights})
    record_gradients(trace, output, weights=weights)
    before = {step.path: step.array for step in gradients_in(trace)}
    for step in gradients_in(trace):
        np.testing.assert_array_equal(step.array, expected[differentiated(step).path], step.path)
        explained = arithmetic(step, some_index(step, rng))
        told = explained.evaluate.number(explained.expression)
        largest = max(1.0, np.abs(step.array).max())
        assert told == pytest.approx(step.array[explained.index], rel=1e-9, abs=1e-9 * largest), step.path
        step.forget()
    for step in gradients_in(trace):
        np.testing.assert_array_equal(step.array, before[step.path], step.path)


@settings(max_examples=60, deadline=None)
@given(config=configs(weighting="softmax", norm_eps=1e-3), seed=SEEDS, data=st.data())
def test_the_gradient_of_one_number_agrees_with_nudging_another(
    config: ModelConfig, seed: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    parameters = random_parameters(config, 3, seed)
    trace = encoded(config, parameters, [0, 2, 1])
    learned = [step for step in trace.steps.values() if step.name in ("scores", "weights", "output", "norm", "hidden")]
    output = data.draw(st.sampled_from(learned))
    index = some_index(output, rng)
    record_gradients(trace, output, index)
    name = data.draw(st.sampled_from(sorted(path for path in parameters if f"grad.{path}" in trace.steps)))
    cell = some_index(trace[name], rng)

    def nudged(by: float) -> float:
        changed = parameters[name].copy()
        changed[cell] += by
        return float(encoded(config, parameters | {name: changed}, [0, 2, 1])[output.path].array[index])

    quotients = [(nudged(step) - nudged(-step)) / (2 * step) for step in (1e-5, 2e-5)]
    if quotients[0] == pytest.approx(quotients[1], rel=1e-4, abs=1e-6):  # else a kink lies between
        assert trace[f"grad.{name}"].array[cell] == pytest.approx(quotients[0], rel=1e-3, abs=1e-5)


def test_an_operation_that_does_not_explain_its_gradient_is_told_by_its_slopes() -> None:
    t = recorder()
    a = tensor("query key", np.random.default_rng(0).normal(size=(2, 3)))
    t.trace.parameters["a"] = a
    weights = t.softmax("weights", a, over="key")
    weights.operation = replace(weights.made_by, back=None)
    record_gradients(t.trace, t.sum("total", weights, over="query"), (1,))
    gradient = t.trace["grad.a"]
    for index in np.ndindex(gradient.shape):
        explained = arithmetic(gradient, index)
        told = explained.evaluate.number(explained.expression)
        assert told == pytest.approx(gradient.array[index], rel=1e-12, abs=1e-15)


def edited_runs() -> Iterator[str]:
    for edit in (
        f"{{at: {A}.weights, index: [0, 3, 1], set: 0.5}}",
        f"{{at: {A}.weights, index: [0, 3], scale: 2}}",
        f"{{at: {A}.masked_scores, index: [1, all, 0], knock_out: true}}",
        f"{{at: {A}.norm, index: [3], scale: -0.5}}",
        f"{{at: {A}.w_k, index: [2], zero: true}}",
    ):
        yield f"edits: [{edit}]"


@pytest.mark.parametrize("edit", edited_runs())
def test_a_gradient_goes_through_an_edit_and_says_so(edit: str) -> None:
    trace = a_run(
        f"model: {{d_model: 6, heads: 2}}\nmask: {{causal: true}}\n{edit}", "encoder.layers.0.ffn.norm[dog, 2]"
    )
    output = trace["encoder.layers.0.ffn.norm"]
    weights = np.zeros(output.shape)
    weights[3, 2] = 1
    expected = gradients(trace, {output.path: weights})
    for step in gradients_in(trace):
        np.testing.assert_array_equal(step.array, expected[differentiated(step).path])
        for index in np.ndindex(step.shape):
            explained = arithmetic(step, index)
            told = explained.evaluate.number(explained.expression)
            assert told == pytest.approx(step.array[index], rel=1e-9, abs=1e-12), (step.path, index)


@EVERY
def test_every_gradient_of_every_bundled_scenario_follows_from_its_arithmetic(scenario: Opened) -> None:
    rng = np.random.default_rng(0)
    trace = with_gradients(scenario.trace, replace(scenario.kept.run.scenario, gradients=Gradients()))
    found = gradients_in(trace)
    assert found
    for step in found:
        explained = arithmetic(step, some_index(step, rng))
        told = explained.evaluate.number(explained.expression)
        largest = max(1.0, np.abs(step.array).max())
        tolerance = 1e-9 if step.dtype == np.float64 else 1e-3
        assert told == pytest.approx(step.array[explained.index], rel=tolerance, abs=tolerance * largest), step.path
    assert first_bad_number(trace) is None


# --- which there are, and in which order


def test_a_gradient_stands_after_those_of_everything_that_read_the_number() -> None:
    trace = a_run()
    order = {differentiated(step).path: place for place, step in enumerate(gradients_in(trace))}
    assert next(iter(order)) == "logits"
    for step in trace.steps.values():
        for view in () if is_gradient(step) else step.operands:
            if step.path in order and view.path in order:
                assert order[step.path] < order[view.path]
    assert order["encoder.embedding_table"] == len(order) - 1 - (order["encoder.position"] == len(order) - 1)


def test_what_does_not_matter_to_the_number_has_no_gradient() -> None:
    trace = a_run(of=f"{A}.scores[0, I, dog]")
    found = {differentiated(step).path for step in gradients_in(trace)}
    assert {f"{A}.q", f"{A}.k", f"{A}.w_k", "encoder.embedding_table"} <= found
    assert not found & {f"{A}.v", f"{A}.w_v", "logits", "tokens"}


def test_a_mask_is_a_rule_and_has_no_gradient_but_what_it_hides_has_one_of_0() -> None:
    trace = a_run("model: {d_model: 6}\nmask: {causal: true}", "encoder.layers.0.ffn.norm[love, 0]")
    assert f"grad.{A}.mask" not in trace.steps
    assert trace[f"grad.{A}.scaled_scores"].array[0, 1, 2] == 0
    hidden = mask_of(trace[f"grad.{A}.masked_scores"])
    assert hidden is trace[f"{A}.mask"]


def test_a_rule_depends_on_nothing_but_itself() -> None:
    trace = a_run("model: {d_model: 6}\nmask: {causal: true}", f"{A}.mask[love, my]")
    assert [step.path for step in gradients_in(trace)] == [f"grad.{A}.mask"]


def test_the_number_changes_with_itself_as_fast_as_it_changes() -> None:
    found = a_run()["grad.logits"]
    expected = np.zeros(found.shape)
    expected[3, 0] = 1
    np.testing.assert_array_equal(found.array, expected)


def test_float32_stays_float32() -> None:
    trace = a_run("model: {dtype: float32, position: learned, norm: rms}", "encoder.layers.0.ffn.norm[dog, 0]")
    assert {step.array.dtype for step in gradients_in(trace)} == {np.dtype(np.float32)}


def test_gradients_leave_the_run_as_it_is() -> None:
    plain, with_them = run(parse_scenario(TEXT)), a_run("model: {}", "encoder.layers.0.ffn.norm[dog, 0]")
    for path, step in plain.steps.items():
        np.testing.assert_array_equal(with_them[path].array, step.array)


# --- where its numbers come from


def constants_in(part: Expression) -> Iterator[Number | Constants]:
    if isinstance(part, Number | Constants):
        yield part
    inner = part.arguments if isinstance(part, Apply) else (part.body,) if isinstance(part, Reduce) else ()
    for each in inner:
        yield from constants_in(each)


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_the_gradient_of_a_gain_is_made_of_numbers_that_can_be_followed(norm: str) -> None:
    trace = a_run(f"model: {{d_model: 6, norm: {norm}}}", "encoder.layers.0.ffn.output[dog, 1]")
    found = arithmetic(trace[f"grad.{A}.norm_gain"], (2,))
    assert {part.text for part in constants_in(found.expression) if isinstance(part, Number)} == {"ε"}
    assert not [part for part in constants_in(found.expression) if isinstance(part, Constants)]
    assert found.evaluate.number(found.expression) == pytest.approx(found.number, rel=1e-12)


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_the_gradient_of_a_gain_over_a_row_that_overflows_is_no_number(norm: str) -> None:
    text = f"model: {{kind: encoder, d_model: 4, norm: {norm}, dtype: float32}}"
    edit = "edits: [{at: encoder.layers.0.self_attention.residual, index: [1, 0], set: 1.0e+30}]"
    trace = a_run(f"{text}\n{edit}", "encoder.layers.0.ffn.output[dog, 1]")
    value = trace[f"grad.{A}.norm_gain"]
    found = arithmetic(value, (0,))
    assert np.isnan(value.array[0])
    assert isinstance(found.expression, Number)
    assert "too large for float32" in found.expression.text


def test_what_lies_behind_an_edit_is_told_by_the_edited_cell() -> None:
    edit = f"edits: [{{at: {A}.weights, index: [0, 1, 3], set: 0.5}}]"
    trace = a_run(f"model: {{d_model: 6, head: tokens, classes: [a, b]}}\n{edit}", "logits[love, a]")
    found = arithmetic(trace[f"grad.{A}.scaled_scores"], (0, 1, 3))
    behind = [part for part in constants_in(found.expression) if part.text]
    assert {part.text for part in behind} == {"weights before the edit", "what the edit lets through"}
    assert all(part.told_by is not None for part in behind)
    single = next(part for part in behind if isinstance(part, Number) and part.text.startswith("weights"))
    assert single.told_by is not None
    value, index = found.source(single.told_by)
    assert (value.path, index) == (f"{A}.weights", (0, 1, 3))
    before = arithmetic(value, index)
    assert before.evaluate.number(before.expression) == single.value
    assert value.array[index] == 0.5


# --- where it goes


def test_a_gradient_goes_on_to_what_the_number_was_computed_from() -> None:
    trace = a_run()
    value, index = trace[f"grad.{A}.scores"], (0, 3, 1)
    found, count = uses(trace, value, index, 100)
    assert count == 2 * trace[f"{A}.q"].axis("d_k").size
    for use in found:
        other = f"{A}.k" if use.value.name == "q" else f"{A}.q"
        row = (0, 1 if other.endswith("k") else 3, use.index[-1])
        assert use.derivative == pytest.approx(trace[other].array[row])


def test_where_a_number_goes_are_the_steps_of_the_model() -> None:
    trace = a_run()
    found, _ = uses(trace, trace[f"{A}.q"], (0, 3, 0), 100)
    assert {use.value.path for use in found} == {f"{A}.scores"}


# --- what it is called


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"grad.{A}.q", "∂y/∂Q = ∂y/∂(QKᵀ) · ∂(QKᵀ)/∂Q"),
        (f"grad.{A}.scores", "∂y/∂(QKᵀ) = ∂y/∂(QKᵀ/√dₖ) · ∂(QKᵀ/√dₖ)/∂(QKᵀ)"),
        (f"grad.{A}.w_q", "∂y/∂W_Q = ∂y/∂Q · ∂Q/∂W_Q"),
        ("grad.encoder.embedding", "∂y/∂E = ∂y/∂X · ∂X/∂E"),
        ("grad.logits", "∂y/∂logits = 1 for the number itself, 0 for the others"),
        (
            "grad.encoder.input",
            "∂y/∂X = ∂y/∂residual · ∂residual/∂X + ∂y/∂V · ∂V/∂X + ∂y/∂K · ∂K/∂X + ∂y/∂Q · ∂Q/∂X",
        ),
    ],
)
def test_a_formula_is_the_chain_rule(path: str, expected: str) -> None:
    assert formula(a_run()[path]) == expected


def test_the_words_say_of_what_the_gradient_is_and_by_what() -> None:
    trace = a_run()
    assert words(trace[f"grad.{A}.q"]).title == "How logits[dog, a] changes with the queries"
    assert words(trace[f"grad.{A}.w_q"]).title == "How logits[dog, a] changes with W_Q"
    assert words(trace["grad.logits"]).title == "How logits[dog, a] changes with itself"
    assert "logits[dog, a]" in words(trace[f"grad.{A}.residual"]).explanation
    assert symbol(trace[f"grad.{A}.head_output"]) == "∂y/∂(AV)"
    assert letter(trace[f"grad.{A}.weights"]) == "∂y/∂A"


def test_the_gradient_of_the_loss_is_called_so() -> None:
    model = "model: {head: tokens, classes: [a, b]}\ngradients: {}"
    trace = run(parse_scenario(f"{model}\ninput: {{text: I love, target: a b}}"))
    assert formula(trace["grad.loss_per_token"]) == "∂L/∂loss_per_token = ∂L/∂L · ∂L/∂loss_per_token"
    assert words(trace["grad.logits"]).title == "How the loss changes with the logits"
    shares = trace["probabilities"].array - np.eye(2)
    np.testing.assert_allclose(trace["grad.logits"].array, shares / 2, rtol=1e-12)
