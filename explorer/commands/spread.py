"""Options that commands take together, as one parameter: how Typer, which reads single ones, is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The same command, with a parameter for each option.

    A parameter of the command whose type is a dataclass stands for the options that are its fields, in their order;
    a field may be such a group again.
    """
    own = signature(command, eval_str=True).parameters.values()
    single = [option for each in own for option in _options(each)]

    @wraps(command)
    def run(**given: Any) -> None:
        command(**{each.name: _collected(each.name, each.annotation, given) for each in own})

    # What Typer reads: the options themselves, and their types.
    vars(run)["__signature__"] = Signature(single)
    run.__annotations__ = {each.name: each.annotation for each in single}
    return run


def _options(parameter: Parameter) -> Iterator[Parameter]:
    """The options that a parameter stands for: those of its group, or itself."""
    if not is_dataclass(parameter.annotation):
        yield parameter.replace(kind=Parameter.KEYWORD_ONLY)
        return
    types = get_type_hints(parameter.annotation, include_extras=True)
    for each in fields(parameter.annotation):
        yield from _options(
            Parameter(each.name, Parameter.KEYWORD_ONLY, default=_default(each), annotation=types[each.name])
        )


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return Parameter.empty if field.default is MISSING else field.default


def _collected(name: str, kind: Any, given: Mapping[str, Any]) -> Any:
    """What was given for a parameter: its option's, or its group with those of its fields."""
    if not is_dataclass(kind):
        return given[name]
    types = get_type_hints(kind, include_extras=True)
    return kind(**{each.name: _collected(each.name, types[each.name], given) for each in fields(kind)})  # type: ignore[operator]
