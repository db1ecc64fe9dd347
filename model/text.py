"""Text from a file is data: what of it may be shown, and how many terminal cells it takes.

Titles, tokens and names can hold escape sequences, characters that reorder a line and characters that nobody sees.
`visible` gives each of them a printable form. It leaves square brackets alone: whoever shows text must not parse it.
"""

from __future__ import annotations

import unicodedata
from math import log10

_PRESENTATION_SELECTORS = "\ufe0e\ufe0f"  # they ask for another glyph or width, and terminals disagree on both


def visible(text: str, keep: str = "") -> str:
    r"""The text with everything that a terminal would obey, hide or reorder in a printable form.

    Characters in `keep` stay as they are (a newline in narration). Plain text comes back unchanged.

    >>> visible("\x1b[31m\x9b\u202eI love my dog")
    '␛[31m\\x9b⟨U+202E⟩I love my dog'
    """
    if text.isprintable() and not any(selector in text for selector in _PRESENTATION_SELECTORS):
        return text
    return "".join(character if character in keep else _shown(character) for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    if character in _PRESENTATION_SELECTORS:
        return ""
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code < 0xA0:
        return f"\\x{code:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"⟨U+{code:04X}⟩"


def clip(text: str, limit: int) -> str:
    """The text, or its first `limit` characters and the number of those left out.

    >>> clip("I love my dog", 6)
    'I love…(+7)'
    """
    return text if len(text) <= limit else f"{text[:limit]}…(+{len(text) - limit})"


def closed(name: str) -> str:
    """The name of a cell as it was typed, without the spaces around it and with its bracket closed.

    >>> closed(" weights[love, dog "), closed("weights")
    ('weights[love, dog]', 'weights')
    """
    bare = name.strip()
    return bare if "[" not in bare or bare.endswith("]") else f"{bare}]"


def figure(number: int) -> str:
    """Write a whole number of any magnitude in few characters.

    >>> figure(10**400)
    'about 10^400'
    """
    return str(number) if abs(number) < 10**20 else f"about {'-' * (number < 0)}10^{round(log10(abs(number)))}"


def cells(text: str) -> int:
    """How many terminal cells visible text takes: East Asian wide characters take two, combining marks none.

    >>> cells("我的 dog")
    8
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
