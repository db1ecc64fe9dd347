"""Qwen2, with biases of queries, keys and values, and Qwen3, which normalises queries and keys in each head."""

from __future__ import annotations

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.llama import after_llama, like_llama
from attn_explore.model.checkpoints.families.understood import biases, kinds, sliding_window, windows
from attn_explore.model.checkpoints.settings import Settings


def _windows(settings: Settings) -> tuple[int | None, ...]:
    """Layers from `max_window_layers` on have a window, where `use_sliding_window` switches it on."""
    layers = settings.count("num_hidden_layers")
    is_on = settings.flag("use_sliding_window", default=False)
    window = sliding_window(settings, default=4096)
    first = settings.whole("max_window_layers", default=28)
    found = kinds(settings, layers, lambda i: is_on and i >= first)
    return windows(found, window if is_on else None)


def _qwen2(settings: Settings, _tensors: Tensors) -> Architecture:
    return like_llama(settings, biases=biases(queries=True), windows=_windows(settings))


def _qwen3(settings: Settings, _tensors: Tensors) -> Architecture:
    return like_llama(
        settings,
        d_k=settings.size("head_dim", default=128),
        biases=biases(attention=settings.flag("attention_bias", default=False)),
        windows=_windows(settings),
        qk_norm="head",
    )


QWEN2 = Family("Qwen2", ("qwen2",), _qwen2, after_llama, prefix="model.")
QWEN3 = Family("Qwen3", ("qwen3",), _qwen3, after_llama, prefix="model.")
