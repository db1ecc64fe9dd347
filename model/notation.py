"""A formula as a small tree that is written with the brackets that precedence asks for, and no others.

Read by the usual rules a written formula gives the value. As in papers, what stands close binds tightly: `QKᵀ` before
`X·W_Q` and `a/b`, these before ` · ` and ` / ` with spaces, which multiply and divide number by number, and those
before sums. Words (`heads of AV side by side`) bind most loosely of all.

>>> m, n = symbol("σ²"), symbol("n")
>>> formula_text(root(quotient(m, n))), formula_text(quotient(m, root(n)))
('√(σ²/n)', 'σ²/√n')
"""

from __future__ import annotations

import re
from enum import IntEnum

from attn_explore.model.dataclass import dataclass


class Binding(IntEnum):
    """How tightly the parts of a formula hold together, from loose to tight."""

    WORDS = 0
    SUM = 1
    SPACED = 2
    TIGHT = 3
    DERIVATIVE = 4
    JOINED = 5
    PREFIXED = 6
    ATOM = 7


@dataclass(frozen=True, slots=True)
class Symbol:
    """A letter or a name."""

    text: str
    binding: Binding = Binding.ATOM


@dataclass(frozen=True, slots=True)
class Infix:
    """Parts with a sign between them: sums, products, quotients."""

    sign: str
    parts: tuple[Notation, ...]
    binding: Binding


@dataclass(frozen=True, slots=True)
class Prefix:
    """A sign before a part, which must bind at least as tightly as `least`: `√x`, `−x`, `Σ a · b`."""

    sign: str
    part: Notation
    binding: Binding
    least: Binding


@dataclass(frozen=True, slots=True)
class Postfix:
    """A sign after a part that is one thing: `Kᵀ`, `x²`, `table[ids]`."""

    part: Notation
    sign: str


