"""The layers of a Transformer, each a few lines of mathematics in the order of the paper.

`t` is a `Recorder`: every call on it computes one tensor and records it as one step under the name that it is given.
Source of the equations: Vaswani et al. 2017, "Attention Is All You Need"; sections are named where they apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from attn_explore.model.axes import Axis
from attn_explore.model.config import ModelConfig
from attn_explore.model.notation import ONE, symbol
from attn_explore.model.ops import Factor
from attn_explore.model.recorder import Recorder
from attn_explore.model.values import Tensor, Value
from attn_explore.model.variants import ACTIVATIONS, NORMS, POSITIONS, SCORES, WEIGHTINGS

Block = Callable[[Recorder, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which `keys` the `queries` may see: both are token ids.

    `pad`: which keys are padding, 1 or 0 for each (None: no pad mask); `causal`: none that come later; `span`: none
    further away.
    """

    queries: Value
    keys: Value
    pad: Value | None = None
    causal: bool = False
    span: int | None = None

    @property
    def hides(self) -> bool:
        """Whether there is a mask at all."""
        return self.pad is not None or self.causal or self.span is not None

    @property
    def first(self) -> int:
        """The first key that is no padding: the words are counted from there. Texts in a batch begin with a word."""
        if self.pad is None or self.pad.held is None or len(self.pad.axes) > 1:
            return 0
        return int(self.pad.held.argmin())


def embed(t: Recorder, tokens: Value, config: ModelConfig, first: int = 0) -> Value:
    """X = E + PE: what the words are, plus where they stand (sections 3.4 and 3.5). Returns (token, d_model).

    Positions are counted from the token `first`: padding before it is hidden, and stands nowhere.
    """
    embedding = t.lookup("embedding", t.parameter("embedding_table"), tokens)
    add_position = POSITIONS[config.position].added
    return t.add("input", embedding, add_position(t, embedding, first)) if add_position else t.add("input", embedding)


def self_attention(t: Recorder, x: Tensor, visibility: Visibility, config: ModelConfig) -> Tensor:
    """Every token attends to the tokens of its own sequence. x, returned: (token, d_model)."""
    q, k, v = project(t, "q", x), project(t, "k", x), project(t, "v", x)
    position = POSITIONS[config.position]
    if position.turned:
        q, k = position.turned(t, "q_rotated", q), position.turned(t, "k_rotated", k)
    return attend(t, q, k, v, visibility, config, position.bias)


def cross_attention(t: Recorder, x: Tensor, memory: Tensor, visibility: Visibility, config: ModelConfig) -> Tensor:
    """Queries from the decoder, keys and values from the encoder's output (section 3.2.3).

    x: (token, d_model) of the decoder, memory: (token, d_model) of the encoder. Returns (token, d_model).
    """
    q, k, v = project(t, "q", x), project(t, "k", memory), project(t, "v", memory)
    return attend(t, q, k, v, visibility, config)


def attend(
    t: Recorder,
    q: Value,
    k: Value,
    v: Value,
    visibility: Visibility,
    config: ModelConfig,
    bias: Callable[[Recorder, Value], Value] | None = None,
) -> Tensor:
    """MultiHead(Q, K, V) = Concat(head₁, …, headₙ) W_O with headᵢ = softmax(QKᵀ/√dₖ + M) V (section 3.2).

    q: (head, token, d_k), k, v: (head, token, …) with as many heads or fewer. Returns (token, d_model), or the heads
    side by side where there is no W_O.
    """
    queries, keys, values = q.renamed(token="query"), share(k, q), share(v, q)
    scores = SCORES[config.score].compute(t, queries, keys)
    position_bias = bias(t, q) if bias else None
    scores = scale(t, scores, q.axis("d_k"), config)
    if position_bias:
        scores = t.add("biased_scores", scores, position_bias)
    if visibility.hides:
        scores = t.mask("masked_scores", scores, mask(t, visibility))
    weights = WEIGHTINGS[config.weighting](t, scores)
    head_output = t.contract("head_output", "head query d_v", weights, values)
    concat = t.merge("concat", head_output.renamed(query="token"), "token", last="head d_v")
    if not config.output_projection:
        return concat.renamed(head·d_v="d_model")
    return t.contract("output", "token d_model", concat, t.parameter("w_o"), t.optional("b_o"))


