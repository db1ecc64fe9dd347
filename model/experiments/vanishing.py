"""Gradients with and without √dₖ: the same attention block over growing dₖ, and what comes back to Q, K and X."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from attn_explore.model.axes import Array, Axis, sizes
from attn_explore.model.dataclass import dataclass
from attn_explore.model.experiments.given import Given, each, listed
from attn_explore.model.ops.pair_counts import SCALINGS
from attn_explore.model.recorder import Recorder
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.values import Value, View

D_MODEL = Axis("d_model", 32)
"""The width of the embeddings, the same for every dₖ."""

D_V = Axis("d_v", 16)
"""The width of the values, the same for every dₖ: only the scores change."""

SCALING = Axis("scaling", len(SCALINGS), SCALINGS)


def given(experiment: Experiment) -> Mapping[str, Given]:
    """The embeddings X, W_V and R, and for each dₖ its W_Q, W_K and what scores are divided by.

    X and R are drawn from N(0, 1) and the matrices from N(0, 1/d_model), so that the entries of Q, K and V have
    variance 1.
    """
    words, widths = Axis("token", experiment.tokens), each("width", "dₖ", experiment.widths)
    found = {
        "widths": listed(widths, experiment.widths),
        "x": _normal("x", experiment.seed, words, D_MODEL),
        "w_v": _normal("w_v", experiment.seed, D_MODEL, D_V),
        "readout": _normal("readout", experiment.seed, words, D_V),
    }
    for width in experiment.widths:
        for name in (f"{width}.w_q", f"{width}.w_k"):
            found[name] = _normal(name, experiment.seed, D_MODEL, Axis("d_k", width))
        found[f"{width}.divisor"] = listed(SCALING, [1.0, math.sqrt(width)])
    return found


def _normal(name: str, seed: int, *axes: Axis) -> Given:
    """Numbers from N(0, 1), or N(0, 1/d_model) for a matrix that d_model is multiplied with.

    The stream depends on the seed and the name alone.
    """

    def numbers() -> Array:
        sequence = np.random.SeedSequence(seed, spawn_key=tuple(name.encode()))
        drawn = np.random.Generator(np.random.PCG64(sequence)).standard_normal(sizes(axes))
        return drawn / math.sqrt(D_MODEL.size) if axes[0] is D_MODEL else drawn

    return Given(axes, numbers)


@dataclass(frozen=True, eq=False)
class Shared:
    """What is the same for every dₖ: X, W_V, V, what the output is weighed with, what comes back to the weights."""

    x: Value
    w_v: Value
    v: Value
    readout: View
    gradient: Value


@dataclass(frozen=True, eq=False)
class Lengths:
    """How long the gradients of some vectors are with and without the division: of each, the middle one, and of all."""

    each: Value
    median: Value
    norm: Value


def record(t: Recorder, experiment: Experiment) -> None:
    """Forwards and backwards through a block for each dₖ, and then how long the gradients of all of them are."""
    x, w_v, readout = t.parameter("x"), t.parameter("w_v"), t.parameter("readout").renamed(token="query")
    v = t.contract("v", "token d_v", x, w_v)
    gradient = t.contract("weights_gradient", "query key", readout, v.renamed(token="key"))
    shared = Shared(x, w_v, v, readout, gradient)
    found = [attend_and_return(t.inside(str(width)), shared) for width in experiment.widths]
    widths = t.parameter("widths").axes
    t.stack("each_query", "scaling width query", widths, *(by_q.each for by_q, _, _ in found))
    for name, lengths in zip(("query", "key", "embedding"), zip(*found, strict=True), strict=True):
        t.stack(f"{name}_medians", "width scaling", widths, *(of_width.median for of_width in lengths))
        t.stack(f"{name}_norms", "width scaling", widths, *(of_width.norm for of_width in lengths))


def lengths_of(t: Recorder, letter: str, gradients: Value, over: str) -> Lengths:
    """How long the vectors of a gradient (scaling, word, over) are."""
    each_one = t.length(f"lengths_of_{letter}", gradients, over=over)
    word = each_one.names[-1]
    median = t.median(f"median_of_{letter}", each_one, over=word)
    return Lengths(each_one, median, t.length(f"norm_of_{letter}", each_one, over=word))


def attend_and_return(t: Recorder, shared: Shared) -> tuple[Lengths, Lengths, Lengths]:
    """L = Σ R·softmax(QKᵀ/c)V with c = 1 and c = √dₖ, and the way back: how long the gradients of Q, K and X are."""
    x, w_q, w_k, divisor = shared.x, t.parameter("w_q"), t.parameter("w_k"), t.parameter("divisor")
    q = t.contract("q", "query d_k", x.renamed(token="query"), w_q)
    k = t.contract("k", "key d_k", x.renamed(token="key"), w_k)
    scores = t.contract("scores", "query key", q, k)
    divided = t.divide("divided_scores", scores, divisor, axes="scaling query key")
    weights = t.softmax("weights", divided, over="key")
    output = t.contract("head_output", "scaling query d_v", weights, shared.v.renamed(token="key"))
    t.contract("objective", "scaling", output, shared.readout)

    back = t.inside("back")
    by_divided = back.softmax_backward("divided_scores", "scaling query key", shared.gradient, weights, over="key")
    by_scores = back.divide("scores", by_divided, divisor)
    by_q = back.contract("q", "scaling query d_k", by_scores, k)
    by_k = back.contract("k", "scaling key d_k", by_scores, q)
    by_v = back.contract("v", "scaling key d_v", weights, shared.readout)
    through_q = back.contract("x_through_q", "scaling token d_model", by_q.renamed(query="token"), w_q)
    through_k = back.contract("x_through_k", "scaling token d_model", by_k.renamed(key="token"), w_k)
    through_v = back.contract("x_through_v", "scaling token d_model", by_v.renamed(key="token"), shared.w_v)
    by_x = back.add("x", through_q, through_k, through_v)

    return (
        lengths_of(back, "q", by_q, over="d_k"),
        lengths_of(back, "k", by_k, over="d_k"),
        lengths_of(back, "x", by_x, over="d_model"),
    )
