"""T5, T5 1.1 (Flan): a learned bias by distance instead of positions, scores that are not scaled, no biases.

Old files of T5 1.1 say `tie_word_embeddings: false` and mean that the output is not scaled; transformers 5 writes
`scale_decoder_outputs` instead. Whether the head has a matrix of its own is seen in the file.
"""

from __future__ import annotations

import math

from attn_explore.model.architecture import Architecture, RelativePositions
from attn_explore.model.checkpoints.families.family import Family, Tensors
from attn_explore.model.checkpoints.families.understood import ACTIVATIONS, architecture, biases, head
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.tables import Places, in_layers, joined, linear, matrix, norm, table
from attn_explore.model.config import Activation

_ATTENTION = {"self_attention": (0, "SelfAttention"), "cross_attention": (1, "EncDecAttention")}


def _architecture(settings: Settings, _tensors: Tensors) -> Architecture:
    settings.raw("n_positions")  # how long the texts were that it learned from
    d_model, layers = settings.size("d_model"), settings.count("num_layers")
    bends, is_gated = _network(settings)
    is_tied = settings.flag("tie_word_embeddings", default=True)
    is_scaled = settings.flag("scale_decoder_outputs", default=is_tied)
    buckets = settings.size("relative_attention_num_buckets", default=32)
    return architecture(
        kind="encoder-decoder",
        d_model=d_model,
        heads=settings.size("num_heads"),
        d_k=settings.size("d_kv"),
        encoder_layers=layers,
        decoder_layers=settings.count("num_decoder_layers", default=layers),
        d_ff=settings.size("d_ff"),
        score="dot",
        position="none",
        relative=RelativePositions(buckets, settings.size("relative_attention_max_distance", default=128)),
        norm="rms",
        norm_order="pre",
        norm_eps=settings.number("layer_norm_epsilon", default=1e-6),
        activation=bends,
        gated=is_gated,
        biases=biases(),
        output_scale=1 / math.sqrt(d_model) if is_scaled else None,
        head=head(settings),
    )


def _network(settings: Settings) -> tuple[Activation, bool]:
    """The activation, and whether it bends a gate: `gated-gelu` means the tanh form."""
    settings.raw("dense_act_fn")  # the same, taken apart
    settings.raw("is_gated_act")
    said = settings.text("feed_forward_proj", default="relu")
    gate, _, name = said.rpartition("-")
    name = "gelu_new" if said == "gated-gelu" else name
    if gate not in ("", "gated") or name not in ACTIVATIONS:
        raise settings.refused("feed_forward_proj", "relu, gated-gelu, gated-silu")
    return ACTIVATIONS[name], gate == "gated"


def _places(model: Architecture) -> Places:
    return {
        **_stack("encoder", model.encoder_layers, ("self_attention",)),
        **_stack("decoder", model.decoder_layers, ("self_attention", "cross_attention")),
        "head.w": matrix("lm_head.weight", "decoder.embed_tokens.weight", "shared.weight"),
    }


def _stack(stack: str, layers: int, blocks: tuple[str, ...]) -> Places:
    """The blocks of a layer are numbered in the file: attention first, then the network."""
    last = f"{stack}.block.{{i}}.layer.{len(blocks)}"
    distances = f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
    return {
        f"{stack}.embedding_table": table(f"{stack}.embed_tokens.weight", "shared.weight"),
        f"{stack}.layers.0.self_attention.relative_table": table(distances),
        **in_layers(stack, layers, {
            **joined(_attention(stack, block) for block in blocks),
            **norm("ffn.norm", f"{last}.layer_norm"),
            **linear("ffn.1", f"{last}.DenseReluDense.wi"),
            **linear("ffn.gate", f"{last}.DenseReluDense.wi_0"),
            **linear("ffn.up", f"{last}.DenseReluDense.wi_1"),
            **linear("ffn.2", f"{last}.DenseReluDense.wo"),
        }),
        **norm(f"{stack}.final_norm", f"{stack}.final_layer_norm"),
    }  # fmt: skip


def _attention(stack: str, block: str) -> Places:
    place, name = _ATTENTION[block]
    layer = f"{stack}.block.{{i}}.layer.{place}"
    return {
        **norm(f"{block}.norm", f"{layer}.layer_norm"),
        **linear(f"{block}.q", f"{layer}.{name}.q"),
        **linear(f"{block}.k", f"{layer}.{name}.k"),
        **linear(f"{block}.v", f"{layer}.{name}.v"),
        **linear(f"{block}.o", f"{layer}.{name}.o"),
    }


FAMILY = Family("T5", ("t5",), _architecture, _places)
