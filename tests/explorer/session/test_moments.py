"""Moments of a training in a session: the same cell with other weights, and two of them side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attn_explore.explorer.session import change_moment, edits, gradients, stepping, two_runs
from attn_explore.explorer.session.lesson_progress import Outcome
from attn_explore.explorer.session.moments import Moments
from attn_explore.explorer.session.pinning import pin, unpin
from attn_explore.explorer.session.saving import save
from attn_explore.explorer.session.session import Session
from attn_explore.model.known import shapes_of
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario, read_scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.scenario.tokens import END
from attn_explore.model.trace import Trace
from attn_explore.model.training.loop import train
from attn_explore.model.training.record import record_file
from tests.explorer.conftest import session_of
from tests.explorer.editing import drop_edits, edit, edit_word
from tests.trained import MOMENTS, record, trained

LAYER = "encoder.layers.0.self_attention"
WEIGHTS = f"{LAYER}.weights"
OUTPUT = f"{LAYER}.head_output"

LESSON = f"""
lesson:
  - {{at: {WEIGHTS}, moment: 0, focus: {{query: a}}, ask: Where to, answer: {{argmax: key}}}}
  - {{at: {WEIGHTS}, moment: 50}}
  - {{at: {WEIGHTS}, focus: {{query: a}}, ask: And now, answer: {{argmax: key}}}}
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_of(str(trained(tmp_path)), WEIGHTS, (0, 1, 2))


@pytest.fixture
def taught(tmp_path: Path) -> Session:
    return session_of(str(trained(tmp_path, LESSON)))


def moments_of(session: Session) -> Moments:
    assert session.moments is not None
    return session.moments


# --- going to a moment


def test_a_session_begins_at_the_end_of_the_training(session: Session) -> None:
    assert moments_of(session).steps == MOMENTS
    assert session.run.moment == 6
    np.testing.assert_array_equal(session.run.trace["head.w"].array, record().moments["head.w"][-1])


def test_the_weights_of_each_moment_are_those_of_the_record(session: Session) -> None:
    for moment in (0, 3, 5, 6):
        change_moment.go_to_moment(session, moment)
        assert session.run.moment == moment
        for name, arrays in record().moments.items():
            np.testing.assert_array_equal(session.run.trace[name].array, arrays[moment], err_msg=name)


def test_another_moment_shows_the_same_cell_of_the_same_step(session: Session) -> None:
    before = session.place.value.array
    assert change_moment.go_to_moment(session, 1)
    assert (session.place.value.path, session.place.index) == (WEIGHTS, (0, 1, 2))
    assert session.place.value is session.run.trace[WEIGHTS]
    assert not np.array_equal(session.place.value.array, before)


def test_there_is_no_going_to_where_one_is(session: Session) -> None:
    assert not change_moment.go_to_moment(session, 6)


def test_a_model_that_was_not_trained_has_no_moments() -> None:
    session = session_of("i-love-my-dog")
    assert session.moments is None
    assert not change_moment.go_to_moment(session, 1)


def test_a_parameter_and_a_finer_step_stay_in_view(session: Session) -> None:
    finer = session.place.find(f"{WEIGHTS}.exponentials")
    assert finer is not None
    session.place.show(finer, (0, 2, 2))
    change_moment.go_to_moment(session, 2)
    assert (session.place.value.path, session.place.index) == (f"{WEIGHTS}.exponentials", (0, 2, 2))
    session.place.show(session.run.trace.parameters[f"{LAYER}.w_q"], (3, 2))
    change_moment.go_to_moment(session, 0)
    np.testing.assert_array_equal(session.place.value.array, record().moments[f"{LAYER}.w_q"][0])
    assert session.place.index == (3, 2)


def test_marks_stay(session: Session) -> None:
    session.place.toggle_mark()
    change_moment.go_to_moment(session, 0)
    assert session.place.is_marked(session.place.value)


def test_the_way_back_is_known(session: Session) -> None:
    first = session.run.trace
    change_moment.go_to_moment(session, 0)
    change_moment.go_to_moment(session, 6)
    assert session.run.trace is first


def test_what_there_is_no_room_for_is_forgotten_oldest_first(session: Session) -> None:
    one = session.run.trace.nbytes
    few, scenario = Moments(record(), room=2 * one), session.run.scenario
    first, second, third = (few.trace(scenario, moment, session.run.trace) for moment in (0, 1, 2))
    assert few.known(scenario, 0) is None
    assert (few.known(scenario, 1), few.known(scenario, 2)) == (second, third)
    assert few.trace(scenario, 0, session.run.trace) is not first


