"""How values are called in formulas, and the formula of each step, made from the operation that ran.

In one formula, one symbol is one value: where two values would share one, that of another block gets the block before
it, as in `∂L/∂residual = ∂L/∂ffn.residual · ∂ffn.residual/∂residual + …`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attn_explore.model import notation as nt
from attn_explore.model.naming import bracketed
from attn_explore.model.notation import Derivative, Notation, Symbol
from attn_explore.model.ops import Output, differentiated, is_gradient, output_of
from attn_explore.model.values import Value, View
from attn_explore.model.words.steps import letter_of, words_of

WRITTEN_OUT = frozenset(
    {"additive_hidden", "scores", "scaled_scores", "biased_scores", "masked_scores", "head_output", "scaled_logits"}
)
"""Steps that people write as what they are made of (QKᵀ/√dₖ, QKᵀ/√dₖ + B, a·x), not with a letter."""


FAMILIES = frozenset({"stack"})
"""Operations that say `x of each` where all their operands are called x."""


def formula(value: Value) -> str:
    """The equation of a step: `A = softmax(QKᵀ/√dₖ)`."""
    right = nt.formula_text(_right_side(value))
    left = symbol(value)
    return f"{left if left and left != right else value.name} = {right}"


def symbol(value: Value) -> str:
    """The step's symbol: a letter, what it is made of (`QKᵀ`), or nothing where the paper has none."""
    is_made_up = is_gradient(value) or value.name in WRITTEN_OUT
    return name_in_formulas(value) if is_made_up else words_of(value.path, value.made_by.name).symbol


def name_in_formulas(value: Value) -> str:
    """How a value is called: its symbol, or its name."""
    return nt.formula_text(notation(value))


def notation(value: Value) -> Notation:
    """How a value stands in a formula: as its symbol, as what it is made of, or by its name."""
    if value.is_leaf:
        return nt.symbol(letter_of(value.name))
    if is_gradient(value):
        return _derivative(value, notation(differentiated(value)))
    if value.name in WRITTEN_OUT:
        return _right_side(value)
    return nt.symbol(words_of(value.path, value.made_by.name).symbol or value.name)


def letter(value: Value) -> str:
    """The letter of a value (`Q`, `W_Q`), or its name where it has none: how its cells are called.

    A letter that is written out has brackets, since places and signs follow it: `(μ₄−σ⁴)[dₖ = 1] × 1/100000`.
    """
    return nt.formula_text(_letter(value), nt.Binding.DERIVATIVE)


def letters_within(value: Value, operands: Iterable[Value]) -> Mapping[str, str]:
    """The letters of a value and of some of its operands, by path, no two of them the same."""
    return {
        path: nt.formula_text(found, nt.Binding.DERIVATIVE)
        for path, found in _distinct_notations(value, operands, _letter, _letter).items()
    }


def output_letter(output: Output) -> str:
    """The letter of what is differentiated: L for the loss, y for any other number."""
    if output.value.path == "loss":
        return "L"
    return "z" if output.value.path.startswith("experiment.") else "y"  # experiments have a y of their own


def output_name(output: Output) -> str:
    """What is differentiated, in a sentence."""
    value = output.value
    if output.weights is not None:
        return f"a weighted sum of {value.name}"
    return "the loss" if value.path == "loss" else f"{value.name}{bracketed(value.axes, output.index)}"


def _letter(value: Value) -> Notation:
    if value.is_leaf:
        return nt.symbol(letter_of(value.name))
    if is_gradient(value):
        return _derivative(value, _letter(differentiated(value)))
    return nt.symbol(words_of(value.path, value.made_by.name).symbol or value.name)


def _derivative(gradient: Value, by: Notation) -> Notation:
    return Derivative(Symbol(output_letter(output_of(gradient))), by)


def _right_side(value: Value) -> Notation:
    if is_gradient(value):
        names = _distinct_notations(value, _operands(value), notation, notation)
        return value.made_by.formula(value, tuple(names[view.path] for view in value.operands))

    def near(operand: Value) -> Notation:
        return _seen_from(value, operand)

    names = _distinct_notations(value, _operands(value), _left_side, near)
    return value.made_by.formula(value, tuple(nt.along(names[view.path], _new_axes(view)) for view in value.operands))


def _left_side(value: Value) -> Notation:
    return Symbol(value.name) if value.name in WRITTEN_OUT else notation(value)


def _seen_from(value: Value, operand: Value) -> Notation:
    """How `operand` stands in the formula of `value`: a step of another block is the residual stream, x.

    But what is added to the stream is not the stream, in whichever block it was made.
    """
    block, _, _ = operand.path.rpartition(".")
    is_added = value.name == "residual" and operand is not value.operands[0].value
    is_near = operand.is_leaf or not block or value.path.startswith(f"{block}.") or is_added
    return notation(operand) if is_near or symbol(operand) else Symbol("x")


def _new_axes(view: View) -> tuple[str, ...]:
    """The axes under which a value is read that are not its own."""
    return tuple(name for name in view.names if name not in view.value.names)


# --- one symbol, one value


def _distinct_notations(
    value: Value,
    operands: Iterable[Value],
    of_itself: Callable[[Value], Notation],
    of_operands: Callable[[Value], Notation],
) -> Mapping[str, Notation]:
    """The notation of a value and of operands, by path: where two would be the same, they are told apart."""
    every = (value, *operands)
    own, gradients = _differentiated(value), [each for each in every if is_gradient(each)]
    others = {each.path: each for each in map(_differentiated, every) if each.path != own.path}
    found = {own.path: of_itself(own), **{path: of_operands(each) for path, each in others.items()}}
    texts = {path: nt.formula_text(each) for path, each in found.items()}
    is_family = len({texts[path] for path in others}) == 1 and value.made_by.name in FAMILIES
    for path, each in others.items():
        same = [other for other, text in texts.items() if text == texts[path] and other != path]
        if same and not _is_beside(each, own) and not is_family:
            found[path] = _with_block(each, same)
    return found | {each.path: _derivative(each, found[_differentiated(each).path]) for each in gradients}


def _operands(value: Value) -> list[Value]:
    return [view.value for view in value.operands]


def _differentiated(value: Value) -> Value:
    return differentiated(value) if is_gradient(value) else value


def _is_beside(value: Value, other: Value) -> bool:
    return value.path.rpartition(".")[0] == other.path.rpartition(".")[0]


def _with_block(value: Value, same: Iterable[str]) -> Notation:
    """A value with as much of its path before its letter as tells it apart from others: `layers.0.ffn.residual`."""
    *block, _ = value.path.split(".")
    others = [path.split(".")[:-1] for path in same]
    for start in range(len(block) - 1, -1, -1):
        part = block[start:]
        if not part[0].isdigit() and all(other[-len(part) :] != part for other in others):
            return Symbol(".".join((*part, nt.formula_text(_letter(value)))))
    return Symbol(value.path)
