"""The arithmetic of one cell as blocks: names above numbers, every number with a link to where it was computed.

Pure functions from an expression tree to rows of pieces. A row of names and the rows of numbers under it have the same
pieces, so that they can be lined up in columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from attn_explore.explorer.drawing import numbers
from attn_explore.explorer.drawing.blocks import Block, Link, Piece, Row
from attn_explore.explorer.drawing.numbers import short_number, shortened
from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Arithmetic
from attn_explore.model.expressions import Apply, Cell, Constants, Expression, Number, Reduce
from attn_explore.model.formulas import letter, letters_within
from attn_explore.model.naming import has_name, name_along, shown
from attn_explore.model.notation import subscripted
from attn_explore.model.values import Value

SHOWN_TERMS = 8
"""A longer sum is folded: its largest terms, and what the others come to."""

MOST_TERMS = 4096
"""A sum of more terms than this, as of a vocabulary, is folded always: nobody reads them all."""

LABEL = 16
"""Cells of the label of a term; longer words are shortened."""

BAR, LONGEST_BAR = 10, 40
"""Cells of the longest bar: as many as it always has, and as many as it takes where there is room."""


@dataclass(frozen=True)
class Manner:
    """How arithmetic is written.

    unfolded   every term of long sums
    terse      names without indices and no bars, for where there is little room
    terms      so many terms of a sum are shown before it is folded
    width      cells of a line, which the bars may fill
    """

    unfolded: bool = False
    terse: bool = False
    terms: int = SHOWN_TERMS
    width: int = 0


USUAL = Manner()


def lines_unfolded(found: Iterable[Block], terms: int) -> int:
    """How many lines more than usual some sums take, if so many terms of each are shown before it is folded."""
    return sum(min(block.terms, terms) - min(block.terms, SHOWN_TERMS) for block in found)


def terms_within(found: Sequence[Block], lines: int, to_share: int) -> int:
    """How many terms of each sum are shown where so many lines are free.

    All, if they fit; else as many as have room in those lines that need not be left to something else.
    """
    longest = max((block.terms for block in found), default=0)
    if longest <= SHOWN_TERMS or lines_unfolded(found, longest) <= lines:
        return max(longest, SHOWN_TERMS)
    return SHOWN_TERMS + max(0, to_share) // sum(block.terms > SHOWN_TERMS for block in found)


def blocks(arithmetic: Arithmetic, manner: Manner = USUAL) -> list[Block]:
    """The whole arithmetic of a cell: how it was computed, then each sum, mean or maximum that enters."""
    return list(written(arithmetic, manner))


def written(arithmetic: Arithmetic, manner: Manner) -> Iterator[Block]:
    """The same, block by block: whoever sees that one has no room need not wait for the others."""
    writer = _Writer(arithmetic, manner)
    name, expression = writer.name(), arithmetic.expression
    if isinstance(expression, Reduce):
        yield from writer.reduction(expression, name)
        yield from writer.parts(expression.body)
    else:
        yield writer.equation(expression, name)
        yield from writer.parts(expression)


def cell_name(value: Value, at: Mapping[str, int], axes: Sequence[Axis] | None = None, called: str = "") -> str:
    """How a cell is called: the letter or name of its step, and the labels of its indices: `A[I, dog]`.

    Axes that `at` does not fix are left out; so is the head where there is only one. A step may be `called` otherwise.
    """
    called = called or letter(value)
    axes = value.axes if axes is None else axes
    fixed = [axis for axis in axes if axis.name in at and has_name(axis)]
    labels = ", ".join(name_along(axis, at[axis.name]) for axis in fixed)
    return f"{called}[{labels}]" if labels else called


_INFIX = {
    "is_equal": (" is ", 0),
    "add": (" + ", 1),
    "subtract": (" − ", 1),
    "multiply": (" × ", 2),
    "let_through": (" × ", 2),
    "divide": (" / ", 2),
    "ratio": (" / ", 2),
}
_AROUND = {
    "exp": ("e^(", ")"),
    "log": ("ln(", ")"),
    "sqrt": ("√(", ")"),
    "absolute": ("|", "|"),
    "square": ("(", ")²"),
    "cube": ("(", ")³"),
    "negate": ("−(", ")"),
    "taken_over": ("taken over from ", ""),
    "tanh": ("tanh(", ")"),
    "erf": ("erf(", ")"),
    "sin": ("sin(", ")"),
    "cos": ("cos(", ")"),
}
_REDUCTIONS = {"sum": "sum", "mean": "mean", "median": "median", "maximum": "largest", "threshold": "threshold"}


class _Writer:
    """Writes the parts of one cell's expression, as names or as numbers."""

    def __init__(self, arithmetic: Arithmetic, manner: Manner) -> None:
        self.arithmetic = arithmetic
        self.evaluate = arithmetic.evaluate
        read = [arithmetic.value.operands[place].value for place in set(_read(arithmetic.expression))]
        self.letters = letters_within(arithmetic.value, read)
        self.manner = manner

    def name(self) -> str:
        """The cell itself; its head is left out, since it is the same throughout and stands in the title."""
        value = self.arithmetic.value
        return self._named(value, dict(zip(value.names, self.arithmetic.index, strict=True)), value.axes)

    def _named(self, value: Value, at: Mapping[str, int], axes: Sequence[Axis]) -> str:
        if self.manner.terse:
            return self.letters[value.path]
        shown = axes if "head" not in self.arithmetic.value.names else [axis for axis in axes if axis.name != "head"]
        return cell_name(value, at, shown, self.letters[value.path])

    # --- blocks

    def equation(self, expression: Expression, name: str) -> Block:
        """Two rows: `A[I, dog] = e^(… − …) / …` in names, and the same in numbers."""
        names = self._inline(expression, None, top=True)
        result = self._result(expression)
        numbers = self._inline(expression, {}, top=True)
        equals = Piece(" = ", "sign")
        return Block(((Piece(name, "name"), equals, *names), (result, equals, *numbers)))

    def _result(self, part: Expression) -> Piece:
        """What a part comes to; of the whole, the very number that stands in the cell, to its last digit."""
        is_whole = part is self.arithmetic.expression
        return Piece(short_number(self.arithmetic.number if is_whole else self.evaluate.number(part)), "result")

    def parts(self, expression: Expression) -> Iterator[Block]:
        """A block for each named part and each reduction inside `expression`, outermost first, each once.

        What has a number of its own for each term of a sum stands in the rows of that sum.
        """
        seen: set[int] = set()
        pending = [expression]
        while pending:
            part = pending.pop(0)
            if id(part) in seen:
                continue
            seen.add(id(part))
            pending += _children(part)
            if self.evaluate(part).names:
                continue
            if part is not expression and isinstance(part, Apply) and part.name:
                yield self.equation(part, part.name)
            elif isinstance(part, Reduce):
                yield from self.reduction(part, part.name or _REDUCTIONS[part.function])

    def reduction(self, part: Reduce, name: str) -> Iterator[Block]:
        """What a sum, mean or maximum comes to, and its terms."""
        terms = self.evaluate(part.body)
        sized = dict(zip(terms.names, terms.array.shape, strict=True))
        count = int(np.prod([sized[axis] for axis in part.over]))
        over = " and ".join(subscripted(axis) for axis in part.over)
        result = self._result(part)
        what = f"   the {_REDUCTIONS[part.function]} of {count} over {over}"
        yield Block(((Piece(name, "name"), Piece(" = ", "sign"), result, Piece(what, "note")),))
        yield self._terms(part)

    def _terms(self, part: Reduce) -> Block:
        """A row for each term: its label, its numbers, what it comes to, and a bar; the largest first when folded."""
        terms = self.evaluate(part.body).array.ravel()
        limit = MOST_TERMS if self.manner.unfolded and terms.size <= MOST_TERMS else self.manner.terms
        chosen = np.arange(terms.size) if terms.size <= limit else _first_to_show(part, terms)[: limit - 1]
        axes = [self._axis(name, part) for name in part.over]
        header = (Piece(f"  {' '.join(subscripted(axis.name) for axis in axes)}  ", "label"), *self._header(part))
        rows = [header]
        places = np.unravel_index(chosen, [axis.size for axis in axes])
        for term, *place in zip(terms[chosen].tolist(), *(along.tolist() for along in places), strict=True):
            rows.append(self._term(part, axes, dict(zip(part.over, place, strict=True)), term))
        if not self.manner.terse and part.function != "maximum":
            rows[1:] = self._with_bars(rows, terms[chosen], _largest(terms))
        left = terms.size - len(chosen)
        if left:
            rows.append((_rest(part, terms, chosen, left),))
        return Block(tuple(rows), left, 0 if self.manner.unfolded else terms.size)

    def _with_bars(self, rows: Sequence[Row], terms: Array, largest: float) -> Iterator[Row]:
        """The rows of terms with a bar each, under a header: as long as the line has room for, within reason."""
        room = min(LONGEST_BAR, max(BAR, self.manner.width - Block(tuple(rows)).width - 2))
        return ((*row, *bar(term, largest, room)) for row, term in zip(rows[1:], terms.tolist(), strict=True))

    def _header(self, part: Reduce) -> Row:
        return self._inline(part.body, None, top=True)

    def _term(self, part: Reduce, axes: Sequence[Axis], at: Mapping[str, int], term: float) -> Row:
        label = " ".join(shortened(shown(axis, at[axis.name]), LABEL) for axis in axes)
        row = (Piece(f"  {label}  ", "label"), *self._inline(part.body, at, top=True))
        return row if isinstance(part.body, Cell) else (*row, Piece(" = ", "sign"), Piece(short_number(term), "number"))

    def _axis(self, name: str, part: Reduce) -> Axis:
        """An axis of an operand that is read there; others may have an axis of that name and another size."""
        operands = self.arithmetic.value.operands
        return next(operands[place].axis(name) for place in _read(part) if name in operands[place].names)

    # --- one line: names (at is None), or numbers with the free axes at `at`

    def _inline(self, part: Expression, at: Mapping[str, int] | None, top: bool = False, outer: int = 0) -> Row:
        if isinstance(part, Reduce) or (isinstance(part, Apply) and part.name and not top):
            return (self._whole(part, at),)
        if isinstance(part, Cell):
            return (self._cell(part, at),)
        if isinstance(part, Number):
            return (self._constant(part, at),)
        if isinstance(part, Constants):
            return (self._one_of(part, at),)
        return self._apply(part, at, outer)

    def _apply(self, part: Apply, at: Mapping[str, int] | None, outer: int) -> Row:
        if part.function in _INFIX:
            sign, strength = _INFIX[part.function]
            pieces: Row = ()
            for place, argument in enumerate(part.arguments):
                inner = strength + (part.function in ("subtract", "divide", "ratio") and place > 0)
                joint = (Piece(sign, "sign"),) if place else ()
                pieces = (*pieces, *joint, *self._inline(argument, at, outer=inner))
            return (Piece("(", "sign"), *pieces, Piece(")", "sign")) if strength < outer else pieces
        if part.function in _AROUND:
            before, after = _AROUND[part.function]
            return (Piece(before, "sign"), *self._inline(part.arguments[0], at), Piece(after, "sign"))
        first, second = (self._inline(argument, at) for argument in part.arguments)
        if part.function == "power":
            return (*first, Piece("^(", "sign"), *second, Piece(")", "sign"))
        return (Piece("max(", "sign"), *first, Piece(", ", "sign"), *second, Piece(")", "sign"))

    def _whole(self, part: Apply | Reduce, at: Mapping[str, int] | None) -> Piece:
        """A part that has a block of its own, as its name or as what it comes to."""
        if at is None:
            return Piece(part.name or _REDUCTIONS.get(part.function, part.function), "name")
        return Piece(short_number(self._number(part, at)), "number")

    def _constant(self, part: Number, at: Mapping[str, int] | None) -> Piece:
        number = short_number(part.value)
        return Piece(part.text or number, "name") if at is None else Piece(number, "number", self._told_by(part, at))

    def _one_of(self, part: Constants, at: Mapping[str, int] | None) -> Piece:
        if at is None:
            return Piece(part.text, "name")
        return Piece(short_number(self._number(part, at)), "number", self._told_by(part, at))

    def _told_by(self, part: Number | Constants, at: Mapping[str, int]) -> Link | None:
        return None if part.told_by is None else self._link(part.told_by, at)

    def _cell(self, cell: Cell, at: Mapping[str, int] | None) -> Piece:
        view = self.arithmetic.value.operands[cell.operand]
        if at is None:
            return Piece(self._named(view.value, cell.at, view.axes), "name")
        return Piece(short_number(self._number(cell, at)), "number", self._link(cell, at))

    def _link(self, cell: Cell, at: Mapping[str, int]) -> Link:
        return Link(*self.arithmetic.source(Cell(cell.operand, {**at, **cell.at})))

    def _number(self, part: Expression, at: Mapping[str, int]) -> float:
        result = self.evaluate(part)
        return float(result.array[tuple(at[name] for name in result.names)])


