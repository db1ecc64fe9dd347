"""Settings that several families share, as the mathematics has them: activations, heads, rotary positions, windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from attn_explore.model.architecture import Architecture, Bias, LinearScaling, Llama3Scaling, Pairs, Rotary
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.config import Activation, Head, filled

ACTIVATIONS: Mapping[str, Activation] = {
    "relu": "relu",
    "gelu": "gelu", "gelu_python": "gelu",
    "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu_fast": "gelu_tanh", "gelu_accurate": "gelu_tanh",
    "silu": "silu", "swish": "silu",
}  # fmt: skip
"""The activations of transformers that there are, by their names there."""

ATTENTION_BIASES: tuple[Bias, ...] = ("b_q", "b_k", "b_v", "b_o")
NETWORK_BIASES: tuple[Bias, ...] = ("b_1", "b_2")
_HEADS: Mapping[str, Head] = {
    "ForCausalLM": "vocabulary", "LMHeadModel": "vocabulary", "ForMaskedLM": "vocabulary",
    "ForPreTraining": "vocabulary", "ForConditionalGeneration": "vocabulary", "MTModel": "vocabulary", "Model": "none",
}  # fmt: skip
SLIDING, FULL = "sliding_attention", "full_attention"


def architecture(**fields: Any) -> Architecture:
    """An architecture in float32 with every default filled in."""
    return cast(Architecture, filled(Architecture(**{"dtype": "float32"} | fields)))


def activation(settings: Settings, *keys: str, default: str) -> Activation:
    """The activation under the first of these keys that is there. Raises Problem where there is none like it."""
    name = settings.text(*keys, default=default)
    if name not in ACTIVATIONS:
        key = next(key for key in keys if key in settings)
        raise settings.refused(key, ", ".join(ACTIVATIONS))
    return ACTIVATIONS[name]


def head(settings: Settings, default: str = "ForCausalLM") -> Head:
    """What `architectures` says of the head, or the `default` where nothing is said."""
    name = next(iter(settings.texts("architectures", default=())), default)
    ending = next((ending for ending in _HEADS if name.endswith(ending)), None)
    if ending is None:
        raise settings.refused("architectures", ", ".join(f"…{each}" for each in _HEADS))
    return _HEADS[ending]


def width_of_head(settings: Settings, d_model: int, heads: int, *heads_keys: str) -> int:
    """d_k where nothing says it: d_model / heads. Raises Problem where that is no whole number."""
    if d_model % heads:
        key = next(key for key in heads_keys if key in settings)
        raise settings.problem(key, f"{heads} heads do not divide a width of {d_model}")
    return d_model // heads


def biases(**named: bool) -> frozenset[Bias]:
    """The biases that there are, of several groups."""
    groups: Mapping[str, Sequence[Bias]] = {
        "attention": ATTENTION_BIASES, "network": NETWORK_BIASES, "gated": ("b_gate", "b_up", "b_2"),
        "queries": ("b_q", "b_k", "b_v"), "output": ("b_o",), "head": ("head.b",), "embedding": ("b_embedding",),
    }  # fmt: skip
    return frozenset(bias for group, there in named.items() if there for bias in groups[group])


# --- rotary positions


def rotary(
    settings: Settings,
    d_k: int,
    *,
    base: float = 10_000.0,
    share: float = 1.0,
    pairs: Pairs = "halves",
    base_keys: Sequence[str] = ("rope_theta",),
    share_keys: Sequence[str] = ("partial_rotary_factor",),
) -> Rotary:
    """How queries and keys of width `d_k` are turned, by the settings of transformers 5 or of older versions.

    `base` and `share` are the family's defaults for θ and for the part of the columns that is turned.
    """
    settings.expect("rope_interleaved", False)
    given = settings.inside("rope_scaling"), settings.inside("rope_parameters")
    inner = next(filter(None, given), None)
    base = settings.number(*base_keys, default=base)
    share = settings.number(*share_keys, default=share)
    if inner is not None:
        base = inner.number("rope_theta", default=base)
        share = inner.number("partial_rotary_factor", default=share)
    return Rotary(int(d_k * share), base, pairs, None if inner is None else scaling(inner, settings))


def scaling(rope: Settings, settings: Settings) -> LinearScaling | Llama3Scaling | None:
    """What the settings of rotary positions do for longer texts. Raises Problem for what is not implemented."""
    kind = rope.text("rope_type", "type", default="default")
    if kind == "default":
        rope.raw("original_max_position_embeddings")
        return None
    if kind == "linear":
        rope.raw("original_max_position_embeddings")
        return LinearScaling(rope.number("factor"))
    if kind == "llama3":
        longest = settings.size("max_position_embeddings", default=2048)
        original = rope.size("original_max_position_embeddings", default=longest)
        return Llama3Scaling(
            rope.number("factor"), rope.number("low_freq_factor"), rope.number("high_freq_factor"), original
        )
    raise rope.refused("rope_type" if "rope_type" in rope else "type", "default, linear, llama3")


# --- windows


def sliding_window(settings: Settings, default: int | None) -> int | None:
    """How many tokens a query sees in the layers that have a window; null is none, `default` is for no entry."""
    if settings.is_written("sliding_window"):
        return settings.size("sliding_window", default=0) or None
    return default


def windows(kinds: Sequence[str], window: int | None) -> tuple[int | None, ...]:
    """The window of each layer by its kind."""
    return tuple(window if kind == SLIDING else None for kind in kinds) if window and SLIDING in kinds else ()


def kinds(settings: Settings, layers: int, slides: Callable[[int], bool]) -> tuple[str, ...]:
    """What `layer_types` says of each layer, or else which of them `slides`, counted from 0."""
    found = settings.texts("layer_types", default=())
    if not found:
        return tuple(SLIDING if slides(i) else FULL for i in range(layers))
    if any(kind not in (SLIDING, FULL) for kind in found):
        raise settings.refused("layer_types", f"{SLIDING} or {FULL}")
    if len(found) != layers:
        raise settings.problem("layer_types", f"{len(found)} kinds for {layers} layers")
    return found
