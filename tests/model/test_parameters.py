"""Names, shapes and seeded numbers of parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from attn_explore.model.architecture import Architecture, architecture_of
from attn_explore.model.axes import Axis, names, sizes
from attn_explore.model.config import ModelConfig, filled
from attn_explore.model.parameters import StackSizes, draw, parameter_axes
from tests.building import SEEDS, configs, encoded, random_parameters

STACKS = {"encoder": StackSizes(Axis("vocabulary", 3, ("I", "am", "here")), 5)}
DECODER = {"decoder": StackSizes(Axis("vocabulary", 4), 7)}
MATRIX = (Axis("d_model", 3), Axis("d_ff", 2))

PINNED = ["-0x1.a6d3e86d47c31p-4", "0x1.1ebc404da2703p-1", "-0x1.8749dff043bdcp-1"]
"""The first numbers of seed 7 and scale 0.5: they may never change, or every lesson shows other numbers."""


def shapes_of(stacks: dict[str, StackSizes] = STACKS, **keys: Any) -> dict[str, tuple[int, ...]]:
    return {name: sizes(axes) for name, axes in parameter_axes(model(**keys), stacks).items()}


def model(**keys: Any) -> Architecture:
    return architecture_of(filled(ModelConfig(**keys)))


def test_an_encoder_has_these_parameters_in_these_shapes() -> None:
    attention, ffn = "encoder.layers.0.self_attention", "encoder.layers.0.ffn"
    assert shapes_of(d_model=4, heads=2, d_k=3, d_v=5, d_ff=7, bias=True) == {
        "encoder.embedding_table": (3, 4),
        f"{attention}.w_q": (4, 6), f"{attention}.b_q": (6,),
        f"{attention}.w_k": (4, 6), f"{attention}.b_k": (6,),
        f"{attention}.w_v": (4, 10), f"{attention}.b_v": (10,),
        f"{attention}.w_o": (10, 4), f"{attention}.b_o": (4,),
        f"{attention}.norm_gain": (4,), f"{attention}.norm_bias": (4,),
        f"{ffn}.w_1": (4, 7), f"{ffn}.b_1": (7,), f"{ffn}.w_2": (7, 4), f"{ffn}.b_2": (4,),
        f"{ffn}.norm_gain": (4,), f"{ffn}.norm_bias": (4,),
    }  # fmt: skip


def test_the_network_and_the_head_have_their_biases_unless_they_are_to_have_none() -> None:
    usual, head = {"b_1", "b_2"}, Axis("vocabulary", 3)

    def biases(**keys: Any) -> set[str]:
        made = parameter_axes(model(head="vocabulary", norm="rms", **keys), STACKS, head)
        return {name.split(".")[-1] for name in made if name.split(".")[-1].startswith("b")}

    assert biases() == biases(ffn_bias=True, head_bias=True) == {*usual, "b"}
    assert biases(head_bias=False) == usual
    assert biases(ffn_bias=False) == {"b"}
    assert biases(activation="swiglu") == {"b"}
    assert biases(activation="swiglu", ffn_bias=True) == {"b_gate", "b_up", "b_2", "b"}


def test_kind_attention_has_projections_alone() -> None:
    attention = "encoder.layers.0.self_attention"
    assert shapes_of(kind="attention", d_model=4, norm_order="pre", output_projection=False) == {
        "encoder.embedding_table": (3, 4),
        f"{attention}.w_q": (4, 4), f"{attention}.w_k": (4, 4), f"{attention}.w_v": (4, 4),
    }  # fmt: skip


def test_a_pre_norm_stack_has_a_final_norm() -> None:
    extra = shapes_of(norm_order="pre").items() - shapes_of(norm_order="post").items()
    assert extra == {("encoder.final_norm_gain", (6,)), ("encoder.final_norm_bias", (6,))}


def test_a_weights_file_can_ask_for_a_final_norm_in_a_post_norm_stack() -> None:
    extra = shapes_of(final_norm=True).items() - shapes_of().items()
    assert {name for name, _ in extra} == {"encoder.final_norm_gain", "encoder.final_norm_bias"}


def test_rms_norm_has_no_bias_and_no_norm_has_nothing() -> None:
    assert not [name for name in shapes_of(norm="rms", norm_order="pre") if name.endswith("norm_bias")]
    assert not [name for name in shapes_of(norm="none", norm_order="pre") if "norm" in name]


def test_shared_heads_have_narrower_keys_and_values() -> None:
    found = shapes_of(d_model=8, heads=4, kv_heads=2, d_v=3)
    path = "encoder.layers.0.self_attention"
    assert [found[f"{path}.w_{letter}"] for letter in "qkvo"] == [(8, 8), (8, 4), (8, 6), (12, 8)]


def test_an_additive_score_has_two_matrices_and_a_vector_for_each_head() -> None:
    found = shapes_of(d_model=6, heads=2, score="additive")
    path = "encoder.layers.0.self_attention"
    names_of_score = ("w_score_q", "w_score_k", "v_score")
    assert [found[f"{path}.{name}"] for name in names_of_score] == [(2, 3, 3), (2, 3, 3), (2, 3)]


def test_a_general_score_has_a_matrix_for_each_head() -> None:
    found = shapes_of(d_model=6, heads=2, score="general")
    assert found["encoder.layers.0.self_attention.w_score"] == (2, 3, 3)


def test_a_gated_network_has_three_matrices_and_no_bias() -> None:
    found = shapes_of(d_model=4, d_ff=5, activation="swiglu")
    own = {name.rpartition(".")[2]: shape for name, shape in found.items() if ".ffn." in name and "norm" not in name}
    assert own == {"w_gate": (4, 5), "w_up": (4, 5), "w_2": (5, 4)}


def test_learned_positions_have_a_row_for_each_place() -> None:
    assert shapes_of(position="learned")["encoder.position_table"] == (5, 6)


def test_a_decoder_beside_an_encoder_attends_to_it_in_every_layer() -> None:
    found = shapes_of(STACKS | DECODER, kind="encoder-decoder", encoder_layers=1, decoder_layers=2)
    blocks = {".".join(name.split(".")[:4]) for name in found if "layers" in name}
    assert blocks == {
        "encoder.layers.0.self_attention", "encoder.layers.0.ffn",
        *(f"decoder.layers.{i}.{block}" for i in (0, 1) for block in ("self_attention", "cross_attention", "ffn")),
    }  # fmt: skip
    assert found["decoder.embedding_table"] == (4, 6)


def test_a_decoder_alone_attends_to_nothing_else() -> None:
    assert not [name for name in shapes_of(DECODER, kind="decoder") if "cross" in name or "encoder" in name]


def test_a_head_chooses_from_its_classes() -> None:
    axes = parameter_axes(model(head="tokens"), STACKS, Axis("class", 2, ("good", "bad")))
    assert (sizes(axes["head.w"]), sizes(axes["head.b"])) == ((6, 2), (2,))


def test_the_columns_of_a_projection_are_the_heads_side_by_side() -> None:
    axes = parameter_axes(model(d_model=4, heads=2), STACKS)
    assert names(axes["encoder.layers.0.self_attention.w_q"]) == ("d_model", "head·d_k")
    assert names(axes["encoder.layers.0.self_attention.w_o"]) == ("head·d_v", "d_model")
    assert names(axes["encoder.embedding_table"]) == ("vocabulary", "d_model")


@given(config=configs(), seed=SEEDS)
def test_parameters_stand_in_the_order_in_which_a_run_uses_them(config: ModelConfig, seed: int) -> None:
    trace = encoded(config, random_parameters(config, 3, seed), [0, 1, 2])
    used = [operand.path for value in trace.steps.values() for operand in value.operands]
    assert [path for path in dict.fromkeys(used) if path in trace.parameters] == list(trace.parameters)


# --- drawing


def test_the_numbers_of_a_seed_are_the_same_everywhere() -> None:
    drawn = draw("encoder.layers.0.self_attention.w_q", MATRIX, seed=7, scale=0.5)
    assert [number.hex() for number in drawn.ravel()[:3]] == PINNED


@pytest.mark.parametrize(
    ("name", "seed"), [("encoder.layers.0.self_attention.w_k", 7), ("encoder.layers.0.self_attention.w_q", 8)]
)
def test_another_name_or_seed_gives_other_numbers(name: str, seed: int) -> None:
    drawn = draw("encoder.layers.0.self_attention.w_q", MATRIX, seed=7, scale=0.5)
    assert not np.isin(draw(name, MATRIX, seed, 0.5), drawn).any()


def test_a_longer_parameter_begins_with_the_same_numbers() -> None:
    """A word more in the vocabulary leaves the rows of the others as they were."""
    short, long = (draw("encoder.embedding_table", (Axis("vocabulary", n), Axis("d_model", 4)), 7, 0.5) for n in (3, 5))
    np.testing.assert_array_equal(long[:3], short)


def test_a_drawn_parameter_has_mean_0_and_the_scale_as_standard_deviation() -> None:
    drawn = draw("w", (Axis("d_model", 400), Axis("d_ff", 250)), seed=3, scale=0.2)
    assert abs(drawn.mean()) < 5 * 0.2 / math.sqrt(drawn.size)
    assert drawn.std() == pytest.approx(0.2, rel=0.01)
    assert np.abs(drawn).max() <= 0.2 * math.sqrt(3)


def test_twice_the_scale_is_twice_the_numbers() -> None:
    np.testing.assert_array_equal(draw("w", MATRIX, 7, 1.0), 2 * draw("w", MATRIX, 7, 0.5))


@pytest.mark.parametrize("prefix", ["encoder.layers.0.self_attention.norm", "encoder.final_norm"])
def test_a_norm_begins_by_changing_nothing(prefix: str) -> None:
    axes = (Axis("d_model", 3),)
    np.testing.assert_array_equal(draw(f"{prefix}_gain", axes, 7, 0.5), [1, 1, 1])
    np.testing.assert_array_equal(draw(f"{prefix}_bias", axes, 7, 0.5), [0, 0, 0])


def test_a_seed_of_any_size_draws() -> None:
    assert np.isfinite(draw("w", MATRIX, seed=10**100, scale=0.5)).all()
