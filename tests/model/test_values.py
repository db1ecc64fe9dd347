"""Values and views of them: forgetting, computing again, and reading under other axes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.axes import Axis, merged
from attn_explore.model.config import ModelConfig, filled
from attn_explore.model.recorder import Recorder
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, as_view
from tests.building import SEEDS, configs, encoded, random_parameters, recorder, tensor


@given(config=configs(), seed=SEEDS, data=st.data())
def test_a_forgotten_value_comes_back_with_the_same_bits(config: ModelConfig, seed: int, data: st.DataObject) -> None:
    trace = encoded(config, random_parameters(config, 3, seed), [0, 2, 1, 0], causal=True)
    before = {path: value.array.tobytes() for path, value in trace.steps.items()}
    forgotten = data.draw(st.lists(st.sampled_from(list(trace.steps.values())), min_size=1))
    for value in forgotten:
        value.forget()
    assert all(value.held is None and not value.is_planned for value in forgotten)
    assert {path: value.array.tobytes() for path, value in trace.steps.items()} == before


def test_parameters_and_given_values_are_never_forgotten() -> None:
    config = filled(ModelConfig())
    trace = encoded(config, random_parameters(config, 3, 0), [0, 1])
    for value in (*trace.parameters.values(), *trace.given.values()):
        value.forget()
        assert value.held is not None


def test_everything_can_be_forgotten_however_deep_the_model_is() -> None:
    config = filled(ModelConfig(d_model=2, d_ff=1, layers=100))
    trace = encoded(config, random_parameters(config, 1, 0), [0])
    *_, end = trace.steps.values()
    before = end.array.tobytes()
    for value in trace.steps.values():
        value.forget()
    assert end.array.tobytes() == before


def test_a_value_that_is_held_is_not_computed_again() -> None:
    t = recorder()
    first = t.exp("first", tensor("token", np.zeros(2)))
    second = t.exp("second", first)
    first.forget()
    assert second.array is second.held
    assert first.held is None


def test_a_planned_value_has_a_size_and_no_numbers() -> None:
    t = Recorder(Trace(np.dtype("float32"), planned=True))
    leaf = Value("leaf", (Axis("token", 10**9), Axis("d_model", 10**9)), np.dtype("float32"))
    value = t.exp("planned", t.exp("before", leaf))
    assert value.nbytes == 4 * 10**18
    assert value.is_planned
    with pytest.raises(LookupError, match="leaf has no numbers"):
        _ = value.array


def test_only_what_was_computed_has_an_operation() -> None:
    with pytest.raises(LookupError, match="leaf was not computed"):
        _ = tensor("token", np.zeros(2), "leaf").made_by


@pytest.mark.filterwarnings("error")
def test_an_overflow_is_shown_and_not_warned_of() -> None:
    assert recorder().exp("r", tensor("token", np.array([1e4]))).array[0] == np.inf


def test_a_view_has_the_names_that_it_was_given() -> None:
    view = tensor("token d_model", np.zeros((2, 3)), "encoder.x").renamed(token="key")
    assert (view.names, view.shape, view.path) == (("key", "d_model"), (2, 3), "encoder.x")


def test_a_view_costs_nothing() -> None:
    value = tensor("token d_model", np.zeros((2, 3)))
    assert np.shares_memory(value.renamed(token="key").array, value.array)


@pytest.mark.parametrize("change", [lambda value: value.renamed(head="key"), lambda value: value.split("head")])
def test_an_axis_that_is_not_there_cannot_be_renamed_or_split(change: Callable[[Value], Value]) -> None:
    with pytest.raises(KeyError, match="head"):
        change(tensor("token", np.zeros(2)))


def test_an_axis_without_parts_cannot_be_split() -> None:
    with pytest.raises(ValueError, match="axis token has no parts"):
        tensor("token", np.zeros(2)).split("token")


def test_a_view_of_a_view_is_a_view_of_the_value() -> None:
    value = tensor("token d_model", np.zeros((2, 3)))
    assert value.renamed(token="query").renamed(query="key").value is value
    assert as_view(value).value is value


@given(st.lists(st.integers(1, 3), min_size=4, max_size=4), st.data())
def test_a_cell_of_a_view_is_found_in_the_value(size: list[int], data: st.DataObject) -> None:
    token, head, d_k, last = (Axis(name, n) for name, n in zip(("token", "head", "d_k", "key"), size, strict=True))
    axes = data.draw(st.permutations([token, merged([head, d_k]), last]))
    shape = [axis.size for axis in axes]
    value = Value("value", tuple(axes), np.dtype(float), held=np.arange(math.prod(shape)).reshape(shape))
    view = value.split("head·d_k").renamed(token="query")
    index = tuple(data.draw(st.integers(0, axis.size - 1)) for axis in view.axes)
    assert view.array[index] == value.array[view.source_index(index)]


def test_the_parts_of_a_split_axis_stand_where_it_stood() -> None:
    whole = merged([Axis("head", 2), Axis("d_k", 3)])
    value = Value("w_q", (Axis("d_model", 1), whole), np.dtype(float), held=np.arange(6.0).reshape(1, 6))
    assert value.split("head·d_k").names == ("d_model", "head", "d_k")
    np.testing.assert_array_equal(value.split("head·d_k").array, [[[0, 1, 2], [3, 4, 5]]])


def test_each_repeated_cell_stands_behind_the_one_that_it_repeats() -> None:
    keys = tensor("head key", np.array([[1.0, 2.0], [3.0, 4.0]]), "k").repeated("head", 2)
    assert keys.shape == (4, 2)
    np.testing.assert_array_equal(keys.array, [[1, 2], [1, 2], [3, 4], [3, 4]])
    assert [keys.source_index((head, 1)) for head in range(4)] == [(0, 1), (0, 1), (1, 1), (1, 1)]


def test_what_is_repeated_once_is_not_repeated_or_split_again() -> None:
    keys = tensor("head key", np.zeros((2, 2))).repeated("head", 2)
    with pytest.raises(ValueError, match="repeated"):
        keys.repeated("head", 2)
    with pytest.raises(ValueError, match="repeated"):
        keys.split("head")


@given(st.lists(st.integers(1, 3), min_size=3, max_size=3), st.integers(1, 3), SEEDS)
def test_a_gradient_carried_back_is_the_adjoint_of_the_view(size: list[int], times: int, seed: int) -> None:
    """⟨gradient, view(x)⟩ = ⟨carried back, x⟩ for every x: what was repeated is summed."""
    rng = np.random.default_rng(seed)
    value = tensor("head token d_k", rng.normal(size=size))
    view = value.renamed(token="key").repeated("head", times)
    gradient = rng.normal(size=view.shape)
    carried = view.carried_back(gradient)
    assert carried.shape == value.shape
    np.testing.assert_allclose(np.sum(gradient * view.array), np.sum(carried * value.array), rtol=1e-12, atol=1e-12)


def test_the_name_of_a_value_is_the_last_part_of_its_path() -> None:
    assert tensor("token", np.zeros(1), "encoder.layers.0.self_attention.weights").name == "weights"
