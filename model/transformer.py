"""Whole models, put together from the layers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from attn_explore.model.config import MaskConfig, ModelConfig
from attn_explore.model.layers import (
    Visibility,
    add_and_norm,
    cross_attention,
    embed,
    feed_forward,
    norm,
    pool,
    score,
    self_attention,
)
from attn_explore.model.recorder import Recorder
from attn_explore.model.values import Tensor, Value


@dataclass(frozen=True)
class StackTokens:
    """What a stack reads: token ids, and which of them are padding (1 or 0; None: none is).

    `hides_pad`: whether attention sees no padding.
    """

    tokens: Value
    pad: Value | None = None
    hides_pad: bool = False

    @property
    def hidden(self) -> Value | None:
        """Which tokens are hidden because they are padding."""
        return self.pad if self.hides_pad else None


def of_itself(text: StackTokens, config: ModelConfig, mask: MaskConfig, is_decoder: bool) -> Visibility:
    """Self-attention: the future is hidden in a decoder unless the scenario says otherwise."""
    causal = is_decoder if mask.causal == "auto" else mask.causal
    return Visibility(text.tokens, text.tokens, text.hidden, causal, config.attention_span)


def across(target: StackTokens, source: StackTokens) -> Visibility:
    """Cross-attention: every word of the source may be seen, but for its padding."""
    return Visibility(target.tokens, source.tokens, source.hidden)


def encode(t: Recorder, tokens: Value, visibility: Visibility, config: ModelConfig) -> Tensor:
    """The encoder: embeddings, then N layers (Vaswani et al. 2017, section 3.1).

    Kind `attention` is the same without residuals, norms and feed-forward networks. Returns (token, d_model).
    """
    x: Tensor = embed(t, tokens, config, visibility.first)
    attention = partial(self_attention, visibility=visibility, config=config)
    for i in range(config.encoder_layers):
        layer = t.inside(f"layers.{i}")
        x = add_and_norm(layer.inside("self_attention"), x, attention, config)
        if config.has_feed_forward:
            x = add_and_norm(layer.inside("ffn"), x, partial(feed_forward, config=config), config)
    return norm(t, "final_norm", x, config) if config.final_norm else x


def decode(
    t: Recorder,
    tokens: Value,
    visibility: Visibility,
    config: ModelConfig,
    memory: tuple[Tensor, Visibility] | None = None,
) -> Tensor:
    """The decoder: the same with attention to the encoder's output in between (Vaswani et al. 2017, section 3.1).

    `memory` is the encoder's output, and what may be seen of it; without it the decoder stands alone, as in GPT.
    Returns (token, d_model).
    """
    x: Tensor = embed(t, tokens, config, visibility.first)
    attention = partial(self_attention, visibility=visibility, config=config)
    for i in range(config.decoder_layers):
        layer = t.inside(f"layers.{i}")
        x = add_and_norm(layer.inside("self_attention"), x, attention, config)
        if memory is not None:
            source = partial(cross_attention, memory=memory[0], visibility=memory[1], config=config)
            x = add_and_norm(layer.inside("cross_attention"), x, source, config)
        if config.has_feed_forward:
            x = add_and_norm(layer.inside("ffn"), x, partial(feed_forward, config=config), config)
    return norm(t, "final_norm", x, config) if config.final_norm else x


def logits(t: Recorder, x: Tensor, text: StackTokens, config: ModelConfig) -> Value | None:
    """The logits of the model's head, from the last layer's output (token, d_model) over a text, if it has a head."""
    match config.head:
        case "tokens":
            return score(t, x, "token class")
        case "sequence":
            return score(t, pool(t, x, text.tokens, text.pad), "class")
        case "vocabulary":
            return score(t, x, "token vocabulary")
    return None
