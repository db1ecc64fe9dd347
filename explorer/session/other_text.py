"""The same run over another text, as a session of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attn_explore.explorer.session.computing import bring
from attn_explore.explorer.session.matching import same_cell
from attn_explore.explorer.session.opening import Source, pair, start
from attn_explore.explorer.session.place import Place, has_cell
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index, is_choice
from attn_explore.model.passes import in_first_pass
from attn_explore.model.problems import Problem
from attn_explore.model.values import Value


def text_of(session: Session) -> str:
    """The text that a session reads, as it could be typed."""
    given = session.run.scenario.input
    return given.text if given.text is not None else " ".join(session.run.scenario.tokens())


def with_text(session: Session, text: str, counter: Counter | None = None, *, grows: bool = True) -> Session:
    """The session's scenario, as its file has it, over another text; and so the run beside it, if it was named, too.

    It is looked at where the session is, and that is computed. The lesson, which speaks of its own text, is left out.
    `grows`: see `start`. Raises Problem for what cannot be read.
    """
    other = session.other
    if other is None or session.is_pinned or session.first.compare is not None:
        return _over(session, text, counter, grows=grows)
    return pair(_over(session, text, counter), _over(other, text, counter))


@dataclass(frozen=True)
class Unread:
    """A model that was opened, and is asked what it should read; `begin` runs it then, as it was asked for."""

    source: Source
    begin: Callable[[Source, Counter], Session]

    def read(self, text: str, counter: Counter) -> Session:
        """Run it over a text. Raises Problem for what it cannot read."""
        return self.begin(self.source.reading({"text": text}), counter)


def _over(session: Session, text: str, counter: Counter | None, *, grows: bool = False) -> Session:
    session.need_whole()
    if session.run.scenario.source.folder is None and session.run.scenario.checkpoint is None:
        raise Problem("a trace has run already, and reads nothing else", hint="run its scenario")
    scenario = session.run.scenario.with_text({"text": text})
    source = Source(session.name, session.path or Path(session.name), scenario, called=session.called)
    found = start(source, Limits(), counter, grows=grows)
    _stay(found.place, session.place)
    if found.run.trace.is_lazy:  # else nothing of this text is to be seen if its computing is stopped later
        bring(found.place.value, counter or Counter())
    return found


def _stay(place: Place, before: Place) -> None:
    """Look at the step that was looked at in the run over another text, if this run has it, too."""
    path = before.value.path
    value = place.find(path) or place.find(in_first_pass(path))
    if value is not None:
        place.show(value, _cell(before, value))


def _cell(before: Place, value: Value) -> Index | None:
    """The cell with the same words, else in the same place; None in a row of choices, for what is chosen now."""
    if is_choice(value):
        return None
    found = same_cell(before.value, before.index, value)
    return before.index if found is None and has_cell(value, before.index) else found
