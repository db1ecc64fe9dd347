"""The parameters of a model: their names and shapes, and how they are drawn by a seed.

Matrices are stored as they multiply from the right: Q = X·w_q, with w_q of shape (d_model, head·d_k).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from attn_explore.model.axes import Array, Axis, merged, sizes
from attn_explore.model.config import ModelConfig
from attn_explore.model.variants import ACTIVATIONS, NORMS, POSITIONS, SCORES, Axes, NamedAxes

Shapes = dict[str, Axes]


@dataclass(frozen=True)
class StackSizes:
    """What decides the size of a stack's tables: the words that it knows, and the longest text that it reads."""

    vocabulary: Axis
    positions: int


def parameter_axes(config: ModelConfig, stacks: dict[str, StackSizes], predicted: Axis | None = None) -> Shapes:
    """Name and axes of every parameter of the model, in the order in which they are used.

    `config` has its defaults filled in; `stacks` are those that the model has, `predicted` are the classes or the
    vocabulary that its head chooses from.
    """
    d_model = Axis("d_model", config.d_model)
    found: Shapes = {}
    for stack, stack_sizes in stacks.items():
        found.update(_within(stack, _tables(config, stack_sizes, d_model)))
        for i in range(config.encoder_layers if stack == "encoder" else config.decoder_layers):
            for block, parameters in _blocks(config, stack, len(stacks) > 1, d_model):
                found.update(_within(f"{stack}.layers.{i}.{block}", parameters))
        if config.final_norm:
            found.update(_within(stack, _norm(config, "final_norm", d_model)))
    if predicted is not None:
        found.update(_within("head", (("w", (d_model, predicted)), ("b", (predicted,)))))
    return found


def _within(block: str, parameters: Iterable[tuple[str, Axes]]) -> Shapes:
    return {f"{block}.{name}": axes for name, axes in parameters}


def _tables(config: ModelConfig, stack: StackSizes, d_model: Axis) -> NamedAxes:
    yield "embedding_table", (stack.vocabulary, d_model)
    yield from POSITIONS[config.position].parameters(Axis("position", stack.positions), d_model)


def _blocks(config: ModelConfig, stack: str, has_memory: bool, d_model: Axis) -> Iterator[tuple[str, NamedAxes]]:
    """The blocks of a layer, each with its parameters in the order in which they are used."""
    own = {"self_attention": _attention(config, d_model)}
    if stack == "decoder" and has_memory:
        own["cross_attention"] = _attention(config, d_model)
    if config.has_feed_forward:
        own["ffn"] = ACTIVATIONS[config.activation].parameters(d_model, Axis("d_ff", config.d_ff))
    for block, parameters in own.items():
        norm = _norm(config, "norm", d_model)
        yield block, chain(norm, parameters) if config.norm_order == "pre" else chain(parameters, norm)


def _attention(config: ModelConfig, d_model: Axis) -> NamedAxes:
    head, shared = Axis("head", config.heads), Axis("head", config.kv_heads)
    d_k, d_v = Axis("d_k", config.d_k), Axis("d_v", config.d_v)
    for letter, parts in (("q", (head, d_k)), ("k", (shared, d_k)), ("v", (shared, d_v))):
        heads = merged(parts)
        yield f"w_{letter}", (d_model, heads)
        if config.bias:
            yield f"b_{letter}", (heads,)
    yield from SCORES[config.score].parameters(head, d_k)
    if config.output_projection:
        yield "w_o", (merged((head, d_v)), d_model)
        if config.bias:
            yield "b_o", (d_model,)


def _norm(config: ModelConfig, name: str, d_model: Axis) -> NamedAxes:
    yield from ((f"{name}_{ending}", (d_model,)) for ending in NORMS[config.norm_in_use].parameters)


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
