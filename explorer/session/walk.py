"""A place in a run: which value is looked at, which of its cells, and the way that led there.

It knows values and indices, not widgets.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from attn_explore.explorer.session.history import History
from attn_explore.explorer.session.matching import same_cell
from attn_explore.model.axes import Axis
from attn_explore.model.explain import Index, chosen, is_choice
from attn_explore.model.finer import finer_steps, has_finer
from attn_explore.model.scenario import Scenario
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of a step or parameter."""

    path: str
    index: Index


def has_cell(value: Value, index: Index) -> bool:
    """Whether a value has a cell at an index that another run had: after an edit, a table may have fewer rows."""
    return len(index) == len(value.shape) and all(map(int.__lt__, index, value.shape))


@dataclass
class Walk:
    """Steps through the values of `trace`, the run of `scenario`; `name` is what the person called it.

    `value` is what is looked at: a step, a finer step of an opened step, or a parameter.
    """

    name: str
    scenario: Scenario
    trace: Trace
    value: Value = field(init=False)
    _opened: dict[str, list[Value]] = field(default_factory=dict, init=False)
    _cells: dict[str, Index] = field(default_factory=dict, init=False)
    _way: History[Place] = field(default_factory=History, init=False)
    _marks: list[Place] = field(default_factory=list, init=False)
    _step: Value = field(init=False)

    def __post_init__(self) -> None:
        self._step = self.value = self.steps[0]

    # --- steps

    @property
    def steps(self) -> list[Value]:
        """The steps in order, each opened one followed by its finer steps."""
        return [value for step in self.trace.steps.values() for value in (step, *self._opened.get(step.path, ()))]

    @property
    def position(self) -> int:
        """How many steps come before the current one. A parameter is looked at from the step that led to it."""
        return self.steps.index(self._step)

    def find(self, path: str) -> Value | None:
        """The step, finer step, parameter or given value at `path`; opens the step that a finer one is part of."""
        if path in (*self.trace.steps, *self.trace.parameters, *self.trace.given):
            return self.trace[path]
        parent = self.trace.steps.get(path.rpartition(".")[0])
        found = [value for value in finer_steps(parent) if value.path == path] if parent else []
        if found and parent:
            self.open(parent)
            return next(value for value in self._opened[parent.path] if value.path == path)
        return None

    def show(self, value: Value, index: Index | None = None) -> None:
        """Look at `value`, at the cell `index` or where the cursor last was in it."""
        self.value = value
        if not value.is_leaf:
            self._step = value
        if index is not None:
            self._cells[value.path] = index

    def step_by(self, count: int) -> bool:
        """Go on by `count` steps, or back; False when there are none left."""
        steps = self.steps
        target = max(0, min(len(steps) - 1, self.position + count))
        moved = self.value is not steps[target]
        self.show(steps[target])
        return moved

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

    def meet(self, other: Walk) -> bool:
        """Look at the same cell of the same step as another session; False when this run has no such step."""
        value = self.find(other.value.path)
        if value is None:
            return False
        self.show(value, same_cell(other.value, other.index, value))
        return True

    # --- finer steps

    def can_open(self) -> bool:
        """Whether the step that is looked at has finer steps, or is one."""
        return has_finer(self._parent())

    def is_open(self, value: Value) -> bool:
        """Whether the finer steps of `value` are among `steps`."""
        return value.path in self._opened

    def open(self, value: Value) -> None:
        """Show the finer steps of `value` among the steps."""
        if has_finer(value) and not self.is_open(value):
            self._opened[value.path] = finer_steps(value)

    def toggle(self) -> bool:
        """Open the step that is looked at, or close it again; False when there is nothing to open."""
        step = self._parent()
        if not self.is_open(step):
            self.open(step)
            return self.is_open(step)
        del self._opened[step.path]
        self.show(step)
        return True

    def _parent(self) -> Value:
        """The step that the current one is a finer step of, or the current one."""
        return self.trace.steps.get(self._step.path) or self.trace.steps[self._step.path.rpartition(".")[0]]

    # --- cells

    @property
    def index(self) -> Index:
        """The cell under the cursor."""
        return self.index_in(self.value)

    def index_in(self, value: Value) -> Index:
        """The cell under the cursor when a value is looked at: where it was left, or where it begins.

        That is at the likeliest of a choice, or at the first number.
        """
        cell = self._cells.get(value.path)
        return cell if cell is not None and has_cell(value, cell) else self._beginning(value)

    def _beginning(self, value: Value) -> Index:
        """The cell under the cursor when a value is looked at first."""
        return (chosen(value),) if is_choice(value) else tuple(0 for _ in value.axes)

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

    # --- marks

    @property
    def marks(self) -> tuple[Place, ...]:
        """The marked cells, in the order of the steps."""
        order = [*(step.path for step in self.steps), *self.trace.parameters]
        found = [place for place in self._marks if place.path in order]
        return tuple(sorted(found, key=lambda place: (order.index(place.path), place.index)))

    def has_mark(self, value: Value) -> bool:
        """Whether one of its cells is marked."""
        return any(place.path == value.path for place in self._marks)

    def mark(self) -> None:
        """Mark the cell that is looked at, or take its mark away."""
        if self.place in self._marks:
            self._marks.remove(self.place)
        else:
            self._marks.append(self.place)

    def next_mark(self) -> None:
        """Go to the next marked cell, after the last one to the first."""
        marks = self.marks
        place = marks[(marks.index(self.place) + 1) % len(marks)] if self.place in marks else marks[0]
        self.follow(self.find(place.path) or self.value, place.index)

    # --- the way back

    @property
    def place(self) -> Place:
        """The cell that is looked at."""
        return Place(self.value.path, self.index)

    @property
    def trail(self) -> tuple[Place, ...]:
        """The cells from which a number was followed to get here, the first one first."""
        return tuple(self._way.behind)

    def follow(self, value: Value, index: Index) -> None:
        """Go to the cell of an operand or of a use, and remember the way back."""
        self._way.leave(self.place)
        self.show(self.find(value.path) or value, index)

    def back(self) -> bool:
        """Return to where the last `follow` was made; False when there was none."""
        return self._go_to(self._way.back(self.place))

    def forward(self) -> bool:
        """Undo `back`; False when there is nothing to undo."""
        return self._go_to(self._way.forward(self.place))

    def _go_to(self, place: Place | None) -> bool:
        if place is not None:
            self.show(self.find(place.path) or self._step, place.index)
        return place is not None
