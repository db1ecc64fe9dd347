"""The options of a command, as somebody types them in the explorer: `token ' Paris' against ' London' after 3`.

They may have their dashes or not, and commas may stand between.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.text import clip

_LONGEST = 40
_DIGITS = 10
"""Of a number that is typed, at most."""


@dataclass(frozen=True)
class Option:
    """What can be said behind a name: how it is read, where a ValueError is a refusal; what it is, and an example."""

    read: Callable[[str], Any]
    means: str
    such_as: str


def bounded(read: Callable[[str], float], holds: Callable[[float], bool], means: str, such_as: str) -> Option:
    """A number that is read in some way, and for which something holds."""

    def read_one(text: str) -> float:
        found = read(text)
        if not holds(found):
            raise ValueError(text)
        return found

    return Option(read_one, means, such_as)


def whole(least: int, means: str, such_as: str, most: int = 10**_DIGITS) -> Option:
    """A whole number from some least one on."""

    def read(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else -1
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return Option(read, means, such_as)


def one_of(choices: Sequence[str], such_as: str) -> Option:
    """One of some words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return Option(read, f"one of {', '.join(choices)}", such_as)


TOKEN = Option(str, "the text of a token", "token ' Paris'")
TOKEN_ID = whole(0, "the id of a token, from 0", "token-id 7")
AFTER = Option(str, "a word of the text, or its place", "after 3")
AGAINST = Option(str, "the text of a token", "against ' London'")
AGAINST_ID = whole(0, "the id of a token, from 0", "against-id 8")
ONE_TOKEN = {"token": TOKEN, "token-id": TOKEN_ID}
TWO_TOKENS = {**ONE_TOKEN, "against": AGAINST, "against-id": AGAINST_ID, "after": AFTER}


def options_said(text: str, options: Mapping[str, Option]) -> dict[str, Any]:
    """What is typed, read, by the names of the options. Raises Problem for a name or a value that is none.

    >>> options_said("token ' Paris', after=3", TWO_TOKENS)
    {'token': ' Paris', 'after': '3'}
    """
    examples = {name: option.such_as for name, option in options.items()}
    found = dict[str, Any]()
    for name, said in pairs(text, examples, "no option here"):
        found[name.replace("-", "_")] = value_said(name, said, options[name])
    return found


def value_said(name: str, said: str, option: Option) -> Any:
    """What is said behind a name, read. Raises Problem for what it cannot be."""
    try:
        return option.read(said)
    except ValueError:
        what = f"{name} is {option.means}: not {clip(said, _LONGEST)}"
        raise Problem(what, hint=f"such as {option.such_as}") from None


def typed(options: Sequence[str]) -> str:
    """Options of a command line as they are typed here.

    >>> typed(["--token", " Paris", "--after", "3"])
    "token ' Paris' after 3"
    """
    return " ".join(_quoted(each.removeprefix("--")) for each in options)


def pairs(text: str, examples: Mapping[str, str], otherwise: str) -> Iterator[tuple[str, str]]:
    """Names and what is said behind them: `seed 7`, `--seed 7`, `--seed=7`.

    `examples` has what can be said, by the names that there are; `otherwise` is what any other is.
    """
    waiting = iter(_parts(text))
    for part in waiting:
        name_typed, equals, said = part.partition("=")
        name = name_typed.removeprefix("--").lower().replace("_", "-")
        if name not in examples:
            raise Problem(f"“{clip(name_typed, _LONGEST)}” is {otherwise}", hint=_hint(name, list(examples)))
        if not equals and (following := next(waiting, None)) is None:
            raise Problem(f"nothing is said behind {name}", hint=f"such as {examples[name]}")
        yield name, said if equals else following or ""


def _parts(text: str) -> list[str]:
    """What stands between blanks and commas; in quotes they are part of it."""
    reader = shlex.shlex(text, posix=True)
    reader.whitespace, reader.whitespace_split, reader.commenters = f"{reader.whitespace},", True, ""
    try:
        return list(reader)
    except ValueError:
        raise Problem("a quote is open", hint="close it: token ' Paris'") from None


def _quoted(part: str) -> str:
    return shlex.quote(part) if "," not in part else "'" + part.replace("'", "'\"'\"'") + "'"


def _hint(name: str, names: Sequence[str]) -> str:
    near = next((each for each in names if name and each.startswith(name)), None) or nearest(name, names)
    return f"did you mean {near}?" if near else f"there are {', '.join(names)}"
