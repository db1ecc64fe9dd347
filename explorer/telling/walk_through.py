"""The walk-through as plain lines, for pipes, logs and screen readers: every step with its worked arithmetic.

It is read aloud line by line: a sentence a line where the width allows it, no bars and no boxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rich.cells import cell_len

from attn_explore.explorer.drawing.arithmetic import Manner
from attn_explore.explorer.drawing.blocks import Block, as_text, without_bars
from attn_explore.explorer.drawing.numbers import shortened
from attn_explore.explorer.drawing.wrapping import by_sentence, in_one_line, narration_by_sentence, wrapped
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.streams import WIDTH
from attn_explore.explorer.telling import cell_text, headings, questions, sections, timelines, two_walks
from attn_explore.explorer.telling.difference import difference_blocks
from attn_explore.explorer.telling.lesson_moments import stop_then
from attn_explore.explorer.telling.plain import table
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.lesson import Stop
from attn_explore.model.values import Value

LEAST = 40
"""However narrow it is wanted: numbers need some room."""

WINDOW = 8
"""Heads, rows and columns of a tensor that are shown."""

_INDENT = "    "


def walk_through_lines(session: Session, width: int = WIDTH) -> Iterator[str]:
    """Every step from the one that is looked at on: its formula, some of its numbers, the arithmetic of one, and why.

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
        """The whole walk-through; of two runs, step by step."""
        session = self.session
        for said in two_walks.opening(session):
            yield from wrapped(said, self.width)
        if session.moments is not None:
            parts = timelines.trained(session.moments, session.run.moment)
            yield from wrapped(", ".join(" ".join(part.split()) for part in parts), self.width)
        if session.run.first_bad is not None:
            yield from wrapped(f"Not every number is finite: {sections.alarm(session)}", self.width)
        yield from self.steps()
        yield from self.at_a_glance()
        if session.other is not None:
            yield from _Printer(session.other, self.width).at_a_glance()

    def at_a_glance(self) -> Iterator[str]:
        """The plots of all gradients, where the run has some."""
        if self.session.run.output is None:
            return
        if self.session.other is not None:
            yield ""
            yield from wrapped(f"All gradients of {headings.run_name(self.session)}:", self.width)
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
        steps = two_walks.steps_of(session)
        for place, (run, value) in enumerate(steps, begins + 1):
            yield ""
            is_of_one = run.other is None or two_runs.beside(run, value) is None
            title = headings.title(run, value) if is_of_one else headings.title_alone(value)
            yield from wrapped(f"{place}/{begins + len(steps)}  {title}", self.width)
            yield from replace(self, session=run).value(value)

    def value(self, value: Value) -> Iterator[str]:
        """One step or parameter. What is asked is worked out and answered last: one can think before reading on."""
        session, stops = self.session, self.session.lesson.at(value)
        shapes = two_walks.of_both(session, value, lambda _, found: headings.shape(found))
        yield from self._indented(f"{value.path}   {shapes[0]}" if len(shapes) == 1 else value.path)
        for said in shapes[1:] and shapes:
            yield from self._indented(said)
        if not value.is_leaf:
            for said in two_walks.of_both(session, value, headings.equation):
                yield from self._indented(said)
        yield from self._table(value)
        if session.other is not None:
            yield from self._indented(sections.difference_of_runs(session, value))
        asked = [stop for stop in (stop_then(session, stop) for stop in stops) if stop.question is not None]
        if not asked:
            yield from self._arithmetic(value)
        for stop in stops:
            yield from self._told(stop)
        if not value.is_leaf:
            for said in two_walks.of_both(session, value, lambda _, found: sections.why(found)):
                yield from self._indented(said)
        if asked:
            yield from self._arithmetic(value)
        for stop in asked:
            yield from self._indented(f"Answer: {questions.answer(stop.question)}" if stop.question else "")

    def _table(self, value: Value) -> Iterator[str]:
        yield from (f"{_INDENT}{line}" for line in two_walks.tables(self.session, value, WINDOW, self.room))

    def _arithmetic(self, value: Value) -> Iterator[str]:
        """How the number under the cursor came about, in as few words as the width asks for."""
        if value.is_leaf:
            return
        worked = [self._worked_out(value, terse) for terse in (False, True)]
        fits = max((block.width for block in worked[0]), default=0) <= self.room
        yield f"{_INDENT}How one number came about:"
        for line in as_text(worked[0 if fits else 1]):
            yield from self._hanging(line)
        if note := cell_text.cell_note(value, self._cell(value)):
            yield from self._indented(note)

    def _cell(self, value: Value) -> Index:
        """The cell whose arithmetic is shown: an answer's, or the lesson's; or where two runs are farthest apart."""
        session, lesson = self.session, self.session.lesson
        asked = (stop.question for stop in lesson.now_at(value) if stop.question is not None)
        right = next((question.right for question in asked), [])
        apart = None if lesson.at(value) else two_runs.most_apart(session, value)
        return right[0] if right else session.place.index_in(value) if apart is None else apart

    def _worked_out(self, value: Value, terse: bool) -> list[Block]:
        """Where the number of that cell comes from; where the two runs are apart, how far."""
        index, is_apart = self._cell(value), two_runs.most_apart(self.session, value) is not None
        tell = difference_blocks if is_apart else cell_text.cell_blocks
        return without_bars(tell(self.session, value, index, Manner(terse=terse)))

    def _hanging(self, line: str) -> Iterable[str]:
        """A line of arithmetic; what goes on in another line is indented further."""
        room = self.room - 2
        if cell_len(line) <= room:
            return [f"{_INDENT}  {line}"]
        first, *others = wrapped(line, room - 2)
        return [f"{_INDENT}  {first}", *(f"{_INDENT}    {other}" for other in others)]

    def _told(self, stop: Stop) -> Iterator[str]:
        """What a lesson says and asks at a step; where it is at another moment of training, of the numbers then."""
        then = stop_then(self.session, stop)
        if then is not stop and self.session.moments is not None:
            steps = self.session.moments.steps[self.session.lesson.moment_of(stop)]
            yield from self._indented(f"After {steps} steps of training:")
            yield from (f"{_INDENT}{line}" for line in table(then.value, WINDOW, self.room))
        if stop.say:
            yield f"{_INDENT}In this scenario:"
            yield from (f"{_INDENT}  {line}" for line in narration_by_sentence(stop.say, self.room - 2))
        if stop.ask:
            yield from self._indented(f"Question: {in_one_line(stop.ask)}")

    def _indented(self, text: str) -> Iterator[str]:
        yield from (f"{_INDENT}{line}" for line in by_sentence(text, self.room))
