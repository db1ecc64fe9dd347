"""Scenarios whose types are right, known without Pydantic, whose import takes longer than all else that reads a file.

What is read here is the format of `Document`, from its annotations. Where anything is not as they say, or is unusual,
nothing comes back: Pydantic then checks the scenario, and finds the words for what is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from attn_explore.model.config import Bound
from attn_explore.model.scenario.document import Document
from attn_explore.model.scenario.source import KeyPath, ScenarioSource

_EXACT = 2**53
"""Whole numbers up to here are floats without loss; larger ones are unusual."""

_DEEPEST = 64


class _Unusual(Exception):  # noqa: N818 (not an error yet: Pydantic says whether it is one)
    """What stands here is not what its annotation says, or not only."""


def well_typed(source: ScenarioSource, may_be_null: tuple[KeyPath, ...]) -> tuple[Document, dict[KeyPath, str]] | None:
    """Build the document, with the plain scalars that are text where text is wanted; None where Pydantic has to look.

    A null is unusual everywhere but at `may_be_null`.
    """
    reading = _Reading(source.plain, may_be_null)
    try:
        return reading.section(Document, source.data, ()), reading.texts
    except _Unusual:
        return None


class _Reading:
    """One walk through the data. `texts` are the plain scalars that were taken for text."""

    def __init__(self, plain: Mapping[KeyPath, str], may_be_null: tuple[KeyPath, ...]) -> None:
        self.plain = plain
        self.may_be_null = may_be_null
        self.texts: dict[KeyPath, str] = {}

    def section(self, kind: type, data: Any, path: KeyPath) -> Any:
        """One of the format's classes: its keys and no others, and all that have no default."""
        if type(data) is not dict:
            raise _Unusual
        kinds = _keys(kind)
        if not data.keys() <= kinds.keys() or not _required(kind) <= data.keys():
            raise _Unusual
        return kind(**{key: self.read(kinds[key], value, (*path, key)) for key, value in data.items()})

    def read(self, kind: Any, data: Any, path: KeyPath) -> Any:
        """What is at a path, as its annotation says."""
        if kind in _SIMPLE:
            return self.text(data, path) if kind is str else _SIMPLE[kind](data)
        if isinstance(kind, type) and is_dataclass(kind):
            return self.section(kind, data, path)
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return _bounded(self.read(arguments[0], data, path), arguments[1:])
        if origin is Literal:
            return _one_of(arguments, data)
        if origin in (Union, UnionType):
            return self.first_that_fits(arguments, data, path)
        if origin is tuple:
            return self.list(arguments[0], data, path)
        return self.mapping(arguments[1], data, path)

    def text(self, data: Any, path: KeyPath) -> str:
        """A text; or a plain scalar as it was written, as in `tokens: [1, no, true]`."""
        if type(data) is not str:
            if data is None or path not in self.plain:
                raise _Unusual
            data = self.texts[path] = self.plain[path]
        return _encodable(data)

    def first_that_fits(self, kinds: tuple[Any, ...], data: Any, path: KeyPath) -> Any:
        """One of several kinds. A number is taken for text only where it fits none of them as it is."""
        if data is None:
            if type(None) in kinds and path in self.may_be_null:
                return None
            raise _Unusual
        for kind in sorted(kinds, key=lambda each: each is str and type(data) is not str):
            if kind is type(None):
                continue
            try:
                return self.read(kind, data, path)
            except _Unusual:
                continue
        raise _Unusual

    def list(self, kind: Any, data: Any, path: KeyPath) -> tuple[Any, ...]:
        """As many as there are, of one kind."""
        if type(data) is not list:
            raise _Unusual
        return tuple(self.read(kind, item, (*path, place)) for place, item in enumerate(data))

    def mapping(self, kind: Any, data: Any, path: KeyPath) -> dict[str, Any]:
        """Any keys, with values of one kind."""
        if type(data) is not dict:
            raise _Unusual
        return {_encodable(key): self.read(kind, value, (*path, key)) for key, value in data.items()}


def _whole(data: Any) -> int:
    if type(data) is not int or abs(data) > _EXACT:
        raise _Unusual
    return data


def _number(data: Any) -> float:
    if type(data) is int:
        return float(_whole(data))
    if type(data) is not float or not math.isfinite(data):
        raise _Unusual
    return data


def _truth(data: Any) -> bool:
    if type(data) is not bool:
        raise _Unusual
    return data


def _anything(data: Any, depth: int = 0) -> Any:
    """What is checked later, where it is merged: plain data that JSON can hold."""
    if depth > _DEEPEST:
        raise _Unusual
    if type(data) is dict:
        return {_encodable(key): _anything(value, depth + 1) for key, value in data.items()}
    if type(data) is list:
        return [_anything(item, depth + 1) for item in data]
    if type(data) is str:
        return _encodable(data)
    if type(data) in (int, float):
        _number(data)
    return data


def _encodable(data: Any) -> str:
    if type(data) is not str:
        raise _Unusual
    try:
        data.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise _Unusual from None
    return data


def _one_of(known: tuple[Any, ...], data: Any) -> Any:
    if type(data) is not str or data not in known:
        raise _Unusual
    return data


def _bounded(number: Any, bounds: tuple[Any, ...]) -> Any:
    if not all(isinstance(bound, Bound) and bound.holds(number) for bound in bounds):
        raise _Unusual
    return number


_SIMPLE: dict[Any, Callable[[Any], Any]] = {
    str: _encodable,
    bool: _truth,
    int: _whole,
    float: _number,
    Any: _anything,
}


@cache
def _keys(kind: type) -> dict[str, Any]:
    """The keys of a section with what their annotations say."""
    return get_type_hints(kind, include_extras=True)


@cache
def _required(kind: Any) -> frozenset[str]:
    return frozenset(each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING)
