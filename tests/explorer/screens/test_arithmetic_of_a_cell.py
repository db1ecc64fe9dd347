"""The arithmetic of the cell under the cursor: its numbers are followed, sums unfold, and what is hidden says why."""

from textual.pilot import Pilot

from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.heading import Heading
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.operands_panel import OperandsPanel
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.words_panel import WordsPanel
from tests.explorer.conftest import Explore
from tests.standing import until

LAYER = "encoder.layers.0.self_attention"
WEIGHTS = f"{LAYER}.weights"


def line(pilot: Pilot[None], widget: type, y: int = 0) -> str:
    """What a widget shows on one of its lines."""
    return pilot.app.screen.query_one(widget).render_line(y).text


async def test_enter_follows_the_marked_number_and_backspace_returns(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores", (0, 0, 3)) as (pilot, session):
        await pilot.press("down", "enter")
        assert (session.place.value.path, session.place.index) == (f"{LAYER}.k", (0, 3, 0))
        await pilot.press("down", "enter")
        assert (session.place.value.path, session.place.index) == (f"{LAYER}.w_k", (0, 0))
        assert "drawn by seed 12" in line(pilot, Heading, 1)
        await pilot.press("backspace", "backspace")
        assert (session.place.value.path, session.place.index) == (f"{LAYER}.scores", (0, 0, 3))


async def test_up_marks_the_previous_number(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores") as (pilot, _):
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        first = panel.chosen
        await pilot.press("down")
        assert panel.chosen != first
        await pilot.press("up")
        assert panel.chosen == first


async def test_clicking_a_number_follows_it(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores", (0, 0, 3)) as (pilot, session):
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        text = panel.render_line(2).text
        await pilot.click(ArithmeticPanel, offset=(text.index("0.2084") + 2, 3))
        assert (session.place.value.path, session.place.index) == (f"{LAYER}.q", (0, 0, 0))


async def test_clicking_a_cell_puts_the_cursor_there(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        column = line(pilot, TensorGrid, 1).index("dog") + 2
        await pilot.click(TensorGrid, offset=(column, 4))
        assert session.place.index == (0, 2, 3)


async def test_f_unfolds_a_long_sum(explore: Explore) -> None:
    async with explore("encoder-layer", "encoder.layers.0.ffn.output", size=(80, 24)) as (pilot, _):
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        assert any("more" in text for text in panel.text())
        await pilot.press("f")
        assert not any("more" in text for text in panel.text())
        assert len(panel.text()) > 12
        await pilot.press("f")
        assert any("more" in text for text in panel.text())


async def test_where_there_is_room_a_sum_is_not_folded_and_f_is_not_offered(explore: Explore) -> None:
    async with explore("encoder-layer", "encoder.layers.0.ffn.output", size=(80, 24)) as (pilot, _):
        panel, keys = pilot.app.screen.query_one(ArithmeticPanel), pilot.app.screen.query_one(KeyBar)
        assert panel.is_folded
        await pilot.resize_terminal(120, 60)
        await until(pilot, lambda: not panel.is_folded)
        assert not any("more" in text for text in panel.text())
        await pilot.press("right", "left")
        assert not any(key.what == "unfold" for key in keys.keys)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: panel.is_folded)


async def test_a_number_that_was_chosen_stays_so_where_there_is_room_for_more(explore: Explore) -> None:
    async with explore("encoder-layer", "encoder.layers.0.ffn.output", size=(80, 24)) as (pilot, _):
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        await pilot.press("down", "down")
        chosen = panel.chosen
        assert chosen is not None
        assert panel._chosen == 2
        await pilot.resize_terminal(120, 60)
        await until(pilot, lambda: not panel.is_folded)
        assert panel.chosen == chosen
        assert panel._chosen != 2  # the largest term stands first no longer


async def test_o_opens_the_finer_steps_and_closes_them(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        await pilot.press("o", "right", "right", "right")
        assert session.place.value.path == f"{WEIGHTS}.exponentials"
        await pilot.press("o")
        assert session.place.value.path == WEIGHTS
        assert len(session.place.steps) == 11


async def test_a_masked_cell_says_why_it_is_masked(explore: Explore) -> None:
    async with explore("padding-mask", WEIGHTS, (0, 0, 4)) as (pilot, _):
        assert "padding" in str(pilot.app.screen.query_one(ArithmeticPanel).border_title)


async def test_a_future_cell_says_that_it_is_the_future(explore: Explore) -> None:
    text = "model: {kind: attention}\ninput: {text: I love my dog}\nmask: {causal: true}"
    async with explore(text, WEIGHTS, (0, 0, 2)) as (pilot, _):
        assert "future" in str(pilot.app.screen.query_one(ArithmeticPanel).border_title)


async def test_a_row_that_may_see_nothing_says_so(explore: Explore) -> None:
    async with explore("model: {kind: attention}\ninput: {tokens: [<pad>, <pad>]}", WEIGHTS) as (pilot, _):
        title = str(pilot.app.screen.query_one(ArithmeticPanel).border_title)
        assert "row fully masked: <pad> 0 may see nothing" in title
        words = "".join(pilot.app.screen.query_one(WordsPanel).render_line(y).text for y in range(30))
        assert "Fully masked here" in words


async def test_a_number_is_followed_there_and_back_and_there_again_as_in_a_browser(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 3)) as (pilot, session):
        await pilot.press("enter", "enter")
        there = session.place.cell
        assert [cell.path for cell in session.place.trail] == [WEIGHTS, f"{LAYER}.scaled_scores"]
        title = str(pilot.app.screen.query_one(ArithmeticPanel).border_title)
        assert title == "A[I, dog] › scaled_scores[I, dog] › scores[I, dog]"
        await pilot.press("alt+left", "backspace")
        assert session.place.cell == Cell(WEIGHTS, (0, 0, 3))
        await pilot.press("alt+right", "alt+right")
        assert session.place.cell == there
        await pilot.press("backspace", "enter")
        assert session.place.cell == there
        assert not session.place.forward()


async def test_the_way_is_cut_at_its_beginning_where_there_is_little_room(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 3), size=(80, 24)) as (pilot, _):
        await pilot.press("enter", "enter", "enter")
        title = str(pilot.app.screen.query_one(ArithmeticPanel).border_title)
        assert title == "… › scores[I, dog] › Q[I, 0]"


async def test_u_shows_where_a_number_goes_and_enter_goes_there(explore: Explore) -> None:
    async with explore("i-love-my-dog", "encoder.layers.0.self_attention.scores", (0, 1, 2)) as (pilot, session):
        await pilot.press("u")
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        assert any("scaled_scores[love, my]" in line for line in panel.text())
        await pilot.press("enter", "enter")
        assert session.place.cell == Cell(WEIGHTS, (0, 1, 2))
        await pilot.press("backspace", "backspace", "u")
        assert "the sum of 5 over dₖ" in panel.text()[0]


async def test_clicking_a_cell_of_an_operand_goes_there(explore: Explore) -> None:
    async with explore("i-love-my-dog", "encoder.input", size=(200, 60)) as (pilot, session):
        second = session.place.value.operands[1].value
        panel = pilot.app.screen.query_one("#above", OperandsPanel)
        await pilot.press("e")
        await pilot.click(panel, offset=_place_of(panel, 1))
        assert session.place.value.path == "encoder.input"  # an edit of it is being typed
        await pilot.press("escape")
        await pilot.click(panel, offset=_place_of(panel, 1))
        assert session.place.value is second


def _place_of(panel: OperandsPanel, operand: int) -> tuple[int, int]:
    """Where the first cell of one of the matrices above is drawn."""
    places = ((x, y) for y in range(panel.size.height) for x in range(panel.size.width))
    x, y = next(place for place in places if (found := panel._find(*place)) is not None and found[0] == operand)
    return x + 2, y
