"""A visitor presses every key on every screen, and types paths wherever something can be typed.

`python -m tests.visitor_everywhere NAME …` prints what the fence around them refused, a line for each: nothing.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.library.entries import seen_first
from attn_explore.explorer.library.home import visiting
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.system.fence import fence_in
from attn_explore.explorer.system.served import Served
from tests.standing import let_pilots_wait, still

PATHS = ("/etc/passwd", "~/../secret.yaml")
"""Typed wherever something can be."""

KEYS = (
    *"rChjklofaztigwcdepuvmnxsSyYLTGHVMNJKbBEZWAXFP@[]{}/?+-.,':0123456789<>()$",
    *("left", "right", "up", "down", "tab", "enter", "enter", "escape", "escape", "escape", "backspace", "home", "end"),
    *("ctrl+g", "ctrl+t", "ctrl+r", "ctrl+x", "ctrl+y", "ctrl+z", "ctrl+p", "ctrl+left", "pageup", "pagedown"),
)
COUNT = 100
"""Keys that are pressed by chance."""

SAID = {
    "x": "mine.json",
    "s": "mine.yaml",
    "S": "mine.svg",
    "X": "mine.png",
    "colon": "heads",
    "slash": "weights",
    "g": "scores",
    "ctrl+t": "I love",
    "ctrl+p": "export",
    "e": "1/3",
}
"""Keys behind which something is typed, and what may be."""


async def type_everywhere(pilot: Pilot[None]) -> None:
    """Wherever something can be typed, type paths, and what belongs there."""
    for key, proper in SAID.items():
        for text in (*PATHS, proper):
            await pilot.press("escape", "escape", key)
            if key == "X":
                await pilot.press("enter")
            for box in pilot.app.screen.query(Input):
                box.value = text
            await pilot.press("enter")


async def press(pilot: Pilot[None]) -> None:
    """Press keys until one of them leaves, or for long enough."""
    chance = random.Random(1)  # noqa: S311
    for _ in range(COUNT):
        if not pilot.app._exit:
            await pilot.press(chance.choice(KEYS))


async def read_a_text(pilot: Pilot[None]) -> None:
    """Give a model its first text, for which another process turns it into ids; then another one."""
    for text in ("Hello", "world"):
        await still(pilot.app)
        pilot.app.screen.query_one("#text", Input).value = text
        await pilot.press("enter")
        await still(pilot.app)
        screen = pilot.app.screen
        print("read", text if isinstance(screen, ExplorerScreen) else screen.query_one("#answer", Static).content)
        await pilot.press("ctrl+t")


async def visit(names: tuple[str, ...], do: Callable[[Pilot[None]], Awaitable[None]]) -> None:
    """Be a visitor for whom these were named."""

    def deliver(content: Any, *, save_filename: str, **_: Any) -> None:
        print("downloaded", save_filename)

    home = visiting(Served(names))
    app = ExplorerApp(partial(seen_first, home), "a title", home=home)
    app.deliver_binary = deliver  # type: ignore[assignment,method-assign]
    async with app.run_test(size=(120, 40)) as pilot:
        await still(app)  # Escape leaves a scenario that is being opened
        await do(pilot)
    if app.failure is not None:
        raise app.failure


def main(names: list[str]) -> None:
    """Build the fence; type within the first of these, read with the last, and press keys among all of them."""
    fence_in(visiting(Served(tuple(names))).offer.readable(), print)
    for forbidden in ("/etc/passwd", "new.txt"):  # that the fence stands
        with suppress(PermissionError), open(forbidden, "r" if forbidden.startswith("/") else "w"):
            print("no fence")
    with pytest.MonkeyPatch.context() as patch:
        let_pilots_wait(patch)
        asyncio.run(visit((names[0],), type_everywhere))
        asyncio.run(visit((names[-1],), read_a_text))
        asyncio.run(visit(tuple(names), press))


if __name__ == "__main__":
    main(sys.argv[1:])
