"""Strict JSON (RFC 8259) from strangers: the memory it takes is known first, and every refusal has line and column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from attn_explore.model.files.signatures import looks_like
from attn_explore.model.problems import Problem, TooLarge

MOST_NESTING = 64
"""Lists and objects in one another that are read: what is deeper was made to exhaust whoever walks through it."""

_NESTED = (list, dict)
_NESTING = re.compile(rb'[{}\[\]]|"[^"\\]*(?:\\.[^"\\]*)*"', re.S)
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?', re.S)
_MARKS = re.compile(rb'[{}]|"[^"\\]*(?:\\.[^"\\]*)*"(?P<name>\s*:)?', re.S)
_BYTES_OF = {b",": 40, b"[": 96, b"{": 240}
"""Memory that each of these costs at most: an item of a list, an empty list, an empty object."""


class Advice(NamedTuple):
    """What would be right where JSON cannot be read: it is none, or more than may be read."""

    damaged: str = ""
    too_large: str = ""


_NO_ADVICE = Advice()


def read_json(content: bytes, path: Path, limit: int, advice: Advice = _NO_ADVICE) -> Any:
    """What the JSON holds. Raises Problem for what is not strict JSON, or would take more than `limit` bytes.

    No NaN and no Infinity, no number beyond float64, no name twice in an object, no lone surrogate, no byte order mark.
    Whole numbers of more than 64 bits are read as floats.
    """
    needed = len(content) + sum(cost * content.count(mark) for mark, cost in _BYTES_OF.items())
    if needed > limit:
        what = f"this JSON may take {needed:,} bytes of memory, and the limit is {limit:,}"
        raise TooLarge(what, hint=advice.too_large, path=path)
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _damaged(content, error, path, advice) from error
    is_too_deep, names = _measured(found)
    if is_too_deep:
        line, column = _place(content[: _start_of_excess(content)].decode())
        raise Problem(f"nested deeper than {MOST_NESTING}", path=path, line=line, column=column)
    for start in _names_given_twice(content) if names < _names_written(content) else ():
        line, column = _place(content[:start].decode())
        raise Problem("a name stands twice in this object", path=path, line=line, column=column)
    return found


def _damaged(content: bytes, error: orjson.JSONDecodeError, path: Path, advice: Advice) -> Problem:
    try:
        content.decode()
    except UnicodeDecodeError as encoding:
        line, column = _place(content[: encoding.start].decode())
        return Problem("this is not UTF-8 text", path=path, line=line, column=column, hint=_hint(content, advice))
    what = f"not strict JSON: {error.msg}"
    return Problem(what, path=path, line=error.lineno, column=error.colno, hint=_hint(content, advice))


def _hint(content: bytes, advice: Advice) -> str:
    """What the content is, where it is something else, and what would be right."""
    kind = looks_like(content)
    another = "" if kind in (None, "JSON") else f"this looks like {kind}"
    return "; ".join(filter(None, (another, advice.damaged)))


def _place(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _measured(data: Any) -> tuple[bool, int]:
    """Whether something is nested deeper than is read, and how many names its objects have; found level by level."""
    level, names = [data] if type(data) in _NESTED else [], 0
    for _ in range(MOST_NESTING + 1):
        names += sum(len(item) for item in level if type(item) is dict)
        inside = (item.values() if type(item) is dict else item for item in level)
        level = [child for children in inside for child in children if type(child) in _NESTED]
    return bool(level), names


def _names_written(content: bytes) -> int:
    """How many names the text has: more than its objects where a name stands twice."""
    return sum(map(bool, _STRINGS.findall(content)))


def _start_of_excess(content: bytes) -> int:
    """Where the first list or object begins that is nested too deep."""
    depth = 0
    for mark in _NESTING.finditer(content):
        depth += (mark[0] in (b"[", b"{")) - (mark[0] in (b"]", b"}"))
        if depth > MOST_NESTING + 1:
            return mark.start()
    raise AssertionError("nothing here is nested too deep")


def _names_given_twice(content: bytes) -> Iterator[int]:
    """Where names stand that their object has already. Only names and braces are looked at: numbers cost nothing."""
    objects: list[set[str]] = []
    for mark in _MARKS.finditer(content):
        if mark[0] == b"{":
            objects.append(set())
        elif mark[0] == b"}":
            objects.pop()
        elif mark["name"] is not None:
            written = mark[0][: mark.start("name") - mark.start()]
            name = json.loads(written) if b"\\" in written else written[1:-1].decode()
            if name in objects[-1]:
                yield mark.start()
            objects[-1].add(name)
