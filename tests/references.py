"""Slow references, written number by number from the formulas in the papers. They share no code with `model`.

Arrays are only containers here: nothing is multiplied, summed or broadcast but in a loop.
"""

from __future__ import annotations

import cmath
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from attn_explore.model.config import ModelConfig

Array = NDArray[np.float64]
Steps = dict[str, Array]
Pair = dict[str, float | list[float]]
"""The steps of the score of one query and one key."""


def difference_quotient(function: Callable[[], Array], array: Array, weights: Array, step: float = 1e-5) -> Array:
    """Central differences of sum(weights * function()) by each number of `array`, which `function` reads."""
    gradient = np.zeros(array.shape)
    for index in np.ndindex(*array.shape):
        before = array[index]
        array[index] = before + step
        above = function().copy()
        array[index] = before - step
        below = function().copy()
        array[index] = before
        change = np.subtract(above, below, where=above != below, out=np.zeros(above.shape))  # −∞ stays −∞
        gradient[index] = (weights * change).sum() / (2 * step)
    return gradient


def sinusoids(tokens: int, d_model: int) -> Array:
    """PE(pos, 2i) = sin(pos / 10000^(2i/d_model)), PE(pos, 2i+1) = cos(pos / 10000^(2i/d_model)).

    Source: Vaswani et al. 2017, section 3.5.
    """
    table = np.zeros((tokens, d_model))
    for pos in range(tokens):
        for i in range(math.ceil(d_model / 2)):
            angle = pos / math.pow(10000, 2 * i / d_model)
            table[pos, 2 * i] = math.sin(angle)
            if 2 * i + 1 < d_model:
                table[pos, 2 * i + 1] = math.cos(angle)
    return table


