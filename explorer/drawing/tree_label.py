"""The label of a step in the tree, in the room that it has: signs are left out or rounded, no number is cut."""

from __future__ import annotations

from collections.abc import Iterator

from attn_explore.explorer.drawing.numbers import most_cells, short_power, shortened

FAR = "Δ"
"""Before how far an edit moved a step."""


def tree_label(name: str, signs: str, room: int) -> tuple[str, str]:
    """The name of a step and the signs behind it, in `room` cells with the space between them.

    >>> for room in (21, 20, 19, 18, 16): print(*tree_label("scaled_scores", "S Δ0.12", room))
    scaled_scores S Δ0.12
    scaled_scores S Δ0.1
    scaled_scores Δ0.12
    scaled_scores Δ0.1
    scaled_scores S
    """
    for shown in _forms(signs.split(" ")):
        if most_cells(name) + 1 + most_cells(shown) <= room:
            return name, shown
    return shortened(name, room), ""


def _forms(signs: list[str]) -> Iterator[str]:
    """The signs, the fullest first: how far it moved is rounded, then the letter is left out, then how far it moved."""
    *before, far = signs
    if not far.startswith(FAR):
        yield " ".join(signs)
        yield from (" ".join(signs[place:]) for place in range(1, len(signs)))
        return
    for kept in (before, before[1:]):
        for moved in (far, _rounded(far)):
            yield " ".join([*kept, moved])
    yield from _forms(before or [""])


def _rounded(far: str) -> str:
    try:
        return short_power(f"{FAR}{float(far.removeprefix(FAR)):.1g}")
    except ValueError:  # ∞
        return far
