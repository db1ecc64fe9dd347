"""Two runs share a value where it came about in the same way, whatever was edited or forgotten elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model.axes import Axis
from attn_explore.model.changes import Change, are_alike
from attn_explore.model.recorder import Recorder
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.building import InFile

LAYERS = [f"encoder.layers.{layer}" for layer in range(3)]
PLAIN = parse_scenario("model: {heads: 2, layers: 3, head: vocabulary}\ninput: {text: I love my dog}")

STEPS = ("self_attention.q", "self_attention.scores", "self_attention.weights", "self_attention.residual", "ffn.hidden")
PLACES = st.sampled_from([f"{layer}.{step}" for layer in LAYERS for step in (*STEPS, "self_attention.w_v", "ffn.b_1")])
EDITS = st.lists(
    st.builds(Edit, at=PLACES, index=st.just(("all",)), set=st.sampled_from([0.0, 0.25]))
    | st.builds(Edit, at=PLACES, index=st.just((0,)), scale=st.sampled_from([0.0, 2.0])),
    max_size=2,
)
FORGOTTEN = st.sets(st.sampled_from(list(run(PLAIN).steps)))


def with_edits(edits: list[Edit]) -> Scenario:
    return replace(PLAIN, edits=tuple(edits))


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of what is computed from now on."""
    paths: list[str] = []
    made = Value._made
    monkeypatch.setattr(Value, "_made", lambda value: paths.append(value.path) or made(value))
    return paths


@settings(max_examples=60)
@given(runs=st.lists(st.tuples(EDITS, FORGOTTEN), min_size=2, max_size=4))
def test_a_run_from_a_run_that_has_forgotten_gives_the_bits_of_a_fresh_one(
    runs: list[tuple[list[Edit], set[str]]],
) -> None:
    trace = None
    for edits, forgotten in runs:
        trace = run(with_edits(edits), before=trace)
        for path in forgotten:
            trace.steps[path].forget()
    assert trace is not None
    for path, value in run(with_edits(runs[-1][0])).steps.items():
        assert trace[path].array.tobytes() == value.array.tobytes(), path


@pytest.mark.parametrize("forgets", [False, True])
def test_an_edit_costs_what_follows_from_it_and_undoing_it_the_same(computed: list[str], forgets: bool) -> None:
    plain = run(PLAIN)
    if forgets:
        for value in plain.steps.values():
            if value.name != "residual":
                value.forget()
    edit = Edit(at=f"{LAYERS[2]}.ffn.hidden", index=(0,), scale=2.0)
    following = list(plain.steps)[list(plain.steps).index(edit.at) :]
    forgotten_before = [f"{LAYERS[2]}.self_attention.norm", f"{LAYERS[2]}.ffn.hidden_pre"] if forgets else []
    computed.clear()
    changed = run(with_edits([edit]), before=plain)
    assert computed == forgotten_before + following
    computed.clear()
    undone = run(PLAIN, before=changed)
    assert computed == following
    assert undone[f"{LAYERS[2]}.self_attention.weights"] is plain[f"{LAYERS[2]}.self_attention.weights"]


def test_forgotten_operands_that_differ_are_not_the_same() -> None:
    changed = run(with_edits([Edit(at=f"{LAYERS[0]}.self_attention.scores", set=1.0)]))
    for value in changed.steps.values():
        value.forget()
    again = run(PLAIN, before=changed)
    fresh = run(PLAIN)
    assert again["logits"].array.tobytes() == fresh["logits"].array.tobytes()
    assert again["encoder.input"] is changed["encoder.input"]


def test_values_of_stored_parameters_are_shared_where_the_files_are_the_same() -> None:
    def product(identity: str, before: Trace | None = None) -> Trace:
        trace = Trace(np.dtype("float64"), before=before)
        trace.add_parameter("w", (Axis("token", 3),), InFile(np.arange(3.0), identity))
        Recorder(trace).square("squares", trace.parameters["w"])
        return trace

    first = product("a file")
    assert product("a file", first).steps["squares"] is first.steps["squares"]
    assert product("another file", first).steps["squares"] is not first.steps["squares"]


def test_given_numbers_are_compared_and_not_their_arrays() -> None:
    def lengths(numbers: list[float], before: Trace | None = None) -> Trace:
        trace = Trace(np.dtype("float64"), before=before)
        Recorder(trace).square("squares", trace.give("numbers", (Axis("token", 2),), np.array(numbers)))
        return trace

    first = lengths([0.0, np.nan])
    assert lengths([0.0, np.nan], first).steps["squares"] is first.steps["squares"]
    assert lengths([-0.0, np.nan], first).steps["squares"] is not first.steps["squares"]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (Change((0,), put=1.0), Change((0,), put=1.0), True),
        (Change((0,), put=np.nan), Change((0,), put=np.nan), True),
        (Change((0,), put=0.0), Change((0,), put=-0.0), False),
        (Change((0,), put=0.0), Change((0,)), False),
        (Change((0,), put=1.0), Change((1,), put=1.0), False),
        (Change((0,), factor=2.0), Change((0,), factor=3.0), False),
        (Change((), put=np.zeros(3)), Change((), put=np.zeros(3)), True),
        (Change((), put=np.zeros(3)), Change((), put=np.zeros(4)), False),
        (Change((), put=np.zeros(3)), Change((), put=np.zeros(3, "float32")), False),
    ],
)
def test_edits_are_alike_where_they_put_the_same_bits_at_the_same_place(
    one: Change, other: Change, alike: bool
) -> None:
    assert are_alike((one,), (other,)) is alike
