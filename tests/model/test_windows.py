"""Parts of values that are computed alone, and runs whose largest values are never whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model import keeping, values
from attn_explore.model.axes import Array, Axis, index_of
from attn_explore.model.changes import Change, changed
from attn_explore.model.config import ModelConfig, filled
from attn_explore.model.explain import arithmetic, bad_number_in
from attn_explore.model.keeping import STREAM, Keeper
from attn_explore.model.layers import cross_entropy
from attn_explore.model.recorder import Recorder
from attn_explore.model.sources import part_of
from attn_explore.model.trace import Trace
from attn_explore.model.uses import uses
from attn_explore.model.values import Value
from attn_explore.model.windows import Parts
from tests.building import SEEDS, InFile, configs, encoded, ran, random_parameters, tensor
from tests.operation_cases import ALL_DIFFERENT, Bench, Case, each_case

IDS = [0, 2, 1, 0, 2, 1]
WHOLE = Parts(2**40)

ROUNDED = frozenset({"contract", "additive", "bilinear", "cosine"})
"""Products of matrices: the last bit depends on how many rows and columns there are."""


def slices(size: int) -> st.SearchStrategy[slice]:
    """Some places in a row of so many, at least one."""
    return st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).map(lambda at: slice(min(at), max(at) + 1))


def assert_same(found: Array, expected: Array, *, exactly: bool) -> None:
    assert found.shape == expected.shape
    if exactly:
        assert found.tobytes() == expected.tobytes()
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


# --- a window of a value is a part of it


@each_case
@settings(max_examples=15)
@given(seed=SEEDS, data=st.data())
def test_a_window_has_the_numbers_that_the_whole_has(case: Case, seed: int, data: st.DataObject) -> None:
    value = case(Bench(np.random.default_rng(seed), ALL_DIFFERENT))
    names = data.draw(st.sets(st.sampled_from(value.names)) if value.names else st.just(set()))
    where = {name: data.draw(slices(value.axis(name).size)) for name in sorted(names)}
    expected = value.array[index_of(value.axes, where)]
    assert_same(WHOLE.window(value, where), expected, exactly=value.made_by.name not in ROUNDED)
    np.testing.assert_array_equal(value.window(**where), expected)


@each_case
def test_the_axes_along_which_cells_do_not_know_each_other_are_axes_of_the_result(case: Case) -> None:
    value = case(Bench(np.random.default_rng(0), ALL_DIFFERENT))
    assert set(value.made_by.each(value)) <= set(value.names)


def test_a_window_is_made_of_windows_of_the_operands() -> None:
    bench = Bench(np.random.default_rng(0), ALL_DIFFERENT)
    x, w = bench.normal("token d_model"), bench.normal("d_model vocabulary")
    logits = bench.t.contract("logits", "token vocabulary", x, w)
    spoilt = np.full(x.shape, np.nan)
    spoilt[1] = x.array[1]
    x.held = spoilt
    assert_same(WHOLE.window(logits, {"token": slice(1, 2)}), logits.array[1:2], exactly=False)


def test_an_unknown_axis_has_no_window() -> None:
    with pytest.raises(KeyError, match="head"):
        tensor("token", np.zeros(3)).window(head=slice(1))


def test_a_window_of_a_view_goes_by_its_names() -> None:
    value = tensor("token d_model", np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(value.renamed(token="key").window(key=slice(1, 2)), value.array[1:2])
    keys = value.repeated("token", 2)
    np.testing.assert_array_equal(keys.window(token=slice(1, 3)), value.array[[0, 1]])


CHANGES = st.builds(
    Change,
    st.tuples(st.integers(0, 3) | st.just(slice(None)), st.integers(0, 4) | st.just(slice(None)))
    | st.tuples(st.integers(0, 3)),
    put=st.none() | st.floats(-2, 2) | st.just(np.arange(60.0).reshape(4, 5, 3)),
    factor=st.sampled_from([2.0, 0.0]),
)


@given(st.lists(CHANGES, max_size=3), st.tuples(slices(4), slices(5), slices(3)))
def test_an_edit_of_a_window_is_the_window_of_an_edit(changes: list[Change], window: tuple[slice, ...]) -> None:
    array = np.random.default_rng(0).normal(size=(4, 5, 3))
    inner = [part for change in changes if (part := change.within(window, array.shape)) is not None]
    np.testing.assert_array_equal(changed(array[window], inner), changed(array, changes)[window])


# --- what is stored


@given(st.tuples(slices(4), slices(5), slices(3)))
def test_a_part_of_a_source_is_a_part_of_its_numbers(window: tuple[slice, ...]) -> None:
    array = np.arange(60.0).reshape(4, 5, 3)
    np.testing.assert_array_equal(part_of(InFile(array), window), array[window])


def test_of_a_large_stored_table_only_the_rows_of_a_window_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SMALL", 64)
    trace = Trace(np.dtype("float64"), keeper=Keeper(256))
    source, change = InFile(np.arange(40.0).reshape(10, 4)), Change((3, 1), put=0.5)
    trace.changes = {"table": (change,)}
    trace.add_parameter("table", (Axis("vocabulary", 10), Axis("d_model", 4)), source)
    window = trace.parameters["table"].window(vocabulary=slice(2, 4), d_model=slice(1, 3))
    np.testing.assert_array_equal(window, [[9, 10], [0.5, 14]])
    assert (source.rows_read, trace.parameters["table"].held) == (2, None)


# --- runs of which the largest values are never whole


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values may be as small as one likes and still be too large."""
    monkeypatch.setattr(keeping, "SMALL", 0)


