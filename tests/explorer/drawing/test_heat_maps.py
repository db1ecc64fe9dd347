"""Heat maps: as pictures in lines and pixels, as text, and as numbers with every digit."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.explorer.drawing import png
from attn_explore.explorer.drawing.colours import ALARM, LEVELS, NEGATIVE, POSITIVE, paint_of, quiet_paint
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.plots.formats import write_plot
from attn_explore.explorer.drawing.plots.heat_files import heat_csv, heat_json
from attn_explore.explorer.drawing.plots.heat_map import MOST_CELLS, MOST_PLANES, HeatMap, Panels
from attn_explore.explorer.drawing.plots.heat_svg import heat_svg
from attn_explore.explorer.drawing.plots.heat_text import heat_lines
from attn_explore.explorer.drawing.plots.svg import GROUND
from attn_explore.model.axes import Array, Axis
from attn_explore.model.problems import Problem
from tests.program import here

SVG = "{http://www.w3.org/2000/svg}"
DOG = "i-love-my-dog"
WEIGHTS = "encoder.layers.0.self_attention.weights"
WORDS = ("I", "love", "dog")
NUMBERS = np.array([[[0.5, -0.25, 0], [1, 0.125, -1], [0.75, 0.5, np.nan]], [[0.0] * 3] * 3])


def heat_map(array: Array = NUMBERS, words: tuple[str, ...] = WORDS, title: str = "Weights", **looks: Any) -> HeatMap:
    names = ("head", "query", "key")[-array.ndim :]
    labels = [
        words if name != "head" and size == len(words) else None for name, size in zip(names, array.shape, strict=True)
    ]
    axes = tuple(Axis(*each) for each in zip(names, array.shape, labels, strict=True))
    return HeatMap(title, "a.b", Picture(array, axes, **looks))


def root(found: HeatMap) -> ElementTree.Element:
    return ElementTree.fromstring(heat_svg(found))  # noqa: S314 (we wrote it)


def texts(found: HeatMap) -> list[str]:
    return [node.text or "" for node in root(found).iter(f"{SVG}text")]


def fills(found: HeatMap) -> list[str]:
    """The colours of the cells of the first plane, row by row: what comes behind the ground."""
    rectangles = [node.get("fill", "") for node in root(found).iter(f"{SVG}rect")]
    return rectangles[1 : 1 + math.prod(Panels(found).layout.drawn)]


def test_every_plane_has_its_words_its_axes_and_its_numbers() -> None:
    found = texts(heat_map())
    for text in ("Weights", "a.b", "head 0", "head 1", "key →", "← query", "0.5000", "-0.2500", "NaN"):
        assert text in found
    for word in WORDS:
        assert found.count(word) == 4  # beside the rows and over the columns of two planes


def test_colours_are_those_of_the_explorer_on_one_scale_for_all_planes() -> None:
    found = fills(heat_map())
    assert found[3] == paint_of(LEVELS, GROUND)[0]
    assert found[5] == paint_of(-LEVELS, GROUND)[0]
    assert found[2] == "#ffffff"
    assert found[8] == ALARM[0]


def test_the_colours_of_signs_are_orange_and_blue() -> None:
    assert POSITIVE[0] > POSITIVE[1] > POSITIVE[2]
    assert NEGATIVE[0] < NEGATIVE[1] < NEGATIVE[2]


def test_masked_cells_are_grey_and_have_no_number() -> None:
    hidden = np.array([[False, False, True], [False] * 3, [False] * 3])
    array = np.where(hidden, -np.inf, np.abs(NUMBERS[0]))
    found = heat_map(array, hidden=hidden)
    assert fills(found)[2] == quiet_paint(GROUND)[0]
    assert "grey cells are masked" in texts(found)
    assert not [text for text in texts(found) if "∞" in text]


@pytest.mark.parametrize(("array", "ends"), [(NUMBERS, ["1", "0", "-1"]), (np.abs(NUMBERS), ["1", "0"])])
def test_a_bar_says_what_the_colours_mean(array: Array, ends: list[str]) -> None:
    assert texts(heat_map(array))[-len(ends) :] == ends


def test_each_text_has_one_place_and_no_font_from_elsewhere() -> None:
    written = heat_svg(heat_map()).decode()
    assert set(re.findall(r"https?://[^\"' <]+", written)) == {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"href|url\(|@import|@font-face|textLength", written)
    for node in root(heat_map()).iter(f"{SVG}text"):
        assert re.fullmatch(r"-?[\d.]+", node.get("x", ""))


def test_cells_neither_overlap_nor_leave_the_picture() -> None:
    drawn = root(heat_map())
    width, height = float(drawn.get("width", "")), float(drawn.get("height", ""))
    cells = [node for node in drawn.iter(f"{SVG}rect") if node.get("fill") != "none"][1:19]  # behind the ground
    boxes = [[float(node.get(name, "")) for name in ("x", "y", "width", "height")] for node in cells]
    assert len({(x, y) for x, y, _, _ in boxes}) == 18
    assert all(x > 0 and x + wide < width and y > 0 and y + high < height for x, y, wide, high in boxes)


def test_a_large_matrix_is_pooled_and_says_so() -> None:
    array = np.zeros((3 * MOST_CELLS, MOST_CELLS))
    array[4, 7] = 5
    found = heat_map(array)
    assert "each cell is the largest of 3 × 1" in texts(found)
    assert fills(found).count(paint_of(LEVELS, GROUND)[0]) == 1
    assert Panels(found).font == 0  # no room for numbers


def test_of_many_planes_the_first_are_drawn_and_the_others_counted() -> None:
    found = heat_map(np.ones((MOST_PLANES + 5, 2, 2)))
    assert "5 more heads are not drawn" in texts(found)
    assert len([text for text in texts(found) if text.startswith("head ")]) == MOST_PLANES


ODD = st.text(max_size=10) | st.sampled_from(
    ["<script>", "]]>", "&amp;", "\x1b[31m", "\x00", "\ud800", "\u202e", "我喜歡"]
)


@given(st.tuples(ODD, ODD, ODD), ODD)
def test_any_word_is_data_in_every_form(words: tuple[str, str, str], title: str) -> None:
    found = heat_map(words=words, title=title)
    assert not [node for node in root(found).iter() if "script" in node.tag]
    for written in (heat_svg(found).decode(), *heat_lines(found, 80), heat_csv(found).decode()):
        assert "\x1b" not in written
        assert "\u202e" not in written


@given(st.integers(1, 40), st.integers(1, 200), st.integers(20, 120))
def test_text_stays_within_its_width_and_shows_every_row(rows: int, columns: int, width: int) -> None:
    lines = list(heat_lines(heat_map(np.linspace(-1, 1, rows * columns).reshape(rows, columns)), width))
    assert all(len(line) <= max(width, 24) for line in lines[3:] if not line.startswith("each"))
    assert len([line for line in lines[4:] if not line.startswith("each")]) == rows


def test_text_tells_sizes_and_signs_by_glyphs() -> None:
    lines = list(heat_lines(heat_map(), 80))
    assert lines[:2] == ["Weights", "·░▒▓█ from 0 to 1, with - below 0"]
    assert lines[3:6] == ["head 0", "query \\ key I    love dog", "I           ▒▒   ░-"]
    assert lines[6].split() == ["love", "██", "··", "█-"]
    assert lines[7].split()[-1] == "??"


def test_csv_has_every_digit_and_every_word() -> None:
    rows = list(csv.reader(io.StringIO(heat_csv(heat_map(NUMBERS / 3)).decode())))
    assert rows[0] == ["head", "query", "I", "love", "dog"]
    assert rows[2] == ["head 0", "love", "0.3333333333333333", "0.041666666666666664", "-0.3333333333333333"]
    assert len(rows) == 7


def test_json_is_strict_and_reads_back_to_the_same_numbers() -> None:
    found = json.loads(heat_json(heat_map()), parse_constant=pytest.fail)
    assert (found["kind"], found["step"], found["axes"][2]) == (
        "heat map",
        "a.b",
        {"name": "key", "labels": list(WORDS)},
    )
    assert found["values"][0][1] == [1, 0.125, -1]
    assert found["values"][0][2][2] == "NaN"


# --- in pixels


def test_a_picture_in_pixels_has_its_words(tmp_path: Path) -> None:
    with_words, without = (png.png_of(heat_svg(heat_map(words=words))) for words in (WORDS, ("\u3000", " ", "\u2003")))
    assert with_words.startswith(b"\x89PNG\r\n\x1a\n")
    assert with_words != without
    width = int.from_bytes(with_words[16:20], "big")
    assert width == pytest.approx(png.ZOOM * float(root(heat_map()).get("width", "")), abs=2)


def test_a_machine_without_fonts_is_told_of_and_not_left_with_a_picture_without_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(png, "_has_fonts", lambda: False)
    with pytest.raises(Problem, match="no font") as refused:
        write_plot(heat_map(), tmp_path / "a.png")
    assert refused.value.exit_status == 3
    assert not list(tmp_path.iterdir())


# --- the command


@pytest.mark.parametrize("ending", [".svg", ".png", ".csv", ".json"])
def test_plot_writes_a_matrix_as_a_heat_map(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = here(capsys, "plot", DOG, WEIGHTS, "-o", f"a{ending}")
    assert (ended.status, ended.out) == (0, "")
    written = Path(f"a{ending}").read_bytes()
    if ending != ".png":
        assert b"0.6132" in written  # love, dog


@pytest.mark.parametrize("row", ["[love]", "[love,dog]", "[0,love,I]", "[1]"])
def test_plot_of_a_row_is_still_bars(row: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = here(capsys, "plot", DOG, f"{WEIGHTS}{row}")
    assert ended.status == 0
    assert ended.out.startswith("Attention weights: query love\n")
    assert "0.6132 ====" in ended.out


def test_plot_prints_every_head_of_a_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    ended = here(capsys, "plot", "multi-head", WEIGHTS)
    assert [line for line in ended.out.splitlines() if line.startswith("head")] == ["head 0", "head 1", "head 2"]


def test_a_row_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    ended = here(capsys, "plot", DOG, f"{WEIGHTS}[cat]")
    assert ended.status == 2
    assert "there is no cat along query" in ended.err
