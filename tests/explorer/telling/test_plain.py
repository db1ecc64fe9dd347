"""Values as plain lines: tables, and comma-separated lines."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from attn_explore.explorer.drawing.plots.heat_files import MOST_COLUMNS
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.streams import ascii_form
from attn_explore.explorer.telling import plain
from attn_explore.explorer.telling.walk_through import WINDOW
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.text import cells
from attn_explore.model.values import Value
from tests.building import tensor
from tests.opened import opened

LAYER = "encoder.layers.0.self_attention"


def session(text: str) -> Session:
    scenario = parse_scenario(text)
    return Session("test", Run(scenario, run(scenario)))


def value(path: str, text: str = "model: {heads: 2}\ninput: {text: I love my dog, pad_to: 5}") -> Value:
    found = session(text).place.find(path)
    assert found is not None
    return found


# --- tables


def test_a_long_tensor_is_shown_by_its_beginning_and_says_how_much_is_left() -> None:
    lines = list(plain.table(value(f"{LAYER}.weights", "input: {text: a, pad_to: 20}"), WINDOW))
    assert lines[0] == "head 0:"
    assert len(lines) == 2 + WINDOW + 1
    assert lines[-1] == "… 12 more query, 12 more key"
    assert all(len(line.removeprefix("<pad> ").split()) == 1 + WINDOW for line in lines[2:-1])


def test_of_many_heads_the_first_are_shown() -> None:
    lines = list(plain.table(value(f"{LAYER}.q", "model: {heads: 20, d_model: 20}\ninput: {text: a}"), WINDOW))
    assert [line for line in lines if line.startswith("head")] == [f"head {head}:" for head in range(WINDOW)]
    assert lines[-1] == "… 12 more head"


def test_a_word_of_any_length_leaves_the_table_readable() -> None:
    lines = list(plain.table(value("encoder.input", f"input: {{tokens: [{'x' * 10_000}, b]}}")))
    assert max(map(cells, lines)) < 150
    assert "…(+9960)" in lines[1]


def test_a_table_has_the_words_on_both_axes() -> None:
    lines = list(plain.table(value(f"{LAYER}.weights")))
    assert lines[0] == "head 0:"
    assert lines[1].split() == ["query", "\\", "key", "I", "love", "my", "dog", "<pad>"]
    assert [line.split()[0] for line in lines[2:7]] == ["I", "love", "my", "dog", "<pad>"]
    assert lines[7] == "head 1:"


def test_the_columns_of_double_width_words_stand_under_each_other() -> None:
    lines = list(plain.table(value(f"{LAYER}.scores", "input: {tokens: [我, 喜歡, '👩‍👩‍👧', é́, ' ']}")))
    assert len({cells(line) for line in lines[1:]}) == 1


def test_a_vector_is_one_row() -> None:
    lines = list(plain.table(tensor("d_model", np.array([1.0, -2.5]))))
    assert [line.split() for line in lines] == [["d_model", "0", "1"], ["1", "-2.5000"]]


def test_hidden_cells_and_what_is_no_number_are_written_as_such() -> None:
    array = np.array([[-np.inf, np.nan], [np.inf, 0.0]])
    assert [line.split()[1:] for line in plain.table(tensor("query key", array))][1:] == [["-∞", "NaN"], ["∞", "0"]]


# --- CSV


def rows(found: Value) -> list[list[str]]:
    return list(csv.reader(io.StringIO("\n".join(plain.csv(found)))))


def test_csv_names_the_axes_and_labels_every_row_and_column() -> None:
    found = rows(value(f"{LAYER}.weights"))
    assert found[0] == ["head", "query", "I", "love", "my", "dog", "<pad>"]
    assert [row[:2] for row in found[1:]] == [
        [head, word] for head in ("head 0", "head 1") for word in ("I", "love", "my", "dog", "<pad>")
    ]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_csv_has_every_digit(dtype: str) -> None:
    found = value(f"{LAYER}.masked_scores", f"model: {{dtype: {dtype}}}\ninput: {{text: a b, pad_to: 3}}")
    numbers = np.array([[float(number) for number in row[2:]] for row in rows(found)[1:]])
    assert np.array_equal(numbers.astype(dtype).reshape(found.shape), found.array)


def test_words_with_commas_quotes_and_line_breaks_stay_in_their_cell() -> None:
    found = rows(value("encoder.embedding", 'input: {tokens: ["a,b", "\\"", "c\\nd"]}'))
    assert [row[0] for row in found] == ["token", "a,b", '"', "c␊d"]


def test_rows_of_csv_hold_one_number_each_with_its_place_along_every_axis() -> None:
    found = value(f"{LAYER}.weights")
    head, *lines = csv.reader(io.StringIO("\n".join(plain.csv_rows(found))))
    assert head == ["head", "query", "key", "weights"]
    assert lines[7][:3] == ["head 0", "love", "my"]
    assert [float(line[-1]) for line in lines] == found.array.ravel().tolist()


def test_a_number_is_one_row_of_csv() -> None:
    assert list(plain.csv_rows(tensor("", np.array(0.5)))) == ["a", "0.5"]


def test_a_table_that_spreadsheets_do_not_read_is_refused_and_its_numbers_are_had_row_by_row() -> None:
    widest = tensor("token vocabulary", np.zeros((1, MOST_COLUMNS)))
    assert len(list(plain.csv(widest))) == 2
    wider = tensor("token vocabulary", np.zeros((1, MOST_COLUMNS + 1)))
    with pytest.raises(Problem, match="a table of 16385 columns, vocabulary, is more than") as refused:
        plain.csv(wider)
    assert refused.value.hint == "--rows writes a line for each number"
    assert len(list(plain.csv_rows(wider))) == MOST_COLUMNS + 2


# --- without Unicode


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("A = softmax(QKᵀ/√dₖ)", "A = softmax(QK^T/sqrt d_k)"),
        ("-∞ × 0 − 1 …", "-inf x 0 - 1 ..."),
        ("W₁·x + b₁", "W1*x + b1"),
        ("café 我 “x”", 'cafe ?? "x"'),
        ("\u0301", ""),
        ("␣Paris ↵ ⇥ ⟨U+00A0⟩", "_Paris \\n \\t <U+00A0>"),
    ],
)
def test_every_character_has_a_form_in_ascii(text: str, form: str) -> None:
    assert "".join(character if character.isascii() else ascii_form(character) for character in text) == form


def test_a_finer_step_is_beside_the_run_and_not_a_number_that_changes_nothing() -> None:
    session = opened("i-love-my-dog").session()
    for path, told in (
        ("encoder.layers.0.self_attention.weights.exponentials", "which does not go on from it"),
        ("encoder.layers.0.self_attention.concat", "No other number changes with it"),
    ):
        value = session.place.find(path)
        assert value is not None
        session.place.show(value)
        assert told in list(plain.explained(session, 1))[-1]