@settings(max_examples=15)
@given(config=configs(weighting="softmax"), seed=SEEDS, limit=st.integers(100, 3000), data=st.data())
def test_whatever_is_too_large_the_numbers_are_the_same(
    config: ModelConfig, seed: int, limit: int, data: st.DataObject
) -> None:
    parameters = random_parameters(config, 3, seed)
    whole = encoded(config, parameters, IDS, causal=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "SMALL", 0)
        kept = encoded(config, parameters, IDS, causal=True, keeper=Keeper(limit))
        for path in data.draw(st.permutations(list(whole.steps))):
            value = kept[path]
            where = {axis.name: data.draw(slices(axis.size)) for axis in value.axes[:1]}
            expected = whole[path].array
            scale = max(1.0, float(np.abs(expected[np.isfinite(expected)]).max(initial=0)))
            np.testing.assert_allclose(value.window(**where), expected[index_of(value.axes, where)], atol=1e-9 * scale)
            np.testing.assert_allclose(value.array, expected, atol=1e-9 * scale)


def decoder(keeper: Keeper | None, words: int = 50) -> Trace:
    config = filled(
        ModelConfig(kind="decoder", d_model=4, heads=2, d_ff=4, head="vocabulary", norm_order="pre", final_norm=True)
    )
    trace = ran(config, random_parameters(config, words, 0), None, IDS, keeper=keeper)
    t = Recorder(trace)
    t.last("candidates", trace.steps["probabilities"])
    target = trace.give("target", (Axis("token", len(IDS)),), np.array(IDS))
    share = trace.give("share", (Axis("token", len(IDS)),), np.full(len(IDS), 1 / len(IDS)))
    cross_entropy(t, trace.steps["logits"], target, share)
    return trace


@pytest.mark.usefixtures("small")
def test_logits_are_never_whole_unless_somebody_asks_for_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = decoder(None)
    sizes: list[int] = []
    made = Value.made

    def counted(value: Value) -> Array:
        sizes.append(value.nbytes if not value.is_leaf else 0)
        return made(value)

    monkeypatch.setattr(Value, "made", counted)
    trace = decoder(Keeper(4 * 1200))
    logits = trace["logits"]
    assert logits.nbytes > 1200 >= max(sizes)
    for path in ("candidates", "loss_per_token", "loss"):
        np.testing.assert_allclose(trace[path].array, whole[path].array, rtol=1e-12)
    np.testing.assert_allclose(logits.window(token=slice(2, 3)), whole["logits"].array[2:3], rtol=1e-12)
    np.testing.assert_allclose(
        trace["probabilities"].window(token=slice(5, 6), vocabulary=slice(10, 20)),
        whole["probabilities"].array[5:6, 10:20],
        rtol=1e-12,
    )
    assert max(sizes) <= 1200
    np.testing.assert_allclose(logits.array, whole["logits"].array, rtol=1e-12)
    assert max(sizes) == logits.nbytes


