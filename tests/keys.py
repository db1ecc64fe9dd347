"""Random keys over every kind of screen: `python -m tests.keys --count 50000 --seed 1`.

The program runs on a real pseudo-terminal. It may end only where a key says so, with status 0, the terminal restored.
Half of the keys are pressed without `q`, so that one program lives through thousands, and its memory is told.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.hostile.test_terminal import Terminal
from tests.program import command

LETTERS = "qrChjklofaztigwcdepuvmnxsSyYLTGHVMNJKbBEZWAXFP@[]{}/?+-.,' :0123456789"
SPECIAL = [
    b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\t", b"\x1b[Z", b"\r", b"\x7f", b"\x10", b"\x1b[5~",
    b"\x1b[6~", b"\x1b[H", b"\x1b[F",
    b"\x1a", b"\x1b[1;3D", b"\x1bOP", b"\x1b[200~pasted \xe2\x80\xae\x1b[201~", b"\x1b[<0;20;10M\x1b[<0;20;10m",
    b"\x1b[<64;30;12M",
    b"\x07", b"\x14", b"\x12", b"\x18", b"\x19", b"\x04", b"\x15", b"<", b">", b"(", b")", b"$",
    b"\x1b[M\xff\xff\xff", b"\x1b[1;5C", b"\x1b[1;5D", b"\x1b[1;2C", b"\x1b[1;2D", b"\x1b[1;2A", b"\x1b[1;2B",
]  # fmt: skip
KEYS = [*(letter.encode() for letter in LETTERS), *SPECIAL, *[b"\x1b"] * 4, *SPECIAL[:4] * 4]
SCREENS = {
    "library": (),
    "lesson": ("run", "sentiment"),
    "steps": ("run", "encoder-layer", "--step", "encoder.input"),
    "generation": ("run", "write-word-by-word"),
    "two runs": ("compare", "i-love-my-dog", "single-head"),
    "gradients": ("run", "where-gradients-flow", "--gradients"),
    "training": ("run", "reverse"),
    "experiment": ("run", "softmax-saturation"),
    "gallery": ("gallery", "gallery"),
}
BURST = 25
"""So many keys at once: faster than a screen comes or goes."""
AT_ONCE = 0.3
"""How often the next burst does not wait until the program has done what this one says."""
LOOK_EVERY = 20
"""After so many bursts in one program, its memory is looked at."""


@dataclass
class Pressed:
    """What came of the keys.

    wrong    what went wrong, or nothing
    started  how many programs took them: some keys end one
    memory   MiB that the program that lived longest had, after each 500 keys
    """

    wrong: str = ""
    started: int = 0
    memory: list[int] = field(default_factory=list)


def drive(line: tuple[str, ...], chance: random.Random, count: int, folder: Path, keys: list[bytes] = KEYS) -> Pressed:
    """Press keys, and start again where one of them ends the program; leave it in the end."""
    found = Pressed()
    while count > 0 and not found.wrong:
        terminal = Terminal(command(*line), (100, 30), folder)
        found.started += 1
        try:
            terminal.wait_for("\x1b[?1049h")
            count -= _press(terminal, chance, count, keys, found)
        except AssertionError as late:
            found.wrong = f"{late}: {terminal.seen[-3000:]!r}"
        finally:
            terminal.close()
    return found


def _press(terminal: Terminal, chance: random.Random, count: int, keys: list[bytes], found: Pressed) -> int:
    """Press keys until one ends the program, or to the last and leave it then. Gives how many were pressed."""
    pressed, memory = b"", []
    for place in range(0, count, BURST):
        if terminal.process.poll() is not None:
            count = place
            break
        if place // BURST % LOOK_EVERY == LOOK_EVERY - 1:
            memory.append(_memory(terminal))
        burst = b"".join(chance.choice(keys) for _ in range(BURST))
        pressed += burst
        if terminal.is_stopped():  # Ctrl+Z, typed while it was away from its screen: there it is no undo
            terminal.process.send_signal(signal.SIGCONT)
        os.write(terminal.master, burst)
        if chance.random() < AT_ONCE:
            terminal.read(0.01)
        else:
            terminal.settle(seconds=2)  # what plays by itself never is
    found.memory = max(found.memory, memory, key=len)
    if (status := terminal.leave()) != 0 or not terminal.is_restored():
        last = terminal.seen.rpartition(b"\x1b[?1049l")[2].decode(errors="replace")
        found.wrong = f"status {status}, restored: {terminal.is_restored()}: {last[-500:]}\n{pressed[-2000:]!r}"
    return count


def _memory(terminal: Terminal) -> int:
    """MiB of memory that the program has."""
    pages = int(Path(f"/proc/{terminal.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def main() -> int:
    """Press so many keys in all; the status is 1 where something went wrong."""
    parser = argparse.ArgumentParser("python -m tests.keys", description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for name in ("DATA", "CONFIG", "STATE"):
        os.environ[f"XDG_{name}_HOME"] = tempfile.mkdtemp(prefix="keys-")
    bad, each = 0, given.count // len(SCREENS) // 2
    for name, line in SCREENS.items():
        chance, folder = random.Random(f"{given.seed} {name}"), Path(tempfile.mkdtemp(prefix="keys-"))  # noqa: S311
        for kind, keys in (("all keys", KEYS), ("all but q", [key for key in KEYS if key != b"q"])):
            found = drive(line, chance, each, folder, keys)
            print(f"{name}, {kind}: {each} to {found.started} programs, MiB {found.memory}: {found.wrong or 'well'}")
            sys.stdout.flush()
            bad += bool(found.wrong)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
