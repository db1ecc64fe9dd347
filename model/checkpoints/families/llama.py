"""Llama, and what was made after it: one function with the settings that most of them share, and one table."""

from __future__ import annotations

from typing import Any

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import (
    activation,
    architecture,
    biases,
    head,
    rotary,
    sliding_window,
    width_of_head,
)
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table

BASE, LAYER = "model", "model.layers.{i}"


def like_llama(settings: Settings, **others: Any) -> Architecture:
    """What these models have in common; `others` are the fields in which one differs."""
    d_model, heads = settings.size("hidden_size"), settings.size("num_attention_heads")
    layers = settings.count("num_hidden_layers")
    fields: dict[str, Any] = {
        "kind": "decoder",
        "d_model": d_model,
        "heads": heads,
        "kv_heads": settings.size("num_key_value_heads", default=heads),
        "layers": layers,
        "d_ff": settings.size("intermediate_size"),
        "position": "rotary",
        "positions": settings.size("max_position_embeddings", default=2048),
        "norm": "rms",
        "norm_order": "pre",
        "norm_eps": settings.number("rms_norm_eps", default=1e-6),
        "gated": True,
        "head": head(settings),
    } | others
    if "activation" not in fields:
        fields["activation"] = activation(settings, "hidden_act", default="silu")
    if "d_k" not in fields:
        fields["d_k"] = settings.size("head_dim", default=0) or width_of_head(
            settings, d_model, heads, "num_attention_heads"
        )
    if "rotary" not in fields:
        fields["rotary"] = (rotary(settings, fields["d_k"]),) * layers
    return architecture(**fields)


def _llama(settings: Settings, _tensors: Tensors) -> Architecture:
    has_biases = settings.flag("attention_bias", default=False)
    return like_llama(settings, biases=biases(attention=has_biases, gated=settings.flag("mlp_bias", default=False)))


def _mistral(settings: Settings, _tensors: Tensors) -> Architecture:
    """All layers have the window, unless it is null."""
    return like_llama(settings, biases=biases(), windows=in_all_layers(settings, default=4096))


def in_all_layers(settings: Settings, default: int | None) -> tuple[int | None, ...]:
    """The window of each layer, where all have the same; `default` where nothing is written."""
    window = sliding_window(settings, default)
    return (window,) * settings.count("num_hidden_layers") if window else ()


def after_llama(model: Architecture) -> Places:
    """Where parameters are: those of the models that differ in a norm or a bias have more entries here."""
    attention, network = f"{LAYER}.self_attn", f"{LAYER}.mlp"
    return {
        "decoder.embedding_table": table(f"{BASE}.embed_tokens.weight"),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.norm", f"{LAYER}.input_layernorm"),
            **linear("self_attention.q", f"{attention}.q_proj"),
            **linear("self_attention.k", f"{attention}.k_proj"),
            **linear("self_attention.v", f"{attention}.v_proj"),
            **linear("self_attention.o", f"{attention}.o_proj"),
            **norm("self_attention.q_norm", f"{attention}.q_norm"),
            **norm("self_attention.k_norm", f"{attention}.k_norm"),
            **norm("ffn.norm", f"{LAYER}.post_attention_layernorm"),
            **linear("ffn.gate", f"{network}.gate_proj"),
            **linear("ffn.up", f"{network}.up_proj"),
            **linear("ffn.2", f"{network}.down_proj"),
        }),
        **norm("decoder.final_norm", f"{BASE}.norm"),
        "head.w": matrix("lm_head.weight", f"{BASE}.embed_tokens.weight"),
    }  # fmt: skip


LLAMA = Family("Llama", ("llama",), _llama, after_llama, prefix="model.")
MISTRAL = Family("Mistral", ("mistral",), _mistral, after_llama, prefix="model.")
