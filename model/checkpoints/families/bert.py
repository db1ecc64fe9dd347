"""BERT and RoBERTa: three tables added and normalised, norms after each block, a head that predicts hidden words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import activation, architecture, biases, head, width_of_head
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table


def like_bert(settings: Settings, tensors: Tensors, predicts: str, pooler: str = "", **others: Any) -> Architecture:
    """What these encoders have in common; `others` are the fields in which one differs.

    `predicts` is a tensor of the head for words, which there is where the settings say so, or where they say nothing
    and the file has it. Without it the text's vector is that of the pooler, where the file has that tensor.
    """
    settings.expect("position_embedding_type", "absolute")
    settings.expect("is_decoder", False)
    settings.expect("add_cross_attention", False)
    d_model, heads = settings.size("hidden_size", "dim"), settings.size("num_attention_heads", "n_heads")
    has_head = head(settings, default="ForMaskedLM" if predicts in tensors else "Model") == "vocabulary"
    bends = activation(settings, "hidden_act", "activation", default="gelu")
    return architecture(**{
        "kind": "encoder",
        "d_model": d_model,
        "heads": heads,
        "d_k": width_of_head(settings, d_model, heads, "num_attention_heads", "n_heads"),
        "layers": settings.count("num_hidden_layers", "n_layers"),
        "d_ff": settings.size("intermediate_size", "hidden_dim"),
        "segments": settings.size("type_vocab_size", default=2),
        "embedding_norm": True,
        "position": "learned",
        "positions": settings.size("max_position_embeddings", default=512),
        "counting": "every_token",
        "norm_order": "post",
        "norm_eps": settings.number("layer_norm_eps", default=1e-12),
        "activation": bends,
        "biases": biases(attention=True, network=True, head=has_head),
        "head": "vocabulary" if has_head else "none",
        "head_hidden": bends if has_head else None,
        "pooling": "pooler" if pooler in tensors and not has_head else "none",
    } | others)  # fmt: skip


def _bert(settings: Settings, tensors: Tensors) -> Architecture:
    return like_bert(settings, tensors, "cls.predictions.transform.dense.weight", "bert.pooler.dense.weight")


def _roberta(settings: Settings, tensors: Tensors) -> Architecture:
    """Positions are counted from the one after the pad's number, and pads are not counted."""
    offset = settings.whole("pad_token_id", default=1) + 1
    rows = settings.size("max_position_embeddings", default=512)
    if rows <= offset:
        raise settings.problem("max_position_embeddings", f"{rows} leaves no position after the first {offset}")
    found = like_bert(settings, tensors, "lm_head.dense.weight", "roberta.pooler.dense.weight")
    is_head = found.head == "vocabulary"
    return replace(
        found,
        positions=rows - offset,
        position_offset=offset,
        counting="words_alone",
        head_hidden="gelu" if is_head else None,
    )


def bert_layers(base: str, model: Architecture) -> Places:
    """The embeddings and the layers."""
    layer = f"{base}.encoder.layer.{{i}}"
    return {
        "encoder.embedding_table": table(f"{base}.embeddings.word_embeddings.weight"),
        "encoder.position_table": table(f"{base}.embeddings.position_embeddings.weight"),
        "encoder.segment_table": table(f"{base}.embeddings.token_type_embeddings.weight"),
        **norm("encoder.input_norm", f"{base}.embeddings.LayerNorm"),
        **in_layers("encoder", model.encoder_layers, {
            **linear("self_attention.q", f"{layer}.attention.self.query"),
            **linear("self_attention.k", f"{layer}.attention.self.key"),
            **linear("self_attention.v", f"{layer}.attention.self.value"),
            **linear("self_attention.o", f"{layer}.attention.output.dense"),
            **norm("self_attention.norm", f"{layer}.attention.output.LayerNorm"),
            **linear("ffn.1", f"{layer}.intermediate.dense"),
            **linear("ffn.2", f"{layer}.output.dense"),
            **norm("ffn.norm", f"{layer}.output.LayerNorm"),
        }),
        "pooler.w": matrix(f"{base}.pooler.dense.weight"),
        "pooler.b": table(f"{base}.pooler.dense.bias"),
    }  # fmt: skip


def _bert_places(model: Architecture) -> Places:
    head_of = "cls.predictions"
    return {
        **bert_layers("bert", model),
        **linear("head.hidden", f"{head_of}.transform.dense"),
        **norm("head.norm", f"{head_of}.transform.LayerNorm"),
        "head.w": matrix(f"{head_of}.decoder.weight", "bert.embeddings.word_embeddings.weight"),
        "head.b": table(f"{head_of}.bias", f"{head_of}.decoder.bias"),
    }


def _roberta_places(model: Architecture) -> Places:
    return {
        **bert_layers("roberta", model),
        **linear("head.hidden", "lm_head.dense"),
        **norm("head.norm", "lm_head.layer_norm"),
        "head.w": matrix("lm_head.decoder.weight", "roberta.embeddings.word_embeddings.weight"),
        "head.b": table("lm_head.bias", "lm_head.decoder.bias"),
    }


BERT = Family("BERT", ("bert",), _bert, _bert_places, prefix="bert.")
ROBERTA = Family("RoBERTa", ("roberta",), _roberta, _roberta_places, prefix="roberta.")