def test_a_long_run_is_not_at_hand_until_it_is_known(session: Session) -> None:
    moments = moments_of(session)
    moments.seconds = 10.0
    assert not change_moment.is_at_hand(session, 2)
    change_moment.runs_at(session, 2)
    moments.seconds = 10.0
    assert change_moment.is_at_hand(session, 2)
    assert change_moment.is_at_hand(session, session.run.moment)


# --- a generation

SPEAKER = """
model: {kind: encoder-decoder, d_model: 4, head: vocabulary, weights: {file: w.safetensors}}
input: {text: a b, max_new_tokens: 4}
experiment: {kind: training, data: copy, length: 2, symbols: 3, steps: 3, snapshots: 3, held_out: 0}
"""


@pytest.fixture
def speaker(tmp_path: Path) -> Session:
    """A model that says all its words at the moments 0, 1 and 3, and ends at once at the moment 2."""
    scenario = parse_scenario(SPEAKER, folder=tmp_path)
    found = list(train(scenario))[-1].record
    assert found is not None
    words = shapes_of(scenario)["head.b"][0].labels or ()
    for moment, said in enumerate(("a", "a", END, "a")):
        found.moments["head.b"][moment] = [100 * (word == said) for word in words]
    (tmp_path / "w.safetensors").write_bytes(b"".join(record_file(found)))
    (tmp_path / "s.yaml").write_text(SPEAKER, "utf-8")
    return session_of(str(tmp_path / "s.yaml"))


def test_a_word_that_is_not_said_at_a_moment_is_come_back_to(speaker: Session) -> None:
    path = "generated.2.candidates"
    speaker.place.show(speaker.run.trace[path], (1,))
    change_moment.go_to_moment(speaker, 2)
    assert path not in speaker.run.trace.steps
    assert speaker.place.value.path == "candidates"  # of the word that is said
    change_moment.go_to_moment(speaker, 1)
    assert (speaker.place.value.path, speaker.place.index) == (path, (1,))


def test_one_who_has_stepped_on_since_stays_there(speaker: Session) -> None:
    speaker.place.show(speaker.run.trace["generated.2.candidates"])
    change_moment.go_to_moment(speaker, 2)
    speaker.place.show(speaker.run.trace["encoder.embedding"])
    change_moment.go_to_moment(speaker, 1)
    assert speaker.place.value.path == "encoder.embedding"


def test_an_edit_of_a_word_that_is_not_said_at_a_moment_keeps_one_where_one_is(speaker: Session) -> None:
    edit(speaker, Edit(at="generated.2.candidates", zero=True))
    before = speaker.run.trace
    with pytest.raises(Problem, match="ended before"):
        change_moment.go_to_moment(speaker, 2)
    assert (speaker.run.trace, speaker.run.moment) == (before, 3)
    change_moment.go_to_moment(speaker, 1)
    assert speaker.run.moment == 1


def test_gradients_go_along(speaker: Session) -> None:
    gradients.differentiate(speaker, "logits[0, 1]")
    change_moment.go_to_moment(speaker, 1)
    assert speaker.run.output is not None
    assert "grad.encoder.embedding" in speaker.run.trace.steps
    edits.undo(speaker)
    assert speaker.run.moment == 1


def test_gradients_that_come_late_are_known_to_be_of_another_run(speaker: Session) -> None:
    made = gradients.run_with_gradients(speaker.run, "logits[0, 1]")
    assert made.is_like(speaker.run)
    change_moment.go_to_moment(speaker, 1)
    assert not made.is_like(speaker.run)
    change_moment.go_to_moment(speaker, 3)
    assert made.is_like(speaker.run)
    edit_word(speaker, 0, "b")
    assert not made.is_like(speaker.run)


def test_a_moment_that_does_not_say_the_word_has_no_gradients_of_it(speaker: Session) -> None:
    gradients.differentiate(speaker, "generated.2.logits[0, 1]")
    wanted = speaker.run.scenario.gradients
    change_moment.go_to_moment(speaker, 2)
    assert (speaker.run.moment, speaker.run.output) == (2, None)
    change_moment.go_to_moment(speaker, 1)
    assert speaker.run.output is not None
    assert speaker.run.scenario.gradients == wanted


# --- curves


def test_the_cursor_of_a_curve_is_where_the_moment_is(session: Session) -> None:
    loss, right = session.run.trace["experiment.loss"], session.run.trace["experiment.held_out_right"]
    assert (session.place.index_in(loss), session.place.index_in(right)) == ((299,), (6,))
    change_moment.go_to_moment(session, 1)
    assert (session.place.index_in(loss), session.place.index_in(right)) == ((49,), (1,))
    change_moment.go_to_moment(session, 0)
    assert (session.place.index_in(loss), session.place.index_in(right)) == ((0,), (0,))


