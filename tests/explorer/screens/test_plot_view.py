"""The plot view: how it is reached, how its cursor moves, and what it must not show."""

import json
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot
from textual_plot import HiResMode

from attn_explore.explorer.drawing.plots.layout import mark
from attn_explore.explorer.widgets.curves import Cells, Curves
from attn_explore.explorer.widgets.operands_panel import OperandsPanel
from attn_explore.explorer.widgets.plot_panel import PlotPanel
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.model import plots
from attn_explore.model.axes import Axis
from attn_explore.model.plots import PlotSpec
from tests.explorer.conftest import Explore, app_of, session_of, settled
from tests.explorer.plotted import add, grouped, saturation
from tests.standing import until

WEIGHTS = "encoder.layers.0.self_attention.weights"

LESSON = """
title: a lesson
input: {text: I love my dog}
lesson:
  - {at: encoder.embedding, say: first}
  - {at: %s, focus: {query: love, key: my}, view: plot, say: look}
  - {at: %s, view: plot, say: asked, ask: which, answer: {argmax: key}}
""" % (WEIGHTS, WEIGHTS)  # noqa: UP031 (braces are YAML's here)


def panel_of(pilot: Pilot[None]) -> PlotPanel:
    return pilot.app.screen.query_one(PlotPanel)


