"""Numbers that are drawn, counted and not kept: what is known of very many pairs in little memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from functools import lru_cache, partial

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.expressions import Expression, Number
from attn_explore.model.notation import phrase
from attn_explore.model.ops.common import At, no_derivative
from attn_explore.model.values import Operation, Value, read_only

SUMS = ("Σs", "Σs²", "Σs⁴", "Σ entropy", "Σ|J|")
"""What is summed: scores s and their powers, and of each row of softmax its entropy and the size of its Jacobian."""

EDGE = 16
"""Scores from −EDGE to EDGE are counted in bins one wide, what is beyond in two open ones."""

BINS = (f"< {-EDGE}", *(f"{low:+d}" for low in range(-EDGE, EDGE)), f"≥ {EDGE}")
"""The bins that scores are counted in, by the number that they begin at."""

SCALINGS = ("q·k", "q·k/√dₖ")
"""The scores that are counted: as they are, and divided."""

WIDEST = 65_536
"""The largest width of q and k."""

WORKERS = 2
"""Threads that draw. What is drawn does not depend on their number: every batch has a stream of its own."""

BATCH = 2**17
"""So many numbers, about, are drawn at once: they fit into a processor's cache."""

WINDOW = 64
"""So many batches wait to be drawn."""


@dataclass(frozen=True)
class Drawing:
    """How many pairs of q and k are drawn from N(0, 1), by which seed, and how many scores make a row of softmax.

    `on_progress` is told now and then how far it is.
    """

    seed: int
    pairs: int
    row: int
    on_progress: Callable[[str], None] | None = field(default=None, compare=False, repr=False)


@lru_cache(maxsize=256)
def counted_pairs(width: int, drawing: Drawing) -> Array:
    """What is counted of all pairs of one width: (scaling, sums and then bins).

    The stream of a batch depends on the seed, the width and the batch's number alone. It takes seconds and gives a few
    numbers, which are remembered: an edit of another width or a second look costs nothing.
    """
    total = np.zeros((len(SCALINGS), len(SUMS) + len(BINS)))
    size = max(1, BATCH // (width * drawing.row)) * drawing.row  # whole rows of softmax
    count = math.ceil(drawing.pairs / size)
    with ThreadPoolExecutor(WORKERS) as pool:
        for start in range(0, count, WINDOW):
            numbers = range(start, min(start + WINDOW, count))
            for found in pool.map(partial(_of_batch, width, drawing, size), numbers):
                total += found
            if drawing.on_progress is not None:
                drawing.on_progress(f"{numbers.stop / count:.0%} of dₖ = {width}")
    return read_only(total)


def _of_batch(width: int, drawing: Drawing, size: int, number: int) -> Array:
    sequence = np.random.SeedSequence(drawing.seed, spawn_key=(width, number))
    stream = np.random.Generator(np.random.PCG64(sequence))
    pairs = min(size, drawing.pairs - number * size)
    products = np.concatenate([*_products(stream, pairs, width)])
    scores = np.stack([products, products / math.sqrt(width)])
    rows = scores[:, : pairs // drawing.row * drawing.row].reshape(len(SCALINGS), -1, drawing.row)
    powers = [(scores**power).sum(axis=1) for power in (1, 2, 4)]
    return np.concatenate([np.stack([*powers, *_of_rows(rows)], axis=1), _binned(scores)], axis=1)


def _products(stream: np.random.Generator, pairs: int, width: int) -> Iterator[Array]:
    """Each pair's q·k, a few pairs at a time."""
    at_once = max(1, BATCH // width)
    for start in range(0, pairs, at_once):
        shape = (min(at_once, pairs - start), width)
        q, k = (stream.standard_normal(shape, np.float32) for _ in range(2))
        yield np.multiply(q, k, out=q).sum(axis=1).astype(np.float64)


def _of_rows(rows: Array) -> tuple[Array, Array]:
    """Summed over rows of scores, the entropy of their softmax and the Frobenius norm of its Jacobian.

    J = diag(y) − yyᵀ, so |J|² = Σy² − 2Σy³ + (Σy²)².
    """
    below = rows - rows.max(axis=-1, keepdims=True, initial=-np.inf)
    exponentials = np.exp(below)
    total = exponentials.sum(axis=-1, keepdims=True)
    y = exponentials / total
    entropies = np.log(total[..., 0]) - (y * below).sum(axis=-1)
    squares = (y**2).sum(axis=-1)
    sizes = np.sqrt(np.maximum(squares - 2 * (y**3).sum(axis=-1) + squares**2, 0))
    return entropies.sum(axis=1), sizes.sum(axis=1)


def _binned(scores: Array) -> Array:
    places = np.clip(np.floor(scores) + EDGE + 1, 0, len(BINS) - 1).astype(np.int64)
    return np.stack([np.bincount(row, minlength=len(BINS)) for row in places])


# --- tally: what is counted for each of some widths; NaN for what is no width


def _tally(value: Value) -> Array:
    drawing: Drawing = value.options["drawing"]
    widths = value.operands[0].array
    found = np.full(value.shape, np.nan)
    for place, width in enumerate(widths):
        if 1 <= width <= WIDEST and float(width).is_integer():
            found[place] = counted_pairs(int(width), drawing)
    return found.astype(value.dtype)


def _tally_cell(value: Value, at: At) -> Expression:
    number = float(value.unchanged.array[tuple(at[name] for name in value.names)])
    return Number(number, f"counted while {value.options['drawing'].pairs} pairs were drawn")


TALLY = Operation(
    "tally",
    _tally,
    no_derivative,
    _tally_cell,
    lambda v, _: phrase(f"counted of {v.options['drawing'].pairs} pairs of q and k"),
)

ROWS = (TALLY,)
