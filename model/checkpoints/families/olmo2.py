"""OLMo 2: norms on what a block puts out, before it is added, and on all heads of queries and keys together."""

from __future__ import annotations

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.llama import LAYER, after_llama, like_llama
from attn_explore.model.checkpoints.families.understood import biases
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, norm


def _architecture(settings: Settings, _tensors: Tensors) -> Architecture:
    return like_llama(
        settings,
        norm_eps=settings.number("rms_norm_eps", default=1e-5),
        biases=biases(attention=settings.flag("attention_bias", default=False)),
        block_norms="after",
        qk_norm="all",
    )


def _places(model: Architecture) -> Places:
    return {
        **after_llama(model),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.output_norm", f"{LAYER}.post_attention_layernorm"),
            **norm("ffn.output_norm", f"{LAYER}.post_feedforward_layernorm"),
        }),
    }  # fmt: skip


FAMILY = Family("OLMo 2", ("olmo2",), _architecture, _places, prefix="model.")
