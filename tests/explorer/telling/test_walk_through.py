"""The walk-through as plain lines."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from attn_explore.explorer.drawing.blocks import as_text, without_bars
from attn_explore.explorer.drawing.wrapping import narration_by_sentence
from attn_explore.explorer.system.streams import WIDTH
from attn_explore.explorer.telling import cell_text, questions
from attn_explore.explorer.telling.walk_through import LEAST, walk_through_lines
from attn_explore.model.text import cells
from tests.explorer.conftest import session_of
from tests.explorer.telling.test_plain import LAYER, session
from tests.program import in_shell


def test_every_step_is_shown_with_title_path_shape_formula_numbers_and_reason() -> None:
    found = session("title: A walk\nsummary: One line.\nmodel: {layers: 2}\ninput: {text: I love my dog}")
    lines = list(walk_through_lines(found))
    text = "\n".join(lines)
    assert lines[:2] == ["A walk", "One line."]
    assert [line.split()[0] for line in lines if re.match(r"\d+/\d+  (?:Keys|Queries)$", line)] == [
        f"{place}/{len(found.place.steps)}" for place in (4, 5, 20, 21)
    ]
    for step in found.place.steps:
        assert f"    {step.path}   " in text
    assert "Q = X·W_Q" in text
    assert "1 head × query 4 × key 4" in text
    assert "Every word asks a question of the others." in text


def test_no_line_of_prose_is_too_wide_and_none_holds_a_control_character() -> None:
    for line in walk_through_lines(
        session('title: "\\e[31mred"\ninput: {tokens: ["\\e]52;c;x\\a", \'b\', "\\u202e"]}')
    ):
        assert line.isprintable()
        assert cells(line) <= WIDTH


@pytest.mark.parametrize(
    "text",
    [
        'model: {head: tokens, classes: [x, "\\e[31m"]}\ninput: {text: a b}\ngradients: {of: "logits[1, 1]"}',
        'model: {kind: decoder, head: vocabulary, classes: ["\\e[31m"]}\ninput: {text: a, max_new_tokens: 2}',
        f'input: {{tokens: [a, "\\e[31m"]}}\nedits: [{{at: {LAYER}.scaled_scores, index: [0, 1], knock_out: true}}]',
    ],
    ids=["what is differentiated", "what was chosen", "a row that sees nothing"],
)
def test_words_of_a_scenario_in_an_explanation_are_shown_and_never_obeyed(text: str) -> None:
    lines = list(walk_through_lines(session(text)))
    assert all(line.isprintable() for line in lines)
    assert any("␛[31m" in line for line in lines)


def steps_of(lines: list[str]) -> list[list[str]]:
    """The lines of each step."""
    starts = [place for place, line in enumerate(lines) if re.match(r"\d+/\d+  ", line)]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


@pytest.mark.parametrize("name", ["i-love-my-dog", "single-head", "label-each-word"])
def test_every_step_has_the_arithmetic_of_the_cell_that_it_is_about(name: str) -> None:
    found = session_of(name)
    for value, lines in zip(found.place.steps, steps_of(list(walk_through_lines(found, 400))), strict=True):
        asked = [stop.question.right for stop in found.lesson.at(value) if stop.question is not None]
        index = asked[0][0] if asked and asked[0] else found.place.index_in(value)
        worked = as_text(without_bars(cell_text.cell_blocks(found, value, index)))
        start = lines.index("    How one number came about:") + 1
        assert [line.strip() for line in lines[start : start + len(worked)]] == [line.strip() for line in worked]


@pytest.mark.parametrize("name", ["i-love-my-dog", "multi-head", "softmax-saturation", "why-scale"])
def test_it_is_read_aloud_a_sentence_a_line_without_bars_and_boxes(name: str) -> None:
    lines = list(walk_through_lines(session_of(name), 400))
    assert not [line for line in lines if re.search("[─-╿▀-▟]", line)]
    assert not [line for line in lines if re.search(r"[a-z]\. [A-Z][a-z]+ ", line)]


def test_what_goes_on_after_a_mark_of_a_list_stays_under_its_text() -> None:
    said = "One. Two goes on.\n\n- A point. It goes on.\n\n> A quote.\n\n---\n"
    assert list(narration_by_sentence(said, 14)) == [
        "One.", "Two goes on.", "• A point.", "  It goes on.", "> A quote.", "", "",
    ]  # fmt: skip


def test_an_answer_stands_apart_from_its_question_at_the_end_of_the_stop() -> None:
    found = session_of("single-head")
    asked = [stop for stop in found.lesson.stops if stop.question is not None]
    assert asked
    lines = list(walk_through_lines(found, 400))
    for stop in asked:
        assert stop.question is not None
        answer = f"    Answer: {questions.answer(stop.question)}"
        before = lines[: lines.index(answer)]
        question = max(place for place, line in enumerate(before) if line.startswith("    Question: "))
        assert "    How one number came about:" in before[question + 1 :]
        assert "" not in before[question:]  # it is the same stop
    assert not [line for line in lines if "Question: " in line and "Answer: " in line]


def test_an_answer_follows_the_arithmetic_of_the_very_cell_that_it_names() -> None:
    lines = list(walk_through_lines(session_of("cross-attention"), 200))
    place = next(at for at, line in enumerate(lines) if line.startswith("    Answer: residual[cat, 2] = 0.9480"))
    assert lines[place - 2].startswith("      residual[cat, 2] = ")


@pytest.mark.parametrize("width", [LEAST, 60, 80, 100, 200])
@pytest.mark.parametrize("name", ["i-love-my-dog", "wo-xihuan-wode-gou", "label-each-word", "softmax-saturation"])
def test_no_line_is_wider_than_is_asked_for(name: str, width: int) -> None:
    assert max(map(cell_len, walk_through_lines(session_of(name), width))) <= width


def test_what_is_too_narrow_for_numbers_is_as_narrow_as_numbers_allow() -> None:
    assert list(walk_through_lines(session_of("single-head"), 3)) == list(
        walk_through_lines(session_of("single-head"), LEAST)
    )


def test_the_width_is_that_of_columns() -> None:
    for columns in ("50", "90"):
        found = in_shell("$attn run single-head", COLUMNS=columns).stdout.decode().splitlines()
        assert int(columns) - 12 < max(map(cell_len, found)) <= int(columns)
    assert max(map(cell_len, in_shell("$attn run single-head", COLUMNS=None).stdout.decode().splitlines())) <= WIDTH


def test_two_runs_begin_at_the_step_that_is_asked_for() -> None:
    found = in_shell(f"$attn compare single-head single-head --step {LAYER}.weights").stdout.decode().splitlines()
    steps = [line.split()[0] for line in found if re.match(r"\d+/10  ", line)]
    assert steps == ["8/10", "9/10", "10/10"]
