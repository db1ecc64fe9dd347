"""The command that says what a report of a fault needs to say of this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from attn_explore.explorer.commands.common import print_lines
from attn_explore.explorer.system.streams import line_width


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a program.")] = False,
) -> None:
    """Say what is installed, and what this terminal can do.

    It is what a report of a fault needs, and nothing private: home is written ~, and neither the names of people and
    machines nor those of models are told. The terminal itself is asked as long as stdin and stderr lead to it, so the
    report may go into a file.
    """
    from attn_explore.explorer.telling.doctor import facts, lines

    found = facts()
    if as_json:
        import json

        print_lines([json.dumps(found, indent=2, ensure_ascii=False)])
        return
    print_lines(lines(found, line_width()))
