"""Pictures of the screens: six at three sizes, the others at one. What is drawn in them is tested as text elsewhere.

After a change that is meant: pytest --snapshot-update, and look.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.library.entries import Library
from attn_explore.explorer.library.home import at_home
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from tests.explorer.conftest import app_of, session_of, settled
from tests.standing import until

LAYER = "encoder.layers.0.self_attention"
SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}
USUAL = "120x40"
AT_EVERY_SIZE = ("weights-of-two-heads", "word-view", "beside", "question", "curves")
"""The screens that are kept at every size; so is the library."""

SCREENS: dict[str, tuple[str, str, tuple[int, ...] | None, list[str]]] = {
    "first-step": ("i-love-my-dog", "", None, []),
    "scores": ("i-love-my-dog", f"{LAYER}.scores", (0, 0, 3), []),
    "weights-of-two-heads": ("encoder-layer", f"{LAYER}.weights", (1, 0, 2), []),
    "masked": ("padding-mask", f"{LAYER}.weights", (0, 0, 4), []),
    "chinese": ("wo-xihuan-wode-gou", f"{LAYER}.weights", (0, 1, 2), []),
    "norm": ("encoder-layer", f"{LAYER}.norm", (0, 3), []),
    "long-sum": ("wide", f"{LAYER}.head_output", (0, 5, 4), []),
    "zoomed-out": ("wide", f"{LAYER}.weights", (0, 100, 100), ["z"]),
    "finer-steps": ("i-love-my-dog", f"{LAYER}.weights", None, ["o", "right", "right", "right"]),
    "candidates": ("write-word-by-word", "generated.2.candidates", None, []),
    "cross-attention": ("cross-attention", "decoder.layers.0.cross_attention.weights", (0, 1, 2), []),
    "other-run": ("dot-vs-additive", f"{LAYER}.scores", (0, 1, 3), ["c"]),
    "waves": ("positions-sinusoidal", "encoder.position", (3, 4), ["z"]),
    "parameter": ("i-love-my-dog", f"{LAYER}.w_q", (2, 3), []),
    "words": ("i-love-my-dog", f"{LAYER}.weights", None, ["i"]),
    "keys": ("i-love-my-dog", "", None, ["question_mark"]),
    "export": ("i-love-my-dog", "", None, ["x"]),
    "find": ("i-love-my-dog", "", None, ["slash"]),
    "question": ("i-love-my-dog", "", None, ["L", *["right"] * 7, "down"]),
    "answer": ("i-love-my-dog", "", None, ["L", *["right"] * 7, "down", "enter"]),
    "word-view": ("i-love-my-dog", f"{LAYER}.weights", (0, 1, 3), ["w"]),
    "word-view-of-heads": ("grouped-query", f"{LAYER}.head_output", (2, 1, 0), ["w"]),
    "beside": ("why-scale", f"{LAYER}.weights", (0, 1, 1), ["d"]),
    "difference": ("word-order", f"{LAYER}.head_output", (1, 0, 0), ["d", "d"]),
    "edit": ("encoder-layer", f"{LAYER}.weights", (1, 0, 2), ["e", "down", *"knock"]),
    "edited": ("encoder-layer", f"{LAYER}.weights", (1, 0, 2), ["e", "down", *"zero", "enter", "right"]),
    "copy": ("i-love-my-dog", f"{LAYER}.weights", None, ["Y", "down"]),
    "gallery": ("gallery", f"{LAYER}.weights", (0, 1, 0), ["E"]),
    "tour": ("i-love-my-dog", "", None, ["T", "right", "right"]),
}


def sized(screens: Iterable[str]) -> list[tuple[str, str]]:
    """Each screen with the sizes that its pictures have."""
    return [(screen, size) for screen in screens for size in (SIZES if screen in AT_EVERY_SIZE else (USUAL,))]


def compare(snap_compare: Any, screen: str, size: tuple[int, int], theme: str = "textual-dark") -> bool:
    """Drive the explorer to a screen and compare its picture."""
    wanted, step, index, keys = SCREENS[screen]
    session = session_of(wanted, step, index)

    async def drive(pilot: Pilot[None]) -> None:
        await settled(pilot)
        pilot.app.theme = theme
        await pilot.press(*keys)
        await pilot.pause()

    app = app_of(session)
    app.animation_level = "none"
    return bool(snap_compare(app, terminal_size=size, run_before=drive))


@pytest.mark.parametrize(("screen", "size"), sized(SCREENS))
def test_the_screen_looks_as_it_did(snap_compare: Any, screen: str, size: str) -> None:
    assert compare(snap_compare, screen, SIZES[size])


@pytest.mark.parametrize("size", SIZES)
def test_the_library_looks_as_it_did(snap_compare: Any, size: str) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: pilot.app.screen.query_one("#preview", TensorGrid).display)

    app = ExplorerApp(lambda _: Library(at_home(Path("/nowhere"), Limits(2**33))), "the library")
    app.animation_level = "none"
    assert snap_compare(app, terminal_size=SIZES[size], run_before=drive)


@pytest.mark.parametrize("theme", ["high-contrast", "high-contrast-light"])
def test_the_screen_of_high_contrast_looks_as_it_did(snap_compare: Any, theme: str) -> None:
    assert compare(snap_compare, "masked", SIZES[USUAL], theme)


def test_the_screen_in_a_light_theme_looks_as_it_did(snap_compare: Any) -> None:
    assert compare(snap_compare, "masked", SIZES[USUAL], "textual-light")


def test_the_screen_without_colour_looks_as_it_did(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert compare(snap_compare, "masked", SIZES[USUAL])


def test_a_terminal_that_is_too_small_says_so(snap_compare: Any) -> None:
    assert compare(snap_compare, "scores", (50, 12))
