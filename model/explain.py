"""What can be read off a value's record: its words, the arithmetic of a cell, what is remarkable in it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.expressions import Apply, Cell, Evaluation, Expression, Reduce
from attn_explore.model.formulas import letter, notation, output_name, symbol
from attn_explore.model.naming import shown
from attn_explore.model.notation import Binding, formula_text
from attn_explore.model.ops import differentiated, hidden_because, is_gradient, output_of
from attn_explore.model.sources import Elsewhere
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View
from attn_explore.model.words.language import StepWords
from attn_explore.model.words.steps import gradient_words, noun, words_of

Index = tuple[int, ...]

WEIGHINGS = frozenset({"softmax", "sparsemax", "hardmax"})
"""Operations that make a distribution of each row of scores."""

_NOTHING_LEFT = "nothing is left to choose from, so the weights"


def shapes(value: Value) -> str:
    """The shapes of a product of matrices, as in `(4×5)·(5×4) → (4×4)`; nothing for what is not one."""
    if value.is_leaf or value.made_by.name != "contract":
        return ""
    a, b, *bias = value.operands
    batch = {name for name in value.names if name in a.names and name in b.names}
    rows = _size(a, set(value.names) - batch)
    summed = _size(a, set(a.names) - set(value.names))
    columns = _size(b, set(value.names) - batch)
    added = f" + ({columns})" if bias else ""
    each = " for each head" if any(value.axis(name).size > 1 for name in batch) else ""
    return f"({rows}×{summed})·({summed}×{columns}){added} → ({rows}×{columns}){each}"


def _size(operand: View, names: set[str]) -> int:
    """How many numbers there are along some axes together."""
    return math.prod(axis.size for axis in operand.axes if axis.name in names)


def explanation(value: Value) -> str:
    """Why the step exists, in one paragraph, followed by what is remarkable in this run's numbers."""
    return " ".join((general_words(value).explanation, *remarks(value)))


def title(value: Value) -> str:
    """What a step is called."""
    return general_words(value).title


def words(value: Value) -> StepWords:
    """Title, symbol and explanation of a step, as this run has them."""
    return StepWords(title(value), symbol(value), explanation(value))


def general_words(value: Value) -> StepWords:
    """The words of a step as any run has them; those of a gradient are made from those of what it is by."""
    if not is_gradient(value):
        return words_of(value.path, value.made_by.name)
    by, output = differentiated(value), output_of(value)
    is_origin, is_learned = by is output.value, by.is_leaf
    numbers = "itself" if is_origin else letter(by) if is_learned else noun(by.name, title(by))
    return gradient_words(
        output_name(output),
        numbers,
        formula_text(notation(by), Binding.PREFIXED),
        is_origin=is_origin,
        is_learned=is_learned,
    )


def remarks(value: Value) -> Iterator[str]:
    """Sentences about numbers that need a word: rows with nothing to attend to. None where numbers are only planned."""
    if value.is_leaf or is_gradient(value) or value.is_planned:
        return
    if value.name == "candidates" and np.isfinite(value.array).all():
        most = float(value.array[chosen(value)])
        yield f"Chosen here: {value.axes[0].label(chosen(value))}, with {'1' if most == 1 else f'{most:.4f}'}."
    if value.made_by.name not in WEIGHINGS or value.is_large or lacking(value) is not None:
        return
    operand = value.operands[0]
    over = operand.names.index(value.options["over"])
    empty = np.asarray(operand.array.max(axis=over, initial=-np.inf) == -np.inf)
    bad = np.asarray(np.isnan(value.array.max(axis=over, initial=-np.inf)))
    if empty.any():
        rows = _rows_named(value, empty)
        what = f"{rows} may see no word at all, so the weights in that row" if rows else _NOTHING_LEFT
        yield f"Fully masked here: {what} are zeros, not a distribution."
    if bad.any():
        where = f" in the row of {rows}" if (rows := _rows_named(value, bad)) else ""
        yield f"No distribution here: a number{where} is infinite or NaN before it is weighed, so the weights are NaN."


def _rows_named(value: Value, is_meant: Array) -> str:
    """The labels of some rows of what is weighed; nothing where there is a single row."""
    others = [axis for axis in value.axes if axis.name != value.options["over"]]
    if not others:
        return ""
    rows = np.unique(np.argwhere(is_meant)[:, -1])
    return ", ".join(shown(others[-1], int(row)) for row in rows[:5]) + (" and others" if len(rows) > 5 else "")


