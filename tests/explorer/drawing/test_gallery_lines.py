"""The gallery's wall, drawn as text."""

from __future__ import annotations

import numpy as np

from attn_explore.explorer.drawing.colours import Ground
from attn_explore.explorer.drawing.gallery_lines import WIDE, Seen, Tile, Wall, beyond, hang, layout_of, wall_line
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.model.axes import Axis

DARK = Ground((18, 18, 18), (224, 224, 224))
ABOUT = {"weightings": "from scores to weights", "masks": "which keys are hidden"}


def tile(name: str, family: str = "weightings", size: int = 2, formula: str = "f(x)", *, is_own: bool = False) -> Tile:
    words = ("I", "love") if size == 2 else tuple(f"w{place}" for place in range(size))
    axes = (Axis("query", size, words), Axis("key", size, words))
    array = np.eye(size) * 0.75 + 0.25 / size
    return Tile(name, family, name, (formula,), Picture(array, axes, scale=(1.0, False)), is_own=is_own)


def text(wall: Wall, seen: Seen) -> list[str]:
    lines = (wall_line(wall, y, seen, DARK) for y in range(wall.rows[-1].stop))
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_pictures_hang_side_by_side_under_what_their_family_is_about() -> None:
    wall = hang([tile("soft", is_own=True), tile("hard", formula="g(x)")], ABOUT, (1, 0), 60)
    assert text(wall, Seen("hard", (1, 0), "hard")) == [
        "weightings · from scores to weights",
        "○ soft                    ● hard",
        "f(x)                      g(x)",
        "         I love                    I love",
        "I     0.88 0.12           I     0.88 0.12",
        "love  0.12 0.88           love  0.12 0.88",
    ]


def test_the_same_cell_is_lit_in_all_of_them_and_reversed_in_the_chosen_one() -> None:
    line = wall_line(hang([tile("soft"), tile("hard")], ABOUT, (1, 0), 60), 5, Seen("hard", (1, 0)), DARK)
    lit = [segment for segment in line if segment.text == " 0.12" and segment.style and segment.style.bold]
    assert [bool(each.style and each.style.reverse) for each in lit] == [False, True]
    assert [bool(each.style and each.style.underline) for each in lit] == [True, False]


def test_a_family_hangs_beside_another_one_where_both_have_room() -> None:
    tiles = [tile("soft"), tile("causal", "masks")]
    assert len(hang(tiles, ABOUT, (0, 0), 60).rows) == 1
    assert len(hang(tiles, ABOUT, (0, 0), 50).rows) == 2


def test_of_a_long_text_the_part_around_the_cell_is_in_sight_in_glyphs() -> None:
    drawn = text(hang([tile("soft", size=40)], ABOUT, (20, 20), 60), Seen("soft", (20, 20)))
    assert drawn[1] == "soft 16–23/40 ↓ 12–27/40 →"
    assert [line.split(maxsplit=1)[0] for line in drawn[4:]] == [f"w{place}" for place in range(16, 24)]
    assert drawn[3].strip() == "w20"
    assert drawn[3].index("w20") == drawn[8].index("[]")


def test_a_formula_for_which_two_lines_are_too_few_gives_way_to_a_shorter_one() -> None:
    long = Tile("a", "masks", "a", ("x " * 60, "x"), tile("a").picture)
    assert text(hang([long], ABOUT, (0, 0), 40), Seen("a", (0, 0)))[2] == "x"


def test_labels_of_columns_are_cut_before_numbers_give_way_to_colours() -> None:
    words = [f"word{number}" for number in range(5)]
    picture = Picture(np.eye(5), (Axis("query", 5, tuple(words)), Axis("key", 5, tuple(words))))
    layout = layout_of(picture, 60)
    assert layout.numbers
    assert layout.label_width + layout.column_width * 5 <= WIDE


def test_what_is_not_there_says_why() -> None:
    refused = Tile("two heads", "masks", "two heads", (), None, "W_Q is written out")
    assert text(hang([refused], ABOUT, (0, 0), 60), Seen("", (0, 0)))[1:] == [
        "two heads",
        "not here: W_Q is written",
        "out",
    ]


def test_rows_are_in_sight_whole_and_the_rest_is_counted() -> None:
    wall = hang([tile("soft"), tile("hard"), tile("causal", "masks")], ABOUT, (0, 0), 30)
    assert [row.stop - row.start for row in wall.rows] == [6, 5, 6]
    lines = wall.in_sight(wall.first_line("soft", 0, 10), 10)
    assert (lines, beyond(wall, lines)) == (range(6), "▼ 2 more: weightings, masks")
    lines = wall.in_sight(wall.first_line("hard", 0, 10), 10)
    assert (lines, beyond(wall, lines)) == (range(7, 12), "▲ 1 more   ▼ 1 more: masks")
    assert wall.first_line("causal", 0, 10) == wall.rows[2].start
    assert wall.first_line("causal", 0, 40) == 0


def test_a_click_finds_the_picture_and_the_cell() -> None:
    wall = hang([tile("soft"), tile("hard")], ABOUT, (0, 0), 60)
    found = wall.at(26 + 8, 5)
    assert found
    assert (found.tile.name, found.cell_at(26 + 8, 5)) == ("hard", (1, 0))
    assert wall.at(26 + 8, 0) is None
