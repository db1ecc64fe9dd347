"""What a terminal says of itself when control sequences ask it. Its cursor tells how wide it draws a character.

All questions are written at once and end with one that every terminal answers, so that one wait is enough; one that
answers nothing is waited for a moment. The clipboard is never read: a terminal that lets programs write to it may say
so, and that is all that can be known.
"""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from attn_explore.explorer.system.streams import terminal_moves_its_cursor
from attn_explore.model.dataclass import dataclass

PATIENCE = 0.8
"""Seconds that a terminal is given."""

SYNCHRONIZED, MOUSE = 2026, 1006
"""Modes of a terminal: output that is shown at once, and the mouse beyond the 223rd column."""

_CLIPBOARD = "52"
_UNKNOWN_MODE, _NEVER = 0, 4

_ASK_NAME, _ASK_CURSOR, _ASK_KIND, _CLEAR_LINE = "\x1b[>0q", "\x1b[6n", "\x1b[c", "\r\x1b[K"
_NAME = re.compile(r"\x1bP>\|(.*?)(?:\x1b\\|\x9c)", re.S)
_CURSOR = re.compile(r"\x1b\[\d+;(\d+)R")
_KIND = re.compile(r"\x1b\[\?([\d;]*)c")
_MODE = re.compile(r"\x1b\[\?(\d+);(\d+)\$y")


@dataclass(frozen=True)
class Answers:
    """What a terminal answered; None for what it left unsaid.

    widths   cells that it draws each character with
    """

    name: str | None
    mouse: bool | None
    synchronized: bool | None
    clipboard: bool | None
    widths: dict[str, int]


def ask(characters: Sequence[str]) -> Answers | None:
    """Ask the terminal of stdin and stderr, which the screens use. None where there is none, or it answers nothing."""
    if sys.platform == "win32" or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    descriptor = sys.stdin.fileno()
    if _is_in_background(descriptor) or not terminal_moves_its_cursor():
        return None
    with _keys_kept(descriptor):
        sys.stderr.flush()
        os.write(sys.stderr.fileno(), questions(characters).encode())
        reply = "".join(_answered(descriptor))
        os.write(sys.stderr.fileno(), _CLEAR_LINE.encode())
    return understood(reply, characters)


def _is_in_background(descriptor: int) -> bool:
    """Whether the terminal is another's at the moment, and stops whoever asks it something."""
    try:
        return os.tcgetpgrp(descriptor) != os.getpgrp()
    except OSError:  # it stops nobody that it is not the terminal of
        return False


def questions(characters: Sequence[str]) -> str:
    """All that a terminal is asked: each character is drawn at the beginning of a line, and the cursor asked for."""
    modes = "".join(f"\x1b[?{mode}$p" for mode in (SYNCHRONIZED, MOUSE))
    drawn = "".join(f"{_CLEAR_LINE}{each}{_ASK_CURSOR}" for each in characters)
    return f"{_ASK_NAME}{modes}{drawn}{_CLEAR_LINE}{_ASK_KIND}"


def understood(reply: str, characters: Sequence[str]) -> Answers | None:
    """The meaning of what a terminal answered to these questions; None of nothing."""
    columns, modes = _CURSOR.findall(reply), {int(mode): int(state) for mode, state in _MODE.findall(reply)}
    name, kind = _NAME.search(reply), _KIND.search(reply)
    if not (columns or modes or name or kind):
        return None
    widths = [int(column) - 1 for column in columns]
    return Answers(
        name[1] if name else None,
        _is_there(modes.get(MOUSE)),
        _is_there(modes.get(SYNCHRONIZED)),
        True if kind and _CLIPBOARD in kind[1].split(";") else None,
        dict(zip(characters, widths, strict=True)) if len(widths) == len(characters) else {},
    )


def _is_there(state: int | None) -> bool | None:
    return None if state is None else state not in (_UNKNOWN_MODE, _NEVER)


def _answered(descriptor: int) -> Iterator[str]:
    """What the terminal sends, until it has answered the last question or has had its time."""
    last, tail = time.monotonic() + PATIENCE, ""
    while not _KIND.search(tail) and (left := last - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            return
        some = os.read(descriptor, 4096).decode("utf-8", "replace")
        if not some:
            return
        tail = (tail + some)[-64:]
        yield some


@contextmanager
def _keys_kept(descriptor: int) -> Iterator[None]:
    """While this lasts, what is typed or answered is neither shown nor waits for Enter; what is left is thrown away."""
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
