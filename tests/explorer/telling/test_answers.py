"""An answer is a table of texts and numbers; as plain lines it is in pieces where the line is too short."""

from __future__ import annotations

import numpy as np
import pytest

from attn_explore.explorer.drawing.answer_table import Spot
from attn_explore.explorer.drawing.plots.heat_map import Panels
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.answer_curves import AnswerCurves
from attn_explore.explorer.telling.answers.answer_figure import answer_figure
from attn_explore.explorer.telling.answers.answer_lines import answer_csv, answer_lines


def _answer(columns: int = 3, text: str = "city") -> Answer:
    heads = tuple(f"word {place}" for place in range(columns))
    rows = [
        Row(f"layer {row}", tuple(Cell(text, 0.5, At("a.step", (row, c))) for c in range(columns))) for row in (0, 1)
    ]
    return Answer("What it would say", ("One sentence.",), "layer", "token", heads, tuple(rows))


def test_an_answer_is_a_table_with_labels() -> None:
    assert list(answer_lines(_answer(), 80)) == [
        "What it would say",
        "One sentence.",
        "",
        "layer \\ token  word 0  word 1  word 2",
        "layer 0        city    city    city",
        "layer 1        city    city    city",
    ]


def test_columns_that_have_no_room_follow_below_and_it_is_said() -> None:
    assert list(answer_lines(_answer(), 32))[3:] == [
        "columns 1 to 2 of 3:",
        "layer \\ token  word 0  word 1",
        "layer 0        city    city",
        "layer 1        city    city",
        "",
        "column 3 of 3:",
        "layer \\ token  word 2",
        "layer 0        city",
        "layer 1        city",
    ]


def test_a_figure_has_the_columns_of_numbers_and_its_rows_the_names_before_them() -> None:
    cells = (Cell("head 0"), Cell("2.50", 1.0, number=2.5), Cell("Paris"))
    answer = Answer("Terms", (), "query", "", ("key", "adds", "favours"), (Row("embedding", cells),))
    picture = answer_figure(answer).picture
    assert [axis.labels for axis in picture.axes] == [("embedding · head 0",), ("adds",)]
    assert picture.axes[0].name == "query · key"
    assert picture.hidden is None


def test_a_figure_has_the_whole_name_of_a_row() -> None:
    names = ("0 feed-forward norm_bias", "11 cross-attention norm_bias")
    cells = (Cell(names[1]), Cell("2.50", 1.0, number=2.5))
    answer = Answer("Why", (), "of the query", "", ("of the key", "adds"), (Row(names[0], cells),))
    assert [place.text for place in Panels(answer_figure(answer)).row_labels] == [" · ".join(names)]


def test_a_figure_whose_columns_have_scales_of_their_own_is_coloured_by_shares_and_shows_the_numbers() -> None:
    rows = (Row("not", (Cell("2.50", 1.0, number=2.5), Cell("-0.1", -0.5, number=-0.1), Cell("—"))),)
    figure = answer_figure(Answer("Words", (), "word", "", ("a", "b", "c"), rows, "share", by_columns=True))
    assert np.asarray(figure.picture.array).tolist() == [[1.0, -0.5]]
    assert figure.texts == (("2.50", "-0.1"),)
    assert Panels(figure).notes == ["coloured by share"]


def test_numbers_stand_at_the_right_edge_and_are_exact_in_a_file() -> None:
    rows = (Row("head 3", (Cell("2.50", 1.0, number=2.5),)), Row("bias", (Cell("-10.10", -0.5, number=-10.1),)))
    answer = Answer("Terms", (), "writer", "", ("value",), rows)
    assert list(answer_lines(answer, 80))[2:] == ["writer   value", "head 3    2.50", "bias    -10.10"]
    assert list(answer_csv(answer)) == ["writer,value", "head 3,2.5", "bias,-10.1"]
    assert answer.numbers_down(0) == (2.5, -10.1)


def test_what_all_rows_are_together_is_no_bar_beside_theirs() -> None:
    parts = (("I", 1.0), ("love", -2.0))
    rows = [Row(word, (Cell(str(number), number=number),)) for word, number in parts]
    total = Row("together", (Cell("-1.0", number=-1.0),), is_total=True)
    curves = AnswerCurves(Answer("Words", (), "word", "", ("gradient",), (*rows, total)))
    plot = curves.column(Spot(1, 0))
    assert plot is not None
    assert (plot.x, plot.marked) == (("I", "love"), 1)
    assert curves.column(Spot(2, 0)) is None


def test_a_bar_is_named_by_all_that_names_its_row() -> None:
    rows = tuple(Row("embedding", (Cell(key), Cell("1.0", number=1.0))) for key in ("position", "embedding"))
    plot = AnswerCurves(Answer("Terms", (), "of the query", "", ("of the key", "adds"), rows)).column(Spot(0, 1))
    assert plot is not None
    assert plot.x == ("embedding · position", "embedding · embedding")
    assert plot.x_label == "of the query · of the key"


def test_no_text_of_a_file_reaches_the_terminal_as_it_is() -> None:
    assert "\x1b" not in "".join(answer_lines(_answer(text="\x1b[31mred"), 80))


def test_a_row_has_a_cell_for_each_column() -> None:
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        Answer("", (), "layer", "token", ("a", "b"), (Row("layer 0", (Cell("x"),)),))
