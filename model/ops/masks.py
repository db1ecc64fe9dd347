"""What may be seen: the mask, adding it to the scores, what keeps a hidden score hidden; and what a sampler leaves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Expression, Number, Reduce, constants
from attn_explore.model.notation import Notation, difference, phrase, total
from attn_explore.model.ops.blocks import by_rows
from attn_explore.model.ops.common import (
    At,
    Gradients,
    Notations,
    ahead_at,
    aligned,
    cells,
    every_axis,
    gradient_cell,
    no_derivative,
    places_in_text,
    to_operands,
)
from attn_explore.model.values import Operation, Value

# --- visibility: 0 where a query may see a key, −∞ where not


def hidden_because(value: Value, query: int, key: int) -> str | None:
    """Why `query` may not see `key` in a mask: "padding", "future", "too far", or None when it may."""
    span, window = value.options["span"], value.options["window"]
    ahead = ahead_at(value, {"query": query, "key": key})
    if value.options["pad"] and value.operands[-1].array[key]:
        return "padding"
    if value.options["causal"] and ahead > 0:
        return "future"
    is_far = (span is not None and abs(ahead) > span) or (window is not None and -ahead >= window)
    return "too far" if is_far else None


def _visibility(value: Value) -> Array:
    query, key = places_in_text(value)
    causal, span, window = (value.options[name] for name in ("causal", "span", "window"))
    hidden = key > query if causal else np.zeros(value.shape[-2:], bool)
    if span is not None:
        hidden |= (key > query + span) | (key < query - span)
    if window is not None:
        hidden |= key <= query - window
    if value.options["pad"]:
        hidden = hidden | (value.operands[-1].array[..., None, :] != 0)
    room = value.room()
    found = np.empty(value.shape, value.dtype) if room is None else room
    found[...] = 0
    np.copyto(found, -np.inf, where=hidden)
    return found


def _visibility_cell(value: Value, at: At) -> Expression:
    reason = hidden_because(value, at["query"], at["key"])
    return Number(-math.inf if reason else 0.0, f"hidden: {reason}" if reason else "may be seen")


def _visibility_formula(value: Value, _operands: Notations) -> Notation:
    span, window = value.options["span"], value.options["window"]
    rules = {
        "padding": value.options["pad"],
        "the future": value.options["causal"],
        f"a word more than {span} away": span is not None,
        f"a word {window} or more before": window is not None,
    }
    hidden = " or ".join(rule for rule, holds in rules.items() if holds) or "nothing"
    return phrase(f"−∞ where {hidden} would be seen, else 0")


VISIBILITY = Operation("visibility", _visibility, no_derivative, _visibility_cell, _visibility_formula)


# --- mask: add 0 or −∞; what is hidden gets no gradient, whatever stands there


def _mask(value: Value) -> Array:
    scores, mask = aligned(value)
    return by_rows(value, _hide, scores, mask)


def _hide(scores: Array, mask: Array, out: Array | None = None) -> Array:
    """What is hidden is −∞ whatever stands there."""
    hidden = np.asarray(np.add(scores, mask, out=out))
    if not scores.max(initial=-np.inf) < np.inf:  # what is added to ∞ and NaN changes nothing
        np.copyto(hidden, mask, where=np.isneginf(mask))
    return hidden


def _mask_derivative(value: Value, gradient: Array) -> Gradients:
    _, mask = aligned(value)
    return to_operands(value, np.where(np.isneginf(mask), 0, gradient), np.zeros_like(gradient))


def _mask_cell(value: Value, at: At) -> Expression:
    scores, mask = cells(value, at)
    return mask if _is_hidden(value, 1, at) else Apply("add", (scores, mask))


def _mask_back(value: Value, place: int, at: At) -> Expression:
    if place == 1:
        return Number(0.0, "a mask is a rule")
    return Number(0.0, "hidden") if _is_hidden(value, 1, at) else gradient_cell(value, at)


def _is_hidden(value: Value, place: int, at: At) -> bool:
    operand = value.operands[place]
    return bool(np.isneginf(operand[tuple(at[name] for name in operand.names)]))


MASK = Operation("mask", _mask, _mask_derivative, _mask_cell, lambda _, s: total(*s), _mask_back, every_axis)


# --- shift: subtract a maximum; what is hidden stays −∞, also where everything is


def _shift(value: Value) -> Array:
    scores, maximum = aligned(value)
    return np.where(np.isneginf(scores), scores, scores - maximum)


def _shift_derivative(value: Value, gradient: Array) -> Gradients:
    scores, _ = aligned(value)
    visible = np.where(np.isneginf(scores), 0, gradient)
    return to_operands(value, visible, -visible)


def _shift_cell(value: Value, at: At) -> Expression:
    scores, maximum = cells(value, at)
    return scores if _is_hidden(value, 0, at) else Apply("subtract", (scores, maximum))


def _shift_back(value: Value, place: int, at: At) -> Expression:
    gradient = gradient_cell(value, at)
    if place == 0:
        return Number(0.0, "hidden") if _is_hidden(value, 0, at) else gradient
    over = tuple(name for name in value.names if name not in at)
    pull = np.where(np.isneginf(aligned(value)[0]), 0.0, -1.0)
    return Reduce("sum", over, Apply("let_through", (gradient, constants(value.names, pull, at, "−1 where seen"))))


SHIFT = Operation("shift", _shift, _shift_derivative, _shift_cell, lambda _, s: difference(*s), _shift_back, every_axis)


# --- which words may be drawn: 0 for those that stay, −∞ for those that are cut


def _as_mask(cut: Array, dtype: np.dtype[Any]) -> Array:
    return np.where(cut, np.asarray(-np.inf, dtype), np.asarray(0, dtype))


def _are_below_the_largest(x: Array, k: int) -> Array:
    """Which numbers of a row are less than its k-th largest."""
    many = min(k, x.size)
    below: Array = x < np.partition(x, -many)[-many]
    return below


def _k_largest(value: Value) -> Array:
    return _as_mask(_are_below_the_largest(value.operands[0].array, value.options["k"]), value.dtype)


def _k_largest_cell(value: Value, at: At) -> Expression:
    k = value.options["k"]
    return _cut_or_not(value, at, f"there are {k} larger ones", f"among the {k} largest")


def _cut_or_not(value: Value, at: At, cut: str, stays: str) -> Expression:
    is_cut = bool(np.isneginf(value.array[tuple(at[name] for name in value.names)]))
    return Number(-math.inf if is_cut else 0.0, f"cut: {cut}" if is_cut else f"stays: {stays}")


def _k_largest_formula(value: Value, operands: Notations) -> Notation:
    return phrase("0 for the ", str(value.options["k"]), " largest of ", *operands, ", else −∞")


K_LARGEST = Operation("k_largest", _k_largest, no_derivative, _k_largest_cell, _k_largest_formula)


def _nucleus(value: Value) -> Array:
    """The largest stay, as few as have together at least the probability p; one stays always."""
    x = value.operands[0].array
    powers = np.exp(x - x.max())
    order = np.argsort(x, kind="stable")
    up_to = np.cumsum((powers / powers.sum())[order])
    cut = np.zeros(x.shape, bool)
    cut[order[:-1][up_to[:-1] <= 1 - value.options["p"]]] = True
    return _as_mask(cut, value.dtype)


def _nucleus_cell(value: Value, at: At) -> Expression:
    p = f"{value.options['p']:g}"
    return _cut_or_not(value, at, f"the likelier ones have {p} together", f"the likelier ones have less than {p}")


def _nucleus_formula(value: Value, operands: Notations) -> Notation:
    p = f"{value.options['p']:g}"
    return phrase("0 for the fewest largest of ", *operands, f" whose softmax reaches {p}, else −∞")


NUCLEUS = Operation("nucleus", _nucleus, no_derivative, _nucleus_cell, _nucleus_formula)


# --- by what the logits of words that were read are divided: what is below 0 is multiplied


def _penalties(value: Value) -> Array:
    x, penalty = value.operands[0].array, value.options["penalty"]
    found = np.ones(value.shape, value.dtype)
    read = np.unique(np.asarray(value.options["read"], np.int64))
    found[read] = np.where(x[read] < 0, 1 / penalty, penalty)
    return found


def _penalties_cell(value: Value, at: At) -> Expression:
    (word,), penalty = at.values(), value.options["penalty"]
    if word not in value.options["read"]:
        return Number(1.0, "was not read")
    is_below = float(value.operands[0][word]) < 0
    return Number(1 / penalty if is_below else penalty, "was read, and is below 0" if is_below else "was read")


def _penalties_formula(value: Value, operands: Notations) -> Notation:
    penalty = f"{value.options['penalty']:g}"
    return phrase(f"{penalty} for words that were read, 1/{penalty} where ", *operands, " is below 0, else 1")


PENALTIES = Operation("penalties", _penalties, no_derivative, _penalties_cell, _penalties_formula)


ROWS = (VISIBILITY, MASK, SHIFT, K_LARGEST, NUCLEUS, PENALTIES)
