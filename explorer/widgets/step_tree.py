"""The model as a tree of steps, with a mark on the current one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from attn_explore.explorer.drawing.tree_label import tree_label
from attn_explore.explorer.widgets.drawn import Kept
from attn_explore.model.dataclass import dataclass
from attn_explore.model.text import visible

FEW = 30
"""A tree of so many steps is shown as a whole."""
MOST_OPEN = 4
"""In a longer one, groups with fewer parts in their path are open from the start: the stacks and their layers."""
MOST_LAYERS = 6
"""Of more layers, each is one line: only the one that the current step stands in is open."""

GRADIENTS = "grad"
"""The first part of the paths of gradients: they stand in a branch that is folded until one of them is looked at."""

PARAMETERS = "parameters:"
"""Stands before the groups of parameters, which may be called like those of steps."""

NO_CHAPTERS: Mapping[str, str] = MappingProxyType({})

_GROUP = Binding.Group("In the tree")


@dataclass(frozen=True, eq=False)
class _Branch:
    """What stands in a branch: paths that begin alike in their first `depth` parts; `prefix` is that of its groups."""

    prefix: str
    depth: int
    paths: list[str]


class StepTree(Tree[str], Kept, inherit_bindings=False):
    """Shows paths as a tree. Nodes carry the path of their step; nodes that only group others carry none.

    What stands in a branch is made when that is opened first: a generation of a real model has many thousand steps.
    Where the tree is longer than the panel, only the block that the current step stands in is open: so the encoder and
    the decoder can be seen together. Of a model of many layers, so is only the layer.
    """

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
        self._steps: frozenset[str] = frozenset()
        self._symbol: Callable[[str], str] = lambda _: ""
        self._waiting: dict[TreeNode[str], _Branch] = {}
        self._current = ""
        self._chapters: Mapping[str, str] = NO_CHAPTERS
        self._is_long = self._is_deep = False
        self._opened: list[TreeNode[str]] = []
        self._shape: object = None
        self._kept_styles: dict[object, Style] = {}

    def show(
        self,
        title: str,
        steps: Sequence[str],
        symbol: Callable[[str], str],
        parameters: Iterable[str],
        chapters: Mapping[str, str] = NO_CHAPTERS,
    ) -> None:
        """Build the tree from the path of each step, with the parameters in a branch of their own.

        `symbol` gives what stands beside a step; it is asked when the step's node is made, and again when what is shown
        changes. `chapters` are the names of parts that have a title, by the beginning of their paths. Labels are
        `Text`: Textual would take a str from a file for markup.
        """
        self._steps, self._symbol = frozenset(steps), symbol
        if self._relabelled(title, steps, parameters, chapters):
            return
        self.clear()
        self._chapters = chapters
        own = [path for path in steps if not _is_gradient(path)]
        self._is_long, self._is_deep = len(own) > FEW, len({*map(_layer_of, own)}) > MOST_LAYERS + 1
        self._opened = []
        self.root.set_label(Text(visible(title)))
        self.root.expand()
        self._by_path, self._waiting = {}, {}
        self._fill(self.root, _Branch("", 0, list(steps)))
        branch = self._by_path[PARAMETERS] = self.root.add(Text("parameters"), expand=False)
        self._waiting[branch] = _Branch(PARAMETERS, 0, list(parameters))

    def _relabelled(
        self, title: str, steps: Sequence[str], parameters: Iterable[str], chapters: Mapping[str, str]
    ) -> bool:
        """Change the symbols alone, where the tree has the same nodes as before: building it costs a frame."""
        shape = (title, list(steps), list(parameters), dict(chapters))
        is_same, self._shape = shape == self._shape, shape
        for path in steps if is_same else ():
            node = self._by_path.get(path)
            if node is not None and node.label != (label := self._label(path)):
                node.set_label(label)
        return is_same

    def _label(self, path: str) -> Text:
        symbol = self._symbol(path) if path in self._steps else ""
        return Text(f"{visible(path.rpartition('.')[2])}\0{symbol}")

    def mark(self, path: str) -> None:
        """Mark the step at `path` as the current one, open the branches above it and bring it into view."""
        before, node = self._by_path.get(self._current), self._found(path)
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
        depth = len(_above(node))
        room = max(self.scrollable_content_region.width - self.guide_depth * depth - len(mark), len(name) // 2)
        name, symbol = tree_label(name, symbol, room) if self.size.width else (name, symbol)
        text = Text.assemble((mark, base_style if not is_current else style), (name, style), no_wrap=True, end="")
        if symbol:
            text.append(f" {symbol}", self.get_component_rich_style("step-tree--symbol", partial=True))
        return text

    def on_resize(self) -> None:
        """Keep the current step in sight, however much room there is now."""
        node = self._by_path.get(self._current)
        if node is not None:
            self.call_after_refresh(self._bring_into_view, node)

    def get_component_rich_style(self, *names: str, partial: bool = False, default: Style | None = None) -> Style:
        """The style of component classes, kept until the theme changes: a line asks for seven."""
        style = self._kept_styles.get((names, partial))
        if style is None:
            if not self._component_styles:
                return Style()  # the program ends while the screen comes up: nothing was styled, nor will it be
            style = super().get_component_rich_style(*names, partial=partial, default=default)
            self._kept_styles[names, partial] = style
        return style

    def notify_style_update(self) -> None:
        """Another theme, or another state: look the styles up again."""
        self._kept_styles.clear()
        super().notify_style_update()

    def on_tree_node_selected(self, event: Tree.NodeSelected[str]) -> None:
        """Turn the choice of a step into a message of our own; groups only open and close."""
        event.stop()
        if event.node.data is not None:
            self.post_message(self.Chosen(event.node.data))

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[str]) -> None:
        """Make what stands in a branch that is opened for the first time."""
        event.stop()
        self._open(event.node)

    # --- the nodes

    def _found(self, path: str) -> TreeNode[str] | None:
        """The node of a step or parameter; made, with the branches above it, if it was not yet."""
        if path not in self._by_path:
            prefix, parts = "" if path in self._steps else PARAMETERS, path.split(".")
            for place in range(len(parts)):
                branch = self._by_path.get(prefix + ".".join(parts[:place]))
                if branch is not None:
                    self._open(branch)
        return self._by_path.get(path)

    def _open(self, node: TreeNode[str]) -> None:
        """Make what stands in a branch, unless that was done."""
        branch = self._waiting.pop(node, None)
        if branch is not None:
            self._fill(node, branch)

    def _fill(self, node: TreeNode[str], branch: _Branch) -> None:
        """Add a node for each step right under another one, and for each group of further steps."""
        groups: dict[str, tuple[int, str, list[str]]] = {}
        for path in branch.paths:
            parts = path.split(".")
            size, label = self._group(parts, branch.depth) if branch.depth < len(parts) - 1 else (1, "")
            groups.setdefault(".".join(parts[: branch.depth + size]), (size, label, []))[2].append(path)
        for group, (size, label, paths) in groups.items():
            inner = _Branch(branch.prefix, branch.depth + size, [path for path in paths if path != group])
            if len(inner.paths) < len(paths):
                self._add_step(node, group, inner)
            elif label:
                self._add_group(node, group, label, inner)
            else:
                self._by_path[branch.prefix + group] = node
                self._fill(node, inner)

    def _add_step(self, parent: TreeNode[str], path: str, inner: _Branch) -> None:
        """Add the node of a step, and those of its finer steps where it is open."""
        node = parent.add(self._label(path), data=path, expand=bool(inner.paths), allow_expand=bool(inner.paths))
        self._by_path[path] = node
        self._fill(node, inner)

    def _add_group(self, parent: TreeNode[str], group: str, label: str, inner: _Branch) -> None:
        """Add the node of a group of steps; where it is closed, what stands in it waits."""
        is_open = group != GRADIENTS and (not self._is_long or self._is_open_at_first(group, inner.depth))
        node = self._by_path[inner.prefix + group] = parent.add(Text(label), expand=is_open)
        if is_open:
            self._fill(node, inner)
        else:
            self._waiting[node] = inner

    def _is_open_at_first(self, group: str, parts: int) -> bool:
        """Whether a group of so many parts in its path is open before one of its steps is looked at, in a long tree.

        A word that was generated is not, nor a width that an experiment tried, nor one of many layers.
        """
        is_numbered = group.rpartition(".")[2].isdecimal()
        is_one_of_many = group in self._chapters or (
            is_numbered and ("layers" not in group.split(".") or self._is_deep)
        )
        return parts < MOST_OPEN and not is_one_of_many

    def _group(self, parts: list[str], place: int) -> tuple[int, str]:
        """How many parts of a path from `place` on are one group, and its label; none for a chapter's only stack."""
        title = self._chapters.get(".".join(parts[: place + 2]))
        if title is not None:
            return 2, visible(title)
        if ".".join(parts[:place]) in self._chapters:
            return 1, ""
        if place == 0 and parts[0] == GRADIENTS:
            return 1, "∂ gradients"
        size = 2 if parts[place] == "layers" else 1
        return size, " ".join(parts[place : place + size]).replace("layers", "layer").replace("_", "-")

    def _bring_into_view(self, node: TreeNode[str]) -> None:
        """Scroll to a node; where layers are folded, so that what is open around it is in sight, too, if it fits."""
        if node.line < 0:
            return
        with self.prevent(Tree.NodeHighlighted):  # nobody listens, and it would go up to the app
            self.cursor_line = node.line  # Textual would scroll to it, too
        if self._is_deep and node.parent is not None:
            block = self._lines_of(node.parent)
            if len(block) <= self.scrollable_content_region.height:
                self._bring_lines_into_view(block)
        self._bring_lines_into_view(range(node.line, node.line + 1))

    def _bring_lines_into_view(self, lines: range) -> None:
        """Scroll no further than needed, at once: Textual would do it after the frame, in another one."""
        top = self.scroll_offset.y
        wanted = min(max(top, lines.stop - self.scrollable_content_region.height), lines.start)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    @staticmethod
    def _lines_of(branch: TreeNode[str]) -> range:
        """The lines of an open branch, and of what is open in it."""
        last = branch
        while last.is_expanded and last.children:
            last = last.children[-1]
        return range(max(branch.line, 0), last.line + 1)

    def _open_above(self, node: TreeNode[str]) -> None:
        """Open the branches above a node, and close those that were opened for another one.

        Those above the gradient by a step stay open at the step, and the other way round: one flips between them.
        """
        above = _above(node)
        path = node.data or ""
        flipped = self._by_path.get(path.removeprefix(f"{GRADIENTS}.") if _is_gradient(path) else f"{GRADIENTS}.{path}")
        kept = [*above, *(_above(flipped) if flipped else ())]
        for branch in self._opened:
            if branch not in kept:
                branch.collapse()
        opened = [branch for branch in above if not branch.is_expanded]
        self._opened = [*(branch for branch in self._opened if branch in kept), *opened]
        for branch in opened:
            branch.expand()


def _is_gradient(path: str) -> bool:
    return path.startswith(f"{GRADIENTS}.")


def _layer_of(path: str) -> str:
    """The layer that a step stands in, of whichever pass of a generation; nothing where it stands in none."""
    before, layers, after = path.partition("layers.")
    return f"{before.split('.')[-2]}.{after.split('.')[0]}" if layers else ""


def _above(node: TreeNode[str]) -> list[TreeNode[str]]:
    """The branches that a node lies in, from the inside out."""
    found, parent = [], node.parent
    while parent is not None:
        found.append(parent)
        parent = parent.parent
    return found
