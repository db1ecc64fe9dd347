"""Lessons: going from stop to stop, answering, and the place that is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from attn_explore.explorer.drawing.blocks import as_text
from attn_explore.explorer.library.bookmarks import NAME, Bookmark, Bookmarks
from attn_explore.explorer.library.kept import OnDisk, data_file
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.session import edits, stepping
from attn_explore.explorer.session.change_moment import go_to_moment
from attn_explore.explorer.session.course import after, bundled, on_models
from attn_explore.explorer.session.lesson_progress import Outcome
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import questions, sections
from attn_explore.explorer.telling.pictures import Side, pictures
from attn_explore.explorer.telling.walk_through import walk_through_lines
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.timeline import Timeline
from attn_explore.explorer.widgets.words_panel import WordsPanel
from attn_explore.model.scenario.document import Edit
from tests.explorer.conftest import Explore, session_of, settled
from tests.explorer.editing import edit, edit_word
from tests.standing import until

BOOKMARKS = Bookmarks(OnDisk())

LAYER = "encoder.layers.0.self_attention"
LESSON = f"""
input: {{text: I love my dog}}
model: {{kind: attention, d_model: 6, d_k: 5, output_projection: false, weights: {{seed: 12}}}}
lesson:
  - {{at: encoder.input, say: One *row* a word.}}
  - {{at: {LAYER}.scores, focus: {{query: I}}, ask: Which fits best?, answer: {{argmax: key}}}}
  - {{at: {LAYER}.weights, focus: {{query: dog}}, ask: What is the sum?, answer: {{sum: key}}}}
  - {{at: {LAYER}.weights, ask: Where is the largest?, answer: {{cell: largest}}}}
  - {{at: {LAYER}.scores, say: Back again., ask: Why?}}
