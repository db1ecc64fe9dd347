"""Phi-1 and Phi-2: attention and network side by side after one norm, half of each head's columns turned."""

from __future__ import annotations

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import (
    activation,
    architecture,
    biases,
    head,
    rotary,
    width_of_head,
)
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table


def _architecture(settings: Settings, tensors: Tensors) -> Architecture:
    settings.expect("qk_layernorm", False)
    d_model, heads = settings.size("hidden_size"), settings.size("num_attention_heads")
    layers = settings.count("num_hidden_layers")
    d_k = width_of_head(settings, d_model, heads, "num_attention_heads")
    return architecture(
        kind="decoder",
        d_model=d_model,
        heads=heads,
        kv_heads=settings.size("num_key_value_heads", default=heads),
        d_k=d_k,
        layers=layers,
        d_ff=settings.size("intermediate_size"),
        position="rotary",
        rotary=(rotary(settings, d_k, share=0.5),) * layers,
        positions=settings.size("max_position_embeddings", default=2048),
        norm_order="pre",
        norm_eps=settings.number("layer_norm_eps", default=1e-5),
        parallel="one_norm",
        activation=activation(settings, "hidden_act", default="gelu_new"),
        biases=biases(attention=True, network=True, head="lm_head.bias" in tensors),
        head=head(settings),
    )


def _places(model: Architecture) -> Places:
    base, layer = "model", "model.layers.{i}"
    return {
        "decoder.embedding_table": table(f"{base}.embed_tokens.weight"),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.norm", f"{layer}.input_layernorm"),
            **linear("self_attention.q", f"{layer}.self_attn.q_proj"),
            **linear("self_attention.k", f"{layer}.self_attn.k_proj"),
            **linear("self_attention.v", f"{layer}.self_attn.v_proj"),
            **linear("self_attention.o", f"{layer}.self_attn.dense"),
            **linear("ffn.1", f"{layer}.mlp.fc1"),
            **linear("ffn.2", f"{layer}.mlp.fc2"),
        }),
        **norm("decoder.final_norm", f"{base}.final_layernorm"),
        "head.w": matrix("lm_head.weight", f"{base}.embed_tokens.weight"),
        "head.b": table("lm_head.bias"),
    }  # fmt: skip


FAMILY = Family("Phi", ("phi",), _architecture, _places, prefix="model.")
