"""Plots as files: pictures that stand by themselves, and numbers with every digit."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.explorer.drawing.plots.curve_files import plot_csv, plot_json, plot_svg
from attn_explore.explorer.drawing.plots.formats import figure_bytes, write_plot
from attn_explore.explorer.system.file_formats import PLOTS
from attn_explore.model.plots import Curve, Plot
from attn_explore.model.problems import Problem
from tests.program import environment, here

WEIGHTS = "encoder.layers.0.self_attention.weights"

TEXTS = st.text(max_size=12) | st.sampled_from(["<script>alert(1)</script>", "]]>", "&amp;", '"', "\x1b[31m", "\x00"])
SVG = "{http://www.w3.org/2000/svg}"


def plot(**changes: object) -> Plot:
    found: dict[str, object] = {
        "title": "Softmax",
        "x_label": "a",
        "y_label": "y (1)",
        "x": np.array([1.0, 10, 100]),
        "curves": (Curve("y₁", np.array([0.1, np.nan, 1 / 3])), Curve("y₃", np.array([0.9, np.inf, 2 / 3]))),
    }
    return Plot(**(found | changes))  # type: ignore[arg-type]


def test_csv_has_every_digit_and_nothing_where_there_is_nothing() -> None:
    rows = list(csv.reader(io.StringIO(plot_csv(plot()).decode())))
    assert rows[0] == ["a", "y₁", "y₃"]
    assert rows[1:] == [
        ["1.0", "0.1", "0.9"],
        ["10.0", "", "inf"],
        ["100.0", "0.3333333333333333", "0.6666666666666666"],
    ]


def test_json_is_strict_and_reads_back_to_the_same_numbers() -> None:
    found = json.loads(plot_json(plot(log_x=True)), parse_constant=pytest.fail)
    assert (found["title"], found["kind"]) == ("Softmax", "line")
    assert found["x"] == {"label": "a", "logarithmic": True, "values": [1, 10, 100]}
    assert found["y"] == {"label": "y (1)", "logarithmic": False}
    assert found["curves"][0] == {"name": "y₁", "values": [0.1, "NaN", 1 / 3]}
    assert found["curves"][1]["values"][1] == "Infinity"


@given(TEXTS, TEXTS, TEXTS, st.sampled_from(["line", "bars"]))
def test_any_text_is_escaped_in_a_picture_without_scripts(title: str, label: str, name: str, kind: str) -> None:
    written = plot_svg(
        plot(title=title, x_label=label, y_label=label, kind=kind, x=(label, name, "c"), curves=(
            Curve(name, np.array([0.1, 0.2, 0.3])), Curve("b", np.ones(3))))
    )  # fmt: skip
    root = ElementTree.fromstring(written)  # noqa: S314 (we wrote it)
    assert not [node.tag for node in root.iter() if "script" in str(node.tag)]
    assert not [key for node in root.iter() for key in node.attrib if key.lower().startswith("on")]


def test_a_picture_asks_for_nothing_from_elsewhere() -> None:
    written = plot_svg(plot()).decode()
    assert not re.findall(r"href|url\(|@import|<\?xml-stylesheet", written)
    assert set(re.findall(r"https?://[^\"' <]+", written)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_the_same_plot_gives_the_same_picture() -> None:
    assert plot_svg(plot()) == plot_svg(plot())


def test_a_picture_says_what_its_axes_and_curves_are() -> None:
    root = ElementTree.fromstring(plot_svg(plot()))  # noqa: S314
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert {"Softmax", "a", "y (1)", "y₁", "y₃"} <= set(texts)
    assert texts.count("y₁") == 2, "in the legend and beside the curve: colours are not needed"


def test_lines_are_told_apart_by_their_dashes() -> None:
    style = plot_svg(plot()).decode().partition("</style>")[0]
    assert len(set(re.findall(r"stroke-dasharray: ?([\d, ]+|none)", style))) >= 2


def test_logarithmic_axes_have_powers_of_ten() -> None:
    found = plot(log_x=True, log_y=True, curves=(Curve("", np.array([1e-3, 1e-1, 10.0])),))
    root = ElementTree.fromstring(plot_svg(found))  # noqa: S314
    texts = {node.text for node in root.iter(f"{SVG}text")}
    assert {"1", "10", "100", "0.001", "0.01", "0.1"} <= texts


def test_a_picture_of_a_million_points_stays_small() -> None:
    y = np.random.default_rng(1).normal(size=10**6)
    assert len(plot_svg(plot(x=np.arange(1e6), curves=(Curve("", y),)))) < 2**18


@pytest.mark.parametrize("numbers", [[np.nan] * 3, [0.0] * 3, [1e308, -1e308, 0]])
@pytest.mark.parametrize("kind", ["line", "bars"])
@pytest.mark.parametrize("is_log", [False, True])
def test_strange_numbers_make_a_picture(numbers: list[float], kind: str, is_log: bool) -> None:
    ElementTree.fromstring(  # noqa: S314
        plot_svg(plot(kind=kind, curves=(Curve("", np.array(numbers)),), log_y=is_log, log_x=is_log))
    )


def test_a_file_is_replaced_only_when_that_is_asked_for(tmp_path: Path) -> None:
    for ending in PLOTS:
        target = tmp_path / f"plot{ending}"
        write_plot(plot(), target)
        assert target.read_bytes() == figure_bytes(plot(), ending)
        with pytest.raises(Problem, match="exists already"):
            write_plot(plot(), target)
        write_plot(plot(), target, force=True)
    with pytest.raises(Problem, match="no format of a plot"):
        write_plot(plot(), tmp_path / "plot.gif")


def test_the_command_writes_the_row_of_a_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, errors = here(capsys, "plot", "i-love-my-dog", f"{WEIGHTS}[love,my]", "-o", str(tmp_path / "w.csv"))
    assert status == 0, errors
    assert (tmp_path / "w.csv").read_text().splitlines()[0] == "key,A"
    assert len((tmp_path / "w.csv").read_text().splitlines()) == 5


def test_the_command_prints_a_plot_for_pipes(capsys: pytest.CaptureFixture[str]) -> None:
    _, printed, _ = here(capsys, "plot", "i-love-my-dog", f"{WEIGHTS}[love,my]")
    lines = printed.splitlines()
    assert lines[0] == "Attention weights: query love"
    assert [line.split()[:3] for line in lines[3:7]][2] == [">", "my", "0.1421"]
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plot", "i-love-my-dog", "encoder.nothing"], "has no step encoder.nothing"),
        (["plot", "i-love-my-dog", f"{WEIGHTS}[cat,my]"], "there is no cat along query"),
        (["plot", "i-love-my-dog", WEIGHTS, "-o", "plot.gif"], "no format of a plot"),
    ],
)
def test_the_command_says_what_cannot_be_plotted(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    status, printed, errors = here(capsys, *arguments)
    assert status == 2
    assert said in errors
    assert not printed


def test_the_libraries_that_draw_are_not_read_before_something_is_drawn() -> None:
    code = """
import sys, attn_explore.explorer.drawing.plots.formats
import attn_explore.explorer.widgets.plot_panel, attn_explore.explorer.screens.explorer.screen
print({"pygal", "textual_plot"} & {*sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.strip() == "set()"
