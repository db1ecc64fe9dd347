"""What a page may say: each message is a JSON list of its kind and what belongs to it."""

from __future__ import annotations

import json
from typing import Any

from attn_explore.explorer.serving.rules import bounded
from attn_explore.model.dataclass import dataclass

LARGEST = 2**16
"""Bytes of the longest message: a text that is pasted. A longer one closes the page (code 1009)."""


@dataclass(frozen=True)
class Typed:
    """Keys, clicks and what was pasted, as a terminal sends them."""

    keys: bytes


@dataclass(frozen=True)
class Resized:
    """The page has room for so many cells."""

    width: int
    height: int


@dataclass(frozen=True)
class Pinged:
    """The page wants the same back."""

    text: str


@dataclass(frozen=True)
class Focused:
    """The terminal was clicked, or something else was, such as the keys below it.

    The app does not hear of that: a dialog would no longer take what is typed with those keys.
    """


Message = Typed | Resized | Pinged | Focused


def message_of(text: str) -> Message:
    """What a page says. Raises ValueError for what no page of ours would say.

    >>> message_of('["resize", {"width": 1000000000, "height": 24}]')
    Resized(width=500, height=24)
    """
    match _read(text):
        case ["stdin", str(keys)]:
            return Typed(keys.encode(errors="ignore"))  # half a surrogate pair is no character
        case ["resize", {"width": width, "height": height}]:
            return Resized(*bounded(_whole(width), _whole(height)))
        case ["ping", str(sent)]:
            return Pinged(sent)
        case ["focus" | "blur"]:
            return Focused()
    raise ValueError("no such message")


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _whole(number: Any) -> int:
    if type(number) is not int:
        raise ValueError("no whole number")
    return number
