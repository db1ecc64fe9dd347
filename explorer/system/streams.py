"""stdin, stdout and stderr as the program finds them: closed, or unable to write every character."""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata

from attn_explore.model.text import cells

ASCII_FORMS = {
    "×": "x", "·": "*", "−": "-", "√": "sqrt ", "∞": "inf", "→": "->", "…": "...", "–": "-", "—": "--",
    "“": '"', "”": '"', "‘": "'", "’": "'", "ᵀ": "^T", "ˣ": "^x", "²": "^2", "ₖ": "_k", "Σ": "sum", "∂": "d",
    "μ": "mu", "σ": "sigma", "γ": "gamma", "β": "beta", "ε": "eps",
    "│": "|", "─": "-", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┬": "+", "┴": "+", "╭": "+", "╮": "+",
    "╯": "+", "╰": "+", "⊕": "+", "▐": ">", "▌": "<", "▶": ">", "▼": "v",
    "␣": "_", "↵": "\\n", "⇥": "\\t", "⟨": "<", "⟩": ">",
}  # fmt: skip
"""What formulas, prose, labels and maps are written with where there is only ASCII."""


WIDTH = 100
"""Cells of a line, where neither a terminal nor COLUMNS says how many there are."""


def line_width() -> int:
    """Cells of a line that is printed: those of COLUMNS, or of the terminal."""
    from shutil import get_terminal_size

    return get_terminal_size((WIDTH, 0)).columns


def terminal_moves_its_cursor() -> bool:
    """Whether what is taken for a terminal does what control sequences say, as far as TERM tells."""
    return os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def prepare() -> None:
    """Let a closed stdout fail when something is printed, and write in ASCII forms what a stream cannot encode.

    A closed stdin has nothing to read, and what is said on a closed stderr leads nowhere.
    """
    for name, flags, mode in (
        ("stdin", os.O_RDONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w"),
    ):  # fmt: skip
        if getattr(sys, name) is None:  # opened in this order, each gets the number of the stream that is missing
            setattr(sys, name, open(os.open(os.devnull, flags), mode, encoding="utf-8"))  # noqa: SIM115
    codecs.register_error("ascii_forms", _ascii_forms)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="ascii_forms")


def _ascii_forms(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(ascii_form, error.object[error.start : error.end])), error.end


def ascii_form(character: str) -> str:
    """A character in ASCII: its form above, its letter without the accent, or question marks as wide as it is.

    >>> "".join(map(ascii_form, "√é我"))
    'sqrt e??'
    """
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return ASCII_FORMS.get(character) or plain or "?" * cells(character)
