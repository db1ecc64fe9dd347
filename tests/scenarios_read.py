"""The texts of bundled scenarios, read once: most tests open one, and reading it takes longer than running it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.model import scenario
from attn_explore.model.scenario.yaml_source import read_yaml


def read_once(patch: pytest.MonkeyPatch) -> None:
    """Let the same text from the same bundled file be read once; what is checked of it is checked every time."""
    files = {str(path) for path in bundled().values()}
    known = cache(read_yaml)

    def read(text: str, name: str, folder: Path | None = None) -> object:
        return (known if name in files else read_yaml)(text, name, folder)

    patch.setattr(scenario, "read_yaml", read)
