"""The explorer on a real pseudo-terminal: what it writes, byte by byte, and how it leaves (rows A23, A27 and G)."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.program import command, environment

RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?2004l")
"""What has to be written at the end: back from the other screen, cursor on, mouse and pasting off."""

HOSTILE = r"""
title: "\e]52;c;aGk=\a \x9b31m \u202e [@click=app.quit]x[/] [/] [red]y [link='file:///etc/passwd']z[/]"
summary: "[$error]z[/] \e]0;owned\a"
model: { kind: attention, d_model: 4 }
input:
  tokens:
    - "\e]52;c;aGk=\a"
    - "\x9b31m"
    - "\u202egod"
    - "[/]"
    - "[@click=app.quit]x[/]"
    - "[link='file:///x']y[/]"
    - "a\nb"
    - "❤️"
"""

LOOK = 0.02
"""Seconds between two looks at what the program does."""

QUIET = 0.08
"""Who does nothing for so long, longer than from one frame to the next, has nothing to do."""

LONG_QUIET = 0.24
"""Longer than it waits by itself: for what may follow Escape (0.1 s), and before a glance in the library (0.15 s)."""


class Terminal:
    """A program on a pseudo-terminal. Everything it writes is in `seen`.

    `is_controlling`: whether the terminal is the program's own, which sends it the signals of keys and of its end.
    """

    def __init__(
        self, line: list[str], size: tuple[int, int] = (80, 24), folder: Path | None = None, is_controlling: bool = True
    ) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            line,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            cwd=folder,
            env=environment(TERM="xterm-256color", COLORTERM="truecolor", COLUMNS=None, LINES=None, NO_COLOR=None),
            preexec_fn=self._take_terminal if is_controlling else os.setsid,
        )
        self.seen = b""

    @staticmethod
    def _take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self.master], [], [], seconds)
        try:
            data = os.read(self.master, 1 << 16) if ready else b""
        except OSError:  # the other end is closed
            data = b""
        self.seen += data
        return data

    def wait_for(self, text: str, seconds: float = 60) -> None:
        last = time.monotonic() + seconds
        while text.encode() not in self.seen:
            assert time.monotonic() < last, f"{text!r} was not shown: {self.seen[-500:]!r}"
            self.read(0.2)

    def settle(self, quiet: float = QUIET, seconds: float = 60) -> None:
        """Wait until the program has nothing to do: whenever one looks, it shows nothing and no thread of it runs."""
        last, still = time.monotonic() + seconds, 0.0
        while still < quiet and time.monotonic() < last:
            still = 0 if self.read(LOOK) or self.is_busy() else still + LOOK

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)
        self.settle(LONG_QUIET if keys.endswith(b"\x1b") else QUIET)

    def ended(self, seconds: float = 60) -> int:
        last = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < last, "it did not end"
            self.read(0.1)
        self.settle()
        return self.process.returncode

    def states(self) -> set[str]:
        """What its threads do: R they run or could, D they wait for a disk, S they wait, T they are stopped."""
        found = set()
        for stat in Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            with suppress(OSError):  # it has ended
                found.add(stat.read_text().rpartition(")")[2].split()[0])
        return found

    def is_busy(self) -> bool:
        """Whether it does something, or would if other programs left it the time."""
        return bool(self.states() & {"R", "D"})

    def is_stopped(self) -> bool:
        """Whether a signal stopped the program, so that it waits to be continued."""
        return self.states() == {"T"}

    def stop(self, number: int = signal.SIGTSTP, seconds: float = 60) -> None:
        """Send a signal, and wait until the program has stopped."""
        self.process.send_signal(number)
        last = time.monotonic() + seconds
        while not self.is_stopped():
            assert time.monotonic() < last, "it did not stop"
            self.read(0.02)
        self.settle()  # what it wrote just before may not be read yet

    def go_away(self) -> None:
        """Nobody is at this end any more."""
        os.close(self.slave)
        os.close(self.master)
        self.master, self.slave = pty.openpty()  # for `close`

    def leave(self) -> int:
        """Leave as a person does: back from whatever is open, then quit. A busy program takes its time to do so."""
        for _ in range(20):
            for keys in (b"\x1b", b"q"):
                if self.process.poll() is not None:
                    return self.ended()
                if self.is_stopped():
                    self.process.send_signal(signal.SIGCONT)
                os.write(self.master, keys)
                self.settle(LONG_QUIET, seconds=1)  # one that computes is never at rest
        return self.ended()

    def has_settings(self) -> bool:
        """Whether the terminal's settings are those that it had before."""
        return termios.tcgetattr(self.slave) == self.before

    def is_restored(self) -> bool:
        return all(code in self.seen for code in RESTORED) and self.has_settings()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def started(
    terminals: list[Terminal], line: list[str], size: tuple[int, int] = (80, 24), folder: Path | None = None
) -> Terminal:
    terminal = Terminal(line, size, folder)
    terminals.append(terminal)
    terminal.wait_for("Token embeddings")
    terminal.settle()
    return terminal


