"""What is read off a value's record: formulas, the arithmetic of a cell, and remarks on its numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from attn_explore.model.config import ModelConfig, filled
from attn_explore.model.explain import arithmetic, explanation, first_bad_number, hidden_reason, mask_of, words
from attn_explore.model.finer import finer_steps
from attn_explore.model.formulas import formula, symbol
from attn_explore.model.run import plan, run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.words.steps import words_of
from tests.building import SEEDS, configs, encoded, masks, random_parameters, recorder, tensor

ATTENTION = "encoder.layers.0.self_attention"
BASE = filled(ModelConfig(d_model=4, heads=2, bias=True))


def trace_of(config: ModelConfig = BASE, pad: tuple[bool, ...] | None = None, causal: bool = False) -> Trace:
    return encoded(config, random_parameters(config, 3, 0), [0, 1, 2], pad, causal)


# --- formulas


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("encoder.embedding", "E = table[ids]"),
        ("encoder.position", "PE = sin, cos(position / 10000^(2i/d_model))"),
        ("encoder.input", "X = E + PE"),
        (f"{ATTENTION}.q", "Q = X·W_Q + b_Q"),
        (f"{ATTENTION}.k", "K = X·W_K + b_K"),
        (f"{ATTENTION}.v", "V = X·W_V + b_V"),
        (f"{ATTENTION}.scores", "scores = QKᵀ"),
        (f"{ATTENTION}.scaled_scores", "scaled_scores = QKᵀ/√dₖ"),
        (f"{ATTENTION}.weights", "A = softmax(QKᵀ/√dₖ)"),
        (f"{ATTENTION}.head_output", "head_output = AV"),
        (f"{ATTENTION}.concat", "concat = heads of AV side by side"),
        (f"{ATTENTION}.output", "output = concat·W_O + b_O"),
        (f"{ATTENTION}.residual", "residual = X + output"),
        (f"{ATTENTION}.norm", "norm = (residual − μ)/√(σ² + ε) · γ + β"),
        ("encoder.layers.0.ffn.hidden_pre", "hidden_pre = x·W₁ + b₁"),
        ("encoder.layers.0.ffn.hidden", "hidden = max(0, hidden_pre)"),
        ("encoder.layers.0.ffn.output", "output = hidden·W₂ + b₂"),
        ("encoder.layers.0.ffn.residual", "residual = x + output"),
    ],
)
def test_a_formula_is_written_as_in_the_paper(path: str, expected: str) -> None:
    assert formula(trace_of()[path]) == expected


def test_a_mask_stands_in_the_formulas_after_it() -> None:
    trace = trace_of(pad=(False, False, True), causal=True)
    assert formula(trace[f"{ATTENTION}.mask"]) == "M = −∞ where padding or the future would be seen, else 0"
    assert formula(trace[f"{ATTENTION}.masked_scores"]) == "masked_scores = QKᵀ/√dₖ + M"
    assert formula(trace[f"{ATTENTION}.weights"]) == "A = softmax(QKᵀ/√dₖ + M)"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"score": "dot"}, "A = softmax(QKᵀ)"),
        ({"score": "dot", "temperature": 2.0}, "A = softmax(QKᵀ/T)"),
        ({"temperature": 2.0}, "A = softmax(QKᵀ/(T·√dₖ))"),
    ],
)
def test_a_formula_follows_how_scores_are_scaled(change: dict[str, Any], expected: str) -> None:
    assert formula(trace_of(replace(BASE, **change))[f"{ATTENTION}.weights"]) == expected


def test_what_the_model_does_without_is_not_in_its_formulas() -> None:
    trace = trace_of(replace(BASE, bias=False, position="none"))
    assert formula(trace["encoder.input"]) == "X = E"
    assert formula(trace[f"{ATTENTION}.q"]) == "Q = X·W_Q"


def test_a_later_layer_reads_x_and_a_block_reads_its_own_norm() -> None:
    post, pre = (
        trace_of(replace(BASE, encoder_layers=2, norm_order=order, final_norm=True)) for order in ("post", "pre")
    )
    assert formula(post["encoder.layers.1.self_attention.q"]) == "Q = x·W_Q + b_Q"
    assert formula(pre["encoder.layers.1.self_attention.q"]) == "Q = norm·W_Q + b_Q"
    assert formula(pre["encoder.final_norm"]) == "final_norm = (x − μ)/√(σ² + ε) · γ + β"


def test_finer_steps_have_formulas_too() -> None:
    trace = trace_of()
    assert [formula(step) for step in finer_steps(trace[f"{ATTENTION}.weights"])] == [
        "maximum = maximum of QKᵀ/√dₖ over key",
        "shifted = QKᵀ/√dₖ − maximum",
        "exponentials = exp(shifted)",
        "total = sum of exponentials over key",
    ]
    assert [formula(step) for step in finer_steps(trace[f"{ATTENTION}.norm"])] == [
        "μ = mean of residual over d_model",
        "centred = residual − μ",
        "squares = square(centred)",
        "σ² = mean of squares over d_model",
    ]


def test_a_parameter_has_no_formula() -> None:
    with pytest.raises(LookupError, match="w_q was not computed"):
        formula(trace_of()[f"{ATTENTION}.w_q"])


@pytest.mark.parametrize(
    ("name", "expected"), [("q", "Q"), ("weights", "A"), ("scores", "QKᵀ"), ("head_output", "AV"), ("concat", "")]
)
def test_a_symbol_is_a_letter_or_what_the_step_is_made_of(name: str, expected: str) -> None:
    assert symbol(trace_of()[f"{ATTENTION}.{name}"]) == expected


# --- the arithmetic of a cell


@settings(max_examples=20)
@given(config=configs(), seed=SEEDS, mask=masks(3))
def test_every_cell_of_every_step_comes_to_what_is_shown(
    config: ModelConfig, seed: int, mask: tuple[tuple[bool, ...] | None, bool]
) -> None:
    trace = encoded(config, random_parameters(config, 3, seed), [0, 1, 2], *mask)
    rng = np.random.default_rng(seed)
    for step in trace.steps.values():
        for value in (step, *finer_steps(step)):
            index = tuple(int(rng.integers(0, length)) for length in value.shape)
            explained = arithmetic(value, index)
            found = explained.evaluate.number(explained.expression)
            assert found == pytest.approx(value.array[index], rel=1e-12, abs=1e-13), value.path


# --- remarks


def test_an_explanation_says_why_and_then_what_is_remarkable() -> None:
    weights = trace_of(pad=(True, True, True))[f"{ATTENTION}.weights"]
    told = explanation(weights)
    assert told.startswith("Softmax turns each row of scores into shares")
    assert told.endswith(
        "Fully masked here: 0, 1, 2 may see no word at all, so the weights in that row are zeros, not a distribution."
    )


def test_a_row_that_sees_nothing_is_called_by_its_word() -> None:
    scenario = parse_scenario("input: {tokens: [<pad>, dog]}\nmask: {causal: true}")
    told = explanation(run(scenario)[f"{ATTENTION}.weights"])
    assert "Fully masked here: <pad> may see no word at all" in told


def test_of_many_rows_that_see_nothing_five_are_named() -> None:
    mask = tensor("query key", np.full((9, 1), -np.inf))
    told = explanation(recorder().softmax("weights", mask, over="key"))
    assert "Fully masked here: 0, 1, 2, 3, 4 and others may" in told


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_not_said_to_be_a_distribution(bad: float) -> None:
    scores = tensor("query key", np.array([[1.0, 2.0], [1.0, bad]]))
    told = explanation(recorder().softmax("weights", scores, over="key"))
    assert told.endswith("a number in the row of 1 is infinite or NaN before it is weighed, so the weights are NaN.")


def test_shares_of_logits_that_overflow_are_not_said_to_be_a_distribution() -> None:
    text = "experiment: {kind: softmax_saturation, logits: [1, 1, 2], multipliers: [1, 1.0e+308]}"
    told = explanation(run(parse_scenario(text))["experiment.probabilities"])
    assert "No distribution here: a number in the row of a = 1e+308 is infinite" in told


def test_where_every_word_sees_something_nothing_is_remarked() -> None:
    assert "Fully masked" not in explanation(trace_of(causal=True)[f"{ATTENTION}.weights"])


def test_words_are_title_symbol_and_explanation_of_this_run() -> None:
    value = trace_of()[f"{ATTENTION}.scores"]
    assert words(value) == ("Attention scores", "QKᵀ", explanation(value))


def test_a_plan_is_explained_without_numbers() -> None:
    planned = plan(parse_scenario("input: {text: I am, pad_to: 4}\nmask: {causal: true}"))
    for value in planned.steps.values():
        assert words(value).explanation == words_of(value.path, value.made_by.name).explanation
        assert value.held is None


# --- masks and bad numbers


def test_a_hidden_cell_says_why_it_is_hidden() -> None:
    trace = trace_of(pad=(False, False, True), causal=True)
    weights = trace[f"{ATTENTION}.weights"]
    assert hidden_reason(weights, (1, 0, 1)) == "future"
    assert hidden_reason(weights, (1, 1, 2)) == "padding"
    assert hidden_reason(weights, (1, 1, 0)) is None
    assert hidden_reason(trace[f"{ATTENTION}.mask"], (0, 1)) == "future"


def test_scores_before_the_mask_hide_nothing() -> None:
    trace = trace_of(causal=True)
    assert hidden_reason(trace[f"{ATTENTION}.scores"], (0, 0, 1)) is None
    assert mask_of(trace[f"{ATTENTION}.scores"]) is None


def test_the_mask_of_a_step_is_that_of_its_own_layer() -> None:
    trace = trace_of(replace(BASE, encoder_layers=2), causal=True)
    path = "encoder.layers.1.self_attention"
    assert mask_of(trace[f"{path}.weights"]) is trace[f"{path}.mask"]


def test_without_a_mask_nothing_is_hidden() -> None:
    trace = trace_of()
    assert mask_of(trace[f"{ATTENTION}.weights"]) is None
    assert hidden_reason(trace[f"{ATTENTION}.weights"], (0, 0, 0)) is None


def test_the_minus_infinity_of_a_mask_is_not_a_bad_number() -> None:
    assert first_bad_number(trace_of(pad=(False, True, True), causal=True)) is None


def test_the_first_bad_number_is_where_an_overflow_began() -> None:
    parameters = random_parameters(BASE, 3, 0)
    parameters[f"{ATTENTION}.w_q"][:] = 1e200
    parameters[f"{ATTENTION}.w_k"][:] = 1e200
    found = first_bad_number(encoded(BASE, parameters, [0, 1, 2]))
    assert found is not None
    assert (found[0].path, found[1]) == (f"{ATTENTION}.scores", (0, 0, 0))


def test_only_minus_infinity_is_a_good_number_of_masked_scores() -> None:
    trace = trace_of(causal=True)
    scores = trace[f"{ATTENTION}.masked_scores"]
    scores.held = scores.array.copy()
    scores.held[1, 2, 0] = np.nan
    found = first_bad_number(trace)
    assert found is not None
    assert (found[0].path, found[1]) == (f"{ATTENTION}.masked_scores", (1, 2, 0))


def test_a_bad_parameter_comes_before_what_it_spoils() -> None:
    parameters = random_parameters(BASE, 3, 0)
    parameters[f"{ATTENTION}.w_o"][2, 1] = np.nan
    found = first_bad_number(encoded(BASE, parameters, [0, 1, 2]))
    assert found is not None
    assert (found[0].path, found[1]) == (f"{ATTENTION}.w_o", (2, 1))
