"""What may be seen: the mask, adding it to the scores, and what keeps a hidden score hidden."""

from __future__ import annotations

import math

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


ROWS = (VISIBILITY, MASK, SHIFT)
