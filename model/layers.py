"""The layers of a Transformer, each a few lines of mathematics in the order of the paper.

`t` is a `Recorder`: every call on it computes one tensor and records it as one step under the name that it is given.
Source of the equations: Vaswani et al. 2017, "Attention Is All You Need"; sections are named where they apply.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from attn_explore.model.architecture import Architecture
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.notation import ONE, quotient, root, symbol
from attn_explore.model.ops import Factor, Numbering
from attn_explore.model.recorder import Recorder
from attn_explore.model.values import Tensor, Value
from attn_explore.model.variants import NORMS, POSITIONS, SCORES, WEIGHTINGS, hidden_units

Block = Callable[[Recorder, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which `keys` the `queries` may see: both are token ids.

    `pad`: which keys are padding, 1 or 0 for each (None: no pad mask); `causal`: none that come later; `span`: none
    further away; `window`: only so many, the query itself and those before it.
    """

    queries: Value
    keys: Value
    pad: Value | None = None
    causal: bool = False
    span: int | None = None
    window: int | None = None

    @property
    def hides(self) -> bool:
        """Whether there is a mask at all."""
        return self.pad is not None or self.causal or self.span is not None or self.window is not None

    @property
    def words(self) -> tuple[int, int | None]:
        """The first key that is no padding, and the first of the padding behind the words, where there is some.

        Texts in a batch begin with a word, and padding behind them is hidden and no more.
        """
        if self.pad is None or self.pad.held is None or len(self.pad.axes) > 1:
            return 0, None
        places = np.flatnonzero(self.pad.held == 0)
        if len(places) == 0:
            return 0, None
        first, end = int(places[0]), int(places[-1]) + 1
        return first, end if end < self.keys.shape[0] else None


