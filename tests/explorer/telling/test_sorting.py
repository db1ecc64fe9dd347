"""Rows and columns that are sorted: what is drawn where, and by which name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from attn_explore.explorer.drawing import lines
from attn_explore.explorer.drawing.colours import Ground
from attn_explore.explorer.drawing.grid_layout import Window, lay_out
from attn_explore.explorer.drawing.order import Order
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.surround import Named, place_above, whole
from attn_explore.explorer.telling.sorting import Sorted, Sorting, next_sorting, order_of, why_not
from attn_explore.model.axes import Array, Axis
from attn_explore.model.explain import Index

GROUND = Ground((18, 18, 18), (224, 224, 224))
WORDS = ("la", "dog", "la", '"2"', "mask", "the")
NUMBERS = np.random.default_rng(0).permuted(np.arange(36.0)).reshape(6, 6)


def picture(array: Array = NUMBERS, **marks: Any) -> Picture:
    names = ("head", "query", "key")[-array.ndim :]
    return Picture(array, tuple(Axis(name, 6, WORDS if name != "head" else None) for name in names), **marks)


def sorted_by(shown: Picture, cell: Index, what: Sorted = Sorted.columns, is_rising: bool = False) -> Picture:
    return shown.ordered(order_of(shown, "a", {what: Sorting("a", cell, is_rising)}))


def text(shown: Picture, cell: Index, width: int = 80) -> list[str]:
    layout = lay_out(shown, cell[:-2], width, 20, all_planes=False, zoomed_out=False)
    window = Window(width, 0, shown.order.drawn(cell), GROUND)
    drawn = (lines.title_line(layout, window), lines.header_line(layout, window))
    return [_text(line) for line in (*drawn, *(lines.row_line(layout, window, row) for row in range(6)))]


def _text(line: list[Segment]) -> str:
    return "".join(segment.text for segment in line).rstrip()


@given(st.permutations(range(6)), st.permutations(range(6)), st.integers(0, 5), st.integers(0, 5))
def test_in_any_order_each_number_stands_under_its_own_name(
    rows: list[int], columns: list[int], a: int, b: int
) -> None:
    own, order = picture(), Order(np.array(rows), np.array(columns))
    shown = own.ordered(order)
    there = order.drawn((a, b))
    assert shown.array[there] == NUMBERS[a, b]
    assert (shown.row_name(there[0]), shown.column_name(there[1])) == (own.row_name(a), own.column_name(b))
    assert order.cell(there) == (a, b)


def test_the_largest_number_of_the_row_is_first_and_it_is_said_by_what_is_sorted() -> None:
    title, header, *rows = text(sorted_by(picture(), (1, 3)), (1, 3))
    numbers = [float(number) for number in rows[1].removeprefix("dog").split()]
    assert numbers == sorted(NUMBERS[1], reverse=True)
    assert title.strip() == "key →   columns by dog, largest first"
    names = [picture().column_name(int(column)) for column in np.argsort(-NUMBERS[1])]
    assert header.removeprefix("query ↓").split() == " ".join(names).split()  # each `la` with its place in the text


def test_rows_and_columns_are_sorted_together_and_less_room_has_a_shorter_text() -> None:
    by = {Sorted.columns: Sorting("a", (1, 3)), Sorted.rows: Sorting("a", (1, 4), is_rising=True)}
    shown = picture().ordered(order_of(picture(), "a", by))
    assert np.asarray(shown.array)[:, list(np.argsort(-NUMBERS[1])).index(4)].tolist() == sorted(NUMBERS[:, 4])
    assert "columns by dog, largest first · rows by mask, smallest first" in text(shown, (1, 3), 90)[0]
    assert "by dog ▶ · by mask ▲" in text(shown, (1, 3), 50)[0]


def test_in_a_tensor_of_several_heads_it_is_said_by_which() -> None:
    shown = sorted_by(picture(np.stack([NUMBERS, -NUMBERS])), (1, 4, 0), Sorted.rows)
    assert np.asarray(shown.array)[1, :, 0].tolist() == sorted(-NUMBERS[:, 0], reverse=True)
    assert shown.order.said[0] == "rows by head 1, la 0, largest first"


def test_what_is_masked_or_changed_moves_with_its_number() -> None:
    mask = np.triu(np.ones((6, 6), bool), 1)
    shown = sorted_by(picture(hidden=mask, changed=mask), (4, 0))
    columns = np.argsort(-NUMBERS[4])
    assert shown.hidden is not None
    assert shown.changed is not None
    assert np.array_equal(shown.hidden, mask[:, columns])
    assert np.array_equal(shown.changed[:, :], mask[:, columns])


def test_a_key_sorts_then_turns_then_leaves_it_and_another_row_begins_again() -> None:
    falling = next_sorting(Sorted.columns, None, "a", (1, 2))
    assert falling == Sorting("a", (1, 2))
    rising = next_sorting(Sorted.columns, falling, "a", (1, 5))  # another cell of the same row
    assert rising == Sorting("a", (1, 2), is_rising=True)
    assert next_sorting(Sorted.columns, rising, "a", (1, 5)) is None
    assert next_sorting(Sorted.columns, rising, "a", (2, 5)) == Sorting("a", (2, 5))
    assert next_sorting(Sorted.columns, rising, "b", (1, 5)) == Sorting("b", (1, 5))


def test_what_stands_around_is_in_the_same_order_and_a_click_finds_the_same_cell() -> None:
    own = sorted_by(picture(), (1, 3))
    above = Named("W", Picture(NUMBERS, (Axis("d_k", 6), own.columns)), (frozenset(range(6)), frozenset({3})))
    found = whole("A", own, (), [above.ordered(own)], 100)
    assert found is not None
    (placed,) = found.above
    place = own.order.drawn((0, 3))[1]
    assert placed.named.lit == (frozenset(range(6)), frozenset({place}))
    assert np.array_equal(np.asarray(placed.named.picture.array), NUMBERS[:, own.order.columns])
    x = placed.layout.label_width + place * placed.layout.column_width
    assert place_above(found.above, x, 2) == (0, 0, 3)


class Counted:
    """Cells of a tensor that is too large to be held: `most` is how many numbers were asked for at once."""

    def __init__(self, array: Array) -> None:
        self.array, self.most = array, 0

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def __getitem__(self, index: Any) -> Array:
        found = np.asarray(self.array[index])
        self.most = max(self.most, found.size)
        return found


@pytest.mark.parametrize("by_columns", [True, False])
def test_of_a_large_tensor_only_a_row_or_a_column_is_made_at_once(by_columns: bool) -> None:
    cells = Counted(np.random.default_rng(1).normal(size=(40, 5000)))
    own = Picture(
        cells, (Axis("token", 40), Axis("vocabulary", 5000)), sample=cells.array[:2], is_by_columns=by_columns
    )
    shown = own.ordered(order_of(own, "a", {Sorted.columns: Sorting("a", (7, 0))}))
    layout = lay_out(shown, (), 80, 20, all_planes=False, zoomed_out=False)
    seen = [layout.row((), row, range(8)) for row in range(20)]
    assert seen[7] == sorted(cells.array[7], reverse=True)[:8]
    assert seen[3] == [cells.array[3, column] for column in np.argsort(-cells.array[7])[:8]]
    assert cells.most == 5000
    assert bool(why_not(Sorted.rows, own)) is not by_columns


@pytest.mark.parametrize("cell", [(6, 0), (0, 6), (0, 0, 0), (0,)])
def test_a_cell_that_another_run_does_not_have_sorts_nothing_there(cell: Index) -> None:
    assert order_of(picture(), "a", {Sorted.columns: Sorting("a", cell), Sorted.rows: Sorting("a", cell)}).is_own
