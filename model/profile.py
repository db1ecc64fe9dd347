"""Gradients at a glance: how large they are from layer to layer, and which words the output depends on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from attn_explore.model.dataclass import dataclass
from attn_explore.model.formulas import output_letter, output_name
from attn_explore.model.naming import shown
from attn_explore.model.ops import differentiated, is_gradient, output_of
from attn_explore.model.ops.gradients import PREFIX
from attn_explore.model.passes import in_first_pass
from attn_explore.model.plots import Curve, Plot
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

_BLOCKS = {"self_attention": "attention", "cross_attention": "cross", "ffn": "ffn"}
"""What blocks are called under a plot."""


@dataclass(frozen=True)
class Size:
    """How large the gradients are at one place of a stack: by the residual stream, and by what a block adds to it.

    `output` is None where no block stands: at the stack's input.
    """

    name: str
    stream: float
    output: float | None


def sizes(trace: Trace) -> list[Size]:
    """The norm of the gradient by each layer's input and by each block's output, in the order of the model.

    Passes of a generation that take over from each other are one text: their gradients count together.
    """
    inputs, blocks = _by_place(trace)
    stacks = list(dict.fromkeys(block.partition(".layers.")[0] for block in blocks))
    places = []
    for stack in stacks:
        own = {_block(block): gradients for block, gradients in blocks.items() if block.startswith(f"{stack}.layers.")}
        before = f"{stack} " if len(stacks) > 1 else ""
        if stack in inputs:
            places.append(Size(f"{before}X", norm(*inputs[stack]), None))
        places += [Size(f"{before}{name}", *_sizes(gradients)) for name, gradients in own.items()]
    return places


_Gradients = dict[str, list[Value]]
"""The gradients by the steps of one name, of every pass that has them, in the order of the last of these."""


def _by_place(trace: Trace) -> tuple[_Gradients, dict[str, _Gradients]]:
    """The gradients by the input of each stack, and by each block's steps."""
    inputs: _Gradients = {}
    blocks: dict[str, _Gradients] = {}
    for path in trace.steps:
        gradient = trace.steps.get(f"{PREFIX}{path}")
        place, _, name = in_first_pass(path).rpartition(".")
        if gradient is not None and ".layers." in place:
            own = blocks.setdefault(place, {})
            own[name] = [*own.pop(name, ()), gradient]
        elif gradient is not None and name == "input":
            inputs.setdefault(place, []).append(gradient)
    return inputs, blocks


def _sizes(gradients: _Gradients) -> tuple[float, float]:
    """By the last step of a block, which the next block reads, and by what the block itself computed."""
    last = [*gradients][-1]
    output = next((name for name in reversed(gradients) if name in ("output", "concat")), last)
    return norm(*gradients[last]), norm(*gradients[output])


def norm(*gradients: Value) -> float:
    """The length of gradients, over all their numbers."""
    parts = (part for gradient in gradients for _, part in gradient.pieces())
    return math.sqrt(sum(float(np.square(part, dtype=np.float64).sum()) for part in parts))


def _block(path: str) -> str:
    """`0 attention`: the number of the layer, and the block."""
    layer, block = path.split(".")[-2:]
    return f"{layer} {_BLOCKS[block]}"


def profile(trace: Trace) -> Plot | None:
    """The sizes of the gradients along the model, on a logarithmic axis; None where no layer has gradients."""
    found = sizes(trace)
    if not found:
        return None
    stream = np.array([size.stream for size in found])
    outputs = np.array([np.nan if size.output is None else size.output for size in found])
    gaps = tuple(place for place, size in enumerate(found) if size.output is None)
    return Plot(
        title=f"Gradients of {_output(trace)}, layer by layer",
        x_label="place in the model",
        y_label=f"norm of ∂{_letter(trace)}",
        x=tuple(size.name for size in found),
        curves=(Curve("by the residual stream", stream), Curve("by the block's output", outputs, gaps)),
        log_y=True,
    )


# --- saliency


@dataclass(frozen=True)
class Saliency:
    """How far the output depends on one word of the input.

    `size` is the norm of the gradient by the word's embedding: how fast the output can be changed by changing it.
    `share` is the gradient times the embedding, added up: by how much the output would fall, at this slope, if the
    embedding were brought to 0. It has a sign.
    """

    word: str
    size: float
    share: float


def salient(trace: Trace) -> list[Saliency]:
    """How far the output depends on each word, in the order of the text; of two texts the encoder's first."""
    steps = [step for step in trace.steps.values() if is_gradient(step) and step.name == "embedding"]
    by_stack = sorted(steps, key=lambda step: list(trace.steps).index(differentiated(step).path))
    return [found for step in by_stack for found in _salient(step)]


def _salient(gradient: Value) -> list[Saliency]:
    embedding = differentiated(gradient).array
    lengths = np.sqrt(np.square(gradient.array, dtype=np.float64).sum(axis=-1))
    shares = (gradient.array * embedding).sum(axis=-1, dtype=np.float64)
    words = gradient.axes[0]
    return [
        Saliency(shown(words, place), float(size), float(share))
        for place, (size, share) in enumerate(zip(lengths, shares, strict=True))
    ]


def saliency(trace: Trace) -> Plot | None:
    """The words that the output depends on, as bars; None where no word has a part in it."""
    found = salient(trace)
    if not found:
        return None
    letter = _letter(trace)
    return Plot(
        title=f"Which words {_output(trace)} depends on",
        x_label="word",
        y_label=f"∂{letter} by the embedding",
        x=tuple(each.word for each in found),
        curves=(
            Curve("norm of the gradient", np.array([each.size for each in found])),
            Curve("gradient × embedding", np.array([each.share for each in found])),
        ),
        kind="bars",
    )


OVERVIEWS: Mapping[str, Callable[[Trace], Plot | None]] = MappingProxyType({"profile": profile, "saliency": saliency})
"""What can be plotted of all gradients together, by name."""


def _first(trace: Trace) -> Value:
    return next(step for step in trace.steps.values() if is_gradient(step))


def _output(trace: Trace) -> str:
    return output_name(output_of(_first(trace)))


def _letter(trace: Trace) -> str:
    return output_letter(output_of(_first(trace)))
