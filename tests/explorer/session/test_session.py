"""A session steps through a run without a screen."""

import pytest

from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.search import matches
from attn_explore.explorer.session.session import Session
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.values import Value
from attn_explore.model.words.steps import words_of
from tests.explorer.conftest import session_of

LAYER = "encoder.layers.0.self_attention"


@pytest.fixture
def session() -> Session:
    scenario = parse_scenario("model: {heads: 2, d_model: 6, layers: 2}\ninput: {text: I love my dog}")
    return Session("test", Run(scenario, run(scenario)))


def test_a_session_starts_at_the_first_step(session: Session) -> None:
    assert session.place.value.path == "encoder.embedding"
    assert session.place.position == 0


@pytest.mark.parametrize("name", ["logits", "probabilities"])
def test_of_what_a_model_says_the_likeliest_after_the_last_token_is_looked_at_first(name: str) -> None:
    session = session_of("write-word-by-word")
    value = session.run.trace[name]
    last, word = session.place.index_in(value)
    assert value.names == ("token", "vocabulary")
    assert last == value.axes[0].size - 1
    assert word == value.array[last].argmax()


def test_stepping_goes_through_the_trace_in_order(session: Session) -> None:
    seen = [session.place.value.path]
    while stepping.step_by(session, 1):
        seen.append(session.place.value.path)
    assert seen == list(session.run.trace.steps)


def test_stepping_stops_at_both_ends(session: Session) -> None:
    assert not stepping.step_by(session, -1)
    assert stepping.step_by(session, 1_000_000)
    assert session.place.value.path == list(session.run.trace.steps)[-1]
    assert not stepping.step_by(session, 1)


def test_the_cursor_is_remembered_for_each_step(session: Session) -> None:
    stepping.step_by(session, 3)
    session.place.move_to((1, 2, 0))
    stepping.step_by(session, 1)
    assert session.place.index == (0, 0, 0)
    stepping.step_by(session, -1)
    assert session.place.index == (1, 2, 0)


def test_the_same_step_of_another_layer_is_one_move_away(session: Session) -> None:
    session.place.show(session.run.trace[f"{LAYER}.scores"])
    assert session.place.layer_by(1)
    assert session.place.value.path == "encoder.layers.1.self_attention.scores"
    assert not session.place.layer_by(1)


def test_the_same_step_of_another_width_of_an_experiment() -> None:
    session = session_of("experiment: {kind: gradient_vanishing, widths: [1, 16, 4], tokens: 2}")
    session.place.show(session.run.trace["experiment.1.back.q"])
    assert session.place.layer_by(1)
    assert session.place.value.path == "experiment.16.back.q"
    assert session.place.layer_by(1)
    assert session.place.value.path == "experiment.4.back.q"
    assert not session.place.layer_by(1)


def test_an_axis_without_heads_is_leafed_through_as_well() -> None:
    session = session_of("experiment: {kind: softmax_jacobian, logits: [1, 2], multipliers: [1, 3]}")
    session.place.show(session.run.trace["experiment.grown.jacobian"], (0, 1, 0))
    assert session.place.page_by(1)
    assert session.place.index == (1, 1, 0)
    assert not session.place.page_by(1)
    session.place.show(session.run.trace["experiment.jacobian"])
    assert not session.place.page_by(1)


def test_there_is_no_other_layer_outside_of_layers(session: Session) -> None:
    assert not session.place.layer_by(1)


def test_another_head_keeps_query_and_key(session: Session) -> None:
    session.place.show(session.run.trace[f"{LAYER}.scores"], (0, 2, 3))
    assert session.place.page_by(1)
    assert session.place.index == (1, 2, 3)
    assert not session.place.page_by(1)


def test_a_followed_number_leads_back(session: Session) -> None:
    scores = session.run.trace[f"{LAYER}.scores"]
    session.place.show(scores, (0, 1, 2))
    session.place.follow(session.run.trace[f"{LAYER}.q"], (0, 1, 2))
    session.place.follow(session.run.trace.parameters[f"{LAYER}.w_q"], (3, 2))
    assert session.place.value.path == f"{LAYER}.w_q"
    assert session.place.back()
    assert (session.place.value.path, session.place.index) == (f"{LAYER}.q", (0, 1, 2))
    assert session.place.back()
    assert (session.place.value, session.place.index) == (scores, (0, 1, 2))
    assert not session.place.back()


