"""Our dataclass against that of the standard library, which does the same."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import FrozenInstanceError, field, fields, replace
from functools import cached_property
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from attn_explore.model.dataclass import dataclass


def _classes(make: Any) -> dict[str, Any]:
    """Classes with each kind of field and option that there is here."""

    @make(frozen=True)
    class Plain:
        a: int
        b: str = "b"
        kind: ClassVar[str] = "plain"

        @cached_property
        def doubled(self) -> int:
            return 2 * self.a

    @make(frozen=True)
    class More(Plain):
        c: list[int] = field(default_factory=list)

    @make(frozen=True, slots=True)
    class Slots:
        a: int
        later: int | None = field(default=None, init=False)

    @make(frozen=True, kw_only=True)
    class Named:
        a: int = 1
        b: int

    @make(frozen=True, eq=False, repr=False)
    class Bare:
        a: int

    @make(frozen=True)
    class Hidden:
        a: int
        b: Any = field(default=0, compare=False, repr=False)

        def __str__(self) -> str:
            return f"<{self.a}>"

    @make(frozen=True)
    class Own:
        a: int

        def __repr__(self) -> str:
            return "own"

        def __hash__(self) -> int:
            return 7

    @make(frozen=True)
    class Made:
        a: int
        b: int = field(init=False)
        c: list[int] = field(default_factory=list, init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "b", self.a + 1)

    @make(frozen=True)
    class Nothing:
        pass

    @make
    class Changing:
        a: int

    return {name: each for name, each in locals().items() if name != "make"}


OURS, THEIRS = _classes(dataclass), _classes(dataclasses.dataclass)

CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Plain", (1,), {}),
    ("Plain", (1,), {"b": "é"}),
    ("More", (1, "b", [2]), {}),
    ("More", (1,), {}),
    ("Slots", (1,), {}),
    ("Named", (), {"b": 2}),
    ("Bare", (1,), {}),
    ("Hidden", (1, 2), {}),
    ("Own", (1,), {}),
    ("Made", (1,), {}),
    ("Nothing", (), {}),
    ("Changing", (1,), {}),
]

EACH = pytest.mark.parametrize(("name", "given", "named"), CALLS)


def _hash(made: object) -> object:
    try:
        return hash(made)
    except TypeError as error:
        return str(error)


@EACH
def test_it_holds_shows_and_compares_the_same(name: str, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    our, their = OURS[name](*given, **named), THEIRS[name](*given, **named)

    assert [getattr(our, each.name) for each in fields(our)] == [getattr(their, each.name) for each in fields(their)]
    assert (our == OURS[name](*given, **named)) is (their == THEIRS[name](*given, **named))
    assert our != their
    assert type(our).__match_args__ == type(their).__match_args__
    if name != "Bare":  # they are shown, and told apart, by where they are
        assert (str(our), repr(our), _hash(our)) == (str(their), repr(their), _hash(their))


@EACH
def test_another_one_differs_in_what_is_replaced(name: str, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    if name == "Nothing":
        return
    our, their = (replace(kind[name](*given, **named), a=5) for kind in (OURS, THEIRS))

    assert our.a == their.a == 5
    assert (our == OURS[name](*given, **named)) is (their == THEIRS[name](*given, **named)) is False


@EACH
def test_only_those_that_are_not_frozen_change(name: str, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    for kind in (OURS, THEIRS):
        made = kind[name](*given, **named)
        if name == "Changing":
            made.a = 2
            assert made.a == 2
            continue
        for change in (lambda it: setattr(it, "a", 2), lambda it: delattr(it, "a")):
            before = repr(made)
            with pytest.raises(FrozenInstanceError, match="field 'a'"):
                change(made)
            assert repr(made) == before


@pytest.mark.parametrize("name", OURS)
def test_it_is_called_the_same(name: str) -> None:
    our, their = signature(OURS[name]).parameters.values(), signature(THEIRS[name]).parameters.values()

    assert [(each.name, each.kind) for each in our] == [(each.name, each.kind) for each in their]


def test_defaults_that_are_made_are_made_anew() -> None:
    first, second = OURS["More"](1), OURS["More"](1)

    assert first.c == second.c
    assert first.c is not second.c


def test_what_is_missing_is_told_as_the_library_tells_it() -> None:
    said = []
    for kind in (OURS, THEIRS):
        with pytest.raises(TypeError) as raised:
            kind["Plain"]()
        said.append(str(raised.value))

    assert said[0] == said[1]


def test_cached_properties_are_kept() -> None:
    made = OURS["Plain"](3)

    assert made.doubled == 6
    assert vars(made)["doubled"] == 6


def test_other_classes_are_never_equal() -> None:
    child = type("Child", (OURS["Plain"],), {})

    assert OURS["Plain"](1) != child(1)
    assert OURS["Plain"](1) != (1, "b")


@pytest.mark.parametrize("same", [np.arange(3), float("nan")], ids=["array", "nan"])
def test_what_is_the_same_object_is_equal_as_in_tuples(same: Any) -> None:
    """The library compares so until Python 3.12; from then on it says of one NaN that it is not equal to itself."""
    assert OURS["Plain"](same) == OURS["Plain"](same)


def test_other_arrays_are_not_compared() -> None:
    for kind in (OURS, THEIRS):
        with pytest.raises(ValueError, match="ambiguous"):
            assert kind["Plain"](np.arange(3)) == kind["Plain"](np.arange(1, 4))


def test_every_dataclass_of_the_program_is_made_so() -> None:
    root = Path(__file__).parents[2]
    files = [file for room in ("model", "explorer") for file in (root / room).rglob("*.py")]
    taken = re.compile(r"^from dataclasses import .*\bdataclass\b", re.MULTILINE)
    others = {file.name for file in files if taken.search(file.read_text("utf-8"))}
    assert others == {"dataclass.py"}
