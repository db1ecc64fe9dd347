"""Gradients in the explorer and on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from attn_explore.explorer.screens import working
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session import edits, gradients, stepping, two_runs
from attn_explore.explorer.session.search import named
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.cell_text import way
from attn_explore.explorer.telling.pictures import Side, picture_of, pictures
from attn_explore.explorer.telling.word_view import attention_of
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.model.ops import differentiated, is_gradient
from tests.explorer.conftest import Explore, session_of, settled
from tests.explorer.editing import drop_edits, edit
from tests.program import here

A = "encoder.layers.0.self_attention"
LABELS = "model: {head: tokens, classes: [a, b]}\ninput: {text: I love my dog}\n"


def said(pilot: Pilot[None]) -> str:
    return " ".join(note.message for note in pilot.app._notifications)


# --- the session


def test_flipping_goes_to_the_same_cell_of_the_gradient_and_back() -> None:
    session = session_of(LABELS, f"{A}.q", (0, 3, 1))
    gradients.differentiate(session, "logits[dog, a]")
    assert gradients.flip(session)
    assert session.place.value.path == f"grad.{A}.q"
    assert session.place.index == (0, 3, 1)
    assert gradients.flip(session)
    assert session.place.value.path == f"{A}.q"


def test_a_parameter_has_a_gradient_and_a_mask_has_none() -> None:
    session = session_of(LABELS + "mask: {causal: true}", f"{A}.w_q", (0, 1))
    gradients.differentiate(session)
    assert gradients.flip(session)
    assert session.place.value.names == ("d_model", "head·d_k")
    session.place.show(session.run.trace[f"{A}.mask"])
    assert not gradients.flip(session)


def test_gradients_of_another_number_take_the_place_of_those_there_are() -> None:
    session = session_of(LABELS)
    gradients.differentiate(session, "logits[dog, a]")
    gradients.differentiate(session, f"{A}.scores[I, dog]")
    assert "grad.logits" not in session.run.trace.steps
    assert session.run.scenario.gradients is not None
    assert session.run.scenario.gradients.of == f"{A}.scores[head 0, I, dog]"


def test_an_edit_keeps_the_number_and_moves_its_gradients() -> None:
    from attn_explore.model.scenario.document import Edit

    session = session_of(LABELS)
    gradients.differentiate(session)
    before = session.run.scenario.gradients
    edit(session, Edit(at=f"{A}.weights", index=(0, 3), scale=3.0))
    assert session.run.scenario.gradients == before
    moves = session.run.effect_on(session.run.trace[f"grad.{A}.v"])
    assert moves is not None
    edits.undo(session)
    assert session.run.effect_on(session.run.trace[f"grad.{A}.v"]) is None


def test_gradients_made_after_an_edit_are_compared_with_those_without_it() -> None:
    from attn_explore.model.scenario.document import Edit

    session = session_of(LABELS)
    edit(session, Edit(at=f"{A}.weights", index=(0, 3), scale=3.0))
    gradients.differentiate(session)
    assert session.run.effect_on(session.run.trace[f"grad.{A}.v"]) is not None


SPEAKS = """
model: {kind: decoder, head: vocabulary, d_model: 8, heads: 2, weights: {seed: 3}}
input: {text: a b, vocabulary: [a, b, c, d, </s>], max_new_tokens: 4}
"""
SILENCES = "edits: [{at: logits, index: [1, 4], set: 100.0}]\n"


def test_an_edit_that_ends_a_generation_before_the_number_drops_its_gradients() -> None:
    from attn_explore.model.scenario.document import Edit

    session = session_of(SPEAKS)
    gradients.differentiate(session, "generated.3.logits[b, a]")
    edit(session, Edit(at="logits", index=(1, 4), set=100.0))
    assert session.run.output is None
    assert session.run.scenario.gradients is None
    edits.undo(session)
    assert session.run.output is not None


def test_the_way_leaves_out_cells_that_the_run_does_not_have_any_more() -> None:
    from attn_explore.model.scenario.document import Edit

    session = session_of(SPEAKS)
    edit(session, Edit(at="decoder.embedding", scale=2.0))
    gradients.differentiate(session, "logits[b, a]")
    session.place.show(session.run.trace["grad.logits"], (1, 0))
    session.place.follow(session.run.trace["logits"], (1, 0))
    session.place.follow(session.run.trace["decoder.embedding"], (0, 1))
    assert way(session, 80).startswith("∂y/∂logits[b, a] › ")
    drop_edits(session)
    edits.undo(session)
    edits.undo(session)
    assert session.run.output is None
    assert way(session, 80).startswith("logits[b, a] › ")


def test_the_number_is_one_of_the_edited_run_and_the_one_without_edits_need_not_have_it() -> None:
    session = session_of(f"{SPEAKS}{SILENCES}gradients: {{}}\n")
    assert session.run.scenario.gradients is not None
    assert session.run.scenario.gradients.of == "logits[b, </s>]"
    longer = session_of(f"{SPEAKS}gradients: {{}}\n")
    assert longer.run.output is not None
    assert longer.run.output.value.path == "generated.3.logits"


def test_the_second_run_need_not_have_the_number() -> None:
    gradients = "gradients: {of: 'encoder.layers.1.ffn.hidden[I, 0]'}"
    session = session_of(
        f"model: {{layers: 2}}\ninput: {{text: I love}}\ncompare: {{model: {{layers: 1}}}}\n{gradients}"
    )
    assert session.run.output is not None
    assert session.other is not None
    assert session.other.run.output is None


def test_two_runs_have_the_gradients_of_the_same_number() -> None:
    session = session_of(LABELS + "compare: {model: {score: dot}}\ngradients: {}")
    other = session.other
    assert other is not None
    assert session.run.scenario.gradients == other.run.scenario.gradients
    assert two_runs.numbers_beside(session, session.run.trace[f"grad.{A}.scores"]) is not None


def test_a_step_of_the_gradients_is_found_and_gone_to_by_name() -> None:
    session = session_of(LABELS)
    gradients.differentiate(session, "logits[dog, a]")
    value, index = named(session, f"grad.{A}.scores[I, dog]")
    assert value is session.run.trace[f"grad.{A}.scores"]
    assert index == (0, 0, 3)


def test_a_gradient_is_no_attention() -> None:
    session = session_of(LABELS)
    gradients.differentiate(session)
    assert attention_of(session.run.trace, session.run.trace[f"grad.{A}.weights"]) is None


def test_the_colours_of_a_gradient_go_both_ways_from_0() -> None:
    session = session_of(LABELS)
    gradients.differentiate(session, "logits[dog, a]")
    found = session.run.trace["grad.logits"]
    assert found.array.min() == 0
    assert picture_of(found, None).is_signed
    session.place.show(found)
    assert pictures(session, Side.one)[0].is_signed


# --- the screen


async def test_v_makes_the_gradients_shows_the_same_cell_and_says_of_what(explore: Explore) -> None:
    async with explore(LABELS, f"{A}.q", (0, 3, 1)) as (pilot, session):
        await pilot.press("v")
        assert is_gradient(session.place.value)
        assert session.place.index == (0, 3, 1)
        assert "Gradients of logits[dog," in said(pilot)
        await pilot.press("v")
        assert session.place.value.path == f"{A}.q"


async def test_capital_v_asks_what_the_number_under_the_cursor_depends_on(explore: Explore) -> None:
    async with explore(LABELS, f"{A}.scores", (0, 1, 2)) as (pilot, session):
        await pilot.press("V")
        assert session.place.value.path == f"{A}.scores"
        assert "scores[love, my]" in said(pilot)
        await pilot.press("v")
        assert session.place.value.array[0, 1, 2] == 1
        await pilot.press("V")
        assert "this is none" in said(pilot)


async def test_a_large_run_is_walked_backwards_by_a_worker(explore: Explore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "AT_ONCE", 0)
    async with explore(LABELS, f"{A}.k") as (pilot, session):
        await pilot.press("v")
        await settled(pilot)
        assert session.place.value.path == f"grad.{A}.k"


async def test_a_number_that_has_no_part_in_it_is_said_to_have_none(explore: Explore) -> None:
    async with explore(LABELS, f"{A}.scores", (0, 1, 2)) as (pilot, session):
        await pilot.press("V")
        session.place.show(session.run.trace["logits"])
        await pilot.press("v")
        assert "This has no part in scores[love, my]." in said(pilot)


async def test_where_the_first_gradients_leave_a_number_out_that_is_said_at_once(explore: Explore) -> None:
    async with explore("names", "decoder.layers.0.self_attention.q") as (pilot, session):  # a pass before the last one
        await pilot.press("v")
        await settled(pilot)
        assert session.place.value.path == "decoder.layers.0.self_attention.q"
        assert said(pilot).startswith("This has no part in logits[e, </s>]. V asks")


async def test_a_gradient_is_not_edited_and_has_no_word_view(explore: Explore) -> None:
    async with explore(LABELS, f"{A}.weights") as (pilot, session):
        await pilot.press("v", "e")
        assert "edit the number itself" in said(pilot)
        await pilot.press("w")
        assert "Go to a step of attention first" in said(pilot)
        assert is_gradient(session.place.value)


async def test_a_question_hides_the_gradient_too(explore: Explore) -> None:
    lesson = f'lesson: [{{at: {A}.weights, ask: "Which?", answer: {{argmax: key}}}}]'
    async with explore(LABELS + lesson, f"{A}.weights") as (pilot, session):
        stepping.follow_lesson(session)
        await pilot.press("v")
        assert not is_gradient(session.place.value)
        assert "Answer first" in said(pilot)


async def test_a_lesson_may_stop_at_a_gradient(explore: Explore) -> None:
    lesson = f"gradients: {{of: 'logits[dog, a]'}}\nlesson: [{{at: grad.{A}.scores, focus: {{key: I}}, say: Look.}}]"
    async with explore(LABELS + lesson) as (pilot, session):
        await pilot.press("L")
        assert session.place.value.path == f"grad.{A}.scores"


async def test_the_tree_has_the_gradients_in_a_folded_branch_in_backward_order(explore: Explore) -> None:
    async with explore(LABELS, f"{A}.q") as (pilot, session):
        await pilot.press("V")
        tree = pilot.app.screen.query_one(StepTree)
        branch = tree._by_path["grad"]
        assert not branch.is_expanded
        assert str(branch.label) == "∂ gradients"
        await pilot.press("v")
        assert branch.is_expanded
        lines = [path for path in tree._by_path if path.startswith("grad.") and path in session.run.trace.steps]
        assert lines == [step.path for step in session.place.steps if is_gradient(step)]


async def test_stepping_on_from_the_last_step_goes_backwards(explore: Explore) -> None:
    async with explore(LABELS + "gradients: {of: 'logits[dog, a]'}", "probabilities") as (pilot, session):
        await pilot.press("right")
        assert session.place.value.path == "grad.logits"
        await pilot.press("right")
        assert differentiated(session.place.value).path == "head.w"


async def test_where_a_gradient_goes_is_shown(explore: Explore) -> None:
    async with explore(LABELS + "gradients: {of: 'logits[dog, a]'}", f"grad.{A}.scores", (0, 3, 1)) as (pilot, session):
        await pilot.press("u", "enter")
        assert session.place.value.path in (f"grad.{A}.q", f"grad.{A}.k")


# --- plots of all gradients


async def test_p_goes_from_the_row_to_the_profile_to_the_saliency_and_to_the_numbers(explore: Explore) -> None:
    async with explore(LABELS + "gradients: {of: 'logits[dog, a]'}", f"grad.{A}.q") as (pilot, session):
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        titles = []
        for _ in range(3):
            await pilot.press("P")
            titles.append(screen.state.plot.title)
        assert [title.partition(" logits")[0] for title in titles] == [
            "How", "Gradients of", "Which words",
        ]  # fmt: skip
        await pilot.press("P")
        assert not screen.state.is_plotted
        assert session.place.value.path == f"grad.{A}.q"


async def test_the_cursor_of_the_profile_goes_from_layer_to_layer(explore: Explore) -> None:
    async with explore(LABELS + "gradients: {of: 'logits[dog, a]'}", f"grad.{A}.q", (0, 1, 2)) as (pilot, session):
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        await pilot.press("P", "P", "l", "l", "j")
        plot = screen.state.plot
        assert (plot.marked, plot.chosen) == (2, 1)
        assert session.place.index == (0, 1, 2)


async def test_beyond_the_gradients_p_shows_the_row_again(explore: Explore) -> None:
    async with explore(LABELS + "gradients: {of: 'logits[dog, a]'}", f"grad.{A}.q") as (pilot, session):
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        await pilot.press("P", "P", "v")
        assert session.place.value.path == f"{A}.q"
        assert screen.state.plot.title.startswith("Queries")


# --- the command line


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "labels.yaml"
    file.write_text(LABELS)
    return file


def test_show_prints_a_gradient(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    ended = here(capsys, "show", str(file), "grad.logits", "--of", "logits[dog, b]", "--csv")
    assert ended.status == 0
    assert ended.out.splitlines()[-1] == "dog,0.0,1.0"


def test_explain_tells_how_a_gradient_came_about(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    ended = here(capsys, "explain", str(file), "grad.head.w[0, b]", "--gradients")
    assert ended.status == 0
    assert "the sum of 4 over token" in ended.out
    assert "Goes into" not in ended.out


def test_run_prints_the_gradients_after_the_steps(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    plain, ended = here(capsys, "run", str(file)), here(capsys, "run", str(file), "--gradients")
    assert "grad." not in plain.out
    assert "How logits[dog, " in ended.out
    assert "changes with the queries" in ended.out


@pytest.mark.parametrize("ending", ["json", "npz", "safetensors"])
def test_an_exported_trace_gets_gradients_or_keeps_its_own(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path, ending: str
) -> None:
    plain, with_them = tmp_path / f"plain.{ending}", tmp_path / f"with.{ending}"
    assert here(capsys, "export", str(file), "-o", str(plain)).status == 0
    assert here(capsys, "export", str(file), "-o", str(with_them), "--of", "logits[I, a]").status == 0
    first = here(capsys, "show", str(plain), f"grad.{A}.q", "--of", "logits[I, a]", "--csv")
    second = here(capsys, "show", str(with_them), f"grad.{A}.q", "--csv")
    assert first.status == second.status == 0
    assert first.out == second.out


@pytest.mark.parametrize(("of", "hint"), [("logit[dog, a]", "did you mean logits?"), ("loss", "add `target`")])
def test_a_number_that_is_not_there_is_refused(
    capsys: pytest.CaptureFixture[str], file: Path, of: str, hint: str
) -> None:
    ended = here(capsys, "run", str(file), "--of", of)
    assert ended.status == 2
    assert hint in ended.err


def test_a_saved_scenario_keeps_the_number(tmp_path: Path) -> None:
    from attn_explore.explorer.session.saving import save

    session: Session = session_of(LABELS)
    gradients.differentiate(session, "logits[dog, a]")
    saved = session_of(str(save(session, tmp_path / "saved.yaml")))
    assert list(saved.run.trace.steps) == list(session.run.trace.steps)
    np.testing.assert_array_equal(saved.run.trace[f"grad.{A}.q"].array, session.run.trace[f"grad.{A}.q"].array)


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("profile", "Gradients of logits[dog, b], layer by layer"),
        ("saliency", "Which words logits[dog, b] depends on"),
    ],
)
def test_plot_draws_all_gradients(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path, wanted: str, title: str
) -> None:
    assert here(capsys, "plot", str(file), wanted, "--of", "logits[dog, b]").out.startswith(title)
    table = tmp_path / "plot.csv"
    assert here(capsys, "plot", str(file), wanted, "--of", "logits[dog, b]", "-o", str(table)).status == 0
    assert len(table.read_text().splitlines()) == (4 if wanted == "profile" else 5)


def test_what_no_word_has_a_part_in_cannot_be_plotted(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    ended = here(capsys, "plot", str(file), "profile", "--of", "encoder.position[dog, 1]")
    assert ended.status == 2
    assert "there is no profile of these gradients" in ended.err


def test_the_walk_through_ends_with_the_gradients_at_a_glance(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    ended = here(capsys, "run", str(file), "--of", "logits[dog, b]")
    assert "Gradients of logits[dog, b], layer by layer" in ended.out
    assert "Which words logits[dog, b] depends on" in ended.out
