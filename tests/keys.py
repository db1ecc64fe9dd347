"""Random keys over every kind of screen: `python -m tests.keys --count 50000 --seed 1`.

The program runs on a real pseudo-terminal. It may end only where a key says so, with status 0, the terminal restored.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
from pathlib import Path

from tests.hostile.test_terminal import Terminal
from tests.program import command

LETTERS = "hjklofaztigwcdepuvmnxsSyYLTGHVMNJK[]{}/?+-.,' 0123456789"
SPECIAL = [
    b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\t", b"\x1b[Z", b"\r", b"\x7f", b"\x10", b"\x1b[5~",
    b"\x1b[6~", b"\x1b[H", b"\x1b[F",
    b"\x1a", b"\x1b[1;3D", b"\x1bOP", b"\x1b[200~pasted \xe2\x80\xae\x1b[201~", b"\x1b[<0;20;10M\x1b[<0;20;10m",
    b"\x1b[<64;30;12M",
    b"\x1b[M\xff\xff\xff",
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
}
BURST = 25
"""So many keys at once: faster than a screen comes or goes."""


def drive(line: tuple[str, ...], chance: random.Random, count: int, folder: Path) -> str:
    """Press keys, and start again where one of them ends the program. Gives what went wrong, or nothing."""
    terminal = _started(line, folder)
    pressed = b""
    try:
        for _ in range(0, count, BURST):
            if terminal.process.poll() is not None:
                if said := _said(terminal):
                    return f"{said}\n{pressed[-2000:]!r}"
                terminal.close()
                terminal, pressed = _started(line, folder), b""
            keys = b"".join(chance.choice(KEYS) for _ in range(BURST))
            pressed += keys
            _go_on(terminal)
            os.write(terminal.master, keys)
            terminal.read(chance.choice((0.01, 0.05, 0.3)))
        return f"{said}\n{pressed[-2000:]!r}" if (said := _left(terminal)) else ""
    finally:
        terminal.close()


def _started(line: tuple[str, ...], folder: Path) -> Terminal:
    terminal = Terminal(command(*line), (100, 30), folder)
    terminal.wait_for("\x1b[?1049h")
    return terminal


def _left(terminal: Terminal) -> str:
    """Leave as a person does: back from whatever is open, then quit."""
    for _ in range(20):
        for keys in (b"\x1b", b"q"):
            if terminal.process.poll() is not None:
                return _said(terminal)
            _go_on(terminal)
            terminal.press(keys)
    return f"it did not end: {terminal.seen[-3000:]!r}"


def _go_on(terminal: Terminal) -> None:
    """Continue a program that Ctrl+Z stopped, where that is no undo."""
    state = Path(f"/proc/{terminal.process.pid}/stat").read_text().rpartition(")")[2].split()[0]
    if state == "T":
        terminal.process.send_signal(signal.SIGCONT)


def _said(terminal: Terminal) -> str:
    """What a program that ended as it should not says last."""
    status = terminal.ended()
    last = terminal.seen.rpartition(b"\x1b[?1049l")[2].decode(errors="replace")
    return "" if status == 0 and terminal.is_restored() else f"status {status}: {last[-500:]}"


def main() -> int:
    """Press so many keys in all; the status is 1 where something went wrong."""
    parser = argparse.ArgumentParser("python -m tests.keys", description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    os.environ["XDG_DATA_HOME"] = os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="keys-")
    bad, each = 0, given.count // len(SCREENS)
    for name, line in SCREENS.items():
        chance, folder = random.Random(f"{given.seed} {name}"), Path(tempfile.mkdtemp(prefix="keys-"))  # noqa: S311
        said = drive(line, chance, each, folder)
        print(f"{name}: {each} keys: {said or 'well'}", flush=True)
        bad += bool(said)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
