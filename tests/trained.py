"""A small model that was trained: 300 steps of reversing five symbols, its weights kept after every 50th."""

from __future__ import annotations

import shutil
from pathlib import Path

from attn_explore.model.known import shapes_of
from attn_explore.model.scenario import read_scenario
from attn_explore.model.training.record import Record, read_record

DATA = Path(__file__).parent / "data" / "trained"

MOMENTS = (0, 50, 100, 150, 200, 250, 300)


def trained(folder: Path, more: str = "") -> Path:
    """Its scenario with `more` behind it, as a file in a folder that has its weights."""
    shutil.copy(DATA / "reverse.safetensors", folder)
    path = folder / "reverse.yaml"
    path.write_text(f"{(DATA / 'reverse.yaml').read_text('utf-8')}\n{more}", "utf-8")
    return path


def record() -> Record:
    """What its training left behind."""
    content = (DATA / "reverse.safetensors").read_bytes()
    found = read_record(content, "reverse.safetensors", shapes_of(read_scenario(DATA / "reverse.yaml")))
    assert found is not None
    return found
