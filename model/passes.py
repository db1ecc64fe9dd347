"""What stands before the paths of steps: which pass of a generation they are in, and whether the lens makes them."""

from __future__ import annotations

import re

CHAPTER = "generated"
"""Each further pass of a decoder that generates is a chapter: `generated.1` and so on. The first is as in any model."""

LENS = "lens."
"""Before the path of what the lens makes of a step: `lens.decoder.layers.0.ffn.residual.logits`; see `stream.py`."""

_PASS = re.compile(rf"^{CHAPTER}\.\d+\.")


def in_first_pass(path: str) -> str:
    """The path that a step of any pass has in the first.

    >>> in_first_pass("generated.12.decoder.input"), in_first_pass("logits")
    ('decoder.input', 'logits')
    """
    return _PASS.sub("", path)
