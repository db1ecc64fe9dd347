"""A lesson of five stops, for tests: it asks for a word, a sum and a cell."""

from __future__ import annotations

from pathlib import Path

from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.session import Session
from tests.explorer.conftest import session_of

LAYER = "encoder.layers.0.self_attention"
LESSON = f"""
input: {{text: I love my dog}}
model: {{kind: attention, d_model: 6, d_k: 5, output_projection: false, weights: {{seed: 12}}}}
lesson:
  - {{at: encoder.input, say: One *row* a word.}}
  - {{at: {LAYER}.scores, focus: {{query: I}}, ask: Which fits best?, answer: {{argmax: key}}}}
  - {{at: {LAYER}.weights, focus: {{query: dog}}, ask: What is the sum?, answer: {{sum: key}}}}
  - {{at: {LAYER}.weights, ask: Where is the largest?, answer: {{cell: largest}}}}
  - {{at: {LAYER}.scores, say: Back again., ask: Why?}}
""".replace("?,", ",").replace("Why?", "Why")


def followed() -> Session:
    """The lesson at its first stop."""
    found = session_of(LESSON)
    stepping.follow_lesson(found)
    return found


def in_a_file(folder: Path) -> Session:
    """The lesson as a file of somebody's own, where it begins."""
    path = folder / "mine.yaml"
    path.write_text(LESSON, "utf-8")
    return session_of(str(path))
