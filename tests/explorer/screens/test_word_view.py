"""The word view: the attention of one word, in the same numbers as the matrices."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from attn_explore.explorer.drawing.blocks import Block, as_text, links
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import word_view
from attn_explore.explorer.telling.word_view import Attention, Word
from attn_explore.explorer.widgets.among_panel import AmongPanel
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.model.explain import shapes
from tests.architectures import MODELS, like_llama, some_run
from tests.explorer.conftest import Explore, app_of, session_of, settled
from tests.opened import EVERY_BUT_WIDE, Opened
from tests.standing import until

LAYER = "encoder.layers.0.self_attention"


def attention_in(session: Session, block: str = LAYER) -> Attention:
    found = word_view.attention_of(session.run.trace, session.run.trace[f"{block}.weights"])
    assert found is not None
    return found


def numbers(block: Block) -> list[list[float]]:
    """The numbers that stand in the rows of a block."""
    return [
        [float(piece.text) for piece in row if piece.role in ("number", "result") and piece.text.strip()[-1].isdigit()]
        for row in block.rows
    ]


@EVERY_BUT_WIDE
def test_every_number_is_the_cell_that_it_leads_to(scenario: Opened) -> None:
    session = scenario.session()
    ending = "_attention.head_output"
    outputs = [path for path in session.run.trace.steps if path.endswith(ending) and not path.startswith("grad.")]
    blocks = [path.removesuffix(".head_output") for path in outputs]
    for block in blocks:
        attention = attention_in(session, block)
        heads, queries, keys = attention.scores[0].shape
        drawn = word_view.word_blocks(attention, Word(heads - 1, queries - 1, keys - 1), 120)
        pieces = [piece for part in drawn for row in part.rows for piece in row if piece.link]
        assert pieces
        for piece in pieces:
            assert piece.link is not None
            exact = float(piece.link.value.array[piece.link.index])
            assert piece.text.strip() == "-∞" or float(piece.text) == pytest.approx(exact, abs=6e-5, rel=6e-3)


@pytest.mark.parametrize(
    ("name", "queries", "scores"),
    [
        ("gemma2", "q_rotated", ["scores", "scaled_scores", "capped_scores", "masked_scores", "weights"]),
        ("normed-before-heads", "q_rotated", ["scores", "scaled_scores", "masked_scores", "weights"]),
        ("normed-alone", "q_norm", ["scores", "scaled_scores", "masked_scores", "weights"]),
        ("t5", "q", ["scores", "biased_scores", "masked_scores", "weights"]),
    ],
)
def test_queries_are_shown_as_they_are_compared(name: str, queries: str, scores: list[str]) -> None:
    model = like_llama(position="none", qk_norm="head") if name == "normed-alone" else MODELS[name]
    trace = some_run(model)
    attention = word_view.attention_of(trace, trace["decoder.layers.0.self_attention.weights"])
    assert attention is not None
    assert (attention.queries.name, [step.name for step in attention.scores]) == (queries, scores)
    assert word_view.word_blocks(attention, Word(0, 1, 1), 120)


def test_weights_sum_to_one_and_weighted_values_to_the_result() -> None:
    session = session_of("i-love-my-dog")
    attention = attention_in(session)
    products, _, shares, _, values = word_view.word_blocks(attention, Word(0, 1, 3), 200)
    weights = [row[-1] for row in numbers(shares)[1:-1]]
    assert sum(weights) == pytest.approx(1, abs=1e-3)
    assert numbers(shares)[-1] == [1]
    rows = np.array([row[-5:] for row in numbers(values)[1:]])
    np.testing.assert_allclose(rows[:-1].sum(axis=0), rows[-1], atol=1e-3)
    np.testing.assert_allclose(rows[-1], attention.output.array[0, 1], atol=1e-4)
    query, *keys = numbers(products)
    for *key, score in keys:
        assert np.dot(query[:5], key) == pytest.approx(score, abs=1e-3)


@pytest.mark.parametrize("room", [30, 56, 76, 118, 200])
@pytest.mark.parametrize("name", ["i-love-my-dog", "encoder-layer", "translate"])
def test_what_stands_after_a_weight_is_the_value_that_it_multiplies(name: str, room: int) -> None:
    attention = attention_in(session_of(name))
    values = word_view.word_blocks(attention, Word(0, 0, 0), room)[-1]
    for key, row in enumerate(values.rows[1:-1]):
        texts = [piece.text.strip() for piece in row]
        end = texts.index("=") if "=" in texts else len(texts)
        multiplied = [piece for piece in row[texts.index("×") + 1 : end] if piece.role == "number"]
        places = [(piece.link.value, piece.link.index) for piece in multiplied if piece.link]
        assert places == [(attention.values, (0, key, column)) for column in range(len(multiplied))]
        assert len(multiplied) >= word_view.LEAST


@pytest.mark.parametrize("room", [56, 76, 118])
@pytest.mark.parametrize("name", ["i-love-my-dog", "encoder-layer", "translate", "positions-rotary"])
def test_blocks_fit_the_room(name: str, room: int) -> None:
    drawn = word_view.word_blocks(attention_in(session_of(name)), Word(0, 0, 0), room)
    assert max(block.width for block in drawn) <= room


def test_of_many_words_the_heaviest_are_shown_and_what_the_others_come_to() -> None:
    text = " ".join(f"w{number}" for number in range(60))
    session = session_of(f"input: {{text: {text}}}\nmodel: {{d_model: 8, weights: {{scale: 1}}}}")
    attention = attention_in(session)
    products, _, shares, _, values = word_view.word_blocks(attention, Word(0, 3, 7), 300)
    shown = {link.index[-1] for link in links([shares])}
    weights = attention.scores[-1].array[0, 3]
    assert len(shown) == word_view.MOST
    assert 7 in shown
    assert set(np.argsort(-weights)[: word_view.MOST - 1]) <= shown
    assert numbers(shares)[-2][-1] == pytest.approx(1 - weights[sorted(shown)].sum(), abs=1e-3)
    rows = np.array([row[-8:] for row in numbers(values)[1:]])
    np.testing.assert_allclose(rows[:-1].sum(axis=0), rows[-1], atol=3e-3)
    assert "and 36 others with smaller weights" in as_text([products])[-1]


def test_heads_that_share_keys_read_the_shared_ones() -> None:
    session = session_of("grouped-query")
    attention = attention_in(session)
    heads, shared = attention.queries.shape[0], attention.keys.shape[0]
    assert shared < heads
    for head in range(heads):
        _, query, key = attention.cell(attention.keys, Word(head, 0, 1), 0)
        assert (query, key) == (1, 0)
        score = attention.scores[0].array[head, 0, 1]
        own = attention.keys.array[attention.cell(attention.keys, Word(head, 0, 1))[0], 1]
        assert np.dot(attention.queries.array[head, 0], own) == pytest.approx(score)


def test_steps_outside_attention_have_no_word_view() -> None:
    session = session_of("encoder-layer")
    for path, step in session.run.trace.steps.items():
        is_inside = ".self_attention." in path and path.rpartition(".")[2] not in (
            "concat",
            "output",
            "residual",
            "norm",
        )
        assert (word_view.attention_of(session.run.trace, step) is not None) == is_inside


@pytest.mark.parametrize(
    ("name", "step", "said"),
    [
        ("i-love-my-dog", f"{LAYER}.q", "(4×6)·(6×5) → (4×5)"),
        ("i-love-my-dog", f"{LAYER}.scores", "(4×5)·(5×4) → (4×4)"),
        ("i-love-my-dog", f"{LAYER}.head_output", "(4×4)·(4×5) → (4×5)"),
        ("multi-head", f"{LAYER}.scores", "(4×4)·(4×4) → (4×4) for each head"),
        ("multi-head", f"{LAYER}.q", "(4×8)·(8×12) → (4×12)"),
        ("encoder-layer", "encoder.layers.0.ffn.output", "(4×12)·(12×6) + (6) → (4×6)"),
        ("i-love-my-dog", f"{LAYER}.weights", ""),
    ],
)
def test_products_are_written_with_the_shapes_of_their_factors(name: str, step: str, said: str) -> None:
    assert shapes(session_of(name).run.trace[step]) == said


# --- in the explorer


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_w_shows_one_word_and_the_arrows_choose_it(explore: Explore, size: tuple[int, int]) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores", (0, 1, 3), size=size) as (pilot, session):
        panel, grid = pilot.app.screen.query_one(ArithmeticPanel), pilot.app.screen.query_one("#grid", TensorGrid)
        await pilot.press("w")
        assert not grid.display
        assert "query of love" in panel.text()[0]
        await pilot.press("down", "right", "right")
        assert session.place.value.name == "weights"
        assert session.place.index == (0, 2, 3)
        assert "query of my" in panel.text()[0]
        assert panel.chosen is not None
        assert (panel.chosen.value, panel.chosen.index) == (session.place.value, (0, 2, 3))
        await pilot.press("h", "k")
        assert session.place.index == (0, 1, 2)
        await pilot.press("enter")
        assert grid.display
        assert session.place.index == (0, 1, 2)
        assert grid.cursor == (0, 1, 2)


async def test_the_word_stays_from_step_to_step_and_from_head_to_head(explore: Explore) -> None:
    async with explore("multi-head", f"{LAYER}.weights", (0, 2, 1)) as (pilot, session):
        await pilot.press("w", "]")
        assert session.place.index == (1, 2, 1)
        await pilot.press("left", "left", "left")
        assert session.place.value.name == "v"
        assert session.place.index[:2] == (1, 1)
        await pilot.press("down")
        assert session.place.index[:2] == (1, 1)
        assert "query of sleeps" in pilot.app.screen.query_one(ArithmeticPanel).text()[0]


async def test_outside_attention_w_says_where_it_works(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press("w")
        assert pilot.app.screen.query_one("#grid", TensorGrid).display


async def test_a_number_of_the_word_view_is_gone_to_by_the_mouse(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores", (0, 1, 3)) as (pilot, session):
        await pilot.press("w")
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        line = panel.text()[8]
        await pilot.click(ArithmeticPanel, offset=(line.rindex(line.split()[3]) + 2, 9))
        assert session.place.value.name == "weights"


async def test_out_of_the_word_view_another_tensor_can_be_moved_in(explore: Explore) -> None:
    async with explore("padding-mask", f"{LAYER}.weights", (0, 2, 1)) as (pilot, session):
        await pilot.press("w")
        await pilot.press("right", "right", "right", "j", "l")
        assert session.place.value.path == f"{LAYER}.output"
        assert pilot.app.screen.query_one("#grid", TensorGrid).cursor == session.place.index


async def test_w_shows_the_text_on_the_weights_of_the_word_that_asks(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.weights", (0, 1, 3)) as (pilot, session):
        await pilot.press("W")
        assert isinstance(pilot.app.screen, ExplorerScreen)
        panel = pilot.app.screen.query_one("#among")
        assert isinstance(panel, AmongPanel)
        await until(pilot, lambda: "love → dog 0.6132" in panel.render_line(0).text)
        assert "I love my dog" in panel.render_line(2).text
        await pilot.press("down", "l")
        assert session.place.index == (0, 2, 3)
        assert "my → my 0.4346" in panel.render_line(0).text
        await pilot.click(panel, offset=(1, 2))
        assert session.place.index == (0, 2, 0)
        await pilot.press("W")
        assert not panel.display
        assert pilot.app.screen.grid.display


@pytest.mark.parametrize(("height", "fits"), [(24, (False, False)), (25, (True, False))])
async def test_words_are_all_joined_by_lines_or_none_while_a_message_is_up_and_after(
    height: int, fits: tuple[bool, bool]
) -> None:
    words = "one two three four five six seven eight"
    model = "{kind: attention, d_model: 4, heads: 1, output_projection: false, weights: {seed: 1}}"
    session = session_of(f"title: many\nmodel: {model}\ninput: {{text: {words}}}", f"{LAYER}.weights")
    async with app_of(session).run_test(size=(80, height), notifications=True) as pilot:
        await settled(pilot)
        await pilot.press("W")
        panel = pilot.app.screen.query_one("#among", AmongPanel)

        def joins(expected: list[str]) -> bool:
            drawn = [panel.render_line(y).text.split() for y in range(4, panel.size.height)]
            return [line[0] for line in drawn if line] == expected

        drawn = [words.split() if each else [] for each in (*fits, fits[0])]
        for said, expected in zip(("", "Something is said.", ""), drawn, strict=True):
            pilot.app.clear_notifications()
            if said:
                pilot.app.notify(said)
            await settled(pilot)
            await until(pilot, partial(joins, expected))


@pytest.mark.parametrize("view", ["w", "W"])
async def test_an_edit_is_typed_under_the_numbers_that_it_changes(explore: Explore, view: str) -> None:
    async with explore("multi-head", "encoder.layers.0.self_attention.weights") as (pilot, _):
        grid = pilot.app.screen.query_one("#grid")
        await pilot.press(view)
        assert not grid.display
        await pilot.press("e")
        assert grid.display
        await pilot.press("escape")
        assert not grid.display
