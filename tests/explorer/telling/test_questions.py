"""Questions of a lesson: what is hidden, how an answer is judged, and what is told of it."""

from __future__ import annotations

import numpy as np
import pytest

from attn_explore.explorer.drawing.blocks import as_text
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.change_moment import go_to_moment
from attn_explore.explorer.session.lesson_progress import Outcome
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import questions, sections
from attn_explore.explorer.telling.pictures import Side, pictures
from attn_explore.explorer.telling.walk_through import walk_through_lines
from tests.explorer.a_lesson import LAYER, LESSON, followed
from tests.explorer.conftest import session_of


@pytest.fixture
def session() -> Session:
    return followed()


def test_numbers_are_hidden_until_the_answer(session: Session) -> None:
    stepping.step_by(session, 1)
    veiled = pictures(session, Side.one)[0].veiled
    assert veiled is not None
    assert veiled[0, 0].all()
    assert not veiled[0, 1:].any()
    assert all(section.heading.startswith("Lesson") for section in sections.sections(session, session.place.value))
    stepping.show_answer(session)
    assert pictures(session, Side.one)[0].veiled is None


def test_neither_the_colours_nor_the_other_run_tell_the_answer() -> None:
    found = session_of(LESSON.replace("lesson:", "compare: {model: {weights: {scale: 1}}}\nlesson:"))
    stepping.follow_lesson(found)
    stepping.step_by(found, 3)
    found.lesson.go_to(3)
    found.place.show(found.lesson.stop.value)
    for side in Side:
        (picture,) = pictures(found, side)
        assert picture.largest == 0


def test_a_question_is_answered_before_it_is_passed(session: Session) -> None:
    stepping.step_by(session, 1)
    assert stepping.step_by(session, 1)
    assert session.lesson.place == 1
    assert session.lesson.outcome is Outcome.shown
    stepping.step_by(session, 1)
    assert session.lesson.place == 2


def asked(session: Session) -> str:
    return " ".join(as_text(questions.asked(session, 200)))


def test_a_wrong_word_is_told_with_its_number_and_may_be_tried_again(session: Session) -> None:
    stepping.step_by(session, 1)
    row = session.place.value.array[0, 0]
    wrong, right = int(row.argmin()), int(row.argmax())
    words = session.place.value.axis("key").labels or ()
    assert not stepping.answer(session, (0, 0, wrong))
    assert session.question is not None
    assert f"✗ Not so: scores[I, {words[wrong]}] = {row[wrong]:.4f}, and there is a larger one." in asked(session)
    assert f"{words[wrong]}✗" in asked(session)
    assert f"{row[right]:.4f}" not in asked(session)
    assert stepping.answer(session, (0, 0, right))
    assert session.lesson.outcome is Outcome.later
    assert session.place.index == (0, 0, right)


def test_a_wrong_answer_brings_a_hint_that_names_what_was_not_tried(session: Session) -> None:
    stepping.step_by(session, 1)
    cells = np.argsort(session.place.value.array[0, 0])
    words = session.place.value.axis("key").labels or ()
    stepping.answer(session, (0, 0, int(cells[-2])))
    left = sorted((int(cells[-1]), int(cells[-3])))
    assert f"It is “{words[left[0]]}” or “{words[left[1]]}”." in asked(session)


def test_right_with_a_hint_is_not_right_at_once_until_it_is_asked_again(session: Session) -> None:
    stepping.step_by(session, 1)
    right = (0, 0, int(session.place.value.array[0, 0].argmax()))
    session.lesson.hint()
    stepping.answer(session, right)
    assert session.lesson.outcome is Outcome.later
    assert session.lesson.ask_again()
    stepping.answer(session, right)
    assert session.lesson.outcome is Outcome.right


def test_what_was_tried_and_then_shown_counts_as_wrong(session: Session) -> None:
    stepping.step_by(session, 1)
    row = session.place.value.array[0, 0]
    stepping.answer(session, (0, 0, int(row.argmin())))
    stepping.step_by(session, 1)
    assert session.lesson.outcome is Outcome.wrong
    said = " ".join(as_text(questions.answered(session, 200)))
    words = session.place.value.axis("key").labels or ()
    assert f"The answer: scores[I, {words[int(row.argmax())]}] = {row.max():.4f} is the largest along key." in said
    assert f"✗ You chose scores[I, {words[int(row.argmin())]}] = {row.min():.4f}." in said


