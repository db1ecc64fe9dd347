"""Room on the screen: the grid first, nothing cut without a sign, messages beside what they are about."""

import re
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets._toast import Toast

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.drawing.room import lines_of_grid
from attn_explore.explorer.drawing.tree_label import tree_label
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.key_bar import Key, KeyBar
from attn_explore.explorer.widgets.map_view import MapView
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.words_panel import WordsPanel
from tests.explorer.conftest import Explore, app_of, session_of, settled
from tests.standing import until

LAYER = "encoder.layers.0.self_attention"
WEIGHTS = f"{LAYER}.weights"
SMALL = [(60, 16), (80, 24)]
WORDS = ("I", "love", "my", "dog")


def screen_lines(pilot: Pilot[None]) -> list[str]:
    """What the screen shows, toasts included."""
    return [strip.text for strip in pilot.app.screen._compositor.render_strips()]


@pytest.mark.parametrize("size", SMALL)
async def test_every_row_of_a_small_matrix_stands_there(explore: Explore, size: tuple[int, int]) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=size) as (pilot, _):
        shown = screen_lines(pilot)
        assert all(any(re.search(rf" {word} +0\.\d+ ", line) for line in shown) for word in WORDS)


@pytest.mark.parametrize("size", SMALL)
async def test_in_a_lesson_every_row_stands_there_or_it_is_said_which_do(
    explore: Explore, size: tuple[int, int]
) -> None:
    async with explore("i-love-my-dog", size=size) as (pilot, session):
        await pilot.press("L")
        for _ in range(len(session.lesson.stops)):
            shown = screen_lines(pilot)
            rows = [word for word in WORDS if any(re.search(rf" {word} +[-\d.?]+ ", line) for line in shown)]
            axis = session.place.value.axes[-2]
            if not pilot.app.screen.query_one(TensorGrid).display:  # the word view
                rows = list(WORDS)
            said = any(re.search(rf"{axis.name} \d(–\d)?/{axis.size}", line) for line in shown)
            assert len(rows) == axis.size or said
            assert len(rows) >= 1
            await pilot.press("right")
            await pilot.press("right") if session.question is not None else None


async def test_lines_that_the_words_of_a_lesson_do_not_need_are_for_the_question(explore: Explore) -> None:
    async with explore("reverse", size=(80, 24)) as (pilot, session):
        await pilot.press("L", *["right"] * 5)
        assert session.lesson.place == 4
        words, below = pilot.app.screen.query_one(WordsPanel), pilot.app.screen.query_one(ArithmeticPanel)
        await pilot.press("down", "enter")  # which is wrong
        assert words.size.height == words.virtual_size.height
        assert below.size.height >= below.virtual_size.height
        assert any("f✗  a 1" in line for line in screen_lines(pilot))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: words.size.width < 78)
        assert words.size.height > words.virtual_size.height


