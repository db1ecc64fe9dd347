"""Every screen with texts that a terminal would obey, on a real pseudo-terminal, byte by byte (rows A23, A27, E4)."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from attn_explore.explorer.widgets.last_gate import guard_terminal
from tests.hostile.test_terminal import LONG_QUIET, LOOK, Terminal
from tests.program import command

OBEYED = {
    "OSC 52 from a file": b"\x1b]52;c;aGk=",  # `y` writes another
    "OSC 0": b"\x1b]0;owned",
    "OSC 8": b"\x1b]8;",
    "SGR from a file": b"\x1b[31mred",
    "C1": b"\xc2\x9b",
    "a C1 byte": b"\x9b31",
    "U+202E": "\u202e".encode(),
    "U+2066": "\u2066".encode(),
    "U+200B": "\u200b".encode(),
    "U+FEFF": "\ufeff".encode(),
    "NUL": b"\0",
    "DEL": b"\x7f",
}
TEXT = r"\e]52;c;aGk=\a\e]0;owned\a\e[31mred\x9b31m\u202eI\u2066\u200b\ufeff\0\x7f[/][@click=app.quit]x[/][link='file:///x']y[/]"
NAME = "a\x1b]52;c;aGk=\x07\x1b[31mred\u202e\x9b31m\x7f[bold].yaml"
SCENARIO = f"""
title: "{TEXT}"
summary: "{TEXT}"
model: {{ kind: attention, d_model: 4, head: tokens, classes: ["{TEXT} a", b] }}
input:
  tokens: ["{TEXT} 1", "{TEXT} 2", c]
  vocabulary: ["{TEXT} 3"]
  target_tokens: [b, "{TEXT} a", b]
gradients: {{}}
edits:
  - {{ at: encoder.embedding, index: [0], scale: 2 }}
compare: {{ label: "{TEXT}", model: {{ weights: {{ seed: 3 }} }} }}
lesson:
  - at: encoder.layers.0.self_attention.weights
    focus: {{ query: "{TEXT} 2" }}
    say: "{TEXT}"
    ask: "{TEXT}"
    answer: {{ argmax: key }}
  - at: logits
    say: "{TEXT}"
"""

KEYS = (
    b"l\r\x1b[C", b"L\x1b[C\x1b[C", b"/", b"\x1b[200~\xe2\x80\xae\xc2\x9b31mred\x1b[201~", b"\x1b", b"jl",
    b"\t\x1b[B\x1b", b"wwc", b"dddvv", b"uuoopaa", b"ttiiffzz", b"e0.5\r", b"m'y",
    b"Y\x1b[B\x1b",
    b"x\x1b", b"s\x1b", b"S\x1b", b"/red\r", b"n\x1b", b"genc\x1b[C", b"\x1b", b"gnothing\r", b"\x1b",
    b"?\x1b[B", b"\x1b",
    b"\x10red", b"\x1b", b"T\x1b[C",
    b"\x1b", b"GVM",
)  # fmt: skip
"""Something that shows each panel, dialog and message. Escape comes last: a letter behind it makes it another key."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_text(SCENARIO, encoding="utf-8")
    (tmp_path / NAME.replace("bold", "broken")).write_text(SCENARIO + f'"{TEXT}": 1\n', encoding="utf-8")
    return tmp_path


@pytest.fixture
def open_terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def _obeyed(terminal: Terminal) -> list[str]:
    return [name for name, written in OBEYED.items() if written in terminal.seen]


def test_a23_no_screen_of_the_explorer_writes_what_a_terminal_obeys(
    folder: Path, open_terminals: list[Terminal]
) -> None:
    terminal = Terminal(command("run", NAME), (160, 50), folder)
    open_terminals.append(terminal)
    terminal.wait_for("Attention weights")
    terminal.settle()
    for keys in KEYS:
        terminal.press(keys)
        assert not _obeyed(terminal), keys
        assert terminal.process.poll() is None, keys
    terminal.press(b"q")
    terminal.press(b"q")  # the first one says that an edit is in no file
    assert terminal.ended() == 0
    assert not _obeyed(terminal)
    assert "␛".encode() in terminal.seen


