"""Cases of every row of the table of operations, over operands of random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model.architecture import EachScaling, LinearScaling, Llama3Scaling, RelativePositions, Rotary
from attn_explore.model.axes import Axis, merged
from attn_explore.model.keeping import Keeper
from attn_explore.model.ops import Factor, Numbering
from attn_explore.model.ops.pair_counts import BINS, SUMS, Drawing
from attn_explore.model.values import Value, View
from tests.building import SEEDS, recorder, tensor

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
