"""`check`: everything that is wrong with a file is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from attn_explore.explorer.session.opening import check
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.problems import Problem, Problems

BLOCK = "encoder.layers.0.self_attention"


def told(folder: Path, text: str) -> list[tuple[int | None, str]]:
    """The line and the fault of everything that is wrong with a scenario."""
    file = folder / "s.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(Problem) as refused:
        check(file, Limits())
    found = refused.value.problems if isinstance(refused.value, Problems) else (refused.value,)
    return [(problem.line, problem.what) for problem in found]


def test_wrong_steps_and_wrong_axes_of_all_stops_are_told_together(tmp_path: Path) -> None:
    assert told(
        tmp_path,
        f"""input: {{text: I love my dog}}
lesson:
  - {{at: {BLOCK}.weigths, focus: {{querry: I}}, say: a}}
  - {{at: {BLOCK}.scores, focus: {{token: I, key: cat}}, ask: x, answer: {{argmax: foo}}}}
  - {{at: {BLOCK}.weights, focus: {{query: love}}, ask: x, answer: {{sum: word}}}}
""",
    ) == [
        (3, f"the run has no step {BLOCK}.weigths"),
        (3, f"{BLOCK}.weights has no axis querry"),
        (4, f"{BLOCK}.scores has no axis token"),
        (4, "there is no cat along key"),
        (4, f"{BLOCK}.scores has no axis foo"),
        (5, f"{BLOCK}.weights has no axis word"),
    ]


def test_neither_weights_nor_edits_keep_a_lesson_from_being_checked(tmp_path: Path) -> None:
    text = f"""input: {{text: I love my dog}}
model: {{weights: {{set: {{{BLOCK}.w_x: [1]}}}}}}
edits: [{{at: nothing.here, set: 1}}]
lesson: [{{at: {BLOCK}.scores, focus: {{token: I}}, say: a}}]
"""
    assert told(tmp_path, text) == [
        (2, "this model has no such parameter"),
        (3, "the run has no step or parameter nothing.here"),
        (4, f"{BLOCK}.scores has no axis token"),
    ]


def test_what_both_runs_of_a_comparison_share_is_told_once_and_the_rest_of_both(tmp_path: Path) -> None:
    text = """input: {text: I love my dog}
model: {weights: {set: {nothing: [1]}}}
compare: {edits: [{at: nowhere, set: 1}]}
"""
    assert told(tmp_path, text) == [
        (2, "this model has no such parameter"),
        (3, "the run has no step or parameter nowhere"),
    ]
