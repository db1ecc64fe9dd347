"""Plots: a row of numbers, or several, over what they depend on, with the names and units of both.

A plot is data: the screen, the picture and the table of numbers are all made from the same `Plot`. Every step has one;
a row of `SPECS` says where another than the row under the cursor is worth looking at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index, title
from attn_explore.model.formulas import letter, name_in_formulas
from attn_explore.model.naming import shown_labels
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

PlotKind = Literal["line", "bars"]


@dataclass(frozen=True, eq=False)
class Curve:
    """One line, or one row of bars: a number for each place along x.

    `name` is empty where there is only one. At the places of `gaps` there is no number: `y` is NaN there.
    """

    name: str
    y: Array
    gaps: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Plot:
    """Curves over one x. The labels say the unit in brackets where there is one: `entropy (nats)`.

    `x` are numbers, or the labels of categories. The cursor reads the place `marked` along x, and is on the curve
    `chosen`.
    """

    title: str
    x_label: str
    y_label: str
    x: Array | Sequence[str]
    curves: tuple[Curve, ...]
    kind: PlotKind = "line"
    log_x: bool = False
    log_y: bool = False
    marked: int = 0
    chosen: int = 0


@dataclass(frozen=True)
class PlotSpec:
    """How a step is plotted.

    `along` is the axis that runs along x; `lines`, where there is one, the axis that has a curve for each index. The
    cursor fixes all others. `x` is the path of the step, parameter or given value that holds the coordinates along x;
    without it they are the labels of the axis (along a line their numbers, where they are some), or its numbers from 0.
    """

    along: str
    lines: str | None = None
    x: str | None = None
    x_label: str = ""
    y_label: str = ""
    kind: PlotKind = "line"
    log_x: bool = False
    log_y: bool = False


def _over_multiplier(lines: str | None, x: str, y_label: str) -> PlotSpec:
    return PlotSpec("multiplier", lines, x, x_label="multiplier a", y_label=y_label)


def _over_width(y_label: str, lines: str | None = "scaling", *, log_y: bool = False) -> PlotSpec:
    return PlotSpec("width", lines, "experiment.widths", x_label="dₖ", y_label=y_label, log_x=True, log_y=log_y)


def _over_training(along: str, y_label: str, *, log_y: bool = False) -> PlotSpec:
    return PlotSpec(along, x_label="steps of training", y_label=y_label, log_y=log_y)


_CURVE, _GROWN = "experiment.curve.multipliers", "experiment.multipliers"

_OF_EXPERIMENTS = {
    "curve.probabilities": _over_multiplier("logit", _CURVE, "share y"),
    "curve.others": _over_multiplier("logit", _CURVE, "share of the others"),
    "curve.slopes": _over_multiplier("logit", _CURVE, "slope ∂yᵢ/∂xᵢ"),
    "grown.probabilities": _over_multiplier("logit", _GROWN, "share y"),
    "grown.jacobian": _over_multiplier("j", _GROWN, "∂yᵢ/∂xⱼ"),
    "grown.largest_entry": _over_multiplier(None, _GROWN, "largest entry"),
    "mean": _over_width("mean of the scores"),
    "mean_deviation": _over_width("distance from 0 (standard errors)"),
    "variance": _over_width("variance of the scores", log_y=True),
    "theory": _over_width("variance that theory says", log_y=True),
    "variance_deviation": _over_width("distance from theory (standard errors)"),
    "histogram": PlotSpec("bin", x_label="score", y_label="share of the scores", kind="bars"),
    "entropy": _over_width("entropy (nats)"),
    "gradient": _over_width("mean size of the Jacobian"),
    "each_query": _over_width("length of the gradient", None, log_y=True),
    **{
        f"{name}_{what}": _over_width(f"{what.removesuffix('s')} of the gradient", log_y=True)
        for name in ("query", "key", "embedding")
        for what in ("medians", "norms")
    },
    "learning_rate": _over_training("step", "learning rate"),
    "loss": _over_training("step", "loss (nats)", log_y=True),
    "held_out_loss": _over_training("moment", "loss (nats)", log_y=True),
    "held_out_right": _over_training("moment", "share that is right"),
    "trained_loss": _over_training("moment", "loss (nats)", log_y=True),
    "trained_right": _over_training("moment", "share that is right"),
}
"""How steps of experiments are plotted, by their path under `experiment.`."""

SPECS: Mapping[str, PlotSpec] = MappingProxyType({f"experiment.{name}": spec for name, spec in _OF_EXPERIMENTS.items()})
"""How steps are plotted, by their path. Any other step is plotted as the row under the cursor, in bars."""


def plot_of(trace: Trace, value: Value, index: Index, wanted: PlotSpec | None = None) -> Plot:
    """What is plotted of `value` while the cursor is at `index`: as is wanted, or as its step is plotted."""
    if not value.axes:
        return Plot(
            _title(value),
            "",
            name_in_formulas(value),
            (name_in_formulas(value),),
            (Curve("", _numbers(value.array[None])),),
            "bars",
        )
    spec, at = wanted or spec_of(value), dict(zip(value.names, index, strict=True))
    along, lines = value.axis(spec.along), value.axis(spec.lines) if spec.lines else None
    kept = (lines.name, along.name) if lines else (along.name,)
    rows = np.atleast_2d(_numbers(_row(value, kept, at)))
    names = _names(lines) if lines else ("",)
    return Plot(
        title=_title(value, {name: place for name, place in at.items() if name not in kept}),
        x_label=spec.x_label or along.name,
        y_label=spec.y_label or name_in_formulas(value),
        x=_numbers(_row(trace[spec.x], (along.name,), at)) if spec.x else _places(along, spec.kind),
        curves=tuple(Curve(name, row) for name, row in zip(names, rows, strict=True)),
        kind=spec.kind,
        log_x=spec.log_x,
        log_y=spec.log_y,
        marked=at[along.name],
        chosen=at[lines.name] if lines else 0,
    )


def has_own_plot(value: Value) -> bool:
    """Whether more than the row under the cursor is plotted."""
    return value.path in SPECS


def spec_of(value: Value) -> PlotSpec:
    """How a value with axes is plotted."""
    return SPECS.get(value.path) or PlotSpec(along=value.names[-1], kind="bars")


def cell_further(value: Value, index: Index, right: int = 0, down: int = 0) -> Index:
    """The cell that many places further along x, and that many curves further, or rows; the last one at the end."""
    if not value.axes:
        return index
    along, rows = _ways(value)
    ways = {along: right} | ({rows: down} if rows else {})
    found = zip(value.axes, index, strict=True)
    return tuple(max(0, min(axis.size - 1, place + ways.get(axis.name, 0))) for axis, place in found)


def _ways(value: Value) -> tuple[str, str | None]:
    """The axis along x, and the one along which there are other curves or rows: the last that is longer than 1."""
    spec = spec_of(value)
    others = [axis.name for axis in value.axes if axis.name != spec.along and axis.size > 1]
    return spec.along, spec.lines or (others[-1] if others else None)


def _row(value: Value, kept: tuple[str, ...], at: Mapping[str, int]) -> Array:
    """The numbers along the axes `kept`, in that order, at the cursor's place along every other axis."""
    found = value[tuple(slice(None) if name in kept else at[name] for name in value.names)]
    order = [name for name in value.names if name in kept]
    return found.transpose([order.index(name) for name in kept])


