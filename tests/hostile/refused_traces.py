"""How the file of a trace is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from attn_explore.model.problems import Problem
from attn_explore.model.traces.reading import read_trace
from tests.program import is_refusal

LIMIT = 2**26
"""Bytes that a trace of these tests may take."""


def refusal(content: bytes, folder: Path) -> str:
    """The message of a refusal that keeps the contract; the file is called `trace` in it."""
    path = folder / "trace"
    path.write_bytes(content)
    with pytest.raises(Problem) as refused:
        read_trace(path, LIMIT)
    message = refused.value.render()
    assert is_refusal(message)
    assert refused.value.exit_status == 2
    return message.replace(str(path), "trace")
