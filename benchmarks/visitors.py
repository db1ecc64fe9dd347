"""A class before its pages: WebSockets of this process, which read what the server draws and draw nothing.

Visitors come one after the other. Each presses → when they have read; then everybody presses at once.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import field

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from attn_explore.model.dataclass import dataclass

TOLD = ("Lesson · ".encode(), b"Question", b"The answer:")
"""What another stop says, one that asks, and the answer to a question that waits."""
PATIENCE = 60
"""Seconds after which a step that was not seen is missed."""
ARRIVALS = 30.0
"""Seconds within which they come."""
STEPS = 10
READING = (2.0, 6.0)
"""Seconds that somebody reads before the next step: no less, no more."""
AT_ONCE = 5
"""Steps that all take at the same time."""
QUIET = 0.3
"""Seconds without another frame after which all is drawn; they are no part of its time."""
LEAST = 1000
"""Bytes of a frame that shows more than a cursor that blinks."""

LEFT, RIGHT = "\x1b[D", "\x1b[C"


@dataclass(frozen=True)
class Waited:
    """What a class waited for, in seconds: for the first stop, for each step, and for steps that all took at once."""

    arrivals: list[float]
    steps: list[float]
    at_once: list[float]


async def follow_lesson(address: str, count: int, look: Callable[[], object]) -> Waited:
    """Let so many visitors follow the lesson at an address. `look` looks at the server while all are still there."""
    async with AsyncExitStack() as pages:
        session = await pages.enter_async_context(ClientSession())
        coming = [_visitor(session, address, place * ARRIVALS / count) for place in range(count)]
        arrived = await asyncio.gather(*map(pages.enter_async_context, coming))
        visitors = [visitor for visitor, _ in arrived]
        walks = await asyncio.gather(*map(_walk, visitors, map(random.Random, range(count))))
        at_once = [seconds for _ in range(AT_ONCE) for seconds in await _together(visitors)]
        look()
    return Waited([seconds for _, seconds in arrived], [seconds for walk in walks for seconds in walk], at_once)


@dataclass(eq=False)
class Visitor:
    """Somebody before a page, which reads at any time what is drawn. `last` is when something was drawn last."""

    socket: ClientWebSocketResponse
    stands: asyncio.Event = field(default_factory=asyncio.Event)
    last: float = 0.0

    async def read(self) -> None:
        """Read until the server is gone."""
        async for message in self.socket:
            if message.type == WSMsgType.BINARY and len(message.data) >= LEAST:
                self.last = time.perf_counter()
                if any(text in message.data for text in TOLD):
                    self.stands.set()

    async def press(self, key: str) -> float:
        """Press a key that leads to another stop, or to the answer of this one; give the seconds until all is drawn."""
        self.stands.clear()
        pressed = time.perf_counter()
        await self.socket.send_json(["stdin", key])
        async with asyncio.timeout(PATIENCE):
            await self.stands.wait()
        while (left := self.last + QUIET - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        return self.last - pressed


@asynccontextmanager
async def _visitor(session: ClientSession, address: str, wait: float) -> AsyncIterator[tuple[Visitor, float]]:
    """Somebody comes after a while, and stays."""
    await asyncio.sleep(wait)
    begun = time.perf_counter()
    where = f"{address.replace('http', 'ws', 1)}ws?width=120&height=40&visit={secrets.token_hex(16)}"
    async with session.ws_connect(where, max_msg_size=0) as socket:
        visitor = Visitor(socket)
        reading = asyncio.create_task(visitor.read())
        await visitor.stands.wait()
        yield visitor, time.perf_counter() - begun
        reading.cancel()


async def _walk(visitor: Visitor, chance: random.Random) -> list[float]:
    """Follow the lesson, and give how long each step took."""
    found = []
    for _ in range(STEPS):
        await asyncio.sleep(chance.uniform(*READING))
        found.append(await visitor.press(RIGHT))
    return found


async def _together(visitors: list[Visitor]) -> list[float]:
    return await asyncio.gather(*(visitor.press(LEFT) for visitor in visitors))
