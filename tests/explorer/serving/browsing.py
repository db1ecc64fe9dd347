"""A server as a person starts it, and pages that speak to it as a browser does."""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.program import command, environment

PATIENCE = 180
"""Seconds after which something that has to come is missed.

Visitors stand back behind everything else: where the tests themselves run behind other work, half a second of a
visitor's computing has taken more than a minute.
"""


class Server:
    """A server that is running, and the first address that it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.address = process.stdout.readline().strip()

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send it a signal, and give its exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[Server]:
    """Start a server on a free port, with a home of its own."""
    line = command("serve", *arguments, "--port", "0")
    homes = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("DATA", "STATE", "CONFIG")}
    with subprocess.Popen(line, cwd=folder, env=environment(**homes), stdout=subprocess.PIPE, text=True) as process:
        server = Server(process)
        try:
            yield server
        finally:
            if process.poll() is None:
                server.end()


class Page:
    """A page that shows a visit: what was drawn on it and told to it, and how it was closed."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self.websocket = websocket
        self.drawn = b""
        self.sent = b""  # all that came, whatever for
        self.told: list[Any] = []
        self.words = ""

    async def type(self, keys: str) -> None:
        """Press keys."""
        await self.say("stdin", keys)

    async def say(self, *message: Any) -> None:
        """Send what a page says."""
        await self.websocket.send_str(json.dumps(message))

    async def sees(self, text: str) -> None:
        """Wait until something is drawn; what was drawn before is forgotten."""
        async with asyncio.timeout(PATIENCE):  # a cursor that blinks is drawn for ever
            while text.encode() not in self.drawn:
                assert await self._take(), f"closed ({self.websocket.close_code}, {self.words}) without {text!r}"
        self.drawn = b""

    async def is_told(self, kind: str) -> Any:
        """Wait until the server says something, and give what."""
        async with asyncio.timeout(PATIENCE):
            while not (found := [each[1] for each in self.told if each[0] == kind]):
                assert await self._take(), f"closed ({self.websocket.close_code}, {self.words}) without {kind!r}"
        self.told = [each for each in self.told if each[0] != kind]
        return found[0]

    async def is_closed(self) -> int | None:
        """Wait until the server closes the page, and give the code."""
        async with asyncio.timeout(PATIENCE):
            while await self._take():
                pass
        return self.websocket.close_code

    def cut(self) -> None:
        """Lose the connection without a word."""
        self.websocket.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    async def _take(self) -> bool:
        message = await self.websocket.receive(PATIENCE)
        if message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
            self.sent += message.data if isinstance(message.data, bytes) else message.data.encode()
        if message.type == aiohttp.WSMsgType.BINARY:
            self.drawn += message.data
        elif message.type == aiohttp.WSMsgType.TEXT:
            self.told.append(json.loads(message.data))
        else:
            self.words = message.extra or ""
            return False
        return True


@asynccontextmanager
async def page(
    server: Server, visit: str | None = None, size: tuple[int, int] = (120, 40), **headers: str
) -> AsyncIterator[Page]:
    """Open a page: of a visit that goes on, or of a new one."""
    key = visit or secrets.token_hex(16)
    address = f"{server.address}ws?width={size[0]}&height={size[1]}&visit={key}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(address, headers=headers, max_msg_size=0) as found,
    ):
        yield Page(found)
