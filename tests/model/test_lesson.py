"""What a scenario tells at its own steps: found in the run, or refused with the place of the fault."""

import pytest

from model.lesson import stops
from model.problems import Problem
from model.run import plan, run
from model.scenario import Scenario, parse_scenario

WEIGHTS = "encoder.layers.0.self_attention.weights"


def scenario(lesson: str) -> Scenario:
    return parse_scenario(f"model: {{heads: 2}}\ninput: {{text: I love my dog}}\nlesson: {lesson}", "s.yaml")


def test_a_stop_is_found_by_its_step_with_its_cell() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, focus: {{head: 1, query: my, key: dog}}, say: Look.}}]")
    stop = stops(found, run(found))[WEIGHTS]
    assert (stop.say, stop.index) == ("Look.", (1, 2, 3))


def test_an_axis_without_a_focus_begins_at_its_first_index() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, focus: {{key: dog}}}}]")
    assert stops(found, plan(found))[WEIGHTS].index == (0, 0, 3)


def test_heads_are_named_as_the_explorer_names_them() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, focus: {{head: head 1}}}}]")
    assert stops(found, plan(found))[WEIGHTS].index == (1, 0, 0)


def test_a_stop_without_focus_leaves_the_cursor_where_it_is() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, say: All of it.}}]")
    assert stops(found, plan(found))[WEIGHTS].index is None


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ("at: encoder.layers.0.self_attention.weight", "s.yaml:3:15: the run has no step"),
        ("at: encoder.layers.0.self_attention.weight", f"did you mean {WEIGHTS}?"),
        (f"at: {WEIGHTS}, focus: {{token: I}}", "has no axis token"),
        (f"at: {WEIGHTS}, focus: {{token: I}}", "its axes are head, query, key"),
        (f"at: {WEIGHTS}, focus: {{key: cat}}", "there is no cat along key"),
        (f"at: {WEIGHTS}, focus: {{key: cat}}", "there are I, love, my, dog"),
        (f"at: {WEIGHTS}, focus: {{key: 4}}", "there is no 4 along key"),
        ("at: encoder.input, focus: {d_model: 6}", "give an index from 0 to 5"),
    ],
)
def test_what_the_run_does_not_have_is_refused_with_its_place(stop: str, said: str) -> None:
    found = scenario(f"[{{{stop}}}]")
    with pytest.raises(Problem) as caught:
        stops(found, plan(found))
    assert said in caught.value.render()
    assert "s.yaml:3:" in caught.value.render()


def test_every_fault_is_told_at_once() -> None:
    found = scenario("[{at: a}, {at: b}]")
    with pytest.raises(Problem) as caught:
        stops(found, plan(found))
    assert caught.value.render().count("error:") == 2