class Cache:
    """The keys and values that each block of attention had last: in a generation, the next pass takes them over."""

    def __init__(self) -> None:
        self._blocks: dict[str, tuple[Tensor, Tensor]] = {}

    def with_earlier(self, t: Recorder, k: Tensor, v: Tensor, tokens: Axis) -> tuple[Tensor, Tensor]:
        """The keys and values of all `tokens`: those of earlier passes, and behind them those of this one."""
        if t.prefix in self._blocks:
            keys, values = self._blocks[t.prefix]
            k, v = t.taken_over("all_keys", keys, k, tokens), t.taken_over("all_values", values, v, tokens)
        self._blocks[t.prefix] = k, v
        return k, v

    def once(self, t: Recorder, memory: Tensor) -> tuple[Tensor, Tensor]:
        """The keys and values of a text that each pass reads as a whole: projected in the first, then taken over."""
        if t.prefix in self._blocks:
            keys, values = self._blocks[t.prefix]
            self._blocks[t.prefix] = t.taken_over("k", keys), t.taken_over("v", values)
        else:
            self._blocks[t.prefix] = project(t, "k", memory), project(t, "v", memory)
        return self._blocks[t.prefix]


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of a stack as its attention knows it: its number, and what its positions are counted from.

    `relative_table` is the table of relative positions that all layers share, where there is one; `cache` holds keys
    and values for the passes of a generation.
    """

    number: int
    numbering: Numbering
    relative_table: Value | None = None
    cache: Cache | None = None


def numbered(visibility: Visibility, config: Architecture) -> Numbering:
    """Which position each token has: padding is hidden, and stands nowhere unless it is counted."""
    (first, end), offset = visibility.words, config.position_offset
    if config.counting == "every_token":
        return Numbering(offset=offset)
    if config.counting == "from_first_word":
        return Numbering(first, offset=offset)
    return Numbering(first, end, offset, offset - 1 if config.position == "learned" else None)


def embed(t: Recorder, tokens: Value, segments: Value | None, numbering: Numbering, config: Architecture) -> Tensor:
    """X = E + PE: what the words are, plus where they stand (sections 3.4 and 3.5). Returns (token, d_model).

    BERT adds the `segment` that each token is in, and normalises the sum (Devlin et al. 2018, section 3).
    """
    x: Tensor = t.lookup("embedding", t.parameter("embedding_table"), tokens)
    if config.embedding_scale is not None:
        x = t.scale("embedding_scaled", x, by=by_root(config.embedding_scale, x.axes[-1]))
    if not config.projected_last:
        x = widen(t, x)
    add_position = POSITIONS[config.position].added
    terms = [x, add_position(t, x, numbering, config)] if add_position else [x]
    if segments is not None:
        terms.append(t.lookup("segment", t.parameter("segment_table"), segments))
    x = t.add("input", *terms)
    x = norm(t, "input_norm", x, config) if config.embedding_norm else x
    return widen(t, x) if config.projected_last else x


def widen(t: Recorder, x: Tensor) -> Tensor:
    """EW: a narrow embedding as wide as the model (Lan et al. 2019, section 3.1); a wide one as it is."""
    w = t.optional("w_embedding")
    return x if w is None else t.contract("embedding_projected", "token d_model", x, w, t.optional("b_embedding"))


def self_attention(t: Recorder, x: Tensor, visibility: Visibility, config: Architecture, layer: Layer) -> Tensor:
    """Every token attends to the tokens of its own sequence. x, returned: (token, d_model)."""
    q, k, v = project(t, "q", x), project(t, "k", x), project(t, "v", x)
    if config.qk_norm != "none":
        q, k = norm(t, "q_norm", q, config), norm(t, "k_norm", k, config)
    if (turn := POSITIONS[config.position].turned) and (turns := config.rotary_of(layer.number)):
        q, k = turn(t, "q_rotated", q, turns), turn(t, "k_rotated", k, turns)
    if layer.cache:
        k, v = layer.cache.with_earlier(t, k, v, visibility.keys.axes[-1])
    seen = replace(visibility, window=config.window_of(layer.number))
    return attend(t, q, k, v, seen, config, layer)


def cross_attention(
    t: Recorder,
    x: Tensor,
    memory: Tensor,
    visibility: Visibility,
    config: Architecture,
    cache: Cache | None = None,
) -> Tensor:
    """Queries from the decoder, keys and values from the encoder's output (section 3.2.3).

    x: (token, d_model) of the decoder, memory: (token, d_model) of the encoder. Returns (token, d_model).
    """
    q = project(t, "q", x)
    k, v = cache.once(t, memory) if cache else (project(t, "k", memory), project(t, "v", memory))
    return attend(t, q, k, v, visibility, config)


def attend(
    t: Recorder,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    visibility: Visibility,
    config: Architecture,
    layer: Layer | None = None,
) -> Tensor:
    """MultiHead(Q, K, V) = Concat(head₁, …, headₙ) W_O with headᵢ = softmax(QKᵀ/√dₖ + M) V (section 3.2).

    q: (head, token, d_k), k, v: (head, token, …) with as many heads or fewer; `layer` where they are of one text.
    Returns (token, d_model), or the heads side by side where there is no W_O.
    """
    queries, keys, values = q.renamed(token="query"), share(k, q), share(v, q)
    scores = SCORES[config.score].compute(t, queries, keys)
    bias = position_bias(t, queries, keys, config, layer) if layer else None
    scores = scale(t, scores, q.axis("d_k"), config, layer)
    if bias:
        scores = t.add("biased_scores", scores, bias)
    if config.score_cap is not None:
        scores = t.cap("capped_scores", scores, config.score_cap)
    if visibility.hides:
        scores = t.mask("masked_scores", scores, mask(t, visibility))
    weights = WEIGHTINGS[config.weighting](t, scores)
    head_output = t.contract("head_output", "head query d_v", weights, values)
    concat = t.merge("concat", head_output.renamed(query="token"), "token", last="head d_v")
    if not config.output_projection:
        return concat.renamed(head·d_v="d_model")
    return t.contract("output", "token d_model", concat, t.parameter("w_o"), t.optional("b_o"))


def position_bias(t: Recorder, q: Tensor, k: Tensor, config: Architecture, layer: Layer) -> Value | None:
    """What is added to the scores for where query and key stand, where something is. Returns (head, query, key)."""
    if config.relative and layer.relative_table:
        axes = (q.axis("query"), k.axis("key"))
        return t.relative("position_bias", layer.relative_table, *axes, config.relative)
    bias = POSITIONS[config.position].bias
    return bias(t, q, k, layer.numbering, config) if bias else None


def project(t: Recorder, name: str, x: Tensor) -> Tensor:
    """Q = X W_Q + b_Q, for all heads at once (section 3.2.2). x: (token, d_model). Returns (head, token, d_k)."""
    w, b = t.parameter(f"w_{name}"), t.optional(f"b_{name}")
    heads = w.split(w.names[-1])
    return t.contract(name, f"head token {heads.names[-1]}", x, heads, b and b.split(b.names[-1]))


def share(x: Tensor, q: Tensor) -> Tensor:
    """Keys or values as the heads of the queries see them: several share one (Shazeer 2019; Ainslie et al. 2023).

    x: (head, token, …). Returns (head, key, …) with the heads of `q`.
    """
    return x.renamed(token="key").repeated("head", q.axis("head").size // x.axis("head").size)


def scale(t: Recorder, scores: Value, d_k: Axis, config: Architecture, layer: Layer | None) -> Value:
    """QKᵀ/√dₖ: raw scores, divided so that their variance does not grow with dₖ (section 3.2.1, footnote 4).

    Gemma has a width of its own in the place of dₖ, and GPT-2 may divide by the number of the layer too.
    """
    factor = Factor.inverse_root(d_k) if SCORES[config.score].is_scaled else None
    if config.scale_width is not None:
        factor = Factor.one_over(math.sqrt(config.scale_width), root(symbol(f"{config.scale_width:g}")))
    if config.scaled_by_layer and layer:
        factor = (factor or Factor(1, ONE)).over(layer.number + 1, symbol(str(layer.number + 1)))
    if config.temperature != 1:
        factor = (factor or Factor(1, ONE)).over(config.temperature, symbol("T"))
    return t.scale("scaled_scores", scores, by=factor) if factor else scores


def mask(t: Recorder, visibility: Visibility) -> Value:
    """M: 0 where a key may be seen, −∞ where not (section 3.2.3). Returns (query, key)."""
    pad, causal, span, window = visibility.pad, visibility.causal, visibility.span, visibility.window
    return t.visibility("mask", visibility.queries, visibility.keys, pad=pad, causal=causal, span=span, window=window)


def feed_forward(t: Recorder, x: Tensor, config: Architecture) -> Value:
    """FFN(x) = max(0, xW₁ + b₁)W₂ + b₂, for each word alone (section 3.3). x, returned: (token, d_model)."""
    hidden = hidden_units(config).compute(t, x)
    return t.contract("output", "token d_model", hidden, t.parameter("w_2"), t.optional("b_2"))


def add_and_norm(t: Recorder, x: Tensor, block: Block, config: Architecture) -> Tensor:
    """LayerNorm(x + block(x)), or x + block(LayerNorm(x)) in a pre-norm model (section 3.1; Xiong et al. 2020).

    Or the norm is of what is added: x + norm(block(x)), perhaps with one before the block, too.
    """
    if config.block_norms == "after":
        return add(t, x, norm(t, "output_norm", block(t, x), config), config)
    if config.block_norms == "around":
        return add(t, x, norm(t, "output_norm", block(t, norm(t, "norm", x, config)), config), config)
    if config.norm_order == "pre":
        return add(t, x, block(t, norm(t, "norm", x, config)), config)
    return norm(t, "norm", add(t, x, block(t, x), config), config)


def side_by_side(t: Recorder, x: Tensor, attention: Block, network: Block, config: Architecture) -> Tensor:
    """X + attention(norm(X)) + FFN(norm(X)): neither waits for the other (Wang & Komatsuzaki 2021).

    x: (token, d_model); `t` is the recorder of the layer. Both read the same norm, or each one of its own.
    """
    own, ffn = t.inside("self_attention"), t.inside("ffn")
    normed = norm(own, "norm", x, config)
    attended = attention(own, normed)
    read = normed if config.parallel == "one_norm" else norm(ffn, "norm", x, config)
    return ffn.add("residual", x, attended, network(ffn, read))


def add(t: Recorder, x: Tensor, output: Tensor, config: Architecture) -> Tensor:
    """X + block(x): the residual connection (He et al. 2015), where the model has one."""
    return t.add("residual", x, output) if config.residual else output


def norm(t: Recorder, name: str, x: Tensor, config: Architecture) -> Tensor:
    """The model's norm, where it has one; kind `attention` has none. x, returned: the same axes."""
    return NORMS[config.norm_in_use].apply(t, name, x, config)


