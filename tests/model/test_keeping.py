"""What a keeper holds, what it forgets, and that all of it comes back."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model import buffers
from attn_explore.model.axes import Axis
from attn_explore.model.config import ModelConfig, filled
from attn_explore.model.keeping import Keeper
from attn_explore.model.ops import blocks
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.building import SEEDS, InFile, configs, encoded, random_parameters, recorder

IDS = [0, 2, 1, 0, 2]


def values_of(trace: Trace) -> list[Value]:
    return [*trace.parameters.values(), *trace.steps.values()]


def held_bytes(trace: Trace) -> int:
    return sum(value.held.nbytes for value in values_of(trace) if value.held is not None)


@settings(max_examples=60)
@given(config=configs(), seed=SEEDS, limit=st.integers(0, 4000), data=st.data())
def test_whatever_the_limit_is_every_value_comes_back_with_its_bits(
    config: ModelConfig, seed: int, limit: int, data: st.DataObject
) -> None:
    parameters = random_parameters(config, 3, seed)
    whole = encoded(config, parameters, IDS, causal=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buffers, "SMALLEST", 0)
        patch.setattr(blocks, "LARGE", 8)
        patch.setattr(blocks, "BLOCK", 8)
        kept = encoded(config, parameters, IDS, causal=True, keeper=Keeper(limit))
        for path in data.draw(st.permutations([value.path for value in values_of(whole)])):
            assert kept[path].array.tobytes() == whole[path].array.tobytes(), path


@settings(max_examples=40)
@given(config=configs(), seed=SEEDS, limit=st.integers(0, 4000), data=st.data())
def test_what_is_held_is_no_more_than_the_limit_beside_the_newest(
    config: ModelConfig, seed: int, limit: int, data: st.DataObject
) -> None:
    keeper = Keeper(limit)
    trace = encoded(config, random_parameters(config, 3, seed), IDS, keeper=keeper)
    largest = max(value.nbytes for value in values_of(trace))
    for value in data.draw(st.lists(st.sampled_from(values_of(trace)), max_size=10)):
        assert held_bytes(trace) == keeper.nbytes <= limit + largest
        _ = value.array


def deep(layers: int, keeper: Keeper | None = None) -> Trace:
    config = filled(ModelConfig(d_model=8, heads=2, d_ff=16, layers=layers, norm_order="pre"))
    return encoded(config, random_parameters(config, 3, 0), IDS, keeper=keeper)


def test_a_step_comes_back_from_the_residual_stream_and_not_from_the_layers_below(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = sum(value.nbytes for value in deep(6).steps.values() if value.name in ("input", "residual"))
    trace = deep(6, Keeper(stream + 1500))
    computed: list[str] = []
    made = Value.made
    monkeypatch.setattr(Value, "made", lambda value: computed.append(value.path) or made(value))
    weights = trace["encoder.layers.2.self_attention.weights"]
    assert weights.held is None
    _ = weights.array
    names = ("norm", "q", "k", "scores", "scaled_scores", "weights")
    steps = [path for path in computed if path in trace.steps]
    assert sorted(steps) == sorted(f"encoder.layers.2.self_attention.{name}" for name in names)


def test_what_was_used_last_is_forgotten_last() -> None:
    t = recorder(keeper=Keeper(3 * 8))
    leaf = t.trace.give("x", (Axis("token", 1),), np.ones(1))
    first, second, third = (t.exp(name, leaf) for name in ("first", "second", "third"))
    _ = first.array
    t.exp("fourth", leaf)
    assert [value.held is None for value in (first, second, third)] == [False, True, False]


def test_parameters_go_before_what_was_computed_but_for_a_quarter_of_the_limit() -> None:
    t = recorder(keeper=Keeper(8 * 8))
    leaf = t.trace.give("x", (Axis("token", 1),), np.ones(1))
    for name in "abcdefghij":
        t.trace.add_parameter(name, (Axis("token", 1),), InFile(np.ones(1)))
    first, second = t.exp("first", leaf), t.exp("second", leaf)
    for parameter in t.trace.parameters.values():
        _ = parameter.array
    assert [value.path for value in t.trace.parameters.values() if value.held is not None] == list("efghij")
    assert first.held is not None
    assert second.held is not None
    later = [t.exp(f"later_{place}", leaf) for place in range(6)]
    assert [value.path for value in t.trace.parameters.values() if value.held is not None] == ["i", "j"]
    assert [value.held is not None for value in (first, second, *later)] == [False, False, *6 * [True]]


def test_of_values_that_may_be_forgotten_one_whose_memory_serves_the_next_goes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(buffers, "SMALLEST", 0)
    monkeypatch.setattr(blocks, "LARGE", 0)
    t = recorder(keeper=Keeper(3 * 8))
    short, long = (t.trace.give("x", (Axis("head", 1), Axis("token", size)), np.ones((1, size))) for size in (1, 2))
    other, alike = t.exp("other", short), t.exp("alike", long)
    place = alike.array.ctypes.data
    newest = t.exp("newest", long)
    assert [value.held is None for value in (other, alike)] == [False, True]
    assert newest.array.ctypes.data == place


def test_what_was_used_last_is_not_forgotten_for_its_memory() -> None:
    t = recorder(keeper=Keeper(5 * 8))
    short, long = (t.trace.give("x", (Axis("head", 1), Axis("token", size)), np.ones((1, size))) for size in (1, 2))
    first, second, last = t.exp("first", long), t.exp("second", long), t.exp("last", short)
    keeper = first.keeper
    assert keeper is not None
    keeper.room(last)
    assert [value.held is None for value in (first, second, last)] == [True, False, False]


def test_what_the_next_pass_takes_over_is_kept_until_it_has() -> None:
    t = recorder(keeper=Keeper(4 * 8))
    leaf, tokens = t.trace.give("x", (Axis("token", 1),), np.ones(1)), [Axis("token", size) for size in (2, 3)]
    first = t.taken_over("all_keys", leaf, t.exp("k", leaf), tokens[0])
    for name in ("other", "another", "third"):
        t.exp(name, leaf)
    assert first.held is not None
    later = t.taken_over("generated.2.all_keys", first, leaf, tokens[1])
    t.exp("fourth", leaf)
    assert (first.held is None, later.held is None) == (True, False)


def test_the_residual_stream_is_forgotten_after_everything_else() -> None:
    t = recorder(keeper=Keeper(2 * 8))
    leaf = t.trace.give("x", (Axis("token", 1),), np.ones(1))
    stream, other = t.add("residual", leaf, leaf), t.exp("other", leaf)
    t.exp("third", leaf)
    assert (stream.held is None, other.held is None) == (False, True)
    t.add("layers.1.residual", leaf, leaf)
    t.add("layers.2.residual", leaf, leaf)
    assert stream.held is None


def test_what_is_kept_of_a_part_does_not_keep_the_whole() -> None:
    t = recorder(keeper=Keeper(8))
    leaf = t.trace.give("x", (Axis("token", 50),), np.ones(50))
    last = t.last("last", t.exp("all", leaf))
    base = last.array.base
    assert base is not None
    assert base.nbytes == 8


def test_a_forgotten_value_is_no_longer_counted() -> None:
    keeper = Keeper()
    t = recorder(keeper=keeper)
    value = t.exp("r", t.trace.give("x", (Axis("token", 3),), np.ones(3)))
    assert keeper.nbytes == 24
    value.forget()
    value.forget()
    assert (value.held, keeper.nbytes) == (None, 0)


def test_a_parameter_that_cannot_be_read_leaves_the_others_as_they_were() -> None:
    class Gone(InFile):
        def rows(self, start: int, stop: int) -> np.ndarray:
            raise OSError("the file is gone")

    keeper = Keeper(0)
    t = recorder(keeper=keeper)
    for name, source in (("w", InFile), ("lost", Gone)):
        t.trace.add_parameter(name, (Axis("d_model", 3),), source(np.ones(3)))
    w, lost = t.parameter("w"), t.parameter("lost")
    square = t.square("square", w)
    with pytest.raises(OSError, match="gone"):
        t.contract("r", "", square, lost)
    _ = w.array
    assert square.held is None
    assert keeper.nbytes == w.nbytes


def test_gradients_that_bring_their_numbers_are_kept_like_other_values() -> None:
    keeper = Keeper(8)
    t = recorder(keeper=keeper)
    leaf = t.trace.give("x", (Axis("token", 1),), np.ones(1))
    value = t.square("square", leaf)
    brought = Value("grad.square", value.axes, value.dtype, value.operation, value.operands, held=np.ones(1))
    t.trace.append(brought)
    assert (value.held is None, keeper.nbytes) == (True, 8)


def test_several_threads_may_ask_at_once() -> None:
    whole, kept = deep(3), deep(3, Keeper(3000))
    paths = [value.path for value in values_of(whole)] * 4
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda path: kept[path].array.tobytes(), paths[::3] + paths[::-1]))
    assert found == [whole[path].array.tobytes() for path in paths[::3] + paths[::-1]]


def test_a_deep_model_of_which_nothing_is_held_comes_back() -> None:
    layers = 30
    whole, kept = deep(layers), deep(layers, Keeper(0))
    end = list(whole.steps)[-1]
    for value in kept.steps.values():
        value.forget()
    assert kept[end].array.tobytes() == whole[end].array.tobytes()
    assert math.isfinite(float(whole[end].array.sum()))
