"""The same families as GGUF files have them: other keys, other names, and some numbers in another order.

Checked with files that `gguf` writes and transformers reads; what is not in a file is as in llama.cpp. There, arch
`llama` turns neighbouring columns, so its files have the rows of q and k in another order; Gemma's norms hold 1 + gain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from attn_explore.model.architecture import Architecture, EachScaling, LinearScaling, Rotary
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import architecture, biases
from attn_explore.model.checkpoints.parts import Block, Interleaved, Share
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, linear, matrix, norm, table

ROPE_FACTORS = "rope_freqs.weight"
_LAYER = "blk.{i}"


def rounded(number: float) -> float:
    """A number without the noise of float32, in which it is stored: 9.999999747e-06 is 1e-05."""
    return float(f"{number:.6g}")


# --- architectures


def _common(settings: Settings, **others: Any) -> dict[str, Any]:
    """What all have in common."""
    heads = settings.size("attention.head_count")
    return {
        "kind": "decoder",
        "d_model": settings.size("embedding_length"),
        "heads": heads,
        "kv_heads": settings.size("attention.head_count_kv", default=heads),
        "layers": settings.count("block_count"),
        "d_ff": settings.size("feed_forward_length"),
        "positions": settings.size("context_length", default=2048),
        "norm_order": "pre",
        "head": "vocabulary",
    } | others


def _like_llama(settings: Settings, tensors: Tensors, **others: Any) -> Architecture:
    """Llama and what was made after it; `others` are the fields in which one differs."""
    settings.raw("vocab_size")  # the table of embeddings has as many rows
    settings.expect("expert_count", 0)
    common = _common(settings)
    width = common["d_model"] // common["heads"]
    d_k = settings.size("attention.key_length", default=width)
    settings.expect("attention.value_length", d_k)
    fields = common | {
        "d_k": d_k,
        "position": "rotary",
        "norm": "rms",
        "norm_eps": rounded(settings.number("attention.layer_norm_rms_epsilon")),
        "activation": "silu",
        "gated": True,
        "biases": biases(queries="blk.0.attn_q.bias" in tensors, output="blk.0.attn_output.bias" in tensors),
        "rotary": (_rotary(settings, tensors, d_k),) * common["layers"],
    }
    return architecture(**fields | others)


def _rotary(settings: Settings, tensors: Tensors, d_k: int) -> Rotary:
    """How queries and keys are turned; some files have a factor for each angle (Llama 3.1 and later)."""
    base = rounded(settings.number("rope.freq_base", default=10_000.0))
    dims = settings.size("rope.dimension_count", default=d_k)
    kind = settings.text("rope.scaling.type", default="none")
    if kind not in ("none", "linear"):
        raise settings.refused("rope.scaling.type", "none, linear")
    for key in ("rope.scaling.original_context_length", "rope.scaling.finetuned"):
        settings.raw(key)
    factor = rounded(settings.number("rope.scaling.factor", default=1.0))
    if ROPE_FACTORS in tensors:
        return Rotary(dims, base, "halves", EachScaling(tuple(map(float, tensors.read(ROPE_FACTORS)))))
    return Rotary(dims, base, "halves", LinearScaling(factor) if kind == "linear" else None)


def _llama(settings: Settings, tensors: Tensors) -> Architecture:
    return _like_llama(settings, tensors)


def _qwen3(settings: Settings, tensors: Tensors) -> Architecture:
    return _like_llama(settings, tensors, qk_norm="head")


def _phi3(settings: Settings, tensors: Tensors) -> Architecture:
    window = settings.size("attention.sliding_window", default=0)
    if "rope_factors_long.weight" in tensors:
        raise settings.problem("rope_factors_long.weight", "longrope is not implemented")
    found = _like_llama(settings, tensors)
    return replace(found, windows=(window,) * found.decoder_layers if window else ())


def _gemma(settings: Settings, tensors: Tensors, **others: Any) -> Architecture:
    scale = math.sqrt(settings.size("embedding_length"))
    return _like_llama(settings, tensors, activation="gelu_tanh", embedding_scale=scale, **others)


def _around(settings: Settings, tensors: Tensors, every: int, largest: int) -> Architecture:
    """Gemma 2 and 3: all layers have a window, but one in `every`.

    Scores are divided by the root of a head's width; in the model with so many layers as the `largest` has, by that of
    d_model / heads.
    """
    cap = settings.number("final_logit_softcapping", default=0.0) or None
    found = _gemma(settings, tensors, block_norms="around", logit_cap=cap)
    window = settings.size("attention.sliding_window", default=4096)
    layers = range(found.decoder_layers)
    return replace(
        found,
        windows=tuple(window if (i + 1) % every else None for i in layers),
        scale_width=float(found.d_model // found.heads if len(layers) == largest else found.d_k),
    )


def _gemma2(settings: Settings, tensors: Tensors) -> Architecture:
    cap = settings.number("attn_logit_softcapping", default=50.0)
    found = _around(settings, tensors, every=2, largest=46)
    return replace(found, score_cap=cap, logit_cap=found.logit_cap or 30.0)


def _gemma3(settings: Settings, tensors: Tensors) -> Architecture:
    """Layers with a window turn by θ = 10,000, whatever the others do."""
    found = _around(settings, tensors, every=6, largest=62)
    base = rounded(settings.number("rope.freq_base_swa", default=10_000.0))
    pairs = zip(found.rotary, found.windows, strict=True)
    local = Rotary(found.d_k, base, "halves")
    return replace(found, qk_norm="head", rotary=tuple(local if window else turned for turned, window in pairs))


def _gpt2(settings: Settings, _tensors: Tensors) -> Architecture:
    common = _common(settings)
    return architecture(
        **common,
        d_k=common["d_model"] // common["heads"],
        position="learned",
        norm_eps=rounded(settings.number("attention.layer_norm_epsilon")),
        activation="gelu_tanh",
        biases=biases(attention=True, network=True),
    )


# --- places


def _places(model: Architecture, **blocks: Places) -> Places:
    """Where parameters are; `attention` and `ffn` where they are not as in most."""
    attention = {
        **linear("self_attention.q", f"{_LAYER}.attn_q"),
        **linear("self_attention.k", f"{_LAYER}.attn_k"),
        **linear("self_attention.v", f"{_LAYER}.attn_v"),
    }
    network = {**linear("ffn.gate", f"{_LAYER}.ffn_gate"), **linear("ffn.up", f"{_LAYER}.ffn_up")}
    return {
        "decoder.embedding_table": table("token_embd.weight"),
        "decoder.position_table": table("position_embd.weight"),
        **in_layers("decoder", model.decoder_layers, {
            **norm("self_attention.norm", f"{_LAYER}.attn_norm"),
            **blocks.get("attention", attention),
            **norm("self_attention.q_norm", f"{_LAYER}.attn_q_norm"),
            **norm("self_attention.k_norm", f"{_LAYER}.attn_k_norm"),
            **linear("self_attention.o", f"{_LAYER}.attn_output"),
            **norm("self_attention.output_norm", f"{_LAYER}.post_attention_norm"),
            **norm("ffn.norm", f"{_LAYER}.ffn_norm"),
            **blocks.get("ffn", network),
            **linear("ffn.2", f"{_LAYER}.ffn_down"),
            **norm("ffn.output_norm", f"{_LAYER}.post_ffw_norm"),
        }),
        **norm("decoder.final_norm", "output_norm"),
        "head.w": matrix("output.weight", "token_embd.weight"),
    }  # fmt: skip


def _llama_places(model: Architecture) -> Places:
    attention = {
        **linear("self_attention.q", f"{_LAYER}.attn_q", Interleaved(model.heads)),
        **linear("self_attention.k", f"{_LAYER}.attn_k", Interleaved(model.kv_heads)),
        **linear("self_attention.v", f"{_LAYER}.attn_v"),
    }
    return _places(model, attention=attention)


def _fused(queries: int, keys: int) -> Places:
    """[q | k | v] in one matrix."""
    length = queries + 2 * keys
    return {
        **linear("self_attention.q", f"{_LAYER}.attn_qkv", Block(0, length)),
        **linear("self_attention.k", f"{_LAYER}.attn_qkv", Block(queries, length)),
        **linear("self_attention.v", f"{_LAYER}.attn_qkv", Block(queries + keys, length)),
    }


def _phi3_places(model: Architecture) -> Places:
    network = {
        **linear("ffn.gate", f"{_LAYER}.ffn_up", Share(0, 2)),
        **linear("ffn.up", f"{_LAYER}.ffn_up", Share(1, 2)),
    }
    return _places(model, attention=_fused(model.heads * model.d_k, model.kv_heads * model.d_k), ffn=network)


def _gpt2_places(model: Architecture) -> Places:
    return _places(model, attention=_fused(model.d_model, model.d_model), ffn=linear("ffn.1", f"{_LAYER}.ffn_up"))


GGUF_FAMILIES: Mapping[str, Family] = {
    family.model_types[0]: family
    for family in (
        Family("Llama", ("llama",), _llama, _llama_places),
        Family("Qwen2", ("qwen2",), _llama, _places),
        Family("Qwen3", ("qwen3",), _qwen3, _places),
        Family("Gemma", ("gemma",), _gemma, _places),
        Family("Gemma 2", ("gemma2",), _gemma2, _places),
        Family("Gemma 3", ("gemma3",), _gemma3, _places),
        Family("GPT-2", ("gpt2",), _gpt2, _gpt2_places),
        Family("Phi-3", ("phi3",), _phi3, _phi3_places),
    )
}
"""Every family, by what `general.architecture` is."""


def family_of_gguf(metadata: Mapping[str, Any], path: Path) -> tuple[Family, Settings]:
    """The family that a GGUF file is of, and its settings. Raises Problem where it is none of these."""
    general = Settings(metadata, path)
    kind = general.text("general.architecture")
    if kind not in GGUF_FAMILIES:
        raise general.refused("general.architecture", ", ".join(GGUF_FAMILIES))
    start = f"{kind}."
    values = {key.removeprefix(start): value for key, value in metadata.items() if key.startswith(start)}
    return GGUF_FAMILIES[kind], Settings(values, path, start)
