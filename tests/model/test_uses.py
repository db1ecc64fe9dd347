"""Where a number goes: the cells computed from it, against the gradient and against nudging the number itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model.backward import gradients
from attn_explore.model.config import ModelConfig, filled
from attn_explore.model.recorder import Recorder
from attn_explore.model.trace import Trace
from attn_explore.model.uses import uses
from tests.building import SEEDS, configs, encoded, random_parameters, tensor

EVERY = 10**6


@settings(max_examples=40)
@given(config=configs(layers=1, weighting="softmax", d_ff=2), seed=SEEDS, data=st.data())
def test_the_uses_of_a_cell_carry_its_whole_gradient(config: ModelConfig, seed: int, data: st.DataObject) -> None:
    """dL/dcell = Σ dL/duse · ∂use/∂cell: the chain rule, over exactly the cells that are named."""
    trace = encoded(config, random_parameters(config, 3, seed), [0, 2, 1], (False, False, True))
    output = list(trace.steps.values())[-1]
    found = gradients(trace, {output.path: np.random.default_rng(seed).normal(size=output.shape)})
    path = data.draw(st.sampled_from(sorted(found.keys() - {output.path, "tokens"})))
    value = trace[path]
    index = tuple(data.draw(st.integers(0, size - 1)) for size in value.shape)
    used, count = uses(trace, value, index, EVERY)
    assert len(used) == count
    through = sum(found[use.value.path][use.index] * use.derivative for use in used if use.value.path in found)
    largest = max(1.0, np.abs(found[path]).max())
    np.testing.assert_allclose(through, found[path][index], rtol=1e-9, atol=1e-9 * largest)


def products() -> Trace:
    trace = Trace(np.dtype(np.float64))
    t = Recorder(trace)
    a = tensor("row col", np.array([[1.0, -2.0], [3.0, 4.0]]))
    trace.parameters["a"] = a
    t.contract("sums", "row", a, tensor("col", np.array([5.0, -7.0]), "b"))
    t.square("squares", a)
    return trace


def test_the_cells_that_change_most_come_first() -> None:
    trace = products()
    used, count = uses(trace, trace["a"], (0, 1), 10)
    assert [(use.value.path, use.index, use.derivative) for use in used] == [
        ("sums", (0,), -7.0),
        ("squares", (0, 1), -4.0),
    ]
    assert count == 2


def test_the_rest_is_counted() -> None:
    trace = products()
    used, count = uses(trace, trace["a"], (0, 1), 1)
    assert [use.value.path for use in used] == ["sums"]
    assert count == 2


def test_what_does_not_change_is_no_use() -> None:
    trace = Trace(np.dtype(np.float64))
    x = tensor("col", np.array([-1.0, 2.0]))
    trace.parameters["x"] = x
    Recorder(trace).activation("hidden", "relu", x)
    assert uses(trace, x, (0,), 9) == ([], 0)
    assert uses(trace, x, (1,), 9)[1] == 1


def test_a_number_that_enters_twice_counts_both() -> None:
    trace = Trace(np.dtype(np.float64))
    x = tensor("col", np.array([3.0]))
    trace.parameters["x"] = x
    Recorder(trace).multiply("square", x, x)
    used, _ = uses(trace, x, (0,), 9)
    assert used[0].derivative == pytest.approx(6)


def test_token_ids_and_the_last_step_lead_nowhere() -> None:
    config = filled(ModelConfig())
    trace = encoded(config, random_parameters(config, 3, 1), [0, 1])
    assert uses(trace, trace["tokens"], (0,), 9) == ([], 0)
    assert uses(trace, list(trace.steps.values())[-1], (0, 0), 9) == ([], 0)
