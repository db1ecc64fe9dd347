"""The numbers of a heat map as files, with every digit."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.model.axes import Array, Axis
from attn_explore.model.naming import shown
from attn_explore.model.problems import Problem
from attn_explore.model.text import figure, visible

NOT_FINITE = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
"""How JSON says what it has no numbers for, as in an exported trace."""


MOST_COLUMNS = 2**14
"""Columns that spreadsheets read."""


def check_columns(axes: tuple[Axis, ...], hint: str) -> None:
    """Raise Problem for a tensor that has more columns than a table may have."""
    if axes and axes[-1].size > MOST_COLUMNS:
        what = f"a table of {figure(axes[-1].size)} columns, {axes[-1].name}, is more than spreadsheets read"
        raise Problem(f"{what} ({figure(MOST_COLUMNS)})", hint=hint)


def csv_lines(name: str, array: Array, axes: tuple[Axis, ...]) -> Iterator[str]:
    """A tensor as comma-separated lines: the labels of every axis but the last, then a row of numbers."""
    *leading, columns = axes or (Axis("", 1, (name,)),)
    yield csv_line([*(axis.name for axis in leading), *(shown(columns, place) for place in range(columns.size))])
    for lead in np.ndindex(array.shape[:-1]):
        labels = (shown(axis, place) for axis, place in zip(leading, lead, strict=True))
        yield csv_line([*labels, *map(repr, np.atleast_1d(array[lead]).tolist())])


def csv_line(items: Iterable[str]) -> str:
    """One line, with quotes where they are needed."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(map(visible, items))
    return line.getvalue()


def heat_csv(heat_map: HeatMap) -> bytes:
    """A line for each row of each plane. Raises Problem for one of too many columns."""
    check_columns(heat_map.picture.axes, "plot one row of it, as in logits[0], or write .json")
    picture = heat_map.picture
    return "".join(f"{line}\n" for line in csv_lines(heat_map.title, picture.array, picture.axes)).encode()


def heat_json(heat_map: HeatMap) -> bytes:
    """Strict JSON with everything that the heat map holds."""
    return f"{json.dumps(heat_plain(heat_map), ensure_ascii=False, allow_nan=False)}\n".encode()


def heat_plain(heat_map: HeatMap) -> dict[str, Any]:
    """The same as plain objects. What is not finite is a string."""
    picture = heat_map.picture
    return {
        "format": "attn-explore-plot",
        "version": 1,
        "title": heat_map.title,
        "kind": "heat map",
        "step": heat_map.path,
        "axes": [
            {"name": axis.name, "labels": [shown(axis, place) for place in range(axis.size)]} for axis in picture.axes
        ],
        "values": _nested(picture.array.tolist()),
    }


def _nested(values: Any) -> Any:
    if isinstance(values, list):
        return [_nested(value) for value in values]
    return values if math.isfinite(values) else NOT_FINITE[repr(values)]
