"""Every step of the experiments, computed again from what they start from, in plain NumPy and written out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

Numbers = Any
Steps = Iterator[tuple[str, Numbers]]


def softmax(path: str, x: Numbers, axis: int = -1) -> Any:
    """eˣ divided by its sum, with the finer steps."""
    maximum = x.max(axis=axis)
    yield f"{path}.maximum", maximum
    shifted = x - np.expand_dims(maximum, axis)
    yield f"{path}.shifted", shifted
    exponentials = np.exp(shifted)
    yield f"{path}.exponentials", exponentials
    yield f"{path}.total", exponentials.sum(axis=axis)
    y = exponentials / exponentials.sum(axis=axis, keepdims=True)
    yield path, y
    return y


def saturation(p: Mapping[str, Numbers], experiment: Mapping[str, Any], _: Mapping[str, Numbers]) -> Steps:
    """Softmax of multiples of the logits."""
    given = p["experiment.multipliers"]
    curve = np.linspace(0, given[np.abs(given).argmax()], 201)
    yield "experiment.curve.multipliers", curve
    for path, multipliers in (("experiment", given), ("experiment.curve", curve)):
        scaled = np.outer(multipliers, p["experiment.logits"])
        yield f"{path}.scaled_logits", scaled
        y = yield from softmax(f"{path}.probabilities", scaled)
        yield f"{path}.others", 1 - y
        yield f"{path}.slopes", y * (1 - y)


def jacobian(p: Mapping[str, Numbers], experiment: Mapping[str, Any], _: Mapping[str, Numbers]) -> Steps:
    """∂y/∂x of softmax, by several ways that come to the same."""
    x, h = p["experiment.logits"], 1e-5
    e, identity = np.exp(x - x.max()), np.eye(len(x))
    total = e.sum()
    y = e / total
    exact = np.diag(y) - np.outer(y, y)
    yield from {
        "experiment.maximum": x.max(),
        "experiment.shifted": x - x.max(),
        "experiment.exponentials": e,
        "experiment.total": total,
        "experiment.probabilities": y,
        "experiment.identity": identity,
        "experiment.exponential_slopes": np.diag(e),
        "experiment.own_terms": np.diag(e) * total,
        "experiment.shared_terms": np.outer(e, e),
        "experiment.numerators": np.diag(e) * total - np.outer(e, e),
        "experiment.squared_total": total**2,
        "experiment.quotients": exact,
        "experiment.rest": identity - y,
        "experiment.jacobian": exact,
        "experiment.finite.nudges": h * identity,
        "experiment.backward.jacobian": exact,
    }.items()
    moved = {}
    for name, sign in (("above", 1), ("below", -1)):
        logits = x[:, None] + sign * h * identity
        yield f"experiment.finite.logits_{name}", logits
        moved[name] = yield from softmax(f"experiment.finite.probabilities_{name}", logits, axis=0)
    yield "experiment.finite.changes", moved["above"] - moved["below"]
    finite = (moved["above"] - moved["below"]) / (2 * h)
    yield "experiment.finite.slopes", finite
    yield from softmax("experiment.backward.probabilities", x)
    matrices = np.array([exact, finite, exact])
    yield "experiment.check.matrices", matrices
    yield from _largest("experiment.check", "deviations", matrices - exact, "disagreement")
    scaled = np.outer(p["experiment.multipliers"], x)
    yield "experiment.grown.scaled_logits", scaled
    y = yield from softmax("experiment.grown.probabilities", scaled)
    yield "experiment.grown.rest", identity - y[:, None, :]
    grown = np.array([np.diag(row) - np.outer(row, row) for row in y])
    yield from _largest("experiment.grown", "jacobian", grown, "largest_entry")


def _largest(path: str, name: str, matrices: Numbers, largest: str) -> Steps:
    yield f"{path}.{name}", matrices
    yield f"{path}.sizes", np.abs(matrices)
    yield f"{path}.largest_in_row", np.abs(matrices).max(axis=2)
    yield f"{path}.{largest}", np.abs(matrices).max(axis=(1, 2))


def variance(p: Mapping[str, Numbers], experiment: Mapping[str, Any], steps: Mapping[str, Numbers]) -> Steps:
    """Moments of what was counted; the counts themselves are taken as they are."""
    counted, widths = steps["experiment.tallies"], p["experiment.widths"]
    pairs, rows = experiment["pairs"], experiment["pairs"] // experiment["row"]
    yield "experiment.tallies", counted
    for place, name in enumerate(("sum", "sum_of_squares", "sum_of_fourths", "entropies", "gradients")):
        yield f"experiment.{name}", counted[:, :, place]
    mean, square, fourth = (counted[:, :, place] / pairs for place in range(3))
    spread = square - mean**2
    theory = np.stack([widths, np.ones(len(widths))], axis=1)
    mean_error, variance_error = np.sqrt(spread / pairs), np.sqrt((fourth - spread**2) / pairs)
    yield from {
        "experiment.scaled_theory": theory[:, 1],
        "experiment.theory": theory,
        "experiment.mean": mean,
        "experiment.mean_square": square,
        "experiment.squared_mean": mean**2,
        "experiment.variance": spread,
        "experiment.fourth_moment": fourth,
        "experiment.variance_of_mean": spread / pairs,
        "experiment.mean_error": mean_error,
        "experiment.mean_deviation": mean / mean_error,
        "experiment.squared_variance": spread**2,
        "experiment.spread_of_squares": fourth - spread**2,
        "experiment.variance_of_variance": (fourth - spread**2) / pairs,
        "experiment.variance_error": variance_error,
        "experiment.difference": spread - theory,
        "experiment.variance_deviation": (spread - theory) / variance_error,
        "experiment.counts": counted[:, :, 5:].swapaxes(0, 1),
        "experiment.histogram": counted[:, :, 5:].swapaxes(0, 1) / pairs,
        "experiment.entropy": counted[:, :, 3] / rows,
        "experiment.gradient": counted[:, :, 4] / rows,
    }.items()


def vanishing(p: Mapping[str, Numbers], experiment: Mapping[str, Any], _: Mapping[str, Numbers]) -> Steps:
    """A block of attention forwards and backwards, with and without √dₖ."""
    v = p["experiment.x"] @ p["experiment.w_v"]
    yield "experiment.v", v
    by_weights = p["experiment.readout"] @ v.T
    yield "experiment.weights_gradient", by_weights
    lengths: dict[str, list[Numbers]] = {"q": [], "k": [], "x": []}
    for width in experiment["widths"]:
        found = dict(_of_width(f"experiment.{width}", width, p, v, by_weights))
        yield from found.items()
        for letter, of_each in lengths.items():
            of_each.append(found[f"experiment.{width}.back.lengths_of_{letter}"])
    yield "experiment.each_query", np.stack(lengths["q"], axis=1)
    for name, letter in (("query", "q"), ("key", "k"), ("embedding", "x")):
        yield f"experiment.{name}_medians", np.median(lengths[letter], axis=2)
        yield f"experiment.{name}_norms", np.sqrt(np.square(lengths[letter]).sum(axis=2))


def _of_width(path: str, width: int, p: Mapping[str, Numbers], v: Numbers, by_weights: Numbers) -> Steps:
    x, w_q, w_k = p["experiment.x"], p[f"{path}.w_q"], p[f"{path}.w_k"]
    readout, divisors = p["experiment.readout"], np.array([1, math.sqrt(width)])[:, None, None]
    q, k = x @ w_q, x @ w_k
    divided = (q @ k.T) / divisors
    yield from {f"{path}.q": q, f"{path}.k": k, f"{path}.scores": q @ k.T, f"{path}.divided_scores": divided}.items()
    weights = yield from softmax(f"{path}.weights", divided)
    yield f"{path}.head_output", weights @ v
    yield f"{path}.objective", (weights @ v * readout).sum(axis=(1, 2))
    by_divided = np.array(
        [[(np.diag(y) - np.outer(y, y)) @ g for y, g in zip(each, by_weights, strict=True)] for each in weights]
    )
    by_scores = by_divided / divisors
    by_q, by_k, by_v = by_scores @ k, by_scores.swapaxes(1, 2) @ q, weights.swapaxes(1, 2) @ readout
    through = {"q": by_q @ w_q.T, "k": by_k @ w_k.T, "v": by_v @ p["experiment.w_v"].T}
    found = {"q": by_q, "k": by_k, "x": sum(through.values())}
    yield from {f"{path}.back.x_through_{letter}": part for letter, part in through.items()}.items()
    yield from {f"{path}.back.{letter}": gradient for letter, gradient in found.items()}.items()
    yield from {
        f"{path}.back.divided_scores": by_divided,
        f"{path}.back.scores": by_scores,
        f"{path}.back.v": by_v,
    }.items()
    for letter, gradient in found.items():
        lengths = np.linalg.norm(gradient, axis=2)
        yield f"{path}.back.lengths_of_{letter}", lengths
        yield f"{path}.back.median_of_{letter}", np.median(lengths, axis=1)
        yield f"{path}.back.norm_of_{letter}", np.linalg.norm(gradient, axis=(1, 2))


EXPERIMENTS: Mapping[str, Callable[..., Steps]] = {
    "softmax_saturation": saturation,
    "softmax_jacobian": jacobian,
    "dot_product_variance": variance,
    "gradient_vanishing": vanishing,
}
"""Every kind of experiment: from its parameters, its part of the scenario, and the steps in the file."""
