"""What-if edits: what they put where, what follows from them, and what they do to gradients."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model.backward import gradients
from attn_explore.model.memory import memory_needed
from attn_explore.model.problems import Problem
from attn_explore.model.run import plan, run
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.trace import Trace
from attn_explore.model.traces.export import WRITERS
from attn_explore.model.traces.reading import read_trace
from tests.building import SEEDS

A = "encoder.layers.0.self_attention"
MODEL = "model: {heads: 2, layers: 2, kv_heads: 1}\ninput: {text: I love my dog}"


def scenario(*edits: str, more: str = "") -> Scenario:
    listed = "".join(f"\n  - {{ {edit} }}" for edit in edits)
    return parse_scenario(f"{MODEL}{more}\nedits:{listed or ' []'}")


def pair(*edits: str, more: str = "") -> tuple[Trace, Trace]:
    """The run without the edits, and with them."""
    made = scenario(*edits, more=more)
    return run(replace(made, edits=())), run(made)


# --- what is put where


def test_a_number_is_put_at_a_cell_and_what_follows_is_computed_from_it() -> None:
    plain, changed = pair(f"at: {A}.weights, index: [0, 1, 3], set: 0.25")
    expected = plain[f"{A}.weights"].array.copy()
    expected[0, 1, 3] = 0.25
    np.testing.assert_array_equal(changed[f"{A}.weights"].array, expected)
    values = np.repeat(changed[f"{A}.v"].array, 2, axis=0)
    np.testing.assert_allclose(changed[f"{A}.head_output"].array, expected @ values, rtol=1e-12)
    paths = list(plain.steps)
    later = paths[paths.index(f"{A}.head_output") :]
    assert all(not np.array_equal(plain[path].array, changed[path].array) for path in later if "mask" not in path)


def test_what_comes_before_an_edit_is_as_it_was() -> None:
    plain, changed = pair(f"at: {A}.weights, index: [0, 1, 3], set: 0.25")
    for path in list(plain.steps)[: list(plain.steps).index(f"{A}.weights")]:
        np.testing.assert_array_equal(plain[path].array, changed[path].array)


@pytest.mark.parametrize(
    ("edit", "where", "expected"),
    [
        ("index: [1], zero: true", np.s_[1], 0),
        ("index: [0, all, 2], set: -1.5", np.s_[0, :, 2], -1.5),
        ("zero: true", np.s_[...], 0),
        ("index: [all, 3], knock_out: true", np.s_[:, 3], -np.inf),
    ],
)
def test_rows_columns_and_heads_are_put(edit: str, where: tuple[slice, ...], expected: float) -> None:
    plain, changed = pair(f"at: {A}.scaled_scores, {edit}")
    found = changed[f"{A}.scaled_scores"].array
    assert np.all(found[where] == expected)
    others = np.ones(found.shape, bool)
    others[where] = False
    np.testing.assert_array_equal(found[others], plain[f"{A}.scaled_scores"].array[others])


def test_a_key_that_is_knocked_out_has_no_weight() -> None:
    _, changed = pair(f"at: {A}.scaled_scores, index: [all, all, 1], knock_out: true")
    weights = changed[f"{A}.weights"].array
    assert np.all(weights[..., 1] == 0)
    np.testing.assert_allclose(weights.sum(axis=-1), 1)


def test_scaling_multiplies_what_is_there_and_edits_are_made_in_their_order() -> None:
    plain, changed = pair(f"at: {A}.q, scale: 2", f"at: {A}.q, index: [0, 0, 0], set: 7", f"at: {A}.q, scale: 0.5")
    expected = plain[f"{A}.q"].array.copy()
    expected[0, 0, 0] = 3.5
    np.testing.assert_array_equal(changed[f"{A}.q"].array, expected)


def test_what_is_frozen_stays_whatever_is_edited_before_it() -> None:
    plain, changed = pair(f"at: {A}.scores, zero: true", f"at: {A}.weights, index: [1], freeze: true")
    np.testing.assert_array_equal(changed[f"{A}.weights"].array[1], plain[f"{A}.weights"].array[1])
    np.testing.assert_allclose(changed[f"{A}.weights"].array[0], 0.25)


def test_numbers_of_the_second_run_are_swapped_in() -> None:
    more = "\ncompare: {model: {score: dot}}"
    made = scenario(f"at: {A}.weights, index: [0], swap: true", more=more)
    second_scenario = made.second()
    assert second_scenario is not None
    assert second_scenario.edits == ()
    second, plain = run(second_scenario), run(replace(made, edits=()))
    changed = run(made, second=second)
    np.testing.assert_array_equal(changed[f"{A}.weights"].array[0], second[f"{A}.weights"].array[0])
    np.testing.assert_array_equal(changed[f"{A}.weights"].array[1], plain[f"{A}.weights"].array[1])


def test_a_parameter_is_edited_like_a_step() -> None:
    plain, changed = pair(f"at: {A}.w_q, index: [all, 0], zero: true")
    assert np.all(changed[f"{A}.w_q"].array[:, 0] == 0)
    np.testing.assert_array_equal(changed[f"{A}.w_q"].array[:, 1:], plain[f"{A}.w_q"].array[:, 1:])
    assert np.all(changed[f"{A}.q"].array[0, :, 0] == 0)


def test_an_edited_candidate_is_chosen() -> None:
    generating = """
