"""Whether a text names a number that is another one with other weights, or only places, which stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attn_explore.model.axes import MEANINGS, Axis
from attn_explore.model.naming import shown

_PLACES = (*MEANINGS, "block", "column", "layer", "neuron", "place", "row", "unit", "word")
"""What is counted from 0 on: a number behind one of these words says where."""
_WHOLE = r"\d+(?![.,]?\d)"
_PLACE = re.compile(rf"\b(?:{'|'.join(map(re.escape, _PLACES))})s? {_WHOLE}(?: (?:and|or|to) {_WHOLE})*", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])(?<!\w-)\.?\d")
"""Where a number begins; the digits of `x_1`, `layers.0` and `GPT-2` are part of a name."""
_MOST_LABELS = 1000


def names_a_number(text: str, axes: Sequence[Axis]) -> bool:
    """Whether a text names a number that is neither a place nor the label of one along some axes.

    >>> names_a_number("Which word fits best in head 1?", ()), names_a_number("Which one in head 1 is above 0.5?", ())
    (False, True)
    """
    for label in sorted(set(_labels(axes)), key=len, reverse=True):
        text = text.replace(label, "")
    return _NUMBER.search(_PLACE.sub("", text)) is not None


def _labels(axes: Sequence[Axis]) -> Iterator[str]:
    """Labels with a digit in them, such as `dₖ = 64`; of those that might be any number, as they are quoted."""
    for axis in axes:
        if axis.labels is not None and axis.size <= _MOST_LABELS:
            found = (shown(axis, place) for place in range(axis.size))
            yield from (each if any(map(str.isalpha, each)) else f"“{each}”" for each in found if _NUMBER.search(each))
