"""What is copied, exported, listed and remapped by keys of the explorer."""

import json
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.widgets import Input

from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.file_dialog import ExportScreen
from attn_explore.explorer.screens.help import HelpScreen
from attn_explore.explorer.screens.keys import all_bindings
from attn_explore.explorer.system.key_file import keymap_path
from tests.explorer.conftest import Explore, app_of, session_of, settled

LAYER = "encoder.layers.0.self_attention"
WEIGHTS = f"{LAYER}.weights"


async def test_y_copies_the_arithmetic(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores", (0, 0, 3)) as (pilot, _):
        await pilot.press("y")
        assert pilot.app.clipboard.startswith("scores[I, dog] = -0.3652")


async def test_x_exports_and_says_where_to(explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("x", "enter")
        await settled(pilot)
        assert not isinstance(pilot.app.screen, ExportScreen)
        assert any("i-love-my-dog.json" in notice.message for notice in pilot.app._notifications)
        assert len(json.loads((tmp_path / "i-love-my-dog.json").read_text())["steps"]) == len(session.run.trace.steps)


async def test_an_existing_file_is_replaced_only_when_asked_twice(
    explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "i-love-my-dog.json"
    target.write_text("mine")
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press("x", "enter")
        await settled(pilot)
        assert target.read_text() == "mine"
        assert isinstance(pilot.app.screen, ExportScreen)
        await pilot.press("enter")
        await settled(pilot)
        assert json.loads(target.read_text())["format"] == "attn-explore-trace"


async def test_a_target_that_cannot_be_written_is_said_and_the_session_goes_on(
    explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("x")
        pilot.app.screen.query_one("#target", Input).value = "no-such-folder/t.json"
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExportScreen)
        await pilot.press("escape", "right")
        assert session.place.position == 1


@pytest.mark.parametrize("key", ["?", "f1"])
async def test_help_lists_every_key_with_its_id(explore: Explore, key: str) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press(key)
        assert isinstance(pilot.app.screen, HelpScreen)
        listed = {line.id for line in pilot.app.screen.shown}
        assert listed == {binding.id for binding in all_bindings() if isinstance(binding, Binding)}
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_q_quits_with_status_0(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press("q")
        await pilot.pause()
    assert (pilot.app.return_code or 0) == 0


async def test_every_binding_has_an_id_a_description_a_group_and_an_action() -> None:
    bindings = all_bindings()
    assert all(isinstance(b, Binding) and b.id and b.description and b.group for b in bindings)
    ids = [b.id for b in bindings if isinstance(b, Binding)]
    assert len(ids) == len(set(ids))


async def test_everything_a_key_does_is_in_the_palette(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press("slash", "escape")  # now the line to type in is there, which is put up when it is wanted
        commands = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
        assert {binding.description for binding in all_bindings()} <= commands


async def test_a_command_of_the_palette_acts_on_the_panel_that_it_belongs_to(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 2)) as (pilot, session):
        commands = {command.title: command.callback for command in pilot.app.get_system_commands(pilot.app.screen)}
        await commands["To the bottom"]()
        await pilot.pause()
        assert session.place.index == (0, 3, 2)


async def test_keys_can_be_remapped_in_the_config_file() -> None:
    keymap_path().parent.mkdir(parents=True)
    keymap_path().write_text('[keys]\n"step.next" = "s"\n')
    session = session_of("i-love-my-dog")
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("s")
        assert session.place.position == 1
        await pilot.press("right")
        assert session.place.position == 1
        await pilot.press("?")
        assert isinstance(pilot.app.screen, HelpScreen)
        assert pilot.app.screen.shown[0].keys == "s"


@pytest.mark.parametrize(("size", "has_ids"), [((120, 40), True), ((60, 16), False)])
async def test_the_list_of_keys_says_what_its_ids_are_and_has_none_where_there_is_little_room(
    explore: Explore, size: tuple[int, int], has_ids: bool
) -> None:
    async with explore("i-love-my-dog", size=size) as (pilot, _):
        await pilot.press("question_mark")
        await pilot.pause()
        strips = pilot.app.screen._compositor.render_strips()
        shown = "\n".join(strip.text for strip in strips)
        assert ("id in keys.toml" in shown, "step.next" in shown) == (has_ids, has_ids)