@pytest.mark.parametrize(
    ("given", "said"), [(2.0, "2 is too large"), (1.05, "is a little too large"), (0.1, "is too small"), (-1.0, "sign")]
)
def test_a_wrong_number_is_told_which_way_it_is_off(session: Session, given: float, said: str) -> None:
    session.lesson.go_to(2)
    stepping.follow_lesson(session)
    assert not stepping.answer(session, given)
    assert said in asked(session)


def test_a_hint_is_given_when_it_is_asked_for(session: Session) -> None:
    stepping.step_by(session, 1)
    assert "H gives a hint" in questions.helps(session)
    session.lesson.hint()
    words = session.place.value.axis("key").labels or ()
    row = session.place.value.array[0, 0]
    best, next_best = (words[int(place)] for place in np.argsort(-row)[:2])
    pairs = [(best, next_best), (next_best, best)]
    assert any(f"It is “{one}” or “{other}”." in asked(session) for one, other in pairs)
    assert "H gives a hint" not in questions.helps(session)


def test_a_lesson_may_have_hints_of_its_own() -> None:
    found = session_of(LESSON.replace("answer: {argmax: key}", "answer: {argmax: key}, hint: Not *my*."))
    stepping.follow_lesson(found, 1)
    found.lesson.hint()
    assert "Not my." in asked(found)
    assert "It is “" not in asked(found)


def test_the_hint_for_a_number_is_its_arithmetic_without_the_result() -> None:
    found = session_of("i-love-my-dog")
    stepping.follow_lesson(found, 2)
    found.lesson.hint()
    said = asked(found)
    assert "? = " in said
    assert "0.0746 + " in said
    assert "0.9161" not in said


def test_the_hint_for_a_sum_is_its_terms_and_for_what_was_taken_over_what_it_was_taken_from() -> None:
    text = "{at: %s, focus: {%s}, ask: How much, answer: {number: true}}"
    row, copy = text % (f"{LAYER}.q", "token: dog, d_k: 1"), text % ("encoder.embedding", "token: dog, d_model: 2")
    found = session_of(f"input: {{text: I love my dog}}\nmodel: {{d_model: 4}}\nlesson: [{row}, {copy}]")
    stepping.follow_lesson(found, 0)
    found.lesson.hint()
    q = float(found.run.trace[f"{LAYER}.q"].array[0, 3, 1])
    assert "Q = ?" in asked(found)
    assert asked(found).count(" × ") == 5
    assert f"{q:.4f}" not in asked(found)
    stepping.follow_lesson(found, 1)
    found.lesson.hint()
    assert "taken over from" in asked(found)


def test_a_question_is_markdown_like_what_is_said() -> None:
    found = session_of(LESSON.replace("Which fits best", "Which *fits* best"))
    stepping.follow_lesson(found, 1)
    assert asked(found).startswith("Which fits best")
    assert any(piece.role == "emphasis" for block in questions.asked(found, 80) for row in block.rows for piece in row)
    assert "Question: Which fits best" in "\n".join(walk_through_lines(found))


def test_a_right_answer_and_a_wrong_one_differ_in_sign_and_colour(session: Session) -> None:
    def roles() -> set[str]:
        found = questions.asked(session, 80) or questions.answered(session, 80)
        return {piece.role for block in found for row in block.rows for piece in row if piece.text[:1] in "✓✗"}

    stepping.step_by(session, 1)
    stepping.answer(session, (0, 0, int(session.place.value.array[0, 0].argmin())))
    assert roles() == {"wrong"}
    stepping.answer(session, (0, 0, int(session.place.value.array[0, 0].argmax())))
    assert roles() == {"right"}


def test_one_question_can_be_asked_again_without_losing_the_others(session: Session) -> None:
    stepping.step_by(session, 1)
    assert not session.lesson.ask_again()
    for _ in range(3):
        stepping.step_by(session, 1)
    assert session.lesson.ask_again()
    assert session.question is not None
    assert list(session.lesson.outcomes) == [1]


