"""The finer steps inside a softmax, a norm and a composed score."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.config import ModelConfig
from attn_explore.model.explain import arithmetic
from attn_explore.model.expressions import Apply, Cell, Expression, Number, Reduce
from attn_explore.model.finer import PARTS, finer_steps, has_finer
from attn_explore.model.ops import OPERATIONS
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.values import Value
from tests.building import SEEDS, configs, encoded, masks, random_parameters, recorder, tensor

ATTENTION = "encoder.layers.0.self_attention"


def opened(value: Value) -> dict[str, Value]:
    return {step.name: step for step in finer_steps(value)}


@given(config=configs(weighting="softmax"), seed=SEEDS, mask=masks(3))
def test_exponentials_divided_by_their_sum_are_the_weights(
    config: ModelConfig, seed: int, mask: tuple[tuple[bool, ...] | None, bool]
) -> None:
    trace = encoded(config, random_parameters(config, 3, seed), [0, 1, 2], *mask)
    weights = trace["encoder.layers.0.self_attention.weights"]
    parts = opened(weights)
    exponentials, total = parts["exponentials"].array, parts["total"].array[..., None]
    sees_nothing = total == 0
    np.testing.assert_allclose(exponentials / np.where(sees_nothing, 1, total), weights.array, rtol=1e-14)
    np.testing.assert_array_equal(sees_nothing[..., 0], ~weights.array.any(axis=-1))


@given(seed=SEEDS, eps=st.sampled_from([1e-5, 1e-2]))
def test_centred_numbers_divided_by_the_deviation_are_the_norm(seed: int, eps: float) -> None:
    rng = np.random.default_rng(seed)
    x, gain, bias = (
        tensor("token d_model", rng.normal(size=(3, 4))),
        *(tensor("d_model", rng.normal(size=4)) for _ in range(2)),
    )
    norm = recorder().normalise("norm", x, gain, bias, over="d_model", eps=eps)
    parts = opened(norm)
    deviation = np.sqrt(parts["variance"].array + eps)[:, None]
    by_parts = (x.array - parts["mean"].array[:, None]) / deviation * gain.array + bias.array
    np.testing.assert_allclose(by_parts, norm.array, rtol=1e-12, atol=1e-14)


def test_numbers_divided_by_the_root_of_their_mean_square_are_the_rms_norm() -> None:
    rng = np.random.default_rng(0)
    x, gain = tensor("token d_model", rng.normal(size=(3, 4))), tensor("d_model", rng.normal(size=4))
    norm = recorder().rms_normalise("norm", x, gain, over="d_model", eps=1e-2)
    root = np.sqrt(opened(norm)["mean_square"].array + 1e-2)[:, None]
    np.testing.assert_allclose(x.array / root * gain.array, norm.array, rtol=1e-14)


@pytest.mark.filterwarnings("error")
def test_a_row_that_sees_nothing_has_exponentials_of_zero_that_sum_to_zero() -> None:
    scores = tensor("query key", np.array([[-np.inf, -np.inf], [1.0, -np.inf]]))
    parts = opened(recorder().softmax("weights", scores, over="key"))
    np.testing.assert_array_equal(parts["maximum"].array, [-np.inf, 1])
    np.testing.assert_array_equal(parts["shifted"].array, [[-np.inf, -np.inf], [0, -np.inf]])
    np.testing.assert_array_equal(parts["exponentials"].array, [[0, 0], [1, 0]])
    np.testing.assert_array_equal(parts["total"].array, [0, 1])


def test_finer_steps_stand_under_the_step_that_they_are_part_of() -> None:
    x = tensor("token d_model", np.ones((2, 3)))
    softmax = recorder().inside("encoder").softmax("weights", x, over="d_model")
    assert [step.path for step in finer_steps(softmax)] == [
        "encoder.weights.maximum",
        "encoder.weights.shifted",
        "encoder.weights.exponentials",
        "encoder.weights.total",
    ]
    gain = bias = tensor("d_model", np.ones(3))
    norm = recorder().inside("encoder").normalise("norm", x, gain, bias, over="d_model", eps=0.1)
    assert [step.path for step in finer_steps(norm)] == [
        "encoder.norm.mean",
        "encoder.norm.centred",
        "encoder.norm.squares",
        "encoder.norm.variance",
    ]


def test_most_steps_and_parameters_have_no_finer_steps() -> None:
    for value in (recorder().exp("hidden", tensor("token", np.ones(2))), tensor("token", np.ones(2), "norm")):
        assert not has_finer(value)
        assert finer_steps(value) == []


def test_finer_steps_are_of_operations_that_there_are() -> None:
    assert PARTS.keys() <= OPERATIONS.keys()


def test_finer_steps_can_be_planned_without_numbers() -> None:
    softmax = recorder().softmax("weights", tensor("query key", np.ones((2, 3))), over="key")
    assert [(step.shape, step.held) for step in finer_steps(softmax, planned=True)] == [
        ((2,), None), ((2, 3), None), ((2, 3), None), ((2,), None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("score", "step", "parts"),
    [
        ("additive", "additive_hidden", ["from_query", "from_key", "sum"]),
        ("general", "scores", ["transformed_query"]),
        ("cosine", "scores", ["query_length", "query_direction", "key_length", "key_direction"]),
    ],
)
def test_a_composed_score_opens_in_its_parts(score: str, step: str, parts: list[str]) -> None:
    trace = run(parse_scenario(f"model: {{score: {score}, heads: 2, kv_heads: 1}}\ninput: {{text: I love my dog}}"))
    whole = trace[f"{ATTENTION}.{step}"]
    assert [part.path for part in finer_steps(whole)] == [f"{whole.path}.{name}" for name in parts]


def test_the_directions_of_queries_and_keys_are_1_long_and_their_product_is_the_score() -> None:
    whole = run(parse_scenario("model: {score: cosine}\ninput: {text: I love my dog}"))[f"{ATTENTION}.scores"]
    _, query, _, key = (part.array for part in finer_steps(whole))
    np.testing.assert_allclose(np.linalg.norm(query, axis=-1), 1, rtol=1e-14)
    np.testing.assert_allclose(np.einsum("hqd,hkd->hqk", query, key), whole.array, rtol=1e-12)


def test_the_gradient_of_a_composed_score_is_told_in_numbers_of_the_run() -> None:
    """No part of it is a constant that leads nowhere, but the 1 in the slope of tanh."""
    for score in ("additive", "general", "cosine"):
        trace = run(parse_scenario(f"model: {{score: {score}}}\ninput: {{text: I love my dog}}\ngradients: {{}}"))
        step = trace[f"grad.{ATTENTION}.q"]
        leaves = [part for part in each_part(arithmetic(step, (0, 1, 2)).expression) if not isinstance(part, Cell)]
        assert all(isinstance(leaf, Number) and leaf.value == 1 for leaf in leaves)


def each_part(part: Expression) -> Iterator[Expression]:
    """The leaves of an expression."""
    if isinstance(part, Apply):
        for argument in part.arguments:
            yield from each_part(argument)
    elif isinstance(part, Reduce):
        yield from each_part(part.body)
    else:
        yield part
