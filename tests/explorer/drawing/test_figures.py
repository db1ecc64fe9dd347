"""Figures: the sheet of a head, lines between words, pages and sizes. What is in a file is what is in the trace."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.plots.attention_lines import LEAST, MOST_WORDS, WIDEST, AttentionLines, Columns
from attn_explore.explorer.drawing.plots.formats import DRAWN, figure_bytes
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.drawing.plots.lines_svg import lines_svg
from attn_explore.explorer.drawing.plots.looks import Looks, read_size
from attn_explore.explorer.drawing.plots.map_figure import MapFigure, map_svg
from attn_explore.explorer.drawing.plots.sheet import Arrangement, Sheet
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.figure_kinds import FigureKind
from attn_explore.explorer.telling.figures import figure_of, kinds_of
from attn_explore.explorer.telling.head_sheet import sheet_of
from attn_explore.model.axes import Axis
from attn_explore.model.plots import Plot
from attn_explore.model.problems import Problem
from attn_explore.model.traces.export import trace_npz
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.traces.wanted import Wanted
from tests.opened import opened
from tests.program import here

SVG = "{http://www.w3.org/2000/svg}"
BLOCK = "encoder.layers.0.self_attention"
WEIGHTS = f"{BLOCK}.weights"
TEXTS = st.text(max_size=8) | st.sampled_from(["<script>alert(1)</script>", "]]>", "&amp;", '"', "\x1b[31m", "\x00"])


def at(name: str, path: str = WEIGHTS) -> Session:
    found = opened(name).session()
    found.place.show(found.run.trace[path])
    return found


def sheet(name: str, path: str = WEIGHTS, head: int = 0) -> Sheet:
    trace = opened(name).trace
    return sheet_of(trace, trace[path], head)


def lines_of(weights: np.ndarray, words: tuple[str, ...], title: str = "Weights") -> AttentionLines:
    axes = (Axis("head", 1), *(Axis(name, len(words), words) for name in ("query", "key")))
    return AttentionLines(HeatMap(title, "a.weights", Picture(weights[None], axes)))


# --- the sheet of a head


def test_a_sheet_holds_every_tensor_of_its_head_from_the_input_to_the_output() -> None:
    assert [[part.symbol for part in band] for band in sheet("i-love-my-dog").bands] == [
        ["X", "W_Q", "W_K", "W_V"],
        ["Q", "K", "V"],
        ["scores", "scaled_scores", "A", "head_output"],
    ]


@pytest.mark.parametrize(("name", "head"), [("i-love-my-dog", 0), ("multi-head", 2), ("grouped-query", 3)])
def test_the_steps_on_a_sheet_have_the_numbers_of_the_trace(name: str, head: int) -> None:
    trace, heads = opened(name).trace, len(opened(name).trace[WEIGHTS].array)
    tensors = json.loads(figure_bytes(sheet(name, head=head), ".json"))["tensors"]
    steps = [(tensor["values"], trace[tensor["step"]]) for tensor in tensors if not trace[tensor["step"]].is_leaf]
    assert len(steps) >= 8
    for values, step in steps:
        own = step.array[head * len(step.array) // heads] if "head" in step.names else step.array
        assert np.array_equal(np.array(values, np.float64), own)


def test_queries_that_share_keys_take_those_of_their_group_and_the_columns_of_their_own_matrix() -> None:
    trace, parts = opened("grouped-query").trace, {part.path: part for part in sheet("grouped-query", head=3).parts}
    shown = {name: parts[f"{BLOCK}.{name}"].heat_map.picture.seen for name in ("q", "k", "w_q", "w_k")}
    assert np.array_equal(shown["q"], trace[f"{BLOCK}.q"].array[3])
    assert np.array_equal(shown["k"], trace[f"{BLOCK}.k"].array[1])
    assert np.allclose(trace["encoder.input"].array @ shown["w_q"], shown["q"])
    assert np.allclose(trace["encoder.input"].array @ shown["w_k"], shown["k"])


@pytest.mark.parametrize("name", ["i-love-my-dog", "causal-mask", "positions-rotary", "grouped-query"])
def test_an_arrow_leads_from_each_operand_and_no_tensor_stands_on_another(name: str) -> None:
    arranged = Arrangement(sheet(name))
    assert len(arranged.arrows) == sum(len(part.operands) for part in arranged.sheet.parts)
    boxes = [(*each.corner, *each.cells[2:]) for each in arranged.placed]
    for place, (left, top, right, bottom) in enumerate(boxes):
        others = boxes[:place] + boxes[place + 1 :]
        assert not [box for box in others if left < box[2] and box[0] < right and top < box[3] and box[1] < bottom]


def test_every_number_that_fits_stands_in_the_picture_of_a_sheet() -> None:
    root = ElementTree.fromstring(figure_bytes(sheet("i-love-my-dog"), ".svg"))  # noqa: S314 (we wrote it)
    texts = [node.text for node in root.iter(f"{SVG}text")]
    weights = opened("i-love-my-dog").trace[WEIGHTS].array
    assert not [number for number in weights.ravel() if f"{number:.4f}" not in texts]


def test_source_and_target_stand_on_the_sheet_of_cross_attention() -> None:
    found = sheet("cross-attention", "decoder.layers.0.cross_attention.weights")
    entering = [part.formula for part in found.bands[0] if part.is_made]
    assert entering == ["from decoder.layers.0.self_attention.residual", "from encoder.layers.0.ffn.residual"]


def test_a_step_outside_attention_has_no_sheet() -> None:
    with pytest.raises(Problem, match="belongs to none"):
        sheet("encoder-layer", "encoder.layers.0.ffn.hidden")


def test_the_sheet_of_a_trace_with_some_steps_says_which_one_it_would_need(tmp_path: Path) -> None:
    scenario = opened("i-love-my-dog")
    (tmp_path / "trace").write_bytes(b"".join(trace_npz(scenario.trace, scenario.scenario, Wanted(("weights",)))))
    _, trace = read_trace(tmp_path / "trace", 2**26)
    with pytest.raises(Problem, match="without its head_output"):
        sheet_of(trace, trace[WEIGHTS])


# --- lines between words


def test_a_line_is_as_wide_as_its_weight_and_small_ones_are_left_out() -> None:
    root = ElementTree.fromstring(lines_svg(lines_of(np.array([[0.75, 0.25], [0.995, 0.005]]), ("a", "b"))))  # noqa: S314
    widths = [float(node.get("stroke-width", "")) for node in root.iter(f"{SVG}line")]
    assert sorted(widths[:3]) == pytest.approx([0.25 * WIDEST, 0.75 * WIDEST, 0.995 * WIDEST], abs=0.01)
    assert len(widths) == 3 + 3, "three weights, and three samples in the legend"
    assert f"weights below {LEAST} have no line" in [node.text for node in root.iter(f"{SVG}text")]


def test_of_many_words_those_around_the_cursor_are_drawn_and_the_rest_is_counted() -> None:
    size = 100
    words = tuple(f"w{place}" for place in range(size))
    many = AttentionLines(lines_of(np.eye(size), words).heat_map, around=(99, 50))
    columns = Columns(many)
    assert (columns.queries.stop, 50 in columns.keys, len(columns.keys)) == (size, True, MOST_WORDS)
    assert f"{MOST_WORDS} of {size} along key are drawn" in columns.notes
    assert len(json.loads(figure_bytes(many, ".json"))["values"][0]) == size


@given(TEXTS, TEXTS)
@settings(max_examples=30)
def test_any_word_and_title_is_text_in_a_picture(title: str, word: str) -> None:
    written = lines_svg(lines_of(np.full((2, 2), 0.5), (word, "b"), title))
    root = ElementTree.fromstring(written)  # noqa: S314
    assert {node.tag for node in root.iter()} <= {f"{SVG}{tag}" for tag in ("svg", "title", "rect", "text", "line")}
    assert not re.findall(r"href|url\(|@import|\son\w+=", re.sub(r">[^<]*<", "><", written.decode()))


# --- the map


def test_the_map_has_a_box_with_its_name_for_each_box_of_the_diagram_in_sight() -> None:
    figure = figure_of(at("encoder-layer"), kind=FigureKind.map)
    assert isinstance(figure, MapFigure)
    root = ElementTree.fromstring(map_svg(figure))  # noqa: S314
    named = [node.text for node in root.iter(f"{SVG}text")]
    assert not [box.name for _, box in figure.boxes if not box.is_sum and box.name not in named]
    sums = [box for _, box in figure.boxes if box.is_sum]
    assert len(list(root.iter(f"{SVG}circle"))) == len(sums)
    lit = [node for node in root.iter(f"{SVG}rect") if node.get("fill") == "#f6cfa4"]
    assert len(lit) == 1


def test_the_boxes_of_a_map_are_listed_with_what_they_read() -> None:
    figure = figure_of(at("cross-attention", "decoder.layers.0.cross_attention.weights"), "map")
    boxes = {box["step"]: box for box in json.loads(figure_bytes(figure, ".json"))["boxes"]}
    (crossing,) = [box for step, box in boxes.items() if "cross_attention" in step and not step.endswith("residual")]
    assert {boxes[path]["stack"] for path in crossing["reads"]} == {"encoder", "decoder"}
    assert len(figure_bytes(figure, ".csv").decode().splitlines()) == len(boxes) + 1


def test_an_experiment_has_no_map(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, errors = here(capsys, "plot", "softmax-jacobian", "map")
    assert status == 2
    assert "no model ran" in errors


# --- kinds, titles, sizes, pages


@pytest.mark.parametrize("kind", list(FigureKind))
def test_each_kind_of_figure_is_written_in_every_format(kind: FigureKind) -> None:
    figure = figure_of(at("multi-head"), kind=kind, is_row=False)
    svg = figure_bytes(figure, ".svg", Looks("A <b> & c", read_size("80x60mm")))
    root = ElementTree.fromstring(svg)  # noqa: S314
    assert (root.get("width"), root.get("height")) == ("80mm", "60mm")
    assert any(node.text == "A <b> & c" for node in root.iter(f"{SVG}text"))
    assert json.loads(figure_bytes(figure, ".json"))["format"] == "attn-explore-plot"
    assert len(list(csv.reader(io.StringIO(figure_bytes(figure, ".csv").decode())))) > 4
    assert DRAWN[type(figure)](figure) == DRAWN[type(figure)](figure)


def test_rows_of_a_matrix_are_curves_of_one_head() -> None:
    found = figure_of(at("multi-head"), kind=FigureKind.bars, is_row=False, head=1)
    assert isinstance(found, Plot)
    assert np.array_equal([curve.y for curve in found.curves], opened("multi-head").trace[WEIGHTS].array[1])


def test_a_heat_map_of_one_head_has_its_numbers_alone() -> None:
    found = figure_of(at("multi-head"), is_row=False, head=2)
    assert isinstance(found, HeatMap)
    assert found.title.endswith("head 2")
    assert np.array_equal(found.picture.seen, opened("multi-head").trace[WEIGHTS].array[2])


def test_of_a_row_that_is_named_its_own_head_is_drawn() -> None:
    found = at("multi-head")
    found.place.move_to((2, 1, 0))
    drawn = figure_of(found, kind=FigureKind.lines, is_row=True)
    assert drawn.title.endswith("head 2")


def test_what_there_is_of_a_step_is_known() -> None:
    trace = opened("multi-head").trace
    assert kinds_of(trace[WEIGHTS]) == ["heat", "bars", "curves", "lines", "sheet"]
    assert kinds_of(trace[f"{BLOCK}.concat"]) == ["heat", "bars", "curves"]


def test_a_picture_in_pixels_has_as_many_as_are_asked_for() -> None:
    figure = figure_of(at("i-love-my-dog"), is_row=False)
    for size, width in (("300x200px", 300), ("25.4mm", 300)):
        written = figure_bytes(figure, ".png", Looks(size=read_size(size)))
        assert int.from_bytes(written[16:20], "big") == width


def test_a_page_is_as_large_as_its_figure_and_always_the_same() -> None:
    figure, looks = figure_of(at("i-love-my-dog"), is_row=False), Looks(size=read_size("200x100mm"))
    pages = [figure_bytes(figure, ".pdf", looks) for _ in range(2)]
    assert pages[0] == pages[1]
    assert pages[0].startswith(b"%PDF-")
    box = re.search(rb"/MediaBox ?\[ ?0 0 ([\d.]+) ([\d.]+)", pages[0])
    assert box is not None
    assert [float(side) for side in box.groups()] == pytest.approx([200 / 25.4 * 72, 100 / 25.4 * 72], abs=0.1)


def test_without_the_package_that_draws_pages_the_extra_is_named_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    status, _, errors = here(capsys, "plot", "i-love-my-dog", "weights", "-o", str(tmp_path / "w.pdf"))
    assert status == 2
    assert "pip install 'attn-explore[figures]'" in errors


@pytest.mark.parametrize("text", ["", "12", "0x5mm", "12furlong", "99999px", "100x0mm", "1e3mm", "-5mm", "20000x5px"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="figure"):
        read_size(text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("q", "--kind", "lines"), "lines are drawn of attention weights"),
        (("weights", "--kind", "pie"), "pie"),
        (("weights", "--head", "9"), "there is no head 9"),
        (("encoder.input", "--head", "0"), "this step has no heads"),
        (("weights", "--size", "huge"), "no size of a figure"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, printed, errors = here(capsys, "plot", "multi-head", *arguments)
    assert (status, printed) == (2, "")
    assert said in errors
