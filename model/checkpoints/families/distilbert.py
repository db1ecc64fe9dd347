"""DistilBERT: BERT without segments, under other names."""

from __future__ import annotations

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.bert import like_bert
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table


def _architecture(settings: Settings, tensors: Tensors) -> Architecture:
    settings.raw("sinusoidal_pos_embds")  # how the table of positions was drawn; it is in the file
    settings.raw("tie_weights_")
    return like_bert(settings, tensors, "vocab_transform.weight", segments=0, norm_eps=1e-12)


def _places(model: Architecture) -> Places:
    base, layer = "distilbert", "distilbert.transformer.layer.{i}"
    return {
        "encoder.embedding_table": table(f"{base}.embeddings.word_embeddings.weight"),
        "encoder.position_table": table(f"{base}.embeddings.position_embeddings.weight"),
        **norm("encoder.input_norm", f"{base}.embeddings.LayerNorm"),
        **in_layers("encoder", model.encoder_layers, {
            **linear("self_attention.q", f"{layer}.attention.q_lin"),
            **linear("self_attention.k", f"{layer}.attention.k_lin"),
            **linear("self_attention.v", f"{layer}.attention.v_lin"),
            **linear("self_attention.o", f"{layer}.attention.out_lin"),
            **norm("self_attention.norm", f"{layer}.sa_layer_norm"),
            **linear("ffn.1", f"{layer}.ffn.lin1"),
            **linear("ffn.2", f"{layer}.ffn.lin2"),
            **norm("ffn.norm", f"{layer}.output_layer_norm"),
        }),
        **linear("head.hidden", "vocab_transform"),
        **norm("head.norm", "vocab_layer_norm"),
        "head.w": matrix("vocab_projector.weight", f"{base}.embeddings.word_embeddings.weight"),
        "head.b": table("vocab_projector.bias"),
    }  # fmt: skip


FAMILY = Family("DistilBERT", ("distilbert",), _architecture, _places, prefix="distilbert.")
