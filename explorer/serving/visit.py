"""One visitor, as the server sees them: a process, and the page that shows it, as long as there is one."""

from __future__ import annotations

import asyncio
import json
import socket
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess
from types import SimpleNamespace
from typing import cast

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from attn_explore.explorer.serving.forking import fork_visitor
from attn_explore.explorer.serving.rules import Rules
from attn_explore.explorer.serving.used_up import memory_is_used_up
from attn_explore.explorer.serving.words import ELSEWHERE, FAULT, IDLE, LEFT, MEMORY, STOPPED, Ending, ending_of
from attn_explore.explorer.system.served import Served
from attn_explore.model.dataclass import dataclass

KEPT_FOR = 120.0
"""Seconds that a visitor without a page is waited for: the page is loaded again, or the network was lost."""

LOOKED_AT_EVERY = 0.5
"""Seconds between two looks at the memory of a process."""

PATIENCE = 2.0
"""Seconds that a page is given to take its leave, and a process to end when it has said that it does."""


@dataclass(frozen=True, eq=False)
class Page:
    """A page in a browser: its WebSocket, and the connection below it."""

    websocket: web.WebSocketResponse
    transport: asyncio.Transport | None

    async def close(self, code: int, words: str) -> None:
        """Tell the page why it is over; one that does not listen is cut off."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.websocket.close(code=code, message=words.encode())
        except (TimeoutError, ConnectionError):
            if self.transport is not None:
                self.transport.abort()


class Visit(AppService):
    """Runs the app for one visitor, and tells each page that shows it why it is over.

    A page may be gone and another come: what the app draws meanwhile is dropped, for all is drawn again then.
    """

    def __init__(
        self, served: Served, rules: Rules, downloads: DownloadManager, forget: Callable[[Visit], object]
    ) -> None:
        super().__init__(
            "", write_bytes=self._draw, write_str=self._tell, close=_do_nothing, download_manager=downloads
        )
        self._served, self._rules, self._forget = served, rules, forget
        self._page: Page | None = None
        self._ending: Ending | None = None
        self._forked: BaseProcess | None = None
        self._is_forked = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None

    @property
    def is_seen(self) -> bool:
        """Whether a page shows it."""
        return self._page is not None

    # --- pages come and go

    async def begin(self, page: Page, size: tuple[int, int]) -> None:
        """Start the process, for a first page."""
        self._page = page
        self.is_used()
        try:
            await self.start(*size)
        except (OSError, EOFError):  # the system would have no more processes
            self._is_forked.set()
            await self._is_over(FAULT)

    async def show_on(self, page: Page, size: tuple[int, int]) -> None:
        """Show it on another page from now on."""
        before, self._page = self._page, page
        self.is_used()
        if before is not None:
            self._leaving = asyncio.create_task(before.close(*ELSEWHERE))
        await self._is_forked.wait()
        await self.send_meta({"type": "redraw", "width": size[0], "height": size[1]})

    def is_left_by(self, page: Page) -> None:
        """A page is gone: wait for another for a while, unless there is one already."""
        if self._page is page:
            self._page = None
            self._end_in(KEPT_FOR, LEFT)

    def is_used(self) -> None:
        """Somebody pressed a key: they are not away."""
        self._end_in(self._rules.idle, IDLE)

    def _end_in(self, seconds: float, ending: Ending) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(seconds, self.end, ending)

    # --- the process

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """Fork a process from the one that has imported everything, in place of starting a command."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._forked = await asyncio.to_thread(fork_visitor, self._served, self._rules, theirs, (width, height))
            drawn, self._stdin = await asyncio.open_unix_connection(sock=ours)
        except BaseException:
            ours.close()
            raise
        errors = asyncio.StreamReader()
        errors.feed_eof()  # what it says of errors goes where the server says it
        self._process = cast(Process, SimpleNamespace(stdout=drawn, stderr=errors))
        self._is_forked.set()
        if self._ending is not None:  # meanwhile
            self.end(self._ending)
        return self._process

    async def run(self) -> None:
        """Bring what the app draws to the page, until the process ends; then say why it did."""
        watching = asyncio.create_task(self._watch_memory())
        await super().run()
        watching.cancel()
        self.stdin.close()
        status = await self._status()
        await self._is_over(self._ending or ending_of(status))

    async def _watch_memory(self) -> None:
        """End a process that has no memory left at two looks.

        It mostly ends itself. But a thread that has no memory to begin with keeps the one waiting that started it, for
        ever (Thread.start), and then nothing in the process would ever say so.
        """
        was_used_up = False
        while True:
            await asyncio.sleep(LOOKED_AT_EVERY)
            is_used_up = self._forked is not None and memory_is_used_up(self._forked.pid or 0)
            if was_used_up and is_used_up:
                self.end(MEMORY)
            was_used_up = is_used_up

    async def _status(self) -> int | None:
        """The status of a process that says nothing more: it ends, or is ended."""
        assert self._forked is not None  # noqa: S101 (it runs)
        await asyncio.to_thread(self._forked.join, PATIENCE)
        if self._forked.exitcode is None:
            self._forked.kill()
            await asyncio.to_thread(self._forked.join)
        status = self._forked.exitcode
        self._forked.close()
        self._forked = None
        return status

    async def _is_over(self, ending: Ending) -> None:
        self._forget(self)
        if self._alarm is not None:
            self._alarm.cancel()
        await self._download_manager.cancel_app_downloads(self.app_service_id)
        if self._page is not None:
            await self._page.close(*ending)

    def end(self, ending: Ending) -> None:
        """End it there and then: there is nothing to keep."""
        self._ending = self._ending or ending
        if self._forked is not None and self._forked.exitcode is None:
            self._forked.kill()

    async def stop(self) -> None:
        """End it with the server."""
        self.end(STOPPED)
        if self._task is not None:
            await self._task

    # --- what the app has for the page

    async def _draw(self, payload: bytes) -> None:
        if self._page is not None:
            with suppress(ConnectionError):
                await self._page.websocket.send_bytes(payload)

    async def _tell(self, message: str) -> None:
        if self._page is not None:
            with suppress(ConnectionError):
                await self._page.websocket.send_str(message)

    async def on_meta(self, data: bytes) -> None:
        """Heed what the app says beside what it draws. That it ends is seen when its process has."""
        if json.loads(data)["type"] != "exit":
            await super().on_meta(data)


async def _do_nothing() -> None:
    """Textual-serve would close the page before it is known why."""
