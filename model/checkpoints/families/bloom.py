"""Bloom: embeddings that are normalised, a bias by the position of the key; q, k, v of a head lie together."""

from __future__ import annotations

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import architecture, biases, head, width_of_head
from attn_explore.model.checkpoints.parts import OfEachHead
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table


def _architecture(settings: Settings, _tensors: Tensors) -> Architecture:
    settings.expect("apply_residual_connection_post_layernorm", False)
    d_model, heads = settings.size("n_embed", "hidden_size"), settings.size("n_head", "num_attention_heads")
    return architecture(
        kind="decoder",
        d_model=d_model,
        heads=heads,
        d_k=width_of_head(settings, d_model, heads, "n_head", "num_attention_heads"),
        layers=settings.count("n_layer", "num_hidden_layers"),
        d_ff=4 * d_model,
        embedding_norm=True,
        position="alibi",
        alibi_by_key=True,
        norm_order="pre",
        norm_eps=settings.number("layer_norm_epsilon", default=1e-5),
        activation="gelu_tanh",
        biases=biases(attention=True, network=True),
        head=head(settings),
    )


def _places(model: Architecture) -> Places:
    base, layer = "transformer", "transformer.h.{i}"
    q, k, v = (OfEachHead(place, 3, model.d_k) for place in range(3))
    return {
        "decoder.embedding_table": table(f"{base}.word_embeddings.weight"),
        **norm("decoder.input_norm", f"{base}.word_embeddings_layernorm"),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.norm", f"{layer}.input_layernorm"),
            **linear("self_attention.q", f"{layer}.self_attention.query_key_value", q),
            **linear("self_attention.k", f"{layer}.self_attention.query_key_value", k),
            **linear("self_attention.v", f"{layer}.self_attention.query_key_value", v),
            **linear("self_attention.o", f"{layer}.self_attention.dense"),
            **norm("ffn.norm", f"{layer}.post_attention_layernorm"),
            **linear("ffn.1", f"{layer}.mlp.dense_h_to_4h"),
            **linear("ffn.2", f"{layer}.mlp.dense_4h_to_h"),
        }),
        **norm("decoder.final_norm", f"{base}.ln_f"),
        "head.w": matrix("lm_head.weight", f"{base}.word_embeddings.weight"),
    }  # fmt: skip


FAMILY = Family("Bloom", ("bloom",), _architecture, _places, prefix="transformer.")
