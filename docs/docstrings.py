"""From what a module says of itself to Markdown: signatures, docstrings and their examples."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from textwrap import fill
from types import ModuleType
from typing import Any

_SAID_OF = re.compile(r"^(\w[\w, ]*?) {2,}(\S.*)$")
_FIRST = ("run", "load", "Trace", "Value")
"""The names that all others are come by."""
_INDEXED = {"__getitem__": "[…]"}
"""Methods that are called by a sign, and how that looks."""


def reference(module: ModuleType) -> str:
    """Every public name of a module: what it is called with, and what is said of it."""
    names = (*_FIRST, *(name for name in module.__all__ if name not in _FIRST))
    return "\n".join(_entry(name, getattr(module, name)) for name in names)


def _entry(name: str, found: Any) -> str:
    if not inspect.isclass(found):
        return _told("###", name, f"{name}{called_with(found)}", found.__doc__)
    parts = (_told("###", name, "", found.__doc__), _properties(found), *_methods(name, found))
    return "\n".join(part for part in parts if part)


def _properties(found: type) -> str:
    """What a class has, as a list."""
    public = ((name, member) for name, member in vars(found).items() if isinstance(member, property) and name[0] != "_")
    return "".join(f"- `.{name}`: {' '.join((member.__doc__ or '').split())}\n" for name, member in public)


def _methods(of: str, found: type) -> Iterator[str]:
    """What a class does, in its order: the methods that say what they are."""
    for name, member in vars(found).items():
        if inspect.isfunction(member) and member.__doc__ and (name[0] != "_" or name in _INDEXED):
            sign = _INDEXED.get(name)
            signature = "" if sign else f"{name}{called_with(member)}"
            yield _told("####", f"{of}{sign or f'.{name}'}", signature, member.__doc__)


def called_with(found: Callable[..., Any]) -> str:
    """The parameters of a function with their defaults, without types, which its words tell.

    >>> def shown(self, name: str, *, depth: int = 1) -> str: ...
    >>> called_with(shown)
    '(name, *, depth=1)'
    """
    said = inspect.signature(found)
    own = [each.replace(annotation=each.empty) for each in said.parameters.values() if each.name != "self"]
    return str(inspect.Signature(own))


def _told(level: str, title: str, signature: str, doc: str | None) -> str:
    wrapped = fill(signature, 88, subsequent_indent="    ")
    shown = f"\n```text\n{wrapped}\n```\n" if signature else ""
    return f"{level} `{title}`\n{shown}\n{markdown(doc or '')}"


def markdown(doc: str) -> str:
    r"""A docstring as Markdown: names with what is said of them as a list, examples as code.

    >>> print(markdown("Add.\n\na     a number\nb, c  others,\n      or none"), end="")
    Add.
    <BLANKLINE>
    - `a`: a number
    - `b, c`: others, or none
    """
    paragraphs = inspect.cleandoc(doc).split("\n\n")
    return "\n\n".join(map(_paragraph, paragraphs)) + "\n"


def _paragraph(text: str) -> str:
    if text.startswith(">>>"):
        return f"```pycon\n{text}\n```"
    if not _SAID_OF.match(text.partition("\n")[0]):
        return text
    joined = re.sub(r"\n +", " ", text)
    return "\n".join(_SAID_OF.sub(r"- `\1`: \2", line) for line in joined.splitlines())
