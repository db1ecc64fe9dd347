"""Small things to test with: tensors with named axes, and models whose parameters are all at random."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import strategies as st

from attn_explore.model.architecture import Architecture, architecture_of
from attn_explore.model.axes import Array, Axis, sizes
from attn_explore.model.config import Activation, ModelConfig, Norm, Position, Score, Weighting, filled
from attn_explore.model.files.positioned import PositionedFile
from attn_explore.model.keeping import Keeper
from attn_explore.model.layers import Visibility
from attn_explore.model.parameters import StackSizes, parameter_axes
from attn_explore.model.recorder import Recorder
from attn_explore.model.trace import Trace
from attn_explore.model.transformer import StackTokens, decode, encode, logits, text_vector
from attn_explore.model.values import Tensor, Value

SEEDS = st.integers(0, 2**32 - 1)


def tensor(axes: str, array: Array, path: str = "a") -> Value:
    """A leaf with the axes named in `axes` and the numbers of `array`."""
    named = tuple(Axis(name, size) for name, size in zip(axes.split(), array.shape, strict=True))
    return Value(path, named, array.dtype, held=array)


@dataclass
class InFile:
    """A source that stands for a file: it has the numbers, and counts how many rows were read of it."""

    array: Array
    identity: Hashable = "a file"
    rows_read: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def read(self, _room: Array | None = None) -> Array:
        return self.rows(0, len(self.array))

    def rows(self, start: int, stop: int) -> Array:
        self.rows_read += stop - start
        return self.array[start:stop].copy()

    def columns(self, start: int, stop: int) -> Array:
        return self.array[..., start:stop].copy()

    def describe(self) -> dict[str, object]:
        return {"file": str(self.identity)}


def bytes_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each reading of a file takes, from now on."""
    lengths: list[int] = []
    read, read_into = PositionedFile.read, PositionedFile.read_into
    monkeypatch.setattr(PositionedFile, "read", lambda file, at, n: lengths.append(n) or read(file, at, n))
    monkeypatch.setattr(
        PositionedFile, "read_into", lambda file, at, memory: lengths.append(len(memory)) or read_into(file, at, memory)
    )
    return lengths


def recorder(dtype: str = "float64", keeper: Keeper | None = None) -> Recorder:
    """A recorder on an empty trace."""
    return Recorder(Trace(np.dtype(dtype), keeper=keeper))


def stacks_of(config: ModelConfig, vocabulary: int, positions: int) -> dict[str, StackSizes]:
    """Every stack of the model, each knowing `vocabulary` words at up to `positions` places."""
    sizes_of_each = StackSizes(Axis("vocabulary", vocabulary), positions)
    exists = {"encoder": config.has_encoder, "decoder": config.has_decoder}
    return {stack: sizes_of_each for stack, there in exists.items() if there}


def predicted_by(config: ModelConfig, vocabulary: int) -> Axis | None:
    """What the head chooses from."""
    if config.head == "none":
        return None
    return Axis("vocabulary", vocabulary) if config.head == "vocabulary" else Axis("class", len(config.classes))


def random_parameters(config: ModelConfig, vocabulary: int, seed: int, positions: int = 6) -> dict[str, Array]:
    """Every parameter from a normal distribution, gains and biases of norms too."""
    rng = np.random.default_rng(seed)
    shapes = parameter_axes(
        architecture_of(config), stacks_of(config, vocabulary, positions), predicted_by(config, vocabulary)
    )
    return {name: rng.normal(0, 0.7, sizes(axes)).astype(config.dtype) for name, axes in shapes.items()}