@dataclass(frozen=True)
class Arithmetic:
    """The arithmetic of the cell of `value` at `index`: a tree, and the means to evaluate and follow its parts."""

    value: Value
    index: Index
    expression: Expression
    evaluate: Evaluation

    @property
    def number(self) -> float:
        """The number of the cell itself; of one that an edit changed, what it was before."""
        is_edited = self.value.is_changed_at(self.index)
        return self.evaluate.number(self.expression) if is_edited else float(self.value[self.index])

    @property
    def cells(self) -> Iterator[Cell]:
        """All that is read of the operands, in its sums and named parts as well."""
        return _cells(self.expression, is_named=True)

    def fixes(self, cell: Cell) -> bool:
        """Whether a cell is one number: no axis of its operand is free."""
        return set(self.value.operands[cell.operand].names) <= set(cell.at)

    def source(self, cell: Cell) -> tuple[Value, Index]:
        """The value that a cell without free axes was read from, and where in it."""
        view: View = self.value.operands[cell.operand]
        return view.value, view.source_index(tuple(cell.at[name] for name in view.names))


def arithmetic(value: Value, index: Sequence[int]) -> Arithmetic:
    """How the cell of `value` at `index` came about. The value must have been computed by an operation."""
    at = dict(zip(value.names, index, strict=True))
    operands = [(operand.names, operand) for operand in value.operands]
    with np.errstate(all="ignore"):  # what overflows is shown as ∞ or NaN where it appears
        expression = value.made_by.cell(value, at)
    return Arithmetic(value, tuple(index), expression, Evaluation(operands, value.dtype))


def lacking(value: Value) -> Elsewhere | None:
    """Why a cell of a value cannot be worked out: its numbers are not here, or some of those that it is made from."""
    every = (value, *(view.value for view in value.operands))
    return next((each.elsewhere for each in every if each.elsewhere is not None), None)


def single_numbers(value: Value, index: Sequence[int]) -> list[tuple[Value, Index]]:
    """The cells in the first line of a cell's arithmetic, each once; not those of its sums and of its named parts."""
    if value.is_leaf:
        return []
    found = arithmetic(value, index)
    top = found.expression.arguments if isinstance(found.expression, Apply) else (found.expression,)
    cells = (found.source(cell) for part in top for cell in _cells(part) if found.fixes(cell))
    return list({(source.path, place): (source, place) for source, place in cells}.values())


def _cells(part: Expression, is_named: bool = False) -> Iterator[Cell]:
    """The cells of a part; `is_named`: those of parts that have a line of their own, too."""
    if isinstance(part, Cell):
        yield part
    elif isinstance(part, Reduce) and is_named:
        yield from _cells(part.body, is_named)
    for argument in part.arguments if isinstance(part, Apply) and (is_named or not part.name) else ():
        yield from _cells(argument, is_named)


def is_choice(value: Value) -> bool:
    """Whether a value is one row of words or labels to choose from."""
    return value.names in (("vocabulary",), ("class",)) and not is_gradient(value)


def chosen(value: Value) -> int:
    """Which of a row of words or labels is the likeliest; the first of equals."""
    return int(np.argmax(value.array))


def mask_of(value: Value) -> Value | None:
    """The mask (query, key) that hides cells of `value`: itself or what it was computed with; None for most steps."""
    match "" if value.is_leaf else value.made_by.name:
        case "visibility":
            return value
        case "mask" if "query" in value.names:
            return value.operands[1].value
        case "gradient" if value.name == "masked_scores":
            return mask_of(differentiated(value))
        case _ if value.name == "weights" and not is_gradient(value):
            return mask_of(value.operands[0].value)
    return None


def hidden_reason(value: Value, index: Sequence[int]) -> str | None:
    """Why a cell is masked ("padding", "future"), or None when it is not."""
    mask = mask_of(value)
    if mask is None:
        return None
    at = dict(zip(value.names, index, strict=True))
    return hidden_because(mask, at["query"], at["key"])


def first_bad_number(trace: Trace) -> tuple[Value, Index] | None:
    """The first NaN or infinity that is not a mask's −∞, among parameters and then steps, as far as they are here."""
    for value in (*trace.parameters.values(), *trace.steps.values()):
        if value.elsewhere is None and (index := bad_number_in(value, is_edited=bool(trace.changes))) is not None:
            return value, index
    return None


def _total(numbers: Array) -> float:
    """The sum of some numbers, which is finite only if every one is: it is sooner made than each is looked at."""
    with np.errstate(all="ignore"):
        return float(numbers.sum())


def bad_number_in(value: Value, *, is_edited: bool) -> Index | None:
    """Where the first NaN or infinity of a value stands that is not a mask's −∞, nor may be one of an edit."""
    is_mask = not value.is_leaf and value.made_by.name in ("visibility", "mask")
    for start, numbers in value.pieces():
        if np.isfinite(_total(numbers)):
            continue
        good = np.isfinite(numbers)
        if is_mask or is_edited:  # an edit may knock out
            good |= np.isneginf(numbers)
        if not good.all():
            place = np.argwhere(~good)[0]
            place[:1] += start
            return tuple(map(int, place))
    return None
