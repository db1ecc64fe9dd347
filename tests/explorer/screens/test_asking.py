"""The list of what can be asked here: what stands in it, that it narrows, and that what is asked is answered."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from attn_explore.explorer.screens.answer_screen import AnswerScreen
from attn_explore.explorer.screens.ask_dialog import NOTHING, AskScreen
from attn_explore.explorer.screens.explorer.asked_here import QUESTIONS, askable
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.screens.sheet_screen import SheetScreen
from attn_explore.explorer.widgets.found_list import FoundList
from tests.explorer.conftest import Explore, settled

WEIGHTS = "encoder.layers.0.self_attention.weights"


def listed(pilot: Pilot[None]) -> list[str]:
    """The lines of the list."""
    return [line.strip(" ▌") for line in pilot.app.screen.query_one("#questions", FoundList).text() if line.strip()]


def explorer(pilot: Pilot[None]) -> ExplorerScreen:
    """The screen under all dialogs."""
    screen = next(each for each in pilot.app.screen_stack if isinstance(each, ExplorerScreen))
    assert isinstance(screen, ExplorerScreen)
    return screen


async def test_each_question_stands_there_with_its_key_and_is_asked_by_enter(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 2)) as (pilot, session):
        await pilot.press("colon")
        assert explorer(pilot).groups.asking.of_what == "A[love, my] · encoder · layer 0 · self-attention"
        assert [line.split()[:3] for line in listed(pilot)[:2]] == [["Enter", "Where", "does"], ["u", "Where", "is"]]
        await pilot.press("enter")
        await settled(pilot)
        assert (session.place.value.name, session.place.index) == ("scaled_scores", (0, 1, 2))


async def test_the_beginnings_of_words_narrow_the_list(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(60, 16)) as (pilot, _):
        await pilot.press("colon", *"another kind")
        assert listed(pilot) == ["E       How would another kind of attention look he…"]
        await pilot.press(*"xyz", "enter")
        assert " ".join(listed(pilot)) == NOTHING
        await pilot.press("escape")
        assert pilot.app.screen is explorer(pilot)


async def test_a_question_is_clicked(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(120, 40)) as (pilot, _):
        await pilot.press("colon", *"one sheet")
        await pilot.click("#questions", offset=(10, 0))
        await settled(pilot)
        assert isinstance(pilot.app.screen, SheetScreen)


async def test_how_the_text_was_cut_is_asked_of_the_token_that_looks_and_leads_to_its_embedding(
    explore: Explore,
) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 2, 1), size=(80, 24)) as (pilot, session):
        await pilot.press("colon", *"cut tok", "enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, AnswerScreen)
        await pilot.press("enter")
        await settled(pilot)
        assert (session.place.value.path, session.place.index) == ("encoder.embedding", (2, 0))


async def _sampler(pilot: Pilot[None], typed: str) -> None:
    await pilot.press("colon", *"sampler", "enter")
    await settled(pilot)
    pilot.app.screen.query_one("#text", Input).value = typed
    await pilot.press("enter")
    await settled(pilot)


async def test_what_a_sampler_leaves_leads_to_its_steps_and_another_sampler_to_others(explore: Explore) -> None:
    async with explore("names", "candidates", size=(80, 24)) as (pilot, session):
        await _sampler(pilot, "temperature 2, top-k two")
        assert "top-k is a number of words, from 1: not two" in str(
            pilot.app.screen.query_one("#answer", Static).content
        )
        await pilot.press("escape")
        for typed, before, chance in (("temperature 2, top-k 2", 4, 0.5458), ("top-k 2", 3, 0.5909)):
            await _sampler(pilot, typed)
            assert isinstance(pilot.app.screen, AnswerScreen)
            await pilot.press(*["right"] * before, "enter")
            await settled(pilot)
            assert session.place.value.path == "candidates.chances"
            assert session.place.value[session.place.index] == pytest.approx(chance, abs=1e-4)
        assert session.place.peek("candidates.temperature") is None


async def test_the_list_knows_where_it_is(explore: Explore) -> None:
    async with explore("i-love-my-dog", "encoder.embedding") as (pilot, session):
        screen = explorer(pilot)
        here = {each.id for each in askable(screen)}
        assert not here & {"word", "text", "other", "training", "gradient-by", "without-first"}
        screen.go_to("encoder.layers.0.self_attention.w_q")
        assert "comes-from" not in {each.id for each in askable(screen)}
        assert "sheet" not in {each.id for each in askable(screen)}
        assert session.place.value.is_leaf


async def test_while_a_question_of_the_lesson_waits_nothing_else_is_asked(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(80, 24)) as (pilot, _):
        await pilot.press("L", *["right"] * 7, "colon")
        assert pilot.app.screen is explorer(pilot)


PLACES = (
    ("i-love-my-dog", WEIGHTS),
    ("where-gradients-flow", "grad.encoder.layers.0.ffn.hidden"),
    ("reverse", "encoder.layers.0.ffn.hidden"),
)


@pytest.mark.parametrize(("scenario", "step"), PLACES)
async def test_no_question_that_is_listed_is_refused(
    explore: Explore, scenario: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []
    monkeypatch.setattr(ExplorerScreen, "refuse", lambda _, said: refused.append(said))
    monkeypatch.setattr(ExplorerScreen, "tell_problem", lambda _, problem: refused.append(problem.what))
    async with explore(scenario) as (pilot, _):
        screen = explorer(pilot)
        for question in QUESTIONS:
            screen.state.look(View.numbers)
            screen.go_to(step)
            if not question.is_here(screen):
                continue
            await screen.run_action(question.action)
            await settled(pilot)
            assert refused == [], question.question
            while pilot.app.screen is not screen:
                await pilot.app.screen.dismiss()
            screen.groups.player.stop()
            screen.state.shows_uses = False
            screen.leave()


def test_each_question_has_a_name_of_its_own() -> None:
    ids = [each.id for each in QUESTIONS]
    assert [each for each in ids if ids.count(each) > 1] == ["comes-from"] * 2


async def test_the_list_is_offered_at_the_bottom(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(60, 16)) as (pilot, _):
        keys = explorer(pilot).keys
        shown = "".join(segment.text for segment in keys.render_line(0))
        assert ": ask" in shown
        await pilot.click("#keys", offset=(shown.index(": ask"), 0))
        await settled(pilot)
        assert isinstance(pilot.app.screen, AskScreen)


async def test_a_list_longer_than_its_room_shows_that_it_goes_on_above_and_below(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(80, 16)) as (pilot, _):
        await pilot.press("colon")
        found = pilot.app.screen.query_one("#questions", FoundList)
        assert [line[0] for line in (found.text()[0], found.text()[-1])] == ["▌", "▼"]
        await pilot.press(*["down"] * found.page, "up")
        assert found.text()[0].startswith("▲")
