"""GPT-NeoX and Pythia: attention and network side by side after two norms; q, k, v of a head lie together."""

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
from attn_explore.model.checkpoints.parts import OfEachHead
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table


def _architecture(settings: Settings, _tensors: Tensors) -> Architecture:
    d_model, heads = settings.size("hidden_size"), settings.size("num_attention_heads")
    layers = settings.count("num_hidden_layers")
    d_k = width_of_head(settings, d_model, heads, "num_attention_heads")
    turned = rotary(settings, d_k, share=0.25, base_keys=("rotary_emb_base",), share_keys=("rotary_pct",))
    return architecture(
        kind="decoder",
        d_model=d_model,
        heads=heads,
        d_k=d_k,
        layers=layers,
        d_ff=settings.size("intermediate_size"),
        position="rotary",
        rotary=(turned,) * layers,
        positions=settings.size("max_position_embeddings", default=2048),
        norm_order="pre",
        norm_eps=settings.number("layer_norm_eps", default=1e-5),
        parallel="two_norms" if settings.flag("use_parallel_residual", default=True) else "no",
        activation=activation(settings, "hidden_act", default="gelu"),
        biases=biases(attention=settings.flag("attention_bias", default=True), network=True),
        head=head(settings),
    )


def _places(model: Architecture) -> Places:
    base, layer = "gpt_neox", "gpt_neox.layers.{i}"
    q, k, v = (OfEachHead(place, 3, model.d_k) for place in range(3))
    return {
        "decoder.embedding_table": table(f"{base}.embed_in.weight"),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.norm", f"{layer}.input_layernorm"),
            **linear("self_attention.q", f"{layer}.attention.query_key_value", q),
            **linear("self_attention.k", f"{layer}.attention.query_key_value", k),
            **linear("self_attention.v", f"{layer}.attention.query_key_value", v),
            **linear("self_attention.o", f"{layer}.attention.dense"),
            **norm("ffn.norm", f"{layer}.post_attention_layernorm"),
            **linear("ffn.1", f"{layer}.mlp.dense_h_to_4h"),
            **linear("ffn.2", f"{layer}.mlp.dense_4h_to_h"),
        }),
        **norm("decoder.final_norm", f"{base}.final_layer_norm"),
        "head.w": matrix("embed_out.weight", "lm_head.weight", f"{base}.embed_in.weight"),
    }  # fmt: skip


FAMILY = Family("GPT-NeoX", ("gpt_neox",), _architecture, _places, prefix="gpt_neox.")
