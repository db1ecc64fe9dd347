"""Moments of a training in a session: the same cell with other weights, and two of them side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attn_explore.explorer.session.lesson_progress import Outcome
from attn_explore.explorer.session.moments import Moments
from attn_explore.explorer.session.pinning import pin, unpin
from attn_explore.explorer.session.runs import Run
from attn_explore.explorer.session.saving import save
from attn_explore.explorer.session.session import Session
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario, read_scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.scenario.tokens import END
from attn_explore.model.shapes import shapes_of
from attn_explore.model.training.loop import train
from attn_explore.model.training.record import record_file
from tests.explorer.conftest import session_of
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
    assert session.moment == 6
    np.testing.assert_array_equal(session.trace["head.w"].array, record().moments["head.w"][-1])


def test_the_weights_of_each_moment_are_those_of_the_record(session: Session) -> None:
    for moment in (0, 3, 5, 6):
        session.go_to_moment(moment)
        assert session.moment == moment
        for name, arrays in record().moments.items():
            np.testing.assert_array_equal(session.trace[name].array, arrays[moment], err_msg=name)


def test_another_moment_shows_the_same_cell_of_the_same_step(session: Session) -> None:
    before = session.value.array
    assert session.go_to_moment(1)
    assert (session.value.path, session.index) == (WEIGHTS, (0, 1, 2))
    assert session.value is session.trace[WEIGHTS]
    assert not np.array_equal(session.value.array, before)


def test_there_is_no_going_to_where_one_is(session: Session) -> None:
    assert not session.go_to_moment(6)


def test_a_model_that_was_not_trained_has_no_moments() -> None:
    session = session_of("i-love-my-dog")
    assert session.moments is None
    assert not session.go_to_moment(1)


def test_a_parameter_and_a_finer_step_stay_in_view(session: Session) -> None:
    finer = session.find(f"{WEIGHTS}.exponentials")
    assert finer is not None
    session.show(finer, (0, 2, 2))
    session.go_to_moment(2)
    assert (session.value.path, session.index) == (f"{WEIGHTS}.exponentials", (0, 2, 2))
    session.show(session.trace.parameters[f"{LAYER}.w_q"], (3, 2))
    session.go_to_moment(0)
    np.testing.assert_array_equal(session.value.array, record().moments[f"{LAYER}.w_q"][0])
    assert session.index == (3, 2)


def test_marks_stay(session: Session) -> None:
    session.mark()
    session.go_to_moment(0)
    assert session.has_mark(session.value)


def test_the_way_back_is_known(session: Session) -> None:
    first = session.trace
    session.go_to_moment(0)
    session.go_to_moment(6)
    assert session.trace is first


def test_what_there_is_no_room_for_is_forgotten_oldest_first(session: Session) -> None:
    one = session.trace.nbytes
    few, scenario = Moments(record(), room=2 * one), session.scenario
    first, second, third = (few.trace(scenario, moment, session.trace) for moment in (0, 1, 2))
    assert few.known(scenario, 0) is None
    assert (few.known(scenario, 1), few.known(scenario, 2)) == (second, third)
    assert few.trace(scenario, 0, session.trace) is not first


def test_a_long_run_is_not_at_hand_until_it_is_known(session: Session) -> None:
    moments = moments_of(session)
    moments.seconds = 10.0
    assert not session.is_at_hand(2)
    session.run_at(2, session.scenario)
    moments.seconds = 10.0
    assert session.is_at_hand(2)
    assert session.is_at_hand(session.moment)


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
    speaker.show(speaker.trace[path], (1,))
    speaker.go_to_moment(2)
    assert path not in speaker.trace.steps
    assert speaker.value.path == "candidates"  # of the word that is said
    speaker.go_to_moment(1)
    assert (speaker.value.path, speaker.index) == (path, (1,))


def test_one_who_has_stepped_on_since_stays_there(speaker: Session) -> None:
    speaker.show(speaker.trace["generated.2.candidates"])
    speaker.go_to_moment(2)
    speaker.show(speaker.trace["encoder.embedding"])
    speaker.go_to_moment(1)
    assert speaker.value.path == "encoder.embedding"


def test_an_edit_of_a_word_that_is_not_said_at_a_moment_keeps_one_where_one_is(speaker: Session) -> None:
    speaker.edit(Edit(at="generated.2.candidates", zero=True))
    before = speaker.trace
    with pytest.raises(Problem, match="ended before"):
        speaker.go_to_moment(2)
    assert (speaker.trace, speaker.moment) == (before, 3)
    speaker.go_to_moment(1)
    assert speaker.moment == 1


def test_gradients_go_along(speaker: Session) -> None:
    speaker.differentiate("logits[0, 1]")
    speaker.go_to_moment(1)
    assert speaker.output is not None
    assert "grad.encoder.embedding" in speaker.trace.steps
    speaker.undo()
    assert speaker.moment == 1


def test_gradients_that_come_late_are_known_to_be_of_another_run(speaker: Session) -> None:
    made = speaker.differentiated("logits[0, 1]")
    assert speaker.is_like(made)
    speaker.go_to_moment(1)
    assert not speaker.is_like(made)
    speaker.go_to_moment(3)
    assert speaker.is_like(made)
    speaker.edit_word(0, "b")
    assert not speaker.is_like(made)


def test_a_moment_that_does_not_say_the_word_has_no_gradients_of_it(speaker: Session) -> None:
    speaker.differentiate("generated.2.logits[0, 1]")
    wanted = speaker.scenario.gradients
    speaker.go_to_moment(2)
    assert (speaker.moment, speaker.output) == (2, None)
    speaker.go_to_moment(1)
    assert speaker.output is not None
    assert speaker.scenario.gradients == wanted


# --- curves


def test_the_cursor_of_a_curve_is_where_the_moment_is(session: Session) -> None:
    loss, right = session.trace["experiment.loss"], session.trace["experiment.held_out_right"]
    assert (session.index_in(loss), session.index_in(right)) == ((299,), (6,))
    session.go_to_moment(1)
    assert (session.index_in(loss), session.index_in(right)) == ((49,), (1,))
    session.go_to_moment(0)
    assert (session.index_in(loss), session.index_in(right)) == ((0,), (0,))


def test_a_cell_of_a_curve_names_the_nearest_moment(session: Session) -> None:
    moments = moments_of(session)
    loss, right = session.trace["experiment.loss"], session.trace["experiment.held_out_right"]
    assert [moments.at(loss, (place,)) for place in (0, 30, 49, 70, 299)] == [0, 1, 1, 1, 6]
    assert moments.at(right, (4,)) == 4
    assert moments.at(session.value, session.index) is None


def test_the_curves_stay_after_an_edit(session: Session) -> None:
    session.edit(Edit(at=WEIGHTS, zero=True))
    assert "experiment.loss" in session.trace.steps


# --- edits


def test_edits_are_made_again_at_another_moment(session: Session) -> None:
    session.edit(Edit(at=WEIGHTS, index=(0, 1), zero=True))
    session.go_to_moment(1)
    clean = run(read_scenario(session.path or Path()), record=record(), moment=1)
    assert not session.trace[WEIGHTS].array[0, 1].any()
    np.testing.assert_array_equal(session.trace[WEIGHTS].array[0, 0], clean[WEIGHTS].array[0, 0])
    moved = session.moved(session.trace[WEIGHTS])
    assert moved is not None
    np.testing.assert_array_equal(moved[0, 1], clean[WEIGHTS].array[0, 1])


def test_a_changed_word_stays_at_another_moment(session: Session) -> None:
    session.edit_word(0, "b")
    session.go_to_moment(1)
    assert session.changed_words == [(0, "a", "b")]
    assert session.moved(session.trace["encoder.embedding"]) is not None
    assert session.trace.tokens["encoder"] is not None
    assert session.trace.tokens["encoder"][0] == "b"


def test_an_edit_is_taken_back_at_the_moment_that_one_went_to(session: Session) -> None:
    session.edit(Edit(at=WEIGHTS, zero=True))
    session.go_to_moment(2)
    assert session.undo()
    assert session.moment == 2
    assert not session.is_edited
    clean = run(read_scenario(session.path or Path()), record=record(), moment=2)
    np.testing.assert_array_equal(session.trace["logits"].array, clean["logits"].array)
    session.go_to_moment(4)
    assert session.redo()
    assert session.moment == 4
    assert not session.trace[WEIGHTS].array.any()
    assert session.drop_edits()
    assert session.moment == 4


# --- two moments


def test_a_pinned_moment_stays_as_the_other_run(session: Session) -> None:
    pin(session)
    session.go_to_moment(1)
    other = session.other
    assert other is not None
    assert (other.label, session.label) == ("step 300", "step 50")
    np.testing.assert_array_equal(other.trace["head.w"].array, record().moments["head.w"][6])
    compared = session.compared(session.value)
    assert compared is not None
    np.testing.assert_array_equal(compared, other.trace[WEIGHTS].array)
    parting = session.parting()
    assert parting is not None
    assert parting.path == "encoder.embedding"


def test_each_of_two_moments_can_be_left_for_another(session: Session) -> None:
    pin(session)
    session.go_to_moment(1)
    other = session.other
    assert other is not None
    other.meet(session)
    other.go_to_moment(3)
    assert (other.label, other.index, session.label, session.moment) == ("step 150", (0, 1, 2), "step 50", 1)


def test_a_moment_that_is_pinned_is_given_up_again(session: Session) -> None:
    pin(session)
    session.go_to_moment(1)
    other = session.other
    assert other is not None
    other.show(other.trace["logits"], (2, 3))
    assert unpin(other) is session
    assert (session.other, session.label, session.moment) == (None, "", 1)
    assert (session.value.path, session.index) == ("logits", (2, 3))


def test_numbers_can_be_taken_from_another_moment(session: Session) -> None:
    pin(session)
    session.go_to_moment(0)
    session.edit(Edit(at=WEIGHTS, swap=True))
    late = record().moments
    assert session.other is not None
    np.testing.assert_array_equal(session.trace[WEIGHTS].array, session.other.trace[WEIGHTS].array)
    session.go_to_moment(1)
    np.testing.assert_array_equal(session.trace[WEIGHTS].array, session.other.trace[WEIGHTS].array)
    np.testing.assert_array_equal(session.trace["head.w"].array, late["head.w"][1])
    with pytest.raises(Problem, match="takes numbers"):
        unpin(session)
    session.undo()
    unpin(session)
    assert not session.redo()  # it would take numbers from a run that is gone


def test_the_lesson_is_told_in_one_of_two_moments(taught: Session) -> None:
    taught.follow_lesson(2)
    pin(taught)
    assert taught.other is not None
    assert taught.other.lesson.stops == []


def test_two_trainings_that_are_compared_go_together(tmp_path: Path) -> None:
    session = session_of(str(trained(tmp_path, f"compare: {{edits: [{{at: {WEIGHTS}, zero: true}}]}}")))
    session.go_to_moment(2)
    assert session.other is not None
    assert session.other.moment == 2
    np.testing.assert_array_equal(session.other.trace["head.w"].array, record().moments["head.w"][2])
    assert not session.other.trace[WEIGHTS].array.any()


def test_where_one_of_two_cannot_go_neither_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(str(trained(tmp_path, f"compare: {{edits: [{{at: {WEIGHTS}, zero: true}}]}}")))

    def refuse(moment: int, scenario: Scenario) -> Run:
        raise Problem("an edit does not fit")

    monkeypatch.setattr(session, "run_at", refuse)
    with pytest.raises(Problem):
        session.go_to_moment(2)
    assert session.other is not None
    assert (session.moment, session.other.moment) == (6, 6)


# --- lessons


def test_a_stop_goes_to_its_moment(taught: Session) -> None:
    taught.follow_lesson()
    assert taught.moment == 0
    taught.step_by(1)  # shows the answer
    taught.step_by(1)
    assert taught.moment == 1
    taught.step_by(1)
    assert taught.moment == 6  # it says none
    taught.step_by(-1)
    assert taught.moment == 1


def test_the_run_of_its_moment_answers_a_question(taught: Session) -> None:
    taught.follow_lesson()
    question = taught.question
    assert question is not None
    expected = int(np.argmax(taught.trace[WEIGHTS].array[0, 0]))
    assert question.right == [(0, 0, expected)]
    assert question.value is taught.value


def test_an_answer_is_judged_by_the_moment_that_it_was_given_at(taught: Session) -> None:
    taught.follow_lesson()
    early = run(taught.scenario, record=record(), moment=0)[WEIGHTS].array[0, 0]
    late = run(taught.scenario, record=record(), moment=6)[WEIGHTS].array[0, 0]
    assert np.argmax(early) != np.argmax(late)
    taught.answer((0, 0, int(np.argmax(early))))
    assert taught.lesson.outcomes[0] is Outcome.right
    for moment in (6, 3):
        taught.go_to_moment(moment)
        assert taught.lesson.outcomes[0] is Outcome.right
        assert taught.stop is not None  # its words stay while one looks at other moments
        assert taught.stop.question is not None
        assert taught.stop.question.right == [(0, 0, int(np.argmax(early)))]


def test_the_next_stop_is_at_its_own_moment_wherever_one_has_gone(taught: Session) -> None:
    taught.follow_lesson(1)
    taught.go_to_moment(4)
    assert taught.moment_ahead(1) == 6
    assert taught.moment_ahead(-1) == 0
    taught.step_by(1)
    assert taught.moment == 6


def test_leaving_a_lesson_keeps_the_moment(taught: Session) -> None:
    taught.follow_lesson(1)
    taught.leave_lesson()
    assert taught.moment_ahead(1) == 1
    taught.step_by(1)
    assert taught.moment == 1


def test_a_run_that_is_read_again_is_at_the_same_moment(session: Session, tmp_path: Path) -> None:
    session.go_to_moment(2)
    again = session_of(str(trained(tmp_path)))
    again.take_place(session)
    assert (again.moment, again.value.path) == (2, WEIGHTS)


# --- saving


def test_edits_of_a_pinned_moment_are_saved(session: Session, tmp_path: Path) -> None:
    pin(session)
    session.go_to_moment(1)
    session.edit(Edit(at=WEIGHTS, zero=True))
    written = read_scenario(save(session, tmp_path / "edited.yaml"))
    assert written.edits == session.scenario.edits
    assert written.compare is None