def test_a27_text_from_a_file_reaches_the_terminal_as_text_only(terminals: list[Terminal], tmp_path: Path) -> None:
    file = tmp_path / "hostile.yaml"
    file.write_text(HOSTILE, encoding="utf-8")
    terminal = started(terminals, command("run", str(file)), size=(120, 40))
    terminal.press(b"\x1b[C" * 5)
    terminal.press(b"lljj")
    terminal.press(b"/god\r")
    terminal.press(b"q")
    assert terminal.ended() == 0
    for sequence in (b"\x1b]52", b"\x1b]0;owned", b"\x1b]8;", b"\xc2\x9b", "\u202e".encode(), b"\x9b31m"):
        assert sequence not in terminal.seen
    assert b"[@click=app.quit]x[/]" in terminal.seen
    assert "⟨U+202E⟩".encode() in terminal.seen
    assert terminal.is_restored()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"])
def test_g1_a_signal_ends_the_explorer_with_the_terminal_restored(terminals: list[Terminal], name: str) -> None:
    terminal = started(terminals, command("run", "i-love-my-dog"))
    number = getattr(signal, name)
    terminal.process.send_signal(number)
    assert terminal.ended() == 128 + number
    assert terminal.is_restored()


def test_g1_a_signal_while_the_model_runs_ends_it_too(terminals: list[Terminal]) -> None:
    terminal = Terminal(command("run", "wide"))
    terminals.append(terminal)
    terminal.wait_for("running the model")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended() == 128 + signal.SIGTERM
    assert terminal.is_restored()


def goes_on(terminal: Terminal) -> None:
    """A program that stands still draws its screen again when it is told to go on, and ends as always."""
    terminal.settle()
    terminal.seen = b""
    terminal.process.send_signal(signal.SIGCONT)
    terminal.wait_for("Token embeddings")
    terminal.settle()
    terminal.press(b"q")
    assert terminal.ended() == 0
    assert terminal.is_restored()


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP])
def test_g2_a_program_that_was_stopped_goes_on_with_its_screen_drawn_again(
    terminals: list[Terminal], number: int
) -> None:
    terminal = started(terminals, command("run", "i-love-my-dog"))
    terminal.stop(number)
    assert terminal.is_restored() == (number == signal.SIGTSTP)  # nothing can be done before the other one
    goes_on(terminal)


def test_g2_a_program_that_is_told_to_go_on_without_having_stopped_restores_the_terminal(
    terminals: list[Terminal],
) -> None:
    terminal = started(terminals, command("run", "i-love-my-dog"))
    terminal.process.send_signal(signal.SIGCONT)
    terminal.settle()
    terminal.press(b"q")
    assert terminal.ended() == 0
    assert terminal.is_restored()


