"""What a user can mend: one exception that says where, what is wrong, and what would be right.

Anything else that is raised is a bug and is not caught. A message has at most ten lines and no control bytes,
whatever the file that it is about holds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from heapq import nlargest
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from attn_explore.model.text import cells, clip, visible

CANNOT_BE_USED = 2
"""Exit status: what the user gave cannot be used."""
SURROUNDINGS = 3
"""Exit status: the surroundings would not have it (no terminal, cannot write, disk full)."""

MOST_READ = 10
"""Lines of a message: of more problems than that, nobody reads one."""
_MOST_CHARACTERS = 300
_MOST_COMPARED = 500
_QUOTED_BEFORE_CARET = 60
_QUOTED_CHARACTERS = 100


class Problem(Exception):  # noqa: N818 (it is the user's to mend, not the program's error)
    """Something that the user can mend.

    what          what is wrong, in one sentence
    hint          what would be right
    shell_hint    what else would be, with a command line and the files at hand: who visits in a browser has neither
    path          the file it is about
    line, column  where in a text file, both from 1; the column counts characters
    place         where in a file without lines: "byte 12", "tensor 'w_q'", "model.d_k"
    source        the source line, unless the file must not be quoted
    """

    def __init__(
        self,
        what: str,
        *,
        hint: str = "",
        shell_hint: str = "",
        path: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
        place: str = "",
        source: str | None = None,
        exit_status: int = CANNOT_BE_USED,
    ) -> None:
        super().__init__(what)
        self.what = visible(what)
        self.hint = visible(", or ".join(filter(None, (hint, shell_hint))))
        self._screen_hint = visible(hint)
        self.path = path
        self.line = line
        self.column = column
        self.place = place
        self.source = source
        self.exit_status = exit_status

    @property
    def where(self) -> str:
        """`PATH:LINE:COLUMN`, `PATH: place`, or as much of it as is known."""
        path = _one_line(os.fspath(self.path)) if self.path is not None else ""
        if self.line is not None:
            return f"{path}:{self.line}" + (f":{self.column}" if self.column is not None else "")
        return ": ".join(part for part in (path, _one_line(self.place)) if part)

    @property
    def in_one_line(self) -> str:
        """What is wrong and what would be right, for where the place is in sight."""
        return f"{self.what}: {self.hint}" if self.hint else self.what

    def for_visitors(self) -> Problem:
        """The same with the name of its file alone, and with what can be done on the screen alone."""
        return Problem(
            self.what,
            hint=self._screen_hint,
            path=None if self.path is None else os.path.basename(self.path),
            line=self.line,
            column=self.column,
            place=self.place,
            source=self.source,
            exit_status=self.exit_status,
        )

    def render(self) -> str:
        """The message that is printed: what is wrong and where, the source line with a caret, a hint."""
        return "\n".join(self._lines())

    def __str__(self) -> str:
        return self.render()

    def _lines(self) -> list[str]:
        lines = [self._headline()]
        if self.source is not None and self.column is not None:
            lines += _quotation(self.source, self.column)
        if self.hint:
            lines.append(f"hint: {_one_line(self.hint)}")
        return lines

    def _headline(self) -> str:
        return ": ".join(part for part in ("error", self.where, _one_line(self.what)) if part)


class Problems(Problem):
    """Several problems found at once, printed in one message; `left_out` more were only counted."""

    def __init__(self, problems: Sequence[Problem], left_out: int = 0) -> None:
        first = problems[0]
        super().__init__(
            first.what,
            hint=first.hint,
            path=first.path,
            line=first.line,
            column=first.column,
            place=first.place,
            source=first.source,
            exit_status=max(problem.exit_status for problem in problems),
        )
        self.problems = tuple(problems)
        self.left_out = left_out

    def for_visitors(self) -> Problems:
        """The same with the names of their files alone, and with what can be done on the screen alone."""
        return Problems([problem.for_visitors() for problem in self.problems], self.left_out)

    def _lines(self) -> list[str]:
        """Every problem in full if there is room; else the first in full and the others on a line each."""
        in_full = [line for problem in self.problems for line in problem._lines()]
        if len(in_full) <= MOST_READ and not self.left_out:
            return in_full
        lines = self.problems[0]._lines()
        others = [_on_one_line(problem) for problem in self.problems[1:]]
        room = MOST_READ - len(lines)
        if len(others) <= room and not self.left_out:
            return lines + others
        shown = others[: room - 1]
        return [*lines, *shown, f"… and {len(others) - len(shown) + self.left_out} more"]


class TooLarge(Problem):
    """Something that would take more memory than it may."""


Fault = Problem | Callable[[], Problem]
"""A problem, or what makes one: the message of the hundredth is never read, and need not be made."""


def raise_any(found: Iterable[Fault], left_out: int = 0) -> None:
    """Raise the problems, all in one; nothing happens when there are none. Those that nobody would see are counted."""
    rest = iter(found)
    problems = [each if isinstance(each, Problem) else each() for each in islice(rest, MOST_READ)]
    left_out += sum(1 for _ in rest)
    if problems:
        raise problems[0] if len(problems) == 1 and not left_out else Problems(problems, left_out)


class Gathered(NamedTuple):
    """What several checks found wrong, and how many problems more were only counted."""

    problems: list[Problem]
    left_out: int


def all_problems(checks: Iterable[Callable[[], object]]) -> Gathered:
    """Everything that several checks find wrong: none keeps the others from being made."""
    found: list[Problem] = []
    left_out = 0
    for check in checks:
        try:
            check()
        except Problems as problems:
            found += problems.problems
            left_out += problems.left_out
        except Problem as problem:
            found.append(problem)
    return Gathered(found, left_out)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant, if one is near.

    >>> nearest("encodr", ["attention", "encoder"])
    'encoder'
    """
    from difflib import get_close_matches  # only a refusal needs it

    word, names = word[:_MOST_CHARACTERS], list(known)
    if len(names) > _MOST_COMPARED:  # of a model of a thousand layers, those that begin most alike
        names = nlargest(_MOST_COMPARED, names, key=partial(_alike, word))
    return next(iter(get_close_matches(word, names, n=1)), None)


def _alike(word: str, name: str) -> int:
    """How many characters two words begin with alike."""
    shorter = min(len(word), len(name))
    return next((at for at in range(shorter) if word[at] != name[at]), shorter)


def _on_one_line(problem: Problem) -> str:
    return problem._headline() + (f" — {_one_line(problem.hint)}" if problem.hint else "")


def _one_line(text: str) -> str:
    return visible(clip(text, _MOST_CHARACTERS))


def _quotation(source: str, column: int) -> list[str]:
    """The part of a source line round a column, and a line with a caret under that column."""
    start = max(0, column - 1 - _QUOTED_BEFORE_CARET)
    end = start + _QUOTED_CHARACTERS
    before = ("…" if start else "") + visible(source[start : column - 1])
    after = visible(source[column - 1 : end]) + ("…" if len(source) > end else "")
    return [f"  {before}{after}", f"  {' ' * cells(before)}^"]
