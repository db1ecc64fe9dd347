"""`check`: everything that is wrong with a file is told at once."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from attn_explore.explorer.commands.starter import LESSON
from attn_explore.explorer.session.opening import check
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.problems import Problem, Problems
from attn_explore.model.scenario.document import ANSWERS, LessonStep

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


def test_every_fault_of_a_lesson_is_told_at_once_whichever_check_finds_it(tmp_path: Path) -> None:
    text = f"""title: x
difficulty: easy
input: {{text: I love my dog}}
lesson:
  - {{at: {BLOCK}.weights, veiw: word, focus: {{querry: I}}}}
  - {{at: {BLOCK}.weights, say: a, answer: {{number: true}}}}
  - {{say: no step}}
  - {{at: {BLOCK}.weigths, say: a}}
"""
    assert told(tmp_path, text) == [
        (2, "`difficulty` cannot be the text 'easy'"),
        (5, "unknown key `lesson[0].veiw`"),
        (5, f"{BLOCK}.weights has no axis querry"),
        (6, "an answer without a question"),
        (7, "`lesson[2].at` is missing"),
        (8, f"the run has no step {BLOCK}.weigths"),
    ]


def test_a_fault_of_the_model_keeps_the_lesson_from_being_judged_by_another_run(tmp_path: Path) -> None:
    text = "model: {layers: none}\ninput: {text: a}\nlesson: [{at: encoder.layers.3.ffn.output, say: a}]\n"
    assert told(tmp_path, text) == [(1, "`model.layers` must be a whole number, and this is the text 'none'")]


def test_the_lesson_that_new_writes_has_every_key_of_a_stop_and_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "lesson.yaml"
    file.write_text(LESSON, "utf-8")
    assert check(file, Limits()) == ()
    for key in (*(each.name for each in fields(LessonStep)), *ANSWERS):
        assert f"{key}:" in LESSON