def test_a_cell_of_a_curve_names_the_nearest_moment(session: Session) -> None:
    moments = moments_of(session)
    loss, right = session.run.trace["experiment.loss"], session.run.trace["experiment.held_out_right"]
    assert [moments.at(loss, (place,)) for place in (0, 30, 49, 70, 299)] == [0, 1, 1, 1, 6]
    assert moments.at(right, (4,)) == 4
    assert moments.at(session.place.value, session.place.index) is None


def test_the_curves_stay_after_an_edit(session: Session) -> None:
    edit(session, Edit(at=WEIGHTS, zero=True))
    assert "experiment.loss" in session.run.trace.steps


# --- edits


def test_edits_are_made_again_at_another_moment(session: Session) -> None:
    edit(session, Edit(at=WEIGHTS, index=(0, 1), zero=True))
    change_moment.go_to_moment(session, 1)
    clean = run(read_scenario(session.path or Path()), record=record(), moment=1)
    assert not session.run.trace[WEIGHTS].array[0, 1].any()
    np.testing.assert_array_equal(session.run.trace[WEIGHTS].array[0, 0], clean[WEIGHTS].array[0, 0])
    moved = session.run.effect_on(session.run.trace[WEIGHTS])
    assert moved is not None
    np.testing.assert_array_equal(moved[0, 1], clean[WEIGHTS].array[0, 1])


def test_a_changed_word_stays_at_another_moment(session: Session) -> None:
    edit_word(session, 0, "b")
    change_moment.go_to_moment(session, 1)
    assert edits.changed_words(session) == [(0, "a", "b")]
    assert session.run.effect_on(session.run.trace["encoder.embedding"]) is not None
    assert session.run.trace.tokens["encoder"] is not None
    assert session.run.trace.tokens["encoder"][0] == "b"


def test_an_edit_is_taken_back_at_the_moment_that_one_went_to(session: Session) -> None:
    edit(session, Edit(at=WEIGHTS, zero=True))
    change_moment.go_to_moment(session, 2)
    assert edits.undo(session)
    assert session.run.moment == 2
    assert not edits.is_edited(session)
    clean = run(read_scenario(session.path or Path()), record=record(), moment=2)
    np.testing.assert_array_equal(session.run.trace["logits"].array, clean["logits"].array)
    change_moment.go_to_moment(session, 4)
    assert edits.redo(session)
    assert session.run.moment == 4
    assert not session.run.trace[WEIGHTS].array.any()
    drop_edits(session)
    assert session.run.moment == 4


# --- two moments


def test_a_pinned_moment_stays_as_the_other_run(session: Session) -> None:
    pin(session)
    change_moment.go_to_moment(session, 1)
    other = session.other
    assert other is not None
    assert (other.label, session.label) == ("step 300", "step 50")
    np.testing.assert_array_equal(other.run.trace["head.w"].array, record().moments["head.w"][6])
    compared = two_runs.numbers_beside(session, session.place.value)
    assert compared is not None
    np.testing.assert_array_equal(compared, other.run.trace[WEIGHTS].array)
    parting = two_runs.parting(session)
    assert parting is not None
    assert parting.path == "encoder.embedding"


def test_each_of_two_moments_can_be_left_for_another(session: Session) -> None:
    pin(session)
    change_moment.go_to_moment(session, 1)
    other = session.other
    assert other is not None
    other.place.meet(session.place)
    change_moment.go_to_moment(other, 3)
    assert (other.label, other.place.index, session.label, session.run.moment) == ("step 150", (0, 1, 2), "step 50", 1)


def test_a_moment_that_is_pinned_is_given_up_again(session: Session) -> None:
    pin(session)
    change_moment.go_to_moment(session, 1)
    other = session.other
    assert other is not None
    other.place.show(other.run.trace["logits"], (2, 3))
    assert unpin(other) is session
    assert (session.other, session.label, session.run.moment) == (None, "", 1)
    assert (session.place.value.path, session.place.index) == ("logits", (2, 3))


def test_numbers_can_be_taken_from_another_moment(session: Session) -> None:
    pin(session)
    change_moment.go_to_moment(session, 0)
    edit(session, Edit(at=WEIGHTS, swap=True))
    late = record().moments
    assert session.other is not None
    np.testing.assert_array_equal(session.run.trace[WEIGHTS].array, session.other.run.trace[WEIGHTS].array)
    change_moment.go_to_moment(session, 1)
    np.testing.assert_array_equal(session.run.trace[WEIGHTS].array, session.other.run.trace[WEIGHTS].array)
    np.testing.assert_array_equal(session.run.trace["head.w"].array, late["head.w"][1])
    with pytest.raises(Problem, match="takes numbers"):
        unpin(session)
    edits.undo(session)
    unpin(session)
    assert not edits.redo(session)  # it would take numbers from a run that is gone


