"""Learned positions from a file or by hand: a text takes as many rows of the table as it is long."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario, read_scenario
from tests.model.test_weights import numbers, problems_of, scenario

LEARNED = "kind: attention, d_model: 2, d_k: 3, d_v: 1, position: learned"
TABLE = "encoder.position_table"


def positioned(folder: Path, rows: int, given: str = "text: I am") -> Scenario:
    """A scenario whose weights file has so many rows of positions: 0 1, 2 3, …"""
    table = np.arange(2.0 * rows).reshape(rows, 2)
    save_file(numbers() | {TABLE: table}, folder / "w.safetensors")
    return scenario("file: w.safetensors", folder, LEARNED, given)


@pytest.mark.parametrize("rows", [2, 3, 512])
def test_the_first_rows_of_a_table_of_positions_are_used(tmp_path: Path, rows: int) -> None:
    trace = run(positioned(tmp_path, rows))
    np.testing.assert_array_equal(trace[TABLE].array, [[0, 1], [2, 3]])
    np.testing.assert_array_equal(trace["encoder.position"].array, [[0, 1], [2, 3]])


def test_a_table_of_positions_set_by_hand_may_be_longer_too() -> None:
    by_hand = scenario(f"set: {{{TABLE}: [[0, 1], [2, 3], [4, 5]]}}", model=LEARNED)
    np.testing.assert_array_equal(run(by_hand)[TABLE].array, [[0, 1], [2, 3]])


def test_a_table_with_too_few_positions_says_how_many(tmp_path: Path) -> None:
    too_long = positioned(tmp_path, 2, "tokens: [I, am, I, am, I]")
    assert [problem.render() for problem in problems_of(lambda: run(too_long))] == [
        "error: w.safetensors: tensor 'encoder.position_table': has 2 rows, and the text has 5 positions; "
        "it must be 5 × 2 (position, d_model), or longer"
    ]
    by_hand = scenario(f"set: {{{TABLE}: [[0, 1]]}}", model=LEARNED)
    assert problems_of(lambda: run(by_hand))[0].what == f"{TABLE} has 1 rows, and the text has 2 positions"


def test_hidden_padding_before_the_text_needs_no_rows_and_gets_none(tmp_path: Path) -> None:
    table = {TABLE: np.array([[0.0, 1], [2, 3]]), "encoder.embedding_table": np.ones((3, 2))}
    save_file(numbers() | table, tmp_path / "w.safetensors")
    trace = run(scenario("file: w.safetensors", tmp_path, LEARNED, "tokens: [<pad>, <pad>, I, am]"))
    assert trace[TABLE].shape == (2, 2)
    np.testing.assert_array_equal(trace["encoder.position"].array, [[0, 0], [0, 0], [0, 1], [2, 3]])


@pytest.mark.parametrize(
    ("given", "more", "rows"),
    [
        ("tokens: [<pad>, I, am]", "", 2),
        ("tokens: [<pad>, I, am], pad_to: 5", "", 4),
        ("tokens: [<pad>, I, am]", "mask: {pad: false}", 3),
        ("tokens: [<pad>, <pad>]", "", 2),
        ("tokens: [I, <pad>, am]", "", 3),
    ],
)
def test_a_table_has_a_row_for_each_position_that_is_counted(given: str, more: str, rows: int) -> None:
    model = "model: {kind: attention, position: learned, d_model: 4}"
    trace = run(parse_scenario(f"{model}\ninput: {{{given}}}\n{more}"))
    assert trace[TABLE].shape == (rows, 4)


def test_a_table_that_was_written_for_a_padded_text_is_read_for_it_again(tmp_path: Path) -> None:
    model, padded = "kind: attention, position: learned, d_model: 4", "input: {tokens: [<pad>, <pad>, I, am]}"
    first = run(parse_scenario(f"model: {{{model}}}\n{padded}"))
    save_file({name: value.array for name, value in first.parameters.items()}, tmp_path / "w.safetensors")
    text = f"model: {{{model}, weights: {{file: w.safetensors}}}}\n{padded}"
    (tmp_path / "again.yaml").write_text(text, "utf-8")
    again = run(read_scenario(tmp_path / "again.yaml"))
    for path, step in first.steps.items():
        np.testing.assert_array_equal(again[path].array, step.array)


@pytest.mark.parametrize("shape", [(3, 3), (3,), (3, 2, 1)])
def test_a_longer_table_must_have_rows_of_the_right_width(tmp_path: Path, shape: tuple[int, ...]) -> None:
    save_file(numbers() | {TABLE: np.zeros(shape)}, tmp_path / "w.safetensors")
    wrong = scenario("file: w.safetensors", tmp_path, LEARNED)
    assert "has the shape" in problems_of(lambda: run(wrong))[0].what
