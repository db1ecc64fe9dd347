"""Every step of every bundled scenario, computed again from the parameters in its exported JSON.

What follows knows the trace's public contract (paths, parameter names, the JSON) and the formulas of Vaswani et al.
2017 and Ba et al. 2016, and nothing of this program: it reads a file and uses plain NumPy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from explorer.library import bundled
from tests.program import program

Numbers = Any
TOLERANCE = 1e-9


def recomputed(trace: dict[str, Any]) -> Iterator[tuple[str, Numbers]]:
    """Every step by its path, in an order in which a Transformer can be computed."""
    p = {record["name"]: array(record["values"]) for record in trace["parameters"]}
    model = trace["scenario"]["model"]
    tokens = trace["tokens"]["encoder"]
    vocabulary = list(dict.fromkeys(tokens))
    x = p["encoder.embedding_table"][[vocabulary.index(token) for token in tokens]]
    yield "encoder.embedding", x
    if model["position"] == "sinusoidal":
        position = sinusoids(*x.shape)
        yield "encoder.position", position
        x = x + position
    yield "encoder.input", x
    pre, eps = model["norm_order"] == "pre", model["norm_eps"]
    for layer in range(model["encoder_layers"]):
        for block in ("self_attention",) if model["kind"] == "attention" else ("self_attention", "ffn"):
            path = f"encoder.layers.{layer}.{block}"
            inside = x
            if model["kind"] != "attention" and pre:
                inside = yield from norm(f"{path}.norm", x, p, eps)
            if block == "ffn":
                output = yield from feed_forward(path, inside, p)
            else:
                output = yield from attention(path, inside, p, model, tokens)
            if model["kind"] == "attention":
                x = output
                continue
            x = x + output
            yield f"{path}.residual", x
            if not pre:
                x = yield from norm(f"{path}.norm", x, p, eps)
    if model["kind"] != "attention" and pre:
        yield from norm("encoder.final_norm", x, p, eps)


def sinusoids(tokens: int, d_model: int) -> Numbers:
    """PE(pos, 2i) = sin(pos/10000^(2i/d_model)), PE(pos, 2i+1) = cos of the same."""
    table = np.zeros((tokens, d_model))
    for pos in range(tokens):
        for column in range(d_model):
            angle = pos / 10000 ** ((column - column % 2) / d_model)
            table[pos, column] = math.cos(angle) if column % 2 else math.sin(angle)
    return table


def attention(path: str, x: Numbers, p: dict[str, Numbers], model: dict[str, Any], tokens: list[str]) -> Any:
    """Concat(headᵢ) W_O with headᵢ = softmax(QᵢKᵢᵀ/√dₖ + M) Vᵢ."""
    found = {}
    for letter, width in (("q", model["d_k"]), ("k", model["d_k"]), ("v", model["d_v"])):
        side_by_side = x @ p[f"{path}.w_{letter}"] + p.get(f"{path}.b_{letter}", 0)
        heads = [side_by_side[:, head * width : (head + 1) * width] for head in range(model["heads"])]
        found[letter] = np.array(heads)
        yield f"{path}.{letter}", found[letter]
    scores = np.array([q @ k.T for q, k in zip(found["q"], found["k"], strict=True)])
    yield f"{path}.scores", scores
    scores = scores / math.sqrt(model["d_k"])
    yield f"{path}.scaled_scores", scores
    if "<pad>" in tokens:
        mask = np.array([[-math.inf if word == "<pad>" else 0.0 for word in tokens]] * len(tokens))
        yield f"{path}.mask", mask
        scores = scores + mask
        yield f"{path}.masked_scores", scores
    weights = yield from softmax(f"{path}.weights", scores)
    head_output = np.array([a @ v for a, v in zip(weights, found["v"], strict=True)])
    yield f"{path}.head_output", head_output
    concat = np.concatenate(list(head_output), axis=1)
    yield f"{path}.concat", concat
    if not model["output_projection"]:
        return concat
    output = concat @ p[f"{path}.w_o"] + p.get(f"{path}.b_o", 0)
    yield f"{path}.output", output
    return output


def softmax(path: str, x: Numbers) -> Any:
    """exp(x)/Σ exp(x) along each row, and what is computed on the way."""
    maximum = x.max(axis=-1)
    shifted = x - maximum[..., None]
    exponentials = np.exp(shifted)
    total = exponentials.sum(axis=-1)
    yield f"{path}.maximum", maximum
    yield f"{path}.shifted", shifted
    yield f"{path}.exponentials", exponentials
    yield f"{path}.total", total
    weights = exponentials / total[..., None]
    yield path, weights
    return weights


def norm(path: str, x: Numbers, p: dict[str, Numbers], eps: float) -> Any:
    """(x − μ)/√(σ² + ε)·γ + β for each token, and what is computed on the way."""
    mean = x.mean(axis=1)
    centred = x - mean[:, None]
    squares = centred * centred
    variance = squares.mean(axis=1)
    yield f"{path}.mean", mean
    yield f"{path}.centred", centred
    yield f"{path}.squares", squares
    yield f"{path}.variance", variance
    normed = centred / np.sqrt(variance + eps)[:, None] * p[f"{path}_gain"] + p[f"{path}_bias"]
    yield path, normed
    return normed


def feed_forward(path: str, x: Numbers, p: dict[str, Numbers]) -> Any:
    """max(0, xW₁ + b₁)W₂ + b₂."""
    hidden_pre = x @ p[f"{path}.w_1"] + p[f"{path}.b_1"]
    yield f"{path}.hidden_pre", hidden_pre
    hidden = np.where(hidden_pre > 0, hidden_pre, 0)
    yield f"{path}.hidden", hidden
    output = hidden @ p[f"{path}.w_2"] + p[f"{path}.b_2"]
    yield f"{path}.output", output
    return output


def array(values: Any) -> Numbers:
    """Nested lists as numbers; "-Infinity" stands for what JSON has no number for."""
    return np.array(values, np.float64)


def exported(name: str, *options: str) -> dict[str, Any]:
    found = program("export", name, "-o", "-", *options)
    assert found.returncode == 0, found.stderr
    trace: dict[str, Any] = json.loads(found.stdout)
    return trace


@pytest.mark.parametrize("name", bundled())
def test_every_step_follows_from_the_parameters(name: str) -> None:
    trace = exported(name, *(() if name == "wide" else ("--fine",)))
    ours = dict(recomputed(trace))
    for step in trace["steps"]:
        theirs = array(step["values"])
        assert theirs.shape == tuple(step["shape"]) == tuple(len_of(axis, step) for axis in range(theirs.ndim))
        np.testing.assert_allclose(theirs, ours[step["path"]], rtol=TOLERANCE, atol=TOLERANCE, err_msg=step["path"])
    missing = {path for path in ours if path not in {step["path"] for step in trace["steps"]}}
    assert name == "wide" or not missing


def len_of(axis: int, step: dict[str, Any]) -> int:
    """How long an axis is by its labels, or by the shape where it has none."""
    labels = step["axes"][axis]["labels"]
    return step["shape"][axis] if labels is None else len(labels)
