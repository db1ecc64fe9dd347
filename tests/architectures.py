"""Small models of the kinds that real checkpoints have: one for each choice that a family makes, and several in one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from attn_explore.model.architecture import (
    Architecture,
    EachScaling,
    LinearScaling,
    Llama3Scaling,
    RelativePositions,
    Rotary,
)
from attn_explore.model.axes import Array
from attn_explore.model.config import filled
from attn_explore.model.trace import Trace
from tests.building import ran, random_parameters

ATTENTION_BIASES = frozenset({"b_q", "b_k", "b_v", "b_o"})
NETWORK_BIASES = frozenset({"b_1", "b_2"})


def decoder(**choices: Any) -> Architecture:
    """A decoder with two layers and a head for the next token."""
    small: dict[str, Any] = {
        "kind": "decoder", "d_model": 6, "heads": 2, "d_k": 4, "d_ff": 5, "layers": 2, "norm_order": "pre",
        "head": "vocabulary", "position": "none",
    }  # fmt: skip
    return filled_in(Architecture(**(small | choices)))


def encoder(**choices: Any) -> Architecture:
    """A post-norm encoder with two layers and biases."""
    small: dict[str, Any] = {
        "kind": "encoder", "d_model": 6, "heads": 2, "d_k": 3, "d_ff": 5, "layers": 2, "norm_eps": 1e-12, "bias": True,
        "activation": "gelu", "position": "learned", "segments": 2, "embedding_norm": True,
    }  # fmt: skip
    return filled_in(Architecture(**(small | choices)))


def both(**choices: Any) -> Architecture:
    """An encoder and a decoder that reads it."""
    return decoder(**({"kind": "encoder-decoder"} | choices))


def like_llama(**choices: Any) -> Architecture:
    """A decoder with RMSNorm, rotary positions in halves, gates, grouped queries and no biases."""
    small: dict[str, Any] = {
        "norm": "rms", "position": "rotary", "rotary": (Rotary(4, pairs="halves"),) * 2, "activation": "silu",
        "gated": True, "biases": frozenset(), "heads": 4, "kv_heads": 2,
    }  # fmt: skip
    return decoder(**(small | choices))


def filled_in(model: Architecture) -> Architecture:
    """The model with its defaults put in place."""
    found = filled(model)
    assert isinstance(found, Architecture)
    return found


MODELS: Mapping[str, Architecture] = {
    "gpt2": decoder(position="learned", bias=True, activation="gelu_tanh", biases=ATTENTION_BIASES | NETWORK_BIASES),
    "gpt2-scaled-by-layer": decoder(position="learned", scaled_by_layer=True),
    "gpt-neo": decoder(position="learned", score="dot", windows=(None, 2), biases=NETWORK_BIASES | {"b_o"}),
    "gpt-j": decoder(
        position="rotary", rotary=(Rotary(2),) * 2, parallel="one_norm", biases=NETWORK_BIASES | {"head.b"}
    ),
    "gpt-neox": decoder(position="rotary", rotary=(Rotary(2, pairs="halves"),) * 2, parallel="two_norms", bias=True),
    "opt": decoder(position="learned", position_offset=2, counting="words_alone", positions=7, bias=True),
    "opt-350m": decoder(
        position="learned", position_offset=2, norm_order="post", d_embedding=3, projects_output=True, bias=True
    ),
    "bloom": decoder(position="alibi", alibi_by_key=True, embedding_norm=True, heads=3, bias=True),
    "llama": like_llama(),
    "llama-linear": like_llama(rotary=(Rotary(4, pairs="halves", scaling=LinearScaling(4.0)),) * 2),
    "llama-3": like_llama(rotary=(Rotary(4, 50.0, "halves", Llama3Scaling(8.0, 1.0, 4.0, 64)),) * 2),
    "llama-in-gguf": like_llama(rotary=(Rotary(4, scaling=EachScaling((1.0, 8.0))),) * 2),
    "llama-biased": like_llama(biases=ATTENTION_BIASES | {"b_gate", "b_up", "b_2"}),
    "mistral": like_llama(windows=(2, 2)),
    "qwen3": like_llama(qk_norm="head"),
    "smollm3": like_llama(rotary=(Rotary(4, pairs="halves"), None)),
    "gemma2": like_llama(
        activation="gelu_tanh", embedding_scale=math.sqrt(6), gain_plus_one=True, block_norms="around", scale_width=9.0,
        score_cap=2.0, logit_cap=3.0, windows=(2, None),
    ),
    "gemma3": like_llama(
        activation="gelu_tanh", embedding_scale=2.4375, gain_plus_one=True, block_norms="around", qk_norm="head",
        windows=(2, None), rotary=(Rotary(4, pairs="halves"), Rotary(4, 1e6, "halves")),
    ),
    "olmo2": like_llama(block_norms="after", qk_norm="all"),
    "normed-before-heads": decoder(position="rotary", qk_norm="all"),
    "gated-by-relu": like_llama(activation="relu"),
    "gated-by-gelu": like_llama(activation="gelu"),
    "bert": encoder(head="vocabulary", head_hidden="gelu", counting="every_token"),
    "bert-pooler": encoder(pooling="pooler"),
    "minilm": encoder(pooling="mean", unit_length=True),
    "first-token": encoder(pooling="first", unit_length=True),
    "roberta": encoder(
        head="vocabulary", head_hidden="gelu", segments=1, position_offset=2, counting="words_alone"
    ),
    "albert": encoder(
        head="vocabulary", head_hidden="gelu_tanh", activation="gelu_tanh", d_embedding=3, projected_last=True,
        shared_layers=True, biases=ATTENTION_BIASES | NETWORK_BIASES | {"b_embedding", "head.b"},
    ),
    "marian": both(
        position="sinusoidal", waves="halves", counting="every_token", embedding_scale=math.sqrt(6),
        norm_order="post", bias=True, activation="silu",
    ),
    "bart": replace(
        both(position="learned", position_offset=2, embedding_norm=True, norm_order="post", bias=True),
        decoder=both(
            position="learned", position_offset=2, embedding_norm=True, norm_order="post", bias=True, heads=3, d_ff=4
        ),
    ),
    "m2m100": both(
        position="sinusoidal", waves="fairseq", counting="words_alone", position_offset=2,
        embedding_scale=math.sqrt(6), bias=True,
    ),
    "t5": both(
        norm="rms", score="dot", relative=RelativePositions(8, 10), output_scale=1 / math.sqrt(6), biases=frozenset()
    ),
    "t5-gated": both(
        norm="rms", score="dot", relative=RelativePositions(8, 10), activation="gelu_tanh", gated=True,
        biases=frozenset(), heads=3,
    ),
}  # fmt: skip
"""By the family that is like it, or by what it is there for."""

IDS = [1, 0, 2, 1]
VOCABULARY = 3


def run_of(
    model: Architecture,
    parameters: Mapping[str, Array],
    pad: tuple[bool, ...] | None = None,
    ids: Sequence[int] = IDS,
) -> Trace:
    """The trace of a model that reads a text; a decoder that reads an encoder reads three tokens itself."""
    if model.kind == "decoder":
        return ran(model, parameters, None, list(ids), target_pad=pad)
    return ran(model, parameters, list(ids), IDS[:3] if model.has_decoder else None, pad=pad)


def some_run(model: Architecture, seed: int = 0, pad: tuple[bool, ...] | None = None) -> Trace:
    """The same with parameters at random."""
    return run_of(model, random_parameters(model, VOCABULARY, seed), pad)