def _numbers(array: Array) -> Array:
    return array.astype(np.float64)


def _title(value: Value, fixed: Mapping[str, int] = MappingProxyType({})) -> str:
    """What the step is called, and which row of it this is."""
    own = letter(value) if value.is_leaf else title(value)
    places = (_name(value.axis(name), place) for name, place in fixed.items() if value.axis(name).size > 1)
    row = ", ".join(places)
    return f"{own}: {row}" if row else own


def _names(axis: Axis) -> Sequence[str]:
    """What the curves along an axis are called."""
    return shown_labels(axis) or tuple(_name(axis, place) for place in range(axis.size))


def _name(axis: Axis, place: int) -> str:
    """A place along an axis by itself: `head 0`, `query love`, `token dog 7`; `a = 10` says of what it is."""
    labels = shown_labels(axis)
    label = labels[place] if labels else axis.label(place)
    return label if axis.name == "head" or " = " in label else f"{axis.name} {label}"


def _places(axis: Axis, kind: PlotKind) -> Array | Sequence[str]:
    """Where the places along an axis are: where their labels are numbers, a line is drawn over these."""
    labels = shown_labels(axis)
    if labels is None:
        return np.arange(axis.size)
    is_numbered = kind == "line" and all(label.isascii() and label.isdecimal() for label in labels)
    return np.array(labels, np.float64) if is_numbered else labels
