"""A place in a run: which value is looked at, which of its cells, and the way that led there.

It knows values and indices, not widgets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

import numpy as np

from attn_explore.explorer.session.history import History
from attn_explore.explorer.session.matching import same_cell
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index, chosen, is_choice
from attn_explore.model.finer import finer_steps, has_finer
from attn_explore.model.ops import is_gradient
from attn_explore.model.passes import LENS, in_first_pass
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a step or parameter."""

    path: str
    index: Index


def has_cell(value: Value, index: Index) -> bool:
    """Whether a value has a cell at an index that another run had: after an edit, a table may have fewer rows."""
    return len(index) == len(value.shape) and all(map(int.__lt__, index, value.shape))


def _without_last(path: str) -> str:
    """The path of the step that a finer one is part of."""
    return path.rpartition(".")[0]


def _is_said(value: Value) -> bool:
    """Whether a value tells at each token how well every word would go on, and is at hand."""
    is_known = value.elsewhere is None and not value.is_away
    return value.names == ("token", "vocabulary") and not value.is_leaf and not is_gradient(value) and is_known


def _likeliest(trace: Trace, value: Value) -> Index:
    from attn_explore.model.looking.asked_place import usual_place

    place = usual_place(trace, value)
    return place, int(np.argmax(value[place]))


def _nowhere(_: Value) -> Index | None:
    return None


