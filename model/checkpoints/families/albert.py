"""ALBERT: BERT with narrow embeddings, and with one layer that is used again and again."""

from __future__ import annotations

from dataclasses import replace

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.bert import like_bert
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import activation, biases
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table


def _architecture(settings: Settings, tensors: Tensors) -> Architecture:
    settings.expect("num_hidden_groups", 1)
    settings.expect("inner_group_num", 1)
    bends = activation(settings, "hidden_act", default="gelu_new")
    found = like_bert(settings, tensors, "predictions.dense.weight", "albert.pooler.weight", activation=bends)
    has_head = found.head == "vocabulary"
    return replace(
        found,
        d_embedding=settings.size("embedding_size", default=128),
        projected_last=True,
        shared_layers=True,
        biases=biases(attention=True, network=True, embedding=True, head=has_head),
        head_hidden=bends if has_head else None,
    )


def _places(_model: Architecture) -> Places:
    base, layer = "albert", "albert.encoder.albert_layer_groups.0.albert_layers.0"
    return {
        "encoder.embedding_table": table(f"{base}.embeddings.word_embeddings.weight"),
        "encoder.position_table": table(f"{base}.embeddings.position_embeddings.weight"),
        "encoder.segment_table": table(f"{base}.embeddings.token_type_embeddings.weight"),
        **norm("encoder.input_norm", f"{base}.embeddings.LayerNorm"),
        **linear("encoder.embedding", f"{base}.encoder.embedding_hidden_mapping_in"),
        **in_layers("encoder", 1, {
            **linear("self_attention.q", f"{layer}.attention.query"),
            **linear("self_attention.k", f"{layer}.attention.key"),
            **linear("self_attention.v", f"{layer}.attention.value"),
            **linear("self_attention.o", f"{layer}.attention.dense"),
            **norm("self_attention.norm", f"{layer}.attention.LayerNorm"),
            **linear("ffn.1", f"{layer}.ffn"),
            **linear("ffn.2", f"{layer}.ffn_output"),
            **norm("ffn.norm", f"{layer}.full_layer_layer_norm"),
        }),
        "pooler.w": matrix(f"{base}.pooler.weight"),
        "pooler.b": table(f"{base}.pooler.bias"),
        **linear("head.hidden", "predictions.dense"),
        **norm("head.norm", "predictions.LayerNorm"),
        "head.w": matrix("predictions.decoder.weight", f"{base}.embeddings.word_embeddings.weight"),
        "head.b": table("predictions.bias", "predictions.decoder.bias"),
    }  # fmt: skip


FAMILY = Family("ALBERT", ("albert",), _architecture, _places, prefix="albert.")
