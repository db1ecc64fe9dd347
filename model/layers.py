"""The layers of a Transformer, each a few lines of mathematics in the order of the paper.

`t` is a `Recorder`: every call on it computes one tensor and records it as one step under the name that it is given.
Source of the equations: Vaswani et al. 2017, "Attention Is All You Need"; sections are named where they apply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from model.config import ModelConfig
from model.ops import Factor
from model.trace import Recorder
from model.values import Tensor, Value

Block = Callable[[Recorder, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which keys queries may see: which tokens are padding (None: no pad mask), and whether the future is hidden."""

    pad: tuple[bool, ...] | None
    causal: bool

    @property
    def hides(self) -> bool:
        """Whether there is a mask at all."""
        return self.pad is not None or self.causal


def embed(t: Recorder, tokens: Value, config: ModelConfig) -> Value:
    """X = E + PE: what the words are, plus where they stand (sections 3.4 and 3.5). Returns (token, d_model)."""
    embedding = t.lookup("embedding", t.parameter("embedding_table"), tokens)
    if config.position == "none":
        return t.add("input", embedding)
    return t.add("input", embedding, t.sinusoid("position", *embedding.axes))


def attend(t: Recorder, x: Tensor, tokens: Value, visibility: Visibility, config: ModelConfig) -> Tensor:
    """MultiHead(X) = Concat(head₁, …, headₙ) W_O with headᵢ = softmax(QKᵀ/√dₖ + M) V (section 3.2).

    x: (token, d_model). Returns (token, d_model), or the heads side by side where there is no W_O.
    """
    q = project(t, "q", "head token d_k", x)
    k = project(t, "k", "head token d_k", x).renamed(token="key")
    v = project(t, "v", "head token d_v", x).renamed(token="key")
    scores = scale(t, t.contract("scores", "head query key", q.renamed(token="query"), k), q, config)
    if visibility.hides:
        mask = t.visibility("mask", tokens, visibility.pad, visibility.causal)
        scores = t.mask("masked_scores", scores, mask)
    weights = t.softmax("weights", scores, over="key")
    head_output = t.contract("head_output", "head query d_v", weights, v)
    concat = t.merge("concat", head_output.renamed(query="token"), "token", last="head d_v")
    if not config.output_projection:
        return concat.renamed(head·d_v="d_model")
    return t.contract("output", "token d_model", concat, t.parameter("w_o"), t.optional("b_o"))


def project(t: Recorder, name: str, axes: str, x: Tensor) -> Value:
    """Q = X W_Q + b_Q, for all heads at once (section 3.2.2). x: (token, d_model). Returns `axes`."""
    w, b = t.parameter(f"w_{name}"), t.optional(f"b_{name}")
    return t.contract(name, axes, x, w.split(w.names[-1]), b and b.split(b.names[-1]))


def scale(t: Recorder, scores: Value, q: Value, config: ModelConfig) -> Value:
    """QKᵀ/√dₖ: raw scores, divided so that their variance does not grow with dₖ (section 3.2.1, footnote 4)."""
    factor = Factor.inverse_root(q.axis("d_k")) if config.score == "scaled_dot" else None
    if config.temperature != 1:
        factor = Factor.inverse(config.temperature, "T", factor)
    return t.scale("scaled_scores", scores, by=factor) if factor else scores


def feed_forward(t: Recorder, x: Tensor) -> Value:
    """FFN(x) = max(0, xW₁ + b₁)W₂ + b₂, for each word alone (section 3.3). x, returned: (token, d_model)."""
    hidden = t.contract("hidden_pre", "token d_ff", x, t.parameter("w_1"), t.parameter("b_1"))
    return t.contract("output", "token d_model", t.relu("hidden", hidden), t.parameter("w_2"), t.parameter("b_2"))


def add_and_norm(t: Recorder, x: Tensor, block: Block, config: ModelConfig) -> Tensor:
    """LayerNorm(x + block(x)), or x + block(LayerNorm(x)) in a pre-norm model (section 3.1; Xiong et al. 2020)."""
    if config.norm_order == "pre":
        return t.add("residual", x, block(t, layer_norm(t, "norm", x, config)))
    return layer_norm(t, "norm", t.add("residual", x, block(t, x)), config)


def layer_norm(t: Recorder, name: str, x: Tensor, config: ModelConfig) -> Value:
    """(x − μ)/√(σ² + ε)·γ + β over d_model (Ba et al. 2016). x, returned: (token, d_model)."""
    gain, bias = t.parameter(f"{name}_gain"), t.parameter(f"{name}_bias")
    return t.normalise(name, x, gain, bias, over="d_model", eps=config.norm_eps)
