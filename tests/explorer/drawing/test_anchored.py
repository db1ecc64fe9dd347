"""Words that terminals draw in other widths: whatever one does, what stands behind them is where it should be."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from attn_explore.explorer.drawing.anchored import anchored, roomy
from attn_explore.explorer.drawing.numbers import fitted, most_cells
from attn_explore.model.text import cells, visible

HELD = re.compile(r"\x1b7 *\x1b8\x1b\[\?7l(.*?)\x1b\[\?7h\x1b8\x1b\[\d+C")
WORDS = ("கா", "தமிழ்", "नमस्ते", "👍🏽", "🇮🇳", "👩\u200d💻", "❤️", "e\u0301", "我的", "dog")
NARROW: Callable[[str], int] = lambda text: sum(cell_len(each) for each in text)  # noqa: E731
TERMINALS: dict[str, Callable[[str], int]] = {
    "marks are nothing": NARROW,
    "marks are cells": cells,
    "everything is one cell": len,
    "everything but letters is two cells": lambda text: sum(1 + (not each.isascii()) for each in text),
}


def drawn(text: str, width_of: Callable[[str], int]) -> dict[str, int]:
    """The column in which a terminal of some widths draws each ASCII sign."""
    at, saved, found = 0, 0, {}
    for sign in re.findall(r"\x1b7|\x1b8|\x1b\[\??\d*[A-Za-z]|.", text, re.DOTALL):
        if sign == "\x1b7":
            saved = at
        elif sign == "\x1b8":
            at = saved
        elif sign.startswith("\x1b["):
            at += int(sign[2:-1]) if sign.endswith("C") else 0
        else:
            if sign.isascii() and sign != " ":
                found[sign] = at
            at += width_of(sign)
    return found


@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.parametrize("word", WORDS[:5])
def test_the_number_behind_a_label_is_where_it_would_be_behind_any_other(word: str, terminal: str) -> None:
    line = fitted(word, 9) + "=" + fitted(word, 7, right=True) + "|"
    assert drawn(anchored(roomy(line)), TERMINALS[terminal]) == {"=": 9, "|": 17}


@pytest.mark.parametrize("word", WORDS)
def test_a_label_is_given_the_cells_of_the_widest_terminal(word: str) -> None:
    shown = visible(word)
    text = fitted(word, 30).rstrip(" ")
    assert text == shown
    assert most_cells(shown) >= max(cell_len(shown), cells(shown))
    after = roomy(f"{shown},")
    assert cell_len(after) - 1 >= most_cells(shown)


@given(st.lists(st.sampled_from([*WORDS, " ", "[", ", ", "0.25"]), max_size=8).map("".join))
def test_what_is_held_in_place_is_the_text_itself_and_takes_its_cells(text: str) -> None:
    shown = visible(text)
    held = anchored(shown)
    assert HELD.sub(r"\1", held).replace(" ", "") == shown.replace(" ", "")
    reached = drawn(f"{held}|", NARROW).get("|")
    assert reached == cell_len(shown)


def test_plain_text_chinese_and_lines_are_left_alone() -> None:
    for text in ("dog", "我喜歡", "├ ▾ ─━◉○", "−∞ ✎ Δ0.12"):
        assert anchored(text) == roomy(text) == text
