r"""How a token of a tokenizer's file is shown, and which tokens a label may mean.

    ␣Paris      a space is a mark that can be seen; so are a line break `↵` and a tab `⇥`
    <0xE6>      a byte that is no character by itself
    ⟨U+00A0⟩    what nobody would see, and what is a mark here: other blanks, joiners, `␣` and `⟨` themselves
    ◌́           an accent without a letter stands on a dotted circle
    ␛           control characters, as everywhere

A file writes its tokens in one of three ways (`Spelling`): each byte as a character of its own (GPT-2's alphabet, in
which a space is `Ġ`), a space as `▁` (SentencePiece), or as they are (BERT's `##ing`). Their labels are the same, and
no two tokens of a file have the same label.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from attn_explore.model.labels import NEWLINE, SPACE, TAB


class Spelling(NamedTuple):
    """A way in which a file writes its tokens: the label of one, and the tokens of which one may have a label.

    `data` gives the bytes of text that a token stands for, where the file writes tokens so that they can be told.
    """

    label: Callable[[str], str]
    tokens: Callable[[str], tuple[str, ...]]
    data: Callable[[str], bytes] | None = None


_BLANKS = {" ": SPACE, "\n": NEWLINE, "\t": TAB}
_PICTURES = {chr(code): chr(0x2400 + code) for code in range(0x20)} | {"\x7f": "␡"}
_CIRCLE = "◌"
_MARKS = _PICTURES | _BLANKS
"""What stands in a label for a character that is seen as one cell."""
_RESERVED = frozenset({*_BLANKS.values(), *_PICTURES.values(), _CIRCLE, "⟨", "⟩"})
"""Characters that mean something in a label: where a token has one, it is written by its number."""
_MEANT = str.maketrans({_CIRCLE: "", **{mark: character for character, mark in _MARKS.items()}})
_NUMBERED = re.compile(r"⟨U\+([0-9A-F]{4,6})⟩")


# --- as they are


def _plain_label(token: str) -> str:
    if token.isascii() and token.isprintable():
        return token.replace(" ", SPACE)
    return _on_circle("".join(map(_seen, token)))


def _seen(character: str) -> str:
    mark = _MARKS.get(character)
    if mark is not None:
        return mark
    is_blank = unicodedata.category(character) == "Zs" or "\ufe00" <= character <= "\ufe0f"
    is_seen = character.isprintable() and not is_blank and character not in _RESERVED
    return character if is_seen else _by_number(character)


def _by_number(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"


def _on_circle(label: str) -> str:
    """An accent at the beginning would join what stands before the label."""
    return _CIRCLE + label if label and unicodedata.category(label[0]) in ("Mn", "Me") else label


def _plain_tokens(label: str) -> tuple[str, ...]:
    return (_numbers_meant(label.translate(_MEANT)),)


def _numbers_meant(label: str) -> str:
    return _NUMBERED.sub(_character, label)


def _character(number: re.Match[str]) -> str:
    """The character of a number; what is none stays as it is."""
    code = int(number[1], 16)
    return chr(code) if code < 0xD800 or 0xE000 <= code < 0x110000 else number[0]


PLAIN = Spelling(_plain_label, _plain_tokens)


# --- SentencePiece

_METASPACE = "▁"


def _metaspace_label(token: str) -> str:
    parts = (_by_number(" ").join(map(_plain_label, part.split(" "))) for part in token.split(_METASPACE))
    return SPACE.join(parts)


def _metaspace_tokens(label: str) -> tuple[str, ...]:
    return _plain_tokens(label.replace(SPACE, _METASPACE))


_WHOLE_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def piece_bytes(piece: str) -> bytes:
    """The bytes of a piece: one where it stands for one, `<0xE6>`."""
    byte = _WHOLE_BYTE.fullmatch(piece)
    return bytes([int(byte[1], 16)]) if byte else piece.replace(_METASPACE, " ").encode()


METASPACE = Spelling(_metaspace_label, _metaspace_tokens, piece_bytes)


# --- bytes

_LIKE_A_BYTE = re.compile(r"<(?=0x[0-9A-F]{2}>)")
_BYTE = re.compile(r"<0x([89A-F][0-9A-F])>")
_ESCAPED = 0xDC00
"""Python writes a byte that is no character as a code point from here on."""


def _alphabet() -> dict[int, str]:
    """GPT-2's character for each byte: itself where Latin-1 has a visible one, else one from U+0100 on, in order."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in seen]
    return {byte: chr(byte) for byte in seen} | {byte: chr(256 + place) for place, byte in enumerate(others)}


LETTERS = _alphabet()
"""The character that stands for each byte: `Ġ` for a space, `Ċ` for a line break."""
_BYTES = {letter: byte for byte, letter in LETTERS.items()}


def _bytes_label(token: str) -> str:
    if not _BYTES.keys() >= set(token):  # no bytes are written so, but a file may hold anything
        return "".join(each if each in _BYTES else _by_number(each) for each in token)
    text = bytes(map(_BYTES.__getitem__, token)).decode("utf-8", "surrogateescape")
    if text.isascii() and text.isprintable() and "<" not in text:
        return text.replace(" ", SPACE)
    parts = ("".join(map(_seen_byte, part)) for part in _LIKE_A_BYTE.split(text))
    return _on_circle(_by_number("<").join(parts))


def _seen_byte(character: str) -> str:
    byte = ord(character) - _ESCAPED
    return f"<0x{byte:02X}>" if 0 <= byte < 256 else _seen(character)


def _bytes_tokens(label: str) -> tuple[str, ...]:
    escaped = _BYTE.sub(lambda byte: chr(_ESCAPED + int(byte[1], 16)), label.translate(_MEANT))
    data = _numbers_meant(escaped).encode("utf-8", "surrogateescape")
    return "".join(map(LETTERS.__getitem__, data)), _numbers_meant(label)


def _bytes_data(token: str) -> bytes:
    return b"".join(bytes([_BYTES[each]]) if each in _BYTES else each.encode() for each in token)


BYTES = Spelling(_bytes_label, _bytes_tokens, _bytes_data)