def test_a_grid_that_can_be_whole_is_whole_and_what_is_under_it_keeps_a_quarter() -> None:
    for total in range(8, 80):
        for grid in range(3, 100):
            for below in range(2, 60):
                lines = lines_of_grid(total, grid, below)
                assert 1 <= lines <= grid + 1
                assert total - lines >= min(below, 4)
                if grid + max(4, total // 4) <= total:
                    assert lines >= grid
                if lines < grid:
                    assert lines >= min(total * 3 // 5, total - 4)


async def test_a_grid_that_is_zoomed_out_uses_the_lines_that_are_free(explore: Explore) -> None:
    async with explore("wide", WEIGHTS, size=(200, 60)) as (pilot, _):
        await pilot.press("z")
        grid, below = pilot.app.screen.query_one(TensorGrid), pilot.app.screen.query_one(ArithmeticPanel)
        assert below.size.height <= below.lines_wanted
        rows = sum(line.strip() != "" for line in (grid.render_line(y).text for y in range(2, grid.size.height - 1)))
        assert grid._plan
        height = grid._plan.blocks[0]
        assert rows * (height - 1) < 512  # with blocks a row lower, they would not fit


async def test_zoomed_out_most_blocks_have_a_colour_of_their_own_and_the_largest_number_is_told(
    explore: Explore,
) -> None:
    async with explore("wide", WEIGHTS, size=(120, 40)) as (pilot, session):
        await pilot.press("z")
        grid = pilot.app.screen.query_one(TensorGrid)
        shown = [grid.render_line(y).text for y in range(grid.size.height)]
        glyphs = {glyph: sum(line.count(glyph * 2) for line in shown[2:-1]) for glyph in "·░▒▓█"}
        assert min(glyphs.values()) >= 5
        assert f"{session.place.value.array.max():.4f}" in shown[-1]


@pytest.mark.parametrize("size", SMALL)
async def test_without_a_lesson_the_explanation_stands_where_there_is_room(
    explore: Explore, size: tuple[int, int]
) -> None:
    async with explore("i-love-my-dog", "encoder.position", size=size) as (pilot, _):
        shown = " ".join(" ".join(screen_lines(pilot)).split())
        is_whole = "every position is different." in shown
        assert is_whole or size == (60, 16)
        assert not pilot.app.screen.query_one(WordsPanel).display


async def test_an_explanation_that_is_too_long_says_how_to_read_all_of_it(explore: Explore) -> None:
    async with explore("i-love-my-dog", "encoder.embedding", size=(62, 20)) as (pilot, _):
        shown = screen_lines(pilot)
        assert any("A network can only compute" in line for line in shown)
        assert any("… i shows all of it" in line for line in shown)


# --- keys


@pytest.mark.parametrize("size", [*SMALL, (120, 40)])
@pytest.mark.parametrize("keys", [[], ["L"], ["d"], ["L", *["right"] * 3]])
async def test_the_way_to_all_keys_and_the_way_out_are_always_in_sight(
    explore: Explore, size: tuple[int, int], keys: list[str]
) -> None:
    async with explore("softmax-vs-relu", WEIGHTS, size=size) as (pilot, _):
        await pilot.press(*keys)
        pilot.app.clear_notifications()
        shown = pilot.app.screen.query_one(KeyBar).render_line(0).text
        assert " ? keys " in shown
        assert " q quit " in shown or "answer" in shown


def test_keys_that_are_kept_stand_there_whatever_is_dropped() -> None:
    bar = KeyBar()
    keys = [
        Key("a", "first", "1"),
        Key("b", "second", "2"),
        Key("?", "keys", "3", is_kept=True),
        Key("c", "third", "4"),
    ]
    bar._keys = tuple(keys)
    for width in range(8, 60):
        bar._size = bar._size.with_width(width)  # a widget without an application
        shown = bar._shown()
        assert keys[2] in shown
        assert sum(key.width for key in shown) <= max(width, keys[2].width)
        others = [key for key in shown if not key.is_kept]
        assert others == [key for key in keys if not key.is_kept][: len(others)]


# --- the tree


def test_in_any_width_the_tree_shows_a_whole_number_or_none() -> None:
    for room in range(4, 60):
        for far in ("Δ0.12", "Δ1.2e-5", "Δ1234", "Δ∞"):
            name, signs = tree_label("scaled_scores", f"S ★ ✎ {far}", room)
            assert len(name) + len(signs) + (1 if signs else 0) <= room
            assert name == "scaled_scores" or name.endswith("…")
            for number in re.findall(r"Δ(\S+)", signs):
                exact = float(far[1:].replace("∞", "inf"))
                assert number == "∞" or float(number) == pytest.approx(exact, rel=0.5)
                assert f"Δ{number}" == far or float(number) == float(f"{exact:.1g}")


async def test_an_edit_does_not_move_the_panels(explore: Explore) -> None:
    async with explore("encoder-layer", WEIGHTS, (1, 0, 2), size=(160, 40)) as (pilot, _):
        panels = [pilot.app.screen.query_one(kind) for kind in (StepTree, TensorGrid, WordsPanel)]
        before = [panel.region for panel in panels]
        await pilot.press("e", *"zero", "enter")
        assert [panel.region.x for panel in panels] == [region.x for region in before]
        assert [panel.region.width for panel in panels] == [region.width for region in before]
        shown = "\n".join(screen_lines(pilot))
        assert "Δ" in shown
        assert not re.search(r"Δ\d*\.(?!\d)", shown)


# --- messages


@pytest.mark.parametrize("size", [*SMALL, (120, 40), (200, 60)])
async def test_a_message_covers_nothing_and_the_room_is_given_back(size: tuple[int, int]) -> None:
    async with app_of(session_of("i-love-my-dog")).run_test(size=size, notifications=True) as pilot:
        await settled(pilot)
        panels = [pilot.app.screen.query_one(name) for name in ("#body", "#timeline", "#keys")]
        await pilot.press("L", "p", "P", "p")  # the messages before have no room any more
        await settled(pilot)
        (toast,) = (toast.region for toast in pilot.app.screen.query(Toast))
        assert toast.bottom == size[1]
        assert [panel.region.bottom for panel in panels] == [panels[1].region.y, panels[2].region.y, toast.y]
        pilot.app.clear_notifications()
        await settled(pilot)
        assert panels[-1].region.bottom == size[1]


async def test_only_the_last_message_is_shown(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(80, 24)) as (pilot, _):
        await pilot.press("p", "d", "P", "p")
        assert len(pilot.app._notifications) == 1


async def test_a_message_is_not_in_the_picture_of_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    async with app_of(session_of("i-love-my-dog")).run_test(size=(120, 40), notifications=True) as pilot:
        await settled(pilot)
        taken: list[str] = []
        export = pilot.app.export_screenshot

        def take(**options: Any) -> str:
            taken.append(export(**options))
            return taken[-1]

        monkeypatch.setattr(pilot.app, "export_screenshot", take)
        await pilot.press("p")
        assert "one&#160;run&#160;here" in export()
        await pilot.press("S")
        (svg,) = taken
        assert "embedding" in svg
        assert "one&#160;run&#160;here" not in svg


# --- headings


@pytest.mark.parametrize("width", range(60, 130, 7))
async def test_a_heading_that_is_too_long_says_so_in_every_width(explore: Explore, width: int) -> None:
    async with explore("padding-changes-nothing", WEIGHTS, size=(width, 40)) as (pilot, _):
        await pilot.press("d")
        words = pilot.app.screen.query_one(WordsPanel)
        if words.display:
            said = [str(text) for name, text in words._wrapped if name == "heading"]
            assert "Compared with: mask forgotten" in " ".join(said)
            assert max(map(len, said)) <= words.size.width
        shown = "\n".join(screen_lines(pilot))
        assert "· mask forgotten" in shown or "…" in shown


async def test_a_step_is_one_frame_also_where_the_panels_share_their_lines_otherwise(
    explore: Explore, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[object] = []
    monkeypatch.setattr(ExplorerApp, "_display", lambda _, __, drawn: frames.append(drawn) if drawn else None)
    async with explore("wide", WEIGHTS) as (pilot, _):
        grid = pilot.app.screen.query_one(TensorGrid)
        before = grid.size.height
        for key in ("right", "left"):
            frames.clear()
            await pilot.press(key)
            assert len(frames) == 1
            assert (grid.size.height == before) == (key == "left")


# --- what needs fewer lines leaves them to what stands under it


@pytest.mark.parametrize("size", SMALL)
async def test_attention_among_words_leaves_the_lines_that_it_does_not_need(
    explore: Explore, size: tuple[int, int]
) -> None:
    async with explore("i-love-my-dog", "encoder.layers.0.self_attention.weights", size=size) as (pilot, _):
        await pilot.press("W")
        await settled(pilot)
        lines = screen_lines(pilot)
        rule = next(y for y, line in enumerate(lines) if line.startswith("─"))
        assert not (lines[rule - 1].strip() == lines[rule - 2].strip() == "")
        assert any("dog" in line for line in lines[:rule])


async def test_the_map_leaves_the_lines_that_it_does_not_need(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(80, 24)) as (pilot, _):
        await pilot.press("ctrl+g")
        await settled(pilot)
        map_view, words = pilot.app.screen.query_one(MapView), pilot.app.screen.query_one(WordsPanel)
        assert map_view.region.height == len(map_view.drawn.lines)
        assert words.region.y == map_view.region.bottom
        assert "found in" in "\n".join(screen_lines(pilot))
