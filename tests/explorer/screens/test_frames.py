"""Frames are put together as Textual would, and reach the terminal whole."""

import io
import os
from typing import Any

import pytest
from textual import events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._compositor import ChopsUpdate, Compositor

from attn_explore.explorer.screens.driver import TerminalDriver, buffered
from attn_explore.explorer.screens.frames import Frames
from tests.explorer.conftest import Explore, settled

QUERIES = "encoder.layers.0.self_attention.q"


async def test_the_pieces_of_each_line_are_those_that_textual_puts_together(explore: Explore) -> None:
    """On screens with what hides, overlaps and comes back: the list of what was found, a message, other panels."""
    async with explore("i-love-my-dog") as (pilot, _):
        for keys in ((), ("right",), ("right", "j"), ("left", "i"), ("i", "m"), ("slash", "s"), ("escape", "P")):
            await pilot.press(*keys)
            await settled(pilot)
            frames = pilot.app.screen._compositor
            assert isinstance(frames, Frames)
            everything = frames.size.region, lambda _: True
            assert frames._render_chops(*everything) == Compositor._render_chops(frames, *everything)


async def test_a_change_is_written_as_textual_writes_it_but_for_moves_to_places_where_nothing_follows(
    explore: Explore,
) -> None:
    """Whole pieces, pieces that end beyond what has changed, and pieces that begin before it."""
    async with explore("i-love-my-dog") as (pilot, _):
        frames, console = pilot.app.screen._compositor, pilot.app.console
        frames._dirty_regions.update(each.region for each in pilot.app.screen.query("#timeline, #grid, #words, #tree"))
        changed = frames.render_partial_update()
        assert isinstance(changed, ChopsUpdate)
        changed.spans = [(y, left + 3, right - 3) for y, left, right in changed.spans]
        textual = ChopsUpdate(changed.chops, changed.spans, changed.chop_ends).render_segments(console)
        assert changed.render_segments(console) == textual.replace("\n", "")


async def test_what_is_shown_again_is_placed_once(explore: Explore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A panel that comes back knows where it stands from the layout that it came with."""
    placed: list[object] = []
    place = Frames._arrange_root
    monkeypatch.setattr(Frames, "_arrange_root", lambda *given, **more: placed.append(1) or place(*given, **more))
    async with explore("i-love-my-dog") as (pilot, _):
        words = pilot.app.screen.query_one("#words")
        for is_shown in (False, True):
            placed.clear()
            words.display = is_shown
            await settled(pilot)
            assert len(placed) == 1


async def test_panels_stand_where_they_would_if_nothing_were_kept_of_where_they_stood(explore: Explore) -> None:
    """Whatever comes and goes: operands, a plot, a list, messages, the words, and other sizes."""
    keys = ("right", "i", "P", "slash", "v")
    async with explore("i-love-my-dog", step=QUERIES) as (pilot, _):
        screen = pilot.app.screen
        for size in ((80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            for key in (*keys, "escape"):
                await pilot.press(key)
                await settled(pilot)
                kept = screen._compositor._arrange_root(screen, screen.size, visible_only=False)
                for widget in (screen, *screen.query("*")):
                    widget._clear_arrangement_cache()
                assert kept == screen._compositor._arrange_root(screen, screen.size, visible_only=False)


async def test_keys_that_come_in_a_burst_each_move_the_cell(explore: Explore) -> None:
    """Each starts from the cell that the one before led to."""
    async with explore("i-love-my-dog", step=QUERIES) as (pilot, session):
        before = session.place.index
        for key in "hhhj":
            pilot.app.post_message(events.Key(key, key))
        await settled(pilot)
        assert session.place.index == (*before[:-2], before[-2] + 1, before[-1] - 3)


class _Writer:
    """Takes what would be written."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> None:
        self.written.append(text)

    def is_alive(self) -> bool:
        return True


def test_a_frame_is_written_in_one_piece_and_all_else_at_once() -> None:
    """Each piece wakes the thread that writes."""
    driver = TerminalDriver.__new__(TerminalDriver)
    writer: Any = _Writer()
    driver._frame, driver._writer_thread = [], writer
    for data in ("a", SYNC_START, "b", "c", SYNC_END, "d"):
        driver.write(data)
    assert writer.written == ["a", f"{SYNC_START}bc{SYNC_END}", "d"]


def test_a_stream_without_a_buffer_gets_one() -> None:
    """Python writes on where a signal interrupts it only for one with a buffer."""
    reading, writing = os.pipe()
    with open(reading, "rb") as end:
        with io.TextIOWrapper(open(writing, "wb", buffering=0), write_through=True) as bare:
            whole = buffered(bare)
            assert isinstance(whole.buffer, io.BufferedWriter)
            assert buffered(whole) is whole
            whole.write("né")
            whole.close()
            bare.write("!")
        assert end.read() == "né!".encode()
