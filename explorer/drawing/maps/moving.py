"""From box to box on a map, and as much of a map as there is room for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from attn_explore.explorer.drawing.maps.canvas import Line, Stroke
from attn_explore.explorer.drawing.maps.towers import ModelMap, Spot
from attn_explore.explorer.drawing.wrapping import so_many_more

Direction = Literal["up", "down", "left", "right"]

_ASIDE = 6
"""Columns that a box may stand aside and still be below another: lanes of one tower are no further apart."""
_FAR = 100
"""How many rows a step to another tower is worth."""


def beside(drawn: ModelMap, path: str, direction: Direction) -> str:
    """The path of the nearest box in a direction from that at `path`; the same path where there is none."""
    here = drawn.spot_of(path)
    if here is None:
        return drawn.spots[0].path if drawn.spots else path
    is_there, cost = _WAYS[direction]
    others = [spot for spot in drawn.spots if spot.path != path and is_there(here, spot)]
    return min(others, key=lambda spot: cost(here, spot)).path if others else path


def _rows(here: Spot, there: Spot) -> int:
    return abs(here.y - there.y)


def _columns(here: Spot, there: Spot) -> int:
    """Columns between two spots, 0 where one is over the other."""
    return max(0, here.left - there.right, there.left - here.right)


def _along(here: Spot, there: Spot) -> int:
    return _rows(here, there) + _FAR * max(0, _columns(here, there) - _ASIDE)


def _is_aside(here: Spot, there: Spot) -> bool:
    """Whether a spot is in another lane or tower, and not just a little to the side above or below."""
    return here.y == there.y or _columns(here, there) > _ASIDE


def _over(here: Spot, there: Spot) -> int:
    return _columns(here, there) + _ASIDE * _rows(here, there)


Way = tuple[Callable[[Spot, Spot], bool], Callable[[Spot, Spot], int]]

_WAYS: dict[Direction, Way] = {
    "up": (lambda here, there: there.y < here.y, _along),
    "down": (lambda here, there: there.y > here.y, _along),
    "left": (lambda here, there: there.right <= here.left and _is_aside(here, there), _over),
    "right": (lambda here, there: there.left >= here.right and _is_aside(here, there), _over),
}


def folded(drawn: ModelMap, path: str, height: int) -> ModelMap:
    """As many lines as there is room for, around the box at `path`; the first and the last say what is left out."""
    count = len(drawn.lines)
    if count <= height:
        return drawn
    spot = drawn.spot_of(path)
    start = max(0, min((spot.y if spot else 0) - height // 2, count - height))
    lines: list[Line] = list(drawn.lines[start : start + height])
    if start:
        lines[0] = (Stroke(f"▲ {so_many_more(start + 1)}", "title"),)
    if (below := count - start - height) > 0:
        lines[-1] = (Stroke(f"▼ {so_many_more(below + 1)}", "title"),)
    return ModelMap(tuple(lines))
