"""A visitor in a browser: what they may open, where what they save goes, and that nothing comes onto the disk."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.library.entries import Library, seen_first
from attn_explore.explorer.library.home import at_home, visiting
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.file_dialog import ExportScreen
from attn_explore.explorer.screens.library import LibraryScreen
from attn_explore.explorer.session.course import bundled, on_models
from attn_explore.explorer.session.opening import within
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.system.served import Served
from attn_explore.explorer.telling import sections
from attn_explore.explorer.telling.library_text import told_of
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import parse_scenario
from tests.explorer.conftest import settled

Delivered = list[tuple[str, str, bytes]]

OUT_OF_REACH = ("library", "attn-explore", "file")
"""What is not spoken of before a visitor who has one lesson."""

ESCAPES = (
    "/tmp/evil.{0}",  # noqa: S108 (it must not be written)
    "../evil.{0}",
    "~/evil.{0}",
    "~evil.{0}",
    "folder/evil.{0}",
    "..\\evil.{0}",
    ".evil.{0}",
    "C:\\evil.{0}",
    "evil\x1b[2J.{0}",
    "e" * 300 + ".{0}",
)
"""Names that lead somewhere else than among the downloads."""


@asynccontextmanager
async def visit(*allowed: str, size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Pilot[None], Delivered]]:
    """The app as a visitor has it, and what their browser was given to download."""
    delivered: Delivered = []

    def deliver(content: Any, *, save_filename: str, mime_type: str, **_: Any) -> None:
        delivered.append((save_filename, mime_type, content.getvalue()))

    home = visiting(Served(allowed))
    app = ExplorerApp(partial(seen_first, home), "a title", home=home)
    app.deliver_binary = deliver  # type: ignore[assignment,method-assign]
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot, delivered


@pytest.fixture(autouse=True)
def _standing_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder from which the program was started, and a home in which it never was."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for kind in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / "home" / kind))


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def lines(pilot: Pilot[None]) -> list[str]:
    return [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options if not option.disabled]


async def save_as(pilot: Pilot[None], name: str) -> str:
    """Type a name into the dialog that asks for one, and give what is answered; nothing where it is done."""
    assert isinstance(pilot.app.screen, ExportScreen)
    pilot.app.screen.query_one("#target", Input).value = name
    await pilot.press("enter")
    await settled(pilot)
    return str(pilot.app.screen.query_one("#answer", Static).content) if _asks(pilot) else ""


def _asks(pilot: Pilot[None]) -> bool:
    return isinstance(pilot.app.screen, ExportScreen)


SAVING = {
    "x": ("json", "application/json", b'{"format"'),
    "s": ("yaml", "application/yaml", b"title:"),
    "S": ("svg", "image/svg+xml", b"<svg"),
    "X": ("png", "image/png", b"\x89PNG"),
    ":heads": ("csv", "text/csv", b""),
}
"""What each key that saves gives a browser: an ending, what it is told of it, and how the file begins."""


async def _ask(pilot: Pilot[None], key: str) -> None:
    if key.startswith(":"):  # an answer, and then its own export
        await pilot.press("colon", *key[1:], "enter")
        await settled(pilot)
        await pilot.press("x")
    else:
        await pilot.press(key)
    await settled(pilot)
    if key == "X":
        await pilot.press("enter")
        await settled(pilot)


@pytest.mark.parametrize("key", SAVING)
async def test_what_a_visitor_saves_is_a_download_and_no_name_leads_to_the_disk(key: str, tmp_path: Path) -> None:
    ending, mime_type, begins = SAVING[key]
    (tmp_path / "outside").write_text("untouched", "utf-8")
    (tmp_path / "here" / f"link.{ending}").symlink_to(tmp_path / "outside")
    before = files_in(tmp_path)
    async with visit("i-love-my-dog") as (pilot, delivered):
        await _ask(pilot, key)
        for escape in ESCAPES:
            assert await save_as(pilot, escape.format(ending)), escape
        assert delivered == []
        assert await save_as(pilot, f"link.{ending}") == ""
    (name, told, content), *more = delivered
    assert (name, told, more) == (f"link.{ending}", mime_type, [])
    assert content.lstrip().startswith(begins)
    assert content
    assert files_in(tmp_path) == before
    assert (tmp_path / "outside").read_text("utf-8") == "untouched"


async def test_a_saved_scenario_runs_elsewhere_and_names_no_folder_of_the_server(tmp_path: Path) -> None:
    mine = tmp_path / "server" / "mine.yaml"
    mine.parent.mkdir()
    shutil.copy(bundled()["reverse"], mine)
    shutil.copy(bundled()["reverse"].with_suffix(".safetensors"), mine.parent)
    async with visit(str(mine)) as (pilot, delivered):
        await pilot.press("L", "s")
        await settled(pilot)
        assert await save_as(pilot, "mine.yaml") == ""
        said = " ".join(str(each.message) for each in pilot.app._notifications)
    (_, _, content), *_ = delivered
    assert said == "Your browser downloads mine.yaml; it is to lie beside reverse.safetensors"
    assert str(tmp_path) not in content.decode()
    assert parse_scenario(content.decode()).model.weights.file == "reverse.safetensors"


async def test_a_download_is_no_larger_than_a_visitor_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attn_explore.explorer.system.where_files_go.LARGEST_DOWNLOAD", 5_000)
    async with visit("i-love-my-dog") as (pilot, delivered):
        await pilot.press("x")
        await settled(pilot)
        assert "at most 5000 bytes" in await save_as(pilot, "a.json")
        assert delivered == []


# --- what may be opened


async def test_a_visitor_sees_what_was_named_in_that_order_and_nothing_else(tmp_path: Path) -> None:
    mine = tmp_path / "server" / "mine.yaml"
    mine.parent.mkdir()
    shutil.copy(bundled()["word-order"], mine)
    (mine.parent / "secret.yaml").write_text(mine.read_text("utf-8"), "utf-8")
    async with visit("single-head", str(mine), "i-love-my-dog") as (pilot, _):
        assert isinstance(pilot.app.screen, LibraryScreen)
        entries = pilot.app.screen.library.entries
        assert [line[2:].strip() for line in lines(pilot)] == [entry.title for entry in entries]
        assert [entry.name for entry in entries] == ["single-head", "mine.yaml", "i-love-my-dog"]
        shown = "\n".join(str(each.content) for each in pilot.app.screen.query(Static))
        assert str(tmp_path) not in shown


@pytest.mark.parametrize("typed", ["causal-mask", "/etc/passwd", "../secret.yaml", "~/x.yaml", "secret"])
async def test_no_name_and_no_path_finds_more_than_was_named(typed: str) -> None:
    async with visit("single-head", "i-love-my-dog") as (pilot, _):
        library = pilot.app.screen
        await pilot.press("slash")
        library.query_one("#find", Input).value = typed
        await settled(pilot)
        await pilot.press("enter", "enter")
        await settled(pilot)
        assert pilot.app.screen is library
        assert lines(pilot) == []


async def test_what_follows_in_the_course_is_what_was_named() -> None:
    async with visit("word-order", "single-head") as (pilot, _):
        await pilot.press("enter")
        await settled(pilot)
        explorer = pilot.app.screen
        assert isinstance(explorer, ExplorerScreen)
        await pilot.press("C")
        await settled(pilot)
        assert explorer.state.session.name == "single-head"
        await pilot.press("C")
        await settled(pilot)
        assert explorer.state.session.name == "single-head"


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (("i-love-my-dog",), "4 questions: 4 not answered."),
        (("single-head", "i-love-my-dog"), "This was the last lesson of the course."),
        (("i-love-my-dog", "single-head"), "Next in the course: One head, in whole numbers. C opens it."),
    ],
)
async def test_at_the_end_of_a_lesson_that_is_offered_which_a_visitor_can_do(
    allowed: tuple[str, ...], said: str
) -> None:
    async with visit(*allowed) as (pilot, _):
        if len(allowed) > 1:
            await pilot.press(*["down"] * allowed.index("i-love-my-dog"), "enter")
            await settled(pilot)
        await pilot.press("end")
        explorer = pilot.app.screen
        assert isinstance(explorer, ExplorerScreen)
        session = explorer.state.session
        end = sections.sections(session, session.place.value, explorer.state.onward)[1]
    first, *more, last = end.text.splitlines()
    assert said in (first, *more)
    assert last == "L steps through everything, Home goes back to the first stop."
    assert len(more) == len(allowed) - 1
    assert not any(word in end.text for word in OUT_OF_REACH)


def test_the_last_lesson_says_what_else_there_is_to_who_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, last_of_course = bundled().values()
    *_, last = on_models().values()
    monkeypatch.setattr(
        "attn_explore.explorer.session.course._is_runnable", lambda path: path not in on_models().values()
    )
    at_home_said, visiting_said = (
        at_home().offer.at_the_end(last_of_course),
        visiting(Served()).offer.at_the_end(last_of_course),
    )
    assert "the library says what others need" in at_home_said
    assert "attn-explore new" in at_home_said
    assert visiting_said == "This was the last lesson of the course."
    assert "others" not in at_home().offer.at_the_end(last)


@pytest.mark.parametrize(
    ("name", "keys"),
    [("i-love-my-dog", ("less_than_sign",)), ("i-love-my-dog", ("d",)), ("softmax-jacobian", ("L", "E"))],
)
async def test_why_a_key_does_nothing_is_told_without_what_a_visitor_cannot_do(
    name: str, keys: tuple[str, ...]
) -> None:
    async with visit(name) as (pilot, _):
        await pilot.press(*keys)
        await settled(pilot)
        (said,) = (str(each.message) for each in pilot.app._notifications)
    assert said
    assert not any(word in said for word in OUT_OF_REACH)


async def test_the_library_names_commands_to_who_can_type_them() -> None:
    async with visit("i-love-my-dog", "single-head") as (pilot, _):
        assert isinstance(pilot.app.screen, LibraryScreen)
        visited = pilot.app.screen.library
    for library, names_it in ((visited, False), (Library(at_home()), True)):
        _, told = told_of(library, library.entries[0])
        assert ("attn-explore run" in told) is names_it


async def test_a_picture_of_the_gallery_leads_to_no_other_lesson() -> None:
    async with visit("i-love-my-dog") as (pilot, _):
        await pilot.press("L", "E")
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        explorer = pilot.app.screen
        assert isinstance(explorer, ExplorerScreen)
        assert explorer.state.session.variant
        await pilot.press("C")
        await settled(pilot)
        assert explorer.state.session.variant


async def test_where_nothing_was_named_there_is_the_course_and_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attn_explore.model.checkpoints.locating.all_names", lambda: pytest.fail("it looks for models"))
    library = seen_first(visiting(Served()))
    assert isinstance(library, Library)
    assert [entry.name for entry in library.entries] == list(bundled())
    assert not any(entry.checkpoint for entry in library.entries)


# --- what is kept


async def test_places_and_panels_live_with_the_visitor_and_nothing_is_kept_on_the_disk(tmp_path: Path) -> None:
    before = files_in(tmp_path)
    async with visit("single-head", "i-love-my-dog", size=(200, 60)) as (pilot, _):
        screen = pilot.app.screen
        assert isinstance(screen, LibraryScreen)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("right", "ctrl+right", "q")
        await settled(pilot)
        library = screen.library
        bookmark = library.bookmark(library.entries[0])
        assert bookmark is not None
        assert bookmark.place == 1
        assert library.home.arrangements.is_kept()
    assert files_in(tmp_path) == before
    assert not visiting(Served()).kept.has("lessons.json")


async def test_the_keys_of_whoever_serves_are_not_those_of_a_visitor(tmp_path: Path) -> None:
    file = tmp_path / "home" / "CONFIG" / "attn-explore" / "keys.toml"
    file.parent.mkdir(parents=True)
    file.write_text('theme = "no such theme"\n[keys]\n"step.nxt" = "s"\n', "utf-8")
    async with visit("i-love-my-dog") as (pilot, _):
        assert isinstance(pilot.app.screen, ExplorerScreen)


def test_what_takes_too_much_memory_says_what_whoever_serves_it_can_do() -> None:
    home, scenario = visiting(Served()), parse_scenario("input: {text: I love my dog}", "/home/teacher/mine.yaml")
    with pytest.raises(Problem) as refused:
        within(scenario, Limits(10))
    told = home.told(refused.value).render()
    assert told.startswith("error: mine.yaml: needs ")
    assert told.endswith("attn-explore serve --memory 2GB")
    assert "--memory-limit" in at_home().told(refused.value).render()


def test_several_faults_are_told_without_the_folder_too() -> None:
    with pytest.raises(Problem) as refused:
        parse_scenario("inputs: {}\nmodels: {}", "/home/teacher/mine.yaml")
    assert "teacher" in refused.value.render()
    told = visiting(Served()).told(refused.value).render()
    assert told == refused.value.render().replace("/home/teacher/", "")
