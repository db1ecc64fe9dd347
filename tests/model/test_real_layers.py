"""Which steps real models have, and what they are computed from: their paths are a public contract."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from attn_explore.model.architecture import Architecture, RelativePositions, Rotary, contradictions
from attn_explore.model.axes import sizes
from attn_explore.model.formulas import formula
from attn_explore.model.parameters import parameter_axes
from attn_explore.model.trace import Trace
from tests.architectures import MODELS, VOCABULARY, both, like_llama, some_run
from tests.building import predicted_by, stacks_of

ATTENTION, FFN = "decoder.layers.0.self_attention", "decoder.layers.0.ffn"


def names_in(trace: Trace, block: str) -> list[str]:
    return [path.removeprefix(f"{block}.") for path in trace.steps if path.rpartition(".")[0] == block]


def axes_of(trace: Trace, path: str) -> str:
    return " ".join(trace[path].names)


def operands_of(trace: Trace, path: str) -> list[str]:
    return [operand.path for operand in trace[path].operands]


def parameters_of(name: str) -> dict[str, tuple[int, ...]]:
    model = MODELS[name]
    axes = parameter_axes(model, stacks_of(model, VOCABULARY, 4), predicted_by(model, VOCABULARY))
    return {path: sizes(each) for path, each in axes.items()}


PROJECTED = ["q", "k", "v"]
WEIGHTED = ["mask", "masked_scores", "weights", "head_output", "concat", "output"]


def test_gemma_2_has_norms_around_its_blocks_and_caps() -> None:
    trace = some_run(MODELS["gemma2"])
    assert names_in(trace, "decoder") == ["embedding", "embedding_scaled", "input", "final_norm"]
    assert names_in(trace, ATTENTION) == [
        "norm", *PROJECTED, "q_rotated", "k_rotated", "scores", "scaled_scores", "capped_scores", *WEIGHTED,
        "output_norm", "residual",
    ]  # fmt: skip
    assert names_in(trace, FFN) == ["norm", "gate", "up", "hidden", "output", "output_norm", "residual"]
    assert list(trace.steps)[-3:] == ["logits", "capped_logits", "probabilities"]
    assert operands_of(trace, f"{ATTENTION}.residual") == ["decoder.input", f"{ATTENTION}.output_norm"]
    assert formula(trace["decoder.embedding_scaled"]) == "embedding_scaled = E·√d_model"
    assert formula(trace[f"{ATTENTION}.scaled_scores"]) == "scaled_scores = Q′·K′ᵀ/√9"
    assert formula(trace["capped_logits"]) == "capped_logits = 3·tanh(logits/3)"


def test_windows_and_angles_are_those_of_each_layer() -> None:
    trace = some_run(MODELS["gemma3"])
    masks = [trace[f"decoder.layers.{i}.self_attention.mask"].array == 0 for i in range(2)]
    seen = np.tril(np.ones((4, 4), bool))
    np.testing.assert_array_equal(masks[0], seen & ~np.tril(seen, -2))
    np.testing.assert_array_equal(masks[1], seen)
    bases = [trace[f"decoder.layers.{i}.self_attention.q_rotated"].options["rotary"].base for i in range(2)]
    assert bases == [10000.0, 1e6]


def test_a_layer_that_turns_nothing_has_no_step_for_it() -> None:
    trace = some_run(MODELS["smollm3"])
    assert "decoder.layers.0.self_attention.q_rotated" in trace.steps
    assert "decoder.layers.1.self_attention.q_rotated" not in trace.steps


@pytest.mark.parametrize(("name", "gain"), [("qwen3", (4,)), ("olmo2", (16,))])
def test_queries_and_keys_are_normalised_before_they_are_turned(name: str, gain: tuple[int, ...]) -> None:
    trace = some_run(MODELS[name])
    assert axes_of(trace, f"{ATTENTION}.q_norm") == "head token d_k"
    assert operands_of(trace, f"{ATTENTION}.q_rotated") == [f"{ATTENTION}.q_norm"]
    assert operands_of(trace, f"{ATTENTION}.scores") == [f"{ATTENTION}.q_rotated", f"{ATTENTION}.k_rotated"]
    assert trace.parameters[f"{ATTENTION}.q_norm_gain"].shape == gain


def test_olmo_2_normalises_what_is_added_alone() -> None:
    trace = some_run(MODELS["olmo2"])
    assert names_in(trace, FFN) == ["gate", "up", "hidden", "output", "output_norm", "residual"]
    assert operands_of(trace, f"{ATTENTION}.q")[0] == "decoder.input"


@pytest.mark.parametrize(("name", "norms"), [("gpt-j", []), ("gpt-neox", ["norm"])])
def test_blocks_side_by_side_are_added_at_once(name: str, norms: list[str]) -> None:
    trace = some_run(MODELS[name])
    assert "residual" not in names_in(trace, ATTENTION)
    assert names_in(trace, FFN) == [*norms, "hidden_pre", "hidden", "output", "residual"]
    assert operands_of(trace, f"{FFN}.residual") == ["decoder.input", f"{ATTENTION}.output", f"{FFN}.output"]
    read = f"{FFN if norms else ATTENTION}.norm"
    assert operands_of(trace, f"{FFN}.hidden_pre")[0] == read
    assert formula(trace[f"{FFN}.residual"]) == "residual = X + self_attention.output + output"


def test_bert_adds_segments_normalises_and_guesses_with_a_layer_of_its_own() -> None:
    trace = some_run(MODELS["bert"])
    assert names_in(trace, "encoder") == ["embedding", "position", "segment", "input", "input_norm"]
    assert names_in(trace, "head") == ["hidden_pre", "hidden", "norm"]
    assert axes_of(trace, "head.norm") == "token d_model"
    assert operands_of(trace, "logits") == ["head.norm", "head.w", "head.b"]


def test_albert_has_steps_in_each_layer_and_one_set_of_parameters() -> None:
    trace = some_run(MODELS["albert"])
    assert names_in(trace, "encoder") == [
        "embedding", "position", "segment", "input", "input_norm", "embedding_projected",
    ]  # fmt: skip
    assert axes_of(trace, "encoder.input_norm") == "token d_embedding"
    assert not [path for path in trace.parameters if ".layers.1." in path]
    second = "encoder.layers.1.self_attention"
    assert operands_of(trace, f"{second}.q")[1] == "encoder.layers.0.self_attention.w_q"
    assert len(names_in(trace, second)) == len(names_in(trace, "encoder.layers.0.self_attention"))
    assert axes_of(trace, "head.norm") == "token d_embedding"


def test_a_narrow_output_is_what_the_head_reads() -> None:
    trace = some_run(MODELS["opt-350m"])
    assert names_in(trace, "decoder") == ["embedding", "embedding_projected", "position", "input", "output_projected"]
    assert operands_of(trace, "logits")[0] == "decoder.output_projected"


def test_the_layers_of_t5_share_a_bias_that_cross_attention_has_not() -> None:
    trace = some_run(MODELS["t5"])
    for stack, both_ways in (("encoder", True), ("decoder", False)):
        for i in range(2):
            bias = trace[f"{stack}.layers.{i}.self_attention.position_bias"]
            assert [operand.path for operand in bias.operands] == [f"{stack}.layers.0.self_attention.relative_table"]
            assert bias.options["rules"].both_ways is both_ways
    assert "position_bias" not in names_in(trace, "decoder.layers.0.cross_attention")
    assert "scaled_scores" not in names_in(trace, "encoder.layers.0.self_attention")
    assert formula(trace["decoder.output_scaled"]) == "output_scaled = final_norm/√d_model"


def test_a_scale_is_written_as_the_root_that_it_is() -> None:
    model = both(embedding_scale=math.sqrt(6))
    assert formula(some_run(model)["encoder.embedding_scaled"]) == "embedding_scaled = E·√d_model"
    assert (
        formula(some_run(replace(model, embedding_scale=2.5))["encoder.embedding_scaled"]) == "embedding_scaled = E·2.5"
    )


def test_the_decoder_of_bart_may_be_of_another_size() -> None:
    trace = some_run(MODELS["bart"])
    assert trace["encoder.layers.0.self_attention.weights"].axis("head").size == 2
    assert trace["decoder.layers.0.cross_attention.weights"].axis("head").size == 3
    assert trace["decoder.layers.0.ffn.hidden"].axis("d_ff").size == 4


def test_the_number_of_the_layer_divides_the_scores_where_it_is_to() -> None:
    trace = some_run(MODELS["gpt2-scaled-by-layer"])
    scaled = [formula(trace[f"decoder.layers.{i}.self_attention.scaled_scores"]) for i in range(2)]
    assert scaled == ["scaled_scores = QKᵀ/(1·√dₖ)", "scaled_scores = QKᵀ/(2·√dₖ)"]


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("bert-pooler", ["first_token", "pooled_pre", "pooled"]),
        ("minilm", ["pooling", "pooled", "embedding_length", "embedding"]),
        ("first-token", ["pooled", "embedding_length", "embedding"]),
    ],
)
def test_a_text_has_one_vector(name: str, steps: list[str]) -> None:
    trace = some_run(MODELS[name])
    assert [path for path in trace.steps if "." not in path] == steps
    assert axes_of(trace, steps[-1]) == "d_model"
    if steps[-1] == "embedding":
        assert np.linalg.norm(trace["embedding"].array) == pytest.approx(1, rel=1e-14)


def test_only_the_biases_that_are_named_are_there() -> None:
    found = parameters_of("llama-biased")
    assert found["decoder.layers.0.ffn.b_gate"] == (5,)
    assert found["decoder.layers.0.self_attention.b_k"] == (8,)
    assert "head.b" not in found
    assert not [name for name in parameters_of("llama") if name.rpartition(".")[2].startswith("b")]


def test_a_table_of_positions_has_rows_for_the_longest_text_and_those_before_it() -> None:
    assert parameters_of("opt")["decoder.position_table"] == (9, 6)
    assert parameters_of("roberta")["encoder.position_table"] == (6, 6)


def test_a_choice_that_no_layer_has_is_the_same_in_all() -> None:
    model = like_llama(rotary=(), windows=())
    trace = some_run(model)
    assert trace[f"{ATTENTION}.q_rotated"].options["rotary"].dims == 4
    assert trace[f"{ATTENTION}.mask"].options["window"] is None


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (like_llama(kv_heads=3), "4 heads cannot share 3 heads of keys and values evenly"),
        (like_llama(rotary=(Rotary(3),) * 2), "rotary positions turn pairs of columns, and 3 is odd"),
        (like_llama(rotary=(Rotary(6), None)), "rotary positions cannot turn 6 of 4 columns"),
        (
            both(relative=RelativePositions(2, 9)),
            "2 buckets are too few for distances both ways: there are 4 at least",
        ),
        (
            both(relative=RelativePositions(8, 4)),
            "the distance 4 has a bucket of its own, so none can be shared from there on",
        ),
        (both(waves="fairseq", d_model=3), "waves from fast to slow need 4 columns, and there are 3"),
    ],
)
def test_numbers_that_do_not_go_together_are_told(model: Architecture, expected: str) -> None:
    assert list(contradictions(model)) == [expected]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_what_can_be_has_no_contradictions(model: Architecture) -> None:
    assert not list(contradictions(model))
