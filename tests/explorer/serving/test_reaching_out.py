"""What a visitor types reaches nothing of the server: over a real connection, and with a real home to be found."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.explorer.serving.browsing import Page, Server, page, served
from tests.program import ROOT
from tests.usual_places import COMMIT

pytestmark = pytest.mark.xdist_group("serving")


FOLDER = "Xanadu"
"""A name that stands nowhere but in the paths of the server."""

MODEL = ROOT / "tests" / "data" / "golden" / "gpt2-tiny"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of whoever serves, with a scenario that is not served, a link out of it, and keys of their own."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "secret.yaml").write_text("title: Secret\n", "utf-8")
    (folder / "link.json").symlink_to(folder / "outside.json")
    keys = folder / "CONFIG" / "attn-explore" / "keys.toml"
    keys.parent.mkdir(parents=True)
    keys.write_text('[keys]\n"export" = "s"\n', "utf-8")
    return folder


@pytest.fixture(scope="module")
def lesson(home: Path) -> Iterator[Server]:
    with served(home, "i-love-my-dog") as server:
        yield server


@pytest.fixture(scope="module")
def two_lessons(home: Path) -> Iterator[Server]:
    with served(home, "single-head", "i-love-my-dog") as server:
        yield server


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


async def save_as(shown: Page, name: str) -> None:
    """Ask for an export, and type its name in the place of the one that is proposed, which is selected."""
    await shown.sees("Lesson · 1 of")
    await shown.type("x")
    await shown.sees("Enter downloads")
    await shown.type(name)
    await shown.sees(name)
    await shown.type("\r")


@pytest.mark.parametrize("name", ["/tmp/evil.json", "../evil.json", "~/evil.json", "CONFIG/evil.json"])  # noqa: S108
async def test_a_path_is_no_name_of_a_download(name: str, lesson: Server, home: Path) -> None:
    before = files_in(home)
    async with page(lesson) as shown:
        await save_as(shown, name)
        await shown.sees("a download has a name")
        assert shown.told == [["visit", "new"]]
    assert files_in(home) == before
    assert not Path("/tmp/evil.json").exists()  # noqa: S108


async def test_what_is_saved_is_fetched_once_and_leaves_nothing_behind(lesson: Server, home: Path) -> None:
    before = files_in(home)
    async with page(lesson) as shown, aiohttp.ClientSession() as session:
        await save_as(shown, "link.json")
        address = f"{lesson.address}download/{await shown.is_told('deliver_file_start')}"
        async with session.get(address) as answer:
            assert answer.content_type == "application/json"
            assert "link.json" in answer.headers["Content-Disposition"]
            assert json.loads(await answer.read())["format"]
        async with session.get(address) as answer:
            assert answer.status == 404
    assert files_in(home) == before


@pytest.mark.parametrize("typed", ["secret", "/etc/passwd", "causal-mask"])
async def test_nothing_but_what_was_named_is_found(typed: str, two_lessons: Server) -> None:
    async with page(two_lessons) as shown:
        await shown.sees("To explore")
        await shown.type("/")
        await shown.sees("find a scenario")
        await shown.type(typed)
        await shown.sees("0 of 2")
        await shown.type("\r")
        await shown.type("\r\x1b")
        await shown.sees("To explore")


async def test_a_model_that_was_named_asks_for_a_text_and_reads_it(home: Path) -> None:
    """Its files are read, and another process turns the text into ids: both from behind the fence."""
    with served(home, str(MODEL)) as server:
        async with page(server) as shown:
            await shown.sees("A text for gpt2-tiny to read")
            await shown.type("Hello")
            await shown.sees("Hello")
            await shown.type("\r")
            await shown.sees("Token embeddings")


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lesson, a scenario of a model that goes by its short name, and one that will be broken."""
    folder, cache = tmp_path / FOLDER, tmp_path / FOLDER / "hub"
    shutil.copytree(MODEL, cache / "models--somebody--tiny" / "snapshots" / COMMIT)
    (cache / "models--somebody--tiny" / "refs").mkdir()
    (cache / "models--somebody--tiny" / "refs" / "main").write_text(COMMIT, "utf-8")
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    shutil.copy(ROOT / "scenarios" / "i-love-my-dog.yaml", folder / "lesson.yaml")
    (folder / "real.yaml").write_text(
        "model: {weights: {checkpoint: tiny}}\ninput: {text: Hello, max_new_tokens: 1}\n", "utf-8"
    )
    (folder / "broken.yaml").write_text("input: {text: Hello}\n", "utf-8")
    return folder


def copied(sent: bytes) -> str:
    """What came onto the clipboard."""
    return "\n".join(base64.b64decode(each).decode() for each in re.findall(rb"\x1b\]52;c;([^\a]*)", sent))


async def test_no_folder_of_the_server_is_told_to_a_browser(in_folder: Path) -> None:
    """Neither in a command, a fault, nor a download; and what a scenario that was named reads is read with it."""
    with served(in_folder, "lesson.yaml", "real.yaml", "broken.yaml") as server:
        (in_folder / "broken.yaml").write_text("input: {tekst: Hello}\n", "utf-8")
        async with page(server) as shown, aiohttp.ClientSession() as session:
            await shown.sees("To explore")
            await shown.type("\x1b[B\x1b[B")
            await shown.sees("broken.yaml:1:")
            await shown.type("\x1b[A\r")
            await shown.sees("Token embeddings")
            await shown.type("@")
            await shown.sees("On the clipboard")
            await shown.type("x")
            await shown.sees("Enter downloads")
            await shown.type("\r")
            address = f"{server.address}download/{await shown.is_told('deliver_file_start')}"
            async with session.get(address) as answer:
                written = await answer.read()
            await shown.type("\x1b")
            await shown.websocket.close()
    assert "attn-explore run real.yaml --at" in copied(shown.sent)
    assert json.loads(written)["scenario"]["model"]["weights"]["checkpoint"] == "tiny"
    for told in (shown.sent, written, copied(shown.sent).encode()):
        assert FOLDER.encode() not in told


async def test_places_go_with_the_visitor(two_lessons: Server, home: Path) -> None:
    async with page(two_lessons) as shown:
        await shown.sees("To explore")
        await shown.type("\r")
        await shown.sees("Lesson · 1 of")
        await shown.type("\x1b[C")
        await shown.sees("Lesson · 2 of")
        await shown.type("q")
        await shown.sees("left at stop 2")
    async with page(two_lessons) as shown:
        await shown.sees("To explore")
        await shown.type("\r")
        await shown.sees("Lesson · 1 of")
    assert not (home / "DATA").exists()
