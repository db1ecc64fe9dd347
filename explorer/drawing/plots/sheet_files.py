"""The numbers of a sheet as files, with every digit: a line for each number, or each tensor by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from attn_explore.explorer.drawing.plots.heat_files import csv_line, heat_plain
from attn_explore.explorer.drawing.plots.sheet import Part, Sheet
from attn_explore.model.naming import shown


def sheet_csv(sheet: Sheet) -> bytes:
    """A line for each number: its tensor, its row, its column."""
    lines = (line for part in sheet.parts for line in _lines(part))
    return "".join(f"{line}\n" for line in ("step,row,column,value", *lines)).encode()


def _lines(part: Part) -> Iterator[str]:
    picture = part.heat_map.picture
    for (row, column), number in np.ndenumerate(np.atleast_2d(picture.seen)):
        yield csv_line([part.path, shown(picture.rows, row), shown(picture.columns, column), repr(number.item())])


def sheet_json(sheet: Sheet) -> bytes:
    """Strict JSON: every tensor with what it is made of."""
    tensors = [
        {
            "symbol": part.symbol,
            "formula": part.formula,
            "operands": list(part.operands),
            **{key: value for key, value in heat_plain(part.heat_map).items() if key in ("step", "axes", "values")},
        }
        for part in sheet.parts
    ]
    plain = {"format": "attn-explore-plot", "version": 1, "title": sheet.title, "kind": "sheet", "step": sheet.path,
             "tensors": tensors}  # fmt: skip
    return f"{json.dumps(plain, ensure_ascii=False, allow_nan=False)}\n".encode()
