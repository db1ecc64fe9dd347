"""Whole models, put together from the layers."""

from __future__ import annotations

from functools import partial

from model.config import ModelConfig
from model.layers import Visibility, add_and_norm, attend, embed, feed_forward, layer_norm
from model.trace import Recorder
from model.values import Tensor, Value


def encode(t: Recorder, tokens: Value, visibility: Visibility, config: ModelConfig) -> Tensor:
    """The encoder: embeddings, then N layers (Vaswani et al. 2017, section 3.1).

    Kind `attention` is the same without residuals, norms and feed-forward networks. Returns (token, d_model).
    """
    x: Tensor = embed(t, tokens, config)
    for i in range(config.encoder_layers):
        layer = t.inside(f"layers.{i}")
        attention = partial(attend, tokens=tokens, visibility=visibility, config=config)
        if config.kind == "attention":
            x = attention(layer.inside("self_attention"), x)
        else:
            x = add_and_norm(layer.inside("self_attention"), x, attention, config)
            x = add_and_norm(layer.inside("ffn"), x, feed_forward, config)
    return layer_norm(t, "final_norm", x, config) if has_final_norm(config) else x


def has_final_norm(config: ModelConfig) -> bool:
    """A pre-norm stack ends with a norm: its residual stream was never normalised (Xiong et al. 2020)."""
    return config.kind != "attention" and config.norm_order == "pre"
