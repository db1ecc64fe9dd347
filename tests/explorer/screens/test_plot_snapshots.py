"""Pictures of plots: of curves at three sizes and in every theme, of bars without colour, of the others once."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from attn_explore.explorer.session.session import Session
from tests.explorer.conftest import app_of, session_of, settled
from tests.explorer.plotted import grouped, saturation, vanishing
from tests.explorer.screens.test_snapshots import LAYER, SIZES, USUAL, sized

Make = Callable[[pytest.MonkeyPatch], Session]

PLOTS: dict[str, Make] = {
    "row-of-bars": lambda _: session_of("encoder-layer", f"{LAYER}.weights", (1, 0, 2)),
    "row-of-a-vector": lambda _: session_of("encoder-layer", f"{LAYER}.norm", (0, 3)),
    "curves": saturation,
    "logarithmic": vanishing,
    "grouped-bars": grouped,
}


def compare(snap_compare: Any, session: Session, size: tuple[int, int], theme: str = "textual-dark") -> bool:
    """Show a plot and compare its picture."""

    async def drive(pilot: Pilot[None]) -> None:
        await settled(pilot)
        pilot.app.theme = theme
        await pilot.press("P")
        await pilot.pause()

    app = app_of(session)
    app.animation_level = "none"
    return bool(snap_compare(app, terminal_size=size, run_before=drive))


@pytest.mark.parametrize(("plot", "size"), sized(PLOTS))
def test_the_plot_looks_as_it_did(snap_compare: Any, monkeypatch: pytest.MonkeyPatch, plot: str, size: str) -> None:
    assert compare(snap_compare, PLOTS[plot](monkeypatch), SIZES[size])


@pytest.mark.parametrize("theme", ["textual-light", "high-contrast", "high-contrast-light"])
def test_the_plot_in_another_theme_looks_as_it_did(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    assert compare(snap_compare, PLOTS["curves"](monkeypatch), SIZES[USUAL], theme)


def test_the_plot_without_colour_looks_as_it_did(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert compare(snap_compare, PLOTS["grouped-bars"](monkeypatch), SIZES[USUAL])


def test_the_plot_in_the_smallest_terminal_looks_as_it_did(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compare(snap_compare, PLOTS["curves"](monkeypatch), (60, 16))
