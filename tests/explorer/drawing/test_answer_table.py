"""An answer as a table: what is in sight of it, and that no number is ever cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from attn_explore.explorer.drawing.answer_table import Entry, Layout, Spot, Table, table_line
from attn_explore.explorer.drawing.colours import Ground

GROUND = Ground((0, 0, 0), (255, 255, 255))

FIRST = Spot()

TABLE = Table(
    "layer",
    "token",
    ("input", "0 attention", "0 feed-forward"),
    ("The", "capital", "France"),
    (
        (Entry("a", 0.25), Entry("city", 0.5), Entry("is", 1.0)),
        (Entry("the", 0.0), Entry("我喜歡我的狗", 0.1), Entry("ok")),
        (Entry("-1234.5678", None, True), Entry("2", None, True), Entry("0.5000", 0.5, True)),
    ),
)


def lines(layout: Layout, spot: Spot = FIRST) -> list[str]:
    """The table as text."""
    return [
        "".join(segment.text for segment in table_line(layout, spot, y, GROUND)).rstrip() for y in range(layout.height)
    ]


def test_rows_and_columns_have_their_heads_and_a_colour_has_a_glyph() -> None:
    assert lines(Layout(TABLE, 60, 6)) == [
        "                token →",
        "layer ↓         The         capital         France",
        "input           a        ░  city         ▒  is   █",
        "0 attention     the         我喜歡我的狗 ·  ok",
        "0 feed-forward  -1234.5678               2  0.5000",
        "",
    ]


def test_what_is_out_of_sight_is_said_and_comes_with_the_cursor() -> None:
    narrow = Layout(TABLE, 28, 4)
    assert lines(narrow)[-1] == "row 1 of 3 · column 1 of 3"
    spot = Spot(2, 2)
    there = narrow.showing(spot)
    assert (spot.row in there.rows, spot.column in there.columns) == (True, True)
    assert lines(there, spot)[2].endswith("0.5000")


def test_a_list_that_is_longer_than_its_room_has_bars_behind_its_rows() -> None:
    entries = tuple((Entry(str(number), number / 8, True),) for number in (8, -4, 0))
    table = Table("writer", "", ("a", "b", "c"), ("adds",), entries)
    assert [line.split()[1:] for line in lines(Layout(table, 40, 3))[1:2]] == [["8", "█" * 24]]
    shown = table_line(Layout(table, 40, 3, top=1), Spot(1, 0), 1, GROUND)
    assert shown[-1].text == "█" * 12
    assert shown[-1].style is not None
    assert not any("█" in line for layout in (Layout(table, 40, 5), Layout(table, 26, 3)) for line in lines(layout))


def test_a_list_of_many_rows_has_bars_where_it_has_room_for_all() -> None:
    many = Table("writer", "", tuple(map(str, range(13))), ("adds",), ((Entry("1", 1.0, True),),) * 13)
    assert all("█" in line for line in lines(Layout(many, 40, 20))[1:14])


def test_of_a_path_that_is_too_long_the_end_stays() -> None:
    paths = tuple(f"decoder.layers.0.self_attention.{name}" for name in ("q", "scores"))
    table = Table("step", "", paths, ("relative",), ((Entry("5.4%"),), (Entry("10%"),)))
    shown = lines(Layout(table, 50, 4))[1:3]
    assert [line.split()[0] for line in shown] == ["…ayers.0.self_attention.q", "….0.self_attention.scores"]


def test_a_place_on_the_screen_is_the_cell_that_is_drawn_there() -> None:
    layout = Layout(TABLE, 60, 6)
    assert layout.at(16, 2) == Spot(0, 0)
    assert layout.at(0, 4) == Spot(2, 0)
    assert layout.at(44, 3) == Spot(1, 2)
    assert layout.at(59, 3) is layout.at(3, 0) is layout.at(3, 5) is None


numbers = st.floats(-1e6, 1e6).map(lambda number: Entry(f"{number:.4f}", None, True))
tables = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.tuples(*[numbers] * width), min_size=1, max_size=30).map(
        lambda rows: Table(
            "head",
            "score",
            tuple(f"row {place}" for place in range(len(rows))),
            tuple("abcdef"[:width]),
            tuple(rows),
        )
    )
)


@given(tables, st.integers(30, 100), st.integers(4, 20), st.integers(0, 29), st.integers(0, 5))
def test_the_cursor_is_always_in_sight_and_its_number_whole(
    table: Table, width: int, height: int, row: int, column: int
) -> None:
    spot = Spot(min(row, len(table.rows) - 1), min(column, len(table.columns) - 1))
    layout = Layout(table, width, height).showing(spot)
    assert spot.row in layout.rows
    drawn = lines(layout, spot)
    assert table.entries[spot.row][spot.column].text in drawn[table.heads + spot.row - layout.top]
    assert max(map(cell_len, drawn)) <= width
