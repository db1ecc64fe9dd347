"""Which steps there are: the paths, their order and their axes are a public contract."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attn_explore.model.axes import Array, Axis
from attn_explore.model.config import ModelConfig, filled
from attn_explore.model.labels import AxisLabels
from attn_explore.model.layers import Visibility
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.building import encoded, random_parameters

TOKENS = Value("tokens", (Axis("token", 1),), np.dtype(np.int64))
PLAIN = filled(ModelConfig(d_model=4, heads=2, d_k=3, d_v=2, d_ff=5, bias=True))

INPUT = {"embedding": "token d_model", "position": "token d_model", "input": "token d_model"}
PROJECTIONS = {"q": "head token d_k", "k": "head token d_k", "v": "head token d_v"}
SCORES = {"scores": "head query key", "scaled_scores": "head query key"}
MASK = {"mask": "query key", "masked_scores": "head query key"}
WEIGHTED = {"weights": "head query key", "head_output": "head query d_v", "concat": "token head·d_v"}
OUTPUT = {"output": "token d_model"}
FFN = {"hidden_pre": "token d_ff", "hidden": "token d_ff", "output": "token d_model"}
NORM = {"norm": "token d_model"}
RESIDUAL = {"residual": "token d_model"}

Steps = dict[str, str]


def trace_of(config: ModelConfig, pad: tuple[bool, ...] | None = None, causal: bool = False) -> Trace:
    return encoded(config, random_parameters(config, 3, 0), [0, 1, 2], pad, causal)


def steps_of(trace: Trace) -> list[tuple[str, str]]:
    return [(path, " ".join(value.names)) for path, value in trace.steps.items()]


def within(path: str, *groups: Steps) -> list[tuple[str, str]]:
    return [(f"{path}.{name}", axes) for group in groups for name, axes in group.items()]


ATTENTION = "encoder.layers.0.self_attention"
POST = [
    *within("encoder", INPUT),
    *within(ATTENTION, PROJECTIONS, SCORES, WEIGHTED, OUTPUT, RESIDUAL, NORM),
    *within("encoder.layers.0.ffn", FFN, RESIDUAL, NORM),
]


def test_a_post_norm_encoder_has_these_steps() -> None:
    assert steps_of(trace_of(PLAIN)) == POST


def test_a_pre_norm_encoder_has_its_norms_first_and_one_at_the_end() -> None:
    assert steps_of(trace_of(replace(PLAIN, norm_order="pre", final_norm=True))) == [
        *within("encoder", INPUT),
        *within(ATTENTION, NORM, PROJECTIONS, SCORES, WEIGHTED, OUTPUT, RESIDUAL),
        *within("encoder.layers.0.ffn", NORM, FFN, RESIDUAL),
        ("encoder.final_norm", "token d_model"),
    ]


def test_kind_attention_is_attention_blocks_alone() -> None:
    config = replace(PLAIN, kind="attention", residual=False, norm_order="pre", encoder_layers=2)
    assert steps_of(trace_of(config)) == [
        *within("encoder", INPUT),
        *within("encoder.layers.0.self_attention", PROJECTIONS, SCORES, WEIGHTED, OUTPUT),
        *within("encoder.layers.1.self_attention", PROJECTIONS, SCORES, WEIGHTED, OUTPUT),
    ]


@pytest.mark.parametrize(("pad", "causal"), [((False,) * 3, False), ((False, False, True), False), (None, True)])
def test_masks_stand_between_scaling_and_softmax(pad: tuple[bool, ...] | None, causal: bool) -> None:
    place = POST.index((f"{ATTENTION}.weights", "head query key"))
    assert steps_of(trace_of(PLAIN, pad, causal)) == [*POST[:place], *within(ATTENTION, MASK), *POST[place:]]


def without(name: str) -> list[tuple[str, str]]:
    return [(path, axes) for path, axes in POST if path != name]


def test_without_output_projection_the_heads_side_by_side_are_the_output() -> None:
    config = replace(PLAIN, output_projection=False)
    assert steps_of(trace_of(config)) == without(f"{ATTENTION}.output")


def test_without_positions_there_is_no_step_for_them() -> None:
    assert steps_of(trace_of(replace(PLAIN, position="none"))) == without("encoder.position")


def test_plain_dot_products_are_not_scaled() -> None:
    assert steps_of(trace_of(replace(PLAIN, score="dot"))) == without(f"{ATTENTION}.scaled_scores")


def test_a_temperature_scales_plain_dot_products_too() -> None:
    trace = trace_of(replace(PLAIN, score="dot", temperature=4.0))
    assert steps_of(trace) == POST
    np.testing.assert_array_equal(trace[f"{ATTENTION}.scaled_scores"].array, trace[f"{ATTENTION}.scores"].array / 4)


def test_layers_are_numbered_and_follow_each_other() -> None:
    layers = [path.split(".")[2] for path in trace_of(replace(PLAIN, encoder_layers=3)).steps if ".layers." in path]
    assert list(dict.fromkeys(layers)) == ["0", "1", "2"]
    assert layers == sorted(layers)


def operands_of(trace: Trace, path: str) -> list[str]:
    return [operand.path for operand in trace[path].operands]


def test_each_step_says_what_it_was_computed_from() -> None:
    trace = trace_of(PLAIN, causal=True)
    assert operands_of(trace, "encoder.embedding") == ["encoder.embedding_table", "tokens"]
    assert operands_of(trace, "encoder.input") == ["encoder.embedding", "encoder.position"]
    assert operands_of(trace, f"{ATTENTION}.q") == ["encoder.input", f"{ATTENTION}.w_q", f"{ATTENTION}.b_q"]
    assert operands_of(trace, f"{ATTENTION}.scores") == [f"{ATTENTION}.q", f"{ATTENTION}.k"]
    assert operands_of(trace, f"{ATTENTION}.masked_scores") == [f"{ATTENTION}.scaled_scores", f"{ATTENTION}.mask"]
    assert operands_of(trace, f"{ATTENTION}.head_output") == [f"{ATTENTION}.weights", f"{ATTENTION}.v"]
    assert operands_of(trace, f"{ATTENTION}.residual") == ["encoder.input", f"{ATTENTION}.output"]
    assert operands_of(trace, "encoder.layers.0.ffn.hidden_pre")[0] == f"{ATTENTION}.norm"


def test_a_pre_norm_residual_goes_round_the_norm() -> None:
    trace = trace_of(replace(PLAIN, norm_order="pre", final_norm=True))
    assert operands_of(trace, f"{ATTENTION}.q")[0] == f"{ATTENTION}.norm"
    assert operands_of(trace, f"{ATTENTION}.residual")[0] == "encoder.input"
    assert operands_of(trace, "encoder.layers.0.ffn.residual")[0] == f"{ATTENTION}.residual"


def test_a_row_that_sees_nothing_gives_zeros_and_the_model_goes_on() -> None:
    trace = trace_of(PLAIN, pad=(True, True, True))
    assert not trace[f"{ATTENTION}.weights"].array.any()
    assert np.isfinite(trace["encoder.layers.0.ffn.norm"].array).all()


@pytest.mark.parametrize(
    ("visibility", "hides"),
    [
        (Visibility(TOKENS, TOKENS), False),
        (Visibility(TOKENS, TOKENS, pad=TOKENS), True),
        (Visibility(TOKENS, TOKENS, causal=True), True),
        (Visibility(TOKENS, TOKENS, span=3), True),
    ],
)
def test_there_is_a_mask_where_padding_or_the_future_are_hidden(visibility: Visibility, hides: bool) -> None:
    assert visibility.hides is hides


def test_the_words_label_queries_and_keys() -> None:
    from attn_explore.model.run import run
    from attn_explore.model.scenario import parse_scenario

    weights = run(parse_scenario("input: {text: I love my dog}"))[f"{ATTENTION}.weights"]
    labels: dict[str, AxisLabels | None] = {axis.name: axis.all_labels for axis in weights.axes}
    words = ("I", "love", "my", "dog")
    assert labels == {"head": ("head 0",), "query": words, "key": words}


def test_a_mask_leaves_what_is_visible_as_it_is() -> None:
    trace = trace_of(PLAIN, causal=True)
    visible: Array = trace[f"{ATTENTION}.mask"].array == 0
    masked, scaled = (trace[f"{ATTENTION}.{name}"].array for name in ("masked_scores", "scaled_scores"))
    np.testing.assert_array_equal(masked[:, visible], scaled[:, visible])
    assert np.isneginf(masked[:, ~visible]).all()
