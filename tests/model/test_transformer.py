"""The whole encoder: against a reference written from the paper, against PyTorch, and by its symmetries."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from attn_explore.model.axes import Array
from attn_explore.model.config import DERIVED, ModelConfig, filled
from attn_explore.model.trace import Trace
from tests.building import SEEDS, configs, encoded, last, masks, ran, random_parameters
from tests.references import Reference, Sight

DATA = Path(__file__).parents[1] / "data"


def assert_same_steps(trace: Trace, expected: dict[str, Array], tolerance: float) -> None:
    """The same paths in the same order, and numbers that differ by at most `tolerance` times the largest of a step."""
    assert list(trace.steps) == list(expected)
    for path, array in expected.items():
        found = trace[path].array
        assert found.shape == array.shape, path
        finite = np.isfinite(array)
        np.testing.assert_array_equal(found[~finite], array[~finite], err_msg=path)
        largest = np.abs(array[finite]).max(initial=1)
        np.testing.assert_allclose(found[finite], array[finite], rtol=0, atol=tolerance * largest, err_msg=path)


def expected_of_encoder(
    config: ModelConfig,
    parameters: dict[str, Array],
    ids: list[int],
    pad: tuple[bool, ...] | None = None,
    causal: bool = False,
    scores_found: dict[str, Array] | None = None,
) -> dict[str, Array]:
    reference = Reference(config, parameters, scores_found=scores_found or {})
    x = reference.encoder(ids, Sight(pad, causal, config.attention_span))
    reference.head(x, pad or (False,) * len(ids))
    return reference.steps


@given(config=configs(), tokens=st.integers(1, 4), seed=SEEDS, data=st.data())
def test_every_step_is_that_of_the_formulas_in_the_papers(
    config: ModelConfig, tokens: int, seed: int, data: st.DataObject
) -> None:
    parameters = random_parameters(config, 3, seed)
    ids = data.draw(st.lists(st.integers(0, 2), min_size=tokens, max_size=tokens))
    pad, causal = data.draw(masks(tokens))
    trace = encoded(config, parameters, ids, pad, causal)
    expected = expected_of_encoder(config, parameters, ids, pad, causal, scores_weighed(trace))
    assert_same_steps(trace, expected, 1e-10)


def test_only_scores_that_are_the_same_but_for_rounding_are_weighed_in_the_order_that_was_found() -> None:
    config = filled(ModelConfig(kind="attention", d_model=2, weighting="hardmax", position="none"))
    parameters = random_parameters(config, 3, 1)
    scores, weights = (f"encoder.layers.0.self_attention.{name}" for name in ("scaled_scores", "weights"))
    for ids, is_followed in (([0, 0, 0], True), ([0, 1, 2], False)):
        plain = expected_of_encoder(config, parameters, ids)
        second = plain[scores] + np.array([0, 1e-15 if is_followed else 9, 0])
        found = expected_of_encoder(config, parameters, ids, scores_found={weights: second})[weights]
        assert np.array_equal(found[..., 1] == 1, np.ones((1, 3), bool)) is is_followed
        assert np.array_equal(found, plain[weights]) is not is_followed


def scores_weighed(trace: Trace) -> dict[str, Array]:
    """The scores that each attention weighed, by the path of its weights."""
    return {path: step.operands[0].array for path, step in trace.steps.items() if step.name == "weights"}


HEADS = st.sampled_from([("none", ()), ("tokens", ("a", "b", "c")), ("sequence", ("a", "b")), ("vocabulary", ())])


@given(
    kind=st.sampled_from(["decoder", "encoder-decoder"]), head=HEADS, seed=SEEDS, data=st.data(),
    source=st.integers(1, 4), target=st.integers(1, 4),
)  # fmt: skip
def test_every_step_of_a_decoder_is_that_of_the_formulas_in_the_papers(
    kind: str, head: tuple[str, tuple[str, ...]], source: int, target: int, seed: int, data: st.DataObject
) -> None:
    config = data.draw(configs(kind=kind, head=head[0], classes=head[1]))
    parameters = random_parameters(config, 3, seed)
    sources, targets = ([seed % 3] * (count - 1) + [seed % 2] for count in (source, target))
    pad, _ = data.draw(masks(source))
    target_pad, causal = data.draw(masks(target).filter(lambda drawn: drawn[0] is None or not all(drawn[0])))
    reads_source = kind == "encoder-decoder"
    trace = ran(
        config, parameters, sources if reads_source else None, targets,
        pad=pad, target_pad=target_pad, target_causal=causal,
    )  # fmt: skip
    reference = Reference(config, parameters, scores_found=scores_weighed(trace))
    memory = reference.encoder(sources, Sight(pad, False, config.attention_span)) if reads_source else None
    x = reference.decoder(targets, Sight(target_pad, causal, config.attention_span), memory, Sight(pad))
    reference.head(x, target_pad or (False,) * target)
    assert_same_steps(trace, reference.steps, 1e-10)


@settings(max_examples=20)
@given(
    config=configs(dtype="float32", layers=1, weighting="softmax", score="scaled_dot"), seed=SEEDS, causal=st.booleans()
)
def test_a_model_of_float32_computes_the_same_to_its_precision(config: ModelConfig, seed: int, causal: bool) -> None:
    parameters = random_parameters(config, 3, seed)
    trace = encoded(config, parameters, [0, 2, 1], None, causal)
    precise = {name: array.astype(np.float64) for name, array in parameters.items()}
    assert_same_steps(trace, expected_of_encoder(config, precise, [0, 2, 1], None, causal), 1e-4)


@given(config=configs(dtype="float32"), seed=SEEDS)
def test_every_step_has_the_type_of_the_model(config: ModelConfig, seed: int) -> None:
    trace = encoded(config, random_parameters(config, 3, seed), [0, 2, 1])
    assert {value.array.dtype for value in trace.steps.values()} == {np.dtype("float32")}


# --- against PyTorch


def _torch_case(name: str) -> tuple[dict[str, Array], dict[str, Any]]:
    with safe_open(DATA / f"torch_encoder_{name}.safetensors", "numpy") as file:
        return {path: file.get_tensor(path) for path in file.keys()}, json.loads(file.metadata()["about"])  # noqa: SIM118


def _our_parameters(torch: dict[str, Array], layers: int) -> dict[str, Array]:
    """PyTorch's state dict in our names; its matrices multiply from the left, so they are transposed."""
    found = {"encoder.embedding_table": torch["src"]}
    for i in range(layers):
        theirs, attention, ffn = (
            f"parameters.layers.{i}",
            *(f"encoder.layers.{i}.{b}" for b in ("self_attention", "ffn")),
        )
        for place, letter in enumerate("qkv"):
            found[f"{attention}.w_{letter}"] = np.split(torch[f"{theirs}.self_attn.in_proj_weight"], 3)[place].T
            found[f"{attention}.b_{letter}"] = np.split(torch[f"{theirs}.self_attn.in_proj_bias"], 3)[place]
        found[f"{attention}.w_o"] = torch[f"{theirs}.self_attn.out_proj.weight"].T
        found[f"{attention}.b_o"] = torch[f"{theirs}.self_attn.out_proj.bias"]
        for number in (1, 2):
            found[f"{ffn}.w_{number}"] = torch[f"{theirs}.linear{number}.weight"].T
            found[f"{ffn}.b_{number}"] = torch[f"{theirs}.linear{number}.bias"]
        for block, norm in ((attention, "norm1"), (ffn, "norm2")):
            found[f"{block}.norm_gain"] = torch[f"{theirs}.{norm}.weight"]
            found[f"{block}.norm_bias"] = torch[f"{theirs}.{norm}.bias"]
    if "parameters.norm.weight" in torch:
        found["encoder.final_norm_gain"] = torch["parameters.norm.weight"]
        found["encoder.final_norm_bias"] = torch["parameters.norm.bias"]
    return found


