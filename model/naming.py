r"""How a place along an axis is called in text, and how such a name is read.

    3           a number is a place, counted from 0, whatever words there are
    dog         a word is where it stands: at the first place, if it stands at several
    la 6        a word and a number: the word `la` at place 6
    "2"         what stands in double quotes is a word, whatever it looks like: a number, `the 2`, `1,000`, nothing
    "la, la" 6  that word at place 6; within the quotes \" is a quote and \\ a backslash
    head 1 · 0  along an axis that holds others side by side: the place along each of them

A word is also found as the screen shows it (`visible`), where it has characters that a terminal would obey, and without
the marks of a token: `Paris` and `" Paris"` mean `␣Paris`. Where `Paris` stands there, too, `Paris` may mean both, and
`"Paris"` means itself. Where `Law` stands nowhere, it means `law`. In a scenario file YAML tells words from numbers:
there a number is a place, and a string a word, or a word and a number.

`name_along` writes a name for each place that `place_named` reads as that place again, whatever the words are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import overload

from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.labels import SPACE, Labels, as_labels, spellings
from attn_explore.model.text import visible

SIDE_BY_SIDE = "·"
"""Stands between the places along the axes that one axis holds."""
_SIGNS = ',[]"'
"""What no word may have in it that stands without quotes."""

_QUOTED_WORD = rf'(?<![^\s,{SIDE_BY_SIDE}])"(?:\\.|[^"\\])*"'
_NAME = re.compile(r'"((?:\\.|[^"\\])*)" *([0-9]*)', re.DOTALL)
_LONGEST = 20
"""Digits of a number that are read."""


# --- writing


def shown(axis: Axis, place: int) -> str:
    """The label at a place, as rows, columns and lists show it: `dog`, and `la 6` where it stands more than once.

    No two places are shown alike: where a word looks like the place of another one, quotes tell them apart.
    """
    return axis.label(place) if axis.labels is None else _distinct_label(as_labels(axis.labels), place)


def shown_short(axis: Axis, place: int) -> str:
    """The same where there is little room: an axis that holds others has numbers alone, `1·0`."""
    return axis.short_label(place) if axis.parts else shown(axis, place)


def shown_labels(axis: Axis) -> Sequence[str] | None:
    """All labels of an axis as they are shown, each when it is asked for; None where its places are just numbers."""
    labels = axis.all_labels
    if labels is None:
        return None
    return _shown(labels) if isinstance(labels, tuple) else _Shown(labels)


@lru_cache(maxsize=256)
def _shown(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_Shown(as_labels(labels)))


@dataclass(frozen=True)
class _Shown(Sequence[str]):
    """Labels as they are shown."""

    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        places = range(len(self.labels))[at]
        if isinstance(places, int):
            return _distinct_label(self.labels, places)
        return tuple(_distinct_label(self.labels, place) for place in places)


def _distinct_label(labels: Labels, place: int) -> str:
    label = visible(labels.label(place))
    if labels.is_unique(place):
        return _quoted(label) if _NAME.fullmatch(label) else label
    own = f"{label} {place}"
    return own if labels.first(own) is None else f"{_quoted(label)} {place}"


def name_along(axis: Axis, place: int, signs: str = _SIGNS) -> str:
    """The name of a place along an axis, in text; a word with one of the `signs` in it stands in quotes."""
    if axis.parts:
        parts = zip(axis.parts, axis.places(place), strict=True)
        return f" {SIDE_BY_SIDE} ".join(name_along(part, own, signs + SIDE_BY_SIDE) for part, own in parts)
    if axis.all_labels is None:
        return str(place)
    labels = as_labels(axis.all_labels)
    label, is_single = visible(labels.label(place)), labels.is_unique(place)
    if label == str(place):  # a number at its own place: both meanings agree
        return label
    bare = label if is_single else f"{label} {place}"
    if _is_clear(labels, label, bare) and _is_plain(label, signs):
        return bare
    return _quoted(label) if is_single else f"{_quoted(label)} {place}"


def typed_along(axis: Axis, place: int) -> str:
    """The name of a place as it can be typed: a space for its mark, in quotes."""
    name = name_along(axis, place)
    if axis.all_labels is None or SPACE not in name:
        return name
    labels = as_labels(axis.all_labels)
    quoted = _quoted(visible(labels.label(place)).replace(SPACE, " "))
    return quoted if labels.is_unique(place) else f"{quoted} {place}"


def _is_clear(labels: Labels, label: str, bare: str) -> bool:
    """Whether a label, or a label and its place, means one place only where it stands without quotes."""
    if label == bare:
        return len(labels.meant(label)) == 1 and _word_and_place(labels, label) is None
    return labels.first(bare) is None


def has_name(axis: Axis) -> bool:
    """Whether the places along an axis are told in the name of a cell: a head is not where there is only one."""
    return axis.size > 1 or axis.name != "head"


def in_full(axes: Iterable[Axis], index: Iterable[int]) -> str:
    """The names of the places of a cell along every axis, in brackets: they mean it in a run of more heads, too."""
    names = ", ".join(map(name_along, axes, index))
    return f"[{names}]" if names else ""


def bracketed(axes: Iterable[Axis], index: Iterable[int]) -> str:
    """The names of the places of a cell, in brackets, as it is shown everywhere; nothing for a single number.

    >>> bracketed([Axis("token", 3, ("dog", "1,000", "dog")), Axis("d_model", 4)], (1, 2))
    '["1,000", 2]'
    """
    named = [(axis, place) for axis, place in zip(axes, index, strict=True) if has_name(axis)]
    return in_full(*zip(*named, strict=True)) if named else ""


def _is_plain(label: str, signs: str) -> bool:
    """Whether a word can stand without quotes."""
    return not label.isdecimal() and label == " ".join(label.split()) != "" and not set(label) & set(signs)


def _quoted(label: str) -> str:
    escaped = label.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# --- reading


def place_named(axis: Axis, name: str) -> int | None:
    """The place along an axis that a name in text means; the nearest of several, None where there is no such place."""
    return next(iter(places_named(axis, name)), None)


def places_named(axis: Axis, name: str) -> tuple[int, ...]:
    """The places along an axis that a name in text may mean: one, none, or a word with and without its marks."""
    name = name.strip()
    if _is_number(name):
        return _only(_within(axis, _number(name)))
    if axis.parts:
        return _only(_place_of_parts(axis, name))
    if axis.all_labels is None:
        return ()
    labels, quoted = as_labels(axis.all_labels), _NAME.fullmatch(name)
    if quoted is None:
        word = " ".join(name.split())
        return labels.meant(word) or _only(_word_and_place(labels, visible(word))) or _in_other_letters(labels, word)
    word, place = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL), quoted[2]
    return _only(_at(labels, visible(word), place) if place else labels.place(word))


def place_along(axis: Axis, where: str | int) -> int | None:
    """The place along an axis that a scenario file means: a number is a place, a string a word, or one and a number."""
    if isinstance(where, int):
        return _within(axis, where)
    if axis.all_labels is None:
        return None
    labels = as_labels(axis.all_labels)
    found = labels.place(where)
    return _word_and_place(labels, visible(where)) if found is None else found


def _in_other_letters(labels: Labels, word: str) -> tuple[int, ...]:
    """The places of a word in small or large letters that nowhere stands as it was written: `Law` means `law`."""
    found = (place for other in (word.lower(), word.capitalize(), word.upper()) for place in labels.meant(other))
    return tuple(dict.fromkeys(found))


def _only(place: int | None) -> tuple[int, ...]:
    return () if place is None else (place,)


def split_names(text: str, sign: str = ",") -> list[str]:
    """The names that are separated by a sign, which may stand in a quoted word.

    >>> split_names('0, "1,000" 2, [')
    ['0', '"1,000" 2', '[']
    """
    part = re.compile(rf"((?:{_QUOTED_WORD}|[^{sign}])*)({sign}|$)", re.DOTALL)
    found = part.findall(text)
    last = next(place for place, (_, end) in enumerate(found) if not end)
    return [name.strip() for name, _ in found[: last + 1]] if text.strip() else []


def _place_of_parts(axis: Axis, name: str) -> int | None:
    names = split_names(name, SIDE_BY_SIDE)
    if len(names) != len(axis.parts):
        return None
    flat = 0
    for part, own in zip(axis.parts, names, strict=True):
        place = place_named(part, own)
        if place is None:
            return None
        flat = flat * part.size + place
    return flat


def _word_and_place(labels: Labels, text: str) -> int | None:
    """The place that `la 6` means: 6, if the word `la` is there."""
    word, _, place = text.rpartition(" ")
    return _at(labels, word, place) if _is_number(place) else None


def _at(labels: Labels, word: str, place: str) -> int | None:
    number = _number(place)
    return number if number < len(labels) and visible(labels.label(number)) in spellings(word) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _number(text: str) -> int:
    """A whole number; of very many digits the first ones, which are beyond any axis, too."""
    return int(text[:_LONGEST])


def _within(axis: Axis, place: int) -> int | None:
    return place if 0 <= place < axis.size else None