def screen_text(pilot: Pilot[None]) -> str:
    """What is on the screen, line by line."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_p_shows_the_row_under_the_cursor_as_a_plot_and_the_numbers_again(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 2)) as (pilot, _):
        await pilot.press("P")
        await pilot.pause()
        shown = screen_text(pilot)
        assert not pilot.app.screen.query_one("#grid").display
        assert "key = my:  A = 0.1421" in shown
        assert "Attention weights: query love" in shown
        await pilot.press("P")
        assert pilot.app.screen.query_one("#grid").display
        assert not panel_of(pilot).display


async def test_behind_a_plot_every_line_of_the_matrices_is_drawn_in_their_whole_width(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(120, 40)) as (pilot, _):
        left = pilot.app.screen.query_one("#left", OperandsPanel)
        await pilot.press("P")
        await until(pilot, lambda: not left.display)
        await pilot.press("P")
        await until(pilot, lambda: left.display)
        assert {left.render_line(y).cell_length for y in range(left.size.height)} == {left.size.width}


async def test_nothing_of_a_plot_is_made_before_one_is_wanted(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, _):
        assert not pilot.app.screen.query(Curves)


async def test_the_keys_of_the_cell_move_along_x_and_to_other_rows(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 2)) as (pilot, session):
        await pilot.press("P", "l")
        assert session.place.index == (0, 1, 3)
        await pilot.press("j", "h")
        assert session.place.index == (0, 2, 2)
        await pilot.pause()
        assert "query my" in screen_text(pilot)


async def test_j_and_k_go_to_other_curves_of_the_same_plot(monkeypatch: pytest.MonkeyPatch) -> None:
    session = saturation(monkeypatch, place=40, curve=0)
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("P", "j", "l")
        assert session.place.index == (41, 1)
        await pilot.pause()
        assert "a = 10.25:  o y₁ 3.54e-5  + y₂ 3.54e-5  * y₃ 0.9999" in screen_text(pilot)


async def test_the_arrows_move_in_a_plot_that_has_the_focus(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 0)) as (pilot, session):
        await pilot.press("P", "tab", "right", "down")
        assert pilot.app.focused is panel_of(pilot)
        assert session.place.index == (0, 1, 1)
        await pilot.press("dollar_sign")
        assert session.place.index == (0, 1, 3)
        await pilot.press("escape", "right")
        assert session.place.value.path != WEIGHTS


async def test_the_focus_stays_on_the_numbers_when_they_become_a_plot(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, _):
        await pilot.press("tab", "P")
        assert pilot.app.focused is panel_of(pilot)
        await pilot.press("P")
        assert pilot.app.focused is pilot.app.screen.query_one("#grid", TensorGrid)


@pytest.mark.parametrize("place", range(4))
async def test_the_mouse_puts_the_cursor_where_it_is_along_x(explore: Explore, place: int) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, (place + 1) % 4)) as (pilot, session):
        await pilot.press("P")
        await pilot.pause()
        drawing = panel_of(pilot)._drawing
        assert drawing is not None
        column = drawing.column(float(drawing.places.at[place]))
        await pilot.click(PlotPanel, offset=(column + 1, 8))  # one for the panel's padding
        assert session.place.index == (0, 0, place)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
async def test_places_are_drawn_where_the_widget_draws_them(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    session = saturation(monkeypatch)
    async with app_of(session).run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("P")
        await pilot.pause()
        drawing, curves = panel_of(pilot)._drawing, pilot.app.screen.query_one(Curves)
        assert drawing is not None
        for at in drawing.places.at[::50]:
            assert drawing.column(float(at)) == curves.margin_left + curves.get_pixel_from_coordinate(at, 0)[0]


async def test_each_curve_has_a_glyph_of_its_own_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    session = saturation(monkeypatch)
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("P")
        await pilot.pause()
        canvas = pilot.app.screen.query_one(Curves).query_one("#plot")
        drawn = "".join("".join(segment.text for segment in canvas.render_line(y)) for y in range(canvas.size.height))
        assert all(drawn.count(mark(curve)) >= 3 for curve in range(3))


async def test_a_question_hides_the_plot_until_it_is_answered(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right")
        await pilot.pause()
        assert session.place.index == (0, 1, 2)
        assert panel_of(pilot).display
        await pilot.press("right")
        await pilot.pause()
        assert session.question is not None
        assert not panel_of(pilot).display
        assert pilot.app.screen.query_one("#grid").display
        await pilot.press("P", "P")
        assert not panel_of(pilot).display
        await pilot.press("down", "enter")
        assert session.question is None
        assert panel_of(pilot).display


async def test_a_stop_without_a_plot_shows_the_numbers(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, _):
        await pilot.press("L", "right", "left")
        await pilot.pause()
        assert pilot.app.screen.query_one("#grid").display
        assert not panel_of(pilot).display


async def test_the_word_view_and_two_runs_end_the_plot(explore: Explore) -> None:
    async with explore("why-scale", WEIGHTS) as (pilot, _):
        await pilot.press("P", "w")
        assert not panel_of(pilot).display
        await pilot.press("P")
        assert panel_of(pilot).display
        await pilot.press("d")
        assert not panel_of(pilot).display
        assert pilot.app.screen.query_one("#other").display


async def test_the_plot_stays_from_step_to_step_and_in_another_size(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, _):
        await pilot.press("P")
        for _step in range(3):
            await pilot.press("right")
            assert panel_of(pilot).display
        await pilot.resize_terminal(60, 16)
        await pilot.pause()
        assert panel_of(pilot).display
        assert "=" in screen_text(pilot)


@pytest.mark.parametrize(
    "numbers",
    [[], [1.0], [2.0] * 50, [np.nan] * 5, [np.nan, 1, np.inf, -np.inf], [1e308, -1e308, 5e-324], [0.0] * 3],
    ids=["one of none", "one", "all equal", "no number", "not finite", "huge and tiny", "zeros"],
)
@pytest.mark.parametrize("spec", [PlotSpec("t"), PlotSpec("t", log_x=True, log_y=True), PlotSpec("t", kind="bars")])
async def test_strange_numbers_are_plotted(
    monkeypatch: pytest.MonkeyPatch, numbers: list[float], spec: PlotSpec
) -> None:
    session, numbers = session_of("i-love-my-dog"), numbers or [-1.0]
    monkeypatch.setattr(plots, "SPECS", {"n": spec})
    session.place.show(add(session, "n", (Axis("t", len(numbers)),), np.array(numbers)), (len(numbers) - 1,))
    async with app_of(session).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("P", "h", "l")
        await pilot.pause()
        assert f"t = {len(numbers) - 1}:" in screen_text(pilot)


async def test_labels_of_a_file_are_shown_and_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "[bold]\x1b[2J[/]"
    session = session_of("i-love-my-dog")
    monkeypatch.setattr(plots, "SPECS", {"n": PlotSpec("t", "kind", x_label=evil, y_label=evil)})
    axes = (Axis("t", 2, (evil, "b")), Axis("kind", 2, (evil, "c")))
    session.place.show(add(session, "n", axes, np.eye(2)), (0, 0))
    async with app_of(session).run_test(size=(200, 60)) as pilot:
        await settled(pilot)
        await pilot.press("P")
        await pilot.pause()
        assert screen_text(pilot).count("[bold]␛[2J[/]") >= 3


def test_a_bar_that_is_lower_than_a_line_goes_no_further_than_it_is_high() -> None:
    canvas = Cells(6, 4)
    canvas.draw_filled_hires_rectangle(1.0, 1.5, 3.0, 2.0, HiResMode.QUADRANT)
    canvas.draw_filled_hires_rectangle(4.0, 2.0, 5.0, 2.5, HiResMode.QUADRANT)
    rows = ["".join(canvas.get_pixel(x, y)[0] for x in range(6)).strip() for y in range(4)]
    assert rows == ["", "▄▄", "▀", ""]


async def test_bars_of_several_curves_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    session = grouped(monkeypatch)
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("P")
        await pilot.pause()
        assert "key = 我喜歡:  o one 0.4000  + two -0.5000  * three NaN" in screen_text(pilot)


async def test_s_saves_the_plot_instead_of_the_screen(
    explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 2)) as (pilot, session):
        await pilot.press("P", "S", "enter")
        await settled(pilot)
        assert (tmp_path / "i-love-my-dog-weights.svg").read_bytes().startswith(b"<?xml")
        await pilot.press("S", "end", *["backspace"] * 3, *"csv", "enter")
        await settled(pilot)
    lines = (tmp_path / "i-love-my-dog-weights.csv").read_text().splitlines()
    assert lines[0] == "key,A"
    assert [float(line.split(",")[1]) for line in lines[1:]] == session.place.value.array[0, 1].tolist()


async def test_x_writes_the_step_as_the_figure_that_is_chosen(
    explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("multi-head", WEIGHTS, (1, 0, 0)) as (pilot, session):
        await pilot.press("X", *["down"] * 5, "enter", "end", *["backspace"] * 3, *"json", "enter")
        await settled(pilot)
    written = json.loads((tmp_path / "multi-head-weights-lines.json").read_text())
    assert written["values"] == session.place.value.array[1].tolist()
    assert written["title"].endswith("head 1")


async def test_x_writes_what_is_sorted_in_its_order(
    explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 2)) as (pilot, session):
        session.lesson.is_guided = False
        await pilot.press("b", "X", "enter", "end", *["backspace"] * 3, *"json", "enter")
        await settled(pilot)
    written = json.loads((tmp_path / "i-love-my-dog-weights-heat.json").read_text())
    assert written["values"][1] == sorted(session.place.value.array[0, 1].tolist(), reverse=True)
    assert written["title"].endswith("columns by love, largest first")


async def test_where_there_is_no_room_for_curves_they_are_still_read(explore: Explore) -> None:
    async with explore(LESSON, size=(60, 16)) as (pilot, _):
        await pilot.press("L", "right")
        panel_of(pilot).styles.height = 5
        await pilot.pause()
        assert "key = my:  A = " in screen_text(pilot)


async def test_the_curves_have_the_lines_for_which_they_were_laid_out(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, _):
        await pilot.press("P")
        await pilot.pause()
        curves = pilot.app.screen.query_one(Curves)
        assert curves._drawing is not None
        assert curves.size.height == curves._drawing.lines + 2
