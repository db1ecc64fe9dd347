"""Every step of every bundled scenario, computed again from the parameters in its exported JSON.

What follows knows the trace's public contract (paths, parameter names, the JSON) and the formulas of Vaswani et al.
2017 and Ba et al. 2016, and nothing of this program: it reads a file and uses plain NumPy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from attn_explore.explorer.session.saving import chunks
from attn_explore.model.traces.wanted import Wanted
from tests.opened import EVERY, Opened
from tests.program import program
from tests.recomputed import EXPERIMENTS

Numbers = Any
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


MEASURED = {
    f"experiment.{curve}" for curve in ("loss", "held_out_loss", "held_out_right", "trained_loss", "trained_right")
}
"""Steps that tell of a training: they do not follow from what it ended with."""


@dataclass
class Model:
    """The parameters and the configuration of one trace; every method yields the steps that it computes."""

    p: dict[str, Numbers]
    model: dict[str, Any]
    tokens: dict[str, list[str]]
    mask: dict[str, Any]
    given: dict[str, Any]

    def steps(self) -> Iterator[tuple[str, Numbers]]:
        """Every step by its path, in an order in which a Transformer can be computed."""
        memory, source = None, self.tokens.get("encoder", [])
        if "encoder" in self.tokens:
            memory = yield from self.stack("encoder", source, "")
        if "decoder" not in self.tokens:
            yield from self.head(memory, source, "")
            return
        for chapter, words in self.passes():
            x = yield from self.stack("decoder", words, chapter, memory, source)
            probabilities = yield from self.head(x, words, chapter)
            if self.generates:
                yield f"{chapter}candidates", probabilities[-1]

    @property
    def generates(self) -> bool:
        targets = ("target", "target_tokens", "target_vectors")
        return self.model["head"] == "vocabulary" and all(self.given.get(key) is None for key in targets)

    @property
    def label(self) -> str:
        """What a sentence should be called, where that is said."""
        return str(self.given.get("target") or "") if self.model["head"] == "sequence" else ""

    def passes(self) -> Iterator[tuple[str, list[str]]]:
        """What the decoder reads, pass by pass."""
        words = self.tokens["decoder"]
        if not self.generates:
            yield "", words
            return
        text = self.given.get("tokens") or (self.given.get("text") or "").split()
        first = 1 if "encoder" in self.tokens else len(text)
        for count in range(first, len(words)):
            yield f"generated.{count - first}." if count > first else "", words[:count]

    def vocabulary(self, stack: str) -> list[str]:
        """The words of a stack in the order of its table."""
        special = ["<s>", "</s>"] if stack == "decoder" and "encoder" in self.tokens else []
        classes = self.model["classes"] if self.model["head"] == "vocabulary" and stack != "encoder" else []
        known = self.given["vocabulary"] if stack == "encoder" or "encoder" not in self.tokens else []
        return list(dict.fromkeys([*special, *classes, *known, *self.tokens[stack]]))

    def stack(self, stack: str, words: list[str], chapter: str, memory: Numbers = None, source: Any = ()) -> Any:
        """An encoder or a decoder."""
        known = self.vocabulary(stack)
        x = self.p[f"{stack}.embedding_table"][[known.index(word) for word in words]]
        yield f"{chapter}{stack}.embedding", x
        position = {
            "sinusoidal": sinusoids(*x.shape),
            "learned": self.p.get(f"{stack}.position_table", x)[: len(x)],
        }.get(self.model["position"])
        if position is not None:
            yield f"{chapter}{stack}.position", position
            x = x + position
        yield f"{chapter}{stack}.input", x
        later = stack == "decoder" if self.mask["causal"] == "auto" else self.mask["causal"]
        for layer in range(self.model[f"{stack}_layers"]):
            path = f"{stack}.layers.{layer}"
            own = self.visible(words, words, later, self.model["attention_span"])
            x = yield from self.block(
                f"{path}.self_attention", x, chapter, lambda q, y, m=own: self.attention(q, y, y, m, chapter)
            )
            if memory is not None:
                across = self.visible(words, source, False, None)
                x = yield from self.block(
                    f"{path}.cross_attention", x, chapter,
                    lambda q, y, m=across: self.attention(q, y, memory, m, chapter),
                )  # fmt: skip
            if self.model["feed_forward"]:
                x = yield from self.block(f"{path}.ffn", x, chapter, lambda q, y: self.feed_forward(q, y, chapter))
        if self.model["final_norm"]:
            x = yield from norm(f"{stack}.final_norm", x, self.p, self.model["norm_eps"], chapter)
        return x

    def block(self, path: str, x: Numbers, chapter: str, inside: Any) -> Any:
        """A block with its residual and its norm, where the model has them."""
        eps, pre = self.model["norm_eps"], self.model["norm_order"] == "pre"
        has_norm, norm = self.model["kind"] != "attention" and self.model["norm"] != "none", NORMS[self.model["norm"]]
        y = x
        if has_norm and pre:
            y = yield from norm(f"{path}.norm", x, self.p, eps, chapter)
        output = yield from inside(path, y)
        if self.model["residual"]:
            output = x + output
            yield f"{chapter}{path}.residual", output
        if has_norm and not pre:
            output = yield from norm(f"{path}.norm", output, self.p, eps, chapter)
        return output

    def visible(self, queries: Any, keys: Any, later: bool, span: int | None) -> Numbers:
        """0 where a key may be seen, −∞ where not; None where all may."""
        if not (later or span is not None or "<pad>" in keys):
            return None
        mask = np.zeros((len(queries), len(keys)))
        for i, j in np.ndindex(*mask.shape):
            is_far = span is not None and abs(i - j) > span
            if keys[j] == "<pad>" or (later and j > i) or is_far:
                mask[i, j] = -math.inf
        return mask

    def attention(self, path: str, x: Numbers, memory: Numbers, mask: Numbers, chapter: str) -> Any:
        """Concat(headᵢ) W_O with headᵢ = softmax(QᵢKᵢᵀ/√dₖ + M) Vᵢ; heads may share keys and values."""
        model, p, found = self.model, self.p, {}
        for letter, width, heads, of in (
            ("q", model["d_k"], model["heads"], x),
            ("k", model["d_k"], model["kv_heads"], memory),
            ("v", model["d_v"], model["kv_heads"], memory),
        ):
            side_by_side = of @ p[f"{path}.w_{letter}"] + p.get(f"{path}.b_{letter}", 0)
            found[letter] = np.array([side_by_side[:, head * width : (head + 1) * width] for head in range(heads)])
            yield f"{chapter}{path}.{letter}", found[letter]
        if model["position"] == "rotary" and path.endswith("self_attention"):
            for letter in "qk":
                found[letter] = rotated(found[letter])
                yield f"{chapter}{path}.{letter}_rotated", found[letter]
        found = {letter: np.repeat(each, model["heads"] // len(each), axis=0) for letter, each in found.items()}
        scores = np.array([q @ k.T for q, k in zip(found["q"], found["k"], strict=True)])
        yield f"{chapter}{path}.scores", scores
        scores = scores / math.sqrt(model["d_k"])
        yield f"{chapter}{path}.scaled_scores", scores
        if mask is not None:
            yield f"{chapter}{path}.mask", mask
            scores = scores + mask
            yield f"{chapter}{path}.masked_scores", scores
        weights = yield from softmax(f"{chapter}{path}.weights", scores)
        head_output = np.array([a @ v for a, v in zip(weights, found["v"], strict=True)])
        yield f"{chapter}{path}.head_output", head_output
        concat = np.concatenate(list(head_output), axis=1)
        yield f"{chapter}{path}.concat", concat
        if not model["output_projection"]:
            return concat
        output = concat @ p[f"{path}.w_o"] + p.get(f"{path}.b_o", 0)
        yield f"{chapter}{path}.output", output
        return output

    def feed_forward(self, path: str, x: Numbers, chapter: str) -> Any:
        """max(0, xW₁ + b₁)W₂ + b₂."""
        p = self.p
        hidden_pre = x @ p[f"{path}.w_1"] + p.get(f"{path}.b_1", 0)
        yield f"{chapter}{path}.hidden_pre", hidden_pre
        hidden = np.where(hidden_pre > 0, hidden_pre, 0)
        yield f"{chapter}{path}.hidden", hidden
        output = hidden @ p[f"{path}.w_2"] + p.get(f"{path}.b_2", 0)
        yield f"{chapter}{path}.output", output
        return output

    def head(self, x: Numbers, words: list[str], chapter: str) -> Any:
        """Logits and their softmax: for each token, or for the mean of all that are not padding."""
        if self.model["head"] == "none":
            return None
        if self.model["head"] == "sequence":
            real = np.array([word != "<pad>" for word in words], float)
            yield f"{chapter}pooling", real / real.sum()
            x = x[real == 1].mean(axis=0)
            yield f"{chapter}pooled", x
        logits = x @ self.p["head.w"] + self.p.get("head.b", 0)
        yield f"{chapter}logits", logits
        if self.label:
            said = np.exp(logits) / np.exp(logits).sum()
            yield "loss", -math.log(said[self.model["classes"].index(self.label)])
        return (yield from softmax(f"{chapter}probabilities", logits))


def rotated(x: Numbers) -> Numbers:
    """Pairs of columns as complex numbers, multiplied by e^(i·m·10000^(−2i/d)) at position m."""
    pairs = x[..., 0::2] + 1j * x[..., 1::2]
    angles = np.outer(np.arange(x.shape[1]), 10000.0 ** (-np.arange(0, x.shape[2], 2) / x.shape[2]))
    turned = pairs * np.exp(1j * angles)
    return np.stack([turned.real, turned.imag], axis=-1).reshape(x.shape)


def sinusoids(tokens: int, d_model: int) -> Numbers:
    """PE(pos, 2i) = sin(pos/10000^(2i/d_model)), PE(pos, 2i+1) = cos of the same."""
    table = np.zeros((tokens, d_model))
    for pos in range(tokens):
        for column in range(d_model):
            angle = pos / 10000 ** ((column - column % 2) / d_model)
            table[pos, column] = math.cos(angle) if column % 2 else math.sin(angle)
    return table


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


def norm(name: str, x: Numbers, p: dict[str, Numbers], eps: float, chapter: str) -> Any:
    """(x − μ)/√(σ² + ε)·γ + β for each token, and what is computed on the way."""
    path = f"{chapter}{name}"
    mean = x.mean(axis=1)
    centred = x - mean[:, None]
    squares = centred * centred
    variance = squares.mean(axis=1)
    yield f"{path}.mean", mean
    yield f"{path}.centred", centred
    yield f"{path}.squares", squares
    yield f"{path}.variance", variance
    normed = centred / np.sqrt(variance + eps)[:, None] * p[f"{name}_gain"] + p[f"{name}_bias"]
    yield path, normed
    return normed


def rms_norm(name: str, x: Numbers, p: dict[str, Numbers], eps: float, chapter: str) -> Any:
    """x/√(mean(x²) + ε)·γ for each token, and what is computed on the way."""
    path = f"{chapter}{name}"
    squares = x * x
    mean_square = squares.mean(axis=1)
    yield f"{path}.squares", squares
    yield f"{path}.mean_square", mean_square
    normed = x / np.sqrt(mean_square + eps)[:, None] * p[f"{name}_gain"]
    yield path, normed
    return normed


NORMS: dict[str, Any] = {"layer": norm, "rms": rms_norm, "none": None}


def array(values: Any) -> Numbers:
    """Nested lists as numbers; "-Infinity" stands for what JSON has no number for."""
    return np.array(values, np.float64)


@EVERY
def test_every_step_follows_from_the_parameters(scenario: Opened) -> None:
    trace = json.loads(b"".join(chunks(scenario.session(), ".json", Wanted(fine=scenario.name != "wide"))))
    parameters = {record["name"]: array(record["values"]) for record in trace["parameters"]}
    ours = recomputed(trace, parameters)
    for step in trace["steps"]:
        if step["path"].startswith("grad.") or step["path"] in MEASURED:
            continue  # below, and in test_trained_scenarios
        theirs, tolerance = array(step["values"]), TOLERANCE[step["dtype"]]
        assert step["path"] in ours, f"tests/test_recompute.py does not compute {step['path']}"
        assert theirs.shape == tuple(step["shape"]) == tuple(len_of(axis, step) for axis in range(theirs.ndim))
        np.testing.assert_allclose(theirs, ours[step["path"]], rtol=tolerance, atol=tolerance, err_msg=step["path"])
    missing = {path for path in ours if path not in {step["path"] for step in trace["steps"]}}
    assert scenario.name == "wide" or not missing


def recomputed(trace: dict[str, Any], parameters: dict[str, Numbers]) -> dict[str, Numbers]:
    """Every step of a trace but the gradients, from its parameters; with the loss where it has one."""
    scenario = trace["scenario"]
    if "model" not in scenario:  # an experiment that runs without one
        steps = {step["path"]: array(step["values"]) for step in trace["steps"]}
        return dict(EXPERIMENTS[scenario["experiment"]["kind"]](parameters, scenario["experiment"], steps))
    model = Model(parameters, scenario["model"], trace["tokens"], scenario["mask"], scenario["input"])
    return dict(model.steps()) | dict(learning_rate(scenario))


def learning_rate(scenario: dict[str, Any]) -> Iterator[tuple[str, Numbers]]:
    """d_model^−½ · min(step^−½, step · warmup^−3/2) at each step of a training (Vaswani et al. 2017, 5.3)."""
    training = scenario.get("experiment")
    if training:
        step = np.arange(1, training["steps"] + 1)
        rates = np.minimum(step**-0.5, step * training["warmup"] ** -1.5)
        yield "experiment.learning_rate", training["learning_rate"] * scenario["model"]["d_model"] ** -0.5 * rates


def test_every_gradient_of_a_parameter_is_how_the_loss_moves_with_it() -> None:
    found = program("export", "where-gradients-flow", "-o", "-")
    assert found.returncode == 0, found.stderr
    trace = json.loads(found.stdout)
    parameters = {record["name"]: array(record["values"]) for record in trace["parameters"]}
    slopes = {step["path"][5:]: array(step["values"]) for step in trace["steps"] if step["path"].startswith("grad.")}
    assert parameters.keys() <= slopes.keys()
    rng = np.random.default_rng(0)
    for name, numbers in parameters.items():
        place = tuple(int(rng.integers(0, size)) for size in numbers.shape)
        losses = []
        for by in (1e-5, -1e-5):
            nudged = numbers.copy()
            nudged[place] += by
            losses.append(float(recomputed(trace, parameters | {name: nudged})["loss"]))
        quotient = (losses[0] - losses[1]) / 2e-5
        assert slopes[name][place] == pytest.approx(quotient, rel=1e-5, abs=1e-9), (name, place)


def len_of(axis: int, step: dict[str, Any]) -> int:
    """How long an axis is by its labels, or by the shape where it has none."""
    labels = step["axes"][axis]["labels"]
    return step["shape"][axis] if labels is None else len(labels)
