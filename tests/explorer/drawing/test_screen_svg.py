"""Pictures of the screen: every number stands in its column, in any program that reads them."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from attn_explore.explorer.drawing.png import png_of
from attn_explore.explorer.drawing.screen_svg import CELL, standing_alone

SVG = "{http://www.w3.org/2000/svg}"
LINES = ("I love  0.1790 ✓", "我 喜歡   0.0656", "é e\u0301 <b>&amp;", "[bold]x")


def drawn(*lines: str) -> str:
    """What Rich makes of some lines, as Textual does."""
    console = Console(width=40, record=True, file=io.StringIO(), force_terminal=True)
    for line in lines:
        console.print(Text(line))
    return console.export_svg(title="A title")


def placed(svg: bytes) -> list[tuple[float, float, str]]:
    """Every text with its place, but the title."""
    nodes = ElementTree.fromstring(svg).iter(f"{SVG}text")  # noqa: S314 (we wrote it)
    return [(float(node.get("y", "")), float(node.get("x", "")), node.text or "") for node in nodes][1:]


def test_it_asks_for_nothing_from_elsewhere() -> None:
    svg = drawn(*LINES)
    assert "https://cdnjs" in svg  # else there is nothing to take out
    written = standing_alone(svg).decode()
    assert re.findall(r"https?://[^\"' <]+", written) == ["http://www.w3.org/2000/svg"]
    assert not re.findall(r"@font-face|@import|href|textLength|Fira", written)


def test_each_cell_has_a_place_of_its_own() -> None:
    found = placed(standing_alone(drawn(*LINES)))
    first = [(x, text) for y, x, text in found if y == found[0][0]]
    assert "".join(text for _, text in first) == LINES[0].replace(" ", "")
    assert [x / CELL for x, _ in first] == pytest.approx([0, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 15], abs=0.01)


@given(
    st.lists(
        st.text(st.characters(categories=("L", "Nd", "P", "Zs", "Sm")), min_size=1, max_size=18), min_size=1, max_size=3
    )
)
def test_whatever_is_on_the_screen_stands_in_its_cell(lines: list[str]) -> None:
    lines = [" ".join(line.split()) or "x" for line in lines]
    lines = [line for line in lines if cell_len(line) <= 40]
    ys: dict[float, dict[int, str]] = {}
    for y, x, text in placed(standing_alone(drawn("|", *lines))):
        ys.setdefault(y, {})[round(x / CELL)] = text
    for line, (_, found) in zip(lines, sorted(ys.items())[1:], strict=True):
        at, letters = 0, {}
        for character in line:
            if character != " ":
                letters[at] = letters.get(at, "") + character
            at += cell_len(character)
        assert found.keys() <= letters.keys() | {at}
        assert "".join(found.values()) == line.replace(" ", "")


def test_it_can_be_made_a_picture_in_pixels() -> None:
    assert png_of(standing_alone(drawn(*LINES))).startswith(b"\x89PNG")
