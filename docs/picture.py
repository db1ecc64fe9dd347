"""Makes the picture in the README again: python docs/picture.py"""

from __future__ import annotations

import asyncio
from pathlib import Path

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.session.course import locate
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.model.run import run
from attn_explore.model.scenario import read_scenario

STEP = "encoder.layers.0.self_attention.q"


async def picture(target: Path) -> None:
    """The queries of the first scenario with what they are made of, at 120×40, the cursor on one of *love*."""
    scenario = read_scenario(locate("i-love-my-dog"))
    session = Session("i-love-my-dog", Run(scenario, run(scenario)))
    session.place.show(session.run.trace[STEP], (0, 1, 2))
    app = ExplorerApp(lambda _: session, scenario.title)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        target.write_text(app.export_screenshot(title="attn-explore run i-love-my-dog"))


if __name__ == "__main__":
    asyncio.run(picture(Path(__file__).parent / "explorer.svg"))
