"""Small things to test with: tensors with named axes, and models whose parameters are all at random."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from hypothesis import strategies as st

from model.axes import Array, Axis, sizes
from model.config import ModelConfig, filled
from model.layers import Visibility
from model.parameters import parameter_axes
from model.trace import Recorder, Trace
from model.transformer import encode
from model.values import Value

SEEDS = st.integers(0, 2**32 - 1)


def tensor(axes: str, array: Array, path: str = "a") -> Value:
    """A leaf with the axes named in `axes` and the numbers of `array`."""
    named = tuple(Axis(name, size) for name, size in zip(axes.split(), array.shape, strict=True))
    return Value(path, named, array.dtype, held=array)


def recorder(dtype: str = "float64") -> Recorder:
    """A recorder on an empty trace."""
    return Recorder(Trace(np.dtype(dtype)))


def random_parameters(config: ModelConfig, vocabulary: int, seed: int) -> dict[str, Array]:
    """Every parameter from a normal distribution, gains and biases of norms too."""
    rng = np.random.default_rng(seed)
    shapes = parameter_axes(config, Axis("vocabulary", vocabulary))
    return {name: rng.normal(0, 0.7, sizes(axes)).astype(config.dtype) for name, axes in shapes.items()}


def encoded(
    config: ModelConfig,
    parameters: Mapping[str, Array],
    ids: list[int],
    pad: tuple[bool, ...] | None = None,
    causal: bool = False,
) -> Trace:
    """The trace of an encoder with these parameters on these tokens."""
    trace = Trace(np.dtype(config.dtype))
    vocabulary = Axis("vocabulary", len(parameters["encoder.embedding_table"]))
    for name, axes in parameter_axes(config, vocabulary).items():
        trace.add_parameter(name, axes, parameters[name])
    tokens = trace.give("tokens", (Axis("token", len(ids)),), np.array(ids, np.int64))
    encode(Recorder(trace, "encoder"), tokens, Visibility(pad, causal), config)
    return trace


def last(trace: Trace) -> Array:
    """The numbers of the last step."""
    return list(trace.steps.values())[-1].array


@st.composite
def configs(draw: st.DrawFn, **fixed: object) -> ModelConfig:
    """A model of any size and shape that there is now, small; `fixed` keys are not drawn."""
    small = st.integers(1, 4)
    chosen = {
        "kind": draw(st.sampled_from(["encoder", "attention"])),
        "heads": draw(st.integers(1, 3)),
        "d_k": draw(small),
        "d_v": draw(small),
        "d_model": draw(st.integers(2, 6)),
        "d_ff": draw(st.integers(1, 5)),
        "layers": draw(st.integers(1, 3)),
        "score": draw(st.sampled_from(["scaled_dot", "dot"])),
        "temperature": draw(st.sampled_from([1.0, 0.5, 3.0])),
        "position": draw(st.sampled_from(["sinusoidal", "none"])),
        "norm_order": draw(st.sampled_from(["post", "pre"])),
        "norm_eps": draw(st.sampled_from([1e-5, 1e-3])),
        "bias": draw(st.booleans()),
        "output_projection": draw(st.booleans()),
    } | fixed
    if not chosen["output_projection"]:  # the heads side by side go on as the stream
        chosen["d_model"] = chosen["heads"] * chosen["d_v"]
    return filled(ModelConfig(**chosen))


@st.composite
def masks(draw: st.DrawFn, tokens: int) -> tuple[tuple[bool, ...] | None, bool]:
    """Which tokens are padding (also all of them, or no mask), and whether the future is hidden."""
    pad = draw(st.none() | st.lists(st.booleans(), min_size=tokens, max_size=tokens).map(tuple))
    return pad, draw(st.booleans())
