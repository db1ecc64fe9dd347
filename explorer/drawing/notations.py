"""What can be copied: the cell under the cursor, its row, its matrix or the whole tensor, in three notations."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.model.axes import Array
from attn_explore.model.explain import Index
from attn_explore.model.problems import Problem
from attn_explore.model.text import figure
from attn_explore.model.values import Value

LARGEST = 74_994
"""Bytes that terminals are known to take through OSC 52 (base64 makes 100,000 characters of them)."""

_NOT_FINITE = {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}


def parts(index: Index) -> dict[str, Index]:
    """What there is to copy around a cell, the smallest first, and where it stands along the first axes."""
    found = {"the cell": index}
    if len(index) > 1:
        found["the row"] = index[:-1]
    if len(index) > 2:
        found["the matrix of this head"] = index[:-2]
    return found | {"the whole tensor": ()}


def size_of(value: Value, part: Index) -> int:
    """How many numbers a part has."""
    return math.prod(value.shape[len(part) :])


def numpy_text(array: Array) -> str:
    """NumPy code with every digit.

    >>> numpy_text(np.array([0.5, -np.inf]))
    'np.array([0.5, -np.inf])'
    """
    return f"np.array({_nested(array)})" if array.ndim else _exact(float(array))


def csv_text(array: Array) -> str:
    """A line for each row, with every digit; an empty line between matrices.

    >>> csv_text(np.array([[1.0, 2.5]]))
    '1.0,2.5'
    """
    matrices = ["\n".join(",".join(map(repr, row)) for row in matrix) for matrix in _matrices(array)]
    return "\n\n".join(matrices)


def latex_text(array: Array) -> str:
    r"""A matrix in brackets for each head, with four decimals.

    >>> latex_text(np.array([[1.0, 2.5]]))
    '\\begin{bmatrix}\n1 & 2.5000\n\\end{bmatrix}'
    """
    if not array.ndim:
        return _latex(float(array))
    bodies = (" \\\\\n".join(" & ".join(map(_latex, row)) for row in matrix) for matrix in _matrices(array))
    return "\n".join(f"\\begin{{bmatrix}}\n{body}\n\\end{{bmatrix}}" for body in bodies)


NOTATIONS: Mapping[str, Callable[[Array], str]] = MappingProxyType(
    {"NumPy": numpy_text, "CSV": csv_text, "LaTeX": latex_text}
)
"""How numbers are written."""


def fits(size: int) -> bool:
    """Whether so many numbers may fit at all: one takes two characters at the least."""
    return 2 * size <= LARGEST


def checked(text: str) -> str:
    """A text that fits through a terminal to the clipboard. Raises Problem for a longer one."""
    size = len(text.encode())
    if size > LARGEST:
        what = f"{figure(size)} bytes do not fit through a terminal, which takes {figure(LARGEST)}"
        raise Problem(what, hint="export it (x)", shell_hint="`attn-explore show … --csv`")
    return text


def _matrices(array: Array) -> list[list[list[float]]]:
    """The rows of each matrix; a row or a number is a small matrix."""
    matrix = np.atleast_2d(array)
    return [found.tolist() for found in matrix.reshape(-1, *matrix.shape[-2:])]


def _nested(array: Array) -> str:
    if array.ndim == 0:
        return _exact(float(array))
    return f"[{', '.join(map(_nested, array))}]"


def _exact(number: float) -> str:
    return _NOT_FINITE.get(repr(number), repr(number))


def _latex(number: float) -> str:
    return short_number(number).replace("∞", r"\infty")
