"""Slow references, written number by number from the formulas in the papers. They share no code with `model`.

Arrays are only containers here: nothing is multiplied, summed or broadcast but in a loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from model.config import ModelConfig

Array = NDArray[np.float64]
Steps = dict[str, Array]


def difference_quotient(function: Callable[[], Array], array: Array, weights: Array, step: float = 1e-5) -> Array:
    """Central differences of sum(weights * function()) by each number of `array`, which `function` reads."""
    gradient = np.zeros(array.shape)
    for index in np.ndindex(*array.shape):
        before = array[index]
        array[index] = before + step
        above = function().copy()
        array[index] = before - step
        below = function().copy()
        array[index] = before
        change = np.subtract(above, below, where=above != below, out=np.zeros(above.shape))  # −∞ stays −∞
        gradient[index] = (weights * change).sum() / (2 * step)
    return gradient


def sinusoids(tokens: int, d_model: int) -> Array:
    """PE(pos, 2i) = sin(pos / 10000^(2i/d_model)), PE(pos, 2i+1) = cos(pos / 10000^(2i/d_model)).

    Source: Vaswani et al. 2017, section 3.5.
    """
    table = np.zeros((tokens, d_model))
    for pos in range(tokens):
        for i in range(math.ceil(d_model / 2)):
            angle = pos / math.pow(10000, 2 * i / d_model)
            table[pos, 2 * i] = math.sin(angle)
            if 2 * i + 1 < d_model:
                table[pos, 2 * i + 1] = math.cos(angle)
    return table


def encoder(
    config: ModelConfig,
    parameters: Mapping[str, Array],
    ids: Sequence[int],
    pad: Sequence[bool] | None = None,
    causal: bool = False,
) -> Steps:
    """Every step of an encoder (Vaswani et al. 2017, section 3) by its path, in order.

    Kind `attention` is the attention blocks alone, one after the other.
    """
    steps: Steps = {"encoder.embedding": _rows([parameters["encoder.embedding_table"][place] for place in ids])}
    x = steps["encoder.embedding"]
    if config.position == "sinusoidal":
        steps["encoder.position"] = sinusoids(len(ids), config.d_model)
        x = _sum(x, steps["encoder.position"])
    steps["encoder.input"] = x
    for i in range(config.encoder_layers):
        path = f"encoder.layers.{i}.self_attention"
        if config.kind == "attention":
            x = _attention(steps, path, x, config, parameters, pad, causal)
            continue
        x = _sublayer(
            steps, path, x, config, parameters,
            lambda y, path=path: _attention(steps, path, y, config, parameters, pad, causal),
        )  # fmt: skip
        path = f"encoder.layers.{i}.ffn"
        x = _sublayer(
            steps, path, x, config, parameters, lambda y, path=path: _feed_forward(steps, path, y, parameters)
        )
    if config.kind != "attention" and config.norm_order == "pre":
        _norm(steps, "encoder.final_norm", x, config, parameters)
    return steps


def _sublayer(
    steps: Steps,
    path: str,
    x: Array,
    config: ModelConfig,
    parameters: Mapping[str, Array],
    block: Callable[[Array], Array],
) -> Array:
    """LayerNorm(x + Sublayer(x)), section 3.1; x + Sublayer(LayerNorm(x)) where the norm comes first."""
    if config.norm_order == "pre":
        output = block(_norm(steps, f"{path}.norm", x, config, parameters))
        steps[f"{path}.residual"] = _sum(x, output)
        return steps[f"{path}.residual"]
    steps[f"{path}.residual"] = _sum(x, block(x))
    return _norm(steps, f"{path}.norm", steps[f"{path}.residual"], config, parameters)


def _attention(
    steps: Steps,
    path: str,
    x: Array,
    config: ModelConfig,
    parameters: Mapping[str, Array],
    pad: Sequence[bool] | None,
    causal: bool,
) -> Array:
    """MultiHead(X) = Concat(head₁, …, headₕ) W_O, section 3.2.2."""
    n, d_k, d_v = len(x), config.d_k, config.d_v
    for letter, width in (("q", d_k), ("k", d_k), ("v", d_v)):
        side_by_side = _affine(x, parameters[f"{path}.w_{letter}"], parameters.get(f"{path}.b_{letter}"))
        projected = np.zeros((config.heads, n, width))
        for head, token, j in np.ndindex(*projected.shape):
            projected[head, token, j] = side_by_side[token, head * width + j]
        steps[f"{path}.{letter}"] = projected
    q, k, v = steps[f"{path}.q"], steps[f"{path}.k"], steps[f"{path}.v"]

    scores = np.zeros((config.heads, n, n))
    for head, i, j in np.ndindex(*scores.shape):
        scores[head, i, j] = math.fsum(q[head, i, c] * k[head, j, c] for c in range(d_k))
    steps[f"{path}.scores"] = scores

    if config.score == "scaled_dot" or config.temperature != 1:
        divisor = (math.sqrt(d_k) if config.score == "scaled_dot" else 1.0) * config.temperature
        scaled = np.zeros(scores.shape)
        for index in np.ndindex(*scores.shape):
            scaled[index] = scores[index] / divisor
        steps[f"{path}.scaled_scores"] = scores = scaled

    if pad is not None or causal:
        mask = np.zeros((n, n))
        for i, j in np.ndindex(n, n):
            if (pad is not None and pad[j]) or (causal and j > i):
                mask[i, j] = -math.inf
        masked = np.zeros(scores.shape)
        for head, i, j in np.ndindex(*scores.shape):
            masked[head, i, j] = scores[head, i, j] if mask[i, j] == 0 else -math.inf
        steps[f"{path}.mask"], steps[f"{path}.masked_scores"] = mask, masked
        scores = masked

    weights = np.zeros(scores.shape)
    for head in range(config.heads):
        for i in range(n):
            weights[head, i] = _softmax(scores[head, i])
    steps[f"{path}.weights"] = weights

    head_output = np.zeros((config.heads, n, d_v))
    for head, i, c in np.ndindex(*head_output.shape):
        head_output[head, i, c] = math.fsum(weights[head, i, j] * v[head, j, c] for j in range(n))
    steps[f"{path}.head_output"] = head_output

    concat = np.zeros((n, config.heads * d_v))
    for head, i, c in np.ndindex(*head_output.shape):
        concat[i, head * d_v + c] = head_output[head, i, c]
    steps[f"{path}.concat"] = concat
    if not config.output_projection:
        return concat
    steps[f"{path}.output"] = _affine(concat, parameters[f"{path}.w_o"], parameters.get(f"{path}.b_o"))
    return steps[f"{path}.output"]


def _feed_forward(steps: Steps, path: str, x: Array, parameters: Mapping[str, Array]) -> Array:
    """FFN(x) = max(0, xW₁ + b₁)W₂ + b₂, section 3.3."""
    steps[f"{path}.hidden_pre"] = _affine(x, parameters[f"{path}.w_1"], parameters[f"{path}.b_1"])
    hidden = np.zeros(steps[f"{path}.hidden_pre"].shape)
    for index in np.ndindex(*hidden.shape):
        hidden[index] = max(0.0, steps[f"{path}.hidden_pre"][index])
    steps[f"{path}.hidden"] = hidden
    steps[f"{path}.output"] = _affine(hidden, parameters[f"{path}.w_2"], parameters[f"{path}.b_2"])
    return steps[f"{path}.output"]


def _norm(steps: Steps, path: str, x: Array, config: ModelConfig, parameters: Mapping[str, Array]) -> Array:
    """(x − μ)/√(σ² + ε)·γ + β for each token. Source: Ba et al. 2016, equation 4, with ε as everyone adds it."""
    gain, bias = parameters[f"{path}_gain"], parameters[f"{path}_bias"]
    result = np.zeros(x.shape)
    for token, row in enumerate(x):
        mean = math.fsum(row) / len(row)
        variance = math.fsum((number - mean) ** 2 for number in row) / len(row)
        for j, number in enumerate(row):
            result[token, j] = (number - mean) / math.sqrt(variance + config.norm_eps) * gain[j] + bias[j]
    steps[path] = result
    return result


def _softmax(row: Array) -> Array:
    """exp(xᵢ)/Σexp(xⱼ); zeros where nothing may be seen."""
    visible = [number for number in row if number != -math.inf]
    if not visible:
        return np.zeros(len(row))
    exponentials = [math.exp(number - max(visible)) for number in row]
    return _rows([number / math.fsum(exponentials) for number in exponentials])


def _affine(x: Array, w: Array, b: Array | None) -> Array:
    result = np.zeros((len(x), w.shape[1]))
    for i, j in np.ndindex(*result.shape):
        result[i, j] = math.fsum(x[i, c] * w[c, j] for c in range(len(w))) + (0.0 if b is None else b[j])
    return result


def _sum(a: Array, b: Array) -> Array:
    result = np.zeros(a.shape)
    for index in np.ndindex(*a.shape):
        result[index] = a[index] + b[index]
    return result


def _rows(rows: Sequence[object]) -> Array:
    return np.array(rows, np.float64)