""".replace("?,", ",").replace("Why?", "Why")


@pytest.fixture
def session() -> Session:
    found = session_of(LESSON)
    stepping.follow_lesson(found)
    return found


# --- from stop to stop


def test_steps_go_from_stop_to_stop_in_the_order_of_the_lesson(session: Session) -> None:
    seen = []
    for _ in range(5):
        stepping.show_answer(session)
        seen.append((session.place.value.name, session.lesson.place))
        stepping.step_by(session, 1)
    assert seen == [("input", 0), ("scores", 1), ("weights", 2), ("weights", 3), ("scores", 4)]
    assert not stepping.step_by(session, 1)
    assert session.lesson.is_done


def test_whoever_has_left_the_way_comes_back_to_it(session: Session) -> None:
    stepping.step_by(session, 1)
    session.place.show(session.run.trace[f"{LAYER}.k"])
    assert session.stop is None
    assert "goes back to stop 2" in sections.sections(session, session.place.value)[0].text
    assert stepping.step_by(session, -1)
    assert (session.place.value.name, session.lesson.place) == ("scores", 1)
    session.place.show(session.run.trace[f"{LAYER}.k"])
    assert stepping.step_by(session, 1)
    assert session.lesson.place == 2


def test_out_of_the_lesson_every_step_comes(session: Session) -> None:
    session.lesson.is_guided = False
    session.place.show(session.place.steps[0])
    assert stepping.step_by(session, 1)
    assert session.place.value is session.place.steps[1]
    stepping.follow_lesson(session)
    assert session.place.value.name == "input"


def test_an_edit_keeps_the_place_and_asks_the_new_run(session: Session) -> None:
    stepping.step_by(session, 1)
    edit(session, Edit(at=f"{LAYER}.scores", index=(0, 0, 0), set=100.0))
    assert session.question is not None
    assert session.question.right == [(0, 0, 0)]


def test_another_word_leaves_the_lesson_and_its_place_as_they_are() -> None:
    session = session_of("i-love-my-dog")
    stepping.follow_lesson(session, 8)
    stepping.answer(session, 1.0)
    edit_word(session, 3, "cat")
    assert (len(session.lesson.stops), session.lesson.place) == (11, 8)
    assert session.lesson.outcome is Outcome.right
    assert all(stop.is_there for stop in session.lesson.stops)
    assert edits.undo(session)
    assert session.lesson.place == 8


def test_answers_are_judged_by_the_run_after_an_edit(session: Session) -> None:
    stepping.step_by(session, 1)
    best = int(session.place.value.array[0, 0].argmax())
    stepping.answer(session, (0, 0, (best + 1) % 4))
    stepping.answer(session, (0, 0, best))
    edit(session, Edit(at=f"{LAYER}.scores", index=(0, 0, (best + 1) % 4), set=99.0))
    assert session.lesson.outcome is Outcome.wrong
    edits.undo(session)
    assert session.lesson.outcome is Outcome.later


# --- questions


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


# --- the place that is kept


@pytest.fixture
def file_of(tmp_path: Path) -> Session:
    path = tmp_path / "mine.yaml"
    path.write_text(LESSON, "utf-8")
    return session_of(str(path))


def test_a_lesson_goes_on_where_it_was_left(file_of: Session) -> None:
    stepping.follow_lesson(file_of)
    stepping.step_by(file_of, 1)
    stepping.answer(file_of, (0, 0, 0))
    stepping.step_by(file_of, 1)
    BOOKMARKS.keep(file_of)
    again = session_of(str(file_of.path))
    assert BOOKMARKS.resume(again) == Bookmark(2, 5, False, {1: file_of.lesson.outcomes[1]})
    assert (again.lesson.place, again.lesson.is_guided) == (2, True)
    assert again.lesson.outcomes == file_of.lesson.outcomes


def test_a_lesson_that_was_ended_begins_again(file_of: Session) -> None:
    stepping.follow_lesson(file_of, 4)
    BOOKMARKS.keep(file_of)
    again = session_of(str(file_of.path))
    mark = BOOKMARKS.resume(again)
    assert mark is not None
    assert mark.is_done
    assert again.lesson.place == 0
    stepping.step_by(again, 1)
    BOOKMARKS.keep(again)
    assert BOOKMARKS.all()[str(file_of.path)] == Bookmark(1, 5, True, {})
    third = session_of(str(file_of.path))
    BOOKMARKS.resume(third)
    assert third.lesson.place == 1


def test_a_place_in_a_lesson_that_has_changed_is_left_alone(file_of: Session) -> None:
    stepping.follow_lesson(file_of, 3)
    BOOKMARKS.keep(file_of)
    assert file_of.path is not None
    file_of.path.write_text(LESSON.replace("  - {at: encoder.input, say: One *row* a word.}\n", ""), "utf-8")
    again = session_of(str(file_of.path))
    BOOKMARKS.resume(again)
    assert again.lesson.place == 0


@pytest.mark.parametrize(
    "written",
    [
        b"", b"\xff\xfe", b"[1]", b"{", b'{"x": 5}', b"[" * 100_000, b'{"%s": {"stop": 9, "of": 5}}',
        b'{"%s": {"stop": "1", "of": 5}}', b'{"%s": {"stop": 1, "of": 5, "answers": {"x": 1, "-1": "right", "1": []}}}',
    ],
    ids=["empty", "not-text", "list", "cut", "number", "deep", "beyond", "text", "answers"],
)  # fmt: skip
def test_a_broken_file_of_places_loses_nothing_but_the_place(file_of: Session, written: bytes) -> None:
    path = data_file(NAME)
    name = str(file_of.path).encode()
    path.write_bytes(written % name if b"%s" in written else written)
    BOOKMARKS.resume(file_of)
    assert file_of.lesson.place in (0, 1)
    assert file_of.lesson.outcomes == {}
    stepping.step_by(file_of, 2)
    BOOKMARKS.keep(file_of)
    assert json.loads(path.read_text("utf-8"))[str(file_of.path)]["stop"] == file_of.lesson.place


def test_a_place_that_cannot_be_written_is_not_kept(file_of: Session) -> None:
    data_file(NAME).unlink()
    data_file(NAME).mkdir()  # in the way
    BOOKMARKS.keep(file_of)
    assert BOOKMARKS.all() == {}


def test_places_are_forgotten_one_by_one(file_of: Session) -> None:
    BOOKMARKS.keep(file_of)
    BOOKMARKS.forget("another")
    assert str(file_of.path) in BOOKMARKS.all()
    BOOKMARKS.forget(str(file_of.path))
    assert BOOKMARKS.all() == {}


def test_a_bundled_lesson_is_called_by_its_name() -> None:
    session = session_of("translate")
    BOOKMARKS.keep(session)
    assert list(BOOKMARKS.all()) == ["translate"]


# --- in the explorer


def panel(pilot: Pilot[None]) -> str:
    """What stands in the panel of the arithmetic."""
    return "\n".join(pilot.app.screen.query_one(ArithmeticPanel).text())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_whole_lesson_is_played(explore: Explore, size: tuple[int, int]) -> None:
    async with explore(LESSON, size=size) as (pilot, session):
        await pilot.press("L")
        timeline = pilot.app.screen.query_one(Timeline)
        assert (timeline.unit, timeline.count) == ("stop", 5)
        await pilot.press("right")
        assert "Which fits best" in panel(pilot)
        right = int(session.place.value.array[0, 0].argmax())
        await pilot.press(*["down"] * (right + 1), "enter")  # the first press marks the first one
        assert "Right." in panel(pilot)
        assert "the sum of 5 over dₖ" in panel(pilot)
        await pilot.press("right")
        assert pilot.app.screen.focused is pilot.app.screen.query_one("#given", Input)
        await pilot.press("-", "enter")
        assert session.question is not None
        await pilot.press("backspace", "1", "enter")
        assert session.lesson.outcome is Outcome.right
        await pilot.press("right")
        row, column = np.unravel_index(session.place.value.array[0].argmax(), (4, 4))
        before = session.place.index
        await pilot.press(*["k"] * before[1], *["h"] * before[2], *["j"] * int(row), *["l"] * int(column), "enter")
        assert session.lesson.outcome is Outcome.right
        await pilot.press("right")
        assert session.lesson.is_done
        assert list(session.lesson.outcomes.values()) == [Outcome.right] * 3
        await pilot.press("ctrl+r")
        assert (session.lesson.place, len(session.lesson.outcomes)) == (4, 3)
        await pilot.press("ctrl+r")
        assert (session.lesson.place, session.lesson.outcomes) == (0, {})


async def test_wrong_answers_are_told_and_the_lesson_goes_on(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right")
        wrong = int(session.place.value.array[0, 0].argmin())
        bar = pilot.app.screen.query_one(KeyBar)
        assert "H hint" in bar.render_line(0).text
        await pilot.press(*["down"] * (wrong + 1), "enter")
        assert "Not so:" in panel(pilot)
        assert "It is “" in panel(pilot)
        assert session.question is not None
        assert "H hint" not in bar.render_line(0).text
        await pilot.press("right", "right", "5", "enter")
        assert "5 is too large." in panel(pilot)
        await pilot.press("right", "right", "right")
        assert session.lesson.outcome is Outcome.shown
        assert "The answer:" in panel(pilot)


async def test_keys_that_no_number_is_written_with_do_what_they_always_do(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right", "right", "right", "left", "right")
        assert (session.place.value.name, session.lesson.place) == ("weights", 2)
        await pilot.press("1", "right")
        assert session.lesson.outcome is Outcome.shown
        await pilot.press("left", "L")
        assert not session.lesson.is_guided


async def test_an_option_is_chosen_with_the_mouse(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right")
        await pilot.click(ArithmeticPanel, offset=(6, 2))
        assert session.lesson.given is not None


async def test_the_place_is_written_down_when_the_explorer_ends(explore: Explore, file_of: Session) -> None:
    async with explore(str(file_of.path)) as (pilot, _):
        await pilot.press("L", "right")
        await pilot.press("q")
    assert BOOKMARKS.all()[str(file_of.path)].place == 1


async def test_the_first_start_tells_of_the_tour(explore: Explore) -> None:
    data_file(NAME).unlink()
    async with explore(LESSON) as (pilot, _):
        (toast,) = pilot.app._notifications
        assert toast.message.startswith("First time here? T ")
        await pilot.press("L", "right", "q")
    async with explore(LESSON) as (pilot, _):
        assert not list(pilot.app._notifications)


async def test_a_scenario_without_a_lesson_says_so(explore: Explore) -> None:
    async with explore("input: {text: a b}") as (pilot, session):
        await pilot.press("L", "ctrl+r")
        assert not session.lesson.is_guided


async def test_playing_stops_at_a_question(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", *["plus"] * 4, "space")
        await until(pilot, lambda: session.lesson.place == 1)
        await pilot.pause(0.3)
        assert (session.lesson.place, session.lesson.outcome) == (1, None)


async def test_hidden_numbers_are_not_copied(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, _):
        await pilot.press("L", "right", "y", "Y", "escape")
        assert pilot.app.clipboard == ""


async def test_a_lesson_that_was_left_goes_on_where_it_was_when_it_is_followed_again(
    explore: Explore, file_of: Session
) -> None:
    stepping.follow_lesson(file_of, 3)
    BOOKMARKS.keep(file_of)
    async with explore(str(file_of.path)) as (pilot, session):
        await pilot.press("L")
        assert session.lesson.place == 3


# --- keys that are pressed without thought


async def test_enter_without_a_choice_is_no_answer(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right", "enter")
        assert session.question is not None
        assert session.lesson.tries == ()
        stepping.follow_lesson(session, 3)
        await pilot.press("L", "L", "enter")
        assert session.question is not None
        assert session.question.kind == "cell"
        assert session.lesson.tries == ()
        await pilot.press("l", "h", "enter")
        assert session.lesson.given == session.place.index


async def test_a_key_for_another_view_says_while_a_question_waits_that_it_is_answered_first(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right")
        for key in "wWPu":
            pilot.app.clear_notifications()
            await pilot.press(key)
            assert "Answer first" in " ".join(note.message for note in pilot.app._notifications), key
        await pilot.press("down", "enter")
        assert session.question is None
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        assert screen.grid.display
        assert (screen.state.view, screen.state.shows_uses) == (View.numbers, False)


@pytest.mark.parametrize("onwards", [["right", "right"], ["enter"]])
async def test_why_a_key_did_nothing_is_said_no_longer_where_one_has_gone_on(
    explore: Explore, onwards: list[str]
) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right", "P")
        was_asked = session.question
        await pilot.press("down")
        assert was_asked is not None
        assert len(pilot.app._notifications) == 1
        await pilot.press(*onwards)
        assert session.question is not was_asked
        assert not pilot.app._notifications


async def test_a_heat_map_is_shown_while_a_question_waits_and_hides_what_it_asks(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("P", "L", "right", "z")
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        assert screen.grid.zoomed_out
        assert session.question is not None
        assert screen.grid.picture is not None
        assert screen.grid.picture.veiled is not None
        assert screen.grid.picture.veiled[session.question.asked].all()
        await pilot.press("z")
        assert not screen.grid.zoomed_out


async def test_one_key_asks_a_question_again_and_twice_begins_again(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", *["right"] * 4)
        assert session.lesson.place == 2
        await pilot.press("ctrl+r")
        assert session.question is not None
        assert list(session.lesson.outcomes) == [1]
        await pilot.press("left", "ctrl+r")  # at another stop it is the first time again
        assert (session.lesson.place, session.lesson.outcomes) == (1, {})
        await pilot.press("ctrl+r")
        assert session.lesson.place == 0


# --- the end of a lesson


async def test_the_next_lesson_of_the_course_is_one_key_away(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("L")
        stepping.follow_lesson(session, 10)
        await pilot.press("ctrl+r")
        assert (
            "Next in the course: One head, in whole numbers." in sections.sections(session, session.place.value)[1].text
        )
        await pilot.press("right")
        assert any("C opens the next one" in toast.message for toast in pilot.app._notifications)
        await pilot.press("C")
        await settled(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        assert screen.state.session.name == "single-head"
        assert (screen.state.session.lesson.is_guided, screen.state.session.lesson.place) == (True, 0)
        assert screen.query_one(Timeline).count == 9
    assert BOOKMARKS.all()["i-love-my-dog"].is_done


async def test_the_next_lesson_does_not_take_edits_away_without_a_word(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores") as (pilot, session):
        await pilot.press("e", *"zero", "enter", "C")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExplorerScreen)
        assert pilot.app.screen.state.session is session
        assert any("in no file" in toast.message for toast in pilot.app._notifications)


async def test_after_a_lesson_of_ones_own_none_follows(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "C")
        assert session.lesson.is_guided
        assert [toast.message for toast in pilot.app._notifications] == ["No lesson of the course follows this one."]


def test_each_lesson_leads_to_the_next_in_the_order_of_the_course(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    course, others = list(bundled().values()), on_models()
    assert [after(path) for path in course] == [*course[1:], None]
    assert after(Path("mine.yaml")) is None
    model = tmp_path / "models--google-t5--t5-small"
    for path, text in (("refs/main", "abc"), ("snapshots/abc/config.json", "{}")):
        (model / path).parent.mkdir(parents=True)
        (model / path).write_text(text)
    assert after(course[-1]) == others["a-real-translator"]
    assert after(others["its-law"]) == others["a-real-translator"]


# --- the verdict is in sight


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize(("name", "place"), [("i-love-my-dog", 6), ("single-head", 7), ("long-range", 7)])
async def test_what_is_said_of_an_answer_is_in_sight(
    explore: Explore, name: str, place: int, size: tuple[int, int]
) -> None:
    async with explore(name, size=size) as (pilot, session):
        stepping.follow_lesson(session, place)
        await pilot.press("L", "L")
        await pilot.press("right")
        found = pilot.app.screen.query_one(ArithmeticPanel)
        rows = ["".join(segment.text for segment in found.render_line(row)) for row in range(found.size.height)]
        assert any("The answer:" in row for row in rows)
        if len(found.text()) > found.scrollable_content_region.height:
            assert "more lines: " in "\n".join(rows)
        for key, sign in (("J", "more lines: K"), ("K", "more lines: J")):
            await pilot.press(*[key] * 40)
            rows = [found.render_line(row).text for row in range(found.size.height)]
            assert any("The answer:" in row for row in rows)
            assert (sign in "\n".join(rows)) is (found.max_scroll_y > 0)


@pytest.mark.parametrize(
    ("name", "place", "size"),
    [
        ("reverse", 4, (80, 24)),
        ("sentiment", 5, (80, 24)),
        ("positions-rotary", 2, (80, 24)),
        ("positions-rotary", 2, (60, 16)),
        ("i-love-my-dog", 2, (120, 40)),
    ],
)
async def test_a_hint_and_then_the_verdict_are_in_sight_however_small_the_terminal_is(
    explore: Explore, name: str, place: int, size: tuple[int, int]
) -> None:
    async with explore(name, size=size) as (pilot, session):
        stepping.follow_lesson(session, place)
        await pilot.press("L", "L", "H")
        found = pilot.app.screen.query_one(ArithmeticPanel)

        def shown() -> list[str]:
            return [found.render_line(row).text.strip() for row in range(found.size.height)]

        assert found.text()[-1].strip() in shown()
        assert "Enter answers" in str(found.border_title)  # what one can do is in sight at any size
        assert any("→ shows the answer" in row for row in shown()) is (size == (120, 40))
        await pilot.press("right")
        assert any("The answer:" in row for row in shown())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize(
    ("name", "place", "own"),
    [
        ("i-love-my-dog", 9, "weight × value"),
        ("i-love-my-dog", 6, "query of love"),
        ("single-head", 7, "weight × value"),
    ],
)
async def test_after_an_answer_the_step_s_own_part_of_the_word_view_is_in_sight(
    explore: Explore, name: str, place: int, own: str, size: tuple[int, int]
) -> None:
    async with explore(name, size=size) as (pilot, session):
        stepping.follow_lesson(session, place)
        await pilot.press("L", "L", "right")
        found = pilot.app.screen.query_one(ArithmeticPanel)
        said = "\n".join(found.render_line(row).text for row in range(found.size.height))
        assert "The answer:" in said
        assert own in said
        parts = [part.split("\n") for part in "\n".join(found.text()).split("\n\n")]
        block = next(part for part in parts if own in "\n".join(part))
        last_words = block[-1].split()
        assert any(line.split()[: len(last_words)] == last_words for line in said.split("\n"))


@pytest.mark.parametrize("size", [(80, 24), (120, 20)])
async def test_words_say_that_there_are_more_above_or_below(explore: Explore, size: tuple[int, int]) -> None:
    async with explore("i-love-my-dog", size=size) as (pilot, session):
        await pilot.press("L", *["J"] * 40)
        words = pilot.app.screen.query_one(WordsPanel)
        stepping.follow_lesson(session, 0)
        await pilot.press("L", "L")

        def shown() -> str:
            rows = ("".join(part.text for part in words.render_line(row)) for row in range(words.size.height))
            return "\n".join((str(words.border_title), *rows))

        assert "more lines: J" in shown()
        assert "more lines: K" not in shown()
        await pilot.press(*["J"] * 40)
        assert "more lines: K" in shown()
        assert "more lines: J" not in shown()


# --- beside a step outside the lesson


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