def test_the_lesson_is_told_in_one_of_two_moments(taught: Session) -> None:
    stepping.follow_lesson(taught, 2)
    pin(taught)
    assert taught.other is not None
    assert taught.other.lesson.stops == []


def test_two_trainings_that_are_compared_go_together(tmp_path: Path) -> None:
    session = session_of(str(trained(tmp_path, f"compare: {{edits: [{{at: {WEIGHTS}, zero: true}}]}}")))
    change_moment.go_to_moment(session, 2)
    assert session.other is not None
    assert session.other.run.moment == 2
    np.testing.assert_array_equal(session.other.run.trace["head.w"].array, record().moments["head.w"][2])
    assert not session.other.run.trace[WEIGHTS].array.any()


def test_where_one_of_two_cannot_go_neither_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(str(trained(tmp_path, f"compare: {{edits: [{{at: {WEIGHTS}, zero: true}}]}}")))

    def refuse(*_: object) -> Trace:
        raise Problem("an edit does not fit")

    monkeypatch.setattr(session.moments, "trace", refuse)
    with pytest.raises(Problem):
        change_moment.go_to_moment(session, 2)
    assert session.other is not None
    assert (session.run.moment, session.other.run.moment) == (6, 6)


# --- lessons


def test_a_stop_goes_to_its_moment(taught: Session) -> None:
    stepping.follow_lesson(taught)
    assert taught.run.moment == 0
    stepping.step_by(taught, 1)  # shows the answer
    stepping.step_by(taught, 1)
    assert taught.run.moment == 1
    stepping.step_by(taught, 1)
    assert taught.run.moment == 6  # it says none
    stepping.step_by(taught, -1)
    assert taught.run.moment == 1


def test_the_run_of_its_moment_answers_a_question(taught: Session) -> None:
    stepping.follow_lesson(taught)
    question = taught.question
    assert question is not None
    expected = int(np.argmax(taught.run.trace[WEIGHTS].array[0, 0]))
    assert question.right == [(0, 0, expected)]
    assert question.value is taught.place.value


def test_an_answer_is_judged_by_the_moment_that_it_was_given_at(taught: Session) -> None:
    stepping.follow_lesson(taught)
    early = run(taught.run.scenario, record=record(), moment=0)[WEIGHTS].array[0, 0]
    late = run(taught.run.scenario, record=record(), moment=6)[WEIGHTS].array[0, 0]
    assert np.argmax(early) != np.argmax(late)
    stepping.answer(taught, (0, 0, int(np.argmax(early))))
    assert taught.lesson.outcomes[0] is Outcome.right
    for moment in (6, 3):
        change_moment.go_to_moment(taught, moment)
        assert taught.lesson.outcomes[0] is Outcome.right
        assert taught.stop is not None  # its words stay while one looks at other moments
        assert taught.stop.question is not None
        assert taught.stop.question.right == [(0, 0, int(np.argmax(early)))]


def test_the_next_stop_is_at_its_own_moment_wherever_one_has_gone(taught: Session) -> None:
    stepping.follow_lesson(taught, 1)
    change_moment.go_to_moment(taught, 4)
    assert stepping.moment_ahead(taught, 1) == 6
    assert stepping.moment_ahead(taught, -1) == 0
    stepping.step_by(taught, 1)
    assert taught.run.moment == 6


def test_leaving_a_lesson_keeps_the_moment(taught: Session) -> None:
    stepping.follow_lesson(taught, 1)
    taught.lesson.is_guided = False
    assert stepping.moment_ahead(taught, 1) == 1
    stepping.step_by(taught, 1)
    assert taught.run.moment == 1


def test_a_run_that_is_read_again_is_at_the_same_moment(session: Session, tmp_path: Path) -> None:
    change_moment.go_to_moment(session, 2)
    again = session_of(str(trained(tmp_path)))
    stepping.take_place(again, session)
    assert (again.run.moment, again.place.value.path) == (2, WEIGHTS)


# --- saving


def test_edits_of_a_pinned_moment_are_saved(session: Session, tmp_path: Path) -> None:
    pin(session)
    change_moment.go_to_moment(session, 1)
    edit(session, Edit(at=WEIGHTS, zero=True))
    written = read_scenario(save(session, tmp_path / "edited.yaml"))
    assert written.edits == session.run.scenario.edits
    assert written.compare is None
