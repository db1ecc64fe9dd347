"""How long some work will still take."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

_MINUTE = 60


class TimeLeft:
    """Tells it in words, as long as the work goes on as it began. `share_done` is what was done before."""

    def __init__(self, share_done: float = 0.0, now: Callable[[], float] = monotonic) -> None:
        self._before, self._now = share_done, now
        self._begun = now()

    def __call__(self, share_done: float) -> str:
        """`about 20 s left`; nothing where nobody can know yet.

        >>> clock = iter((0.0, 5.0, 100.0))
        >>> left = TimeLeft(now=lambda: next(clock))
        >>> left(0.25), left(0.5)
        ('about 15 s left', 'about 2 min left')
        """
        done = share_done - self._before
        if done <= 0:
            return ""
        seconds = (self._now() - self._begun) * (1 - share_done) / done
        if seconds < _MINUTE:
            return f"about {max(1, round(seconds))} s left"
        return f"about {round(seconds / _MINUTE)} min left"