IN_OUR_NAMES = {
    "q": "self_attention.q",
    "k": "self_attention.k",
    "v": "self_attention.v",
    "weights": "self_attention.weights",
    "attention_output": "self_attention.output",
    "norm1": "self_attention.norm",
    "ffn_pre": "ffn.hidden_pre",
    "ffn_hidden": "ffn.hidden",
    "ffn_output": "ffn.output",
    "norm2": "ffn.norm",
}


@pytest.mark.parametrize("name", ["post_norm", "pre_norm"])
def test_an_encoder_computes_every_tensor_that_pytorch_computes(name: str) -> None:
    torch, about = _torch_case(name)
    config = filled(ModelConfig(
        d_model=about["d_model"], heads=about["heads"], d_ff=about["d_ff"], layers=about["layers"], bias=True,
        position="none", norm_order="pre" if about["norm_first"] else "post",
    ))  # fmt: skip
    trace = encoded(
        config,
        _our_parameters(torch, config.layers),
        list(range(len(torch["src"]))),
        tuple(about["pad"]),
        about["causal"],
    )
    expected = {
        f"encoder.layers.{i}.{ours}": torch[f"layers.{i}.{theirs}"]
        for i in range(config.layers)
        for theirs, ours in IN_OUR_NAMES.items()
    }
    for path, array in expected.items():
        np.testing.assert_allclose(trace[path].array, array, rtol=0, atol=1e-13 * np.abs(array).max(), err_msg=path)
    np.testing.assert_allclose(last(trace), torch["output"], rtol=0, atol=1e-13 * np.abs(torch["output"]).max())


