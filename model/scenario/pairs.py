"""Files of pairs that a model is trained on: a text, a tab, and what should be made of it, one pair a line.

Empty lines and lines that begin with `#` are for people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    problems: list[Problem] = []
    found: list[Example] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        source, *rest = line.rstrip("\r").split("\t")
        if PAD in line.split():
            what = f"{PAD} fills texts up to one length, and is no word of one"
            problems.append(Problem(what, path=name, line=number, column=line.index(PAD) + 1, source=line))
        elif len(rest) == 1 and source.split() and rest[0].split():
            found.append(Example(tuple(source.split()), tuple(rest[0].split())))
        else:
            what = f"a pair is a text, a tab and another text; here are {len(rest)} tabs"
            problems.append(Problem(what, path=name, line=number, column=1, source=line))
    raise_any(problems[:50], max(0, len(problems) - 50))
    if not found:
        raise Problem("there are no pairs in this file", path=name, hint="write: I love my dog, a tab, 我 喜歡 我的 狗")
    return tuple(found)
