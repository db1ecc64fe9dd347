"""A scenario and what it computed, as one thing that is passed on, kept for undo, and made by another thread."""

from __future__ import annotations

from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from attn_explore.explorer.session.what_if import distances
from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index, bad_number_in, first_bad_number
from attn_explore.model.ops import Output, is_gradient, output_of
from attn_explore.model.scenario import Scenario
from attn_explore.model.step_names import value_at
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

if TYPE_CHECKING:
    from attn_explore.explorer.session.growing import Growing


@dataclass(eq=False)
class Run:
    """The run of `scenario`; `unedited` is its run without edits, where it has any.

    `growing` are the words that come while it is looked at, where there are any left.
    Where the model was trained, `moment` is the one of the training whose weights it has. Arrays that two runs have in
    common are in memory once. Nobody changes a run: what it says of itself is found once.
    """

    scenario: Scenario
    trace: Trace
    unedited: Trace | None = None
    moment: int = 0
    growing: Growing | None = None
    _bad: tuple[Value, Index] | None = field(default=None, init=False, repr=False)
    _effect: tuple[str, Array | None] = field(default=("", None), init=False, repr=False)
    """The path of the value that the effect of the edits was asked of last, and that effect."""
    _farthest: dict[str, float] = field(default_factory=dict, init=False, repr=False)

    @property
    def first_bad(self) -> tuple[Value, Index] | None:
        """The first NaN or infinity, if there is one; of a run that is computed when it is asked for, so far."""
        return self._bad if self.trace.is_lazy else self._first_bad

    @cached_property
    def _first_bad(self) -> tuple[Value, Index] | None:
        return first_bad_number(self.trace)

    def look_at(self, value: Value) -> None:
        """Look for numbers that are none in a step that was computed."""
        index = bad_number_in(value, is_edited=bool(self.trace.changes)) if self._bad is None else None
        if index is not None:
            self._bad = (value, index)

    @property
    def output(self) -> Output | None:
        """What the gradients of this run are the gradients of; None where there are none."""
        found = next((step for step in self.trace.steps.values() if is_gradient(step)), None)
        return output_of(found) if found is not None else None

    def is_like(self, other: Run) -> bool:
        """Whether another run is this one, but for gradients: it has the same edits and words, at the same moment."""
        is_alike = replace(other.scenario, gradients=self.scenario.gradients) == self.scenario
        return is_alike and self.moment == other.moment

    def effect_on(self, value: Value) -> Array | None:
        """By how much the edits changed each number of a value; None where none changed or none can be compared.

        Nobody waits for it where the numbers were not computed yet, or are forgotten.
        """
        before = self.before(value)
        if before is None or before.is_away or value.is_away:
            return None
        if value.path != self._effect[0]:
            found = distances(value.array, before.array)
            self._effect = value.path, found if found.any() else None
        return self._effect[1]

    def farthest(self, value: Value) -> float:
        """By how much the edits changed the number of a value that they changed most; 0 where there is no effect."""
        if value.path not in self._farthest:
            effect = self.effect_on(value)
            if value.path != self._effect[0]:
                return 0.0  # it may be known later
            self._farthest[value.path] = 0.0 if effect is None else float(effect.max())
        return self._farthest[value.path]

    def before(self, value: Value) -> Value | None:
        """The value without the edits, where it is another one that can be compared with it."""
        before = None if self.unedited is None else value_at(self.unedited, value.path)
        is_alike = before is not None and (before.names, before.shape) == (value.names, value.shape)
        return before if is_alike and before is not value else None
