"""What-if edits as people make and read them: which numbers of a tensor, what is done to them, and how that is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.model.axes import Array
from attn_explore.model.explain import Index
from attn_explore.model.formulas import letter
from attn_explore.model.naming import has_name, name_along, shown
from attn_explore.model.problems import Problem
from attn_explore.model.scenario.document import Edit
from attn_explore.model.values import Value

EditIndex = tuple[Any, ...]


def actions(value: Value, has_other: bool) -> str:
    """What may be typed; numbers are swapped only with those of another run.

    Only what goes into a softmax is knocked out with sense: −∞ becomes 0 there, and NaN in whatever multiplies it.
    """
    is_weighed = value.name.endswith(("scores", "logits"))
    return f"a number, or: zero, {'knock out, ' * is_weighed}scale 2, freeze{', swap' * has_other}"


_WORDS: Mapping[str, dict[str, bool]] = {
    "zero": {"zero": True},
    "knock out": {"knock_out": True},
    "freeze": {"freeze": True},
    "swap": {"swap": True},
}


def scopes(value: Value, index: Index) -> dict[str, EditIndex]:
    """What an edit at a cell may take, by what it is called: the cell, its row, its column, its head, everything."""
    axes = value.axes
    found: dict[str, EditIndex] = {"the cell": index}
    if len(axes) > 1:
        found[f"the row: {axes[-2].name} {shown(axes[-2], index[-2])}"] = index[:-1]
        found[f"the column: {axes[-1].name} {shown(axes[-1], index[-1])}"] = (*index[:-2], "all", index[-1])
    if len(axes) > 2 and axes[0].size > 1:
        found[f"all of {shown(axes[0], index[0])}"] = index[:1]
    if axes:
        found["everything in it"] = ()
    return found


def edit_from(value: Value, index: EditIndex, typed: str, has_other: bool = True) -> Edit:
    """The edit that is meant by what was typed; `has_other`: a hint speaks of it. Raises Problem when it is none."""
    text = " ".join(typed.lower().replace("_", " ").split())
    if text in _WORDS:
        return Edit(at=value.path, index=index, **_WORDS[text])
    if text in ("-inf", "-∞", "−∞"):
        return Edit(at=value.path, index=index, knock_out=True)
    scaled = re.fullmatch(r"(?:scale|×|\*|x) ?(\S+)", text)
    number = _number(scaled[1] if scaled else text)
    if number is None:
        raise Problem(f"{typed.strip() or 'nothing'} is no edit", hint=f"type {actions(value, has_other)}")
    return Edit(at=value.path, index=index, scale=number) if scaled else Edit(at=value.path, index=index, set=number)


def _number(text: str) -> float | None:
    try:
        number = float(text.replace("−", "-"))
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def edit_text(edit: Edit, value: Value) -> str:
    """An edit in one line: `A[love, dog] is set to 0.5`."""
    places = list(zip(edit.index, value.axes, strict=False))
    labels = ["all" if where == "all" else name_along(axis, int(where)) for where, axis in places if has_name(axis)]
    name = f"{letter(value)}[{', '.join(labels)}]" if labels else letter(value)
    match edit:
        case Edit(knock_out=True):
            return f"{name} is knocked out (−∞)"
        case Edit(scale=float(factor)):
            return f"{name} is multiplied by {short_number(factor)}"
        case Edit(freeze=True):
            return f"{name} stays as it is without edits"
        case Edit(swap=True):
            return f"{name} is taken from the other run"
    return f"{name} is set to {short_number(edit.set or 0.0)}"


def farthest(found: Array) -> Index:
    """Where a distance is largest."""
    return tuple(int(place) for place in np.unravel_index(int(np.argmax(found)), found.shape))


def distances(array: Array, before: Array) -> Array:
    """By how much each number differs from before; two equal infinities do not differ, and NaN differs without end."""
    with np.errstate(all="ignore"):
        difference = np.asarray(array - before)
        np.abs(difference, out=difference)
    if np.isfinite(difference).all():
        return difference
    difference = np.where(array == before, 0, difference)
    return np.where(np.isnan(difference), np.where(np.isnan(array) & np.isnan(before), 0, np.inf), difference)
