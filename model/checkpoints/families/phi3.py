"""Phi-3: Llama with q, k, v below each other in one matrix, and gate and up in another."""

from __future__ import annotations

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.llama import LAYER, after_llama, in_all_layers, like_llama
from attn_explore.model.checkpoints.families.understood import biases
from attn_explore.model.checkpoints.parts import Block, Share
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear


def _architecture(settings: Settings, _tensors: Tensors) -> Architecture:
    settings.expect("attention_bias", False)
    return like_llama(
        settings,
        norm_eps=settings.number("rms_norm_eps", default=1e-5),
        biases=biases(),
        windows=in_all_layers(settings, default=None),
    )


def _places(model: Architecture) -> Places:
    queries, keys = model.heads * model.d_k, model.kv_heads * model.d_k
    attention, network = f"{LAYER}.self_attn", f"{LAYER}.mlp"
    length = queries + 2 * keys
    return {
        **after_llama(model),
        **in_layers("decoder", model.decoder_layers, {
            **linear("self_attention.q", f"{attention}.qkv_proj", Block(0, length)),
            **linear("self_attention.k", f"{attention}.qkv_proj", Block(queries, length)),
            **linear("self_attention.v", f"{attention}.qkv_proj", Block(queries + keys, length)),
            **linear("ffn.gate", f"{network}.gate_up_proj", Share(0, 2)),
            **linear("ffn.up", f"{network}.gate_up_proj", Share(1, 2)),
        }),
    }  # fmt: skip


FAMILY = Family("Phi-3", ("phi3",), _architecture, _places, prefix="model.")
