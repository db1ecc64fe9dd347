"""The record of a run, and the one place that appends to it."""

from __future__ import annotations

import numpy as np
import pytest

from attn_explore.model.axes import Axis
from attn_explore.model.config import ModelConfig, filled
from attn_explore.model.recorder import Recorder
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.building import encoded, random_parameters, recorder, tensor


def test_a_step_is_recorded_under_the_block_that_it_was_computed_in() -> None:
    t = recorder().inside("encoder").inside("layers.3")
    t.exp("hidden", tensor("token", np.zeros(1)))
    assert list(t.trace.steps) == ["encoder.layers.3.hidden"]


def test_a_path_cannot_be_computed_twice() -> None:
    t = recorder()
    t.exp("hidden", tensor("token", np.zeros(1)))
    with pytest.raises(ValueError, match="hidden was computed already"):
        t.exp("hidden", tensor("token", np.zeros(1)))


def test_a_parameter_belongs_to_its_block() -> None:
    t = recorder()
    t.trace.add_parameter("ffn.w_1", (Axis("d_model", 1),), np.ones(1))
    assert t.inside("ffn").parameter("w_1") is t.trace["ffn.w_1"]
    assert t.inside("ffn").optional("w_1") is t.trace["ffn.w_1"]


def test_a_parameter_that_a_model_does_without_is_none_where_it_is_optional() -> None:
    t = recorder()
    assert t.optional("b_q") is None
    with pytest.raises(KeyError, match="b_q"):
        t.parameter("b_q")


def test_steps_parameters_and_given_values_are_found_by_their_path() -> None:
    t = recorder()
    t.trace.add_parameter("w", (Axis("token", 1),), np.ones(1))
    t.trace.give("tokens", (Axis("token", 1),), np.zeros(1, np.int64))
    t.exp("hidden", t.parameter("w"))
    assert [t.trace[path].path for path in ("w", "tokens", "hidden")] == ["w", "tokens", "hidden"]
    with pytest.raises(KeyError, match="nowhere"):
        _ = t.trace["nowhere"]


def test_a_listener_hears_of_every_step_in_order_with_its_numbers() -> None:
    heard: list[str] = []

    def listen(value: Value) -> None:
        assert value.held is not None
        heard.append(value.path)

    t = Recorder(Trace(np.dtype(float), on_step=listen))
    t.exp("second", t.exp("first", tensor("token", np.zeros(1))))
    assert heard == ["first", "second"]


def test_the_bytes_of_a_trace_are_those_of_its_parameters_and_steps() -> None:
    config = filled(ModelConfig(layers=2, dtype="float32"))
    trace = encoded(config, random_parameters(config, 3, 0), [0, 1, 2], causal=True)
    assert trace.nbytes == sum(value.array.nbytes for value in (*trace.parameters.values(), *trace.steps.values()))


def test_forgetting_does_not_change_what_a_trace_would_take() -> None:
    config = filled(ModelConfig())
    trace = encoded(config, random_parameters(config, 3, 0), [0, 1, 2])
    before = trace.nbytes
    for value in trace.steps.values():
        value.forget()
    assert trace.nbytes == before


def test_axes_that_an_operation_cannot_give_are_refused_when_they_are_stated() -> None:
    t = Recorder(Trace(np.dtype(float), planned=True))
    with pytest.raises(ValueError, match="no operand has the axis d_v"):
        t.contract("q", "token d_v", tensor("token d_k", np.ones((2, 3))), tensor("d_k d_ff", np.ones((3, 1))))
    with pytest.raises(ValueError, match="axis token is 2 long in one operand and 3 in another"):
        t.add("sum", tensor("token", np.ones(2)), tensor("token", np.ones(3)))
    with pytest.raises(KeyError, match="key"):
        t.sum("total", tensor("token", np.ones(2)), over="key")


def test_elementwise_results_have_the_axes_of_their_operands_in_order_of_appearance() -> None:
    value = recorder().add("r", tensor("query", np.ones(2)), tensor("head query key", np.ones((3, 2, 4))))
    assert value.names == ("query", "head", "key")


def test_a_reduction_lacks_the_axis_that_it_runs_over() -> None:
    assert recorder().mean("r", tensor("head query key", np.ones((2, 3, 4))), over="query").names == ("head", "key")


def test_a_lookup_has_the_axis_of_the_ids_and_that_of_a_row() -> None:
    table, ids = tensor("vocabulary d_model", np.ones((3, 2))), tensor("token", np.array([0, 2, 1, 1]))
    assert recorder().lookup("r", table, ids).names == ("token", "d_model")


def test_numbers_that_were_computed_cannot_be_changed_in_place() -> None:
    """Steps may share their memory: the sum of one term is that term."""
    config = filled(ModelConfig(position="none"))
    trace = encoded(config, random_parameters(config, 3, 1), [0, 1, 2])
    for value in (*trace.steps.values(), *trace.parameters.values(), *trace.given.values()):
        with pytest.raises(ValueError, match="read-only"):
            value.array[...] = 0
