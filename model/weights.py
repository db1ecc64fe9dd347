"""The numbers of a scenario's parameters: drawn by its seed or read from its file, then set by hand.

Names and shapes are checked in full before anything runs, and everything that does not fit is reported at once.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from attn_explore.model.axes import Array, Axis, sizes
from attn_explore.model.checkpoints import torch_transformer
from attn_explore.model.checkpoints.torch_transformer import Layout, Piece, Stored
from attn_explore.model.config import Matrix, ModelConfig
from attn_explore.model.files.safetensors import (
    TensorFile,
    described,
    first_rows,
    is_too_short,
    serves,
    shape_text,
    tensor_file,
    tensors_in,
)
from attn_explore.model.naming import bracketed
from attn_explore.model.parameters import Shapes, draw
from attn_explore.model.problems import Fault, Problem, nearest, raise_any
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.source import KeyPath
from attn_explore.model.sources import Numbers

FILE = ("model", "weights", "file")
"""Where a scenario names its weights file."""

TRAINING = "training."
"""Tensors of a weights file that begin with this tell how it was trained, and are no parameters."""

TABLES = {"vectors": "encoder", "target_vectors": "decoder"}
"""The stack whose embedding table is given by each kind of vectors; in a decoder that stands alone both are its own."""


def weights_file(scenario: Scenario, limit: int, allowed: Sequence[Path] = ()) -> TensorFile | None:
    """The scenario's weights file, read; None where it names none.

    `limit` bounds its bytes; `allowed` are folders outside the scenario's own that it may lie in. Raises Problem when
    it cannot be read.
    """
    file = scenario.model.weights.file
    return None if file is None else tensor_file(scenario.read_file(FILE, limit, allowed), file)


def parameters(scenario: Scenario, shapes: Shapes, file: TensorFile | None) -> dict[str, Array]:
    """Every parameter of `shapes` as an array of the model's dtype; `file` is the scenario's weights file, if any.

    Raises Problem with all that does not fit.
    """
    with np.errstate(all="ignore"):  # what is too large for float32 is shown as ∞ where it appears
        numbers = _numbers(scenario, shapes, file)
        found = {name: np.asarray(array, scenario.model.dtype) for name, array in numbers}
    return {name: found[name] for name in shapes}


def _numbers(scenario: Scenario, shapes: Shapes, file: TensorFile | None) -> Iterator[tuple[str, Array]]:
    """The parameters one at a time, so that no two of those that are drawn or read are in memory as float64."""
    said = dict(_by_hand(scenario, shapes))
    yield from said.items()
    rest = {name: axes for name, axes in shapes.items() if name not in said}
    if file is None:
        weights = scenario.model.weights
        yield from ((name, draw(name, axes, weights.seed, weights.scale)) for name, axes in rest.items())
    elif layout := torch_transformer.layout_of(file.header.tensors, stacks_of(scenario.model)):
        yield from _from_torch(file, layout, shapes, said)
    else:
        training = {name for name in file.header.tensors if name.startswith(TRAINING)}
        yield from tensors_in(file, rest, {*said, *training})


def by_hand(scenario: Scenario, shapes: Shapes) -> dict[str, Array]:
    """The parameters that the scenario writes out, of the model's dtype. Raises Problem for those that don't fit."""
    return {name: np.asarray(array, scenario.model.dtype) for name, array in _by_hand(scenario, shapes)}


def _by_hand(scenario: Scenario, shapes: Shapes) -> Iterator[tuple[str, Array]]:
    """The parameters that the scenario writes out: `weights.set`, and `input.vectors` as the embedding table."""
    raise_any(fault for name in scenario.model.weights.set if (fault := _misfit(scenario, name, shapes)))
    for name, rows in scenario.model.weights.set.items():
        yield name, first_rows(np.array(rows, np.float64), shapes[name])
    for table, (_, rows) in vector_tables(scenario).items():
        padding = shapes[table][0].size - len(rows)
        yield table, np.pad(np.array(rows, np.float64), ((0, padding), (0, 0)))


def vector_tables(scenario: Scenario) -> dict[str, tuple[str, Matrix]]:
    """The embedding tables that the scenario gives as vectors: by which key of `input`, and the rows."""
    found: dict[str, tuple[str, Matrix]] = {}
    for key, stack in TABLES.items():
        rows = getattr(scenario.input, key)
        if rows is not None:
            table = f"{stack if scenario.model.has_encoder else 'decoder'}.embedding_table"
            found[table] = (key, found[table][1] + rows if table in found else rows)
    return found


def _misfit(scenario: Scenario, name: str, shapes: Shapes) -> Fault | None:
    place = ("model", "weights", "set", name)
    if name in (tables := vector_tables(scenario)):
        what = f"`input.{tables[name][0]}` are the rows of this table already"
        return scenario.problem_at(place, what, "leave one of the two out", at_key=True)
    if name not in shapes:
        return partial(_unknown, scenario, place, name, shapes)
    found, wanted = np.shape(scenario.model.weights.set[name]), sizes(shapes[name])
    if serves(found, shapes[name]):
        return None
    if is_too_short(found, shapes[name]):
        what = f"{name} has {found[0]} rows, and the text has {wanted[0]} positions"
        return scenario.problem_at(place, what, f"it must be {described(shapes[name])}, or longer")
    return scenario.problem_at(
        place, f"{name} has the shape {shape_text(found)}", f"it must be {described(shapes[name])}"
    )


def _unknown(scenario: Scenario, place: KeyPath, name: str, shapes: Shapes) -> Problem:
    hint = _did_you_mean(name, shapes)
    return scenario.problem_at(place, "this model has no such parameter", hint, at_key=True)


def _did_you_mean(name: str, shapes: Shapes) -> str:
    near = nearest(name, shapes)
    return f"did you mean {near}?" if near else f"its parameters are {', '.join(list(shapes)[:8])}, …"


# --- files of torch.nn.Transformer


class Found(NamedTuple):
    """What a weights file decides: the model, and what has to be said of that."""

    model: ModelConfig
    notes: tuple[str, ...]


def fitted(scenario: Scenario, file: TensorFile | None) -> Found:
    """The scenario's model, with a final norm where its weights file has one and the scenario does not say.

    Raises Problem where the file holds a model of another kind.
    """
    model = scenario.model
    if file is None:
        return Found(model, ())
    tensors = file.header.tensors
    layout = torch_transformer.layout_of(tensors, stacks_of(model))
    if layout is not None and layout.reads_memory:
        held = f"{file.name} holds a decoder that attends to the output of an encoder"
        raise scenario.problem_at(FILE, f"{held}, and kind {model.kind} has one stack", "take kind encoder-decoder")
    piece = torch_transformer.piece_in(tensors) if layout is None else None
    if piece is not None:
        what = f"{file.name} holds one {piece.module}, not a whole stack of layers"
        raise scenario.problem_at(FILE, what, _in_a_stack(piece))
    notes = [] if layout is None else _notes_of(file.name, layout, tensors)
    has_norm = _has_final_norm(tensors) if layout is None else layout.has_final_norm(tensors)
    if has_norm and not model.final_norm and not scenario.source.holds(("model", "final_norm")):
        notes.append(f"{file.name} has a norm at the end of each stack, so `final_norm` is true")
        model = replace(model, final_norm=True)
    return Found(model, tuple(notes))


def stacks_of(model: ModelConfig) -> list[str]:
    """The stacks that a model has."""
    return ["encoder"] * model.has_encoder + ["decoder"] * model.has_decoder


def _notes_of(file: str, layout: Layout, tensors: Collection[str]) -> list[str]:
    notes = [f"{file} holds the parameters of a {torch_transformer.NAME}; they are shown under their names here"]
    notes += [f"{file}: {note}" for note in layout.notes]
    if not layout.has_biases(tensors):
        notes.append(f"{file} has no biases, so they are 0 here")
    return notes


def _in_a_stack(piece: Piece) -> str:
    there = f"in place of `{piece.start}`" if piece.start else "before each of its names"
    return f"save it with `{piece.wanted}` {there}, and give what it reads as `input.vectors`"


def _has_final_norm(names: Container[str]) -> bool:
    return any(f"{stack}.final_norm_gain" in names for stack in ("encoder", "decoder"))


def _from_torch(
    file: TensorFile, layout: Layout, shapes: Shapes, by_hand: Container[str]
) -> Iterator[tuple[str, Array]]:
    """The parameters of `shapes` that are not given by hand, from the state dict of a torch.nn.Transformer."""
    tensors = file.header.tensors
    places = {name: layout.stored(name, tensors) for name in shapes}
    needed = {place.tensor: place for name, place in places.items() if name not in by_hand}
    unused = {place.tensor for place in places.values()} - set(needed)
    if not layout.has_biases(tensors):
        absent = [part for place in needed.values() if place.is_bias for part in place.parts]
        yield from ((part, np.zeros(sizes(shapes[part]))) for part in absent if part not in by_hand)
        needed = {tensor: place for tensor, place in needed.items() if not place.is_bias}
    stored_shapes = {tensor: _stored_axes(place, shapes) for tensor, place in needed.items()}
    for tensor, array in tensors_in(file, stored_shapes, unused):
        parts = needed[tensor].parts
        if not needed[tensor].is_theirs:
            yield parts[0], array
            continue
        ends = np.cumsum([shapes[part][-1].size for part in parts])
        for part, rows in zip(parts, np.split(array, ends[:-1]), strict=True):
            if part not in by_hand:
                yield part, rows.T


def _stored_axes(place: Stored, shapes: Shapes) -> tuple[Axis, ...]:
    """The axes of a tensor in the file: ours, or those of our parameters below each other, transposed."""
    first = shapes[place.parts[0]]
    if not place.is_theirs:
        return first
    return (Axis(first[-1].name, sum(shapes[part][-1].size for part in place.parts)), *first[:-1])


# --- numbers that are none


def not_finite(scenario: Scenario, given: Mapping[str, Numbers], shapes: Shapes) -> tuple[str, ...]:
    """What has to be said of numbers that are none, in the parameters that a file gives: the first, and how many.

    Those that a scenario writes out are refused where they are read; what is stored is not read for this.
    """
    file = scenario.model.weights.file
    found = {name: array for name, array in given.items() if isinstance(array, np.ndarray)} if file else {}
    counts = {name: int(array.size - np.isfinite(array).sum()) for name, array in found.items()}
    name = next((name for name, count in counts.items() if count), None)
    if name is None:
        return ()
    index = tuple(map(int, np.argwhere(~np.isfinite(found[name]))[0]))
    what = "NaN" if np.isnan(found[name][index]) else "infinite"
    more = sum(counts.values()) - 1
    others = f", and {more} more of its numbers are not finite" if more else ""
    return (f"{file}: {name}{bracketed(shapes[name], index)} is {what}{others}",)
