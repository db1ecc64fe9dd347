"""Each rule of the server, tried over a real connection by somebody who would break it."""

from __future__ import annotations

import asyncio
import resource
import secrets
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import psutil
import pytest

from attn_explore.explorer.serving import words
from attn_explore.explorer.serving.messages import LARGEST
from attn_explore.explorer.serving.used_up import memory_is_used_up
from tests.explorer.serving.browsing import Page, Server, page, served

pytestmark = pytest.mark.xdist_group("serving")

RIGHT, LEFT, LEAVE = "\x1b[C", "\x1b[D", "\x11"

FIRST, SECOND = "Lesson · 1 of", "Lesson · 2 of"
"""What stands at the first two stops of the lesson."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def lesson(folder: Path) -> Iterator[Server]:
    """A server of one lesson, with two places."""
    with served(folder, "encoder-layer", "--visitors", "2") as server:
        yield server


async def left(shown: Page) -> int | None:
    """Leave the app: no place is kept for who does."""
    await shown.type(LEAVE)
    return await shown.is_closed()


# --- visitors


async def test_a_visitor_steps_through_a_lesson_and_leaves(lesson: Server) -> None:
    async with page(lesson) as shown:
        await shown.sees(FIRST)
        await shown.type(RIGHT)
        await shown.sees(SECOND)
        assert await left(shown) == words.LEFT.code


async def test_what_is_typed_is_heeded_wherever_on_the_page_it_was_typed(lesson: Server) -> None:
    async with page(lesson) as shown:
        await shown.sees(FIRST)
        await shown.say("blur")  # a phone has keys below the terminal
        await shown.type("/")
        await shown.sees("complete")
        await shown.type("zzzz")
        await shown.sees("Nothing is like this.")
        await left(shown)


async def test_a_page_that_is_loaded_again_goes_on_where_it_was(lesson: Server) -> None:
    visit = secrets.token_hex(16)
    async with page(lesson, visit) as shown:
        assert await shown.is_told("visit") == "new"
        await shown.sees(FIRST)
        await shown.type(RIGHT)
        await shown.sees(SECOND)
    async with page(lesson, visit, size=(100, 30)) as shown:
        assert await shown.is_told("visit") == "same"
        await shown.sees(SECOND)
        await left(shown)


async def test_a_visit_that_is_opened_twice_goes_on_in_the_second_window(lesson: Server) -> None:
    visit = secrets.token_hex(16)
    async with page(lesson, visit) as first, page(lesson, visit) as second:
        assert await first.is_closed() == words.ELSEWHERE.code
        await second.sees(FIRST)
        await left(second)


async def test_where_every_place_is_taken_the_next_is_told_so(lesson: Server) -> None:
    async with page(lesson) as first, page(lesson) as second:
        await first.is_told("visit")
        await second.is_told("visit")
        async with page(lesson) as third:
            assert await third.is_closed() == words.FULL.code
            assert third.words == words.FULL.words
        await left(first)
        await left(second)


async def test_who_closed_the_page_makes_room_for_the_next(lesson: Server) -> None:
    async with page(lesson) as first, page(lesson) as second:
        await first.is_told("visit")
        await second.is_told("visit")
        await first.websocket.close()
        async with page(lesson) as third:
            assert await third.is_told("visit") == "new"
            await left(third)
        await left(second)


async def test_a_key_that_can_be_guessed_is_no_way_to_the_visit_of_another(lesson: Server) -> None:
    async with page(lesson, "mine") as first, page(lesson, "mine") as second:
        assert await first.is_told("visit") == await second.is_told("visit") == "new"
        await left(first)
        await left(second)


# --- files that go to the browser


async def figure(shown: Page) -> str:
    """Ask for a figure of the step, and give the key with which it is fetched."""
    await shown.sees(FIRST)
    for keys, then in (("X", "A figure"), ("\r", "Write a figure"), ("\r", "Your browser downloads")):
        await shown.type(keys)
        await shown.sees(then)
    return str(await shown.is_told("deliver_file_start"))


async def fetched(server: Server, key: str) -> tuple[int, str, bytes]:
    async with aiohttp.ClientSession() as session, session.get(f"{server.address}download/{key}") as answer:
        return answer.status, answer.headers.get("Content-Disposition", ""), await answer.read()


async def test_a_figure_is_fetched_once_whoever_asks(lesson: Server) -> None:
    async with page(lesson) as shown:
        key = await figure(shown)
        first, second = sorted(await asyncio.gather(fetched(lesson, key), fetched(lesson, key)))
        assert first[:2] == (200, "attachment; filename*=UTF-8''encoder-layer-input-heat.svg")
        assert first[2].endswith(b"</svg>\n")
        assert second[0] == 404
        await left(shown)


async def test_the_files_of_who_has_left_are_gone(lesson: Server) -> None:
    async with page(lesson) as shown:
        key = await figure(shown)
        await left(shown)
    assert (await fetched(lesson, key))[0] == 404


# --- what a page may not do


@pytest.mark.parametrize(
    "said",
    ["rubbish", "{}", "[]", '["stdin", 1]', '["resize", {"width": "1"}]', '["resize", {"width": 1e9, "height": 1}]',
     '["redraw"]', '["ping", {"a": 1}]', '["focus", 1]', "[" * 5000],
    ids=lambda said: said[:20],
)  # fmt: skip
async def test_what_no_page_would_say_closes_it(said: str, lesson: Server) -> None:
    async with page(lesson) as shown:
        await shown.websocket.send_str(said)
        assert await shown.is_closed() == words.NOT_UNDERSTOOD.code


async def test_a_message_that_is_too_long_closes_the_page(lesson: Server) -> None:
    async with page(lesson) as shown:
        await shown.type("a" * LARGEST)
        assert await shown.is_closed() == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


async def test_a_screen_of_any_size_is_drawn_in_one_that_can_be(lesson: Server) -> None:
    async with page(lesson, size=(10**9, 10**9)) as shown:
        await shown.sees(FIRST)
        await shown.say("resize", {"width": 10**12, "height": -5})
        await shown.say("resize", {"width": 80, "height": 24})
        await shown.type(RIGHT)
        await shown.sees(SECOND)
        await left(shown)


async def test_half_a_character_is_typed_as_none_and_harms_nobody(lesson: Server) -> None:
    async with page(lesson) as shown:
        await shown.sees(FIRST)
        await shown.type("\ud800")
        await shown.type(RIGHT)
        await shown.sees(SECOND)
        await left(shown)


async def test_a_page_that_reads_nothing_takes_no_memory_of_the_server(lesson: Server) -> None:
    process = psutil.Process(lesson.process.pid)
    async with page(lesson) as shown:
        await shown.sees(FIRST)
        before = process.memory_info().rss
        with suppress(TimeoutError):  # where nothing is read, the server reads no more either
            async with asyncio.timeout(2):
                for place in range(4000):
                    await shown.say("resize", {"width": 200 + place % 2, "height": 60})
        assert process.memory_info().rss - before < 2**24
        shown.cut()


# --- what a visitor may take


async def test_who_presses_no_key_for_long_gives_the_place_up(folder: Path) -> None:
    with served(folder, "encoder-layer", "--idle", "0.1s") as server:
        async with page(server) as shown:
            assert await shown.is_closed() == words.IDLE.code


async def go_to_and_fro(shown: Page) -> None:
    """Step on and back without end."""
    await shown.sees(FIRST)
    while True:
        for key, then in ((RIGHT, SECOND), (LEFT, FIRST)):
            await shown.type(key)
            await shown.sees(then)


async def test_who_has_used_their_computing_time_up_is_told_so(folder: Path) -> None:
    with served(folder, "encoder-layer", "--time", "1s") as server:
        async with page(server) as shown:
            with pytest.raises(AssertionError, match=words.TIME.words):
                await go_to_and_fro(shown)


async def test_who_takes_more_memory_than_is_theirs_is_told_so_and_others_stay(folder: Path) -> None:
    with served(folder, "encoder-layer", "--memory", "160MB") as server:
        async with page(server) as first, page(server) as second:
            await first.sees(FIRST)
            await second.sees(FIRST)
            closed, goes_on = asyncio.create_task(first.is_closed()), asyncio.create_task(second.sees(SECOND))
            await first.type("\x1b[200~")  # what is pasted is kept until its end, which does not come
            with suppress(ConnectionError):  # it is closed meanwhile
                for _ in range(100):
                    await first.type("v" * 60_000)
                while not closed.done():  # how much it takes depends on Python; what nobody reads would hide the end
                    await first.type("v" * 60_000)
                    await asyncio.sleep(0.2)
            assert await closed == words.MEMORY.code
            await second.type(RIGHT)
            await goes_on


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much a process has and may have")
async def test_who_has_no_memory_left_to_say_so_with_is_told_by_the_server(folder: Path) -> None:
    with served(folder, "encoder-layer") as server:
        before = processes_of(server)
        async with page(server) as shown:
            await shown.sees(FIRST)
            (visitor,) = processes_of(server) - before
            visitor.suspend()  # as one is that waits for ever for memory
            assert not memory_is_used_up(visitor.pid)
            resource.prlimit(visitor.pid, resource.RLIMIT_DATA, (2**20, 2**20))  # less than it has
            assert await shown.is_closed() == words.MEMORY.code


def processes_of(server: Server) -> set[psutil.Process]:
    """All that a server has started."""
    return set(psutil.Process(server.process.pid).children(recursive=True))
