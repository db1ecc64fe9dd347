"""Traces of real checkpoints in the explorer: what they do not hold is said, whatever key asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.file_dialog import ExportScreen
from attn_explore.explorer.session import saving
from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.opening import find_source, pair, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.traces.wanted import EVERYTHING, Wanted
from tests.checkpoints import FAMILIES
from tests.explorer.conftest import Explore, app_of, settled

LAYER = "decoder.layers.1.self_attention"
STORED = "is stored in model.safetensors, not in this trace"

Read = Callable[..., Session]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read("gpt2", Wanted(…))`: the trace of a run of a small checkpoint, as it is read back."""

    def found(name: str, asked: Wanted = EVERYTHING, ids: tuple[int, ...] = (1, 2, 3)) -> Session:
        path = tmp_path / f"{name}-{sum(ids)}.npz"
        saving.export(start(find_source(str(FAMILIES / name), Asked(given={"ids": list(ids)})), Limits()), path, asked)
        return start(find_source(str(path)), Limits())

    return found


def explorer_of(pilot: Pilot[None]) -> ExplorerScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ExplorerScreen)
    return screen


def under_the_numbers(pilot: Pilot[None]) -> str:
    return " ".join(" ".join(explorer_of(pilot).arithmetic.text()).split())


def told(app: ExplorerApp) -> str:
    """What stands over the screen."""
    return " ".join(note.message for note in app._notifications)


async def test_a_step_shows_its_numbers_and_says_which_parameter_its_arithmetic_would_need(read: Read) -> None:
    session = read("gpt2")
    session.place.show(session.run.trace[f"{LAYER}.q"])
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert explorer_of(pilot).grid.display
        assert under_the_numbers(pilot).endswith(f"{LAYER}.w_q {STORED}.")
        explorer_of(pilot).go_to(f"{LAYER}.scores")
        await settled(pilot)
        assert "the sum of" in under_the_numbers(pilot)  # of steps that are there


@pytest.mark.parametrize("key", ["e", "y", "Y", "v", "V", "P"])
async def test_at_a_parameter_that_is_elsewhere_a_key_that_needs_its_numbers_says_so(read: Read, key: str) -> None:
    session = read("gpt2")
    session.place.show(session.run.trace[f"{LAYER}.w_q"])
    app = app_of(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        screen = explorer_of(pilot)
        assert not screen.grid.display
        assert under_the_numbers(pilot) == f"{LAYER}.w_q {STORED}."
        await pilot.press(key)
        await settled(pilot)
        assert f"{LAYER}.w_q {STORED}" in told(app)
        assert pilot.app.screen is screen


@pytest.mark.parametrize("keys", ["u", "hjkl", "z", "]", "w", "d", "F", "H"])
async def test_any_other_key_does_what_it_can_there(read: Read, keys: str) -> None:
    session = read("gpt2")
    session.place.show(session.run.trace["decoder.layers.1.ffn.w_1"])
    async with app_of(session).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press(*keys, "right")
        await settled(pilot)
        assert explorer_of(pilot).grid.display


async def test_where_a_number_goes_says_what_is_lacking(read: Read) -> None:
    session = read("gpt2")
    session.place.show(session.run.trace[f"{LAYER}.norm"])
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("u")
        await settled(pilot)
        assert under_the_numbers(pilot) == f"{LAYER}.w_q {STORED}."


async def test_an_edit_of_a_trace_ends_in_one_message(read: Read) -> None:
    session = read("gpt2")
    session.place.show(session.run.trace[f"{LAYER}.weights"])
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("e", "0", ".", "5", "enter")
        await settled(pilot)
        assert f"{LAYER}.w_o {STORED}" in under_the_numbers(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert session.run.scenario.edits == ()


async def test_steps_that_were_left_out_are_not_listed_and_what_they_would_give_is_said(read: Read) -> None:
    session = read("llama", Wanted(("weights", "head_output")))
    session.place.show(session.run.trace[f"{LAYER}.weights"])
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert len(session.place.steps) == 4
        assert f"{LAYER}.masked_scores was left out of this trace." in under_the_numbers(pilot)
        await pilot.press("w")  # the word view wants every step
        await settled(pilot)
        assert explorer_of(pilot).grid.display


async def test_two_traces_are_compared_as_far_as_they_go(read: Read) -> None:
    first, second = read("gpt2"), read("gpt2", ids=(1, 2, 4))
    session = pair(first, second)
    session.place.show(session.run.trace[f"{LAYER}.w_q"])
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("d", "d", "right", "d")
        await settled(pilot)
        assert explorer_of(pilot).grid.display


# --- exporting


async def test_the_export_of_a_checkpoint_asks_which_steps(explore: Explore, tmp_path: Path, read: Read) -> None:
    session = read("gpt2")
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("x")
        await settled(pilot)
        pilot.app.screen.query_one("#target", Input).value = str(tmp_path / "some.npz")
        pilot.app.screen.query_one("#steps", Input).value = "weights logits"
        await pilot.press("enter")
        await settled(pilot)
    _, found = read_trace(tmp_path / "some.npz", 2**24)
    assert [step.name for step in found.steps.values()] == ["weights", "weights", "logits"]


async def test_a_large_export_is_refused_until_steps_are_named(
    explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "LARGE", 1000)
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press("x")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExportScreen)
        await pilot.press("enter")
        await settled(pilot)
        said = str(pilot.app.screen.query_one("#answer", Static).content)
        assert said.startswith("this export takes about ")
        assert said.endswith("name some steps, such as *.layers.0.* or weights; * is all of them")
        assert list(tmp_path.iterdir()) == []
        pilot.app.screen.query_one("#steps", Input).value = "*"
        await pilot.press("enter")
        await settled(pilot)
        assert [path.name for path in tmp_path.iterdir()] == ["i-love-my-dog.json"]


async def test_a_scenario_with_a_model_elsewhere_is_saved_and_it_is_said_what_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = start(find_source(str(FAMILIES / "gpt2"), Asked(given={"ids": [1, 2]})), Limits())
    app = app_of(session)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("s", "enter")
        await settled(pilot)
        assert f"to run it: --allow-path {FAMILIES / 'gpt2'}" in told(app)
    assert (tmp_path / "gpt2-edited.yaml").is_file()
