"""What stands over the numbers: title, formula and shape, and what a run is called."""

from __future__ import annotations

from attn_explore.explorer.drawing.numbers import shape_text
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.pictures import Side
from attn_explore.explorer.telling.provenance import GIVEN, provenance
from attn_explore.model.axes import Axis
from attn_explore.model.explain import title as step_title
from attn_explore.model.formulas import formula, letter
from attn_explore.model.text import visible
from attn_explore.model.values import Value


def title(session: Session, value: Value, side: Side = Side.one) -> str:
    """The title of a step, or what a parameter is; and which run it is of, or which two are subtracted."""
    run = f" · {_runs(session, value, side)}" if session.label or side is not Side.one else ""
    return f"{title_alone(value)}{run}"


def title_alone(value: Value) -> str:
    """The title of a step, or what a parameter is."""
    if not value.is_leaf:
        return visible(step_title(value))
    return GIVEN[value.name][0] if value.name in GIVEN else f"Parameter {letter(value)}"


def where(value: Value) -> str:
    """Where in the model a value is: `encoder · layer 0 · self-attention`."""
    parts = iter(visible(value.path).split(".")[:-1])
    named = (f"layer {next(parts, '')}" if part == "layers" else part.replace("_", "-") for part in parts)
    return " · ".join(named)


def _runs(session: Session, value: Value, side: Side) -> str:
    own = run_name(session)
    if session.other is None or side is Side.one:
        return own
    other = run_name(session.other)
    if two_runs.beside(session, value) is None:
        return f"{own} ({other} has no such step)"
    if side is Side.beside:
        return own
    found = two_runs.subtracted(session, value)
    if found is None:
        return f"{own} ({other} has another shape)"
    return f"{own} − {other}{', place by place' if found.by_place else ''}"


def run_name(session: Session) -> str:
    """What one of two runs is called."""
    return visible(session.label or "first run")


def equation(session: Session, value: Value, side: Side = Side.one) -> str:
    """The formula of a step, or where a parameter's numbers came from; of a difference, what is subtracted."""
    if side is Side.difference and session.other is not None and two_runs.subtracted(session, value) is not None:
        own, other = (f"{letter(value)} of {run_name(run)}" for run in (session, session.other))
        return f"Δ{letter(value)} = {own} − {other}"
    return provenance(session, value) if value.is_leaf else formula(value)


def shape(value: Value) -> str:
    """The sizes of the axes with their names: `1 head × query 4 × key 4`."""
    return " × ".join(_size(axis) for axis in value.axes) or "one number"


def _size(axis: Axis) -> str:
    """How long an axis is. Heads are counted in words: “head 1” is the name of one of them."""
    return f"{axis.size} head{'s' * (axis.size != 1)}" if axis.name == "head" else f"{axis.name} {axis.size}"


def shape_forms(value: Value) -> tuple[str, str]:
    """The same, and the sizes alone for where there is less room: `1 × 4 × 4`."""
    return shape(value), shape_text(value.shape) or "one number"
