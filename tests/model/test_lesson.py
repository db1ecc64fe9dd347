"""Lessons: their stops are found in the run, or refused with the place of the fault, and the run answers questions."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from attn_explore.model.lesson import Question, stops
from attn_explore.model.problems import Problem
from attn_explore.model.run import plan, run
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.trace import Trace

WEIGHTS = "encoder.layers.0.self_attention.weights"
CONCAT = "encoder.layers.0.self_attention.concat"


def scenario(lesson: str) -> Scenario:
    return parse_scenario(f"model: {{heads: 2}}\ninput: {{text: I love my dog}}\nlesson: {lesson}", "s.yaml")


def test_a_stop_is_found_by_its_step_with_its_cell() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, focus: {{head: 1, query: my, key: dog}}, say: Look.}}]")
    stop = stops(found, run(found))[0]
    assert (stop.say, stop.index) == ("Look.", (1, 2, 3))


def test_an_axis_without_a_focus_begins_at_its_first_index() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, focus: {{key: dog}}}}]")
    assert stops(found, plan(found))[0].index == (0, 0, 3)


def test_heads_are_named_as_the_explorer_names_them() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, focus: {{head: head 1}}}}]")
    assert stops(found, plan(found))[0].index == (1, 0, 0)


def test_a_stop_without_focus_leaves_the_cursor_where_it_is() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, say: All of it.}}]")
    assert stops(found, plan(found))[0].index is None


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ("at: encoder.layers.0.self_attention.weight", "s.yaml:3:15: the run has no step"),
        ("at: encoder.layers.0.self_attention.weight", f"did you mean {WEIGHTS}?"),
        ("at: weights", f"did you mean {WEIGHTS}?"),
        (f"at: {WEIGHTS}, focus: {{token: I}}", "has no axis token"),
        (f"at: {WEIGHTS}, focus: {{token: I}}", "its axes are head, query, key"),
        (f"at: {WEIGHTS}, focus: {{key: cat}}", "there is no cat along key"),
        (f"at: {WEIGHTS}, focus: {{key: cat}}", "there are I, love, my, dog"),
        (f"at: {WEIGHTS}, focus: {{key: 4}}", "there is no 4 along key"),
        ("at: encoder.input, focus: {d_model: 6}", "give an index from 0 to 5"),
        ("at: encoder.input, view: text", "the view text shows attention, and encoder.input is no step of it"),
        (f"at: {CONCAT}, view: word", f"the view word shows attention, and {CONCAT} is no step of it"),
        (
            "at: encoder.input, focus: {token: my, d_model: 2}, ask: Where, answer: {cell: largest}",
            "`focus` names the one cell that there is to choose from",
        ),
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


def test_stops_keep_their_order_and_a_step_may_come_twice() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, say: b}}, {{at: encoder.input, say: a}}, {{at: {WEIGHTS}, say: c}}]")
    assert [stop.say for stop in stops(found, plan(found))] == ["b", "a", "c"]


def test_a_parameter_may_be_a_stop() -> None:
    found = scenario("[{at: encoder.embedding_table, focus: {vocabulary: dog}}]")
    assert stops(found, plan(found))[0].index == (3, 0)


def test_a_stop_in_another_run_is_about_its_numbers() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, focus: {{query: my}}, ask: Which, answer: {{argmax: key}}}}]")
    stop = stops(found, run(found))[0]
    other = run(replace(found, edits=(Edit(at=WEIGHTS, index=(0, 2, 1), set=9.0),)))
    again = stop.in_run(other)
    assert again.question is not None
    assert again.question.right == [(0, 2, 1)]


def test_a_stop_that_another_run_does_not_have_is_not_there() -> None:
    longer = parse_scenario("model: {layers: 2}\ninput: {text: a b}\nlesson: [{at: encoder.layers.1.ffn.output}]")
    shorter = run(parse_scenario("input: {text: a b}"))
    assert not stops(longer, run(longer))[0].in_run(shorter).is_there


# --- questions


def question(answer: str, focus: str = "{head: 1, query: my}", at: str = WEIGHTS) -> Question:
    found = scenario(f"[{{at: {at}, focus: {focus}, ask: Which, answer: {answer}}}]")
    asked = stops(found, run(found))[0].question
    assert asked is not None
    return asked


def test_a_word_is_right_where_the_run_has_its_largest_number() -> None:
    asked = question("{argmax: key}")
    row = asked.value.array[1, 2]
    assert asked.kind == "word"
    assert asked.options is not None
    assert asked.options.all_labels == ("I", "love", "my", "dog")
    assert [asked.is_right(asked.at(place)) for place in range(4)] == (row == row.max()).tolist()
    assert sum(row == row.max()) == 1


def test_a_word_is_right_where_the_run_has_its_smallest_number() -> None:
    asked = question("{argmin: key}")
    assert asked.right == [(1, 2, int(asked.value.array[1, 2].argmin()))]


def test_of_equal_numbers_each_is_right() -> None:
    found = parse_scenario(
        "model: {kind: attention, weights: {scale: 0}}\ninput: {text: a b}\n"
        f"lesson: [{{at: {WEIGHTS}, ask: Which, answer: {{argmax: key}}}}]"
    )
    asked = stops(found, run(found))[0].question
    assert asked is not None
    assert asked.right == [(0, 0, 0), (0, 0, 1)]


def test_a_cell_is_chosen_along_the_axes_without_a_focus() -> None:
    asked = question("{cell: largest}", focus="{head: 1}")
    plane = asked.value.array[1]
    assert asked.axes == ("query", "key")
    assert asked.asked == (1, slice(None), slice(None))
    assert asked.right == [(1, *np.unravel_index(plane.argmax(), plane.shape))]


def test_what_is_masked_is_not_the_smallest() -> None:
    found = parse_scenario(
        "input: {text: a b, pad_to: 3}\nlesson: [{at: encoder.layers.0.self_attention.masked_scores,"
        " ask: Where, answer: {cell: smallest}}]"
    )
    asked = stops(found, run(found))[0].question
    assert asked is not None
    assert all(key < 2 for _, _, key in asked.right)


def test_a_number_may_be_off_by_one_percent() -> None:
    asked = question("{number: true}", focus="{token: my, d_model: 2}", at="encoder.input")
    exact = float(asked.value.array[2, 2])
    assert asked.number == exact
    assert asked.is_right(exact + 0.004)
    assert not asked.is_right(exact + max(0.02, abs(exact) * 0.02))


def test_two_digits_of_a_small_number_are_enough_and_neither_its_neighbours_nor_0_are_right() -> None:
    asked = question("{number: true}", focus="{token: my, d_model: 2}", at="encoder.input")

    def is_right(given: float, exact: float) -> bool:
        return replace(asked, value=replace(asked.value, held=np.full(asked.value.shape, exact))).is_right(given)

    assert is_right(0.13, 0.1345)
    assert is_right(0.049, 0.0489)
    assert not is_right(0.0464, 0.0489)
    assert is_right(-0.0013, -0.00134)
    assert not is_right(0, 0.0013)
    assert is_right(0, 2.8e-17)  # what rounding left of 0


def test_a_sum_is_taken_along_its_axis() -> None:
    asked = question("{sum: key}")
    assert asked.number == pytest.approx(1, abs=1e-12)
    assert asked.is_right(1)
    assert not asked.is_right(1.1)


def test_a_question_without_an_answer_is_one_to_think_about() -> None:
    found = scenario(f"[{{at: {WEIGHTS}, ask: Why}}]")
    stop = stops(found, plan(found))[0]
    assert (stop.ask, stop.question) == ("Why", None)


@pytest.mark.parametrize("key", ["argmax", "argmin", "sum"])
def test_an_answer_along_an_axis_that_is_not_there_is_refused(key: str) -> None:
    found = scenario(f"[{{at: {WEIGHTS}, ask: Which, answer: {{{key}: token}}}}]")
    with pytest.raises(Problem, match="has no axis token") as caught:
        stops(found, plan(found))
    assert "s.yaml:3:" in caught.value.render()


RESIDUAL = "encoder.layers.0.self_attention.residual"


@pytest.mark.parametrize("named", ["encoder.layers.0.self_attention.output", "output", "self_attention.output"])
def test_an_operand_of_the_focused_cell_may_be_asked_for(named: str) -> None:
    found = scenario(f"[{{at: {RESIDUAL}, focus: {{token: my, d_model: 2}}, ask: How, answer: {{operand: {named}}}}}]")
    trace = run(found)
    stop = stops(found, trace)[0]
    assert stop.question is not None
    assert stop.question.number == trace["encoder.layers.0.self_attention.output"].array[2, 2]
    assert stop.value is not stop.question.value
    assert stop.question.hides(stop.value) is None
    assert stops(found, plan(found))[0].question is not None
    again = stop.in_run(run(replace(found, edits=(Edit(at=RESIDUAL.replace("residual", "output"), set=3.0),))))
    assert again.question is not None
    assert again.question.number == 3


@pytest.mark.parametrize("recorded", [run, plan])
@pytest.mark.parametrize(
    ("at", "named", "said"),
    [
        (RESIDUAL, "scores", "scores names no single number of this arithmetic"),
        (RESIDUAL, "put", "its operands are encoder.input, encoder.layers.0.self_attention.output"),
    ],
)
def test_what_is_no_operand_of_the_cell_is_refused(
    recorded: Callable[[Scenario], Trace], at: str, named: str, said: str
) -> None:
    found = scenario(f"[{{at: {at}, ask: How, answer: {{operand: {named}}}}}]")
    with pytest.raises(Problem) as caught:
        stops(found, recorded(found))
    assert said in caught.value.render()
    assert "s.yaml:3:" in caught.value.render()


def test_the_terms_of_a_sum_are_no_operands_that_can_be_asked_for() -> None:
    at = "encoder.layers.0.self_attention.scores"
    found = scenario(f"[{{at: {at}, ask: How, answer: {{operand: q}}}}]")
    with pytest.raises(Problem, match="no single number enters it"):
        stops(found, run(found))


def test_a_hint_without_an_answer_is_refused() -> None:
    with pytest.raises(Problem, match="a hint without an answer"):
        scenario("[{at: encoder.input, ask: Why, hint: So.}]")


def test_views_of_two_runs_are_told_in_the_first_run_only() -> None:
    text = f"input: {{text: a b}}\ncompare: {{model: {{score: dot}}}}\nlesson: [{{at: {WEIGHTS}, view: beside}}]"
    found = parse_scenario(text)
    second = found.second()
    assert second is not None
    assert second.lesson == ()
    assert stops(found, plan(found))[0].view == "beside"


def test_an_infinite_number_is_right_only_when_it_is_given() -> None:
    found = parse_scenario(
        "input: {text: a b}\nmask: {causal: true}\nlesson: [{at: encoder.layers.0.self_attention.masked_scores,"
        " focus: {query: a, key: b}, ask: What, answer: {number: true}}]"
    )
    asked = stops(found, run(found))[0].question
    assert asked is not None
    assert asked.is_right(-np.inf)
    assert not asked.is_right(42.0)
