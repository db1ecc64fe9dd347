"""SmolLM3: Llama without rotary positions in every fourth layer."""

from __future__ import annotations

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.llama import after_llama, like_llama
from attn_explore.model.checkpoints.families.understood import (
    biases,
    kinds,
    rotary,
    sliding_window,
    width_of_head,
    windows,
)
from attn_explore.model.checkpoints.settings import Settings


def _architecture(settings: Settings, _tensors: Tensors) -> Architecture:
    d_model, heads = settings.size("hidden_size"), settings.size("num_attention_heads")
    layers = settings.count("num_hidden_layers")
    d_k = settings.size("head_dim", default=0) or width_of_head(settings, d_model, heads, "num_attention_heads")
    has_positions = _layers_with_positions(settings, layers)
    turned = rotary(settings, d_k, base=2_000_000.0)
    is_windowed = settings.flag("use_sliding_window", default=False)
    found = kinds(settings, layers, lambda i: is_windowed and not has_positions[i])
    window = sliding_window(settings, default=None)
    return like_llama(
        settings,
        d_k=d_k,
        rotary=tuple(turned if there else None for there in has_positions),
        windows=windows(found, window if is_windowed else None),
        biases=biases(
            attention=settings.flag("attention_bias", default=False), gated=settings.flag("mlp_bias", default=False)
        ),
    )


def _layers_with_positions(settings: Settings, layers: int) -> tuple[bool, ...]:
    """By `no_rope_layers`, whose 1 means that a layer has them; or else every fourth layer has none."""
    every = settings.size("no_rope_layer_interval", default=4)
    said = settings.flags("no_rope_layers", default=())
    if said and len(said) != layers:
        raise settings.problem("no_rope_layers", f"{len(said)} entries for {layers} layers")
    return said or tuple((i + 1) % every != 0 for i in range(layers))


FAMILY = Family("SmolLM3", ("smollm3",), _architecture, after_llama, prefix="model.")
