"""Somebody before a window of a browser, who follows a lesson to its end and answers its questions rightly."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import field
from pathlib import Path

import psutil

from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.course import bundled
from attn_explore.explorer.session.lesson_progress import Lesson
from attn_explore.explorer.session.opening import Source, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.dataclass import dataclass
from attn_explore.model.lesson import Question
from attn_explore.model.scenario import read_scenario
from benchmarks.serving import LESSON
from benchmarks.visitors import READING
from tests.chromium import Page, browser_in

ARRIVALS = 120.0
"""Seconds within which they come."""
PATIENCE = 300.0
"""Seconds after which what a page waits for is missed: a machine may be busy with other work, too."""
SIZE = (1024, 900)
"""Pixels of a window: there the end of the lesson stands in sight."""


@dataclass(frozen=True)
class Press:
    """Keys, and what the last of them leads to."""

    keys: tuple[str, ...]
    shows: tuple[str, ...]


@dataclass(frozen=True)
class Followed:
    """Seconds to each first stop and to the answer of each key; who came to the end, and why others did not."""

    arrivals: list[float] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


async def follow_to_end(
    program: str, folder: Path, address: str, count: int, look: Callable[[psutil.Process], object]
) -> Followed:
    """Let so many windows of one browser follow the lesson; `look` at the browser while all are still there."""
    way, followed = list(way_to_end(LESSON)), Followed()
    async with browser_in(folder, program) as browser, AsyncExitStack() as windows:
        pages = [await windows.enter_async_context(browser.page(PATIENCE)) for _ in range(count)]
        await asyncio.gather(*(_follow(page, address, place, way, followed) for place, page in enumerate(pages)))
        look(psutil.Process(browser.process.pid))
    return followed


async def _follow(page: Page, address: str, place: int, way: list[Press], followed: Followed) -> None:
    """Come after a while, and press what leads to the end; who does not get there is one of those that are lost."""
    chance = random.Random(place)  # noqa: S311 (the same class each time)
    try:
        await page.look_like(*SIZE)
        await asyncio.sleep(chance.uniform(0, ARRIVALS))
        begun = time.perf_counter()
        await page.open(address)
        await page.shows(*way[0].shows)
        followed.arrivals.append(time.perf_counter() - begun)
        for press in way[1:]:
            await asyncio.sleep(chance.uniform(*READING))
            await page.press(*press.keys[:-1])
            followed.keys.append(await page.seconds_to_answer(press.keys[-1], *press.shows))
    except (AssertionError, TimeoutError) as error:
        followed.lost.append(str(error).partition("\n")[0] or type(error).__name__)
    else:
        followed.ended.append(place)


def way_to_end(name: str) -> Iterator[Press]:
    """What leads through a bundled lesson: on to each stop, and to the right answer where it asks."""
    session = _opened(name)
    lesson = session.lesson
    for place, stop in enumerate(lesson.stops):
        stepping.follow_lesson(session, place)
        yield Press(("ArrowRight",), (f"Lesson · {place + 1} of {len(lesson.stops)}", *_at_the_end(lesson)))
        if stop.question is not None:
            stepping.answer(session, stop.question.right[0] if stop.question.right else stop.question.number)
            yield Press((*_answering(stop.question), "Enter"), ("✓ Right.", *_at_the_end(lesson)))


def _opened(name: str) -> Session:
    path = bundled()[name]
    return start(Source(name, path, read_scenario(path)), Limits())


def _at_the_end(lesson: Lesson) -> Iterator[str]:
    if lesson.is_done:
        yield "The end of the lesson"


def _answering(question: Question) -> Iterator[str]:
    """The keys that say what is right, without the one that gives it. Of words, none is marked at first."""
    if question.options is None:
        yield from short_number(question.number)
    else:
        right = question.value.names.index(question.options.name)
        yield from ["ArrowDown"] * (question.right[0][right] + 1)
