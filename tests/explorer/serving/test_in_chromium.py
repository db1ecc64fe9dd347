"""What a class sees in its browsers: a real one, without a window, before a real server."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chromium import Page, chromium, page_of_browser
from tests.program import command, environment

BROWSER = chromium() or ""

pytestmark = [
    pytest.mark.skipif(not BROWSER, reason="needs Chromium, which is not installed"),
    pytest.mark.xdist_group("serving"),
]

SIZES = {"phone": (390, 844), "laptop": (1366, 768), "projector": (1024, 768), "large projector": (1920, 1080)}
LEAST_CELLS = (60, 24)
"""Columns and rows in which a lesson can be followed."""

_IS_WHOLE = """
document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight
"""

_WITHOUT_CLIPBOARD = """
Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined });
document.addEventListener("copy", () => (window.copied = document.activeElement.value));
"""

LOST = "document.body.classList.contains('is-over')"


@contextmanager
def server(*names: str, port: int = 0) -> Iterator[str]:
    """Serve, and give the address; at the end the server leaves as it should, and has had nothing to say."""
    line, pipe = command("serve", *names, "--port", str(port)), subprocess.PIPE
    with subprocess.Popen(line, env=environment(), stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
        assert (process.returncode, errors) == (128 + signal.SIGINT, "Ctrl+C ends it.\n")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where one lesson is served."""
    with server("i-love-my-dog") as found:
        yield found


async def begin(page: Page, address: str, size: str) -> None:
    """Open the lesson on a page of some size."""
    await page.look_like(*SIZES[size], is_phone=size == "phone")
    await page.open(address)
    await page.shows("Token embeddings", "quit")


async def test_a_lesson_is_followed_a_question_answered_and_a_figure_downloaded(address: str, tmp_path: Path) -> None:
    async with page_of_browser(BROWSER, tmp_path) as page:
        await begin(page, address, "laptop")
        await page.shows("Lesson · 1 of 11")
        await page.press("ArrowRight", "ArrowRight")
        await page.shows("Lesson · 3 of 11", "what does the first number of “love” come to?")
        await page.press(*"0.9161", "Enter")
        await page.shows("✓ Right.")
        await page.press("ArrowRight", "X")
        await page.shows("A figure: Queries")
        await page.press("Enter")
        await page.shows("Write a figure", "Enter downloads")
        await page.press("Enter")
        await page.shows("Your browser downloads i-love-my-dog-q-heat.svg")
        written = await page.downloaded("i-love-my-dog-q-heat.svg")
        assert written.endswith(b"</svg>\n")
        loaded = await page.run("performance.getEntriesByType('resource').map(each => each.name)")
        assert len(loaded) > 4  # scripts, sheets, the letters
        assert all(each.startswith(address) for each in loaded), "something comes from another site"


async def test_a_page_comes_back_to_where_it_was(tmp_path: Path) -> None:
    async with page_of_browser(BROWSER, tmp_path) as page:
        with server("i-love-my-dog") as address:
            await begin(page, address, "projector")
            await page.press("ArrowRight")
            await page.shows("Lesson · 2 of 11")
            await page.reload()
            await page.shows("Lesson · 2 of 11")
            await page.run("sockets.at(-1).close()")
            await page.comes_to(LOST, True)
            await page.comes_to(LOST, False)
            await page.shows("Lesson · 2 of 11")
        await page.comes_to(LOST, True)
        with server("i-love-my-dog", port=int(re.findall(r"\d+", address)[-1])):
            await page.comes_to(LOST, False)
            await page.shows("Lesson · 1 of 11")  # the server that knew the place is gone, and the page says so
            await page.comes_to("document.getElementById('note').hidden", False)


async def test_every_size_shows_a_lesson_whole(address: str, tmp_path: Path) -> None:
    async with page_of_browser(BROWSER, tmp_path) as page:
        for size in SIZES:
            await begin(page, address, size)
            if size == "phone":  # which has no such keys of its own
                await page.run("document.querySelector('[data-key=\"\\x1b[C\"]').click()")
            else:
                await page.press("ArrowRight")
            lines = (await page.shows("Lesson · 2 of 11")).split("\n")
            columns, rows = LEAST_CELLS
            assert len(lines) >= rows, size
            assert len(lines[-1]) >= columns, size
            assert await page.run(_IS_WHOLE), size
            await page.run("sessionStorage.clear()")  # the next page is another visitor's


async def test_a_page_without_https_copies_too(address: str, tmp_path: Path) -> None:
    """Browsers give it no clipboard, but let it copy what is selected when a key was pressed."""
    async with page_of_browser(BROWSER, tmp_path) as page:
        await page.before(_WITHOUT_CLIPBOARD)
        await begin(page, address, "laptop")
        await page.press("y")
        await page.comes_to("window.copied", "E[dog, 0] = table[dog, 0]\n  -0.3331 =       -0.3331")
        await page.press("ArrowRight")  # the keyboard is the terminal's again
        await page.shows("Lesson · 2 of 11")
