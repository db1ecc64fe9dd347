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


def _whole(heat_map: HeatMap) -> Array:
    """Every number of a heat map. Raises Problem where they are too many to be held."""
    picture = heat_map.picture
    if picture.sample is not None:
        what = f"{figure(math.prod(picture.array.shape))} numbers are too many for the file of a plot"
        raise Problem(
            what, hint=".svg and .png draw some", shell_hint="`attn-explore show … --rows` writes a line for each"
        )
    return np.asarray(picture.array[()])


def csv_lines(name: str, pieces: Iterable[tuple[int, Array]], axes: tuple[Axis, ...]) -> Iterator[str]:
    """A tensor as comma-separated lines: the labels of every axis but the last, then a row of numbers.

    `pieces` are its numbers piece by piece along the first axis, each with where it begins.
    """
    *leading, columns = axes or (Axis("", 1, (name,)),)
    yield csv_line([*(axis.name for axis in leading), *(shown(columns, place) for place in range(columns.size))])
    for start, part in pieces:
        for lead in np.ndindex(part.shape[:-1]):
            places = (start + lead[0], *lead[1:]) if lead else ()
            labels = (shown(axis, place) for axis, place in zip(leading, places, strict=True))
            yield csv_line([*labels, *map(repr, np.atleast_1d(part[lead]).tolist())])


def csv_line(items: Iterable[str]) -> str:
    """One line, with quotes where they are needed."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(map(visible, items))
    return line.getvalue()


def heat_csv(heat_map: HeatMap) -> bytes:
    """A line for each row of each plane. Raises Problem for one of too many columns."""
    axes = heat_map.picture.axes
    check_columns(axes, "plot one row of it, as in logits[0], or write .json")
    return "".join(f"{line}\n" for line in csv_lines(heat_map.title, [(0, _whole(heat_map))], axes)).encode()


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
        "values": _nested(_whole(heat_map).tolist()),
    }


def _nested(values: Any) -> Any:
    if isinstance(values, list):
        return [_nested(value) for value in values]
    return values if math.isfinite(values) else NOT_FINITE[repr(values)]
