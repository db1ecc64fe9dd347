"""How the lines of a screen are shared between a grid and what stands under it."""

from __future__ import annotations

LEAST_BELOW = 4
"""Lines under the grid, its rule included, that are always there."""

LEAST_GRID = 5
"""Lines of a grid that are left, whatever lines somebody gives to what stands under it."""


def lines_of_grid(total: int, grid: int, below: int) -> int:
    """Lines that the grid gets of `total`, where it needs `grid` lines and what stands under it `below`.

    A grid that can be whole is whole, as long as a quarter is left for more than that; where half is left
    it has one that is free. One that cannot be whole has three fifths, and more where what stands under it needs less.

    >>> lines_of_grid(20, grid=7, below=30), lines_of_grid(14, grid=7, below=30)
    (8, 7)
    >>> lines_of_grid(40, grid=500, below=30), lines_of_grid(40, grid=500, below=9)
    (24, 31)
    """
    if grid <= total - min(below, max(LEAST_BELOW, total // 4)):
        return grid + 1 if total - grid > min(below, total // 2) else grid
    return min(grid, total - min(below, LEAST_BELOW), max(total * 3 // 5, total - below))