@dataclass(frozen=True, slots=True)
class Bracketed:
    """Parts between brackets of their own: `softmax(x)`, `max(0, x)`, `|x|`."""

    before: str
    parts: tuple[Notation, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Derivative:
    """How the first part changes with the second: `∂L/∂(QKᵀ)`."""

    of: Notation
    by: Notation


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words around parts: `maximum of QKᵀ over key`."""

    parts: tuple[Notation | str, ...]


Notation = Symbol | Infix | Prefix | Postfix | Bracketed | Derivative | Phrase


# --- how a formula is written


def formula_text(notation: Notation, least: Binding = Binding.WORDS) -> str:
    """A formula as plain text; in brackets where it binds less tightly than `least`."""
    text = _text(notation)
    return text if binding(notation) >= least else f"({text})"


def binding(notation: Notation) -> Binding:
    """How tightly the parts of a formula hold together."""
    match notation:
        case Symbol() | Infix() | Prefix():
            return notation.binding
        case Derivative():
            return Binding.DERIVATIVE
        case Phrase():
            return Binding.WORDS
    return Binding.ATOM


def _text(notation: Notation) -> str:
    match notation:
        case Symbol(text):
            return text
        case Infix(sign, (first, *others)):
            return sign.join((_first_part(notation, first), *(_later_part(notation, other) for other in others)))
        case Prefix(sign, part, _, least):
            return f"{sign}{formula_text(part, least)}"
        case Postfix(part, sign):
            return f"{formula_text(part, Binding.ATOM)}{sign}"
        case Bracketed(before, parts, after):
            return f"{before}{', '.join(map(formula_text, parts))}{after}"
        case Derivative(of, by):
            return f"∂{formula_text(of, Binding.PREFIXED)}/∂{formula_text(by, Binding.PREFIXED)}"
        case Phrase(parts):
            return "".join(part if isinstance(part, str) else formula_text(part, Binding.SUM) for part in parts)
    raise TypeError(notation)


def _first_part(whole: Infix, part: Notation) -> str:
    """The part before the first sign: a quotient that is multiplied has brackets, for `a/b·c` is read in two ways."""
    has_brackets = whole.sign.strip() == "·" and not _is_more(whole, part)
    return formula_text(part, Binding(whole.binding + has_brackets))


def _later_part(whole: Infix, part: Notation) -> str:
    """A part after a sign: more of the same is added and multiplied without brackets, nothing else of the kind is."""
    least = Binding.JOINED if whole.sign.strip() == "/" else Binding(whole.binding + 1)
    return formula_text(part, whole.binding if _is_more(whole, part) else least)


def _is_more(whole: Infix, part: Notation) -> bool:
    """Whether a part of a sum or product is one of the same kind."""
    return isinstance(part, Infix) and part.sign == whole.sign and whole.sign.strip() in ("+", "·", "")


# --- what formulas are made of

_DERIVATIVE = re.compile(r"∂[^\s()/·+−]+/∂(?:[^\s()/·+−]+|\([^()]*\))")
_IN_BRACKETS = re.compile(r"\([^()]*\)|\|[^|]*\|")


def symbol(text: str) -> Notation:
    """A symbol as people wrote it. One that is written out, such as `σ²/n`, binds as its loosest sign does."""
    bare = _IN_BRACKETS.sub("x", _DERIVATIVE.sub("∂", text))
    if bare == "∂":
        return Symbol(text, Binding.DERIVATIVE)
    signs = {"+": Binding.SUM, "−": Binding.SUM, "·": Binding.TIGHT, "/": Binding.TIGHT}
    found = [bound for sign, bound in signs.items() if sign in bare]
    if len(bare) > 1 and found:
        return Symbol(text, min(found))
    return Symbol(text)


ONE = Symbol("1")


def total(*parts: Notation) -> Notation:
    """`a + b`."""
    return Infix(" + ", parts, Binding.SUM) if len(parts) > 1 else parts[0]


def difference(a: Notation, b: Notation) -> Notation:
    """`a − b`."""
    return Infix(" − ", (a, b), Binding.SUM)


def elementwise_product(*parts: Notation) -> Notation:
    """`a · b`, number by number."""
    return Infix(" · ", parts, Binding.SPACED)


def elementwise_quotient(a: Notation, b: Notation) -> Notation:
    """`a / b`, number by number."""
    return Infix(" / ", (a, b), Binding.SPACED)


def product(*parts: Notation) -> Notation:
    """A product of matrices, or with a number: `X·W_Q`; letters stand side by side, as in `QKᵀ`."""
    if all(_is_letter(part) for part in parts):
        return Infix("", parts, Binding.JOINED)
    return Infix("·", parts, Binding.TIGHT)


def scaled(part: Notation, factor: Notation) -> Notation:
    """`x·h`, where h is a number."""
    return Infix("·", (part, factor), Binding.TIGHT)


def quotient(a: Notation, b: Notation) -> Notation:
    """`a/b`, where b is a number."""
    return Infix("/", (a, b), Binding.TIGHT)


def _is_letter(part: Notation) -> bool:
    """Whether a part is a single letter, transposed or not."""
    letter = part.part if isinstance(part, Postfix) and part.sign == "ᵀ" else part
    return isinstance(letter, Symbol) and len(letter.text) == 1


def transposed(part: Notation) -> Notation:
    """`Kᵀ`."""
    return Postfix(part, "ᵀ")


def squared(part: Notation) -> Notation:
    """`x²`."""
    return Postfix(part, "²")


def indexed(part: Notation, place: Notation) -> Notation:
    """`table[ids]`."""
    return Postfix(part, f"[{formula_text(place)}]")


def negated(part: Notation) -> Notation:
    """`−x`."""
    return Prefix("−", part, Binding.SUM, Binding.SPACED)


def root(part: Notation) -> Notation:
    """`√x`."""
    return Prefix("√", part, Binding.PREFIXED, Binding.ATOM)


def logarithm(part: Notation) -> Notation:
    """`log x`."""
    return Prefix("log ", part, Binding.PREFIXED, Binding.ATOM)


def sum_of_products(*parts: Notation) -> Notation:
    """`Σ a · b`: numbers that stand at the same place are multiplied, and the products added up."""
    return Prefix("Σ ", elementwise_product(*parts), Binding.SPACED, Binding.SPACED)


def call(function: str, *arguments: Notation) -> Notation:
    """`softmax(x)`."""
    return Bracketed(f"{function}(", arguments, ")")


def exponential(part: Notation) -> Notation:
    """`e^(x)`."""
    return Bracketed("e^(", (part,), ")")


def size(part: Notation) -> Notation:
    """`|x|`."""
    return Bracketed("|", (part,), "|")


def phrase(*parts: Notation | str) -> Notation:
    """Words around parts."""
    return Phrase(parts)


_SUBSCRIPTS = {"d_k": "dₖ", "d_v": "dᵥ"}
_SMALL = {"i": "ᵢ", "j": "ⱼ"}


def subscripted(name: str) -> str:
    """An axis name as mathematics writes it: `d_k` is dₖ."""
    return _SUBSCRIPTS.get(name, name)


def along(part: Notation, names: tuple[str, ...]) -> Notation:
    """A symbol with the axes that have letters, i and j, as indices: `yᵢ`; without such axes as it is."""
    indices = "".join(_SMALL.get(name, "") for name in names)
    return Postfix(part, indices) if indices else part