def test_g2_a_program_that_is_told_to_stop_while_it_stops_goes_on_when_it_is_told_once(
    terminals: list[Terminal],
) -> None:
    terminal = started(terminals, command("run", "i-love-my-dog"))
    for _ in range(4):
        terminal.process.send_signal(signal.SIGTSTP)
        terminal.read(0.03)
    terminal.stop()
    goes_on(terminal)


GONE = {
    "the loading screen": (("run", "wide"), "running the model", b""),
    "the library": ((), "i-love-my-dog", b"j"),
    "the explorer": (("run", "i-love-my-dog"), "Token embeddings", b"\x1b[C"),
    "a dialog": (("run", "i-love-my-dog"), "Token embeddings", b"x"),
    "a long computation": (("run", "long.yaml", "--memory-limit", "1TB"), "running the model", b"j"),
}
"""Where a terminal goes away: what was started, what shows that it stands, and the keys pressed then."""


@pytest.mark.parametrize("has_signal", [True, False], ids=["SIGHUP", "no signal"])
@pytest.mark.parametrize("where", GONE)
def test_g3_a_terminal_that_goes_away_ends_the_program(
    terminals: list[Terminal], tmp_path: Path, where: str, has_signal: bool
) -> None:
    (tmp_path / "long.yaml").write_text("model: {d_model: 8, layers: 100000}\ninput: {text: a b c}\n")
    arguments, shown, keys = GONE[where]
    terminal = Terminal(command(*arguments), folder=tmp_path, is_controlling=has_signal)
    terminals.append(terminal)
    terminal.wait_for(shown)
    if keys:
        patience = 1 if where == "a long computation" else 30  # it is never at rest
        terminal.settle(seconds=patience)
        os.write(terminal.master, keys)
        terminal.settle(seconds=patience)
    terminal.go_away()
    assert terminal.process.wait(60) == 128 + signal.SIGHUP


def test_g6_any_size_is_survived_and_the_place_kept(terminals: list[Terminal]) -> None:
    terminal = started(terminals, command("run", "encoder-layer", "--step", "encoder.embedding"))
    terminal.press(b"\x1b[C\x1b[C")
    for size in [(20, 5), (1, 1), (1, 200), (300, 100), (0, 0), *((40 + place, 10 + place) for place in range(50))]:
        terminal.resize(*size)
        terminal.process.send_signal(signal.SIGWINCH)
        terminal.read(0.01)
    terminal.resize(80, 24)
    terminal.settle()
    terminal.seen = b""
    terminal.press(b"\x1b[C")
    terminal.wait_for("Queries")
    terminal.press(b"q")
    assert terminal.ended() == 0


@pytest.mark.long
def test_g7_two_thousand_random_keys_end_where_quitting_works(terminals: list[Terminal], tmp_path: Path) -> None:
    terminal = started(terminals, command("run", "padding-mask"), folder=tmp_path)
    draw = random.Random(7)  # noqa: S311
    letters = [bytes([code]) for code in b"hjklofaztig[]{}n/N?+- .,"]
    keys = [b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\t", b"\x1b", b"\r", b"\x7f", *letters]
    for _ in range(40):
        os.write(terminal.master, b"".join(draw.choice(keys) for _ in range(50)))
        terminal.read(0.05)
    assert terminal.leave() == 0
    assert terminal.is_restored()


def test_g8_a_bug_in_the_explorer_is_one_line_and_status_70(terminals: list[Terminal], tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        "import sys\n"
        "from attn_explore.explorer.screens.explorer.screen import ExplorerScreen\n"
        "ExplorerScreen.action_step = lambda *_: 1 / 0\n"
        "sys.argv = ['attn-explore', 'run', 'i-love-my-dog']\n"
        "from attn_explore.explorer.cli import main\n"
        "main()\n"
    )
    terminal = started(terminals, [sys.executable, str(broken)])
    terminal.press(b"\x1b[C")
    assert terminal.ended() == 70
    assert terminal.is_restored()
    after = terminal.seen.rpartition(b"\x1b[?1049l")[2].decode()
    assert "this is a bug in attn-explore (ZeroDivisionError)" in after
    assert "Traceback" not in after
