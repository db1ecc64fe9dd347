"""A reader of written formulas that goes by the usual rules and shares no code with what writes them.

From loose to tight: sums; ` · ` and ` / `, number by number; `·` and `/`, of matrices and numbers; letters side by
side; `√`; and what stands behind one thing, such as ᵀ and ². A part that is written like a known value is that value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.references import hardmax, sparsemax

Array = Any
Tree = tuple[Any, ...]

SIGNS = ("ᵀ", "²", " + ", " − ", " · ", " / ", "Σ ", "log ", ", ", "+", "−", "·", "/", "√", "(", ")", "|", "[", "]")
FUNCTIONS = (
    "softmax(", "sparsemax(", "hardmax(", "max(", "tanh(", "SiLU(", "GELU(", "GELU_tanh(", "exp(", "square(", "mean(",
    "e^(",
)  # fmt: skip
DERIVATIVE = re.compile(r"∂[^\s()/·+−]+/∂([^\s()/·+−]+|\([^()]*\))")
NAME = re.compile(r"[A-Za-z_]{2,}\w*|[0-9.]+|[^\W\d_][₀-₉ᵢⱼₖᵥ]*′?[⁺⁻ᵇ²⁴]?")


@dataclass(frozen=True, eq=False)
class Named:
    """Numbers whose axes have names."""

    names: tuple[str, ...]
    array: Array


def is_one_word(text: str) -> bool:
    """Whether a symbol is a single name, and not written out of others."""
    if DERIVATIVE.fullmatch(text) or re.fullmatch(r"\w*\|[^|]*\||∂\S+ by \w+|Σ\S+", text):
        return True
    return not any(sign in text for sign in SIGNS if sign not in ("²", "ᵀ")) and not (len(text) > 1 and "ᵀ" in text)


class Reader:
    """Reads formulas over some values, `known` by how they are written."""

    def __init__(self, known: Mapping[str, Named]) -> None:
        self.words = sorted((text for text in known if is_one_word(text)), key=len, reverse=True)
        self.known = {self.parsed(text): value for text, value in known.items()}

    def parsed(self, text: str) -> Tree:
        """A formula as a tree."""
        tokens = [*self._tokens(text), ""]
        tree, rest = _sum(tokens)
        if rest != [""]:
            raise ValueError(f"cannot read on at {rest}: {text} (functions are listed in FUNCTIONS)")
        return tree

    def _tokens(self, text: str) -> Iterator[str]:
        while text:
            derivative, name = DERIVATIVE.match(text), NAME.match(text)
            found = next((word for word in (*self.words, *FUNCTIONS) if text.startswith(word)), "")
            found = found or (derivative.group() if derivative else "")
            found = found or next((sign for sign in SIGNS if text.startswith(sign)), "")
            found = found or (name.group() if name else "")
            if not found:
                raise ValueError(f"what is {text}?")
            yield found
            text = text[len(found) :]

    def value(self, text: str, kept: Iterable[str], over: str | None) -> Named:
        """What a formula comes to. `kept` are the axes of the result; functions of rows go along `over`."""
        return _Evaluation(self.known, set(kept), over)(self.parsed(text))


# --- the grammar: each rule takes tokens and gives a tree and the tokens that are left


def _sum(tokens: list[str]) -> tuple[Tree, list[str]]:
    if tokens[0] == "−":
        part, rest = _spaced(tokens[1:])
        return _chain(("negative", part), rest, ("+", "−"), _spaced)
    part, rest = _spaced(tokens)
    return _chain(part, rest, ("+", "−"), _spaced)


def _spaced(tokens: list[str]) -> tuple[Tree, list[str]]:
    if tokens[0] == "Σ ":
        part, rest = _spaced(tokens[1:])
        return ("Σ", part), rest
    return _chain(*_tight(tokens), (" · ", " / "), _tight)


def _tight(tokens: list[str]) -> tuple[Tree, list[str]]:
    return _chain(*_joined(tokens), ("·", "/"), _joined)


def _chain(tree: Tree, tokens: list[str], signs: tuple[str, ...], rule: Callable[..., Any]) -> tuple[Tree, list[str]]:
    while tokens[0] in signs or (tokens[0].strip() in signs and tokens[0].strip() in ("+", "−")):
        sign = tokens[0] if tokens[0].strip() in "·/" else tokens[0].strip()
        part, rest = rule(tokens[1:])
        tree, tokens = (sign, tree, part), rest
    return tree, tokens


def _joined(tokens: list[str]) -> tuple[Tree, list[str]]:
    tree, tokens = _prefixed(tokens)
    while tokens[0] and tokens[0] not in SIGNS:
        part, tokens = _prefixed(tokens)
        tree = ("·", tree, part)
    return tree, tokens


def _prefixed(tokens: list[str]) -> tuple[Tree, list[str]]:
    if tokens[0] in ("√", "log "):
        part, rest = _one(tokens[1:])
        return (tokens[0].strip(), part), rest
    return _one(tokens)


def _one(tokens: list[str]) -> tuple[Tree, list[str]]:
    tree, tokens = _alone(tokens)
    while tokens[0] in ("ᵀ", "²", "["):
        if tokens[0] == "[":
            place, rest = _sum(tokens[1:])
            tree, tokens = ("[]", tree, place), rest[1:]
        else:
            tree, tokens = (tokens[0], tree), tokens[1:]
    return tree, tokens


def _alone(tokens: list[str]) -> tuple[Tree, list[str]]:
    first, rest = tokens[0], tokens[1:]
    if first == "(":
        tree, rest = _sum(rest)
        return tree, _past(rest, ")")
    if first == "|":
        tree, rest = _sum(rest)
        return ("|", tree), _past(rest, "|")
    if first in FUNCTIONS:
        arguments = []
        while first != ")":
            tree, rest = _sum(rest)
            arguments.append(tree)
            first, rest = rest[0], rest[1:]
        return (tokens[0], *arguments), rest
    if first in SIGNS or not first:
        raise ValueError(f"unexpected {first!r} before {''.join(rest)}")
    return ("name", first), rest


def _past(tokens: list[str], sign: str) -> list[str]:
    if tokens[0] != sign:
        raise ValueError(f"{sign} is missing before {''.join(tokens)}")
    return tokens[1:]


# --- evaluation


class _Evaluation:
    def __init__(self, known: Mapping[Tree, Named], kept: set[str], over: str | None) -> None:
        self.known, self.kept, self.over = known, kept, over

    def __call__(self, tree: Tree) -> Named:
        if tree in self.known:
            return self.known[tree]
        sign, *parts = tree
        if sign == "name":
            return Named((), float(parts[0]))
        if sign == "Σ":
            return self._summed(self(parts[0]))
        inner = [self(part) for part in parts]
        if sign == "·" and all(part.names for part in inner):
            return self._product(*inner)
        if sign == "[]":
            return _picked(*inner)
        if sign == "ᵀ":
            *batch, rows, columns = inner[0].names
            return Named((*batch, columns, rows), np.swapaxes(inner[0].array, -1, -2))
        if sign == "|" and self.over in inner[0].names:
            return _lengths(inner[0], self.over)
        if sign == "mean(":
            along = tuple(map(inner[0].names.index, (self.over or "").split()))
            return Named(inner[0].names, inner[0].array.mean(axis=along, keepdims=True))
        if sign in ROWS:
            return Named(
                inner[0].names, np.apply_along_axis(ROWS[sign], inner[0].names.index(self.over), inner[0].array)
            )
        names = tuple(dict.fromkeys(name for part in inner for name in part.names))
        return Named(names, NUMBERS[sign](*(lined_up(part, names) for part in inner)))

    def _summed(self, part: Named) -> Named:
        """Along the rows of what is differentiated, or over all that the result lacks."""
        if self.over in part.names:
            return Named(part.names, part.array.sum(axis=part.names.index(self.over), keepdims=True))
        kept = tuple(name for name in part.names if name in self.kept)
        lost = tuple(place for place, name in enumerate(part.names) if name not in kept)
        return Named(kept, part.array.sum(axis=lost))

    def _product(self, a: Named, b: Named) -> Named:
        """Of matrices, by place: the last axis of the left one meets the first of the right one, for each head."""
        batch = [name for name in a.names if name in b.names and name in self.kept]
        left, right = ([name for name in each.names if name not in batch] for each in (a, b))
        letters = {name: chr(97 + place) for place, name in enumerate([*batch, *left])}
        other = {name: chr(65 + place) for place, name in enumerate(right)} | {right[0]: letters[left[-1]]}
        other |= {name: letters[name] for name in batch}
        names = (*batch, *left[:-1], *right[1:])
        spelled = "".join([letters[name] for name in (*batch, *left[:-1])] + [other[name] for name in right[1:]])
        read = ("".join(letters[name] for name in a.names), "".join(other[name] for name in b.names))
        return Named(names, np.einsum(f"{read[0]},{read[1]}->{spelled}", a.array, b.array))


def lined_up(part: Named, names: tuple[str, ...]) -> Array:
    """The numbers of a part in the order of some axes, ready to broadcast."""
    if not part.names:
        return part.array
    order = [part.names.index(name) for name in names if name in part.names]
    shape = [part.array.shape[part.names.index(name)] if name in part.names else 1 for name in names]
    return np.transpose(part.array, order).reshape(shape)


def _lengths(vectors: Named, over: str) -> Named:
    names = tuple(name for name in vectors.names if name != over)
    return Named(names, np.sqrt(np.square(vectors.array).sum(axis=vectors.names.index(over))))


def _picked(table: Named, places: Named) -> Named:
    """The rows of a table that are named, or of each row the number at its place."""
    if set(places.names) < set(table.names):
        picked = np.take_along_axis(table.array, places.array[..., None], axis=-1)[..., 0]
        return Named(table.names[:-1], picked)
    return Named((*places.names, *table.names[1:]), table.array[places.array])


def _softmax(row: Array) -> Array:
    if np.isneginf(row).all():
        return np.zeros_like(row)
    powers = np.exp(row - row.max())
    return powers / powers.sum()


def _gelu(x: float) -> float:
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


def _gelu_by_tanh(x: Array) -> Array:
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


ROWS: dict[str, Callable[[Array], Array]] = {
    "softmax(": _softmax,
    "sparsemax(": sparsemax,
    "hardmax(": hardmax,
}
NUMBERS: dict[str, Callable[..., Array]] = {
    "+": np.add,
    "−": np.subtract,
    " · ": np.multiply,
    "·": np.multiply,
    " / ": np.divide,
    "/": np.divide,
    "²": np.square,
    "√": np.sqrt,
    "|": np.abs,
    "log": np.log,
    "negative": np.negative,
    "max(": np.maximum,
    "tanh(": np.tanh,
    "exp(": np.exp,
    "e^(": np.exp,
    "square(": np.square,
    "SiLU(": lambda x: x / (1 + np.exp(-x)),
    "GELU(": np.vectorize(_gelu),
    "GELU_tanh(": _gelu_by_tanh,
}
