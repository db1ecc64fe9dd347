"""The program as a user starts it, in a process of its own or in this one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from typer.main import get_command

from attn_explore.explorer.commands.command_line import app
from attn_explore.explorer.system.exits import guarded
from attn_explore.model.text import visible

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]

Finished = subprocess.CompletedProcess[bytes]

_commands = cache(lambda: get_command(app))
"""All commands with their options, which Typer would make anew for each command line: the same work each time."""


def environment(**changes: str | None) -> dict[str, str]:
    """The environment of this process with the checkout importable; None takes a variable away."""
    found: dict[str, str | None] = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **changes}
    return {name: value for name, value in found.items() if value is not None}


def command(*arguments: str) -> list[str]:
    """The command line that starts the program."""
    return [sys.executable, "-m", "attn_explore", *arguments]


def program(
    *arguments: str,
    folder: Path | None = None,
    before: Callable[[], None] | None = None,
    **changes: str | None,
) -> Finished:
    """Run the program to its end; `before` runs in its process before it, `changes` are of its environment."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        preexec_fn=before,
        timeout=60,
    )


def in_shell(line: str, folder: Path | None = None, **changes: str | None) -> Finished:
    """Run a line of bash in which `$attn` is the program."""
    program_line = " ".join(command())
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment(attn=program_line, **changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )


class Ended(NamedTuple):
    """What the program said and how it ended."""

    status: int
    out: str
    err: str


def here(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Run a command line in this process, which takes no time to start, without a terminal."""
    status = guarded(lambda: _commands()(list(arguments), prog_name="attn-explore", standalone_mode=False))
    return Ended(status, *capsys.readouterr())


def parsed(*arguments: str) -> None:
    """Read a command line as its command would, which is not run. Raises UsageError for an option that there is not."""
    every: Any = _commands()
    own = every.commands.get(arguments[0])
    (own or every).make_context("attn-explore", list(arguments[1:] if own else arguments))


def is_refusal(message: str) -> bool:
    """Whether a message keeps the contract: at most ten lines, nothing but `error:` and `hint:`, no control bytes."""
    lines = message.rstrip("\n").split("\n")
    return message.startswith("error: ") and len(lines) <= 10 and all(line == visible(line) for line in lines)


def besides_progress(said: bytes) -> bytes:
    """What was said on stderr but for how far an export has come, which a busy machine hears of and a quick one not."""
    return re.sub(rb"^(computed .*|.* written)\n", b"", said, flags=re.M)
