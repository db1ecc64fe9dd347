"""The Jacobian of softmax, ∂yᵢ/∂xⱼ = yᵢ(δᵢⱼ − yⱼ): derived, checked in two other ways, and watched as it shrinks."""

from __future__ import annotations

from collections.abc import Mapping

from attn_explore.model.axes import Axis
from attn_explore.model.experiments.given import Given, along, logits_and_multipliers, numbered
from attn_explore.model.notation import scaled, symbol
from attn_explore.model.ops import Factor
from attn_explore.model.recorder import Recorder
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.values import Tensor, Value

NUDGE = 1e-5
"""How far a logit is moved to see what that does: small beside it, large beside the rounding of float64."""


def given(experiment: Experiment) -> Mapping[str, Given]:
    """The logits x and their multipliers a."""
    return logits_and_multipliers(experiment)


def record(t: Recorder, experiment: Experiment) -> None:
    """The matrix by the quotient rule, by finite differences and by the walk backwards; then for growing logits."""
    count = len(experiment.logits)
    i, j = numbered("i", "y", count), numbered("j", "x", count)
    x = t.parameter("logits")
    e = t.exp("exponentials", t.shift("shifted", x, t.maximum("maximum", x, over="logit")))
    total = t.sum("total", e, over="logit")
    y = t.divide("probabilities", e, total)
    identity = t.identity("identity", i, j)
    quotients = derive(t, e, total, identity)
    jacobian = t.multiply("jacobian", along(y, "logit", i), t.subtract("rest", identity, along(y, "logit", j)))
    measured = measure(t.inside("finite"), x, identity)
    carried = by_backward(t.inside("backward"), x, identity)
    compare(t.inside("check"), jacobian, quotients, measured, carried)
    grow(t.inside("grown"), x, t.parameter("multipliers"), identity)


def derive(t: Recorder, e: Value, total: Value, identity: Value) -> Value:
    """yᵢ = eᵢ/S, so ∂yᵢ/∂xⱼ = (∂eᵢ/∂xⱼ·S − eᵢ·∂S/∂xⱼ)/S², with ∂eᵢ/∂xⱼ = eᵢδᵢⱼ and ∂S/∂xⱼ = eⱼ. Returns (i, j)."""
    i, j = identity.axes
    e_i, e_j = along(e, "logit", i), along(e, "logit", j)
    own = t.multiply("own_terms", t.multiply("exponential_slopes", e_i, identity), total)
    numerators = t.subtract("numerators", own, t.multiply("shared_terms", e_i, e_j))
    return t.divide("quotients", numerators, t.square("squared_total", total))


def measure(t: Recorder, x: Tensor, identity: Value) -> Value:
    """(y(x + h·δⱼ) − y(x − h·δⱼ))/2h: each logit moved a little, up and down. Column j is what xⱼ does, (i, j)."""
    i, _ = identity.axes
    nudges = t.scale("nudges", identity, Factor(NUDGE, symbol("h")))
    logits = along(x, "logit", i)
    above = t.softmax("probabilities_above", t.add("logits_above", logits, nudges), over="i")
    below = t.softmax("probabilities_below", t.subtract("logits_below", logits, nudges), over="i")
    return t.scale(
        "slopes", t.subtract("changes", above, below), Factor.one_over(2 * NUDGE, scaled(symbol("2"), symbol("h")))
    )


def by_backward(t: Recorder, x: Tensor, identity: Value) -> Value:
    """What the derivative that every run's gradients use makes of each yᵢ alone, (i, j)."""
    _, j = identity.axes
    y = t.softmax("probabilities", x, over="logit")
    return t.softmax_backward("jacobian", "i j", identity, along(y, "logit", j), over="j")


def compare(t: Recorder, jacobian: Value, *others: Value) -> None:
    """How far the other ways are from yᵢ(δᵢⱼ − yⱼ): at each entry, and at most (method)."""
    methods = Axis("method", len(others), ("quotient rule", "differences", "backward"))
    deviations = t.subtract("deviations", t.stack("matrices", "method i j", (methods,), *others), jacobian)
    _largest(t, deviations, "disagreement")


def grow(t: Recorder, x: Tensor, multipliers: Tensor, identity: Value) -> None:
    """The same matrix for every multiple of the logits, (multiplier, i, j), and its largest entry."""
    i, j = identity.axes
    y = t.softmax("probabilities", t.multiply("scaled_logits", multipliers, x), over="logit")
    rest = t.subtract("rest", identity, along(y, "logit", j), axes="multiplier i j")
    _largest(t, t.multiply("jacobian", along(y, "logit", i), rest), "largest_entry")


def _largest(t: Recorder, matrices: Value, name: str) -> Value:
    """The largest entry by size of each matrix (…, i, j)."""
    return t.maximum(name, t.maximum("largest_in_row", t.absolute("sizes", matrices), over="j"), over="i")