model: {kind: decoder, head: vocabulary, classes: [x, y]}
input: {text: a, max_new_tokens: 2}
edits: [{at: candidates, index: [INDEX], set: 2}]
"""
    for word, index in (("x", 0), ("y", 1), ("a", 2)):
        written = run(parse_scenario(generating.replace("INDEX", str(index)))).tokens["decoder"]
        assert written is not None
        assert written[1] == word


# --- what is refused


@pytest.mark.parametrize(
    ("edit", "what", "hint"),
    [
        (f"at: {A}.weight, zero: true", f"the run has no step or parameter {A}.weight", f"did you mean {A}.weights?"),
        ("at: weights, zero: true", "the run has no step or parameter weights", f"did you mean {A}.weights?"),
        (f"at: {A}.q, index: [0, 1, 2, 0], zero: true", "4 indices for the 3 axes", "its axes are head, token, d_k"),
        (f"at: {A}.q, index: [2], zero: true", "there is no 2 along head, which has 2", "count from 0 to 1"),
        (f"at: {A}.q, index: [all, 4], zero: true", "there is no 4 along token", "count from 0 to 3; there are I"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused_where_it_stands(edit: str, what: str, hint: str) -> None:
    made = scenario(f"at: {A}.k, zero: true", edit)
    for computed in (run, plan):
        with pytest.raises(Problem) as refused:
            computed(made)
        assert refused.value.what.startswith(what)
        assert refused.value.hint.startswith(hint)
        assert refused.value.line == 5


def test_a_word_that_is_never_generated_cannot_be_edited() -> None:
    made = parse_scenario("""