def test_e4_the_library_writes_nothing_that_a_terminal_obeys(folder: Path, open_terminals: list[Terminal]) -> None:
    terminal = Terminal(command("--folder", str(folder)), (160, 50), folder)
    open_terminals.append(terminal)
    terminal.wait_for("i-love-my-dog")
    terminal.settle()
    for keys in (b"\x1b[F", b"\x1b[A", b"/red", b"\r", b"\x1b[B", b"\x1b[B", b"\r", b"q", b"\x1b", b"r", b"?", b"\x1b"):
        terminal.press(keys)
        terminal.settle(LONG_QUIET)
        assert not _obeyed(terminal), keys
    terminal.press(b"q")
    assert "⟨U+202E⟩".encode() in terminal.seen


def _unheld(shown: str) -> str:
    """A line without what holds its words in their places: the cursor goes back to where each of them began."""
    held = re.compile(r"\x1b7( *)\x1b8\x1b\[\?7l([^\x1b]*)\x1b\[\?7h\x1b8\x1b\[\d+C")
    return held.sub(lambda found: found[2] + " " * (len(found[1]) - cell_len(found[2])), shown)


@pytest.mark.parametrize("text", [bytes(code).decode("latin-1") for code in [range(0x20), range(0x7F, 0xA0)]])
def test_a23_the_last_gate_lets_no_control_through_and_keeps_every_width(text: str) -> None:
    guard_terminal()
    written = text + "\u202e\u2066\u200b\ufeff\ud800 喜 a\u0301 \u3000"
    for style in (None, Style(bold=True)):
        strip = Strip([Segment(written, style)])
        shown = strip.render(Console())
        assert _unheld(shown.replace("\x1b[1m", "").replace("\x1b[0m", "")) == "\ufffd 喜 a\u0301 \u3000"


def test_a23_the_last_gate_leaves_plain_text_as_it_is() -> None:
    guard_terminal()
    assert _unheld(Strip([Segment("I love 我的 [dog] ━ ❤️")]).render(Console())) == "I love 我的 [dog] ━ ❤️"


def test_g10_what_a_library_prints_or_warns_of_is_not_on_the_screen(
    tmp_path: Path, open_terminals: list[Terminal]
) -> None:
    (tmp_path / "noisy.py").write_text(
        "import sys, warnings\n"
        "from attn_explore.explorer.screens.explorer.screen import ExplorerScreen\n"
        "def noise(*_):\n"
        "    warnings.warn('a-warning')\n"
        "    print('a-print')\n"
        "    print('an-error', file=sys.stderr)\n"
        "ExplorerScreen.action_help = noise\n"
        "sys.argv = ['attn-explore', 'run', 'i-love-my-dog']\n"
        "from attn_explore.explorer.cli import main\n"
        "main()\n"
    )
    terminal = Terminal([sys.executable, str(tmp_path / "noisy.py")])
    open_terminals.append(terminal)
    terminal.wait_for("Token embeddings")
    terminal.settle()
    terminal.press(b"?")
    terminal.press(b"q")
    assert terminal.ended() == 0
    on_screen = terminal.seen.partition(b"\x1b[?1049l")[0]
    assert not any(noise in on_screen for noise in (b"a-warning", b"a-print", b"an-error"))


def test_g7_a_held_key_ends_where_the_key_count_says(open_terminals: list[Terminal]) -> None:
    terminal = Terminal(command("run", "encoder-layer", "--step", "encoder.embedding"))
    open_terminals.append(terminal)
    terminal.wait_for("Token embeddings")
    terminal.settle()
    for _ in range(20):  # as many as thirty a second make in twenty seconds, and back to where it began
        os.write(terminal.master, b"\x1b[C" * 15 + b"\x1b[D" * 15)
        terminal.read(0.05)
    terminal.settle()
    terminal.seen = b""
    terminal.press(b"\x1b[C\x1b[D")
    terminal.wait_for("Token embeddings")
    terminal.press(b"q")
    assert terminal.ended() == 0


def test_g2_stopped_and_continued_the_terminal_is_given_back_and_drawn_anew(open_terminals: list[Terminal]) -> None:
    terminal = Terminal(command("run", "i-love-my-dog"))
    open_terminals.append(terminal)
    terminal.wait_for("Token embeddings")
    terminal.settle()
    terminal.process.send_signal(signal.SIGTSTP)
    terminal.wait_for("\x1b[?1049l")
    while not terminal.is_stopped():
        terminal.read(LOOK)
    assert terminal.is_restored()
    terminal.seen = b""
    terminal.process.send_signal(signal.SIGCONT)
    terminal.wait_for("\x1b[?1049h")
    terminal.wait_for("Token embeddings")
    terminal.press(b"q")
    assert terminal.ended() == 0
    assert terminal.is_restored()
