"""What the explorer shows of decoders, choices, second runs and the scenario's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets.tree import TreeNode

from attn_explore.explorer.drawing.arithmetic import Manner, blocks
from attn_explore.explorer.drawing.blocks import as_text
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.widgets.heading import Heading
from attn_explore.explorer.widgets.ranking import Ranking
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.words_panel import WordsPanel
from attn_explore.model.explain import arithmetic
from attn_explore.model.finer import finer_steps
from attn_explore.model.values import Value
from tests.building import SEEDS, configs, ran, random_parameters
from tests.explorer.conftest import Explore, app_of, settled
from tests.opened import EVERY_BUT_WIDE, Opened

SCORES = "encoder.layers.0.self_attention.scores"
ACROSS = "decoder.layers.0.cross_attention.weights"


def lines(pilot: Pilot[None], widget: type[Ranking | TensorGrid | WordsPanel | Heading]) -> list[str]:
    shown = pilot.app.screen.query_one(widget)
    return [shown.render_line(y).text.strip() for y in range(shown.size.height)]


def labels(node: TreeNode[str]) -> list[str]:
    """What stands in the tree, open branches only."""
    found = []
    for child in node.children:
        assert isinstance(child.label, Text)
        found.append(child.label.plain.partition("\0")[0])
        found += labels(child) if child.is_expanded else []
    return found


def at_both_ends(values: Iterable[Value]) -> list[Value]:
    """The first and the last value of each kind: those of the layers and words between are drawn by the same lines."""
    kinds: dict[object, list[Value]] = {}
    for value in values:
        kind = re.sub(r"\b\d+\b", "#", value.path), value.names, value.operation and value.operation.name
        kinds.setdefault(kind, []).append(value)
    return [value for alike in kinds.values() for value in (alike if len(alike) < 3 else (alike[0], alike[-1]))]


@pytest.mark.long
@EVERY_BUT_WIDE
async def test_every_kind_of_step_of_every_bundled_scenario_can_be_shown(scenario: Opened) -> None:
    session = scenario.session()
    for step in list(session.place.steps):
        session.place.open(step)
    async with app_of(session).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        trace = session.run.trace
        for value in at_both_ends([*session.place.steps, *trace.parameters.values(), *trace.given.values()]):
            session.place.show(value)
            screen.show()
            await settled(pilot)
            shown = lines(pilot, Ranking if screen.query_one(Ranking).display else TensorGrid)
            assert any(shown), value.path


@given(kind=st.sampled_from(["encoder", "attention", "encoder-decoder"]), seed=SEEDS, data=st.data())
def test_the_arithmetic_of_any_cell_of_any_model_can_be_written(kind: str, seed: int, data: st.DataObject) -> None:
    config = data.draw(configs(kind=kind, head="sequence", classes=("a", "b")))
    target = [0, 1] if kind == "encoder-decoder" else None
    trace = ran(config, random_parameters(config, 3, seed), [0, 1, 2], target, pad=(False, False, True))
    for step in trace.steps.values():
        for value in (step, *finer_steps(step)):
            index = tuple(seed % size for size in value.shape)
            for terse in (False, True):
                found = blocks(arithmetic(value, index), Manner(terse=terse))
                assert short_number(float(value.array[index])) in "\n".join(as_text(found))


# --- choices


async def test_candidates_are_a_ranked_list_with_the_chosen_word_first(explore: Explore) -> None:
    async with explore("write-word-by-word", "candidates") as (pilot, session):
        assert not pilot.app.screen.query_one("#grid", TensorGrid).display
        heading, first, second, *_ = lines(pilot, Ranking)
        assert heading == "vocabulary, the largest first"
        assert first.startswith("1  我")
        assert first.endswith("█  chosen")
        assert "chosen" not in second
        probabilities = [float(line.split()[2]) for line in lines(pilot, Ranking)[1:7]]
        assert probabilities == sorted(probabilities, reverse=True)
        assert session.place.index == (2,)


async def test_the_cursor_goes_down_the_ranks_and_the_arithmetic_follows(explore: Explore) -> None:
    async with explore("write-word-by-word", "candidates") as (pilot, session):
        await pilot.press("j", "j", "j", "j", "j", "j", "j")
        order = sorted(range(6), key=lambda place: -session.place.value.array[place])
        assert session.place.index == (order[-1],)
        await pilot.press("tab", "g")
        assert session.place.index == (order[0],)
        await pilot.press("down")
        assert session.place.index == (order[1],)


async def test_a_click_chooses_a_rank(explore: Explore) -> None:
    async with explore("write-word-by-word", "candidates") as (pilot, session):
        await pilot.click(Ranking, offset=(8, 3))
        await settled(pilot)
        order = sorted(range(6), key=lambda place: -session.place.value.array[place])
        assert session.place.index == (order[2],)


async def test_negative_logits_have_bars_too(explore: Explore) -> None:
    scenario = "model: {head: sequence, classes: [good, bad], weights: {seed: 3}}\ninput: {text: I am}"
    async with explore(scenario, "logits") as (pilot, session):
        assert session.place.value.array.min() < 0
        assert all("█" in line or "▏" in line for line in lines(pilot, Ranking)[1:3])


async def test_a_long_list_scrolls_with_the_cursor_and_says_which_part_is_in_sight(explore: Explore) -> None:
    classes = ", ".join(f"c{place}" for place in range(60))
    scenario = f"model: {{head: sequence, classes: [{classes}]}}\ninput: {{text: I am}}"
    async with explore(scenario, "probabilities") as (pilot, _):
        assert "of 60" in lines(pilot, Ranking)[0]
        await pilot.press("tab", "G")
        await settled(pilot)
        assert "–60 of 60" in lines(pilot, Ranking)[0]
        assert any(line.startswith("60  ") for line in lines(pilot, Ranking))


# --- the tree


async def test_encoder_and_decoder_stand_together_in_the_tree_with_a_branch_for_each_word(explore: Explore) -> None:
    async with explore("write-word-by-word", ACROSS) as (pilot, _):
        shown = labels(pilot.app.screen.query_one(StepTree).root)
        assert {"encoder", "decoder"} < set(shown)
        words = [label for label in shown if label.startswith("word ")]
        assert words == ["word 2: 喜歡", "word 3: 我的", "word 4: 狗", "word 5: </s>"]
        assert len(shown) < 40


async def test_only_the_branch_of_the_current_step_is_open_in_a_long_tree(explore: Explore) -> None:
    async with explore("write-word-by-word", ACROSS) as (pilot, session):
        tree = pilot.app.screen.query_one(StepTree)
        assert labels(tree.root).count("scores") == 1
        value = session.place.find("generated.2.decoder.layers.0.self_attention.scores")
        assert value is not None
        session.place.show(value)
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        screen.show()
        await pilot.pause()
        assert labels(tree.root).count("scores") == 1
        assert "layer 0" in labels(tree.root)


# --- two runs


async def test_c_goes_to_the_same_cell_of_the_other_run_and_back(explore: Explore) -> None:
    async with explore("dot-vs-additive", SCORES, (0, 2, 1)) as (pilot, session):
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        await pilot.press("c")
        assert screen.state.session is session.other
        assert (screen.state.session.place.value.path, screen.state.session.place.index) == (SCORES, (0, 2, 1))
        assert "Attention scores · additive" in lines(pilot, Heading)[0]
        await pilot.press("c")
        assert screen.state.session is session
        assert "additive" not in lines(pilot, Heading)[0]


async def test_a_step_that_only_one_run_has_is_not_left_for_the_other_run(explore: Explore) -> None:
    async with explore("dot-vs-additive", SCORES) as (pilot, session):
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        await pilot.press("c", "left")
        assert screen.state.session.place.value.name == "additive_hidden"
        await pilot.press("c")
        assert screen.state.session is session.other
        assert screen.state.session.place.value.name == "additive_hidden"
        assert "has no such step" in "".join(toast.message for toast in pilot.app._notifications)
        await pilot.press("right", "c")
        assert screen.state.session is session
        assert session.place.value.path == SCORES


TWO_TEXTS = "input: {text: I love my dog}\ncompare: {input: {text: I love cats}}\ngradients: {}"


@pytest.mark.parametrize(
    ("name", "step", "index"),
    [
        ("where-gradients-flow", "grad.encoder.layers.3.ffn.residual", (1, 1)),
        (TWO_TEXTS, SCORES, (0, 3, 2)),
        (TWO_TEXTS, "encoder.embedding", (3, 1)),
    ],
)
async def test_c_and_c_again_is_where_one_was(explore: Explore, name: str, step: str, index: tuple[int, ...]) -> None:
    async with explore(name, step, index) as (pilot, session):
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        assert session.other is not None
        session.other.place.show(session.other.place.steps[-1])
        before = session.place.cell
        await pilot.press("c", "c")
        assert screen.state.session is session
        assert session.place.cell == before


async def test_c_says_when_there_is_nothing_to_compare(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("c")
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        assert screen.state.session is session
        assert session.other is None


# --- the scenario's own words


async def test_the_scenarios_own_words_stand_before_the_general_ones(explore: Explore) -> None:
    async with explore("single-head", SCORES) as (pilot, session):
        shown = lines(pilot, WordsPanel)
        assert shown[0] == "In this scenario"
        assert shown.index("Why this step") > 1
        assert session.place.index == (0, 1, 0)


async def test_the_axes_of_cross_attention_are_the_words_of_both_texts(explore: Explore) -> None:
    async with explore("cross-attention", ACROSS) as (pilot, _):
        shown = lines(pilot, TensorGrid)
        assert shown[1].split() == ["query", "↓", "the", "black", "cat"]
        assert [line.split()[0] for line in shown[2:5]] == ["<s>", "le", "chat"]
