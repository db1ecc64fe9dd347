"""BART, Marian and M2M100 (NLLB): encoder-decoders under the same names, which differ in positions and norms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import activation, architecture, biases, head, width_of_head
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, joined, linear, matrix, norm, table

_OF_FAIRSEQ = ("normalize_before", "normalize_embedding", "add_final_layer_norm", "static_position_embeddings")
"""What files of the first years say, and nobody reads: the kind decides."""


def _like_bart(settings: Settings, tensors: Tensors, bends: str, *, scaled: bool, **others: Any) -> Architecture:
    """What they have in common; `others` are the fields in which one differs, `bends` its activation by default."""
    for key in _OF_FAIRSEQ:
        settings.raw(key)
    d_model = settings.size("d_model")
    is_scaled = settings.flag("scale_embedding", default=scaled)
    fields = {
        "kind": "encoder-decoder",
        "d_model": d_model,
        "encoder_layers": settings.count("encoder_layers"),
        "decoder_layers": settings.count("decoder_layers"),
        "embedding_scale": math.sqrt(d_model) if is_scaled else None,
        "positions": settings.size("max_position_embeddings", default=1024),
        "activation": activation(settings, "activation_function", default=bends),
        "biases": biases(attention=True, network=True, head="final_logits_bias" in tensors),
        "head": head(settings),
    } | others
    stacks = {stack: _of_stack(settings, stack, d_model) for stack in ("encoder", "decoder")}
    is_alike = stacks["encoder"] == stacks["decoder"]
    decoder = None if is_alike else architecture(**fields | stacks["decoder"])
    return architecture(**fields | stacks["encoder"], decoder=decoder)


def _of_stack(settings: Settings, stack: str, d_model: int) -> dict[str, Any]:
    """What may differ between the stacks."""
    key = f"{stack}_attention_heads"
    heads = settings.size(key)
    d_k = width_of_head(settings, d_model, heads, key)
    return {"heads": heads, "d_k": d_k, "d_ff": settings.size(f"{stack}_ffn_dim")}


def _bart(settings: Settings, tensors: Tensors) -> Architecture:
    return _like_bart(
        settings, tensors, "gelu", scaled=False, embedding_norm=True, position="learned", position_offset=2,
        counting="every_token", norm_order="post",
    )  # fmt: skip


def _marian(settings: Settings, tensors: Tensors) -> Architecture:
    """A table of positions in the file goes before the waves, be it learned or those."""
    has_table = "model.encoder.embed_positions.weight" in tensors
    settings.raw("share_encoder_decoder_embeddings")  # seen in the file
    settings.expect("decoder_vocab_size", settings.size("vocab_size"))
    return _like_bart(
        settings, tensors, "gelu", scaled=False, position="learned" if has_table else "sinusoidal", waves="halves",
        counting="every_token", norm_order="post",
    )  # fmt: skip


def _m2m100(settings: Settings, tensors: Tensors) -> Architecture:
    return _like_bart(
        settings, tensors, "relu", scaled=True, position="sinusoidal", waves="fairseq", counting="words_alone",
        position_offset=settings.whole("pad_token_id", default=1) + 1, norm_order="pre",
    )  # fmt: skip


def _places(model: Architecture) -> Places:
    shared = "model.shared.weight"
    return {
        **_stack("encoder", model.encoder_layers, {"self_attention": "self_attn"}),
        **_stack("decoder", model.decoder_layers, {"self_attention": "self_attn", "cross_attention": "encoder_attn"}),
        "head.w": matrix("lm_head.weight", "model.decoder.embed_tokens.weight", shared),
        "head.b": table("final_logits_bias"),
    }


def _stack(stack: str, layers: int, attention: Mapping[str, str]) -> Places:
    """A stack whose blocks of `attention` have these names in the file."""
    base, layer = f"model.{stack}", f"model.{stack}.layers.{{i}}"
    return {
        f"{stack}.embedding_table": table(f"{base}.embed_tokens.weight", "model.shared.weight"),
        f"{stack}.position_table": table(f"{base}.embed_positions.weight"),
        **norm(f"{stack}.input_norm", f"{base}.layernorm_embedding"),
        **in_layers(stack, layers, {
            **joined(_attention(block, f"{layer}.{module}") for block, module in attention.items()),
            **linear("ffn.1", f"{layer}.fc1"),
            **linear("ffn.2", f"{layer}.fc2"),
            **norm("ffn.norm", f"{layer}.final_layer_norm"),
        }),
        **norm(f"{stack}.final_norm", f"{base}.layer_norm"),
    }  # fmt: skip


def _attention(block: str, module: str) -> Places:
    return {
        **linear(f"{block}.q", f"{module}.q_proj"),
        **linear(f"{block}.k", f"{module}.k_proj"),
        **linear(f"{block}.v", f"{module}.v_proj"),
        **linear(f"{block}.o", f"{module}.out_proj"),
        **norm(f"{block}.norm", f"{module}_layer_norm"),
    }


BART = Family("BART", ("bart",), _bart, _places, prefix="model.")
MARIAN = Family("Marian", ("marian",), _marian, _places, prefix="model.")
M2M100 = Family("M2M100", ("m2m_100",), _m2m100, _places, prefix="model.")
