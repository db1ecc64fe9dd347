"""The one worker of a screen: what takes longer than a frame is made behind it, until Esc stops it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

from textual.app import App
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from attn_explore.explorer.screens.at_home import home_of
from attn_explore.explorer.system.counter import Counter
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem

T = TypeVar("T")

AT_ONCE = 0.05
"""Seconds that something may take and still be made before the next frame."""

TELL_EVERY = 0.1
"""Seconds between two words about how far the work has come: each waits for the screen."""

FIRST_RATE = 2.5e-8
"""Seconds that a byte of a run takes, until it was measured."""


class _Stopped(Exception):  # noqa: N818 (not an error: nobody waits for it any more)
    """Ends what is made by a thread."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Work(Generic[T]):
    """What is made: `make` gives it, `then` shows it, `refused` tells why there is none.

    `make` is given a counter to call with each value that it computed; it changes nothing that the screen shows. It
    computes `steps` values, or nobody knows how many (0). `seconds` is how long that should take.
    `stopped` hears that it was stopped, by the person or by other work.
    """

    what: str
    make: Callable[[Counter], T]
    then: Callable[[T], object]
    refused: Callable[[Problem], object]
    seconds: float
    steps: int = 0
    stopped: Callable[[], object] = _nothing


class Working:
    """Does one thing at a time for `node`; other work takes its place. `tell` shows how far it has come, "" at its end.

    What is short is made at once, so that it shows in the next frame; the rest by a thread, while the screen goes on.
    """

    def __init__(self, node: Screen[Any] | App[Any], tell: Callable[[str], object]) -> None:
        self._node = node
        self._tell = tell
        self._rates: dict[str, float] = {}
        self._work: Work[Any] | None = None
        self._worker: Worker[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being made."""
        return self._work is not None

    @property
    def progress(self) -> str:
        """What is being made; nothing when nothing is."""
        return "" if self._work is None else progress_of(self._work.what, str(Counter(self._work.steps)))

    def seconds(self, kind: str, nbytes: int) -> float:
        """How long it should take to make so many bytes, as long as the last of its kind took for each of its own."""
        return nbytes * self._rates.get(kind, FIRST_RATE)

    def measured(self, kind: str, nbytes: int, make: Callable[[Counter], T]) -> Callable[[Counter], T]:
        """The same maker, which remembers how long a byte took."""

        def make_and_measure(counter: Counter) -> T:
            begun = time.perf_counter()
            found = make(counter)
            self._rates[kind] = (time.perf_counter() - begun) / max(1, nbytes)
            return found

        return make_and_measure

    def do(self, work: Work[Any]) -> None:
        """Make something and show it: before this returns where that is short, else when it is there."""
        self.stop()
        if work.seconds < AT_ONCE:
            self._do_at_once(work)
            return
        self._work = work
        self._tell(self.progress)
        made = partial(self._make, work)
        # without a description Textual words the work with all that it is about, which takes seconds for a large model
        self._worker = self._node.run_worker(made, thread=True, group="work", description=work.what)

    def stop(self) -> bool:
        """Stop what is being made, and forget it; False where nothing is. What was there stays."""
        work, self._work = self._work, None
        if work is None:
            return False
        if self._worker is not None:
            self._worker.cancel()
        self._tell("")
        work.stopped()
        return True

    def _do_at_once(self, work: Work[Any]) -> None:
        try:
            found = work.make(Counter())
        except Problem as problem:
            work.refused(self._told(problem))
        else:
            work.then(found)

    def _told(self, problem: Problem) -> Problem:
        """What the person before a screen is told of a problem; what the app itself cannot open is for who runs it."""
        return home_of(self._node).told(problem) if isinstance(self._node, Screen) else problem

    # --- in the thread

    def _make(self, work: Work[Any]) -> None:
        """Make it; what comes of it is shown by the screen's own thread, in the order of its messages."""
        try:
            found = work.make(Counter(work.steps, self._teller(work)))
        except _Stopped:
            return
        except Problem as problem:
            self._node.call_later(self._end, work, partial(work.refused, self._told(problem)))
        else:
            self._node.call_later(self._end, work, partial(work.then, found))

    def _teller(self, work: Work[Any]) -> Callable[[Counter], object]:
        """Says now and then how far it is, and ends the work when it was stopped, or the screen is left."""
        worker = get_current_worker()
        told = time.monotonic()

        def tell(counter: Counter) -> None:
            nonlocal told
            if work is not self._work or worker.is_cancelled:
                raise _Stopped
            if (now := time.monotonic()) - told >= TELL_EVERY:
                told = now
                self._node.call_later(self._show_progress, work, str(counter))

        return tell

    # --- in the screen's thread again

    def _show_progress(self, work: Work[Any], far: str) -> None:
        if work is self._work:
            self._tell(progress_of(work.what, far))

    def _end(self, work: Work[Any], then: Callable[[], object]) -> None:
        """Show what was made, unless it was stopped meanwhile."""
        if work is self._work:
            self._work = None
            self._tell("")
            then()


def progress_of(what: str, far: str = "") -> str:
    """`running again … 12 of 27 · Esc stops`."""
    return f"{' '.join(filter(None, (f'{what} …', far)))} · Esc stops"
