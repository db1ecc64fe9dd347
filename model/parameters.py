"""The parameters of a model: their names and shapes, and how they are drawn by a seed.

Matrices are stored as they multiply from the right: Q = X·w_q, with w_q of shape (d_model, head·d_k).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from model.axes import Array, Axis, merged, sizes
from model.config import ModelConfig
from model.transformer import has_final_norm

Axes = tuple[Axis, ...]
Shapes = dict[str, Axes]


def parameter_axes(config: ModelConfig, vocabulary: Axis) -> Shapes:
    """Name and axes of every parameter of the model, in the order in which they are used.

    `config` has its defaults filled in; `vocabulary` are the words that have an embedding.
    """
    d_model = Axis("d_model", config.d_model)
    found: Shapes = {"encoder.embedding_table": (vocabulary, d_model)}
    for i in range(config.encoder_layers):
        for block, parameters in _blocks(config, d_model):
            found.update(_within(f"encoder.layers.{i}.{block}", parameters))
    if has_final_norm(config):
        found.update(_within("encoder", _norm("final_norm", d_model)))
    return found


def _within(block: str, parameters: Iterable[tuple[str, Axes]]) -> Shapes:
    return {f"{block}.{name}": axes for name, axes in parameters}


def _blocks(config: ModelConfig, d_model: Axis) -> Iterator[tuple[str, Iterable[tuple[str, Axes]]]]:
    if config.kind == "attention":
        yield "self_attention", _attention(config, d_model)
        return
    for block, own in (("self_attention", _attention(config, d_model)), ("ffn", _feed_forward(config, d_model))):
        norm = _norm("norm", d_model)
        yield block, chain(norm, own) if config.norm_order == "pre" else chain(own, norm)


def _attention(config: ModelConfig, d_model: Axis) -> Iterator[tuple[str, Axes]]:
    head, d_k, d_v = Axis("head", config.heads), Axis("d_k", config.d_k), Axis("d_v", config.d_v)
    for letter, width in (("q", d_k), ("k", d_k), ("v", d_v)):
        heads = merged((head, width))
        yield f"w_{letter}", (d_model, heads)
        if config.bias:
            yield f"b_{letter}", (heads,)
    if config.output_projection:
        yield "w_o", (merged((head, d_v)), d_model)
        if config.bias:
            yield "b_o", (d_model,)


def _feed_forward(config: ModelConfig, d_model: Axis) -> Iterator[tuple[str, Axes]]:
    d_ff = Axis("d_ff", config.d_ff)
    yield from (("w_1", (d_model, d_ff)), ("b_1", (d_ff,)), ("w_2", (d_ff, d_model)), ("b_2", (d_model,)))


def _norm(name: str, d_model: Axis) -> Iterator[tuple[str, Axes]]:
    yield f"{name}_gain", (d_model,)
    yield f"{name}_bias", (d_model,)


def draw(name: str, axes: Axes, seed: int, scale: float) -> Array:
    """A parameter drawn by `seed`: uniform with mean 0 and standard deviation `scale`; gains are 1, norms' biases 0.

    The stream depends on the seed and the parameter's name alone, so a model with one more parameter has the others
    unchanged. Only exact operations are used: the same bits on every machine. Returns float64 in the shape of `axes`.
    """
    if name.endswith("norm_gain"):
        return np.ones(sizes(axes))
    if name.endswith("norm_bias"):
        return np.zeros(sizes(axes))
    stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=tuple(name.encode()))))
    return (2 * stream.random(sizes(axes)) - 1) * (scale * math.sqrt(3))