@dataclass
class Place:
    """A place in `trace`; `first_cell` says where the cursor stands in a value at first, where it is told.

    `value` is what is looked at: a step, a finer step of an opened step, one that the lens makes, or a parameter.
    `opened` are finer steps by the path of theirs, and what the lens makes of a step by that path after `lens.`.
    """

    trace: Trace
    first_cell: Callable[[Value], Index | None] = _nowhere
    value: Value = field(init=False)
    opened: dict[str, list[Value]] = field(default_factory=dict, init=False)
    _step: Value = field(init=False)
    _wanted: str = field(init=False)
    _cells: dict[str, Index] = field(default_factory=dict, init=False)
    _way: History[Cell] = field(default_factory=History, init=False)
    _followed: set[tuple[Cell, Cell]] = field(default_factory=set, init=False)
    _marked: list[Cell] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.show(self.steps[0])

    # --- steps

    @property
    def steps(self) -> list[Value]:
        """The steps in order, each opened one followed by its finer steps, and by what the lens makes of it."""
        return [value for step in self.trace.steps.values() for value in (step, *self._opened_at(step))]

    def _opened_at(self, step: Value) -> list[Value]:
        keys = (step.path, f"{LENS}{step.path}") if self.opened else ()
        return [value for key in keys for value in self.opened.get(key, ())]

    @property
    def position(self) -> int:
        """How many steps come before the current one. A parameter is looked at from the step that led to it."""
        return self.steps.index(self._step)

    def find(self, path: str) -> Value | None:
        """The step, finer step, parameter or given value at `path`; opens the step that a finer one is part of."""
        found, key = self.peek(path), self._key(path)
        if found is None or key is None or found.is_leaf or found.path in self.trace.steps:
            return found
        self._open(key)
        return self.peek(path)

    def peek(self, path: str) -> Value | None:
        """The same, without opening anything."""
        if any(path in known for known in (self.trace.steps, self.trace.parameters, self.trace.given)):
            return self.trace[path]
        key = self._key(path)
        inner = [] if key is None else self.opened.get(key) or self._inner(key)
        return next((value for value in inner if value.path == path), None)

    def _key(self, path: str) -> str | None:
        """Under which key the steps are opened that the one at `path` is among; None where there can be none."""
        if path.startswith(LENS):
            from attn_explore.model.stream import lens_point  # whoever looks at no such step does not wait for it

            found = lens_point(self.trace, path)
            return None if found is None else f"{LENS}{found.path}"
        parent = _without_last(path)
        return parent if parent in self.trace.steps else None

    def _inner(self, key: str) -> list[Value]:
        """The steps that are opened under a key; none where the run has nothing to open there."""
        step = self.trace.steps.get(key.removeprefix(LENS))
        if step is None or not key.startswith(LENS):
            return [] if step is None else finer_steps(step) or self.trace.sampled.get(key, [])
        from attn_explore.model.stream import lens_steps, stream_at

        return lens_steps(self.trace, stream_at(self.trace, step), step)

    def _open(self, key: str) -> None:
        if key not in self.opened and (inner := self._inner(key)):
            self.opened[key] = inner

    def show(self, value: Value, index: Index | None = None) -> None:
        """Look at `value`, at the cell `index` or where the cursor last was in it."""
        self.value, self._wanted = value, value.path
        if not value.is_leaf:
            self._step = value
        if index is not None:
            self._cells[value.path] = index

    def step_by(self, count: int) -> bool:
        """Go on by `count` steps, or back; False when there are none left."""
        steps = self.steps
        target = steps[max(0, min(len(steps) - 1, self.position + count))]
        is_another = self.value is not target
        self.show(target)
        return is_another

    def layer_by(self, count: int) -> bool:
        """Go to the same step of another layer, or of another width of an experiment; False when there is none."""
        parts = self._step.path.split(".")
        above = next((name for name in ("layers", "experiment") if name in parts), parts[-1])
        place = parts.index(above) + 1
        if place == len(parts) or not parts[place].isdecimal():
            return False
        alike = [[*parts[:place], number, *parts[place + 1 :]] for number in self._numbers_beside(parts[:place])]
        target = alike.index(parts) + count
        if not 0 <= target < len(alike):
            return False
        found = self.find(".".join(alike[target]))
        if found is not None:
            self.show(found)
        return found is not None

    def _numbers_beside(self, parts: list[str]) -> list[str]:
        """The numbers of the layers, or of the widths, under some parts of a path, in the order of the run."""
        count = len(parts)
        paths = (path.split(".") for path in self.trace.steps)
        numbers = (path[count] for path in paths if path[:count] == parts and len(path) > count)
        return [number for number in dict.fromkeys(numbers) if number.isdecimal()]

    def meet(self, other: Place) -> bool:
        """Look at the same cell of the same step as in another run; False when this run has no such step."""
        value = self.find(other.value.path)
        if value is None:
            return False
        self.show(value, same_cell(other.value, other.index, value))
        return True

    def take(self, trace: Trace) -> None:
        """Be at the same place in another run; where a generation ended before it, at that of its first word.

        Where a finer step is gone, at what it was part of; where there is none of these, at the first step. At the next
        run that has the place again, one is there again.
        """
        wanted, step = self._wanted, self._step.path
        self.trace = trace
        self.opened = {key: inner for key in self.opened if (inner := self._inner(key))}
        self._step = (
            self.find(step) or self.find(_without_last(step)) or self.find(in_first_pass(step)) or self.steps[0]
        )
        self.show(self.find(wanted) or self._step)
        self._wanted = wanted

    # --- finer steps

    def can_open(self) -> bool:
        """Whether the step that is looked at has finer steps, or is one, or is made by the lens or a sampler."""
        parent = self._parent()
        return self._step.path.startswith(LENS) or has_finer(parent) or parent.path in self.trace.sampled

    def is_open(self, value: Value) -> bool:
        """Whether the finer steps of `value` are among `steps`."""
        return value.path in self.opened

    def open(self, value: Value) -> None:
        """Show the finer steps of `value` among the steps."""
        self._open(value.path)

    def toggle(self) -> bool:
        """Open the step that is looked at, or close it again; False when there is nothing to open."""
        step, is_lens = self._parent(), self._step.path.startswith(LENS)
        key = f"{LENS}{step.path}" if is_lens else step.path
        if key not in self.opened:
            self._open(key)
            return key in self.opened
        del self.opened[key]
        self.show(step)
        return True

    def close(self, path: str) -> None:
        """Show no finer steps of a step any more; whoever looks at one of them looks at the step then."""
        inner = self.opened.pop(path, ())
        if any(self._step is each for each in inner):
            self.show(self.trace.steps[path])

    def _parent(self) -> Value:
        """The step that the current one is a finer step of, or made of by the lens; or the current one."""
        key = self._key(self._step.path)
        return self.trace.steps.get(self._step.path) or self.trace.steps[(key or "").removeprefix(LENS)]

    # --- cells

    @property
    def index(self) -> Index:
        """The cell under the cursor."""
        return self.index_in(self.value)

    @property
    def cell(self) -> Cell:
        """The cell that is looked at."""
        return Cell(self.value.path, self.index)

    def index_in(self, value: Value) -> Index:
        """The cell under the cursor when a value is looked at: where it was left, or where it stands at first.

        That is where it is told, else at the likeliest of a choice, or at the first number. Of what is said at each
        token that is the likeliest at the mask, or after the last one: what the model says of the whole text.
        """
        for index in (self._cells.get(value.path), self.first_cell(value)):
            if index is not None and has_cell(value, index):
                return index
        if is_choice(value):
            return (chosen(value),)
        return _likeliest(self.trace, value) if _is_said(value) else tuple(0 for _ in value.axes)

    def put_cursor(self, value: Value, index: Index) -> None:
        """Put the cursor of a value on a cell, without looking at it."""
        self._cells[value.path] = index

    def move_to(self, index: Index) -> None:
        """Put the cursor on the cell `index` of the value that is looked at."""
        self.put_cursor(self.value, index)

    @property
    def paged(self) -> Axis | None:
        """The axis that is leafed through: the heads, or the first where it holds a matrix for each of its places."""
        if "head" in self.value.names:
            return self.value.axis("head")
        return self.value.axes[0] if len(self.value.axes) > 2 else None

    def page_by(self, count: int) -> bool:
        """Move the cursor to another head, or another place along the first axis; False when there is none."""
        if self.paged is None:
            return False
        place = self.value.axes.index(self.paged)
        page = self.index[place] + count
        if not 0 <= page < self.paged.size:
            return False
        self.move_to((*self.index[:place], page, *self.index[place + 1 :]))
        return True

    # --- marked cells

    @property
    def marked(self) -> tuple[Cell, ...]:
        """The marked cells that this run has, in the order of the steps."""
        values = {value.path: value for value in (*self.steps, *self.trace.parameters.values())}
        order = list(values)
        found = [cell for cell in self._marked if cell.path in values and has_cell(values[cell.path], cell.index)]
        return tuple(sorted(found, key=lambda cell: (order.index(cell.path), cell.index)))

    def is_marked(self, value: Value) -> bool:
        """Whether one of the cells of a value is marked."""
        return any(cell.path == value.path for cell in self._marked)

    def toggle_mark(self) -> None:
        """Mark the cell that is looked at, or take its mark away."""
        if self.cell in self._marked:
            self._marked.remove(self.cell)
        else:
            self._marked.append(self.cell)

    def mark_as_in(self, other: Place) -> None:
        """Mark the cells that are marked in another run, and open the steps that are open there."""
        self._marked = list(other._marked)
        for key in other.opened:
            self._open(key)

    def go_to_next_mark(self) -> None:
        """Go to the next marked cell, after the last one to the first."""
        marked = self.marked
        cell = marked[(marked.index(self.cell) + 1) % len(marked)] if self.cell in marked else marked[0]
        self.jump(self.find(cell.path) or self.value, cell.index)

    # --- the way back

    @property
    def can_go_back(self) -> bool:
        """Whether there is somewhere to return to."""
        return bool(self._way.behind)

    @property
    def steps_behind(self) -> int:
        """How often one can return."""
        return len(self._way.behind)

    @property
    def trail(self) -> tuple[Cell, ...]:
        """The cells from which numbers were followed right to this one, the first one first.

        It begins anew where a cell was merely stepped or moved to.
        """
        found: list[Cell] = []
        here = self.cell
        for cell in reversed(self._way.behind):
            if (cell, here) not in self._followed:
                break
            found, here = [cell, *found], cell
        return tuple(found)

    def follow(self, value: Value, index: Index) -> bool:
        """Go to the cell of an operand or of a use, and remember the way back; False where this run has none."""
        before = self.cell
        if is_here := self.jump(value, index):
            self._followed.add((before, self.cell))
        return is_here

    def jump(self, value: Value, index: Index) -> bool:
        """Go to a cell that no number leads to, and remember the way back; False where this run has no such step."""
        found = self.here(value)
        if found is not None:
            self._way.leave(self.cell)
            self.show(found, index)
        return found is not None

    def here(self, value: Value) -> Value | None:
        """What this run has at the path of a value, which may be of a run before it; a number that is given stays."""
        return self.find(value.path) or (value if value.is_leaf else None)

    def back(self) -> bool:
        """Return to where the last `follow` or `jump` was made; False when there was none."""
        return self._go_to(self._way.back(self.cell))

    def forward(self) -> bool:
        """Undo `back`; False when there is nothing to undo."""
        return self._go_to(self._way.forward(self.cell))

    def _go_to(self, cell: Cell | None) -> bool:
        if cell is not None:
            self.show(self.find(cell.path) or self._step, cell.index)
        return cell is not None
