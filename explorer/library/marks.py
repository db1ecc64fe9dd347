"""What a class answered: files of answers, read and summed up.

A question counts as it was answered the first time: who asks it again, or follows the lesson twice, does not change
that. What is in the files is data: whoever shows it makes it harmless.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.regular import read_regular
from attn_explore.model.problems import Problem, nearest, raise_any

LARGEST = 2**26
"""Bytes of a file that are read."""


class Result(StrEnum):
    """How a person answered a question."""

    at_once = "at once"
    with_hint = "with a hint"
    shown = "shown"
    open = "left open"


@dataclass(frozen=True)
class Asked:
    """A question: the lesson, the number of its stop, and the words."""

    lesson: str
    stop: int
    question: str


@dataclass(frozen=True)
class Answer:
    """A line of a file: who answered what, and how. `given` is nothing where the answer was shown."""

    person: str
    asked: Asked
    given: str
    right: bool
    shown: bool
    tries: int
    hint: bool


@dataclass(frozen=True)
class Mark:
    """How a person answered a question, after how many tries; `wrong` are the answers that were not right."""

    person: str
    asked: Asked
    result: Result
    tries: int
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class Tally:
    """How often each result came, over the people who met one question, or the questions that one person met."""

    results: Counter[Result]
    wrong: Counter[str]

    @property
    def count(self) -> int:
        """All of them."""
        return self.results.total()

    @property
    def ease(self) -> tuple[float, float]:
        """The share that was right at once, and the share that was right at all: least for what is hardest."""
        at_once = self.results[Result.at_once]
        return at_once / self.count, (at_once + self.results[Result.with_hint]) / self.count


def read_answers(path: Path) -> list[Answer]:
    """The answers in a file. Who does not say a name is called as the file is.

    Raises Problem with everything that is wrong, each at the first line that has it: a file of another kind is one.
    """
    content = read_regular(path, LARGEST)
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        hint = "name files that --answers wrote"
        raise Problem("this is not UTF-8", path=path, line=number, hint=hint) from error
    read = [(number, _fields(line)) for number, line in enumerate(lines, 1) if line.strip()]
    bad = [(number, found) for number, found in read if isinstance(found, _Fault)]
    counted = Counter(fault.what for _, fault in bad)
    first = {fault.what: (number, fault) for number, fault in reversed(bad)}
    raise_any(partial(_bad_line, path, *first[what], count - 1) for what, count in counted.items())
    return [_answer(found, path.name) for _, found in read if not isinstance(found, _Fault)]


@dataclass(frozen=True)
class _Fault:
    """What is wrong with a line, in a sentence, and at which column, where that is known."""

    what: str
    column: int | None = None


_FIELDS: dict[str, tuple[type, ...]] = {
    "time": (str,),
    "lesson": (str,),
    "stop": (int,),
    "question": (str,),
    "given": (str, int, float, type(None)),
    "right": (bool,),
    "tries": (int,),
    "hint": (bool,),
}
"""What a line has, and the types that each may be of; a name besides, from who says one."""


def _fields(line: str) -> dict[str, Any] | _Fault:
    """What a line says; or what is wrong with it."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return _Fault("this is not a line of JSON", error.colno if isinstance(error, json.JSONDecodeError) else None)
    if not isinstance(found, dict):
        return _Fault("an answer is a mapping of keys")
    for key, types in {**_FIELDS, **({"name": (str,)} if "name" in found else {})}.items():
        if key not in found:
            near = nearest(key, found)
            return _Fault(f"an answer has `{key}`" + (f", and here is `{near}`" if near else ""))
        if type(found[key]) not in types or (type(found[key]) is int and found[key] < 0 and key != "given"):
            return _Fault(f"`{key}` cannot be {json.dumps(found[key], ensure_ascii=False)[:40]}")
    return found


def _bad_line(path: Path, number: int, fault: _Fault, more: int) -> Problem:
    """A line with its fault, and how many more have the same."""
    also = f"; so it is with {more} more line{'s' * (more > 1)}" if more else ""
    hint = "each line is an answer, as `run --answers FILE` writes it"
    return Problem(f"{fault.what}{also}", path=path, line=number, column=fault.column, hint=hint)


def _answer(found: dict[str, Any], file: str) -> Answer:
    given = found["given"]
    return Answer(
        person=found.get("name", "").strip() or file,
        asked=Asked(found["lesson"], found["stop"], found["question"]),
        given="" if given is None else str(given),
        right=found["right"],
        shown=given is None,
        tries=found["tries"],
        hint=found["hint"],
    )


def marks_of(answers: Iterable[Answer]) -> list[Mark]:
    """How each person answered each question, by lesson, stop and person."""
    keyed = sorted(answers, key=_key)  # of equals the order stays: that of the file
    return [_mark(list(found)) for _, found in groupby(keyed, key=_key)]


def _key(answer: Answer) -> tuple[str, int, str, str]:
    return answer.asked.lesson, answer.asked.stop, answer.asked.question, answer.person


def _mark(answers: list[Answer]) -> Mark:
    """One person's answers to one question, up to where it was settled."""
    settled = next((place for place, each in enumerate(answers) if each.right or each.shown), None)
    counted = answers if settled is None else answers[: settled + 1]
    last = counted[-1]
    wrong = tuple(each.given for each in counted if not each.right and not each.shown)
    if last.right:
        result = Result.at_once if not (wrong or last.hint or last.tries > 1) else Result.with_hint
    else:
        result = Result.shown if last.shown else Result.open
    return Mark(last.person, last.asked, result, max(last.tries, len(wrong) + last.right), wrong)


def tally(marks: Iterable[Mark]) -> Tally:
    """Sum up some marks."""
    found = list(marks)
    return Tally(Counter(mark.result for mark in found), Counter(given for mark in found for given in mark.wrong))


def by_person(marks: Iterable[Mark]) -> Iterator[tuple[str, str, Tally]]:
    """Each lesson and each person who followed it, summed up."""

    def key(mark: Mark) -> tuple[str, str]:
        return mark.asked.lesson, mark.person

    for (lesson, person), found in groupby(sorted(marks, key=key), key=key):
        yield lesson, person, tally(found)


def by_question(marks: Iterable[Mark]) -> list[tuple[Asked, Tally]]:
    """Each question over all people, the hardest first."""
    found = [(asked, tally(group)) for asked, group in groupby(marks, key=lambda mark: mark.asked)]
    return sorted(found, key=lambda each: each[1].ease)
