"""How a command makes the runs of an answer: it says how far it is, and Ctrl+C keeps what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attn_explore.explorer.telling.answers.runs_made import Runs

INTERRUPTED = 130
"""The exit status where Ctrl+C ended the work."""


def make_runs(found: Runs) -> int:
    """Make the runs, and say how far that is. Returns the exit status: 130 where Ctrl+C ended it."""
    from attn_explore.explorer.system.progress import Progress
    from attn_explore.explorer.system.time_left import TimeLeft
    from attn_explore.explorer.telling.answers.runs_made import progress_of

    left = TimeLeft()
    try:
        with Progress() as progress:
            while found.go_on():
                progress(progress_of(found, left))
    except SystemExit as ended:
        if ended.code != INTERRUPTED:
            raise
        return INTERRUPTED
    return 0
