"""The tree of a model of many layers: one line a layer, but for that of the step that is looked at."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.widgets.tree import TreeNode

from attn_explore.explorer.widgets.step_tree import MOST_LAYERS, StepTree

STEPS = ("self_attention.q", "self_attention.weights", "self_attention.output", "ffn.hidden", "ffn.output")
WORD = "generated.1."


class Alone(App[None]):
    """Nothing but the tree."""

    def compose(self) -> ComposeResult:
        yield StepTree()

    @property
    def steps(self) -> StepTree:
        return self.query_one(StepTree)

    def build(self, layers: int) -> None:
        one_pass = [
            "decoder.input",
            *(f"decoder.layers.{layer}.{step}" for layer in range(layers) for step in STEPS),
            "logits",
        ]
        steps = [*one_pass, *(f"{WORD}{path}" for path in one_pass)]
        self.steps.show("many", steps, lambda _: "", ["decoder.embedding_table"], {WORD[:-1]: "word 2: cat"})


def open_labels(node: TreeNode[str]) -> list[str]:
    found = []
    for child in node.children:
        label = str(child.label).partition("\0")[0]
        found.append(f"▾ {label}" if child.is_expanded and child.children else label)
        found += open_labels(child) if child.is_expanded else []
    return found


def lines_in_sight(tree: StepTree) -> range:
    top = round(tree.scroll_y)
    return range(top, top + tree.scrollable_content_region.height)


@pytest.mark.parametrize("height", [12, 24, 60])
async def test_the_layer_of_the_step_alone_is_open_and_the_step_in_sight(height: int) -> None:
    app = Alone()
    async with app.run_test(size=(30, height)) as pilot:
        app.build(30)
        for before, where in (("", 0), ("", 17), ("", 18), ("", 29), (WORD, 3), ("", 17)):
            path = f"{before}decoder.layers.{where}.ffn.hidden"
            app.steps.mark(path)
            await pilot.pause()
            node = next(each for each in app.steps.root.tree._tree_nodes.values() if each.data == path)
            assert node.line in lines_in_sight(app.steps)
            labels = open_labels(app.steps.root)
            assert [label for label in labels if label.startswith("▾ layer")] == [f"▾ layer {where}"]
            assert labels.count("hidden") == 1
            assert sum("layer" in label for label in labels) == (60 if before else 30)
            assert ("▾ word 2: cat" in labels) is bool(before)


async def test_the_step_stays_in_sight_when_the_tree_gets_less_room() -> None:
    app = Alone()
    async with app.run_test(size=(30, 50)) as pilot:
        app.build(30)
        app.steps.mark("decoder.layers.28.ffn.output")
        await pilot.pause()
        await pilot.resize_terminal(30, 10)
        await pilot.pause()
        assert app.steps.cursor_line in lines_in_sight(app.steps)


async def test_a_tree_of_few_layers_shows_all_of_them() -> None:
    app = Alone()
    async with app.run_test(size=(30, 40)) as pilot:
        app.build(MOST_LAYERS)
        app.steps.mark("decoder.layers.1.ffn.hidden")
        await pilot.pause()
        shown = open_labels(app.steps.root)
        assert [label for label in shown if "layer" in label] == [f"▾ layer {layer}" for layer in range(MOST_LAYERS)]
        assert shown.count("hidden") == 1


async def test_what_stands_in_a_closed_branch_is_made_when_the_branch_is_opened() -> None:
    app = Alone()
    async with app.run_test(size=(30, 60)) as pilot:
        app.build(30)
        assert len(app.steps.root.tree._tree_nodes) < 50  # of 305 steps: the layers, and what stands around them
        layer = next(node for node in app.steps.root.children[0].children if str(node.label) == "layer 7")
        layer.expand()
        await pilot.pause()
        assert open_labels(layer) == ["self-attention", "ffn"]
        assert len(app.steps.root.tree._tree_nodes) < 60


async def test_a_symbol_that_changes_in_a_closed_branch_stands_there_when_it_is_opened() -> None:
    app = Alone()
    async with app.run_test(size=(30, 60)):
        for symbol in "ab":
            steps = [f"decoder.layers.{layer}.ffn.hidden" for layer in range(40)]
            app.steps.show("many", steps, dict.fromkeys(steps, symbol).__getitem__, [])
        app.steps.mark("decoder.layers.9.ffn.hidden")
        labels = [str(node.label) for node in app.steps._tree_nodes.values()]
        assert [label for label in labels if label.startswith("hidden")] == ["hidden\0b"]
