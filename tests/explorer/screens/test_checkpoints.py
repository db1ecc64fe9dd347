"""Real checkpoints in the explorer: asked for a text, computed behind the screen, edited, differentiated, compared."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.screens.explorer import filling
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.text_dialog import TextScreen
from attn_explore.explorer.session import edits
from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.computing import bring, fill, is_soon_there, is_there
from attn_explore.explorer.session.growing import Growing, words_asked
from attn_explore.explorer.session.opening import find_source, pair, start
from attn_explore.explorer.session.other_text import Unread
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.telling.pictures import Side, pictures
from attn_explore.model import forward, keeping
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario.document import Edit
from attn_explore.model.values import Value
from tests.explorer.conftest import Explore, app_of
from tests.standing import press_meanwhile, until

FAMILIES = Path(__file__).parents[2] / "data" / "families"
WEIGHTS = "decoder.layers.1.self_attention.weights"


def session_of(name: str, ids: tuple[int, ...] = (1, 2, 3)) -> Session:
    """A run of one of the small checkpoints."""
    return start(find_source(str(FAMILIES / name), Asked(given={"ids": list(ids)})), Limits())


def held(session: Session) -> set[str]:
    """The steps that were computed."""
    return {path for path, step in session.run.trace.steps.items() if step.held is not None}


@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma2", "bert", "t5", "marian"])
def test_nothing_is_computed_before_it_is_looked_at(name: str) -> None:
    folder = FAMILIES / name
    said = json.loads((folder / "input.json").read_text())
    given = {key: said[key] for key in ("ids", "target_ids") if key in said}
    session = start(find_source(str(folder), Asked(given=given)), Limits())
    assert held(session) == set()
    last = list(session.run.trace.steps.values())[-1]
    assert not is_there(last)
    bring(last, Counter())
    assert is_there(last)


def test_a_step_of_the_first_layer_needs_no_other_layer() -> None:
    session = session_of("gpt2")
    bring(session.run.trace["decoder.layers.0.self_attention.weights"], Counter())
    assert held(session)
    assert not any(".layers.1." in path for path in held(session))


def test_filling_computes_every_step_and_finds_what_is_no_number() -> None:
    session = session_of("gpt2")
    counted = Counter(len(session.run.trace.steps))
    fill(session.run, counted)
    assert counted.count == len(session.run.trace.steps)
    assert session.run.first_bad is None
    spoiled = start(find_source(str(FAMILIES / "gpt2"), Asked(given={"ids": [1]})), Limits())
    spoiled.run = edits.run_with(spoiled, Edit(at="decoder.layers.0.ffn.output", set=float("inf")))
    fill(spoiled.run, Counter())
    assert spoiled.run.first_bad is not None


def test_an_edit_of_the_last_layer_costs_the_last_layer() -> None:
    session = session_of("gpt2")
    fill(session.run, Counter())
    run = edits.run_with(session, Edit(at="decoder.layers.1.ffn.output", zero=True))
    new = {path for path, step in run.trace.steps.items() if step is not session.run.trace.steps.get(path)}
    assert new
    assert all(
        path.startswith(("decoder.layers.1.ffn", "decoder.final_norm", "logits", "prob", "cand")) for path in new
    )
    assert not np.array_equal(run.trace["logits"].array, session.run.trace["logits"].array)


def test_gradients_are_those_of_a_run_that_keeps_everything() -> None:
    source = find_source(str(FAMILIES / "gpt2"), Asked(gradients="logits[2,5]", given={"ids": [1, 2, 3]}))
    session = start(source, Limits())
    assert session.run.output is not None
    kept = run(session.run.scenario)
    for path in ("grad.decoder.embedding", "grad.decoder.layers.0.self_attention.weights"):
        np.testing.assert_array_equal(session.run.trace[path].array, kept[path].array)


def test_two_texts_of_a_model_are_compared() -> None:
    first, second = session_of("gpt2"), session_of("gpt2", (1, 5, 3))
    session = pair(first, second)
    assert session.other is second
    same, other = (each.run.trace["decoder.embedding"].array for each in (first, second))
    np.testing.assert_array_equal(same[0], other[0])
    assert not np.array_equal(same[1], other[1])


@pytest.mark.parametrize("given", [{}, {"max_new_tokens": 3}])
def test_a_model_without_a_text_asks_for_one_in_plain(given: dict[str, int]) -> None:
    with pytest.raises(Problem, match="nothing to read"):
        start(find_source(str(FAMILIES / "gpt2"), Asked(given=given)), Limits())


async def _screen(pilot: Pilot[Any], kind: type) -> Any:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    return pilot.app.screen


async def test_the_screen_stands_while_the_rest_is_computed() -> None:
    session = session_of("gpt2")
    app = app_of(session)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await _screen(pilot, ExplorerScreen)
        await until(pilot, lambda: not screen.filling.is_busy)
        assert held(session) == set(session.run.trace.steps)
        await pilot.press("end")
        assert session.place.value.name == "candidates"
        assert screen.query_one("#ranking").display


async def test_escape_stops_and_keeps_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of("gpt2")
    app = app_of(session)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await _screen(pilot, ExplorerScreen)
        await pilot.press("escape")
        await until(pilot, lambda: not screen.filling.is_busy)
        await pilot.press("end")
        await until(pilot, lambda: is_there(session.place.value))
        assert session.place.value.name == "candidates"


def growing(most: int) -> Session:
    """A run that chooses so many words while it is looked at."""
    given = {"ids": [1, 2], "max_new_tokens": most}
    return start(find_source(str(FAMILIES / "gpt2"), Asked(given=given)), Limits(), grows=True)


async def test_words_come_one_after_the_other_while_the_screen_stands() -> None:
    session = growing(3)
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        screen = await _screen(pilot, ExplorerScreen)
        await pilot.press("right")
        value = session.place.value
        await until(pilot, lambda: not screen.filling.is_busy)
        assert session.place.value is value
        assert len(session.run.trace.generated) == 2
        assert held(session) == set(session.run.trace.steps)
        assert session.run.growing is None
        await pilot.press("end")
        assert session.place.value.path == "generated.2.candidates"


async def test_escape_keeps_the_words_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    session = growing(4)
    app, chosen, said = app_of(session), Growing.longer, []

    def longer(self: Growing, run: Run, counter: Counter) -> Run:
        if words_asked(run.trace) == 2 and isinstance(app.screen, ExplorerScreen):
            said.append(app.screen.filling.progress)
            app.call_from_thread(app.screen.action_leave)
        return chosen(self, run, counter)

    monkeypatch.setattr(Growing, "longer", longer)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await _screen(pilot, ExplorerScreen)
        await until(pilot, lambda: not screen.filling.is_busy)
        assert said[0].startswith("choosing word 2 of 4, after ")
        await pilot.press("end")
        await until(pilot, lambda: is_there(session.place.value))
        assert session.place.value.path == "generated.1.candidates"
        assert session.run.scenario.input.max_new_tokens == 2


async def test_what_a_word_is_chosen_from_is_computed_behind_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(value: Value, counter: Counter) -> None:
        while True:
            counter(value)
            time.sleep(0.001)

    session = session_of("gpt2")
    async with app_of(session_of("gpt2")).run_test(size=(120, 40)) as pilot:
        screen = await _screen(pilot, ExplorerScreen)
        await until(pilot, lambda: not screen.filling.is_busy)
        monkeypatch.setattr(filling, "bring", never)
        monkeypatch.setattr(filling, "fill", lambda run, counter: never(run.trace["decoder.embedding"], counter))
        screen.state.turn_to(session)
        screen.show()
        await press_meanwhile(pilot, "escape", "end")
        assert session.place.value.name == "candidates"
        assert screen.filling.is_busy
        assert session.place.value.held is None
        await press_meanwhile(pilot, "escape")


async def test_a_model_that_was_named_alone_asks_for_a_text(tmp_path: Path) -> None:
    unread = Unread(find_source(str(FAMILIES / "gpt2")), lambda source, counter: start(source, Limits(), counter))
    app = ExplorerApp(lambda _: unread, "gpt2")
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await _screen(pilot, TextScreen)
        dialog.query_one("#text", Input).value = "a text"
        await pilot.press("enter")
        await until(pilot, lambda: "no tokenizer" in str(dialog.query_one("#answer").content))
        await pilot.press("escape")
    assert app.failure is None


def test_a_model_that_asks_for_a_text_is_called_by_its_name_and_not_by_the_folder_of_a_cache() -> None:
    source = find_source(str(FAMILIES / "gpt2"))
    assert replace(source, name="openai/small", path=Path("snapshots/607a30d")).title == "small"


async def test_an_edit_is_made_and_taken_back(explore: Explore) -> None:
    session = session_of("gpt2")
    app = app_of(session)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await _screen(pilot, ExplorerScreen)
        await until(pilot, lambda: not screen.filling.is_busy)
        screen.go_to(WEIGHTS)
        await pilot.press("e", *"0.5", "enter")
        await until(pilot, lambda: bool(session.run.scenario.edits))
        assert session.run.trace[WEIGHTS].array[0, 0, 0] == np.float32(0.5)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: not session.run.scenario.edits)
        assert session.run.trace[WEIGHTS].array[0, 0, 0] == 1


def test_the_first_token_can_be_left_out_of_the_colours() -> None:
    session = session_of("gpt2")
    session.place.show(session.run.trace[WEIGHTS])
    (shown,), (without,) = pictures(session, Side.one), pictures(session, Side.one, leaves_first=True)
    array = session.run.trace[WEIGHTS].array
    assert shown.end == array.max()
    assert without.end == array[..., 1:].max() < shown.end
    session.place.show(session.run.trace["decoder.embedding"])
    (plain,), (same,) = pictures(session, Side.one), pictures(session, Side.one, leaves_first=True)
    assert plain.end == same.end


async def test_f_says_what_it_did_and_where_it_does_nothing() -> None:
    session = session_of("gpt2")
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        screen = await _screen(pilot, ExplorerScreen)
        await until(pilot, lambda: not screen.filling.is_busy)
        await pilot.press("F")
        assert not screen.state.leaves_first
        screen.go_to(WEIGHTS)
        await pilot.press("F")
        assert screen.state.leaves_first
        await pilot.press("F")
        assert not screen.state.leaves_first


def test_stored_numbers_that_are_few_are_read_before_the_next_frame() -> None:
    session = session_of("gpt2")
    value = session.run.trace["decoder.layers.0.ffn.hidden_pre"]
    bring(value, Counter())
    weights = value.operands[1].value
    assert is_soon_there(value)
    weights.forget()
    assert not is_there(value)
    assert is_soon_there(value)
    value.forget()
    assert not is_soon_there(value)


async def test_what_cannot_be_held_at_once_is_shown_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "SMALL", 64)
    monkeypatch.setattr(forward, "Keeper", lambda: keeping.Keeper(512))
    session = session_of("gpt2")
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        screen.go_to("decoder.layers.0.ffn.hidden_pre")
        await until(pilot, lambda: not screen.filling.is_busy)
        assert screen.grid.picture is not None
        assert session.place.value.path == "decoder.layers.0.ffn.hidden_pre"
        assert tuple(axis.size for axis in screen.grid.picture.axes) == session.place.value.shape
