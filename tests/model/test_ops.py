"""Every row of the table of operations: its derivative, the arithmetic of a cell, what it is known for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model.architecture import EachScaling, LinearScaling, Llama3Scaling, RelativePositions, Rotary
from attn_explore.model.axes import Axis, merged
from attn_explore.model.explain import arithmetic
from attn_explore.model.expressions import Apply, Cell, Constants, Evaluation, Expression, Number, Reduce
from attn_explore.model.keeping import Keeper
from attn_explore.model.notation import formula_text, symbol
from attn_explore.model.ops import OPERATIONS, Factor, Numbering, hidden_because, is_fully_masked
from attn_explore.model.ops.pair_counts import BINS, SUMS, Drawing
from attn_explore.model.values import Value, View
from tests.building import SEEDS, recorder, tensor
from tests.references import alibi_slopes, difference_quotient, sinusoids, sparsemax

AXES = ("token", "query", "key", "head", "d_model", "d_k", "d_score", "d_ff", "vocabulary", "position")
SIZES = st.integers(0, 4 ** len(AXES) - 1).map(
    lambda number: {name: 1 + number // 4**place % 4 for place, name in enumerate(AXES)}
)
"""A size from 1 to 4 for each axis, drawn as one number: ten draws took longer than what is tested."""
ALL_DIFFERENT = {name: 2 + place for place, name in enumerate(AXES)}


def queries_and_keys(tokens: int, start: int = 0) -> tuple[Axis, Axis]:
    """The axes of the tokens of a text as keys, and of those from a place on as queries."""
    return Axis("query", tokens - start, start=start), Axis("key", tokens)


def at_the_end(value: Value) -> View:
    """A value as that of the last tokens of a text."""
    return View(value, tuple(replace(axis, start=3) if axis.name == "token" else axis for axis in value.axes))


@dataclass
class Bench:
    """Makes operands of random numbers for one operation."""

    rng: np.random.Generator
    size: dict[str, int]
    dtype: str = "float64"
    keeper: Keeper | None = None

    def __post_init__(self) -> None:
        self.t = recorder(self.dtype, self.keeper)
        self.made = 0

    def shape(self, axes: str) -> tuple[int, ...]:
        return tuple(self.size[name] for name in axes.split())

    def normal(self, axes: str) -> Value:
        return self.leaf(axes, self.rng.normal(size=self.shape(axes)))

    def apart(self, axes: str) -> Value:
        """Numbers that are at least a quarter away from each other and from 0: no ties and no kinks."""
        count = math.prod(self.shape(axes))
        return self.leaf(axes, self.rng.permutation(np.arange(count) - count // 2 + 0.25).reshape(self.shape(axes)) / 2)

    def not_near_0(self, axes: str) -> Value:
        shape = self.shape(axes)
        return self.leaf(axes, self.rng.uniform(0.5, 2, shape) * self.rng.choice([-1.0, 1.0], shape))

    def hidden(self, axes: str) -> Value:
        """Zeros and −∞, one row of −∞ throughout among them."""
        mask = np.where(self.rng.random(self.shape(axes)) < 0.4, -np.inf, 0.0)
        mask[0] = -np.inf
        return self.leaf(axes, mask)

    def partly_hidden(self, axes: str) -> Value:
        scores = np.where(self.rng.random(self.shape(axes)) < 0.3, -np.inf, self.rng.normal(size=self.shape(axes)))
        scores[..., 0, :] = -np.inf
        return self.leaf(axes, scores)

    def ids(self) -> Value:
        return self.leaf("token", self.rng.integers(0, self.size["vocabulary"], self.size["token"]))

    def heads(self, axes: str, width: str) -> Value:
        """A leaf whose last axis holds heads side by side."""
        whole = merged((Axis("head", self.size["head"]), Axis(width, self.size[width])))
        first = tuple(Axis(name, self.size[name]) for name in axes.split())
        array = self.rng.normal(size=(*self.shape(axes), whole.size)).astype(self.dtype)
        self.made += 1
        return Value(f"operand{self.made}", (*first, whole), array.dtype, held=array)

    def leaf(self, axes: str, array: np.ndarray) -> Value:
        self.made += 1
        return tensor(axes, array if array.dtype.kind == "i" else array.astype(self.dtype), f"operand{self.made}")

    def other_ids(self) -> Value:
        return self.leaf("token", self.rng.integers(0, self.size["vocabulary"], 3))

    def own_visibility(self, **rules: Any) -> Value:
        ids = self.ids()
        return self.t.visibility("r", ids, ids, **rules)

    def pairs(self) -> Value:
        """An even number of columns."""
        return self.leaf("head token d_k", self.rng.normal(size=(*self.shape("head token"), 2 * self.size["d_k"])))

    def buckets(self, count: int) -> Value:
        """A table of relative positions."""
        return self.leaf("bucket head", self.rng.normal(size=(count, self.size["head"])))

    def shared(self, axes: str) -> Value:
        """With one head, whatever their number."""
        return self.leaf(f"head {axes}", self.rng.normal(size=(1, *self.shape(axes))))

    def pad(self) -> Value:
        """1 for what is padding, 0 for the others."""
        return self.leaf("token", (self.rng.random(self.size["token"]) < 0.4).astype(np.int64))

    def pad_but_the_first(self) -> Value:
        pad = self.pad().array.copy()
        pad[0] = 0
        return self.leaf("token", pad)


Case = Callable[[Bench], Value]


def _activation(name: str, count: int) -> Case:
    return lambda b: b.t.activation("r", name, *(b.normal("token d_model") for _ in range(count)))


CASES: dict[tuple[str, str], Case] = {
    ("lookup", "with ids that repeat"): lambda b: b.t.lookup("r", b.normal("vocabulary d_model"), b.ids()),
    ("sinusoid", "of any width"): lambda b: b.t.sinusoid(
        "r", Axis("token", b.size["token"]), Axis("d_model", b.size["d_model"])
    ),
    ("sinusoid", "behind padding"): lambda b: b.t.sinusoid(
        "r", Axis("token", b.size["token"] + 2), Axis("d_model", b.size["d_model"]), numbering=Numbering(2)
    ),
    ("visibility", "of padding"): lambda b: b.own_visibility(pad=b.pad()),
    ("visibility", "of the past"): lambda b: b.own_visibility(causal=True),
    ("visibility", "of neighbours"): lambda b: b.own_visibility(span=1),
    ("visibility", "of a window"): lambda b: b.own_visibility(causal=True, window=2),
    ("visibility", "of all three"): lambda b: b.own_visibility(pad=b.pad(), causal=True, span=2),
    ("visibility", "of another sequence"): lambda b: b.t.visibility(
        "r", b.ids(), b.other_ids(), pad=b.leaf("token", np.array([0, 1, 0]))
    ),
    ("rows", "of a longer table"): lambda b: b.t.rows(
        "r", b.normal("vocabulary d_model"), Axis("token", max(1, b.size["vocabulary"] - 1))
    ),
    ("rows", "behind padding"): lambda b: b.t.rows(
        "r", b.normal("vocabulary d_model"), Axis("token", max(1, b.size["vocabulary"] - 1) + 2), Numbering(2)
    ),
    ("rows", "with other numbers, and padding on both sides"): lambda b: b.t.rows(
        "r", b.normal("position d_model"), Axis("token", b.size["position"] + 1), Numbering(1, b.size["position"], 1, 0)
    ),
    ("rows", "of the end of a text"): lambda b: b.t.rows(
        "r", b.normal("position d_model"), Axis("token", 1, start=b.size["position"] - 1)
    ),
    ("sinusoid", "of the end of a text"): lambda b: b.t.sinusoid(
        "r", Axis("token", b.size["token"], start=3), Axis("d_model", b.size["d_model"])
    ),
    ("first", "of a matrix"): lambda b: b.t.first("r", b.normal("token vocabulary")),
    ("last", "of a matrix"): lambda b: b.t.last("r", b.normal("token vocabulary")),
    ("shares", "with padding"): lambda b: b.t.shares("r", b.ids(), b.pad_but_the_first()),
    ("shares", "of words alone"): lambda b: b.t.shares("r", b.ids()),
    ("cross_entropy", "of words"): lambda b: b.t.cross_entropy(
        "r", b.normal("token vocabulary"), b.ids(), over="vocabulary"
    ),
    ("cross_entropy", "of choices along the first axis"): lambda b: b.t.cross_entropy(
        "r", b.normal("vocabulary token"), b.ids(), over="vocabulary"
    ),
    ("sinusoid", "in halves"): lambda b: b.t.sinusoid(
        "r", Axis("token", b.size["token"]), Axis("d_model", b.size["d_model"]), waves="halves"
    ),
    ("sinusoid", "of fairseq, with other numbers and padding"): lambda b: b.t.sinusoid(
        "r",
        Axis("token", b.size["token"] + 2),
        Axis("d_model", b.size["d_model"] + 3),
        numbering=Numbering(1, b.size["token"] + 1, 2),
        waves="fairseq",
    ),
    ("rotate", "of the first columns in halves"): lambda b: b.t.rotate(
        "r", b.pairs(), Rotary(2, base=500.0, pairs="halves")
    ),
    ("rotate", "of slower pairs"): lambda b: b.t.rotate(
        "r", b.pairs(), Rotary(2 * b.size["d_k"], scaling=LinearScaling(3.0))
    ),
    ("rotate", "of pairs that are each slower"): lambda b: b.t.rotate(
        "r", b.pairs(), Rotary(2 * b.size["d_k"], scaling=EachScaling(tuple(range(1, 1 + b.size["d_k"]))))
    ),
    ("rotate", "of pairs of which some are slower"): lambda b: b.t.rotate(
        "r", b.pairs(), Rotary(2 * b.size["d_k"], 50.0, "halves", Llama3Scaling(8.0, 1.0, 4.0, 64))
    ),
    ("key_position", "of any heads"): lambda b: b.t.key_position(
        "r", Axis("head", b.size["head"]), *queries_and_keys(b.size["token"])
    ),
    ("key_position", "with padding"): lambda b: b.t.key_position(
        "r", Axis("head", b.size["head"]), *queries_and_keys(b.size["token"] + 1), Numbering(1)
    ),
    ("relative", "both ways"): lambda b: b.t.relative(
        "r", b.buckets(8), *queries_and_keys(3 * b.size["token"]), RelativePositions(8, 10)
    ),
    ("relative", "backwards"): lambda b: b.t.relative(
        "r", b.buckets(6), *queries_and_keys(3 * b.size["token"]), RelativePositions(6, 9, both_ways=False)
    ),
    ("relative", "of the end of a text"): lambda b: b.t.relative(
        "r", b.buckets(8), *queries_and_keys(3 * b.size["token"], start=2), RelativePositions(8, 10)
    ),
    ("buckets", "both ways"): lambda b: b.t.buckets(
        "r", Axis("query", 3 * b.size["query"]), Axis("key", 3 * b.size["key"]), RelativePositions(8, 10)
    ),
    ("cap", "of anything"): lambda b: b.t.cap("r", b.normal("head query key"), 1.5),
    ("rotate", "of pairs"): lambda b: b.t.rotate("r", b.pairs(), Rotary(2 * b.size["d_k"])),
    ("distance", "of any heads"): lambda b: b.t.distance(
        "r", Axis("head", b.size["head"]), *queries_and_keys(b.size["token"])
    ),
    ("distance", "of the end of a text"): lambda b: b.t.distance(
        "r", Axis("head", b.size["head"]), *queries_and_keys(b.size["token"] + 2, start=2)
    ),
    ("rotate", "of the end of a text"): lambda b: b.t.rotate(
        "r", at_the_end(b.pairs()), Rotary(2 * b.size["d_k"], base=50.0)
    ),
    ("taken_over", "with what is new behind it"): lambda b: b.t.taken_over(
        "r", b.normal("head token d_k"), at_the_end(b.normal("head token d_k")), Axis("token", 2 * b.size["token"])
    ),
    ("taken_over", "as it is"): lambda b: b.t.taken_over("r", b.normal("head token d_k")),
    ("ratio", "of vectors and their lengths"): lambda b: b.t.ratio(
        "r", b.normal("head query d_k"), b.not_near_0("head query")
    ),
    ("tanh", "of any numbers"): _activation("tanh", 1),
    ("additive", "of any sizes"): lambda b: b.t.additive(
        "r",
        "head query key d_score",
        b.normal("head query d_k"),
        b.normal("head d_k d_score"),
        b.normal("head key d_k"),
        b.normal("head d_k d_score"),
    ),
    ("bilinear", "of any sizes"): lambda b: b.t.bilinear(
        "r", "head query key", b.normal("head query d_k"), b.normal("head d_k d_score"), b.normal("head key d_score")
    ),
    ("cosine", "of vectors"): lambda b: b.t.cosine(
        "r", "head query key", b.not_near_0("head query d_k"), b.not_near_0("head key d_k")
    ),
    ("contract", "with a shared head"): lambda b: b.t.contract(
        "r", "head query key", b.normal("head query d_k"), b.shared("key d_k").repeated("head", b.size["head"])
    ),
    ("contract", "a matrix product"): lambda b: b.t.contract(
        "r", "token d_ff", b.normal("token d_model"), b.normal("d_model d_ff")
    ),
    ("contract", "with a bias"): lambda b: b.t.contract(
        "r", "token d_ff", b.normal("token d_model"), b.normal("d_model d_ff"), b.normal("d_ff")
    ),
    ("contract", "with heads as batch"): lambda b: b.t.contract(
        "r", "head query key", b.normal("head query d_k"), b.normal("head key d_k")
    ),
    ("contract", "with the batch in the middle of the result"): lambda b: b.t.contract(
        "r", "key head query", b.normal("query d_k head"), b.normal("d_k head key"), b.normal("query key")
    ),
    ("contract", "over two axes"): lambda b: b.t.contract(
        "r", "token d_model", b.normal("head token d_k"), b.normal("head d_k d_model")
    ),
    ("contract", "with a matrix split into heads"): lambda b: b.t.contract(
        "r",
        "head token d_k",
        b.normal("token d_model"),
        b.heads("d_model", "d_k").split("head·d_k"),
        b.heads("", "d_k").split("head·d_k"),
    ),
    ("contract", "with a vector"): lambda b: b.t.contract("r", "token", b.normal("token d_model"), b.normal("d_model")),
    ("contract", "to a number"): lambda b: b.t.contract("r", "", b.normal("d_model"), b.normal("d_model")),
    ("contract", "with nothing summed"): lambda b: b.t.contract("r", "token d_ff", b.normal("token"), b.normal("d_ff")),
    ("measured", "of any numbers"): lambda b: b.t.measured("r", (Axis("step", 3),), [0.5, -1.0, 2.0], "before"),
    ("add", "of one"): lambda b: b.t.add("r", b.normal("token d_model")),
    ("add", "of two"): lambda b: b.t.add("r", b.normal("token d_model"), b.normal("token d_model")),
    ("add", "of three, with broadcasting"): lambda b: b.t.add(
        "r", b.normal("head query key"), b.normal("key"), b.normal("key query")
    ),
    ("subtract", "with broadcasting"): lambda b: b.t.subtract("r", b.normal("token d_model"), b.normal("token")),
    ("multiply", "with broadcasting"): lambda b: b.t.multiply("r", b.normal("d_model"), b.normal("token d_model")),
    ("divide", "with broadcasting"): lambda b: b.t.divide("r", b.normal("token d_model"), b.not_near_0("token")),
    ("exp", "of anything"): lambda b: b.t.exp("r", b.normal("head query key")),
    ("square", "of anything"): lambda b: b.t.square("r", b.normal("token d_model")),
    ("sqrt", "of what is positive"): lambda b: b.t.sqrt("r", b.leaf("token", np.square(b.apart("token").array))),
    ("absolute", "away from the kink"): lambda b: b.t.absolute("r", b.apart("token d_model")),
    ("complement", "of anything"): lambda b: b.t.complement("r", b.normal("token d_model")),
    ("identity", "of any sizes"): lambda b: b.t.identity(
        "r", Axis("token", b.size["token"]), Axis("key", b.size["key"])
    ),
    ("evenly", "from 0 on"): lambda b: b.t.evenly("r", Axis("token", 1 + b.size["token"]), 3.7),
    ("stack", "along two axes"): lambda b: b.t.stack(
        "r", "token head d_k query", (Axis("head", 2), Axis("query", 2)), *(b.normal("token d_k") for _ in range(4))
    ),
    ("stack", "of numbers"): lambda b: b.t.stack("r", "head", (Axis("head", 2),), b.normal(""), b.normal("")),
    ("part", "at a place"): lambda b: b.t.part(
        "r", "head token", b.normal("token head vocabulary"), b.size["vocabulary"] - 1
    ),
    ("part", "at some places"): lambda b: b.t.part(
        "r", "class token", b.normal("token vocabulary"), slice(0, 1), Axis("class", 1)
    ),
    ("median", "of an odd number and of an even one"): lambda b: b.t.median("r", b.apart("head query key"), over="key"),
    ("length", "of vectors"): lambda b: b.t.length("r", b.not_near_0("head token d_k"), over="token"),
    ("softmax_backward", "of a matrix"): lambda b: b.t.softmax_backward(
        "r", "query key", b.normal("query key"), b.normal("key"), over="key"
    ),
    ("softmax_backward", "of any axes"): lambda b: b.t.softmax_backward(
        "r", "head query key", b.normal("key query"), b.normal("key head query"), over="key"
    ),
    ("tally", "of a few pairs"): lambda b: b.t.tally(
        "r",
        (Axis("width", 2), Axis("scaling", 2), Axis("tally", len(SUMS) + len(BINS))),
        b.leaf("width", np.array([3, 1 + b.size["d_k"]], float)),
        Drawing(seed=1, pairs=10, row=4),
    ),
    ("relu", "away from the kink"): lambda b: b.t.activation("r", "relu", b.apart("token d_model")),
    **{(name, "of anything"): _activation(name, 1) for name in ("sigmoid", "silu", "gelu", "gelu_tanh")},
    **{(name, "of two"): _activation(name, 2) for name in ("swiglu", "geglu", "geglu_tanh")},
    ("reglu", "of two, away from the kink"): lambda b: b.t.activation(
        "r", "reglu", b.apart("token d_model"), b.normal("token d_model")
    ),
    ("sparsemax", "with −∞ and a row of them"): lambda b: b.t.sparsemax(
        "r", b.partly_hidden("head query key"), over="key"
    ),
    ("hardmax", "with −∞ and a row of them"): lambda b: b.t.hardmax("r", b.partly_hidden("head query key"), over="key"),
    ("rms_normalise", "over the last axis"): lambda b: b.t.rms_normalise(
        "r", b.apart("token d_model"), b.normal("d_model"), over="d_model", eps=1e-2
    ),
    ("rms_normalise", "over the first axis"): lambda b: b.t.rms_normalise(
        "r", b.apart("d_model token"), b.normal("d_model"), over="d_model", eps=0.5
    ),
    ("rms_normalise", "of heads together, times one more than the gain"): lambda b: b.t.rms_normalise(
        "r", b.apart("head token d_k"), b.normal("head d_k"), over="head d_k", eps=1e-2, plus_one=True
    ),
    ("scale", "by 1/√n"): lambda b: b.t.scale(
        "r", b.normal("head query key"), Factor.inverse_root(Axis("d_k", b.size["d_k"]))
    ),
    ("mask", "with a row that sees nothing"): lambda b: b.t.mask(
        "r", b.normal("head query key"), b.hidden("query key")
    ),
    ("mask", "written with the keys first"): lambda b: b.t.mask(
        "r", b.normal("head query key"), b.hidden("key query")
    ),
    ("k_largest", "of a row"): lambda b: b.t.k_largest("r", b.apart("vocabulary"), 2),
    ("nucleus", "of a row"): lambda b: b.t.nucleus("r", b.apart("vocabulary"), 0.6),
    ("penalties", "of words that were read twice"): lambda b: b.t.penalties(
        "r", b.apart("vocabulary"), [0, b.size["vocabulary"] - 1, 0], 1.5
    ),
    ("shift", "with a row that sees nothing"): lambda b: b.t.shift(
        "r", b.partly_hidden("head query key"), b.normal("head query")
    ),
    ("sum", "over an axis in the middle"): lambda b: b.t.sum("r", b.normal("head query key"), over="query"),
    ("mean", "over the first axis"): lambda b: b.t.mean("r", b.normal("token d_model"), over="token"),
    ("maximum", "without ties"): lambda b: b.t.maximum("r", b.apart("head query key"), over="key"),
    ("softmax", "over the last axis"): lambda b: b.t.softmax("r", b.normal("head query key"), over="key"),
    ("softmax", "over an axis in the middle"): lambda b: b.t.softmax("r", b.normal("head query key"), over="query"),
    ("softmax", "with −∞ and a row of them"): lambda b: b.t.softmax("r", b.partly_hidden("head query key"), over="key"),
    ("normalise", "over the last axis"): lambda b: b.t.normalise(
        "r", b.apart("token d_model"), b.normal("d_model"), b.normal("d_model"), over="d_model", eps=1e-2
    ),
    ("normalise", "over the first axis, with other parameters"): lambda b: b.t.normalise(
        "r", b.apart("d_model token"), b.normal("d_model"), b.normal("d_model token"), over="d_model", eps=0.5
    ),
    ("normalise", "of heads together, times one more than the gain"): lambda b: b.t.normalise(
        "r", b.apart("head token d_k"), b.normal("head d_k"), b.normal("head d_k"), "head d_k", 1e-2, plus_one=True
    ),
    ("merge", "of heads"): lambda b: b.t.merge("r", b.normal("head token d_k"), "token", last="head d_k"),
    ("merge", "of any axes in any order"): lambda b: b.t.merge("r", b.normal("d_k token key"), "token", last="key d_k"),
}  # fmt: skip

each_case = pytest.mark.parametrize("case", CASES.values(), ids=[" ".join(key) for key in CASES])
many_draws = given(seed=SEEDS, size=SIZES)
some_draws = settings(max_examples=25)


def test_every_operation_has_a_case() -> None:
    assert {operation for operation, _ in CASES} == set(OPERATIONS)


def test_every_case_is_of_the_operation_that_it_says() -> None:
    for (operation, _), case in CASES.items():
        value = case(Bench(np.random.default_rng(0), ALL_DIFFERENT))
        assert value.made_by is OPERATIONS[operation]


@each_case
@some_draws
@many_draws
def test_a_derivative_agrees_with_central_differences(case: Case, seed: int, size: dict[str, int]) -> None:
    rng = np.random.default_rng(seed)
    value = case(Bench(rng, size))
    gradient = rng.normal(size=value.shape)
    found = value.made_by.derivative(value, gradient)
    assert [part.shape for part in found] == [operand.shape for operand in value.operands]
    for operand, part in zip(value.operands, found, strict=True):
        if _is_a_constant(value, operand.value):
            assert not part.any()
            continue
        with np.errstate(invalid="ignore"):
            expected = difference_quotient(lambda: value.made_by.compute(value), operand.value.array, gradient)
        carried = operand.carried_back(part)
        assert np.abs(carried - expected).max() <= 1e-6 * max(1e-3, np.abs(expected).max())


def _is_a_constant(value: Value, operand: Value) -> bool:
    """Token ids, widths and the mask itself are given: nothing is learned there."""
    return (
        operand.dtype.kind == "i"
        or value.made_by.name == "tally"
        or (value.made_by.name == "mask" and operand is value.operands[1].value)
    )


@each_case
@some_draws
@many_draws
def test_the_arithmetic_of_a_cell_comes_to_the_cell(case: Case, seed: int, size: dict[str, int]) -> None:
    rng = np.random.default_rng(seed)
    value = case(Bench(rng, size))
    index = tuple(int(rng.integers(0, length)) for length in value.shape)
    explained = arithmetic(value, index)
    assert explained.evaluate.number(explained.expression) == pytest.approx(value.array[index], rel=1e-12, abs=1e-13)


@each_case
@some_draws
@many_draws
def test_a_cell_of_an_operand_can_be_followed_to_where_it_stands(case: Case, seed: int, size: dict[str, int]) -> None:
    rng = np.random.default_rng(seed)
    value = case(Bench(rng, size))
    index = tuple(int(rng.integers(0, length)) for length in value.shape)
    explained = arithmetic(value, index)
    for cell in _cells(explained.expression):
        names = value.operands[cell.operand].names
        free = {name: 0 for name in names if name not in cell.at}
        there = Cell(cell.operand, {**cell.at, **free})
        source, place = explained.source(there)
        np.testing.assert_equal(source.array[place], explained.evaluate.number(there))


def _cells(expression: Expression) -> list[Cell]:
    match expression:
        case Cell():
            return [expression]
        case Number():
            return []
        case Apply(_, arguments):
            return [cell for argument in arguments for cell in _cells(argument)]
        case Reduce(_, _, body):
            return _cells(body)
        case Constants():
            return []


@each_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_result_has_the_shape_and_type_that_its_record_says(case: Case, dtype: str) -> None:
    value = case(Bench(np.random.default_rng(1), ALL_DIFFERENT, dtype))
    assert (value.array.shape, value.array.dtype) == (value.shape, value.dtype)


@each_case
def test_every_operation_writes_a_formula(case: Case) -> None:
    value = case(Bench(np.random.default_rng(0), ALL_DIFFERENT))
    right = formula_text(value.made_by.formula(value, tuple(map(symbol, "abcd"[: len(value.operands)]))))
    assert right
    assert "\n" not in right


# --- lookup


def test_the_gradient_of_a_row_that_is_looked_up_twice_is_the_sum_of_both() -> None:
    table, ids = tensor("vocabulary d_model", np.zeros((3, 2))), tensor("token", np.array([1, 2, 1]))
    value = recorder().lookup("r", table, ids)
    spread, _ = value.made_by.derivative(value, np.array([[1.0, 2.0], [3.0, 4.0], [10.0, 20.0]]))
    np.testing.assert_array_equal(spread, [[0, 0], [11, 22], [3, 4]])


# --- positions


@pytest.mark.parametrize(("tokens", "width"), [(1, 1), (5, 2), (7, 5), (4, 9), (30, 16)])
def test_positions_are_the_sines_and_cosines_of_the_paper(tokens: int, width: int) -> None:
    value = recorder().sinusoid("r", Axis("token", tokens), Axis("d_model", width))
    np.testing.assert_allclose(value.array, sinusoids(tokens, width), rtol=1e-14, atol=1e-14)


def test_positions_of_float32_are_those_of_float64_rounded_once() -> None:
    axes = (Axis("token", 50), Axis("d_model", 7))
    precise = recorder().sinusoid("r", *axes).array
    np.testing.assert_array_equal(recorder("float32").sinusoid("r", *axes).array, precise.astype(np.float32))


@given(offset=st.integers(0, 20), width=st.integers(1, 6).map(lambda half: 2 * half))
def test_the_position_some_words_on_is_a_rotation_of_the_position(offset: int, width: int) -> None:
    """Section 3.5: "for any fixed offset k, PE(pos+k) can be represented as a linear function of PE(pos)"."""
    table = recorder().sinusoid("r", Axis("token", 40), Axis("d_model", width)).array
    rotation = np.zeros((width, width))
    for i in range(0, width, 2):
        angle = offset / 10000 ** (i / width)
        rotation[i : i + 2, i : i + 2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    np.testing.assert_allclose(table[:20] @ rotation, table[offset : offset + 20], atol=1e-12)


# --- masks


def test_a_mask_hides_padding_and_the_future() -> None:
    tokens = tensor("token", np.arange(3))
    value = recorder().visibility("mask", tokens, tokens, pad=tensor("token", np.array([0, 0, 1])), causal=True)
    hidden = [[hidden_because(value, query, key) for key in range(3)] for query in range(3)]
    assert hidden == [[None, "future", "padding"], [None, None, "padding"], [None, None, "padding"]]
    np.testing.assert_array_equal(value.array, [[0, -np.inf, -np.inf], [0, 0, -np.inf], [0, 0, -np.inf]])


def test_a_span_hides_what_is_further_away_on_both_sides() -> None:
    tokens = tensor("token", np.arange(4))
    value = recorder().visibility("mask", tokens, tokens, span=1)
    assert [hidden_because(value, 1, key) for key in range(4)] == [None, None, None, "too far"]
    np.testing.assert_array_equal(value.array == 0, np.abs(np.subtract.outer(range(4), range(4))) <= 1)


@given(row=st.lists(st.floats(-50, 50), min_size=1, max_size=8))
def test_sparsemax_is_the_nearest_point_of_the_simplex(row: list[float]) -> None:
    weights = recorder().sparsemax("weights", tensor("query key", np.array([row])), over="key").array[0]
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(weights, sparsemax(np.array(row)), atol=1e-12)


def test_hardmax_takes_the_first_of_equal_scores_and_says_so() -> None:
    value = recorder().hardmax("weights", tensor("query key", np.array([[1.0, 3.0, 3.0]])), over="key")
    np.testing.assert_array_equal(value.array, [[0, 1, 0]])
    assert arithmetic(value, (0, 2)).expression == Number(0.0, "an earlier key has the same score")


def test_a_vector_of_length_0_is_like_nothing_and_has_no_gradient() -> None:
    q, k = tensor("head query d_k", np.zeros((1, 1, 2))), tensor("head key d_k", np.ones((1, 1, 2)))
    value = recorder().cosine("scores", "head query key", q, k)
    assert value.array == 0
    assert not any(part.any() for part in value.made_by.derivative(value, np.ones((1, 1, 1))))
    assert isinstance(arithmetic(value, (0, 0, 0)).expression, Number)


def _pair(factor: float, dtype: str) -> tuple[Value, Value]:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(1, 3, 4)), np.array([[[0.5, -2, 1, 0.25], [0, 0, 0, 0]]])
    shapes = zip(("head query d_k", "head key d_k"), vectors, strict=True)
    q, k = (tensor(axes, (array * factor).astype(dtype), axes.split()[1]) for axes, array in shapes)
    return q, k


@pytest.mark.parametrize(
    ("dtype", "factor"), [("float32", 2.0**100), ("float32", 2.0**-100), ("float64", 2.0**900), ("float64", 2.0**-900)]
)
def test_the_cosine_of_vectors_whose_squares_are_no_numbers_is_that_of_their_directions(
    dtype: str, factor: float
) -> None:
    value, usual = (recorder(dtype).cosine("scores", "head query key", *_pair(each, dtype)) for each in (factor, 1.0))
    rounding = 8 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(value.array, usual.array, atol=rounding)
    assert np.abs(value.array[..., 0]).min() > 0.01
    for index in np.ndindex(value.shape):
        explained = arithmetic(value, index)
        assert explained.evaluate.number(explained.expression) == pytest.approx(value.array[index], abs=rounding)
    ones = np.ones(value.shape, dtype)
    for found, expected in zip(*(each.made_by.derivative(each, ones) for each in (value, usual)), strict=True):
        np.testing.assert_allclose(found * factor, expected, atol=4 * rounding)


def test_an_infinite_number_in_a_vector_is_no_length_that_could_be_scaled() -> None:
    q, k = tensor("head query d_k", np.array([[[np.inf, 1.0]]])), tensor("head key d_k", np.ones((1, 1, 2)))
    assert np.isnan(recorder().cosine("scores", "head query key", q, k).array)
    assert recorder().length("length", q, over="d_k").array == np.inf


@pytest.mark.parametrize(
    "turns", [Rotary(6), Rotary(6, 500.0, "halves"), Rotary(4), Rotary(6, scaling=LinearScaling(4.0))]
)
def test_a_rotation_keeps_lengths_and_makes_products_depend_on_the_distance_alone(turns: Rotary) -> None:
    t, rng = recorder(), np.random.default_rng(0)
    same = np.repeat(rng.normal(size=(1, 1, 6)), 5, axis=1)
    other = np.repeat(rng.normal(size=(1, 1, 6)), 5, axis=1)
    q, k = (
        t.rotate(name, tensor("head token d_k", array), turns).array[0] for name, array in (("q", same), ("k", other))
    )
    np.testing.assert_allclose(np.linalg.norm(q, axis=1), np.linalg.norm(same[0, 0]), rtol=1e-14)
    products = q @ k.T
    for distance in range(-4, 5):
        along = np.diagonal(products, distance)
        np.testing.assert_allclose(along, along[0], rtol=1e-12)


def test_the_slopes_of_eight_heads_are_those_of_the_paper() -> None:
    bias = recorder().distance("bias", Axis("head", 8), *queries_and_keys(3)).array
    np.testing.assert_allclose(-bias[:, 0, 1], [1 / 2**power for power in range(1, 9)])
    np.testing.assert_array_equal(bias[:, 0, 2], 2 * bias[:, 0, 1])


@pytest.mark.parametrize("heads", range(1, 26))
def test_the_slopes_of_any_number_of_heads_are_those_of_the_authors(heads: int) -> None:
    bias = recorder().distance("bias", Axis("head", heads), *queries_and_keys(2)).array
    np.testing.assert_allclose(-bias[:, 0, 1], alibi_slopes(heads), rtol=1e-14)


def test_the_slopes_of_twelve_heads_are_those_of_eight_and_four_between_them() -> None:
    bias = recorder().distance("bias", Axis("head", 12), *queries_and_keys(2)).array
    between = [2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5]
    np.testing.assert_allclose(-bias[:, 0, 1], [*(2.0**-power for power in range(1, 9)), *between])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_whatever_stands_under_a_mask_does_not_reach_the_weights(bad: float) -> None:
    t = recorder()
    scores = tensor("query key", np.array([[1.0, bad, 2.0]]))
    masked = t.mask("masked", scores, tensor("query key", np.array([[0.0, -np.inf, 0.0]])))
    clean = t.softmax("clean", tensor("query key", np.array([[1.0, 2.0]])), over="key").array
    np.testing.assert_array_equal(t.softmax("weights", masked, over="key").array[:, [0, 2]], clean)
    assert t.trace["weights"].array[0, 1] == 0


def test_the_arithmetic_of_a_hidden_cell_is_its_mask_whatever_the_score() -> None:
    value = recorder().mask("r", tensor("query key", np.array([[np.nan]])), tensor("query key", np.array([[-np.inf]])))
    explained = arithmetic(value, (0, 0))
    assert explained.expression == Cell(1, {"query": 0, "key": 0})
    assert explained.evaluate.number(explained.expression) == -np.inf


def test_what_is_masked_gets_no_gradient_even_where_one_comes_in() -> None:
    value = recorder().mask("r", tensor("query key", np.ones((1, 2))), tensor("query key", np.array([[0.0, -np.inf]])))
    scores, _ = value.made_by.derivative(value, np.array([[3.0, np.nan]]))
    np.testing.assert_array_equal(scores, [[3.0, 0.0]])


# --- softmax


def _softmax(array: np.ndarray) -> np.ndarray:
    return recorder(str(array.dtype)).softmax("r", tensor("query key", array), over="key").array


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [0.0, 1.0, 1e4, 1e38, -1e4, -1e38])
def test_rows_of_weights_sum_to_1_for_scores_of_any_size(dtype: str, size: float) -> None:
    scores = (np.random.default_rng(3).uniform(0.5, 1, (50, 9)) * size).astype(dtype)
    weights = _softmax(scores)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=8 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_at_both_ends_of_a_type_give_all_or_nothing(dtype: str) -> None:
    largest = np.finfo(dtype).max
    np.testing.assert_array_equal(_softmax(np.array([[largest, -largest, 0]], dtype)), [[1, 0, 0]])


@given(seed=SEEDS, shift=st.integers(-(2**20), 2**20))
def test_adding_a_number_to_all_scores_of_a_row_changes_no_weight(seed: int, shift: int) -> None:
    scores = np.random.default_rng(seed).integers(-(2**10), 2**10, (3, 5)) / 2**8  # sums of these are exact
    np.testing.assert_array_equal(_softmax(scores + shift), _softmax(scores))


@pytest.mark.filterwarnings("error")
def test_a_row_that_sees_nothing_has_weights_of_zero() -> None:
    weights = _softmax(np.array([[-np.inf, -np.inf], [-np.inf, 5.0]]))
    np.testing.assert_array_equal(weights, [[0, 0], [0, 1]])


def test_only_a_row_without_anything_to_see_is_called_fully_masked() -> None:
    scores = tensor("query key", np.array([[-np.inf, -np.inf], [-np.inf, 5.0]]))
    value = recorder().softmax("r", scores, over="key")
    assert [is_fully_masked(value, {"query": query, "key": 0}) for query in (0, 1)] == [True, False]


# --- reductions, normalise and merge


def test_a_tie_for_the_maximum_shares_its_gradient() -> None:
    value = recorder().maximum("r", tensor("token", np.array([2.0, 1.0, 2.0])), over="token")
    (gradient,) = value.made_by.derivative(value, np.array(6.0))
    np.testing.assert_array_equal(gradient, [3, 0, 3])


def test_the_kink_of_relu_has_no_gradient() -> None:
    value = recorder().activation("r", "relu", tensor("token", np.array([-1.0, 0.0, 1.0])))
    (gradient,) = value.made_by.derivative(value, np.full(3, 5.0))
    np.testing.assert_array_equal(gradient, [0, 0, 5])


@given(seed=SEEDS)
def test_a_normalised_row_has_mean_0_and_variance_1(seed: int) -> None:
    x = np.random.default_rng(seed).normal(3, 5, (4, 6))
    gain, bias = tensor("d_model", np.ones(6)), tensor("d_model", np.zeros(6))
    row = recorder().normalise("r", tensor("token d_model", x), gain, bias, over="d_model", eps=0.0).array
    np.testing.assert_allclose(row.mean(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(row.var(axis=1), 1, rtol=1e-13)


def _normalised(row: np.ndarray) -> Value:
    gain, bias = (tensor("d_model", np.full(len(row), number, row.dtype)) for number in (2.0, 0.5))
    x = tensor("token d_model", row[None])
    return recorder(str(row.dtype)).normalise("norm", x, gain, bias, over="d_model", eps=1e-5)


@pytest.mark.parametrize(("dtype", "power"), [("float64", p) for p in (-200, 0, 100, 200)] + [("float32", 25)])
def test_a_normalised_number_is_right_or_where_its_variance_overflows_is_not_one(dtype: str, power: int) -> None:
    """The reference has no largest number. Numbers in the result would be wrong if σ² had become ∞ on the way."""
    row = (np.array([3.0, -1.0, 7.0]) * 10.0**power).astype(dtype)
    value = _normalised(row)
    with localcontext(prec=60):
        numbers = [Decimal(float(number)) for number in row]
        mean = sum(numbers, Decimal()) / len(numbers)
        variance = sum(((number - mean) ** 2 for number in numbers), Decimal()) / len(numbers)
        expected = [float((number - mean) / (variance + Decimal("1e-5")).sqrt() * 2) + 0.5 for number in numbers]
    overflows = variance > Decimal(float(np.finfo(dtype).max))
    np.testing.assert_allclose(value.array[0], [math.nan] * 3 if overflows else expected, rtol=1e-14)


@pytest.mark.filterwarnings("error")
def test_the_arithmetic_of_a_norm_says_that_its_variance_overflowed() -> None:
    value = _normalised(np.array([1e200, -1e200]))
    explained = arithmetic(value, (0, 1))
    assert math.isnan(explained.evaluate.number(explained.expression))
    assert isinstance(explained.expression, Number)
    assert explained.expression.text == "σ² is too large for float64"


def test_the_gradient_through_a_norm_whose_variance_overflowed_is_not_a_number() -> None:
    value = _normalised(np.array([1e200, -1e200]))
    with np.errstate(all="ignore"):
        x, gain, bias = value.made_by.derivative(value, np.ones((1, 2)))
    assert np.isnan(x).all()
    assert np.isnan(gain).all()
    np.testing.assert_array_equal(bias, [1, 1])


def test_merged_heads_stand_side_by_side_in_their_order() -> None:
    heads = tensor("head token d_v", np.arange(12).reshape(2, 3, 2))
    merged_heads = recorder().merge("r", heads, "token", last="head d_v")
    np.testing.assert_array_equal(merged_heads.array, [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]])


# --- caps and gains


def test_a_cap_leaves_small_numbers_and_is_never_passed() -> None:
    x = np.array([-1e6, -3.0, 0.01, 3.0, 1e6])
    found = recorder().cap("r", tensor("token", x), 2.0).array
    np.testing.assert_allclose(found, [2 * math.tanh(number / 2) for number in x], rtol=1e-14)
    assert (np.abs(found) <= 2).all()


def test_a_gain_of_0_changes_nothing_where_1_is_added_to_it() -> None:
    x, gain = tensor("token d_model", np.array([[3.0, 4.0]])), tensor("d_model", np.zeros(2))
    plain = recorder().rms_normalise("r", x, tensor("d_model", np.ones(2)), over="d_model", eps=0.0)
    value = recorder().rms_normalise("r", x, gain, over="d_model", eps=0.0, plus_one=True)
    np.testing.assert_array_equal(value.array, plain.array)
    assert formula_text(value.made_by.formula(value, (symbol("x"), symbol("γ")))) == "x/√(mean(x²) + ε) · (1 + γ)"


def test_heads_that_are_normalised_together_have_one_mean_square() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    ones = tensor("head d_k", np.ones((2, 4)))
    found = recorder().rms_normalise("r", tensor("head token d_k", x), ones, over="head d_k", eps=0.0).array
    np.testing.assert_allclose(np.square(found).mean(axis=(0, 2)), 1, rtol=1e-14)


# --- factors


def test_a_factor_is_written_as_what_it_is_made_of() -> None:
    root = Factor.inverse_root(Axis("d_k", 16))
    assert (root.value, root.text) == (0.25, "1/√dₖ")
    both = root.over(2.0, symbol("T"))
    assert (both.value, both.text) == (0.125, "1/(T·√dₖ)")
    assert Factor.one_over(4.0, symbol("T")).text == "1/T"


def test_a_factor_for_an_axis_that_no_array_can_have_can_still_be_planned() -> None:
    assert Factor.inverse_root(Axis("d_k", 10**400)).value > 0


# --- constants and arrangement


def test_the_way_back_through_softmax_is_the_derivative_that_every_run_uses() -> None:
    x = tensor("key", np.array([0.3, -1.0, 2.0]))
    t = recorder()
    weights = t.softmax("weights", x, over="key")
    back = t.softmax_backward(
        "back", "query key", t.identity("identity", Axis("query", 3), Axis("key", 3)), weights, over="key"
    )
    for row, one in zip(back.array, np.eye(3), strict=True):
        np.testing.assert_array_equal(row, weights.made_by.derivative(weights, one)[0])


def test_even_spacing_begins_at_0_and_ends_where_it_says() -> None:
    spaced = recorder().evenly("r", Axis("token", 201), 100.0).array
    np.testing.assert_array_equal(spaced, np.arange(201) / 2)


@pytest.mark.parametrize("to", [1e307, -1e308, 1e-308])
def test_even_spacing_reaches_as_far_as_there_are_numbers(to: float) -> None:
    spaced = recorder().evenly("r", Axis("token", 201), to).array
    assert np.isfinite(spaced).all()
    np.testing.assert_allclose(spaced[[0, 100, 200]], [0, to / 2, to], rtol=1e-12)


def test_a_vector_of_length_0_passes_no_gradient_on() -> None:
    value = recorder().length("r", tensor("d_k", np.zeros(3)), over="d_k")
    np.testing.assert_array_equal(value.made_by.derivative(value, np.array(1.0))[0], np.zeros(3))


# --- the arithmetic of a gradient


@each_case
@some_draws
@many_draws
def test_the_arithmetic_of_an_operands_gradient_comes_to_the_derivative(
    case: Case, seed: int, size: dict[str, int]
) -> None:
    rng = np.random.default_rng(seed)
    value = case(Bench(rng, size))
    gradient = rng.normal(size=value.shape)
    read = ((value.names, gradient), (value.names, value.array), *((view.names, view.array) for view in value.operands))
    for place, (operand, found) in enumerate(
        zip(value.operands, value.made_by.derivative(value, gradient), strict=True)
    ):
        if operand.value.dtype.kind == "i" or value.made_by.back is None:
            continue  # nothing changes with which row it is; and what is not explained is told by its slopes
        index = tuple(int(rng.integers(0, length)) for length in operand.shape)
        expression = value.made_by.back(value, place, dict(zip(operand.names, index, strict=True)))
        assert Evaluation(read).number(expression) == pytest.approx(found[index], rel=1e-10, abs=1e-12)
