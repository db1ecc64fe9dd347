"""The parameters of a model: their names and shapes, and how they are drawn by a seed.

Matrices are stored as they multiply from the right: Q = X·w_q, with w_q of shape (d_model, head·d_k).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from attn_explore.model.architecture import Architecture
from attn_explore.model.axes import Array, Axis, merged, sizes
from attn_explore.model.dataclass import dataclass
from attn_explore.model.variants import NORMS, POSITIONS, SCORES, Axes, NamedAxes, hidden_units

Shapes = dict[str, Axes]


@dataclass(frozen=True)
class StackSizes:
    """What decides the size of a stack's tables: the words that it knows, and the longest text that it reads."""

    vocabulary: Axis
    positions: int


def parameter_axes(config: Architecture, stacks: dict[str, StackSizes], predicted: Axis | None = None) -> Shapes:
    """Name and axes of every parameter of the model, in the order in which they are used.

    `stacks` are those that the model has, `predicted` are the classes or the vocabulary that its head chooses from.
    """
    d_model, narrow = Axis("d_model", config.d_model), _embedding(config)
    found: Shapes = {}
    for stack, stack_sizes in stacks.items():
        own = config.of(stack)
        found |= _within(stack, _tables(own, stack_sizes))
        for i in range(1 if own.shared_layers else config.layers_of(stack)):
            for block, parameters in _blocks(own, stack, i, has_memory=len(stacks) > 1):
                found |= _within(f"{stack}.layers.{i}.{block}", parameters)
        if own.final_norm:
            found |= _within(stack, _norm(own, "final_norm", d_model))
        if own.projects_output:
            found[f"{stack}.w_output"] = (d_model, narrow)
    if config.pooling == "pooler":
        found |= _within("pooler", (("w", (d_model.renamed("d_in"), d_model)), ("b", (d_model,))))
    return found if predicted is None else found | _within("head", _head(config, predicted))


def is_shared(name: str, config: Architecture) -> bool:
    """Whether a parameter of layer 0 is there once for all layers of its stack."""
    return config.shared_layers or name.endswith(RELATIVE_TABLE)


RELATIVE_TABLE = "self_attention.relative_table"


def _within(block: str, parameters: Iterable[tuple[str, Axes]]) -> Shapes:
    return {f"{block}.{name}": axes for name, axes in parameters}


def _embedding(config: Architecture) -> Axis:
    """The columns of the embedding table."""
    return Axis("d_model" if config.d_embedding is None else "d_embedding", config.embedding_width)


def _tables(config: Architecture, stack: StackSizes) -> NamedAxes:
    embedding, d_model = _embedding(config), Axis("d_model", config.d_model)
    summed = embedding if config.projected_last else d_model
    projection = () if config.d_embedding is None else tuple(_projection(config, embedding, d_model))
    yield "embedding_table", (stack.vocabulary, embedding)
    if not config.projected_last:
        yield from projection
    longest = stack.positions if config.positions is None else config.positions
    yield from POSITIONS[config.position].parameters(Axis("position", config.position_offset + longest), summed)
    if config.segments:
        yield "segment_table", (Axis("segment", config.segments), summed)
    if config.embedding_norm:
        yield from _norm(config, "input_norm", summed)
    if config.projected_last:
        yield from projection


def _projection(config: Architecture, embedding: Axis, d_model: Axis) -> NamedAxes:
    yield "w_embedding", (embedding, d_model)
    if config.has_bias("b_embedding"):
        yield "b_embedding", (d_model,)


def _blocks(config: Architecture, stack: str, layer: int, *, has_memory: bool) -> Iterator[tuple[str, NamedAxes]]:
    """The blocks of a layer, each with its parameters in the order in which they are used."""
    d_model = Axis("d_model", config.d_model)
    own = {"self_attention": _attention(config, d_model, layer)}
    if stack == "decoder" and has_memory:
        own["cross_attention"] = _attention(config, d_model)
    if config.has_feed_forward:
        own["ffn"] = _feed_forward(config, d_model)
    for block, parameters in own.items():
        before, after = ([_norm(config, name, d_model) for name in names] for names in _norms(config, block))
        yield block, chain(*before, parameters, *after)


def _norms(config: Architecture, block: str) -> tuple[list[str], list[str]]:
    """The norms before a block, and those after it."""
    if config.parallel != "no":
        return ["norm"] * (block == "self_attention" or config.parallel == "two_norms"), []
    if config.block_norms != "one":
        return ["norm"] * (config.block_norms == "around"), ["output_norm"]
    return (["norm"], []) if config.norm_order == "pre" else ([], ["norm"])


def _attention(config: Architecture, d_model: Axis, layer: int | None = None) -> NamedAxes:
    """The parameters of attention, to the text itself in a `layer`, or to another one."""
    head, shared = Axis("head", config.heads), Axis("head", config.kv_heads)
    d_k, d_v = Axis("d_k", config.d_k), Axis("d_v", config.d_v)
    sides = {"q": merged((head, d_k)), "k": merged((shared, d_k)), "v": merged((shared, d_v))}
    for letter, heads in sides.items():
        yield from _matrix(config, letter, d_model, heads)
    if layer is not None and config.qk_norm != "none":
        for letter in "qk":
            yield from _norm(config, f"{letter}_norm", d_k if config.qk_norm == "head" else sides[letter])
    yield from SCORES[config.score].parameters(head, d_k)
    if layer == 0 and config.relative is not None:
        yield "relative_table", (Axis("bucket", config.relative.buckets), head)
    if config.output_projection:
        yield from _matrix(config, "o", merged((head, d_v)), d_model)


def _matrix(config: Architecture, letter: str, rows: Axis, columns: Axis) -> NamedAxes:
    yield f"w_{letter}", (rows, columns)
    if config.has_bias(f"b_{letter}"):
        yield f"b_{letter}", (columns,)


def _feed_forward(config: Architecture, d_model: Axis) -> NamedAxes:
    every = hidden_units(config).parameters(d_model, Axis("d_ff", config.d_ff))
    return ((name, axes) for name, axes in every if name.startswith("w_") or config.has_bias(name))


def _norm(config: Architecture, name: str, axis: Axis) -> NamedAxes:
    yield from ((f"{name}_{ending}", (axis,)) for ending in NORMS[config.norm_in_use].parameters)


def _head(config: Architecture, predicted: Axis) -> NamedAxes:
    d_model, width = Axis("d_model", config.d_model), Axis("d_model", config.d_model)
    if config.head_hidden is not None or config.projects_output:
        width = _embedding(config)
    if config.head_hidden is not None:
        yield from (("w_hidden", (d_model.renamed("d_in"), width)), ("b_hidden", (width,)))
        yield from _norm(config, "norm", width)
    yield "w", (width, predicted)
    if config.has_bias("head.b"):
        yield "b", (predicted,)


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
