"""The table of operations: how each is computed, differentiated, explained for one cell, and written as a formula.

An operation is one row of `OPERATIONS` and the short functions in it, which stand together in the file of their kind.
They read everything from the value that applied them: its operands, its axes, its options.
"""

from __future__ import annotations

from attn_explore.model.ops import (
    activations,
    arranging,
    elementwise,
    lookups,
    losses,
    masks,
    measured,
    norms,
    pair_counts,
    positions,
    products,
    reductions,
    relative,
    rotations,
    scores,
    weightings,
)
from attn_explore.model.ops.composed import parts_of
from attn_explore.model.ops.gradients import Output, differentiated, is_gradient, output_of, readers_of
from attn_explore.model.ops.masks import hidden_because
from attn_explore.model.ops.numbering import Numbering
from attn_explore.model.ops.pair_counts import Drawing
from attn_explore.model.ops.products import Factor
from attn_explore.model.ops.scores import COMPOSITIONS
from attn_explore.model.ops.weightings import is_fully_masked

_FILES = (
    lookups, products, positions, rotations, relative, elementwise, activations, scores, masks, weightings, reductions,
    norms, losses, arranging, measured, pair_counts,
)  # fmt: skip

OPERATIONS = {row.name: row for file in _FILES for row in file.ROWS}
"""Every operation, by name."""

__all__ = [
    "COMPOSITIONS",
    "OPERATIONS",
    "Drawing",
    "Factor",
    "Numbering",
    "Output",
    "differentiated",
    "hidden_because",
    "is_fully_masked",
    "is_gradient",
    "output_of",
    "parts_of",
    "readers_of",
]
