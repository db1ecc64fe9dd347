"""The same run over another text, as a session of its own."""

from __future__ import annotations

from pathlib import Path

from attn_explore.explorer.session.opening import Source, pair, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem


def text_of(session: Session) -> str:
    """The text that a session reads, as it could be typed."""
    given = session.run.scenario.input
    return given.text if given.text is not None else " ".join(session.run.scenario.tokens())


def with_text(session: Session, text: str, counter: Counter | None = None, *, grows: bool = True) -> Session:
    """The session's scenario, as its file has it, over another text; and so the run beside it, if it was named, too.

    The lesson, which speaks of its own text, is left out. `grows`: see `start`. Raises Problem for what cannot be read.
    """
    other = session.other
    if other is None or session.is_pinned or session.first.compare is not None:
        return _over(session, text, counter, grows=grows)
    return pair(_over(session, text, counter), _over(other, text, counter))


@dataclass(frozen=True)
class Unread:
    """A model that was opened, and is asked what it should read."""

    source: Source
    limits: Limits

    def read(self, text: str, counter: Counter) -> Session:
        """Run it over a text. Raises Problem for what it cannot read."""
        return start(self.source.reading({"text": text}), self.limits, counter, grows=True)


def _over(session: Session, text: str, counter: Counter | None, *, grows: bool = False) -> Session:
    session.need_whole()
    if session.run.scenario.source.folder is None and session.run.scenario.checkpoint is None:
        raise Problem("a trace has run already, and reads nothing else", hint="run its scenario")
    scenario = session.run.scenario.with_text({"text": text})
    source = Source(session.name, session.path or Path(session.name), scenario)
    return start(source, Limits(), counter, grows=grows)
