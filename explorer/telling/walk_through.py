"""The walk-through as plain lines, for pipes, logs and screen readers: every step with its worked arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len

from attn_explore.explorer.drawing.blocks import as_text, block_width
from attn_explore.explorer.drawing.numbers import shortened
from attn_explore.explorer.drawing.wrapping import markdown, wrapped
from attn_explore.explorer.session import change_moment
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.streams import WIDTH
from attn_explore.explorer.telling import cell_text, headings, questions, sections, timelines
from attn_explore.explorer.telling.plain import table
from attn_explore.model.lesson import Stop
from attn_explore.model.text import visible
from attn_explore.model.values import Value

LEAST = 40
"""However narrow it is wanted: numbers need some room."""

WINDOW = 8
"""Heads, rows and columns of a tensor that are shown."""

_INDENT = "    "


def walk_through_lines(session: Session, width: int = WIDTH) -> Iterator[str]:
    """Every step from the one that is looked at, with its formula, a window of its numbers, the arithmetic of one, why.

    No line has more than `width` cells, or 40.
    """
    return (line.rstrip() for line in _Printer(session, max(LEAST, width)).lines())


@dataclass(frozen=True)
class _Printer:
    """Prints one session in lines of some width."""

    session: Session
    width: int

    @property
    def room(self) -> int:
        """Cells of what is indented."""
        return self.width - len(_INDENT)

    def lines(self) -> Iterator[str]:
        """The whole walk-through, and that of the other run where there is one."""
        session, scenario = self.session, self.session.run.scenario
        yield from wrapped(visible(scenario.title), self.width)
        yield from wrapped(visible(scenario.summary), self.width) if scenario.summary else ()
        if session.moments is not None:
            parts = timelines.trained(session.moments, session.run.moment)
            yield from wrapped(", ".join(" ".join(part.split()) for part in parts), self.width)
        if session.run.first_bad is not None:
            yield from wrapped(f"Not every number is finite: {sections.alarm(session)}", self.width)
        yield from self.steps()
        yield from self.at_a_glance()
        if session.other is not None:
            other = _Printer(session.other, self.width)
            if (there := session.other.place.find(session.place.value.path)) is not None:
                session.other.place.show(there)
            yield ""
            yield from wrapped(f"The other run: {visible(session.other.label)}", self.width)
            yield from other.steps()
            yield from other.at_a_glance()

    def at_a_glance(self) -> Iterator[str]:
        """The plots of all gradients, where the run has some."""
        if self.session.run.output is None:
            return
        from attn_explore.explorer.drawing.plots.text import plot_lines
        from attn_explore.model.profile import OVERVIEWS

        for plot in filter(None, (draw(self.session.run.trace) for draw in OVERVIEWS.values())):
            yield ""
            yield from (shortened(line, self.width) for line in plot_lines(plot, self.width))

    def steps(self) -> Iterator[str]:
        """The parameters that a lesson tells of, then every step."""
        session, begins = self.session, self.session.place.position
        for value in session.run.trace.parameters.values():
            if session.lesson.at(value) and not begins:
                yield ""
                yield from wrapped(headings.title(session, value), self.width)
                yield from self.value(value)
        steps = session.place.steps
        for place, value in enumerate(steps[begins:], begins + 1):
            yield ""
            yield from wrapped(f"{place}/{len(steps)}  {headings.title(session, value)}", self.width)
            yield from self.value(value)

    def value(self, value: Value) -> Iterator[str]:
        """One step or parameter. What is asked is worked out and answered last: one can think before reading on."""
        session, stops = self.session, self.session.lesson.at(value)
        yield from self._indented(f"{value.path}   {headings.shape(value)}")
        if not value.is_leaf:
            yield from self._indented(headings.equation(session, value))
        yield from self._table(value)
        asked = [stop for stop in map(self._then, stops) if stop.question is not None]
        if not asked:
            yield from self._arithmetic(value)
        for stop in stops:
            yield from self._told(stop)
        if not value.is_leaf:
            yield from self._indented(sections.why(value))
        if asked:
            yield from self._arithmetic(value)
        for stop in asked:
            yield from self._indented(f"Answer: {questions.answer(stop.question)}" if stop.question else "")

    def _table(self, value: Value) -> Iterator[str]:
        yield from (f"{_INDENT}{line}" for line in table(value, WINDOW, self.room))

    def _arithmetic(self, value: Value) -> Iterator[str]:
        """How the number under the cursor came about, in as few words as the width asks for."""
        session, index = self.session, self.session.place.index_in(value)
        if value.is_leaf:
            return
        forms = (cell_text.cell_blocks(session, value, index, terse=terse) for terse in (False, True))
        found = next((blocks for blocks in forms if max(map(block_width, blocks), default=0) <= self.room), None)
        found = cell_text.cell_blocks(session, value, index, terse=True) if found is None else found
        yield f"{_INDENT}How one number came about:"
        for line in as_text(found):
            yield from self._hanging(line)
        if note := cell_text.cell_note(value, index):
            yield from self._indented(note)

    def _hanging(self, line: str) -> Iterable[str]:
        """A line of arithmetic; what goes on in another line is indented further."""
        room = self.room - 2
        if cell_len(line) <= room:
            return [f"{_INDENT}  {line}"]
        first, *others = wrapped(line, room - 2)
        return [f"{_INDENT}  {first}", *(f"{_INDENT}    {other}" for other in others)]

    def _then(self, stop: Stop) -> Stop:
        """A stop at the moment of training that it is about."""
        moment = self.session.lesson.moment_of(stop)
        if self.session.moments is None or moment == self.session.run.moment:
            return stop
        return stop.in_run(change_moment.run_at(self.session, moment, self.session.run.scenario, None).trace)

    def _told(self, stop: Stop) -> Iterator[str]:
        """What a lesson says and asks at a step; where it is at another moment of training, of the numbers then."""
        then = self._then(stop)
        if then is not stop and self.session.moments is not None:
            steps = self.session.moments.steps[self.session.lesson.moment_of(stop)]
            yield from self._indented(f"After {steps} steps of training:")
            yield from self._table(then.value)
        if stop.say:
            yield f"{_INDENT}In this scenario:"
            yield from (f"{_INDENT}  {line.plain}" for line in markdown(stop.say, self.room - 2))
        if stop.ask:
            asked = " ".join(line.plain for line in markdown(stop.ask, self.room))
            yield from self._indented(f"Question: {asked}")

    def _indented(self, text: str) -> Iterator[str]:
        yield from (f"{_INDENT}{line}" for line in wrapped(text, self.room))