def project(t: Recorder, name: str, x: Tensor) -> Value:
    """Q = X W_Q + b_Q, for all heads at once (section 3.2.2). x: (token, d_model). Returns (head, token, d_k)."""
    w, b = t.parameter(f"w_{name}"), t.optional(f"b_{name}")
    heads = w.split(w.names[-1])
    return t.contract(name, f"head token {heads.names[-1]}", x, heads, b and b.split(b.names[-1]))


def share(x: Value, q: Value) -> Tensor:
    """Keys or values as the heads of the queries see them: several share one (Shazeer 2019; Ainslie et al. 2023).

    x: (head, token, …). Returns (head, key, …) with the heads of `q`.
    """
    return x.renamed(token="key").repeated("head", q.axis("head").size // x.axis("head").size)


def scale(t: Recorder, scores: Value, d_k: Axis, config: ModelConfig) -> Value:
    """QKᵀ/√dₖ: raw scores, divided so that their variance does not grow with dₖ (section 3.2.1, footnote 4)."""
    factor = Factor.inverse_root(d_k) if SCORES[config.score].is_scaled else None
    if config.temperature != 1:
        factor = (factor or Factor(1, ONE)).over(config.temperature, symbol("T"))
    return t.scale("scaled_scores", scores, by=factor) if factor else scores


def mask(t: Recorder, visibility: Visibility) -> Value:
    """M: 0 where a key may be seen, −∞ where not (section 3.2.3). Returns (query, key)."""
    pad, causal, span = visibility.pad, visibility.causal, visibility.span
    return t.visibility("mask", visibility.queries, visibility.keys, pad=pad, causal=causal, span=span)


def feed_forward(t: Recorder, x: Tensor, config: ModelConfig) -> Value:
    """FFN(x) = max(0, xW₁ + b₁)W₂ + b₂, for each word alone (section 3.3). x, returned: (token, d_model)."""
    hidden = ACTIVATIONS[config.activation].compute(t, x)
    return t.contract("output", "token d_model", hidden, t.parameter("w_2"), t.optional("b_2"))


def add_and_norm(t: Recorder, x: Tensor, block: Block, config: ModelConfig) -> Tensor:
    """LayerNorm(x + block(x)), or x + block(LayerNorm(x)) in a pre-norm model (section 3.1; Xiong et al. 2020)."""
    if config.norm_order == "pre":
        return add(t, x, block(t, norm(t, "norm", x, config)), config)
    return norm(t, "norm", add(t, x, block(t, x), config), config)


def add(t: Recorder, x: Tensor, output: Tensor, config: ModelConfig) -> Tensor:
    """X + block(x): the residual connection (He et al. 2015), where the model has one."""
    return t.add("residual", x, output) if config.residual else output


def norm(t: Recorder, name: str, x: Tensor, config: ModelConfig) -> Tensor:
    """The model's norm, where it has one; kind `attention` has none. x, returned: (token, d_model)."""
    return NORMS[config.norm_in_use].apply(t, name, x, config)


def score(t: Recorder, x: Tensor, axes: str) -> Value:
    """Logits xW + b. x: (token, d_model) or (d_model). Returns them over `axes`."""
    return t.contract("logits", axes, x, t.parameter("head.w"), t.parameter("head.b"))


def cross_entropy(t: Recorder, logits: Value, target: Value, share: Value | None = None) -> Value:
    """L = −log p(target): the mean over the words, each of which has a `share` in it, or of the one label.

    logits: (token, class) and target: (token), or without the tokens; share: as the target. Returns a single number.
    """
    if share is None:
        return t.cross_entropy("loss", logits, target, over=logits.names[-1])
    each = t.cross_entropy("loss_per_token", logits, target, over=logits.names[-1])
    return t.contract("loss", "", each, share)


def pool(t: Recorder, x: Tensor, tokens: Value, pad: Value | None) -> Value:
    """The mean of the words' vectors, padding left out. x: (token, d_model), pad: (token). Returns (d_model)."""
    return t.contract("pooled", "d_model", t.shares("pooling", tokens, pad), x)
