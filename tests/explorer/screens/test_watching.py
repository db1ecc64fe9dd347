"""Watching: a saved file runs again, at the same place, and its faults are told in the explorer."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session.opening import find_source, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from tests.explorer.conftest import settled
from tests.standing import until

LAYER = "encoder.layers.0.self_attention"
TEXT = "input: {text: I love my dog}\nlesson: [{at: encoder.input, say: One}, {at: encoder.embedding, say: Two}]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT, "utf-8")
    return path


def save(path: Path, text: str) -> None:
    """Write as editors do: beside the file, then over it."""
    beside = path.with_suffix(".tmp")
    beside.write_text(text, "utf-8")
    os.replace(beside, path)


@asynccontextmanager
async def watched(path: Path) -> AsyncIterator[tuple[Pilot[None], ExplorerScreen]]:
    def load(_: object) -> Session:
        return start(find_source(str(path)), Limits(2**33))

    app = ExplorerApp(load, "mine", load)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert isinstance(app.screen, ExplorerScreen)
        yield pilot, app.screen


async def test_a_saved_file_is_run_again_at_the_same_place(file: Path) -> None:
    async with watched(file) as (pilot, screen):
        await pilot.press("g", *"weights[my,dog]", "enter", "m")
        before = screen.state.session
        save(file, TEXT.replace("I love my dog", "I love my cat and my dog"))
        await until(pilot, lambda: screen.state.session is not before)
        assert screen.state.session.place.value.path == f"{LAYER}.weights"
        assert screen.state.session.place.value.shape == (1, 7, 7)
        assert screen.state.session.place.index == (0, 2, 6)
        assert len(screen.state.session.place.marked) == 1


async def test_a_fault_is_told_in_the_explorer_and_goes_when_it_is_mended(file: Path) -> None:
    async with watched(file) as (pilot, screen):
        fault = screen.query_one("#fault", Static)
        save(file, "input: {txt: '[red]'}")
        await until(pilot, lambda: fault.display)
        assert "mine.yaml:1:9: unknown key `input.txt`" in str(fault.content)
        assert screen.state.session.run.trace.tokens["encoder"] == ("I", "love", "my", "dog")
        save(file, TEXT)
        await until(pilot, lambda: not fault.display)


async def test_the_lesson_goes_on_at_its_stop(file: Path) -> None:
    async with watched(file) as (pilot, screen):
        await pilot.press("L", "right")
        before = screen.state.session
        save(file, TEXT.replace("Two", "Zwei"))
        await until(pilot, lambda: screen.state.session is not before)
        stop = screen.state.session.stop
        assert stop is not None
        assert stop.say == "Zwei"
        assert screen.state.session.lesson.is_guided


async def test_a_file_that_goes_away_is_a_fault(file: Path) -> None:
    async with watched(file) as (pilot, screen):
        fault = screen.query_one("#fault", Static)
        file.unlink()
        await until(pilot, lambda: fault.display)
        save(file, TEXT)
        await until(pilot, lambda: not fault.display)
