"""Whole models, put together from the layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attn_explore.model.architecture import Architecture
from attn_explore.model.config import MaskConfig
from attn_explore.model.dataclass import dataclass
from attn_explore.model.layers import (
    Cache,
    Layer,
    Visibility,
    add_and_norm,
    by_root,
    cross_attention,
    embed,
    feed_forward,
    head_hidden,
    norm,
    numbered,
    of_unit_length,
    pool,
    pooler,
    score,
    self_attention,
    side_by_side,
)
from attn_explore.model.recorder import Recorder
from attn_explore.model.values import Tensor, Value


@dataclass(frozen=True)
class StackTokens:
    """What a stack reads: token ids, and which of them are padding (1 or 0; None: none is).

    `hides_pad`: whether attention sees no padding; `segments`: the row of each token in the table of segments, where
    the model has one. `all_tokens` are these and those before them that an earlier pass has read, where one has; then
    `pad` is of all of them, too.
    """

    tokens: Value
    pad: Value | None = None
    hides_pad: bool = False
    segments: Value | None = None
    all_tokens: Value | None = None

    @property
    def hidden(self) -> Value | None:
        """Which tokens are hidden because they are padding."""
        return self.pad if self.hides_pad else None


def of_itself(text: StackTokens, config: Architecture, mask: MaskConfig, is_decoder: bool) -> Visibility:
    """Self-attention: the future is hidden in a decoder unless the scenario says otherwise."""
    causal = is_decoder if mask.causal == "auto" else mask.causal
    keys = text.tokens if text.all_tokens is None else text.all_tokens
    return Visibility(text.tokens, keys, text.hidden, causal, config.attention_span)


def across(target: StackTokens, source: StackTokens) -> Visibility:
    """Cross-attention: every word of the source may be seen, but for its padding."""
    return Visibility(target.tokens, source.tokens, source.hidden)


def encode(t: Recorder, text: StackTokens, visibility: Visibility, config: Architecture) -> Tensor:
    """The encoder: embeddings, then N layers (Vaswani et al. 2017, section 3.1).

    Kind `attention` is the same without residuals, norms and feed-forward networks. Returns (token, d_model).
    """
    return _stack(t, text, visibility, config, "encoder")


def decode(
    t: Recorder,
    text: StackTokens,
    visibility: Visibility,
    config: Architecture,
    memory: tuple[Tensor, Visibility] | None = None,
    cache: Cache | None = None,
) -> Tensor:
    """The decoder: the same with attention to the encoder's output in between (Vaswani et al. 2017, section 3.1).

    `memory` is the encoder's output, and what may be seen of it; without it the decoder stands alone, as in GPT.
    `cache` holds what passes of a generation take over from each other. Returns (token, d_model).
    """
    x = _stack(t, text, visibility, config, "decoder", memory, cache)
    if config.output_scale is not None:
        x = t.scale("output_scaled", x, by=by_root(config.output_scale, x.axes[-1]))
    return x


def _stack(
    t: Recorder,
    text: StackTokens,
    visibility: Visibility,
    whole: Architecture,
    stack: str,
    memory: tuple[Tensor, Visibility] | None = None,
    cache: Cache | None = None,
) -> Tensor:
    config, numbering = whole.of(stack), numbered(visibility, whole)
    owner = "layers.0" if config.shared_layers else None
    x = embed(t, text.tokens, text.segments, numbering, config)
    table = t.optional("layers.0.self_attention.relative_table")
    source = None
    if memory is not None:
        source = partial(cross_attention, memory=memory[0], visibility=memory[1], config=config, cache=cache)
    for i in range(whole.layers_of(stack)):
        layer = Layer(i, numbering, table, cache)
        attention = partial(self_attention, visibility=visibility, config=config, layer=layer)
        x = _layer(t.inside(f"layers.{i}", owner), x, attention, source, config)
    if config.final_norm:
        x = norm(t, "final_norm", x, config)
    if config.projects_output:
        x = t.contract("output_projected", "token d_embedding", x, t.parameter("w_output"))
    return x


def _layer(
    t: Recorder,
    x: Tensor,
    attention: Callable[[Recorder, Tensor], Tensor],
    source: Callable[[Recorder, Tensor], Tensor] | None,
    config: Architecture,
) -> Tensor:
    """One layer: each word hears of the others, of the source where there is one, and thinks for itself."""
    network = partial(feed_forward, config=config)
    if config.parallel != "no":
        return side_by_side(t, x, attention, network, config)
    x = add_and_norm(t.inside("self_attention"), x, attention, config)
    if source is not None:
        x = add_and_norm(t.inside("cross_attention"), x, source, config)
    return add_and_norm(t.inside("ffn"), x, network, config) if config.has_feed_forward else x


def logits(t: Recorder, x: Tensor, text: StackTokens, config: Architecture) -> Value | None:
    """The logits of the model's head, from the last layer's output (token, d_model) over a text, if it has a head."""
    match config.head:
        case "tokens":
            return score(t, x, "token class")
        case "sequence":
            return score(t, pool(t, x, text.tokens, text.pad), "class")
        case "vocabulary":
            if config.head_hidden is not None:
                x = head_hidden(t.inside("head"), x, config)
            found = score(t, x, "token vocabulary")
            return found if config.logit_cap is None else t.cap("capped_logits", found, config.logit_cap)
    return None


def text_vector(t: Recorder, x: Tensor, text: StackTokens, config: Architecture) -> Value | None:
    """The one vector of a text (d_model), from the last layer's output (token, d_model), if the model makes one."""
    match config.pooling:
        case "mean":
            pooled = pool(t, x, text.tokens, text.pad)
        case "first":
            pooled = t.first("pooled", x)
        case "pooler":
            pooled = pooler(t, x)
        case "none":
            return None
    return of_unit_length(t, pooled) if config.unit_length else pooled