# --- symmetries


@given(config=configs(position="none", attention_span=None), order=st.permutations(range(4)), seed=SEEDS)
def test_without_positions_permuted_tokens_give_a_permuted_output(
    config: ModelConfig, order: list[int], seed: int
) -> None:
    parameters = random_parameters(config, 4, seed)
    straight = last(encoded(config, parameters, [0, 1, 2, 3]))
    np.testing.assert_allclose(last(encoded(config, parameters, order)), straight[order], rtol=1e-9, atol=1e-9)


@given(config=configs(), seed=SEEDS, first=st.integers(1, 3))
def test_a_causal_models_earlier_outputs_do_not_change_with_later_tokens(
    config: ModelConfig, seed: int, first: int
) -> None:
    parameters = random_parameters(config, 5, seed)
    a, b = [0, 1, 2, 3], [0, 1, 2, 3][:first] + [4] * (4 - first)
    one, other = (last(encoded(config, parameters, ids, causal=True)) for ids in (a, b))
    np.testing.assert_array_equal(one[:first], other[:first])


@given(config=configs(), seed=SEEDS, padding=st.integers(1, 3))
def test_padding_changes_nothing_at_the_real_tokens(config: ModelConfig, seed: int, padding: int) -> None:
    parameters = random_parameters(config, 4, seed)
    bare = last(encoded(config, parameters, [0, 1, 2]))
    padded = last(encoded(config, parameters, [0, 1, 2] + [3] * padding, (False,) * 3 + (True,) * padding))
    np.testing.assert_allclose(padded[:3], bare, rtol=1e-9, atol=1e-9)


@given(config=configs(), seed=SEEDS)
def test_what_stands_at_a_padded_place_does_not_matter(config: ModelConfig, seed: int) -> None:
    parameters = random_parameters(config, 4, seed)
    one, other = (last(encoded(config, parameters, [0, 1, token], (False, False, True))) for token in (2, 3))
    np.testing.assert_array_equal(one[:2], other[:2])


@given(config=configs(weighting="softmax") | configs(weighting="sparsemax"), seed=SEEDS, data=st.data())
def test_each_row_of_weights_sums_to_one_unless_nothing_may_be_seen(
    config: ModelConfig, seed: int, data: st.DataObject
) -> None:
    pad, causal = data.draw(masks(4))
    trace = encoded(config, random_parameters(config, 4, seed), [0, 1, 2, 3], pad, causal)
    weights = [value for value in trace.steps.values() if value.name == "weights"]
    assert len(weights) == config.layers
    for value in weights:
        hidden = np.zeros((4, 4), bool)
        if f"{value.path.rpartition('.')[0]}.mask" in trace.steps:
            hidden = np.isneginf(trace[f"{value.path.rpartition('.')[0]}.mask"].array)
        expected = np.broadcast_to(~hidden.all(axis=-1), value.array.shape[:-1])
        np.testing.assert_allclose(value.array.sum(axis=-1), expected, rtol=0, atol=1e-12)
        assert np.all(value.array[..., hidden] == 0)


@given(config=configs(attention_span=1), seed=SEEDS)
def test_nothing_outside_the_span_has_any_weight(config: ModelConfig, seed: int) -> None:
    trace = encoded(config, random_parameters(config, 4, seed), [0, 1, 2, 3])
    far = np.abs(np.subtract.outer(range(4), range(4))) > 1
    for value in trace.steps.values():
        if value.name == "weights" and config.weighting != "sigmoid":
            assert np.all(value.array[..., far] == 0)


@given(config=configs(attention_span=1, layers=1), seed=SEEDS, place=st.integers(0, 3))
def test_one_layer_carries_nothing_further_than_the_span(config: ModelConfig, seed: int, place: int) -> None:
    parameters = random_parameters(config, 5, seed)
    changed = [4 if token == place else token for token in range(4)]
    one, other = (last(encoded(config, parameters, ids)) for ids in ([0, 1, 2, 3], changed))
    near = [token for token in range(4) if abs(token - place) > 1]
    np.testing.assert_array_equal(one[near], other[near])