def bucket(ahead: int, buckets: int, far: int, both_ways: bool) -> int:
    """The row of T5's table of relative positions for a key that stands so many words ahead of the query.

    With n rows for a side: the distances below n/2 have one each; from there on the logarithm of the distance decides,
    so that the last row begins before the distance `far`. In an encoder the second half is for keys ahead.
    Source: Raffel et al. 2019, section 2.1, and the authors' code.
    """
    n = buckets // 2 if both_ways else buckets
    start = n if both_ways and ahead > 0 else 0
    distance = abs(ahead) if both_ways else max(0, -ahead)
    if distance < n // 2:
        return start + distance
    share = math.log(distance / (n // 2)) / math.log(far / (n // 2))
    return start + min(n - 1, n // 2 + math.floor(share * (n - n // 2) + 1e-9))


@dataclass(frozen=True)
class Sight:
    """Which keys may be seen: those that are not padding, not later (`causal`), not further away than `span`."""

    pad: Sequence[bool] | None = None
    causal: bool = False
    span: int | None = None

    @property
    def hides(self) -> bool:
        return self.pad is not None or self.causal or self.span is not None

    def padded_before(self) -> int:
        """How much padding stands before the first word; none where there is no word."""
        return list(self.pad).index(False) if self.pad is not None and False in self.pad else 0

    def allows(self, query: int, key: int) -> bool:
        is_padding = self.pad is not None and self.pad[key]
        is_far = self.span is not None and abs(query - key) > self.span
        return not (is_padding or (self.causal and key > query) or is_far)


@dataclass(frozen=True)
class Reference:
    """Computes every step of a model (Vaswani et al. 2017, section 3, and the papers named below) by its path.

    `scores_found`: by the path of their weights, the scores that the model under test computed. Where two scores of a
    row are the same but for rounding, these tell which of them is the larger one to hardmax.
    """

    config: ModelConfig
    parameters: Mapping[str, Array]
    steps: Steps = field(default_factory=dict)
    scores_found: Mapping[str, Array] = field(default_factory=dict)

    def encoder(self, ids: Sequence[int], sight: Sight) -> Array:
        """Kind `attention` is the attention blocks alone, one after the other."""
        x = self._input("encoder", ids, sight)
        for i in range(self.config.encoder_layers):
            path = f"encoder.layers.{i}"
            x = self._sublayer(f"{path}.self_attention", x, lambda p, y: self._self_attention(p, y, sight))
            if self.config.kind != "attention":
                x = self._sublayer(f"{path}.ffn", x, self._feed_forward)
        return self._norm("encoder.final_norm", x) if self.config.final_norm else x

    def decoder(self, ids: Sequence[int], sight: Sight, memory: Array | None, memory_sight: Sight) -> Array:
        """With a `memory` there is cross-attention to it in every layer."""
        x = self._input("decoder", ids, sight)
        for i in range(self.config.decoder_layers):
            path = f"decoder.layers.{i}"
            x = self._sublayer(f"{path}.self_attention", x, lambda p, y: self._self_attention(p, y, sight))
            if memory is not None:
                x = self._sublayer(
                    f"{path}.cross_attention", x, lambda p, y: self._attention(p, y, memory, memory_sight)
                )
            x = self._sublayer(f"{path}.ffn", x, self._feed_forward)
        return self._norm("decoder.final_norm", x) if self.config.final_norm else x

    def head(self, x: Array, pad: Sequence[bool]) -> None:
        """A label for each token, one label for all (of their mean, padding left out), or the next word."""
        if self.config.head == "none":
            return
        if self.config.head == "sequence":
            count = sum(not hides for hides in pad)
            self.steps["pooling"] = _rows([0.0 if hides else 1 / count for hides in pad])
            mean = [math.fsum(x[i, j] for i in range(len(x)) if not pad[i]) / count for j in range(x.shape[1])]
            self.steps["pooled"] = _rows(mean)
            x = _rows([mean])
        logits = _affine(x, self.parameters["head.w"], self.parameters["head.b"])
        probabilities = _rows([_softmax(row) for row in logits])
        is_one = self.config.head == "sequence"
        self.steps["logits"], self.steps["probabilities"] = (
            each[0] if is_one else each for each in (logits, probabilities)
        )

    def _input(self, stack: str, ids: Sequence[int], sight: Sight) -> Array:
        """What the words are plus where they stand; hidden padding before the first word stands nowhere."""
        none = _rows([[0.0] * self.config.d_model for _ in range(sight.padded_before())])
        count = len(ids) - len(none)
        x = self._keep(f"{stack}.embedding", _rows([self.parameters[f"{stack}.embedding_table"][i] for i in ids]))
        if self.config.position == "sinusoidal":
            x = _sum(x, self._keep(f"{stack}.position", _rows([*none, *sinusoids(count, self.config.d_model)])))
        if self.config.position == "learned":
            table = self.parameters[f"{stack}.position_table"]
            x = _sum(x, self._keep(f"{stack}.position", _rows([*none, *(table[i] for i in range(count))])))
        return self._keep(f"{stack}.input", x)

    def _keep(self, path: str, array: Array) -> Array:
        self.steps[path] = array
        return array

    def _sublayer(self, path: str, x: Array, block: Callable[[str, Array], Array]) -> Array:
        """Norm(x + Sublayer(x)), section 3.1; x + Sublayer(Norm(x)) where the norm comes first."""
        is_pre = self.config.norm_order == "pre"
        output = block(path, self._norm(f"{path}.norm", x) if is_pre else x)
        if self.config.residual:
            output = self._keep(f"{path}.residual", _sum(x, output))
        return output if is_pre else self._norm(f"{path}.norm", output)

    # --- attention

    def _self_attention(self, path: str, x: Array, sight: Sight) -> Array:
        return self._attention(path, x, x, sight, is_own=True)

    def _attention(self, path: str, x: Array, memory: Array, sight: Sight, is_own: bool = False) -> Array:
        """MultiHead(X) = Concat(head₁, …, headₕ) W_O, section 3.2.2; heads may share keys (Ainslie et al. 2023)."""
        config = self.config
        q = self._heads(path, "q", x, config.heads, config.d_k)
        k = self._heads(path, "k", memory, config.kv_heads, config.d_k)
        v = self._heads(path, "v", memory, config.kv_heads, config.d_v)
        if is_own and config.position == "rotary":
            q, k = (self._keep(f"{path}.{name}_rotated", rotated(each)) for name, each in (("q", q), ("k", k)))
        group = config.heads // config.kv_heads
        k, v = (_rows([each[head // group] for head in range(config.heads)]) for each in (k, v))

        scores = self._keep(f"{path}.scores", self._scores(path, q, k))
        bias = np.zeros(scores.shape)
        if is_own and config.position == "alibi":
            for head, i, j in np.ndindex(*bias.shape):
                bias[head, i, j] = -abs(i - j) * alibi_slopes(config.heads)[head]
            self._keep(f"{path}.position_bias", bias)
        if config.score == "scaled_dot" or config.temperature != 1:
            divisor = (math.sqrt(config.d_k) if config.score == "scaled_dot" else 1.0) * config.temperature
            scores = self._keep(f"{path}.scaled_scores", _each(scores, lambda number: number / divisor))
        if is_own and config.position == "alibi":
            scores = self._keep(f"{path}.biased_scores", _sum(scores, bias))
        if sight.hides:
            mask, masked = np.zeros(scores.shape[1:]), scores.copy()
            for i, j in np.ndindex(*mask.shape):
                if not sight.allows(i, j):
                    mask[i, j] = masked[:, i, j] = -math.inf
            self.steps[f"{path}.mask"], self.steps[f"{path}.masked_scores"] = mask, masked
            scores = masked

        if config.weighting == "hardmax" and f"{path}.weights" in self.scores_found:
            scores = _as_found_where_tied(scores, self.scores_found[f"{path}.weights"])
        weigh = WEIGHTINGS[config.weighting]
        weights = self._keep(f"{path}.weights", _rows([[weigh(row) for row in matrix] for matrix in scores]))
        head_output = np.zeros((*weights.shape[:2], config.d_v))
        for head, i, c in np.ndindex(*head_output.shape):
            head_output[head, i, c] = math.fsum(weights[head, i, j] * v[head, j, c] for j in range(len(memory)))
        self.steps[f"{path}.head_output"] = head_output
        concat = np.zeros((len(x), config.heads * config.d_v))
        for head, i, c in np.ndindex(*head_output.shape):
            concat[i, head * config.d_v + c] = head_output[head, i, c]
        self.steps[f"{path}.concat"] = concat
        if not config.output_projection:
            return concat
        w, b = self.parameters[f"{path}.w_o"], self.parameters.get(f"{path}.b_o")
        return self._keep(f"{path}.output", _affine(concat, w, b))

    def _heads(self, path: str, letter: str, x: Array, heads: int, width: int) -> Array:
        side_by_side = _affine(x, self.parameters[f"{path}.w_{letter}"], self.parameters.get(f"{path}.b_{letter}"))
        projected = np.zeros((heads, len(x), width))
        for head, token, j in np.ndindex(*projected.shape):
            projected[head, token, j] = side_by_side[token, head * width + j]
        return self._keep(f"{path}.{letter}", projected)

    def _scores(self, path: str, q: Array, k: Array) -> Array:
        """How alike each query and key are, and the steps before that."""
        found: Steps = {}
        learned = {name.rpartition(".")[2]: array for name, array in self.parameters.items() if f"{path}." in name}
        for head, i, j in np.ndindex(q.shape[0], q.shape[1], k.shape[1]):
            own = {name: array[head] for name, array in learned.items() if "score" in name}
            for name, number in SCORES[self.config.score](q[head, i], k[head, j], own).items():
                whole = found.setdefault(name, np.zeros((*q.shape[:2], k.shape[1], *np.shape(number))))
                whole[head, i, j] = number
        self.steps.update({f"{path}.{name}": whole for name, whole in found.items()})
        return found["scores"]

    # --- the feed-forward network, and norms

    def _feed_forward(self, path: str, x: Array) -> Array:
        """f(xW₁ + b₁)W₂ + b₂, section 3.3; gated: (f(xW_gate) · xW_up) W₂ (Shazeer 2020)."""
        p, bend = self.parameters, ACTIVATIONS[self.config.activation]
        if f"{path}.w_gate" in p:
            gate = self._keep(f"{path}.gate", _affine(x, p[f"{path}.w_gate"], None))
            up = self._keep(f"{path}.up", _affine(x, p[f"{path}.w_up"], None))
            hidden = np.zeros(gate.shape)
            for index in np.ndindex(*hidden.shape):
                hidden[index] = bend(float(gate[index])) * up[index]
        else:
            hidden = _each(self._keep(f"{path}.hidden_pre", _affine(x, p[f"{path}.w_1"], p[f"{path}.b_1"])), bend)
        self.steps[f"{path}.hidden"] = hidden
        return self._keep(f"{path}.output", _affine(hidden, p[f"{path}.w_2"], p.get(f"{path}.b_2")))

    def _norm(self, path: str, x: Array) -> Array:
        """(x − μ)/√(σ² + ε)·γ + β for each token (Ba et al. 2016, equation 4, with ε as everyone adds it).

        RMSNorm is x/√(mean(x²) + ε)·γ (Zhang & Sennrich 2019, equation 4). Kind `attention` has no norms.
        """
        if self.config.norm == "none" or self.config.kind == "attention":
            return x
        is_rms = self.config.norm == "rms"
        gain, bias = self.parameters[f"{path}_gain"], self.parameters.get(f"{path}_bias")
        result = np.zeros(x.shape)
        for token, row in enumerate(x):
            mean = 0.0 if is_rms else math.fsum(row) / len(row)
            variance = math.fsum((number - mean) ** 2 for number in row) / len(row)
            for j, number in enumerate(row):
                standard = (number - mean) / math.sqrt(variance + self.config.norm_eps)
                result[token, j] = standard * gain[j] + (0.0 if bias is None else bias[j])
        return self._keep(path, result)


def rotated(x: Array) -> Array:
    """Each pair (x₂ᵢ, x₂ᵢ₊₁) at position m multiplied by e^(i·m·θᵢ) with θᵢ = 10000^(−2i/d).

    Source: Su et al. 2021, section 3.2.2.
    """
    result = np.zeros(x.shape)
    for head, m, i in np.ndindex(x.shape[0], x.shape[1], x.shape[2] // 2):
        turn = cmath.exp(1j * m * math.pow(10000, -2 * i / x.shape[2]))
        turned = complex(x[head, m, 2 * i], x[head, m, 2 * i + 1]) * turn
        result[head, m, 2 * i], result[head, m, 2 * i + 1] = turned.real, turned.imag
    return result


# --- scores: of a query, a key and the score's parameters for the head, each step by its name


def _product(a: Array, b: Array) -> float:
    return math.fsum(a[c] * b[c] for c in range(len(a)))


def _dot(a: Array, b: Array, _: Steps) -> Pair:
    return {"scores": _product(a, b)}


def _cosine(a: Array, b: Array, _: Steps) -> Pair:
    lengths = math.hypot(*a) * math.hypot(*b)
    return {"scores": _product(a, b) / lengths if lengths else 0.0}


def _general(a: Array, b: Array, own: Steps) -> Pair:
    """qᵀWk, Luong et al. 2015, section 3.1."""
    w = own["w_score"]
    return {"scores": math.fsum(a[c] * w[c, e] * b[e] for c, e in np.ndindex(*w.shape))}


def _additive(a: Array, b: Array, own: Steps) -> Pair:
    """vᵀ tanh(Wq + Uk), Bahdanau et al. 2014, appendix A.1.2."""
    w, u, v = own["w_score_q"], own["w_score_k"], own["v_score"]
    inner = [math.fsum(a[c] * w[c, e] + b[c] * u[c, e] for c in range(len(a))) for e in range(len(v))]
    hidden = [math.tanh(number) for number in inner]
    return {"additive_hidden": hidden, "scores": math.fsum(h * number for h, number in zip(hidden, v, strict=True))}


SCORES: dict[str, Callable[[Array, Array, Steps], Pair]] = {
    "dot": _dot,
    "scaled_dot": _dot,
    "additive": _additive,
    "general": _general,
    "cosine": _cosine,
}


# --- activations and weightings


def alibi_slopes(heads: int) -> list[float]:
    """A geometric sequence that begins at 2^(−8/n) and has it as its ratio, for n heads, a power of two (Press et al.).

    For other numbers, as their code has it: the sequence of the power of two below, then of the sequence of twice as
    many the first, third, fifth, …
    """
    if math.log2(heads).is_integer():
        start = 2 ** (-8 / heads)
        return [start ** (place + 1) for place in range(heads)]
    below = 2 ** math.floor(math.log2(heads))
    return alibi_slopes(below) + alibi_slopes(2 * below)[::2][: heads - below]


def _silu(x: float) -> float:
    return x / (1 + math.exp(-x))


def _gelu(x: float) -> float:
    return x * statistics.NormalDist().cdf(x)


def _gelu_tanh(x: float) -> float:
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "relu": lambda x: max(0.0, x),
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "silu": _silu,
    "swiglu": _silu,
    "geglu": _gelu,
}


def _softmax(row: Array) -> Array:
    """exp(xᵢ)/Σexp(xⱼ); zeros where nothing may be seen."""
    visible = [number for number in row if number != -math.inf]
    if not visible:
        return np.zeros(len(row))
    exponentials = [math.exp(number - max(visible)) for number in row]
    return _rows([number / math.fsum(exponentials) for number in exponentials])


def sparsemax(row: Array) -> Array:
    """The point of the simplex that is nearest to the row, found by halving the interval that τ must lie in."""
    visible = [number for number in row if number != -math.inf]
    if not visible:
        return np.zeros(len(row))
    below = [number - max(visible) for number in row]
    low, high = -1.0, 0.0
    for _ in range(200):
        middle = (low + high) / 2
        if math.fsum(max(0.0, number - middle) for number in below) > 1:
            low = middle
        else:
            high = middle
    return _rows([max(0.0, number - high) for number in below])


def hardmax(row: Array) -> Array:
    """1 for the first of the largest; zeros where nothing may be seen."""
    result = np.zeros(len(row))
    best = -math.inf
    for place, number in enumerate(row):
        if number > best:
            result[:], best = 0, number
            result[place] = 1
    return result


ROUNDING = 1e-10
"""Two scores that are no further apart, as a share of the largest, are the same but for rounding."""


def _as_found_where_tied(scores: Array, found: Array) -> Array:
    """Scores of which those that are the largest of their row but for rounding are in the order of others."""
    result = scores.copy()
    for place in np.ndindex(*scores.shape[:-1]):
        row = scores[place]
        largest = row.max()
        tied = row >= largest - ROUNDING * max(1.0, abs(largest))
        if math.isfinite(largest) and tied.sum() > 1:
            result[place] = np.where(tied, found[place], -math.inf)
    return result


def _each(array: Array, function: Callable[[float], float]) -> Array:
    result = np.zeros(array.shape)
    for index in np.ndindex(*array.shape):
        result[index] = function(float(array[index]))
    return result


WEIGHTINGS: dict[str, Callable[[Array], Array]] = {
    "softmax": _softmax,
    "sparsemax": sparsemax,
    "hardmax": hardmax,
    "relu": lambda row: _each(row, lambda x: max(0.0, x)),
    "sigmoid": lambda row: _each(row, lambda x: 0.0 if x == -math.inf else 1 / (1 + math.exp(-x))),
}


def _affine(x: Array, w: Array, b: Array | None) -> Array:
    result = np.zeros((len(x), w.shape[1]))
    for i, j in np.ndindex(*result.shape):
        result[i, j] = math.fsum(x[i, c] * w[c, j] for c in range(len(w))) + (0.0 if b is None else b[j])
    return result


def _sum(a: Array, b: Array) -> Array:
    result = np.zeros(a.shape)
    for index in np.ndindex(*a.shape):
        result[index] = a[index] + b[index]
    return result


def _rows(rows: Sequence[object]) -> Array:
    return np.array(rows, np.float64)
