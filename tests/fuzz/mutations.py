"""Ways to spoil a file: its bytes, the words in it, and the tree of its data while the file stays whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Mutation = Callable[[Random, bytes, Sequence[bytes], Sequence[bytes]], bytes]
"""A spoiled file made of: chance, a file, other files, and words that mean something in such files."""

NUMBERS = (
    "-1", "0", "1", "2", "7", "64", "65536", "1000000", "2147483648", "4294967295", "9223372036854775807",
    "18446744073709551615", "18446744073709551616", "-9223372036854775809", "1e5", "1e-5", "1e308", "1e400", "-0.0",
    "0.1", "NaN", "Infinity", "-Infinity", ".inf", ".nan", "null", "true", "false", '"2"', "01", "0x10", "1_000",
    "9" * 400, "9" * 5000,
)  # fmt: skip
TEXTS = (
    "", " ", "a", "\x00", "\x1b]52;c;eA==\x07", "\x9b31m", "\u202eI", "\ud83d\ude00", "\ufeff", "é", "[/]",
    "[@click=app.quit]x[/]", "../x", "~", "None", "x" * 300, "\n", "\r", "\t",
    "\u2028", "a b c d", "0", "-1", "encoder.0", "__metadata__",
)  # fmt: skip
_MOST_BYTES = 20_000
_DEPTHS = (1, 40, 100, 1500)


def _span(chance: Random, content: bytes, longest: int = 40) -> tuple[int, int]:
    start = chance.randrange(len(content) + 1)
    return start, min(len(content), start + chance.randrange(1, longest + 1))


def flip(chance: Random, content: bytes, _others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    """Turn one bit over."""
    if not content:
        return b"\x01"
    place = chance.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1 :]


def put_a_byte(chance: Random, content: bytes, _others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    """Put one byte in the place of another."""
    place, _ = _span(chance, content)
    return content[:place] + bytes([chance.randrange(256)]) + content[place + 1 :]


def cut_out(chance: Random, content: bytes, _others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    """Take some bytes away."""
    start, end = _span(chance, content)
    return content[:start] + content[end:]


def cut_off(chance: Random, content: bytes, _others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    """Take the end away."""
    return content[: chance.randrange(len(content) + 1)]


def repeat(chance: Random, content: bytes, _others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    """Write some bytes many times."""
    start, end = _span(chance, content)
    return (content[:end] + content[start:end] * chance.choice((1, 2, 30, 300)) + content[end:])[:_MOST_BYTES]


def splice(chance: Random, content: bytes, others: Sequence[bytes], _words: Sequence[bytes]) -> bytes:
    """Put some bytes of another file in the place of some."""
    start, end = _span(chance, content)
    other = chance.choice(others)
    from_start, from_end = _span(chance, other, 200)
    return content[:start] + other[from_start:from_end] + content[end:]


def put_a_word(chance: Random, content: bytes, _others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Write a word that means something in such files."""
    start, end = _span(chance, content, 4)
    return content[:start] + chance.choice(words) + content[end if chance.random() < 0.5 else start :]


_WORD = re.compile(rb"[A-Za-z_]+|-?\d[\d.eE+-]*")


def change_a_word(chance: Random, content: bytes, _others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Put another in the place of a whole word or number."""
    found = _WORD.search(content, chance.randrange(len(content) + 1))
    if found is None:
        return content
    new = chance.choice(words) if chance.random() < 0.5 else chance.choice(NUMBERS).encode()
    return content[: found.start()] + new + content[found.end() :]


BYTES: tuple[Mutation, ...] = (
    flip, put_a_byte, cut_out, cut_off, repeat, splice, put_a_word, put_a_word, change_a_word, change_a_word,
)  # fmt: skip


def spoiled(chance: Random, content: bytes, others: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """A file after one to four changes of its bytes."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        content = chance.choice(BYTES)(chance, content, others, words)
    return content


# --- trees


def spoiled_tree(chance: Random, data: Any, keys: Sequence[str]) -> Any:
    """Data as JSON holds it after one to three changes that keep it JSON; `keys` mean something in it."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        data = _changed(chance, data, keys)
    return data


def _changed(chance: Random, data: Any, keys: Sequence[str]) -> Any:
    """Go down by chance, and change what is there."""
    if isinstance(data, dict) and data and chance.random() < 0.85:
        return _changed_dict(chance, data, keys)
    if isinstance(data, list) and data and chance.random() < 0.85:
        return _changed_list(chance, data, keys)
    return _another(chance, data, keys)


def _changed_dict(chance: Random, data: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    key, what = chance.choice(list(data)), chance.random()
    if what < 0.7:
        return data | {key: _changed(chance, data[key], keys)}
    if what < 0.8:
        return {name: value for name, value in data.items() if name != key}
    if what < 0.9:
        return data | {_text(chance, keys): data[key]}
    return data | {_text(chance, keys): _another(chance, data[key], keys)}


def _changed_list(chance: Random, data: list[Any], keys: Sequence[str]) -> list[Any]:
    place, what = chance.randrange(len(data)), chance.random()
    if what < 0.7:
        return [*data[:place], _changed(chance, data[place], keys), *data[place + 1 :]]
    if what < 0.8:
        return [*data[:place], *data[place + 1 :]]
    if what < 0.9:
        return data[:place] + data[place : place + 1] * chance.choice((2, 3, 200))
    return chance.sample(data, len(data))


def _another(chance: Random, data: Any, keys: Sequence[str]) -> Any:
    what = chance.random()
    if what < 0.35:
        return Raw(chance.choice(NUMBERS))
    if what < 0.6:
        return _text(chance, keys)
    if what < 0.8:
        return chance.choice(([], {}, None, True, False, 0, 1, 3, -1, 2.5, [[]], [1, "a"], {"a": 1}))
    if what < 0.9:
        return [data]
    return _nested(data, chance.choice(_DEPTHS))


def _text(chance: Random, keys: Sequence[str]) -> str:
    return chance.choice(keys) if chance.random() < 0.6 else chance.choice(TEXTS)


def _nested(data: Any, depth: int) -> Any:
    return Raw("[" * depth + written(data) + "]" * depth)


class Raw(str):
    """What stands in JSON as it is, valid or not."""

    __slots__ = ()


def written(data: Any) -> str:
    """Data as JSON, and the raw parts as they are."""
    import json

    if isinstance(data, Raw):
        return str(data)
    if isinstance(data, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{written(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ",".join(map(written, data)) + "]"
    return json.dumps(data)