@pytest.mark.usefixtures("small")
def test_what_stands_at_the_last_word_is_computed_of_that_word_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not of all words again for each part of the vocabulary."""
    trace = decoder(Keeper(4 * 1200))
    trace["candidates"].forget()
    computed: list[int] = []
    made = Value.made
    monkeypatch.setattr(
        Value, "made", lambda value: computed.append(value.nbytes if value.path == "logits" else 0) or made(value)
    )
    expected = decoder(None)["candidates"].array
    computed.clear()
    np.testing.assert_allclose(trace["candidates"].array, expected, rtol=1e-12)
    assert sum(computed) == expected.nbytes


@pytest.mark.usefixtures("small")
def test_a_head_at_a_time_gives_the_bits_that_all_heads_together_give() -> None:
    config = filled(ModelConfig(d_model=8, heads=4, d_ff=4, norm_order="pre", layers=2))
    parameters = random_parameters(config, 3, 0)
    ids = IDS * 4
    whole, kept = encoded(config, parameters, ids), encoded(config, parameters, ids, keeper=Keeper(4 * 5000))
    maps = [value for value in kept.steps.values() if value.nbytes > 5000 and value.name not in STREAM]
    assert {value.name for value in maps} == {"scores", "scaled_scores", "weights"}
    assert all(value.held is None for value in maps)
    for path, value in whole.steps.items():
        if kept[path] not in maps:
            assert kept[path].array.tobytes() == value.array.tobytes(), path


@pytest.mark.usefixtures("small")
def test_what_is_forgotten_on_the_way_to_a_window_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    config = filled(ModelConfig(d_model=8, heads=4, d_ff=4, norm_order="pre", layers=2))
    trace = encoded(config, random_parameters(config, 3, 0), IDS * 4, keeper=Keeper(4 * 5000))
    for value in trace.steps.values():
        if value.name not in STREAM:
            value.forget()
    paths: list[str] = []
    made = Value.made
    monkeypatch.setattr(Value, "made", lambda value: paths.append(value.path) or made(value))
    weights = "encoder.layers.1.self_attention.weights"
    assert trace[weights].window(head=slice(1, 2)).shape == (1, 24, 24)
    assert sorted(path.rpartition(".")[2] for path in paths if path in trace.steps) == sorted(
        ["norm", "q", "k", "scores", "scaled_scores", "weights"]
    )


@pytest.mark.usefixtures("small")
def test_a_number_of_what_is_never_whole_is_read_explained_and_followed_alone() -> None:
    whole, trace = decoder(None), decoder(Keeper(4 * 1200))
    logits, expected = trace["logits"], whole["logits"].array
    np.testing.assert_allclose(logits[2, 7], expected[2, 7], rtol=1e-12)
    np.testing.assert_allclose(logits[2], expected[2], rtol=1e-12)
    np.testing.assert_allclose(logits[1:3, -1], expected[1:3, -1], rtol=1e-12)
    explained = arithmetic(logits, (2, 7))
    assert explained.number == pytest.approx(explained.evaluate.number(explained.expression), rel=1e-12)
    for path, index in (("decoder.final_norm", (2, 1)), ("head.w", (1, 7))):
        found, count = uses(trace, trace[path], index, 60)
        wanted, of = uses(whole, whole[path], index, 60)
        known = {(use.value.path, use.index): use.derivative for use in wanted}
        assert {(use.value.path, use.index): use.derivative for use in found} == pytest.approx(known)
        assert count == of
    assert logits.held is None


@pytest.mark.usefixtures("small")
def test_a_bad_number_is_found_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "PIECE", 1000)
    trace = decoder(Keeper(4 * 1200))
    logits = trace["logits"]
    assert len(list(logits.pieces())) == 3
    assert bad_number_in(logits, is_edited=False) is None
    logits.changes = (Change((5, 3), put=np.inf), Change((5, 2), put=-np.inf))
    assert bad_number_in(logits, is_edited=True) == (5, 3)
    assert bad_number_in(logits, is_edited=False) == (5, 2)
    assert logits.held is None


def test_a_window_has_no_gaps() -> None:
    with pytest.raises(ValueError, match="all places from one to another"):
        tensor("token", np.zeros(5)).window(token=slice(0, 5, 2))
