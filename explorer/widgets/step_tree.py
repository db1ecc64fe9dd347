"""The model as a tree of steps, with a mark on the current one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from model.text import visible

_GROUP = Binding.Group("In the tree")


class StepTree(Tree[str], inherit_bindings=False):
    """Shows paths as a tree. Nodes carry the path of their step; nodes that only group others carry none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor_up", "Line up", id="tree.up", group=_GROUP),
        Binding("down", "cursor_down", "Line down", id="tree.down", group=_GROUP),
        Binding("enter", "select_cursor", "Go to this step", id="tree.select", group=_GROUP),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {"step-tree--current", "step-tree--symbol"}

    class Chosen(Message):
        """A step of the tree was chosen."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, id: str | None = None) -> None:
        super().__init__("steps", id=id)
        self.guide_depth = 2
        self._by_path: dict[str, TreeNode[str]] = {}
        self._current = ""

    def show(self, title: str, steps: Iterable[tuple[str, str]], parameters: Iterable[str]) -> None:
        """Build the tree from (path, symbol) of each step, with the parameters in a branch of their own.

        Labels are `Text`: Textual would take a str from a file for markup.
        """
        self.clear()
        self.root.set_label(Text(visible(title)))
        self.root.expand()
        self._by_path = {}
        for path, symbol in steps:
            self._place(path, self.root, "", symbol)
        branch = self.root.add(Text("parameters"), expand=False)
        for name in parameters:
            self._place(name, branch, "parameters:", "")

    def mark(self, path: str) -> None:
        """Mark the step at `path` as the current one, open the branches above it and bring it into view."""
        before, node = self._by_path.get(self._current), self._by_path.get(path)
        self._current = path
        for changed in (before, node):
            if changed is not None:
                changed.refresh()
        if node is None:
            return
        self._open_above(node)
        if node.line >= 0:
            self._bring_into_view(node)
        else:  # its line is known once the tree has been drawn
            self.call_after_refresh(self._bring_into_view, node)

    def render_label(self, node: TreeNode[str], base_style: Style, style: Style) -> Text:
        """The last part of the path, its symbol, and ▶ before the current step."""
        name, _, symbol = node.label.plain.partition("\0") if isinstance(node.label, Text) else ("", "", "")
        is_current = node.data is not None and node.data == self._current
        mark = "▶ " if is_current else ("▾ " if node.is_expanded else "▸ ") if node.allow_expand else "  "
        if is_current:
            style += self.get_component_rich_style("step-tree--current", partial=True)
        text = Text.assemble((mark, base_style if not is_current else style), (name, style), no_wrap=True, end="")
        if symbol:
            text.append(f"  {symbol}", self.get_component_rich_style("step-tree--symbol", partial=True))
        return text

    def on_tree_node_selected(self, event: Tree.NodeSelected[str]) -> None:
        """Turn the choice of a step into a message of our own; groups only open and close."""
        event.stop()
        if event.node.data is not None:
            self.post_message(self.Chosen(event.node.data))

    def _place(self, path: str, root: TreeNode[str], prefix: str, symbol: str) -> None:
        """Add a node for `path`, and group nodes for the parts above it that have none."""
        parts = path.split(".")
        parent, place = root, 0
        while place < len(parts) - 1:
            size = 2 if parts[place] == "layers" else 1
            group = ".".join(parts[: place + size])
            label = " ".join(parts[place : place + size]).replace("layers", "layer").replace("_", "-")
            if prefix + group not in self._by_path:
                self._by_path[prefix + group] = parent.add(Text(label), expand=True)
            parent, place = self._by_path[prefix + group], place + size
        if parent.data is not None:
            parent.allow_expand = True
            parent.expand()
        self._by_path[path] = parent.add(Text(f"{visible(parts[-1])}\0{symbol}"), data=path, allow_expand=False)

    def _bring_into_view(self, node: TreeNode[str]) -> None:
        if node.line >= 0:
            self.move_cursor(node)
            self.scroll_to_line(node.line, animate=False)

    @staticmethod
    def _open_above(node: TreeNode[str]) -> None:
        parent = node.parent
        while parent is not None:
            if not parent.is_expanded:
                parent.expand()
            parent = parent.parent
