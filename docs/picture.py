"""Makes the pictures of the documentation again, from the program as it is: python -m docs.picture [NAME …]"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.library.entries import Library
from attn_explore.explorer.library.home import at_home
from attn_explore.explorer.session.course import bundled
from attn_explore.explorer.session.opening import Source, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.scenario import read_scenario

FOLDER = Path(__file__).parent / "pictures"
_ATTENTION = "encoder.layers.0.self_attention."
_SECONDS = 4
"""How long a moving picture shows each screen."""


@dataclass(frozen=True)
class Shot:
    """A screen: which scenario at which step and cell (none: the library), the keys pressed there, and its size."""

    scenario: str = ""
    step: str = ""
    index: tuple[int, ...] = ()
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = (100, 30)


def _of_love(step: str, *index: int) -> Shot:
    return Shot("i-love-my-dog", _ATTENTION + step, (0, 1, *index), size=(120, 36))


def _in_training(moment: int) -> Shot:
    """Which word of the source each word of the translation looks at, after so many moments of the training."""
    step = "generated.4.decoder.layers.0.cross_attention.weights"
    return Shot("translate", step, (0, 3, 3), keys=("left_parenthesis", *("greater_than_sign",) * moment))


def _asking(*keys: str) -> Shot:
    return Shot("translate", "decoder.layers.0.ffn.norm", keys=("colon", *keys))


PICTURES: dict[str, tuple[Shot, ...] | str] = {
    "stepping.svg": (_of_love("q", 2), _of_love("scores", 3), _of_love("weights", 3), _of_love("head_output", 2)),
    "explorer.svg": (_of_love("q", 2),),
    "question.svg": (Shot("i-love-my-dog", keys=("L", "right", "right")),),
    "words.svg": (Shot("multi-head", _ATTENTION + "weights", (1, 2, 3), keys=("W",)),),
    "training.svg": tuple(_in_training(moment) for moment in (0, 1, 2, 3, 10)),
    "library.svg": (Shot(),),
    "map.svg": (Shot("translate", keys=("ctrl+g",), size=(100, 40)),),
    "asked.svg": (_asking(), _asking(*"layers", "enter")),
    "gallery.svg": (Shot("multi-head", _ATTENTION + "weights", keys=("E",), size=(120, 40)),),
    "sheet.svg": "plot i-love-my-dog weights --kind sheet --size 280mm",
}
"""The screens of each picture, of one that moves one after another; of a figure, the command that draws it."""


async def drawn(shot: Shot) -> str:
    """A screen as SVG."""
    app = ExplorerApp(_loading(shot), "attn-explore")
    async with app.run_test(size=shot.size) as pilot:
        await _settled(pilot)
        for key in shot.keys:
            await pilot.press(key)
            await _settled(pilot)
        return app.export_screenshot(title=f"attn-explore run {shot.scenario}" if shot.scenario else "attn-explore")


async def _settled(pilot: Pilot[None]) -> None:
    """Wait for what is computed, and for what waits a moment, as the preview of the library does."""
    for _ in range(2):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause(0.2)


def _loading(shot: Shot) -> Callable[[Counter], Session | Library]:
    def load(_: Counter) -> Session | Library:
        if not shot.scenario:
            return Library(at_home())
        path = bundled()[shot.scenario]
        session = start(Source(shot.scenario, path, read_scenario(path)), Limits())
        if shot.step:
            session.place.show(session.run.trace[shot.step], shot.index or None)
        return session

    return load


def joined(screens: Sequence[str]) -> str:
    """One picture of screens of one size; of several, each is shown in its turn, and the first where nothing moves."""
    own = [re.sub(r"terminal-\d+", f"t{place}", screen) for place, screen in enumerate(screens)]
    own = [re.sub(r"@font-face \{.*?\}\s*", "", screen, flags=re.S) for screen in own]
    if len(own) == 1:
        return own[0]
    opening, closing = own[0][: own[0].index("<style>")], "</svg>\n"
    inner = (screen[screen.index("<style>") : screen.rindex("</svg>")] for screen in own)
    frames = "".join(f'<g class="frame f{place}">{screen}</g>\n' for place, screen in enumerate(inner))
    return f"{opening}<style>{_moving(len(own))}</style>\n{frames}{closing}"


def _moving(number: int) -> str:
    share = 100 / number
    delays = ((place - number) * _SECONDS for place in range(number))
    turns = "".join(f".f{place} {{ animation-delay: {delay}s }}\n" for place, delay in enumerate(delays))
    return f"""
    .frame {{ visibility: hidden; animation: turn {number * _SECONDS}s step-end infinite }}
    {turns}
    @keyframes turn {{ 0% {{ visibility: visible }} {share:g}% {{ visibility: hidden }} }}
    @media (prefers-reduced-motion) {{ .frame {{ animation: none }} .f0 {{ visibility: visible }} }}
    """


async def made(name: str) -> str:
    """A picture as the program draws it now, for somebody who is here for the first time."""
    what = PICTURES[name]
    if isinstance(what, str):
        return _plotted(what)
    screens = []
    for shot in what:
        with tempfile.TemporaryDirectory() as home:
            os.environ |= {"XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home}
            screens.append(await drawn(shot))
    return joined(screens)


def _plotted(command: str) -> str:
    from attn_explore.explorer.commands.command_line import app

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figure.svg"
        app([*shlex.split(command), "-o", str(file)], standalone_mode=False)
        return file.read_text("utf-8")


async def main(names: Sequence[str]) -> None:
    """Make the pictures of these names, or all."""
    for name in names or PICTURES:
        (FOLDER / name).write_text(await made(name), "utf-8")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
