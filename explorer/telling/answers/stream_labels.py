"""What writes to the residual stream is called in an answer: `3 attention`, `3 head 1`, `3 feed-forward`."""

from __future__ import annotations

import math
from collections.abc import Iterator

from attn_explore.explorer.drawing.numbers import counted
from attn_explore.model.looking.vector_parts import Part
from attn_explore.model.looking.written import Written
from attn_explore.model.values import Value

BLOCKS = {"self_attention": "attention", "cross_attention": "cross-attention", "ffn": "feed-forward"}
"""The blocks of a layer."""
_CROSS = "cross_attention"


def point_label(point: Value) -> str:
    """A point of the stream: the block that it is after, by its layer.

    >>> from attn_explore.model.values import Value
    >>> import numpy as np
    >>> point_label(Value("decoder.layers.3.ffn.residual", (), np.dtype(float)))
    '3 feed-forward'
    """
    layer, block = _place(point.path)
    return "input" if layer is None else f"{layer} {BLOCKS.get(block, block)}"


def head_label(point: Value, head: int) -> str:
    """A head of the attention that a step is in: `3 head 1`."""
    layer, block = _place(point.path)
    return f"{layer} {'cross-' if block == _CROSS else ''}head {head}"


def writer_label(term: Written | Part) -> str:
    """What wrote a term: `23 head 3`, `28 feed-forward`, `embedding`, `0 feed-forward b_2`."""
    if term.head is not None:
        return head_label(term.at, term.head)
    layer, block = _place(term.at.path)
    if layer is None:
        stack, _, name = term.at.path.rpartition(".")
        return f"head {name}" if stack.endswith("head") else name.replace("_", " ")
    name = "" if term.kind == "network" else f" {term.at.name}"
    return f"{layer} {BLOCKS.get(block, block)}{name}"


def _place(path: str) -> tuple[str | None, str]:
    """The layer of a step, where it is in one, and its block."""
    parts = path.split(".")
    if "layers" not in parts:
        return None, ""
    place = parts.index("layers")
    return parts[place + 1], parts[place + 2]


def others_label(others: int) -> str:
    """What is called what is not listed, all of it together.

    >>> others_label(1), others_label(2)
    ('1 other', '2 others together')
    """
    return counted(others, "other", "others together")


def remainder_label(remainder: float) -> str:
    """What is called that the parts of a number lack of it: it is the rounding of the run, unless one overflows."""
    return "rounding" if math.isfinite(remainder) else "overflow"


def said_of_overflow(remainder: float) -> Iterator[str]:
    """What is said where parts of a number do not add up to it; nothing where they do."""
    if not math.isfinite(remainder):
        yield "A part overflows: it is larger than any number of its type, and so the parts do not add up."
