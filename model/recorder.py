"""The recorder: a method for each operation, which applies it and appends the result to a trace.

The mathematics in `layers.py` is written in calls of these methods: one line is one step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attn_explore.model.architecture import RelativePositions, Rotary, Waves
from attn_explore.model.axes import Axis, merged, ordered
from attn_explore.model.ops import OPERATIONS, Drawing, Factor, Numbering
from attn_explore.model.ops.numbering import FROM_THE_FIRST
from attn_explore.model.trace import Trace
from attn_explore.model.values import Tensor, Value, as_view

BATCH = "batch"
"""The axis along which texts are computed together when a model is trained."""


class Recorder:
    """Applies operations under a path: `Recorder(trace, "encoder").inside("layers.0")`.

    Result axes are stated by name where the operation does not fix them, as in `"head query key"`, and checked.
    A `chapter` stands before the paths of steps, not before the names of parameters: those are the same in each.
    What is computed from a batch of texts is computed for each of them: the axis is not stated.
    `owner` is the block whose parameters are read, where that is another one.
    """

    def __init__(self, trace: Trace, prefix: str = "", chapter: str = "", owner: str | None = None) -> None:
        self.trace = trace
        self.prefix = prefix
        self.chapter = chapter
        self.owner = prefix if owner is None else owner

    def inside(self, name: str, owner: str | None = None) -> Recorder:
        """A recorder for the block `name` under this one, which has its own parameters or those of its `owner`."""
        owner = name if owner is None else owner
        return Recorder(self.trace, _joined(self.prefix, name), self.chapter, _joined(self.owner, owner))

    def parameter(self, name: str) -> Value:
        """The parameter `name` of this block. Raises KeyError when the model has none."""
        return self.trace.parameters[_joined(self.owner, name)]

    def optional(self, name: str) -> Value | None:
        """The parameter `name` of this block, or None when the model does without it."""
        return self.trace.parameters.get(_joined(self.owner, name))

    def lookup(self, name: str, table: Tensor, ids: Tensor) -> Value:
        """The rows of `table` that `ids` name."""
        return self._apply(name, "lookup", (*ids.axes, table.axes[1]), table, ids)

    def sinusoid(
        self, name: str, *axes: Axis, numbering: Numbering = FROM_THE_FIRST, waves: Waves = "interleaved"
    ) -> Value:
        """Sines and cosines of the positions of tokens. Source: Vaswani et al. 2017, section 3.5.

        Tokens that have no position have zeros.
        """
        return self._apply(name, "sinusoid", axes, numbering=numbering, waves=waves)

    def rows(self, name: str, table: Tensor, tokens: Axis, numbering: Numbering = FROM_THE_FIRST) -> Value:
        """The row of `table` for the position of each token; zeros for those that have none."""
        return self._apply(name, "rows", (tokens, table.axes[1]), table, numbering=numbering)

    def first(self, name: str, x: Tensor) -> Value:
        """What stands at the first index of the first axis of `x`."""
        return self._apply(name, "first", x.axes[1:], x)

    def last(self, name: str, x: Tensor) -> Value:
        """What stands at the last index of the first axis of `x`."""
        return self._apply(name, "last", x.axes[1:], x)

    def taken_over(self, name: str, earlier: Tensor, new: Tensor | None = None, tokens: Axis | None = None) -> Value:
        """What an earlier pass computed, as it is; behind it what is `new`: both together are of these `tokens`."""
        axes = tuple(tokens if tokens and axis.name == tokens.name else axis for axis in earlier.axes)
        return self._apply(name, "taken_over", axes, *(earlier,) if new is None else (earlier, new))

    def shares(self, name: str, tokens: Tensor, pad: Tensor | None = None) -> Value:
        """1/n for each of the n tokens that are not padding (1 in `pad`), 0 for the others."""
        operands = (tokens,) if pad is None else (tokens, pad)
        return self._apply(name, "shares", tokens.axes, *operands)

    def rotate(self, name: str, x: Tensor, rotary: Rotary) -> Value:
        """Each pair of columns of each token turned by an angle that grows with its position (Su et al. 2021)."""
        return self._apply(name, "rotate", x.axes, x, rotary=rotary)

    def distance(self, name: str, heads: Axis, queries: Axis, keys: Axis) -> Value:
        """Minus the distance of query and key, times a slope for each head."""
        return self._apply(name, "distance", (heads, queries, keys))

    def key_position(
        self, name: str, heads: Axis, queries: Axis, keys: Axis, numbering: Numbering = FROM_THE_FIRST
    ) -> Value:
        """The position of the key, times a slope for each head, the same for every query."""
        return self._apply(name, "key_position", (heads, queries, keys), numbering=numbering)

    def relative(self, name: str, table: Tensor, queries: Axis, keys: Axis, rules: RelativePositions) -> Value:
        """The row of `table` (bucket, head) for the bucket of query and key (Raffel et al. 2019, section 2.1)."""
        return self._apply(name, "relative", (table.axis("head"), queries, keys), table, rules=rules)

    def buckets(self, name: str, queries: Axis, keys: Axis, rules: RelativePositions) -> Value:
        """The bucket of each query and key."""
        return self._apply(name, "buckets", (queries, keys), rules=rules)

    def visibility(
        self,
        name: str,
        queries: Tensor,
        keys: Tensor,
        *,
        pad: Tensor | None = None,
        causal: bool = False,
        span: int | None = None,
        window: int | None = None,
    ) -> Value:
        """0 where a query may see a key; −∞ where the key is padding, comes later, or is too far away.

        Too far is more than `span` in any direction, or `window` or more before. `pad` is 1 for each key that is
        padding; in a batch, each text has padding of its own.
        """
        text = () if pad is None else pad.axes[:-1]
        axes = (*text, queries.axes[-1].renamed("query"), keys.axes[-1].renamed("key"))
        operands = [keys] if queries is keys else [queries, keys]
        if pad is not None:
            operands.append(pad)
        return self._apply(
            name, "visibility", axes, *operands, pad=pad is not None, causal=causal, span=span, window=window
        )

    def contract(self, name: str, axes: str, a: Tensor, b: Tensor, bias: Tensor | None = None) -> Value:
        """The product of `a` and `b`, summed over the axes that are not in `axes`, plus `bias`."""
        operands = (a, b) if bias is None else (a, b, bias)
        return self._apply(name, "contract", _stated(axes, *operands), *operands)

    def add(self, name: str, *terms: Tensor) -> Value:
        """The sum of the terms, element by element."""
        return self._elementwise(name, "add", *terms)

    def subtract(self, name: str, a: Tensor, b: Tensor, axes: str = "") -> Value:
        """`a` − `b`, element by element. The result has the axes of `a` first, or those stated in their order."""
        return self._elementwise(name, "subtract", a, b, axes=axes)

    def multiply(self, name: str, a: Tensor, b: Tensor) -> Value:
        """`a` times `b`, element by element."""
        return self._elementwise(name, "multiply", a, b)

    def divide(self, name: str, a: Tensor, b: Tensor, axes: str = "") -> Value:
        """`a` / `b`, element by element. The result has the axes of `a` first, or those stated in their order."""
        return self._elementwise(name, "divide", a, b, axes=axes)

    def ratio(self, name: str, a: Tensor, b: Tensor) -> Value:
        """`a` / `b`, element by element; 0 where `b` is 0."""
        return self._elementwise(name, "ratio", a, b)

    def exp(self, name: str, x: Tensor) -> Value:
        """eˣ, element by element."""
        return self._elementwise(name, "exp", x)

    def square(self, name: str, x: Tensor) -> Value:
        """x², element by element."""
        return self._elementwise(name, "square", x)

    def sqrt(self, name: str, x: Tensor) -> Value:
        """√x, element by element."""
        return self._elementwise(name, "sqrt", x)

    def absolute(self, name: str, x: Tensor) -> Value:
        """|x|, element by element."""
        return self._elementwise(name, "absolute", x)

    def complement(self, name: str, x: Tensor) -> Value:
        """1 − x, element by element."""
        return self._elementwise(name, "complement", x)

    def identity(self, name: str, row: Axis, column: Axis) -> Value:
        """1 where both indices are the same, 0 elsewhere."""
        return self._apply(name, "identity", (row, column))

    def evenly(self, name: str, axis: Axis, to: float) -> Value:
        """Numbers from 0 to `to`, equally far apart."""
        return self._apply(name, "evenly", (axis,), to=to)

    def stack(self, name: str, axes: str, new: Sequence[Axis], *parts: Tensor) -> Value:
        """Tensors of the same axes side by side, one for each index of the `new` axes, the last varying fastest."""
        along = tuple(axis.name for axis in new)
        return self._apply(name, "stack", ordered(axes, new, parts[0].axes), *parts, along=along)

    def part(self, name: str, axes: str, x: Tensor, at: int | slice, axis: Axis | None = None) -> Value:
        """What stands at one place of the last axis of `x`, or at a slice of places, which `axis` names anew."""
        return self._apply(name, "part", ordered(axes, x.axes[:-1], () if axis is None else (axis,)), x, at=at)

    def tally(self, name: str, axes: Sequence[Axis], widths: Tensor, drawing: Drawing) -> Value:
        """What is counted while pairs of q and k of some widths are drawn: (width, scaling, tally)."""
        return self._apply(name, "tally", axes, widths, drawing=drawing)

    def activation(self, name: str, function: str, *operands: Tensor) -> Value:
        """`relu`, `gelu`, `gelu_tanh`, `silu`, `sigmoid`, `tanh` of x; `swiglu`, … of a gate and its partner."""
        return self._elementwise(name, function, *operands)

    def cap(self, name: str, x: Tensor, limit: float) -> Value:
        """`limit` times tanh(x / `limit`): nearly x where that is small, never beyond the limit."""
        return self._apply(name, "cap", x.axes, x, limit=limit)

    def additive(self, name: str, axes: str, q: Tensor, w_q: Tensor, k: Tensor, w_k: Tensor) -> Value:
        """tanh(q·w_q + k·w_k) for every query and key. Source: Bahdanau et al. 2014, appendix A.1.2."""
        return self._apply(name, "additive", _stated(axes, q, w_q, k, w_k), q, w_q, k, w_k)

    def bilinear(self, name: str, axes: str, q: Tensor, w: Tensor, k: Tensor) -> Value:
        """q·w·kᵀ for every query and key. Source: Luong et al. 2015, section 3.1."""
        return self._apply(name, "bilinear", _stated(axes, q, w, k), q, w, k)

    def cosine(self, name: str, axes: str, q: Tensor, k: Tensor) -> Value:
        """The cosine of the angle between every query and key; 0 where one of them is 0."""
        return self._apply(name, "cosine", _stated(axes, q, k), q, k)

    def scale(self, name: str, x: Tensor, by: Factor) -> Value:
        """`x` times a constant."""
        return self._apply(name, "scale", x.axes, x, by=by)

    def mask(self, name: str, scores: Tensor, mask: Tensor) -> Value:
        """`scores` where `mask` is 0, −∞ where it is −∞."""
        return self._elementwise(name, "mask", scores, mask)

    def k_largest(self, name: str, x: Tensor, k: int) -> Value:
        """0 where a number is among the k largest of a row, or as large as the last of them; else −∞."""
        return self._apply(name, "k_largest", x.axes, x, k=k)

    def nucleus(self, name: str, x: Tensor, p: float) -> Value:
        """0 for the fewest largest of a row whose softmax reaches p together, else −∞. Source: Holtzman et al. 2020."""
        return self._apply(name, "nucleus", x.axes, x, p=p)

    def penalties(self, name: str, x: Tensor, read: Sequence[int], penalty: float) -> Value:
        """By what each logit is divided: `penalty` where its word was `read`, 1/`penalty` if it is below 0; else 1."""
        return self._apply(name, "penalties", x.axes, x, read=tuple(read), penalty=penalty)

    def shift(self, name: str, x: Tensor, maximum: Tensor) -> Value:
        """`x` − `maximum`, but −∞ where `x` is −∞."""
        return self._elementwise(name, "shift", x, maximum)

    def sum(self, name: str, x: Tensor, over: str) -> Value:
        """The sum over one axis."""
        return self._reduce(name, "sum", x, over)

    def mean(self, name: str, x: Tensor, over: str) -> Value:
        """The mean over one axis."""
        return self._reduce(name, "mean", x, over)

    def maximum(self, name: str, x: Tensor, over: str) -> Value:
        """The largest along one axis."""
        return self._reduce(name, "maximum", x, over)

    def median(self, name: str, x: Tensor, over: str) -> Value:
        """What half of the numbers along one axis are below."""
        return self._reduce(name, "median", x, over)

    def length(self, name: str, x: Tensor, over: str) -> Value:
        """The root of the sum of squares over one axis."""
        return self._reduce(name, "length", x, over)

    def softmax(self, name: str, x: Tensor, over: str) -> Value:
        """eˣ divided by its sum over one axis: each row sums to 1, or is zeros where every cell is −∞."""
        return self._apply(name, "softmax", x.axes, x, over=over)

    def softmax_backward(self, name: str, axes: str, gradient: Tensor, weights: Tensor, over: str) -> Value:
        """The gradient of the scores of a softmax from that of its `weights`, as the walk backwards computes it."""
        stated = ordered(axes, weights.axes, gradient.axes)
        return self._apply(name, "softmax_backward", stated, gradient, weights, over=over)

    def sparsemax(self, name: str, x: Tensor, over: str) -> Value:
        """What of x is above a threshold that makes each row sum to 1. Source: Martins & Astudillo 2016."""
        return self._apply(name, "sparsemax", x.axes, x, over=over)

    def hardmax(self, name: str, x: Tensor, over: str) -> Value:
        """1 where x is the largest along one axis (the first of them), 0 elsewhere."""
        return self._apply(name, "hardmax", x.axes, x, over=over)

    def normalise(
        self, name: str, x: Tensor, gain: Tensor, bias: Tensor, over: str, eps: float, *, plus_one: bool = False
    ) -> Value:
        """`x` with mean 0 and variance 1 over the axes `over`, times `gain`, plus `bias`. Source: Ba et al. 2016.

        The factor is 1 + `gain` where `plus_one`.
        """
        return self._apply(name, "normalise", x.axes, x, gain, bias, over=over, eps=eps, plus_one=plus_one)

    def rms_normalise(
        self, name: str, x: Tensor, gain: Tensor, over: str, eps: float, *, plus_one: bool = False
    ) -> Value:
        """`x` with a mean square of 1 over the axes `over`, times `gain`. Source: Zhang & Sennrich 2019.

        The factor is 1 + `gain` where `plus_one`.
        """
        return self._apply(name, "rms_normalise", x.axes, x, gain, over=over, eps=eps, plus_one=plus_one)

    def merge(self, name: str, x: Tensor, axes: str, last: str) -> Value:
        """`x` with the axes named in `last` side by side in one axis, after `axes`."""
        return self._apply(name, "merge", (*_stated(axes, x), merged(ordered(last, x.axes))), x)

    def measured(self, name: str, axes: Sequence[Axis], numbers: Sequence[float] | None, when: str) -> Value:
        """Numbers that were measured `when` something else was computed; None where they are only planned."""
        return self._apply(name, "measured", axes, numbers=numbers, when=when)

    def cross_entropy(self, name: str, logits: Tensor, target: Tensor, over: str) -> Value:
        """−log softmax(`logits`)[`target`], for each row of logits along one axis."""
        kept = tuple(axis for axis in logits.axes if axis.name != over)
        return self._apply(name, "cross_entropy", kept, logits, target, over=over)

    def _elementwise(self, name: str, operation: str, *operands: Tensor, axes: str = "") -> Value:
        stated = " ".join(dict.fromkeys(axis for operand in operands for axis in operand.names))
        return self._apply(name, operation, ordered(axes or stated, *(operand.axes for operand in operands)), *operands)

    def _reduce(self, name: str, operation: str, x: Tensor, over: str) -> Value:
        kept = tuple(axis for axis in x.axes if axis is not x.axis(over))
        return self._apply(name, operation, kept, x, over=over)

    def _apply(self, name: str, operation: str, axes: Sequence[Axis], *operands: Tensor, **options: Any) -> Value:
        views = tuple(as_view(operand) for operand in operands)
        settings: Mapping[str, Any] = options
        return self.trace.append(
            Value(self._path(name), tuple(axes), self.trace.dtype, OPERATIONS[operation], views, settings)
        )

    def _path(self, name: str) -> str:
        return _joined(self.chapter, _joined(self.prefix, name))


def _stated(axes: str, *operands: Tensor) -> tuple[Axis, ...]:
    """The axes of a result, with that of a batch before them; a single number is one for the whole batch."""
    has_batch = axes and any(BATCH in operand.names for operand in operands)
    return ordered(f"{BATCH} {axes}" if has_batch else axes, *(operand.axes for operand in operands))


def _joined(before: str, name: str) -> str:
    return f"{before}.{name}" if before else name
