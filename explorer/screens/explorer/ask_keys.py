"""What can be asked here: the list of questions, asking one, and the way from an answer into the run and back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from attn_explore.explorer.drawing.answer_table import Spot
from attn_explore.explorer.screens.working import AT_ONCE, Work
from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.session.reopening import left_out_of_answer
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.telling.cell_text import name_at
from attn_explore.explorer.telling.headings import run_name, where
from attn_explore.model.dataclass import dataclass
from attn_explore.model.passes import in_first_pass
from attn_explore.model.text import visible
from attn_explore.model.trace import Trace

if TYPE_CHECKING:
    from attn_explore.explorer.screens.answer_screen import Left
    from attn_explore.explorer.screens.explorer.asked_here import Askable
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
    from attn_explore.explorer.telling.answers.answered import Answered


SAMPLER = "temperature 0.8, top-k 40, top-p 0.95"
"""What stands in the line for a sampler at first: numbers that llama.cpp has by default."""


def _with_sampler(session: Session, typed: str, _: Counter) -> Session:
    """The session, which knows the sampler that was typed. Raises Problem for what is none."""
    from attn_explore.explorer.session.sampler_said import steps_said

    session.sampler = steps_said(typed)
    return session


def _close_what_was_sampled(session: Session) -> None:
    """Show no steps any more of a sampler that was asked for before: another one makes other steps."""
    place, sampled = session.place, session.run.trace.sampled
    for path, made in list(place.opened.items()):
        if in_first_pass(path) == "candidates" and sampled.get(path) is not made:
            place.close(path)


@dataclass(frozen=True, eq=False)
class Asked:
    """A view, the session and the cell that it was asked of, the run at that time, and where the cursor was left."""

    view: str
    session: Session
    cell: Cell
    trace: Trace
    spot: Spot | None = None


@dataclass(frozen=True, eq=False)
class Way:
    """An answer from which a cell was followed into the run, and how many ways led back from there."""

    asked: Asked
    answered: Answered
    steps_behind: int


class AskKeys:
    """Lists what can be asked of what is under the cursor, and shows answers."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._ways: list[Way] = []

    # --- asking

    def open(self) -> None:
        """List the questions, and ask the one that is chosen."""
        from attn_explore.explorer.screens.ask_dialog import AskScreen, Listed
        from attn_explore.explorer.screens.explorer.asked_here import askable

        if self.screen.asks_first():
            return
        self.screen.leave()
        questions, keys = list(askable(self.screen)), self._keys()
        listed = [Listed(keys.get(each.action, ""), each.question, each.more) for each in questions]
        self.screen.app.push_screen(AskScreen(self.of_what, listed), partial(self._ask, questions))

    @property
    def of_what(self) -> str:
        """The cell under the cursor, and where in the model it is."""
        state = self.screen.state
        named = visible(name_at(state.value, state.index))
        return " · ".join(filter(None, (named, where(state.value))))

    def _keys(self) -> dict[str, str]:
        """The key of each action, as the person has it."""
        from attn_explore.explorer.screens.help import lines_of
        from attn_explore.explorer.screens.keys import BINDINGS

        return {line.action: line.keys.split()[0] for line in lines_of(self.screen.app, BINDINGS)}

    def _ask(self, questions: Sequence[Askable], place: int | None) -> None:
        if place is not None:
            self.screen.call_later(self.screen.run_action, questions[place].action)

    # --- answers

    def answer(self, view: str) -> None:
        """Show the answer that a view gives here."""
        session = self.screen.state.session
        if not self.screen.asks_first():
            self._make(Asked(view, session, session.place.cell, session.run.trace))

    def ask_sampler(self) -> None:
        """Ask for a sampler, and show what it makes of what each word is chosen from."""
        from attn_explore.explorer.screens.text_dialog import TextScreen

        session = self.screen.state.session
        if not self.screen.asks_first():
            asked = "Its steps (a sampler knows temperature, top-k and top-p):"
            dialog = TextScreen(asked, partial(_with_sampler, session), "A sampler", "shows its steps", SAMPLER)
            self.screen.app.push_screen(dialog, self._show_sampler)

    def _show_sampler(self, session: Session | None) -> None:
        if session is None:
            return
        _close_what_was_sampled(session)
        self.screen.show_tree()
        self.screen.show()
        self.answer("sampler")

    def _make(self, asked: Asked) -> None:
        from attn_explore.explorer.telling.answers.views import VIEWS

        self.screen.work.do(
            Work(
                what="looking for the answer",
                make=partial(VIEWS[asked.view], asked.session, asked.cell),
                then=partial(self._show, asked),
                refused=self.screen.tell_problem,
                seconds=AT_ONCE,
            )
        )

    def _show(self, asked: Asked, answered: Answered) -> None:
        from attn_explore.explorer.screens.answer_screen import AnswerScreen
        from attn_explore.explorer.telling.answers.answered import spot_of

        if asked.session is not self.screen.state.session:
            return  # meanwhile the other run is looked at
        run = run_name(asked.session) if asked.session.other is not None else ""
        spot = asked.spot or answered.spot or spot_of(answered.answer, asked.cell)
        shown = AnswerScreen(answered, spot, f"{asked.view}.csv", run, left_out_of_answer(asked.session))
        self.screen.app.push_screen(shown, partial(self._leave, asked))

    def _leave(self, asked: Asked, left: Left | None) -> None:
        """Go on from an answer: to the step of a cell, to an edit of that, or to the other run's answer."""
        from attn_explore.explorer.screens.answer_screen import Then

        if left is None:
            return
        here = Asked(asked.view, asked.session, asked.cell, asked.trace, left.spot)
        if left.then is Then.compare:
            self._ask_other(here)
        elif self._follow(here, left.answered, left.spot) and left.then is Then.edit:
            self.screen.groups.edits.begin()

    def _ask_other(self, asked: Asked) -> None:
        """Look at the same cell in the other run, and ask the same there."""
        self.screen.groups.comparing.other()
        session = self.screen.state.session
        if session is not asked.session:
            self._make(Asked(asked.view, session, session.place.cell, session.run.trace, asked.spot))

    def _follow(self, asked: Asked, answered: Answered, spot: Spot) -> bool:
        """Go to the step that a cell of an answer is of; Backspace comes back to the answer."""
        from attn_explore.explorer.telling.answers.answered import leads_to

        at, place = leads_to(answered.answer, spot), self.screen.state.session.place
        _close_what_was_sampled(self.screen.state.session)
        value = None if at is None else place.find(at.path)
        if at is None or value is None:
            return False
        place.jump(value, at.index or place.index_in(value))
        self._ways.append(Way(asked, answered, place.steps_behind))
        self.screen.show_tree()
        self.screen.show()
        return True

    def back(self) -> bool:
        """Return to the answer that led right here; False where none did."""
        session = self.screen.state.session
        self._ways = [way for way in self._ways if way.asked.session is session]
        while self._ways and self._ways[-1].steps_behind > session.place.steps_behind:
            self._ways.pop()
        if not self._ways or self._ways[-1].steps_behind < session.place.steps_behind:
            return False
        way = self._ways.pop()
        session.place.back()
        self.screen.show()
        self._show_again(way)
        return True

    def _show_again(self, way: Way) -> None:
        """Show an answer as it was; after an edit, as it is now."""
        trace = way.asked.session.run.trace
        if way.asked.trace is trace:
            self._show(way.asked, way.answered)
        else:
            self._make(Asked(way.asked.view, way.asked.session, way.asked.cell, trace, way.asked.spot))