def by_root(number: float, axis: Axis) -> Factor:
    """A constant, written as the root of an axis, or as 1 over it, where it is that."""
    size, written = math.sqrt(axis.size), root(symbol(axis.name))
    if math.isclose(number, size, rel_tol=1e-6):
        return Factor(number, written)
    if math.isclose(number, 1 / size, rel_tol=1e-6):
        return Factor(number, quotient(ONE, written), written)
    return Factor(number, symbol(f"{number:.9g}"))


def head_hidden(t: Recorder, x: Tensor, config: Architecture) -> Tensor:
    """LayerNorm(f(xW + b)): the layer of a head for masked words (Devlin et al. 2018, in the authors' code).

    x: (token, d_model). Returns (token, d_model), or as narrow as the embeddings.
    """
    w = t.parameter("w_hidden")
    pre = t.contract("hidden_pre", f"token {w.names[-1]}", x.renamed(d_model="d_in"), w, t.parameter("b_hidden"))
    return norm(t, "norm", t.activation("hidden", config.head_hidden or "", pre), config)


def score(t: Recorder, x: Tensor, axes: str) -> Value:
    """Logits xW + b. x: (token, d_model) or (d_model). Returns them over `axes`."""
    return t.contract("logits", axes, x, t.parameter("head.w"), t.optional("head.b"))


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


def pooler(t: Recorder, x: Tensor) -> Value:
    """tanh(W·first + b): BERT's vector of a text, from its first token. x: (token, d_model). Returns (d_model)."""
    first = t.first("first_token", x)
    w, b = t.parameter("pooler.w"), t.parameter("pooler.b")
    return t.activation("pooled", "tanh", t.contract("pooled_pre", "d_model", first.renamed(d_model="d_in"), w, b))


def of_unit_length(t: Recorder, x: Tensor) -> Value:
    """x/|x|, so that the product of two texts' vectors is their cosine. x, returned: (d_model)."""
    return t.ratio("embedding", x, t.length("embedding_length", x, over="d_model"))