def ran(
    config: ModelConfig,
    parameters: Mapping[str, Array],
    source: list[int] | None,
    target: list[int] | None = None,
    *,
    pad: tuple[bool, ...] | None = None,
    target_pad: tuple[bool, ...] | None = None,
    causal: bool = False,
    target_causal: bool = True,
    keeper: Keeper | None = None,
) -> Trace:
    """The trace of a model of any kind with these parameters on these tokens; a decoder alone reads the target.

    With a keeper, the parameters are stored in a file.
    """
    config = architecture_of(config)
    trace = Trace(np.dtype(config.dtype), keeper=keeper)
    tables = {
        name: len(array) for name, array in parameters.items() if name.endswith(("embedding_table", "position_table"))
    }
    vocabulary = next(size for name, size in tables.items() if name.endswith("embedding_table"))
    rows = next((size for name, size in tables.items() if name.endswith("position_table")), 1)
    positions = rows - config.position_offset
    axes = parameter_axes(config, stacks_of(config, vocabulary, positions), predicted_by(config, vocabulary))
    for name, own in axes.items():
        trace.add_parameter(name, own, InFile(parameters[name], name) if keeper else parameters[name])
    t = Recorder(trace)
    memory: tuple[Tensor, Visibility] | None = None
    if source is not None:
        text = _given(trace, "", source, pad, config)
        x = encode(t.inside("encoder"), text, _visibility(config, text, causal), config)
        memory = x, Visibility(text.tokens, text.tokens, text.pad)
    if target is not None:
        fed = _given(trace, "decoder.", target, target_pad, config)
        seen = None if memory is None else (memory[0], replace(memory[1], queries=fed.tokens))
        x = decode(t.inside("decoder"), fed, _visibility(config, fed, target_causal), config, seen)
        text = fed
    text_vector(t, x, text, config)
    scores = logits(t, x, text, config)
    if scores is not None:
        t.softmax("probabilities", scores, over=scores.names[-1])
    return trace


def _given(
    trace: Trace, prefix: str, ids: list[int], pad: tuple[bool, ...] | None, config: Architecture
) -> StackTokens:
    axes = (Axis("token", len(ids)),)

    def give(name: str, numbers: Sequence[int]) -> Value:
        return trace.give(f"{prefix}{name}", axes, np.array(numbers, np.int64))

    tokens, padding = give("tokens", ids), None if pad is None else give("pad", pad)
    segments = give("segments", [0] * len(ids)) if config.segments else None
    return StackTokens(tokens, padding, hides_pad=pad is not None, segments=segments)


def _visibility(config: ModelConfig, text: StackTokens, causal: bool) -> Visibility:
    return Visibility(text.tokens, text.tokens, text.pad, causal, config.attention_span)


def encoded(
    config: ModelConfig,
    parameters: Mapping[str, Array],
    ids: list[int],
    pad: tuple[bool, ...] | None = None,
    causal: bool = False,
    keeper: Keeper | None = None,
) -> Trace:
    """The trace of an encoder with these parameters on these tokens."""
    return ran(config, parameters, ids, pad=pad, causal=causal, keeper=keeper)


def last(trace: Trace) -> Array:
    """The numbers of the last step."""
    return list(trace.steps.values())[-1].array


@st.composite
def configs(draw: st.DrawFn, /, **fixed: object) -> ModelConfig:
    """A model of any size and any choice that there is, small; `fixed` keys are not drawn."""
    small = st.integers(1, 4)
    kind = fixed.get("kind") or draw(st.sampled_from(["encoder", "attention"]))
    heads = draw(st.sampled_from([1, 2, 3, 4]))
    chosen: dict[str, Any] = {
        "kind": kind,
        "heads": heads,
        "kv_heads": draw(st.sampled_from([count for count in (1, 2, 3, 4) if heads % count == 0])),
        "d_k": draw(small),
        "d_v": draw(small),
        "d_model": draw(st.integers(2, 6)),
        "d_ff": draw(st.integers(1, 5)),
        "layers": draw(st.integers(1, 2)),
        "score": draw(st.sampled_from(get_args(Score))),
        "weighting": draw(st.sampled_from(get_args(Weighting))),
        "temperature": draw(st.sampled_from([1.0, 0.5, 3.0])),
        "position": draw(st.sampled_from(get_args(Position))),
        "norm": draw(st.sampled_from(get_args(Norm))),
        "norm_order": draw(st.sampled_from(["post", "pre"])),
        "norm_eps": draw(st.sampled_from([1e-5, 1e-3])),
        "activation": draw(st.sampled_from(get_args(Activation))),
        "residual": kind != "attention" and draw(st.booleans()),
        "bias": draw(st.booleans()),
        "attention_span": draw(st.sampled_from([None, None, 1, 2])),
        "output_projection": draw(st.booleans()),
    } | fixed
    if chosen["position"] == "rotary":
        chosen["d_k"] = 2 * chosen["d_k"]
    if not chosen["output_projection"]:  # the heads side by side go on as the stream
        chosen["d_model"] = chosen["heads"] * chosen["d_v"]
    return filled(ModelConfig(**chosen))


@st.composite
def masks(draw: st.DrawFn, tokens: int) -> tuple[tuple[bool, ...] | None, bool]:
    """Which tokens are padding (also all of them, or no mask), and whether the future is hidden."""
    pad = draw(st.none() | st.lists(st.booleans(), min_size=tokens, max_size=tokens).map(tuple))
    return pad, draw(st.booleans())
