"""Numbers and nested lists of them in a scenario: whether they are an array, and if not, where the first fault is."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from attn_explore.model.scenario.findings import Finding, name
from attn_explore.model.scenario.source import KeyPath

MOST_AXES = 3

_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|nan)", re.I)


def array_faults(numbers: Any, path: KeyPath) -> Iterator[Finding]:
    """Find the first thing that keeps nested lists from being an array of finite numbers."""
    shape = _shape_along_first(numbers)
    if not 1 <= len(shape) <= MOST_AXES:
        what = f"{name(path)} must be a list of numbers, nested at most {MOST_AXES} deep"
        yield Finding(path, what, "write [1, 0] or [[1, 0], [0, 1]]")
    elif fault := _first_misfit(numbers, path, shape):
        yield fault


def _shape_along_first(numbers: Any) -> list[int]:
    """The shape that the first numbers promise; the others have to keep it."""
    if not isinstance(numbers, list):
        return []
    return [len(numbers), *(_shape_along_first(numbers[0]) if numbers else [])]


def _first_misfit(value: Any, path: KeyPath, shape: list[int]) -> Finding | None:
    if not shape:
        return _number_fault(value, path)
    if not isinstance(value, list):
        return Finding(path, f"{name(path)} must be a list, like the first beside it", "all rows have the same shape")
    if not value:
        return Finding(path, f"{name(path)} is an empty list", "give at least one number")
    if len(value) != shape[0]:
        what = f"{name(path)} has {len(value)} numbers, and the first beside it has {shape[0]}"
        return Finding(path, what, "all rows have the same length")
    misfits = (_first_misfit(item, (*path, position), shape[1:]) for position, item in enumerate(value))
    return next((misfit for misfit in misfits if misfit), None)


def _number_fault(value: Any, path: KeyPath) -> Finding | None:
    if is_written_infinite(value):
        return not_finite(path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Finding(path, f"{name(path)} must be a number", "write plain decimal numbers, such as 1 or -0.5")
    return None if abs(value) <= sys.float_info.max else not_finite(path)


def not_finite(path: KeyPath) -> Finding:
    """Infinities and NaN are not numbers to compute with, and neither is what is too large for a float."""
    return Finding(path, f"{name(path)} must be finite", "write a plain decimal number, such as 1 or -0.5")


def is_written_infinite(value: Any) -> bool:
    """Whether a value is YAML's way to write an infinity or NaN, which stays text here."""
    return isinstance(value, str) and _NOT_FINITE.fullmatch(value) is not None
