"""Gemma 1, 2 and 3 (text): embeddings times √d_model, norms that multiply by 1 + gain; norms around blocks since 2."""

from __future__ import annotations

import math
from typing import Any

from attn_explore.model.architecture import Architecture, Rotary
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.llama import LAYER, after_llama, like_llama
from attn_explore.model.checkpoints.families.understood import (
    SLIDING,
    activation,
    biases,
    kinds,
    rotary,
    scaling,
    sliding_window,
    windows,
)
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, norm


def _like_gemma(settings: Settings, **others: Any) -> Architecture:
    settings.expect("use_bidirectional_attention", False)
    return like_llama(
        settings,
        d_k=settings.size("head_dim", default=256),
        embedding_scale=math.sqrt(settings.size("hidden_size")),
        gain_plus_one=True,
        biases=biases(attention=settings.flag("attention_bias", default=False)),
        **others,
    )


def _gemma(settings: Settings, _tensors: Tensors) -> Architecture:
    """Where the settings say `gelu` its tanh form is meant: the files of the first release."""
    settings.expect("hidden_act", "gelu", "gelu_pytorch_tanh")
    settings.expect("hidden_activation", "gelu_pytorch_tanh")
    return _like_gemma(settings, activation="gelu_tanh")


def _around(settings: Settings, layer_kinds: tuple[str, ...], **others: Any) -> Architecture:
    """What Gemma 2 and 3 share: norms around blocks, windows in some layers, another scale of the scores."""
    settings.raw("hidden_act")  # `hidden_activation` counts
    return _like_gemma(
        settings,
        activation=activation(settings, "hidden_activation", default="gelu_pytorch_tanh"),
        block_norms="around",
        windows=windows(layer_kinds, sliding_window(settings, default=4096)),
        scale_width=settings.number("query_pre_attn_scalar", default=256),
        **others,
    )


def _gemma2(settings: Settings, _tensors: Tensors) -> Architecture:
    """Every second layer has a window, from the first on."""
    layers = settings.count("num_hidden_layers")
    return _around(
        settings,
        kinds(settings, layers, lambda i: i % 2 == 0),
        score_cap=_cap(settings, "attn_logit_softcapping", default=50.0),
        logit_cap=_cap(settings, "final_logit_softcapping", default=30.0),
    )


def _cap(settings: Settings, key: str, default: float) -> float | None:
    """A cap, which null switches off."""
    is_off = settings.is_written(key) and key not in settings
    return None if is_off else settings.number(key, default=default)


def _gemma3(settings: Settings, _tensors: Tensors) -> Architecture:
    """All layers but every sixth have a window, and rotary positions of their own."""
    settings.expect("attn_logit_softcapping")
    layers = settings.count("num_hidden_layers")
    every = settings.size("sliding_window_pattern", "_sliding_window_pattern", default=6)
    found = kinds(settings, layers, lambda i: (i + 1) % every != 0)
    sliding, full = _rotary_of_gemma3(settings, settings.size("head_dim", default=256))
    return _around(
        settings,
        found,
        rotary=tuple(sliding if kind == SLIDING else full for kind in found),
        qk_norm="head",
        logit_cap=_cap(settings, "final_logit_softcapping", default=0.0) or None,
    )


def _rotary_of_gemma3(settings: Settings, d_k: int) -> tuple[Rotary, Rotary]:
    """How layers with a window turn, and those without: θ is 10,000 and 1,000,000 unless something else is said.

    `rope_scaling` is for the layers without a window; `rope_parameters` has both, by their kind.
    """
    both = settings.inside("rope_parameters")
    local = settings.number("rope_local_base_freq", default=10_000.0)
    sliding = both and both.inside("sliding_attention")
    full = both and both.inside("full_attention")
    if both is None or not (sliding or full):
        return Rotary(d_k, local, "halves"), rotary(settings, d_k, base=1_000_000.0)
    return _turned(settings, sliding, d_k, local), _turned(
        settings, full, d_k, settings.number("rope_theta", default=1_000_000.0)
    )


def _turned(settings: Settings, rope: Settings | None, d_k: int, base: float) -> Rotary:
    if rope is None:
        return Rotary(d_k, base, "halves")
    return Rotary(d_k, rope.number("rope_theta", default=base), "halves", scaling(rope, settings))


def _places_around(model: Architecture) -> Places:
    """Gemma 2 and 3 have two norms for each block."""
    return {
        **after_llama(model),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.output_norm", f"{LAYER}.post_attention_layernorm"),
            **norm("ffn.norm", f"{LAYER}.pre_feedforward_layernorm"),
            **norm("ffn.output_norm", f"{LAYER}.post_feedforward_layernorm"),
        }),
    }  # fmt: skip


GEMMA = Family("Gemma", ("gemma",), _gemma, after_llama, prefix="model.")
GEMMA2 = Family("Gemma 2", ("gemma2",), _gemma2, _places_around, prefix="model.")
GEMMA3 = Family("Gemma 3", ("gemma3_text",), _gemma3, _places_around, prefix="model.")
