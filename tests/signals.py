"""Send signals to the program at random moments: `python -m tests.signals --count 25 --seed 1`, so many of each kind.

Whenever one comes, the status is 128 + n, the terminal is as before, there is no traceback and no file half written.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.test_terminal import Terminal
from tests.kills import Writer, is_whole, writers
from tests.program import command

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
SIGNALS = (*ENDING, signal.SIGTSTP)
"""The last is followed by SIGCONT."""

STEPS = b"\x1b[C"
OLD = b"an old file"
BETWEEN = 0.05
"""Seconds from one key to the next."""


@dataclass(frozen=True)
class Kind:
    """What a signal is sent to.

    line      how the program is started
    latest    seconds after which the signal comes at the latest
    writes    the file that it writes over an old one, if any
    is_shown  whether it has a screen, on which steps are taken meanwhile
    """

    line: tuple[str, ...]
    latest: float
    writes: Writer | None = None
    is_shown: bool = False


def kinds(folder: Path) -> dict[str, Kind]:
    """The programs, with what they read in a folder."""
    (folder / "long.yaml").write_text("model: {d_model: 8, layers: 20000}\ninput: {text: a b c}\n")
    steps = ("run", "encoder-layer", "--step", "encoder.input")
    found = writers(folder)
    return {
        "first frames and steps": Kind(tuple(command(*steps)), 3.0, is_shown=True),
        "library": Kind(tuple(command()), 2.0, is_shown=True),
        "long computation": Kind(tuple(command("run", "long.yaml", "--memory-limit", "1TB")), 4.0, is_shown=True),
        "export": Kind(found["export"].line, 2.0, found["export"]),
        "training": Kind(found["train"].line, 4.0, found["train"]),
    }


def send(kind: Kind, number: signal.Signals, chance: random.Random, folder: Path) -> str:
    """Start a program and send it a signal at a random moment. Gives what is wrong then, or nothing."""
    if kind.writes:
        (folder / kind.writes.target).write_bytes(OLD)
    terminal = Terminal(list(kind.line), (100, 30), folder)
    try:
        _wait(terminal, kind, chance.uniform(0, kind.latest))
        status = terminal.process.poll()
        if status is None:
            status = _stopped(terminal, kind, chance) if number == signal.SIGTSTP else _ended(terminal, number)
        terminal.settle()
        wrong = [*_wrong_status(terminal, number, status), *_wrong_terminal(terminal), *_wrong_files(kind, folder)]
        return f"{', '.join(wrong)}: {terminal.seen[-1500:]!r}" if wrong else ""
    except AssertionError as late:
        return f"{late}: {terminal.seen[-1500:]!r}"
    finally:
        terminal.close()


def _wait(terminal: Terminal, kind: Kind, seconds: float) -> None:
    """Wait, and take steps on the screen meanwhile, as soon as it stands."""
    last = time.monotonic() + seconds
    while (left := last - time.monotonic()) > 0:
        if kind.is_shown and b"\x1b[?2004h" in terminal.seen:
            os.write(terminal.master, STEPS)
        terminal.read(min(left, BETWEEN))


def _ended(terminal: Terminal, number: signal.Signals) -> int:
    terminal.process.send_signal(number)
    return terminal.ended()


def _stopped(terminal: Terminal, kind: Kind, chance: random.Random) -> int:
    """Stop the program now and then, let it go on, and end it."""
    for _ in range(chance.randint(1, 3)):
        # one that has no screen leaves it to the system, which stops none whose parent is of another session
        terminal.process.send_signal(signal.SIGTSTP if kind.is_shown else signal.SIGSTOP)
        terminal.read(chance.uniform(0, 0.5))
        terminal.process.send_signal(signal.SIGCONT)
        terminal.read(chance.uniform(0, 0.5))
    return terminal.leave() if kind.is_shown else _ended(terminal, signal.SIGTERM)


def _wrong_status(terminal: Terminal, number: signal.Signals, status: int) -> list[str]:
    """Before its first line, Python itself ends as the system has it; who was done already has status 0."""
    ends = signal.SIGTERM if number == signal.SIGTSTP else number
    wanted = {0, 128 + ends, -ends}
    if b"init_import_site" in terminal.seen:  # SIGINT came while Python itself began
        wanted.add(1)
    return [] if status in wanted else [f"status {status}"]


def _wrong_terminal(terminal: Terminal) -> list[str]:
    modes = dict(re.findall(rb"\x1b\[\?(\d+)([hl])", terminal.seen))  # the last word about each
    usual = {b"7": b"h", b"25": b"h"}
    wrong = [f"mode {mode.decode()}" for mode, told in modes.items() if told != usual.get(mode, b"l")]
    if b"attn_explore" in terminal.seen.partition(b"Traceback")[2]:
        wrong.append("traceback")
    return [*wrong, *(["terminal"] if not terminal.has_settings() else [])]


def _wrong_files(kind: Kind, folder: Path) -> list[str]:
    wrong = [f"left {path.name}" for path in folder.glob(".attn-explore-*")]
    if kind.writes and (content := (folder / kind.writes.target).read_bytes()) != OLD:
        wrong += [] if is_whole(kind.writes, content) else ["torn"]
    return wrong


def main() -> int:
    """Send all signals to all kinds of programs; the status is 1 where something was wrong."""
    parser = argparse.ArgumentParser("python -m tests.signals", description=__doc__)
    parser.add_argument("--count", type=int, default=25, help="of each signal to each kind of program")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for name in ("DATA", "CONFIG", "STATE"):
        os.environ[f"XDG_{name}_HOME"] = tempfile.mkdtemp(prefix="signals-")
    for number in ENDING:
        if signal.getsignal(number) is signal.SIG_IGN:  # by `nohup`, or in the background: programs would inherit it
            signal.signal(number, signal.SIG_DFL)
    folder, bad = Path(tempfile.mkdtemp(prefix="signals-")), 0
    for name, kind in kinds(folder).items():
        for number in SIGNALS:
            chance = random.Random(f"{given.seed} {name} {number}")  # noqa: S311
            wrong = [said for _ in range(given.count) if (said := send(kind, number, chance, folder))]
            print(f"{name}, {number.name}: {given.count} sent, {len(wrong)} wrong", *wrong, sep="\n  ", flush=True)
            bad += len(wrong)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
