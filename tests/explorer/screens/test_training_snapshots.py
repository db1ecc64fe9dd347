"""Pictures of the training in the explorer: its line, two of its moments side by side, and a curve of it."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.explorer.conftest import app_of, session_of, settled
from tests.explorer.screens.test_snapshots import LAYER, SIZES, USUAL
from tests.trained import trained

SCREENS: dict[str, tuple[str, list[str]]] = {
    "moment": (f"{LAYER}.weights", [*"<<<<"]),
    "two-moments": (f"{LAYER}.weights", [*"M<<<<d"]),
    "loss": ("experiment.loss", [*"<<<P"]),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_the_training_looks_as_it_did(snap_compare: Any, tmp_path: Path, screen: str) -> None:
    step, keys = SCREENS[screen]
    app = app_of(session_of(str(trained(tmp_path)), step))
    app.animation_level = "none"

    async def drive(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press(*keys)
        await pilot.pause()

    assert snap_compare(app, terminal_size=SIZES[USUAL], run_before=drive)
