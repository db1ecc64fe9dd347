"""What-if edits: as they are typed and told, in a session, and in the explorer."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual import events

from attn_explore.explorer.session import edits
from attn_explore.explorer.session.opening import pair
from attn_explore.explorer.session.run_files import check_beside_weights, check_ending
from attn_explore.explorer.session.saving import save
from attn_explore.explorer.session.what_if import EditIndex, actions, distances, edit_from, edit_text, scopes
from attn_explore.explorer.telling import cell_text, sections, tree_text
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario, read_scenario
from attn_explore.model.scenario.document import Edit
from tests.explorer.conftest import Explore, session_of
from tests.explorer.editing import drop_edits, edit, edit_word

LAYER = "encoder.layers.0.self_attention"
WEIGHTS = f"{LAYER}.weights"
OUTPUT = f"{LAYER}.head_output"


# --- as they are typed and told


@pytest.mark.parametrize(
    ("typed", "does", "said"),
    [
        ("0.5", {"set": 0.5}, "is set to 0.5000"),
        (" −2 ", {"set": -2.0}, "is set to -2"),
        ("0", {"set": 0.0}, "is set to 0"),
        ("zero", {"zero": True}, "is set to 0"),
        ("Knock  Out", {"knock_out": True}, "is knocked out (−∞)"),
        ("-inf", {"knock_out": True}, "is knocked out (−∞)"),
        ("scale 2", {"scale": 2.0}, "is multiplied by 2"),
        ("×0.5", {"scale": 0.5}, "is multiplied by 0.5000"),
        ("freeze", {"freeze": True}, "stays as it is without edits"),
        ("swap", {"swap": True}, "is taken from the other run"),
    ],
)
def test_an_edit_is_typed_in_words_and_told_in_words(typed: str, does: dict[str, Any], said: str) -> None:
    value = session_of("i-love-my-dog").run.trace[WEIGHTS]
    edit = edit_from(value, (0, "all", 3), typed)
    assert edit == Edit(at=WEIGHTS, index=(0, "all", 3), **does)
    assert edit_text(edit, value) == f"A[all, dog] {said}"


@pytest.mark.parametrize("typed", ["", "much", "scale", "scale much", "nan", "inf", "1e999", "[red]"])
def test_what_is_no_edit_is_told_with_what_is(typed: str) -> None:
    with pytest.raises(Problem) as refused:
        edit_from(session_of("i-love-my-dog").run.trace[WEIGHTS], (), typed)
    assert "zero, scale 2, freeze" in refused.value.hint


def test_knocking_out_is_offered_where_a_softmax_makes_0_of_it() -> None:
    trace = session_of("i-love-my-dog").run.trace
    scores = trace["encoder.layers.0.self_attention.scaled_scores"]
    for value, is_offered in ((scores, True), (trace[WEIGHTS], False), (trace["encoder.input"], False)):
        assert ("knock out" in actions(value, has_other=False)) == is_offered
        assert edit_from(value, (), "knock out").knock_out  # as it is typed


@pytest.mark.parametrize(
    ("path", "index", "expected"),
    [
        (WEIGHTS, (1, 0, 3), [(1, 0, 3), (1, 0), (1, "all", 3), (1,), ()]),
        ("encoder.input", (0, 2), [(0, 2), (0,), ("all", 2), ()]),
        ("encoder.layers.0.ffn.b_1", (2,), [(2,), ()]),
    ],
)
def test_a_cell_a_row_a_column_a_head_or_everything(
    path: str, index: tuple[int, ...], expected: list[EditIndex]
) -> None:
    assert list(scopes(session_of("encoder-layer").run.trace[path], index).values()) == expected


def test_how_far_numbers_moved_knows_infinities() -> None:
    before = np.array([1.0, -math.inf, -math.inf, math.nan, 2.0])
    after = np.array([1.5, -math.inf, 0.0, math.nan, math.nan])
    np.testing.assert_array_equal(distances(after, before), [0.5, 0, math.inf, 0, math.inf])


# --- in a session


def test_an_edit_runs_again_and_is_undone_and_made_again() -> None:
    session = session_of("i-love-my-dog", WEIGHTS, (0, 1, 3))
    before = session.run.trace
    change = Edit(at=WEIGHTS, index=(0, 1, 3), set=0.9)
    edit(session, change)
    assert session.place.value.array[0, 1, 3] == 0.9
    assert session.place.index == (0, 1, 3)
    assert session.run.scenario.edits == (change,)
    assert session.run.unedited is before
    after = session.run.trace
    assert edits.undo(session)
    assert session.run.trace is before
    assert session.run.scenario.edits == ()
    assert not edits.undo(session)
    assert edits.redo(session)
    assert session.run.trace is after
    assert not edits.redo(session)


def test_a_new_edit_forgets_what_was_undone() -> None:
    session = session_of("i-love-my-dog", WEIGHTS)
    edit(session, Edit(at=WEIGHTS, zero=True))
    edits.undo(session)
    edit(session, Edit(at=OUTPUT, zero=True))
    assert not edits.redo(session)


def test_the_session_has_the_numbers_of_a_run_of_the_edited_scenario() -> None:
    session = session_of("encoder-layer", WEIGHTS)
    for change in (Edit(at=WEIGHTS, index=(0,), zero=True), Edit(at=f"{LAYER}.w_v", index=("all", 0), scale=3.0)):
        edit(session, change)
    for path, step in run(session.run.scenario).steps.items():
        assert session.run.trace[path].array.tobytes() == step.array.tobytes()


def test_an_edit_that_does_not_fit_changes_nothing() -> None:
    session = session_of("i-love-my-dog", WEIGHTS)
    before = session.run.trace
    with pytest.raises(Problem):
        edit(session, Edit(at=WEIGHTS, index=(7,), zero=True))
    assert session.run.trace is before
    assert session.run.scenario.edits == ()
    assert not edits.undo(session)


def test_each_step_says_how_far_it_moved() -> None:
    session = session_of("i-love-my-dog", WEIGHTS)
    edit(session, Edit(at=WEIGHTS, index=(0, 1, 3), set=0.9))
    assert session.run.effect_on(session.run.trace[f"{LAYER}.scores"]) is None
    found = session.run.effect_on(session.run.trace[WEIGHTS])
    assert found is not None
    assert np.argwhere(found).tolist() == [[0, 1, 3]]
    assert tree_text.beside_step(session, session.run.trace[WEIGHTS]).startswith("A ✎ Δ")
    assert "✎" not in tree_text.beside_step(session, session.run.trace[OUTPUT])
    assert "Δ" in tree_text.beside_step(session, session.run.trace[OUTPUT])
    said = next(
        text for heading, text, _ in sections.sections(session, session.run.trace[OUTPUT]) if heading == "Edits"
    )
    assert "A[love, dog] is set to 0.9000" in said
    assert "5 of 20 numbers here are different, most at" in said
    words = {heading: text for heading, text, _ in sections.sections(session, session.run.trace[WEIGHTS])}
    assert "1 of 16 numbers here is different, at A[love, dog], by 0.2868." in words["Edits"]


def test_the_arithmetic_of_an_edited_cell_says_what_stood_there() -> None:
    session = session_of("i-love-my-dog", WEIGHTS, (0, 1, 3))
    edit(session, Edit(at=WEIGHTS, index=(0, 1, 3), set=0.9))
    first, *rest = cell_text.cell_blocks(session, session.place.value, (0, 1, 3))
    assert "".join(piece.text for piece in first.rows[0]) == "A[love, dog] = 0.9000   edited, instead of:"
    assert rest
    assert len(cell_text.cell_blocks(session, session.place.value, (0, 1, 2))) == len(rest)


def test_edits_of_the_file_are_in_force_from_the_start() -> None:
    session = session_of(f"input: {{text: a b}}\nedits: [{{at: {WEIGHTS}, index: [0, 0], zero: true}}]")
    assert sections.edits_in_force(session) == ["A[a] is set to 0"]
    assert session.run.unedited is not None
    drop_edits(session)
    assert sections.edits_in_force(session) == []
    assert not edits.is_edited(session)


# --- in the explorer


async def test_e_edits_a_row_and_control_z_takes_it_back(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, session):
        before = session.place.value.array.copy()
        await pilot.press("e", "down", *"zero", "enter")
        assert np.all(session.place.value.array[0, 1] == 0)
        tree = pilot.app.screen.query_one(StepTree)
        assert any("✎" in str(node.label) for node in tree.root.children[0].children[-1].children[0].children)
        grid = pilot.app.screen.query_one("#grid", TensorGrid)
        assert grid._picture is not None
        assert grid._picture.changed is not None
        await pilot.press("ctrl+z")
        np.testing.assert_array_equal(session.place.value.array, before)
        await pilot.press("ctrl+y")
        assert np.all(session.place.value.array[0, 1] == 0)
        await pilot.press("ctrl+x")
        np.testing.assert_array_equal(session.place.value.array, before)


async def test_keys_that_come_in_one_burst_are_all_typed_in_their_order(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, session):
        for key in "ezero":  # as a terminal sends them: nothing waits for what the key before does
            pilot.app.post_message(events.Key(key, key))
        await pilot.pause()
        assert "› zero" in pilot.app.screen.query_one(ArithmeticPanel).text()[0]
        await pilot.press("enter")
        assert session.place.value.array[0, 1, 3] == 0


async def test_what_cannot_be_done_is_said_and_nothing_is_lost(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, session):
        await pilot.press("e", *"[red]", "enter")
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        assert "[red] is no edit: type a number" in "\n".join(panel.text())
        assert "\n".join(panel.text()).count("scale 2") == 1
        await pilot.press("backspace")
        assert "is no edit" not in "\n".join(panel.text())
        await pilot.press(*(["backspace"] * 4), *"swap", "enter")
        assert "there is no other run" in "\n".join(panel.text())
        await pilot.press("escape")
        assert panel.text()[0].startswith("A[love, dog] = e^(")
        assert session.run.scenario.edits == ()


@pytest.mark.parametrize("typed", ["", "foo"])
async def test_all_that_is_asked_for_an_edit_is_in_sight_in_a_small_terminal(explore: Explore, typed: str) -> None:
    async with explore("i-love-my-dog", "encoder.embedding", (3, 0), size=(80, 24)) as (pilot, _):
        await pilot.press("L", "e", *typed, *["enter"] * bool(typed))
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        shown = "\n".join(panel.render_line(row).text for row in range(panel.size.height))
        for said in ("● the cell", "○ everything in it", "○ the word itself: dog", "zero, scale 2, freeze"):
            assert said in shown
        assert "more lines" not in shown
        assert "swap" not in shown  # there is no other run


async def test_a_step_inside_a_step_is_not_edited(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        await pilot.press("o", "right", "e")
        assert "What if" not in str(pilot.app.screen.query_one(ArithmeticPanel).border_title)
        assert session.run.scenario.edits == ()


async def test_numbers_of_the_other_run_are_swapped_in(explore: Explore) -> None:
    async with explore("softmax-vs-relu", WEIGHTS) as (pilot, session):
        assert session.other is not None
        await pilot.press("e", *(["down"] * 3), *"swap", "enter")
        np.testing.assert_array_equal(session.place.value.array, session.other.run.trace[WEIGHTS].array)


# --- saved as a scenario


async def test_s_saves_the_edited_run_as_a_scenario(
    explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, session):
        await pilot.press("e", *"zero", "enter", "s", "enter")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        saved = read_scenario(tmp_path / "i-love-my-dog-edited.yaml")
        assert saved == session.run.scenario
        assert run(saved)[WEIGHTS].array[0, 1, 3] == 0


@pytest.mark.parametrize("leave", ["q", "ctrl+q"])
async def test_leaving_says_first_that_edits_are_in_no_file(explore: Explore, leave: str) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, _):
        await pilot.press("e", *"zero", "enter", leave)
        assert "the key that leaves, pressed again" in "".join(toast.message for toast in pilot.app._notifications)
        assert pilot.app.return_value is None
        assert pilot.app.is_running
        assert not pilot.app._exit
        await pilot.press(leave)
        assert pilot.app._exit


@pytest.mark.parametrize("keys", [[], ["e", *"zero", "enter", "ctrl+z"], ["e", *"zero", "enter", "s", "enter"]])
async def test_where_nothing_is_lost_q_leaves_at_once(
    explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, _):
        await pilot.press(*keys, "q")
        assert pilot.app._exit


def test_a_scenario_is_saved_beside_its_weights_and_under_a_name_that_says_what_it_is(tmp_path: Path) -> None:
    scenario = parse_scenario("input: {text: a}\nmodel: {weights: {file: w.safetensors}}", "s.yaml", tmp_path)
    check_beside_weights(tmp_path / "other.yaml", scenario)
    with pytest.raises(Problem) as refused:
        check_beside_weights(tmp_path / "inner" / "other.yaml", scenario)
    assert str(tmp_path) in refused.value.hint
    with pytest.raises(Problem, match="this ending is no scenario's"):
        check_ending(tmp_path / "other.json")


def test_a_run_without_edits_is_saved_as_it_is(tmp_path: Path) -> None:
    session = session_of("multi-head")
    assert read_scenario(save(session, tmp_path / "same.yaml")) == session.run.scenario
    assert "edits" not in (tmp_path / "same.yaml").read_text("utf-8")


# --- words


async def test_a_word_is_edited_at_its_embedding_and_every_other_keeps_its_vector(explore: Explore) -> None:
    async with explore("i-love-my-dog", "encoder.embedding", (3, 0)) as (pilot, session):
        before = session.place.value.array.copy()
        await pilot.press("e", *["up"], *["down"] * 9, *"cat", "enter")
        assert session.run.scenario.tokens() == ("I", "love", "my", "cat")
        np.testing.assert_array_equal(session.place.value.array[:3], before[:3])
        assert not np.array_equal(session.place.value.array[3], before[3])
        assert sections.edits_in_force(session) == ["word 3: dog → cat"]
        moves = session.run.effect_on(session.run.trace[WEIGHTS])
        assert moves is not None
        assert moves.any()
        await pilot.press("ctrl+z")
        np.testing.assert_array_equal(session.place.value.array, before)
        await pilot.press("ctrl+y", "ctrl+x")
        np.testing.assert_array_equal(session.place.value.array, before)
        assert not edits.is_edited(session)


def test_a_word_that_is_known_already_brings_its_own_vector() -> None:
    session = session_of("i-love-my-dog", "encoder.embedding", (3, 0))
    before = session.place.value.array.copy()
    edit_word(session, 3, "I")
    np.testing.assert_array_equal(session.run.trace["encoder.embedding"].array[3], before[0])


def test_a_run_with_another_word_is_saved_and_reads_back(tmp_path: Path) -> None:
    session = session_of("i-love-my-dog")
    edit_word(session, 3, "cat")
    saved = read_scenario(save(session, tmp_path / "cat.yaml"))
    assert saved.input == session.run.scenario.input
    np.testing.assert_array_equal(run(saved)[WEIGHTS].array, session.run.trace[WEIGHTS].array)


def test_a_word_without_a_row_in_the_table_is_refused_and_nothing_changes() -> None:
    session = session_of("single-head")
    with pytest.raises(Problem):
        edit_word(session, 0, "nobody")
    assert not edits.is_edited(session)


@pytest.mark.parametrize("place", ["encoder.input", WEIGHTS])
def test_words_are_edited_where_they_are_looked_up(place: str) -> None:
    assert edits.word_here(session_of("i-love-my-dog", place)) == ""
    given = "input: {vectors: [[1, 2]]}\nmodel: {d_model: 2}"
    assert edits.word_here(session_of(given, "encoder.embedding")) == ""


async def test_an_empty_word_is_refused(explore: Explore) -> None:
    async with explore("i-love-my-dog", "encoder.embedding", (3, 0)) as (pilot, session):
        await pilot.press("e", *["down"] * 9, "enter")
        assert "at least one character" in "\n".join(pilot.app.screen.query_one(ArithmeticPanel).text())
        assert not edits.is_edited(session)


def test_the_cursor_stays_in_a_table_that_has_fewer_rows_after_undo() -> None:
    session = session_of("i-love-my-dog")
    edit_word(session, 3, "cat")
    session.place.show(session.run.trace["encoder.embedding_table"], (4, 5))
    assert edits.undo(session)
    assert session.place.value.array[session.place.index] == session.place.value.array[0, 0]


@pytest.mark.parametrize(
    ("text", "place"),
    [("input: {text: I love my dog, pad_to: 6}", 1), ("model: {kind: decoder}\ninput: {text: a b, target: c d}", 0)],
)
def test_no_other_row_changes_with_a_word(text: str, place: int) -> None:
    session = session_of(text)
    stack = session.place.steps[0].path.split(".")[0]
    before = session.run.trace[f"{stack}.embedding"].array.copy()
    edit_word(session, place, "new")
    after = session.run.trace[f"{stack}.embedding"].array
    others = [row for row in range(len(before)) if row != place]
    np.testing.assert_array_equal(after[others], before[others])
    assert not np.array_equal(after[place], before[place])


def test_a_word_without_a_row_is_refused_with_the_words_that_have_one() -> None:
    for name in ("single-head", "write-word-by-word"):
        with pytest.raises(Problem) as refused:
            edit_word(session_of(name), 0, "nobody")
        assert "the words that it knows: I, love" in refused.value.hint


def test_a_saved_edit_stays_in_the_first_run(tmp_path: Path) -> None:
    session = session_of("why-scale", f"{LAYER}.scaled_scores")
    edit(session, Edit(at=f"{LAYER}.scaled_scores", index=(0, 1), zero=True))
    again = session_of(str(save(session, tmp_path / "saved.yaml")))
    assert again.other is not None
    assert session.other is not None
    np.testing.assert_array_equal(again.run.trace[WEIGHTS].array, session.run.trace[WEIGHTS].array)
    np.testing.assert_array_equal(again.other.run.trace[WEIGHTS].array, session.other.run.trace[WEIGHTS].array)


def test_a_saved_word_is_one_that_the_lesson_finds(tmp_path: Path) -> None:
    session = session_of("i-love-my-dog")
    edit_word(session, 3, "cat")
    again = session_of(str(save(session, tmp_path / "cat.yaml")))
    assert [stop.index for stop in again.lesson.stops] == [stop.index for stop in session.lesson.stops]


def test_numbers_swapped_in_from_a_run_that_the_file_would_not_have_are_not_saved(tmp_path: Path) -> None:
    session = pair(session_of("i-love-my-dog"), session_of("single-head"))
    session.run = replace(session.run, scenario=replace(session.run.scenario, edits=(Edit(at=WEIGHTS, swap=True),)))
    with pytest.raises(Problem, match="takes numbers from the other run"):
        save(session, tmp_path / "swapped.yaml")
    assert not (tmp_path / "swapped.yaml").exists()


async def test_what_is_typed_belongs_to_the_edit(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, session):
        await pilot.press("tab", "e", "down", *"qx", "ctrl+u", *"0.5", "enter")
        assert np.all(session.place.value.array[0, 1] == 0.5)
        await pilot.press("ctrl+z", "space", "e", "7")
        await pilot.pause(1.2)
        await pilot.click(TensorGrid, offset=(20, 3))
        await pilot.press("enter")
        assert session.place.value.array[0, 1, 3] == 7
