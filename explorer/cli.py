"""Where the program begins and ends. Until signals are heeded, nothing is imported that takes its time."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as type checkers know it: typing takes its time

if TYPE_CHECKING:
    from collections.abc import Callable

STOPPED = "stopped before anything was done"


def main() -> None:
    """Run the command line; the one place that turns what went wrong into a message and an exit status."""
    try:
        from attn_explore.explorer.system.signals import end_at_once, heed_signals

        end_at_once(STOPPED)
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        sys.exit(130)
    from attn_explore.explorer.commands.starting import without_options
    from attn_explore.explorer.system.exits import guarded
    from attn_explore.explorer.system.streams import prepare

    prepare()
    answer = without_options(sys.argv[1:]) or _read_by_typer()
    heed_signals()
    sys.exit(guarded(answer))


def _read_by_typer() -> Callable[[], object]:
    from attn_explore.explorer.commands.command_line import app

    return lambda: app(prog_name="attn-explore", standalone_mode=False)