def test_a_right_word_is_told_so(session: Session) -> None:
    stepping.step_by(session, 1)
    stepping.answer(session, (0, 0, int(session.place.value.array[0, 0].argmax())))
    assert session.lesson.outcome is Outcome.right
    assert "Right." in " ".join(as_text(questions.answered(session, 200)))


def test_a_sum_is_told_with_its_terms(session: Session) -> None:
    for _ in range(3):
        stepping.step_by(session, 1)
    stepping.answer(session, 2.0)
    stepping.show_answer(session)
    said = " ".join(as_text(questions.answered(session, 200)))
    assert said.count(" + ") == 3
    assert "The answer: " in said
    assert said.endswith("= 1. ✗ You said 2.")


def test_a_cross_stands_before_what_was_wrong_and_not_before_the_answer(session: Session) -> None:
    stepping.step_by(session, 1)
    stepping.answer(session, (0, 0, int(session.place.value.array[0, 0].argmin())))
    stepping.show_answer(session)
    lines = [(row[0].text, row[0].role) for block in questions.answered(session, 200) for row in block.rows]
    answer, tried = lines[1:]
    assert (answer[0].split(":")[0], answer[1]) == ("The answer", "label")
    assert (tried[0].split("scores[")[0], tried[1]) == ("✗ You chose ", "wrong")


def test_options_are_broken_into_lines_that_fit(session: Session) -> None:
    stepping.step_by(session, 1)
    lines = as_text(questions.asked(session, 12))
    assert max(map(len, lines)) <= 12
    assert [word for line in lines for word in line.split() if word in ("love", "my", "dog")] == ["love", "my", "dog"]


def test_the_score_is_told_at_the_end(session: Session) -> None:
    stepping.step_by(session, 1)
    stepping.answer(session, (0, 0, int(session.place.value.array[0, 0].argmax())))
    for _ in range(8):
        stepping.step_by(session, 1)
    said = {section.heading: section.text for section in sections.sections(session, session.place.value)}
    assert said["The end of the lesson"].startswith("3 questions: 1 right at once, 2 shown.")
    assert said["Think"] == "Why"


def test_plain_text_has_the_words_the_questions_and_the_answers() -> None:
    said = "\n".join(walk_through_lines(session_of(LESSON)))
    assert "In this scenario:\n      One row a word." in said
    assert "Question: What is the sum" in said
    assert "= 1." in said


def test_outside_the_lesson_only_what_is_said_of_this_moment_stands_beside_a_step() -> None:
    session = session_of("translate", "candidates")
    assert not session.lesson.is_guided

    def beside() -> str:
        return " ".join(section.text for section in sections.sections(session, session.place.value))

    assert "Before training" not in beside()
    assert "a probability of 1.0000 now" in beside()
    go_to_moment(session, 0)
    assert "Before training" in beside()
    assert "now" not in beside().split("Before training")[0]
    go_to_moment(session, 3)
    assert "In this scenario" not in {section.heading for section in sections.sections(session, session.place.value)}


@pytest.mark.parametrize("name", ["translate", "translate-a-question", "reverse", "sentiment", "induction-head"])
def test_at_every_moment_the_words_beside_a_step_are_of_that_moment(name: str) -> None:
    session = session_of(name)
    assert session.moments is not None
    for moment in (0, session.moments.last // 2, session.moments.last):
        go_to_moment(session, moment)
        for step in session.place.steps:
            session.place.show(step)
            assert session.stop is None or session.lesson.moment_of(session.stop) == session.run.moment


def test_an_operand_is_told_by_its_path_and_not_by_a_letter_that_the_cell_has_too() -> None:
    session = session_of("where-gradients-flow")
    stepping.follow_lesson(session, 4)
    assert not stepping.answer(session, 0.0953)
    assert stepping.answer(session, 0.0953 - 0.0464)
    said = " ".join(as_text(questions.answered(session, 200)))
    assert "✓ Right. grad.encoder.layers.0.ffn.residual[film, 1] = 0.0489." in said
    assert session.place.index == (1, 1)
