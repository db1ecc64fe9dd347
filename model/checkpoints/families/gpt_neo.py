"""GPT-Neo and TinyStories: GPT-2 with matrices of their own, scores that are not scaled, and windows in some layers."""

from __future__ import annotations

from typing import Any

from attn_explore.model.architecture import Architecture
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import activation, architecture, biases, head, width_of_head
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table


def _architecture(settings: Settings, _tensors: Tensors) -> Architecture:
    d_model, heads = settings.size("hidden_size"), settings.size("num_heads", "num_attention_heads")
    layers = settings.count("num_layers", "num_hidden_layers")
    window = settings.size("window_size", default=256)
    return architecture(
        kind="decoder",
        d_model=d_model,
        heads=heads,
        d_k=width_of_head(settings, d_model, heads, "num_heads", "num_attention_heads"),
        layers=layers,
        d_ff=settings.size("intermediate_size", default=4 * d_model),
        score="dot",
        windows=tuple(window if kind == "local" else None for kind in _kinds(settings, layers)),
        position="learned",
        positions=settings.size("max_position_embeddings", default=2048),
        norm_order="pre",
        norm_eps=settings.number("layer_norm_epsilon", default=1e-5),
        activation=activation(settings, "activation_function", default="gelu_new"),
        biases=biases(output=True, network=True),
        head=head(settings),
    )


def _kinds(settings: Settings, layers: int) -> list[str]:
    """The attention of each layer, global or local: `[[["global", "local"], 12]]` is 12 times these two."""
    settings.raw("attention_layers")  # the same, written out
    key = "attention_types"
    given: Any = settings.raw(key) if key in settings else [[["global", "local"], -(-layers // 2)]]
    try:
        kinds = [kind for group, times in given for _ in range(min(int(times), layers + 1)) for kind in group]
    except (TypeError, ValueError) as error:
        raise settings.problem(key, "is not understood", 'it is like [[["global", "local"], 12]]') from error
    if any(kind not in ("global", "local") for kind in kinds):
        raise settings.refused(key, "global and local")
    if len(kinds) != layers:
        raise settings.problem(key, f"{len(kinds)} kinds for {layers} layers")
    return kinds


def _places(model: Architecture) -> Places:
    base, layer = "transformer", "transformer.h.{i}"
    attention = f"{layer}.attn.attention"
    return {
        "decoder.embedding_table": table(f"{base}.wte.weight"),
        "decoder.position_table": table(f"{base}.wpe.weight"),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.norm", f"{layer}.ln_1"),
            **linear("self_attention.q", f"{attention}.q_proj"),
            **linear("self_attention.k", f"{attention}.k_proj"),
            **linear("self_attention.v", f"{attention}.v_proj"),
            **linear("self_attention.o", f"{attention}.out_proj"),
            **norm("ffn.norm", f"{layer}.ln_2"),
            **linear("ffn.1", f"{layer}.mlp.c_fc"),
            **linear("ffn.2", f"{layer}.mlp.c_proj"),
        }),
        **norm("decoder.final_norm", f"{base}.ln_f"),
        "head.w": matrix("lm_head.weight", f"{base}.wte.weight"),
    }  # fmt: skip


FAMILY = Family("GPT-Neo", ("gpt_neo",), _architecture, _places, prefix="transformer.")
