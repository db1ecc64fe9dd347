"""Relative positions: a learned number for each head and each bucket of distances between query and key (T5).

Source: Raffel et al. 2019, section 2.1; the buckets as in the authors' code, with its logarithm of float32.
"""

from __future__ import annotations

import numpy as np

from attn_explore.model.architecture import RelativePositions
from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Cell, Expression, Number, Reduce, constants
from attn_explore.model.notation import Notation, call, difference, indexed, symbol
from attn_explore.model.ops.common import At, Gradients, Notations, ahead, ahead_at, gradient_cell, no_derivative
from attn_explore.model.values import Operation, Value

# --- buckets: near distances have one each, far ones share, the more the further


def _buckets(value: Value) -> Array:
    return _buckets_of(value).astype(value.dtype)


def _buckets_of(value: Value) -> Array:
    """The bucket of each query and key."""
    return bucket(ahead(value), value.options["rules"])


def bucket(places: Array, rules: RelativePositions) -> Array:
    """The bucket of keys that stand so many `places` ahead of their query, or behind it where that is negative.

    Where it goes both ways, the second half of the buckets is for keys ahead; else all of them are for keys behind.
    """
    side = rules.buckets // 2 if rules.both_ways else rules.buckets
    start = np.where(places > 0, side, 0) if rules.both_ways else 0
    distance = np.abs(places) if rules.both_ways else np.maximum(-places, 0)
    exact = side // 2
    far_out = np.log(np.maximum(distance, exact).astype(np.float32) / np.float32(exact))
    shared = exact + (far_out / np.float32(np.log(rules.far / exact)) * np.float32(side - exact)).astype(np.int64)
    return np.asarray(start + np.where(distance < exact, distance, np.minimum(shared, side - 1)))


def _buckets_cell(value: Value, at: At) -> Expression:
    places = ahead_at(value, at)
    where = f"a key {abs(places)} {'ahead' if places > 0 else 'behind'}" if places else "the query itself"
    return Number(int(bucket(np.asarray(places), value.options["rules"])), f"bucket of {where}")


def _buckets_formula(_value: Value, _operands: Notations) -> Notation:
    return _BUCKET


_BUCKET = call("bucket", difference(symbol("key"), symbol("query")))

BUCKETS = Operation("buckets", _buckets, no_derivative, _buckets_cell, _buckets_formula)


# --- relative: the row of a table that stands for the bucket of query and key, a number for each head


def _relative(value: Value) -> Array:
    (table,) = value.operands
    return np.ascontiguousarray(table.array[_buckets_of(value)].transpose(2, 0, 1))


def _relative_derivative(value: Value, gradient: Array) -> Gradients:
    spread = np.zeros(value.operands[0].shape, gradient.dtype)
    np.add.at(spread, _buckets_of(value), gradient.transpose(1, 2, 0))
    return (spread,)


def _relative_cell(value: Value, at: At) -> Expression:
    row = bucket(np.asarray(ahead_at(value, at)), value.options["rules"])
    return Cell(0, {"bucket": int(row), "head": at["head"]})


def _relative_back(value: Value, _place: int, at: At) -> Expression:
    """A row of the table gets what arrives at every query and key of its bucket."""
    over = ("query", "key")
    is_there = constants(
        over,
        (_buckets_of(value) == at["bucket"]).astype(float),
        {},
        "1 in this bucket",
    )
    return Reduce("sum", over, Apply("let_through", (gradient_cell(value, {"head": at["head"]}), is_there)))


def _relative_formula(_value: Value, operands: Notations) -> Notation:
    (table,) = operands
    return indexed(table, _BUCKET)


RELATIVE = Operation("relative", _relative, _relative_derivative, _relative_cell, _relative_formula, _relative_back)

ROWS = (BUCKETS, RELATIVE)