# --- shared keys and values


def _columns_of_each_head(array: Array, kv_heads: int, times: int) -> Array:
    """The columns of each key/value head, `times` over."""
    split = array.reshape(*array.shape[:-1], kv_heads, -1)
    return np.repeat(split, times, axis=-2).reshape(*array.shape[:-1], -1)


@given(config=configs(score="scaled_dot") | configs(score="cosine"), seed=SEEDS, data=st.data())
def test_sharing_keys_and_values_is_repeating_their_parameters(
    config: ModelConfig, seed: int, data: st.DataObject
) -> None:
    """Grouped-query attention is multi-head attention in which some heads have the same W_K and W_V."""
    kv_heads = data.draw(st.sampled_from([count for count in (1, 2, 3, 4) if config.heads % count == 0]))
    grouped = replace(config, kv_heads=kv_heads)
    parameters = random_parameters(grouped, 4, seed)
    shared = ("w_k", "w_v", "b_k", "b_v")
    repeated = {
        name: _columns_of_each_head(array, kv_heads, config.heads // kv_heads) if name.endswith(shared) else array
        for name, array in parameters.items()
    }
    one = encoded(grouped, parameters, [0, 1, 2, 3])
    other = encoded(replace(config, kv_heads=config.heads), repeated, [0, 1, 2, 3])
    assert list(one.steps) == list(other.steps)
    np.testing.assert_allclose(last(one), last(other), rtol=1e-9, atol=1e-9)


@given(config=configs())
def test_as_many_key_heads_as_query_heads_is_multi_head_attention(config: ModelConfig) -> None:
    assert filled(replace(config, kv_heads=DERIVED)) == replace(config, kv_heads=config.heads)


@given(config=configs(heads=4), seed=SEEDS)
def test_one_key_head_answers_every_query_head(config: ModelConfig, seed: int) -> None:
    """Multi-query attention (Shazeer 2019)."""
    multi_query = replace(config, kv_heads=1)
    trace = encoded(multi_query, random_parameters(multi_query, 4, seed), [0, 1])
    heads = {value.name: value.axis("head").size for value in trace.steps.values() if "head" in value.names}
    assert (heads["k"], heads["v"], heads["weights"], heads["head_output"]) == (1, 1, 4, 4)


# --- decoders


def decoders() -> st.SearchStrategy[ModelConfig]:
    return configs(kind="decoder") | configs(kind="encoder-decoder")


@given(config=decoders(), seed=SEEDS, first=st.integers(1, 3))
def test_a_decoders_earlier_outputs_do_not_change_with_later_words(config: ModelConfig, seed: int, first: int) -> None:
    parameters = random_parameters(config, 5, seed)
    source = [3, 1] if config.has_encoder else None
    a, b = [0, 1, 2, 3], [0, 1, 2, 3][:first] + [4] * (4 - first)
    one, other = (last(ran(config, parameters, source, ids)) for ids in (a, b))
    np.testing.assert_array_equal(one[:first], other[:first])


@given(config=configs(kind="encoder-decoder"), seed=SEEDS, padding=st.integers(1, 3))
def test_padding_of_the_source_changes_nothing_that_the_decoder_says(
    config: ModelConfig, seed: int, padding: int
) -> None:
    parameters = random_parameters(config, 4, seed)
    bare = last(ran(config, parameters, [0, 1, 2], [1, 2]))
    pad = (False,) * 3 + (True,) * padding
    padded = last(ran(config, parameters, [0, 1, 2] + [3] * padding, [1, 2], pad=pad))
    np.testing.assert_allclose(padded, bare, rtol=1e-9, atol=1e-9)


@given(
    config=configs(kind="encoder-decoder", position="none", attention_span=None),
    order=st.permutations(range(4)),
    seed=SEEDS,
)
def test_without_positions_a_decoder_does_not_know_the_order_of_its_source(
    config: ModelConfig, order: list[int], seed: int
) -> None:
    assume(config.weighting != "hardmax")  # of keys that score the same it takes the first
    parameters = random_parameters(config, 4, seed)
    straight, permuted = (last(ran(config, parameters, ids, [1, 2, 0])) for ids in ([0, 1, 2, 3], order))
    np.testing.assert_allclose(permuted, straight, rtol=1e-9, atol=1e-9)
