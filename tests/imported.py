"""What is imported by the time that the help, the first frame and the first tensor stand, in processes of their own.

`python -m tests.imported` writes the lists in `data/imported/` again; what was added there is to be looked at.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.program import environment

LISTS = Path(__file__).parent / "data" / "imported"

_TOLD = """
def tell(before):
    names = (name if name.startswith("attn_explore") else name.partition(".")[0] for name in set(sys.modules) - before)
    with open(sys.argv[1], "w") as file:
        file.write("\\n".join(sorted({name for name in names if not name.startswith("_") and name != "textual"})))
"""

_HELP = f"""
import sys
import typer
{_TOLD}
before = set(sys.modules)
from attn_explore.explorer import cli
sys.argv, place = ["attn-explore", "--help"], sys.argv[1]
try:
    cli.main()
except SystemExit:
    sys.argv = ["", place]
    tell(before)
"""

_EXPLORER = f"""
import asyncio, sys
import textual.app, textual.pilot, textual.widgets
{_TOLD}
before = set(sys.modules)
from attn_explore.explorer.commands import starting
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.app import ExplorerApp

async def watch(pilot):
    while type(pilot.app.screen).__name__ != "ExplorerScreen" or not pilot.app.screen.is_mounted:
        await asyncio.sleep(0.01)
    await pilot._wait_for_screen()
    pilot.app.screen._on_timer_update()
    tell(before)
    pilot.app.exit()

def first_frame(self):
    tell(before)
    self.exit()

if sys.argv[2] == "frame":
    ExplorerApp._start_loading = first_frame
run, pilot = ExplorerApp.run, watch if sys.argv[2] == "tensor" else None
ExplorerApp.run = lambda self: run(self, headless=True, size=(120, 40), auto_pilot=pilot)
starting.explore("i-love-my-dog", Limits())
"""

STAGES: dict[str, tuple[str, ...]] = {
    "help": (_HELP,),
    "first-frame": (_EXPLORER, "frame"),
    "first-tensor": (_EXPLORER, "tensor"),
}
"""The program that tells what is imported at each stage, and what it is called with beside the file to tell it in.

What Typer brings along for the help, and Textual for the explorer, is left out.
"""


def imported(stage: str, folder: Path) -> set[str]:
    """Our modules, and the packages of others, that are imported at a stage."""
    program, *more = STAGES[stage]
    told = folder / f"{stage}.txt"
    command = [sys.executable, "-c", program, str(told), *more]
    subprocess.run(command, check=True, env=environment(), capture_output=True, timeout=120)
    return set(told.read_text("utf-8").split())


BY_NUMPY = {"platform", "sysconfig"}
"""What NumPy imports before 2.3, and what on Python 3.14."""


def allowed(stage: str) -> set[str]:
    """Those that may be."""
    return set((LISTS / f"{stage}.txt").read_text("utf-8").split()) | BY_NUMPY


if __name__ == "__main__":
    for stage in STAGES:
        (LISTS / f"{stage}.txt").write_text("\n".join(sorted(imported(stage, LISTS))) + "\n", "utf-8")