model: {kind: encoder-decoder, head: vocabulary, classes: [x], weights: {set: {head.b: [0, 99, 0]}}}
input: {text: a, max_new_tokens: 3}
edits: [{at: generated.2.candidates, zero: true}]
""")
    with pytest.raises(Problem, match="ended before generated"):
        run(made)


def test_a_step_that_the_second_run_lacks_cannot_be_swapped_in() -> None:
    made = scenario(f"at: {A}.scaled_scores, swap: true", more="\ncompare: {model: {score: dot}}")
    second = made.second()
    assert second is not None
    with pytest.raises(Problem, match="the second run has no"):
        run(made, second=run(second))


# --- running again from there


EDITS = st.lists(
    st.builds(
        Edit,
        at=st.sampled_from([f"{A}.{name}" for name in ("q", "scores", "weights", "output", "w_v")] + ["encoder.input"]),
        index=st.lists(st.integers(0, 0) | st.just("all"), max_size=2).map(tuple),
        set=st.floats(-2, 2),
    ),
    max_size=3,
)


@settings(max_examples=50)
@given(first=EDITS, second=EDITS)
def test_running_again_from_a_run_gives_the_same_bits(first: list[Edit], second: list[Edit]) -> None:
    plain = parse_scenario(MODEL)
    before = run(replace(plain, edits=tuple(first)))
    wanted = replace(plain, edits=tuple(second))
    again, fresh = run(wanted, before=before), run(wanted)
    assert list(again.steps) == list(fresh.steps)
    for path, value in {**fresh.steps, **fresh.parameters}.items():
        assert again[path].array.tobytes() == value.array.tobytes(), path


def test_what_an_edit_does_not_reach_is_not_computed_again() -> None:
    plain, _ = pair()
    edited = scenario(f"at: {A}.weights, index: [0, 1, 3], set: 0.25")
    changed = run(edited, before=plain)
    paths = list(plain.steps)
    for path in paths[: paths.index(f"{A}.weights")]:
        assert changed[path].array is plain[path].array
    undone = run(replace(edited, edits=()), before=changed)
    assert undone[f"{A}.q"].array is plain[f"{A}.q"].array


def test_other_words_compute_what_depends_on_them() -> None:
    plain = parse_scenario("input: {tokens: [a, b, a]}\nmodel: {position: sinusoidal}")
    other = replace(plain, input=replace(plain.input, tokens=("a", "b", "b")))
    again, fresh = run(other, before=run(plain)), run(other)
    for path, value in fresh.steps.items():
        np.testing.assert_array_equal(again[path].array, value.array)


# --- gradients


@settings(max_examples=40)
@given(seed=SEEDS, scale=st.booleans(), data=st.data())
def test_gradients_of_an_edited_run_agree_with_finite_differences(seed: int, scale: bool, data: st.DataObject) -> None:
    does = "scale: 3" if scale else "set: 0.2"
    at = data.draw(st.sampled_from(["weights, index: [0, 1]", "output, index: [2]", "w_v", "scores, index: [all, 0]"]))
    made = scenario(f"at: {A}.{at}, {does}")
    trace = run(made)
    output = list(trace.steps)[-1]
    weights = np.random.default_rng(seed).normal(size=trace[output].shape)
    found = gradients(trace, {output: weights})
    name = data.draw(st.sampled_from([f"{A}.w_q", f"{A}.w_v", "encoder.embedding_table"]))
    index = tuple(data.draw(st.integers(0, size - 1)) for size in trace[name].shape)

    def loss(by: float) -> float:
        drawn = {path: np.array(array, trace.dtype) for path, array in trace.unedited.items()}
        drawn[name][index] += by
        before = Trace(trace.dtype, unedited=dict(drawn))
        return float(np.sum(weights * run(made, before=before)[output].array))

    difference = (loss(1e-5) - loss(-1e-5)) / 2e-5
    # an edited parameter's gradient is that of the edited numbers, which the drawn ones reach through the edit
    factor = (3.0 if scale else 0.0) if name == f"{A}.w_v" and at == "w_v" else 1.0
    gradient = found[name][index] * factor if name in found else 0.0
    np.testing.assert_allclose(gradient, difference, rtol=1e-5, atol=1e-7)


# --- files and memory


@pytest.mark.parametrize("ending", WRITERS)
def test_an_edited_run_comes_back_from_its_file(ending: str, tmp_path: Path) -> None:
    made = scenario(f"at: {A}.weights, index: [0, all, 3], scale: 0.5", f"at: {A}.output, freeze: true")
    trace = run(made)
    path = tmp_path / f"trace{ending}"
    path.write_bytes(b"".join(WRITERS[ending](trace, made)))
    again, found = read_trace(path, 2**28)
    assert again == made
    for step in trace.steps.values():
        assert found[step.path].array.tobytes() == step.array.tobytes()
    assert found[f"{A}.weights"].is_changed_at((0, 2, 3))
    assert not found[f"{A}.weights"].is_changed_at((0, 2, 2))


def test_the_value_before_an_edit_can_be_had() -> None:
    plain, changed = pair(f"at: {A}.weights, zero: true")
    np.testing.assert_array_equal(changed[f"{A}.weights"].unchanged.array, plain[f"{A}.weights"].array)
    assert plain[f"{A}.weights"].unchanged is plain[f"{A}.weights"]


def test_edits_take_no_memory_of_their_own() -> None:
    made = scenario(f"at: {A}.weights, zero: true")
    assert memory_needed(made) == memory_needed(replace(made, edits=()))
