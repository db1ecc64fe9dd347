"""When a program that a pilot drives stands still: what every key, click and pause of a test waits for.

Textual's own pilot looks at how busy the processor is, which says nothing where other programs are busy too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from textual._context import active_app
from textual.app import App
from textual.message_pump import MessagePump
from textual.notifications import Notification
from textual.pilot import Pilot
from textual.screen import Screen

PATIENCE = 60
"""Seconds after which a program that does not come to rest is a fault; nothing that works takes so long."""

_WAITS_FOR_WORKERS = ContextVar("_WAITS_FOR_WORKERS", default=True)


async def still(app: App[Any], workers: bool = True) -> None:
    """Wait until nothing is left to do: no worker, no message, no animation, nothing to be drawn; or it has ended."""
    last = time.monotonic() + PATIENCE
    while not _has_ended(app):
        await asyncio.sleep(0)
        if _is_busy():
            continue
        app.screen._on_timer_update()  # draw now what would be drawn within a sixtieth of a second
        left = list(_left_to_do(app, workers))
        if not left and not _is_busy():
            return
        assert time.monotonic() < last, f"never at rest: {left}"
        await asyncio.sleep(0.002 if left else 0)  # threads need a moment


def _is_busy() -> bool:
    """Whether any other task can go on now. One that waits for a thread or a clock cannot."""
    return bool(asyncio.get_running_loop()._ready)  # type: ignore[attr-defined]


def _has_ended(app: App[Any]) -> bool:
    return app._exit or app._exception is not None or not app.is_running


def _left_to_do(app: App[Any], workers: bool) -> Iterator[object]:
    if workers:
        yield from (worker for worker in app.workers if not worker.is_finished)
    yield from (pump for pump in (app, *app.screen.walk_children(with_self=True)) if _has_messages(pump))
    if _is_to_be_drawn(app.screen):
        yield app.screen
    yield from app.animator._animations
    yield from app.animator._scheduled


def _has_messages(pump: MessagePump) -> bool:
    """Whether it has messages, or is in the middle of one: else it waits for the next."""
    if pump.message_queue_size or pump._pending_message or pump._next_callbacks:
        return True
    return pump._running and not pump._closing and not pump._message_queue.ready_event._waiters


def _is_to_be_drawn(screen: Screen[Any]) -> bool:
    waits = screen._layout_required or screen._scroll_required or screen._repaint_required
    return bool(waits or screen._recompose_required or screen._dirty_widgets or screen._callbacks)


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Wait for what a clock of the program brings about."""
    last = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < last, "it never came to be so"
        await asyncio.sleep(0.01)
        await still(pilot.app)


async def press_meanwhile(pilot: Pilot[None], *keys: str) -> None:
    """Press keys while a worker goes on working."""
    before = _WAITS_FOR_WORKERS.set(False)
    try:
        await pilot.press(*keys)
    finally:
        _WAITS_FOR_WORKERS.reset(before)


def let_pilots_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything that pilots do wait for the program to stand still, in place of an idle processor or a screen."""

    async def wait(*_: float) -> None:
        await still(active_app.get(), _WAITS_FOR_WORKERS.get())

    async def wait_for_screen(pilot: Pilot[Any]) -> None:
        await still(pilot.app, workers=False)

    run_test = App.run_test

    @asynccontextmanager
    async def run_as_on_a_terminal(app: App[Any], **options: Any) -> AsyncIterator[Pilot[Any]]:
        if hasattr(asyncio, "eager_task_factory"):  # as `App.run` does, from Python 3.12 on: tasks begin at once
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        async with run_test(app, **options) as pilot:
            yield pilot

    monkeypatch.setattr(App, "run_test", run_as_on_a_terminal)
    monkeypatch.setattr("textual.app.wait_for_idle", wait)
    monkeypatch.setattr("textual.pilot.wait_for_idle", wait)
    monkeypatch.setattr(Pilot, "_wait_for_screen", wait_for_screen)
    monkeypatch.setattr(Notification, "time_left", 3600.0)  # a busy machine needs seconds from one line to the next
