"""Files of pairs that a model is trained on: a text, a tab, and what should be made of it, one pair a line.

Empty lines and lines that begin with `#` are for people.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem, raise_any
from attn_explore.model.scenario.tokens import PAD

Words = tuple[str, ...]

TASKS = ("copy", "reverse", "sort", "induction")
"""Tasks that make up their own examples."""

MOST_BYTES = 4 * 2**20
"""Bytes of a file of pairs that are read."""


@dataclass(frozen=True)
class Example:
    """A text, and what a model should make of it: another text, or labels."""

    source: Words
    target: Words


def symbols_of(count: int) -> Words:
    """List the symbols that a task's examples are made of: a, b, c, and after z: a1, b1, …

    >>> symbols_of(28)[-3:]
    ('z', 'a1', 'b1')
    """
    letters = "abcdefghijklmnopqrstuvwxyz"
    return tuple(letters[place % 26] + (str(place // 26) if place >= 26 else "") for place in range(count))


def different(task: str, symbols: int, length: int) -> int:
    """How many different examples a task makes at least.

    >>> different("reverse", 3, 2), different("induction", 3, 3)
    (9, 12)
    """
    return math.perm(symbols, length) * (length - 1) if task == "induction" else symbols**length


def read_pairs(content: bytes, name: str) -> tuple[Example, ...]:
    r"""Read the pairs of a file, called `name` in messages; words are split at spaces.

    Raises Problem with every line that holds no pair.

    >>> read_pairs(b"I love my dog\tbad", "pairs.tsv")
    (Example(source=('I', 'love', 'my', 'dog'), target=('bad',)),)
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(f"this is not UTF-8 at byte {error.start}", path=name, hint="save it as UTF-8") from error
    raise_any(partial(_no_pair, line, name, number) for number, line in _lines(text) if not _is_pair(line))
    found = tuple(_pair(line) for _, line in _lines(text))
    if not found:
        raise Problem("there are no pairs in this file", path=name, hint="write: I love my dog, a tab, 我 喜歡 我的 狗")
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are for the program, and their numbers."""
    return ((at, line) for at, line in enumerate(text.split("\n"), 1) if line.strip() and not line.startswith("#"))


def _is_pair(line: str) -> bool:
    words = [part.split() for part in line.split("\t")]
    return len(words) == 2 and all(words) and PAD not in (word for part in words for word in part)


def _pair(line: str) -> Example:
    source, target = (tuple(part.split()) for part in line.split("\t"))
    return Example(source, target)


def _no_pair(line: str, name: str, number: int) -> Problem:
    """The place of what is wrong, and not the line: a hard link could make it one of any file of this person."""
    tabs, column = line.count("\t"), 1
    what = f"a pair is a text, a tab and another text; here are {tabs} tabs"
    if PAD in line.split():
        what, column = f"{PAD} fills texts up to one length, and is no word of one", line.index(PAD) + 1
    return Problem(what, path=name, line=number, column=column)
