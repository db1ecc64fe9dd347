"""`dataclass` of the standard library; for frozen classes in a fifth of its time.

The library writes and compiles six methods for each class, which for a hundred classes is a good part of a start. Here
only `__init__` is compiled; the other methods of frozen classes differ in no more than the names of the fields.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, fields
from dataclasses import dataclass as _of_library
from functools import partial
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, repr=True, eq=True, **options):
        """Make a dataclass of a class."""
        if cls is None:
            return partial(dataclass, frozen=frozen, repr=repr, eq=eq, **options)
        if not frozen:
            return _of_library(cls, repr=repr, eq=eq, **options)
        own = set(vars(cls))
        made = _of_library(cls, init=False, repr=False, eq=False, **options)
        methods = {"__init__": _init(made), "__setattr__": _refuse, "__delattr__": _refuse}
        if repr:
            methods["__repr__"] = _repr
        if eq:
            methods |= _comparing(made)
        for name in methods.keys() - own:
            setattr(made, name, methods[name])
        return made


def _init(cls: type[Any]) -> Callable[..., None]:
    """What sets the fields, as the library does: to what is given, or else to a default or what is made anew."""
    known = fields(cls)
    in_order = [_parameter(each) for each in known if each.init and not each.kw_only]
    by_name = [_parameter(each) for each in known if each.init and each.kw_only]
    parameters = ", ".join(["self", *in_order, *(["*", *by_name] if by_name else [])])
    lines = [f"__put(self, {each.name!r}, {value})" for each in known if (value := _given(each))]
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    names: dict[str, Any] = {"__put": object.__setattr__, "__missing": MISSING}
    names["__default"] = {each.name: each.default for each in known}
    names["__make"] = {each.name: each.default_factory for each in known}
    exec("\n ".join([f"def __init__({parameters}):", *lines, "pass"]), names)  # noqa: S102 (names of our fields)
    made: Callable[..., None] = names["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _parameter(field: Field[Any]) -> str:
    if field.default_factory is not MISSING:
        return f"{field.name}=__missing"
    return field.name if field.default is MISSING else f"{field.name}=__default[{field.name!r}]"


def _given(field: Field[Any]) -> str:
    """What a field is set to; nothing where it is set later."""
    if field.default_factory is not MISSING:
        made = f"__make[{field.name!r}]()"
        return f"{made} if {field.name} is __missing else {field.name}" if field.init else made
    if field.init:
        return field.name
    return "" if field.default is MISSING else f"__default[{field.name!r}]"


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot change field {name!r}")


@recursive_repr()
def _repr(self: Any) -> str:
    shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({shown})"


def _comparing(cls: type[Any]) -> dict[str, Callable[..., Any]]:
    """Equality and hash of what is compared, as tuples: what is the same object is equal, on every Python."""
    compared = _tuple_of([each.name for each in fields(cls) if each.compare])

    def equals(self: object, other: object) -> bool:
        return compared(self) == compared(other) if type(self) is type(other) else NotImplemented

    def hash_of(self: object) -> int:
        return hash(compared(self))

    return {"__eq__": equals, "__hash__": hash_of}


def _tuple_of(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    """What gives some attributes: `attrgetter` gives a tuple of two or more only."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda made: tuple([getattr(made, name) for name in names])
