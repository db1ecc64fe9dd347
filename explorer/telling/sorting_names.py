"""How a command line says by what a tensor is sorted: `columns`, `rows[love, dog]`, `columns[love]:smallest`.

`columns` are sorted by the row of a cell, `rows` by its column: the cell in brackets, or else the one that is looked
at. The largest number comes first, unless `:smallest` is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attn_explore.explorer.telling.pictures import picture_of
from attn_explore.explorer.telling.sorting import Sorted, Sorting, Sortings, is_by_same, sortings_of, why_not
from attn_explore.model.explain import Index
from attn_explore.model.naming import bracketed
from attn_explore.model.places import index_of, row_of, split_place
from attn_explore.model.problems import Problem
from attn_explore.model.text import clip
from attn_explore.model.values import Value

SMALLEST = ":smallest"

_LONGEST = 60
_FORMS = "say columns or rows; columns[love] names a row, rows[love,dog] a cell; :smallest turns it around"


def names_of(sortings: Sortings, value: Value, index: Index) -> Iterator[str]:
    """What a command line says for each way in which a value is sorted while one looks at a cell of it."""
    for what, sorting in sortings_of(value.path, value.axes, sortings).items():
        cell = "" if is_by_same(what, sorting.cell, index) else bracketed(value.axes, sorting.cell)
        yield f"{what}{cell}{SMALLEST if sorting.is_rising else ''}"


def sortings_named(names: Iterable[str], value: Value, index: Index) -> dict[Sorted, Sorting]:
    """By what a value is sorted, as was said. Raises Problem for what cannot be read, and for what cannot be sorted."""
    found, picture = dict(_named(name, value, index) for name in names), picture_of(value, None)
    for what in found:
        if why := why_not(what, picture):
            raise Problem(why.rstrip("."), path=value.path, hint="leave --sort out")
    return found


def _named(name: str, value: Value, index: Index) -> tuple[Sorted, Sorting]:
    said = name.removesuffix(SMALLEST)
    what, places = split_place(said)
    if what not in list(Sorted):
        raise Problem(f"{clip(name, _LONGEST)} is neither columns nor rows", path="--sort", hint=_FORMS)
    if not value.axes:
        raise Problem("a single number is not sorted", path=value.path, hint="leave --sort out")
    read = row_of if what == Sorted.columns else index_of
    return Sorted(what), Sorting(value.path, index if places is None else read(value, places), said != name)