def _children(part: Expression) -> list[Expression]:
    if isinstance(part, Apply):
        return list(part.arguments)
    return [part.body] if isinstance(part, Reduce) else []


def _read(part: Expression) -> Iterator[int]:
    """Which operands an expression reads."""
    if isinstance(part, Cell):
        yield part.operand
    for child in _children(part):
        yield from _read(child)


def _first_to_show(part: Reduce, terms: Array) -> Array:
    """Places of the terms, the most telling first: the largest by size, or for a maximum simply the largest.

    NaN comes before all others, since it decides the result.
    """
    telling = terms if part.function == "maximum" else np.abs(terms)
    return np.argsort(-np.where(np.isnan(terms), np.inf, telling), kind="stable")


def _rest(part: Reduce, terms: Array, chosen: Array, left: int) -> Piece:
    others = np.delete(terms, chosen)
    together = "" if part.function == "maximum" else f", together {short_number(float(others.sum()))}"
    return Piece(f"  … {left} more{together}", "note")


def _largest(terms: Array) -> float:
    """The largest of some terms by size that is finite."""
    return float(np.nanmax(np.abs(np.where(np.isfinite(terms), terms, 0)), initial=0))


def bar(term: float, largest: float, room: int = BAR) -> Row:
    """A bar for a term beside the largest; its colour is the sign."""
    drawn = numbers.bar(abs(term) / largest, room) if largest else ""
    return (Piece(f"  {drawn}", "positive" if term >= 0 else "negative"),) if drawn else ()
