"""The blocks of a run before and after the one on a sheet, nearest first: they fill the lines that it leaves free."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cached_property

from attn_explore.explorer.telling.block_sheet import outline_of
from attn_explore.explorer.telling.planes import HEAD, Outline, Plane
from attn_explore.model.passes import CHAPTER
from attn_explore.model.values import Value

_APART = ("experiment", "grad", CHAPTER)
"""What begins with one of these is no part of what does not: what is measured, gradients, later passes."""


class BlocksAround:
    """Makes them one by one, as they are asked for. Of several heads they are of the same one.

    `asked`: the steps that a lesson has yet to ask about; these, and all that is made of them, are left out.
    """

    def __init__(self, outline: Outline, head: int, asked: Collection[str]) -> None:
        self._own, self._trace, self._head, self._asked = outline.steps, outline.trace, head, asked
        self._found: tuple[list[Outline], list[Outline]] = [], []

    def after(self, number: int) -> Outline | None:
        """The block that follows, from 0 on; None where there is none, or not all of it is in memory."""
        return self._nth(0, number)

    def before(self, number: int) -> Outline | None:
        """The block that comes before, the nearest first."""
        return self._nth(1, number)

    def _nth(self, side: int, number: int) -> Outline | None:
        found = self._found[side]
        while len(found) <= number:
            made = next(self._sources[side], None)
            if made is None:
                return None
            found.append(made)
        return found[number]

    @cached_property
    def _sources(self) -> tuple[Iterator[Outline], Iterator[Outline]]:
        """What makes the blocks after it, and those before."""
        steps, kind = list(self._trace.steps.values()), _kind(self._own[0])
        own = {step.path for step in self._own}
        places = [place for place, step in enumerate(steps) if step.path in own]
        after, before = (
            (step for step in side if _kind(step) == kind) for side in (steps[places[-1] :], steps[places[0] :: -1])
        )
        return self._made(after, own), self._made(before, set(own))

    def _made(self, steps: Iterator[Value], known: set[str]) -> Iterator[Outline]:
        for step in steps:
            if step.path in known:
                continue
            found = outline_of(self._trace, step, self._index(step))
            if found is None or not all(_is_at_hand(plane) for plane in found.planes.values()):
                return
            known |= {step.path, *(each.path for each in found.steps)}
            bands = (tuple(filter(self._is_shown, band)) for band in found.bands)
            if kept := tuple(band for band in bands if band):
                yield replace(found, bands=kept)

    def _is_shown(self, plane: Plane) -> bool:
        return not plane.value.is_leaf and plane.path not in self._untold

    def _index(self, step: Value) -> tuple[int, ...]:
        return tuple(min(self._head, axis.size - 1) if axis.name == HEAD else 0 for axis in step.axes)

    @cached_property
    def _untold(self) -> set[str]:
        """What a lesson asks for, and everything that is made of it."""
        found = set(self._asked)
        for step in self._trace.steps.values() if found else ():
            if any(view.path in found for view in step.operands):
                found.add(step.path)
        return found


def _kind(step: Value) -> str:
    first = step.path.partition(".")[0]
    return first if first in _APART else ""


def _is_at_hand(plane: Plane) -> bool:
    """Whether nothing has to be computed for a matrix to stand on a sheet."""
    return plane.value.is_leaf or (plane.value.elsewhere is None and not plane.value.is_away)


def without_repeats(outlines: Collection[Outline]) -> Iterator[Outline]:
    """The same blocks in their order: what stands in one of them is not said again to enter a later one."""
    seen: set[str] = set()
    for outline in outlines:
        bands = [tuple(plane for plane in band if plane.path not in seen) for band in outline.bands]
        seen |= set(outline.planes)
        if kept := tuple(band for band in bands if band):
            yield replace(outline, bands=kept)


def together(outlines: Collection[Outline]) -> Outline:
    """All of them as one sheet; what stands on it is what is lit with one cell."""
    first, *_ = outlines
    bands = tuple(band for outline in outlines for band in outline.bands)
    return replace(first, bands=bands, steps=tuple(step for outline in outlines for step in outline.steps))
