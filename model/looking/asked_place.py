"""At which word of a text a model is asked what it says, where nobody names one."""

from __future__ import annotations

from attn_explore.model.axes import Axis
from attn_explore.model.scenario.tokens import PAD

MASKS = ("[MASK]", "<mask>")
"""What stands for a word that a model has to find out (Devlin et al. 2018, section 3.1)."""


def usual_place(tokens: Axis) -> int:
    """The first masked word, where there is one; else the last that is no padding.

    >>> usual_place(Axis("token", 3, ("I", "[MASK]", "dog")))
    1
    >>> usual_place(Axis("token", 3, ("my", "dog", "<pad>")))
    1
    """
    labels = [tokens.label(place) for place in range(tokens.size)]
    masked = (place for place, label in enumerate(labels) if label in MASKS)
    words = (place for place in reversed(range(len(labels))) if labels[place] != PAD)
    return next(masked, next(words, tokens.size - 1))
