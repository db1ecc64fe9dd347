"""The sheet of a head under the arithmetic, where many lines are free."""

from __future__ import annotations

from textual.pilot import Pilot

from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.widgets.sheet_panel import SheetPanel
from tests.explorer.conftest import Explore
from tests.standing import until

BLOCK = "encoder.layers.0.self_attention"
WEIGHTS = f"{BLOCK}.weights"


def sheets(pilot: Pilot[None]) -> list[SheetPanel]:
    """The sheets that stand on the screen."""
    return [panel for panel in pilot.app.screen.query(SheetPanel) if panel.display]


def asked(pilot: Pilot[None], session: Session) -> list[str]:
    """The steps on it that a lesson is yet to ask about, but for the one that is looked at."""
    paths = [block.part.path for panel in sheets(pilot) for block in panel._blocks]
    return [path for path in paths if session.lesson.is_asked(path) and path != session.place.value.path]


async def test_where_many_lines_are_free_the_sheet_of_the_head_stands_under_the_arithmetic(explore: Explore) -> None:
    async with explore("encoder-layer", WEIGHTS, (1, 2, 3), size=(200, 60)) as (pilot, session):
        await until(pilot, lambda: bool(sheets(pilot)))
        (panel,) = sheets(pilot)
        assert "head 1 of 2" in str(panel.border_title)
        assert "the key A opens it" in str(panel.border_title)
        assert panel._lit.cursor == (WEIGHTS, 2, 3)
        lines = [line.text for line in panel.draw_lines()]
        assert "head_output" in " ".join(lines)
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        assert screen.arithmetic.size.height >= screen.arithmetic.lines_wanted - 1
        block = next(block for block in panel._blocks if block.part.path.endswith(".v"))
        x, y = block.x + block.layout.label_width + 1, block.y + 3
        await pilot.click(panel, offset=(panel.gutter.left + x, panel.gutter.top + y))
        await until(pilot, lambda: session.place.value.path == f"{BLOCK}.v")
        assert session.place.index == (1, 1, 0)


async def test_the_sheet_stands_where_nothing_else_is_wanted_and_no_question_may_be_answered_by_it(
    explore: Explore,
) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(120, 40)) as (pilot, session):
        assert not sheets(pilot)
        await pilot.resize_terminal(240, 80)
        await until(pilot, lambda: bool(sheets(pilot)))
        await pilot.press("z")
        await until(pilot, lambda: not sheets(pilot))
        await pilot.press("z")
        await until(pilot, lambda: bool(sheets(pilot)))
        await pilot.press("L")  # its lesson asks for numbers that stand on the sheet
        await until(pilot, lambda: not asked(pilot, session))