def test_the_trail_has_the_places_that_a_number_was_followed_into_and_none_that_were_stepped_to(
    session: Session,
) -> None:
    place, trace = session.place, session.run.trace
    place.show(trace[f"{LAYER}.scores"], (0, 1, 2))
    first = place.cell
    place.follow(trace[f"{LAYER}.q"], (0, 1, 2))
    assert place.trail == (first,)
    stepping.step_by(session, 1)
    assert place.trail == ()
    assert place.can_go_back
    stepping.step_by(session, -1)
    assert place.trail == (first,)
    place.move_to((0, 3, 2))
    moved = place.cell
    assert place.trail == ()
    place.follow(trace.parameters[f"{LAYER}.w_q"], (3, 2))
    assert place.trail == (moved,)
    assert place.back()
    assert place.back()
    assert (place.cell, place.trail, place.can_go_back) == (first, (), False)
    place.jump(trace[f"{LAYER}.weights"], (0, 1, 2))
    assert (place.trail, place.can_go_back) == ((), True)


def test_a_step_that_only_another_run_has_is_nowhere_and_one_stays() -> None:
    place = session_of("i-love-my-dog").place
    before = place.cell
    other = session_of("{model: {layers: 2}, input: {text: I love my dog}}").run.trace
    assert not place.follow(other["encoder.layers.1.self_attention.q"], (0, 0, 0))
    assert (place.cell, place.can_go_back) == (before, False)
    assert place.follow(other[f"{LAYER}.weights"], (0, 1, 2))
    assert place.value is place.trace[f"{LAYER}.weights"]


def test_a_mark_on_a_cell_that_another_run_does_not_have_comes_back_with_the_one_that_has_it() -> None:
    place = session_of("i-love-my-dog").place
    place.show(place.trace[f"{LAYER}.weights"], (0, 3, 3))
    place.toggle_mark()
    marked, trace = place.marked, place.trace
    place.take(session_of("{model: {kind: attention}, input: {text: I love}}").run.trace)
    assert place.marked == ()
    place.take(trace)
    assert place.marked == marked != ()


def test_a_parameter_keeps_the_position_of_the_step_that_led_to_it(session: Session) -> None:
    session.place.show(session.run.trace[f"{LAYER}.q"])
    position = session.place.position
    session.place.follow(session.run.trace.parameters[f"{LAYER}.w_q"], (0, 0))
    assert session.place.position == position
    stepping.step_by(session, 1)
    assert session.place.value.path == f"{LAYER}.k"


def test_finer_steps_stand_behind_the_step_that_is_opened(session: Session) -> None:
    session.place.show(session.run.trace[f"{LAYER}.weights"])
    before = len(session.place.steps)
    assert session.place.toggle()
    names = [value.name for value in session.place.steps[session.place.position : session.place.position + 5]]
    assert names == ["weights", "maximum", "shifted", "exponentials", "total"]
    stepping.step_by(session, 2)
    assert session.place.toggle()
    assert session.place.value.path == f"{LAYER}.weights"
    assert len(session.place.steps) == before


def test_most_steps_have_nothing_to_open(session: Session) -> None:
    assert not session.place.can_open()
    assert not session.place.toggle()


def test_a_finer_step_is_found_by_its_path_and_opens_its_step(session: Session) -> None:
    value = session.place.find(f"{LAYER}.weights.exponentials")
    assert value is not None
    assert session.place.is_open(session.run.trace[f"{LAYER}.weights"])
    assert session.place.find("encoder.nothing") is None


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (" SCORES ", f"{LAYER}.scores"),  # a path
        ("weighted values", f"{LAYER}.head_output"),  # a title
        ("exponential", f"{LAYER}.weights"),  # an explanation
        ("dog", "encoder.embedding"),  # a word along an axis
        ("w_q", f"{LAYER}.w_q"),  # a parameter
    ],
)
def test_finding_looks_at_paths_titles_explanations_and_words(session: Session, text: str, first: str) -> None:
    assert matches(session, text)[0] == first


@pytest.mark.parametrize("text", ["attention", "Dog", "position", "gain", "head", "the "])
def test_what_is_found_holds_the_text_and_comes_in_the_order_of_the_trace(session: Session, text: str) -> None:
    values = (*session.run.trace.steps.values(), *session.run.trace.parameters.values())
    found = matches(session, text)
    assert found
    assert found == [value.path for value in values if text.strip().lower() in _said_of(value)]


def _said_of(value: Value) -> str:
    said = [value.path, *(label for axis in value.axes for label in axis.all_labels or ())]
    return "\n".join(said + list(words_of(value.path, value.made_by.name) if value.operation else [])).lower()


def test_what_is_said_nowhere_is_not_found(session: Session) -> None:
    assert matches(session, "no such thing") == []
