"""The choices that a model is made of, each a short function and a line of a table.

A new score, weighting, position, norm or activation is one function here and one line below it; its name is then added
to the scenario format in `config.py`. What a choice depends on beside its name, it reads from the `Architecture`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from attn_explore.model.architecture import Architecture, Rotary
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.ops import Numbering
from attn_explore.model.recorder import Recorder
from attn_explore.model.values import Tensor, Value

Axes = tuple[Axis, ...]
NamedAxes = Iterator[tuple[str, Axes]]
"""Names and axes of parameters."""


# --- scores: how alike a query and a key are. q: (head, query, d_k), k: (head, key, d_k); returns (head, query, key)


def dot(t: Recorder, q: Tensor, k: Tensor) -> Value:
    """QKᵀ (Vaswani et al. 2017, section 3.2.1)."""
    return t.contract("scores", "head query key", q, k)


def additive(t: Recorder, q: Tensor, k: Tensor) -> Value:
    """tanh(Q·W_SQ + K·W_SK)·v (Bahdanau et al. 2014, appendix A.1.2)."""
    w_q, w_k = t.parameter("w_score_q"), t.parameter("w_score_k")
    hidden = t.additive("additive_hidden", "head query key d_score", q, w_q, k, w_k)
    return t.contract("scores", "head query key", hidden, t.parameter("v_score"))


def general(t: Recorder, q: Tensor, k: Tensor) -> Value:
    """Q·W_S·Kᵀ (Luong et al. 2015, section 3.1)."""
    return t.bilinear("scores", "head query key", q, t.parameter("w_score"), k.renamed(d_k="d_score"))


def cosine(t: Recorder, q: Tensor, k: Tensor) -> Value:
    """QKᵀ/(|Q||K|) (Graves et al. 2014, section 3.3.1)."""
    return t.cosine("scores", "head query key", q, k)


def _no_parameters(*_axes: Axis) -> NamedAxes:
    return iter(())


def _of_additive(head: Axis, d_k: Axis) -> NamedAxes:
    hidden = d_k.renamed("d_score")
    yield from (("w_score_q", (head, d_k, hidden)), ("w_score_k", (head, d_k, hidden)), ("v_score", (head, hidden)))


def _of_general(head: Axis, d_k: Axis) -> NamedAxes:
    yield "w_score", (head, d_k, d_k.renamed("d_score"))


@dataclass(frozen=True)
class Score:
    """A score, its parameters (from the axes of the heads and of d_k), and whether it is divided by √dₖ."""

    compute: Callable[[Recorder, Tensor, Tensor], Value]
    parameters: Callable[[Axis, Axis], NamedAxes] = _no_parameters
    is_scaled: bool = False


SCORES: Mapping[str, Score] = {
    "dot": Score(dot),
    "scaled_dot": Score(dot, is_scaled=True),
    "additive": Score(additive, _of_additive),
    "general": Score(general, _of_general),
    "cosine": Score(cosine),
}


# --- weightings: from scores to attention weights. x, returned: (head, query, key)


def softmax(t: Recorder, x: Tensor) -> Value:
    """eˣ/Σeˣ over the keys."""
    return t.softmax("weights", x, over="key")


def sparsemax(t: Recorder, x: Tensor) -> Value:
    """max(0, x − τ), where τ makes a row sum to 1 (Martins & Astudillo 2016)."""
    return t.sparsemax("weights", x, over="key")


def hardmax(t: Recorder, x: Tensor) -> Value:
    """1 for the best key, 0 for the others."""
    return t.hardmax("weights", x, over="key")


def relu(t: Recorder, x: Tensor) -> Value:
    """max(0, x): rows need not sum to 1 (Wortsman et al. 2023)."""
    return t.activation("weights", "relu", x)


def sigmoid(t: Recorder, x: Tensor) -> Value:
    """1/(1 + e⁻ˣ): each key is weighed alone (Ramapuram et al. 2024)."""
    return t.activation("weights", "sigmoid", x)


WEIGHTINGS: Mapping[str, Callable[[Recorder, Tensor], Value]] = {
    "softmax": softmax,
    "relu": relu,
    "sigmoid": sigmoid,
    "sparsemax": sparsemax,
    "hardmax": hardmax,
}


# --- positions: added to the embeddings (token, d_model), turning q and k (head, token, d_k), or a bias of the scores


def sinusoidal(t: Recorder, embedding: Tensor, numbering: Numbering, config: Architecture) -> Value:
    """Waves from fast to slow (Vaswani et al. 2017, section 3.5)."""
    return t.sinusoid("position", *embedding.axes[-2:], numbering=numbering, waves=config.waves)


def learned(t: Recorder, embedding: Tensor, numbering: Numbering, _config: Architecture) -> Value:
    """A learned vector for each position (Gehring et al. 2017)."""
    return t.rows("position", t.parameter("position_table"), embedding.axes[-2], numbering)


def rotary(t: Recorder, name: str, x: Tensor, turns: Rotary) -> Value:
    """Pairs of columns turned by the position (Su et al. 2021)."""
    return t.rotate(name, x, turns)


def alibi(t: Recorder, q: Tensor, k: Tensor, numbering: Numbering, config: Architecture) -> Value:
    """A bias that grows with the distance (Press et al. 2021), or with the position of the key (Bloom)."""
    axes = (q.axis("head"), q.axis("query"), k.axis("key"))
    if config.alibi_by_key:
        return t.key_position("position_bias", *axes, numbering)
    return t.distance("position_bias", *axes)


def _of_learned(positions: Axis, d_model: Axis) -> NamedAxes:
    yield "position_table", (positions, d_model)


@dataclass(frozen=True)
class Position:
    """Where the order of the tokens enters; `parameters` from the axes of the positions and of d_model.

    What is `added` has to know which position each token has; the others mostly know distances alone.
    """

    added: Callable[[Recorder, Tensor, Numbering, Architecture], Value] | None = None
    turned: Callable[[Recorder, str, Tensor, Rotary], Value] | None = None
    bias: Callable[[Recorder, Tensor, Tensor, Numbering, Architecture], Value] | None = None
    parameters: Callable[[Axis, Axis], NamedAxes] = _no_parameters


POSITIONS: Mapping[str, Position] = {
    "none": Position(),
    "sinusoidal": Position(added=sinusoidal),
    "learned": Position(added=learned, parameters=_of_learned),
    "rotary": Position(turned=rotary),
    "alibi": Position(bias=alibi),
}


# --- norms, over the axes of the gain. x, returned: the same axes


def layer_norm(t: Recorder, name: str, x: Tensor, config: Architecture) -> Tensor:
    """(x − μ)/√(σ² + ε)·γ + β (Ba et al. 2016)."""
    gain, bias = in_parts(t.parameter(f"{name}_gain")), in_parts(t.parameter(f"{name}_bias"))
    over, plus_one = " ".join(gain.names), config.gain_plus_one
    return t.normalise(name, x, gain, bias, over=over, eps=config.norm_eps, plus_one=plus_one)


def rms_norm(t: Recorder, name: str, x: Tensor, config: Architecture) -> Tensor:
    """x/√(mean(x²) + ε)·γ (Zhang & Sennrich 2019)."""
    gain = in_parts(t.parameter(f"{name}_gain"))
    over, plus_one = " ".join(gain.names), config.gain_plus_one
    return t.rms_normalise(name, x, gain, over=over, eps=config.norm_eps, plus_one=plus_one)


def no_norm(_t: Recorder, _name: str, x: Tensor, _config: Architecture) -> Tensor:
    """As it came."""
    return x


def in_parts(gain: Value) -> Tensor:
    """A parameter of heads side by side as one of each head; others as they are."""
    return gain.split(gain.names[-1]) if gain.axes[-1].parts else gain


@dataclass(frozen=True)
class Norm:
    """A norm, and the endings of the names of its parameters, each of the size of what is normalised."""

    apply: Callable[[Recorder, str, Tensor, Architecture], Tensor]
    parameters: tuple[str, ...] = ()


NORMS: Mapping[str, Norm] = {
    "layer": Norm(layer_norm, ("gain", "bias")),
    "rms": Norm(rms_norm, ("gain",)),
    "none": Norm(no_norm),
}


# --- activations: from a token's vector to its hidden units. x: (token, d_model), returned: (token, d_ff)


def plain(function: str, t: Recorder, x: Tensor) -> Value:
    """f(xW₁ + b₁) (Vaswani et al. 2017, section 3.3)."""
    hidden = t.contract("hidden_pre", "token d_ff", x, t.parameter("w_1"), t.optional("b_1"))
    return t.activation("hidden", function, hidden)


def gated(function: str, t: Recorder, x: Tensor) -> Value:
    """f(xW_gate) ⊙ xW_up (Shazeer 2020)."""
    gate = t.contract("gate", "token d_ff", x, t.parameter("w_gate"), t.optional("b_gate"))
    up = t.contract("up", "token d_ff", x, t.parameter("w_up"), t.optional("b_up"))
    return t.activation("hidden", function, gate, up)


def _of_plain(d_model: Axis, d_ff: Axis) -> NamedAxes:
    yield from (("w_1", (d_model, d_ff)), ("b_1", (d_ff,)), ("w_2", (d_ff, d_model)), ("b_2", (d_model,)))


def _of_gated(d_model: Axis, d_ff: Axis) -> NamedAxes:
    for name in ("gate", "up"):
        yield from ((f"w_{name}", (d_model, d_ff)), (f"b_{name}", (d_ff,)))
    yield from (("w_2", (d_ff, d_model)), ("b_2", (d_model,)))


@dataclass(frozen=True)
class Activation:
    """How hidden units come about, and the parameters of the whole feed-forward network, with every bias."""

    compute: Callable[[Recorder, Tensor], Value]
    parameters: Callable[[Axis, Axis], NamedAxes]


def _gated(function: str) -> Activation:
    return Activation(partial(gated, function), _of_gated)


ACTIVATIONS: Mapping[str, Activation] = {
    **{name: Activation(partial(plain, name), _of_plain) for name in ("relu", "gelu", "gelu_tanh", "silu")},
    **{name: _gated(name) for name in ("swiglu", "geglu")},
}

GATED: Mapping[str, Activation] = {
    "relu": _gated("reglu"),
    "gelu": _gated("geglu"),
    "gelu_tanh": _gated("geglu_tanh"),
    "silu": _gated("swiglu"),
}
"""What the activations are where they bend a gate."""


def hidden_units(config: Architecture) -> Activation:
    """How the hidden units of a model come about."""
    return GATED[config.activation] if config.gated else ACTIVATIONS[config.activation]
