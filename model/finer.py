"""The finer steps inside a step: what softmax, the norms and composed scores do on the way, one tensor at a time.

They are computed when somebody opens a step or asks for them in an export, and never kept in the trace.
"""

from __future__ import annotations

from collections.abc import Callable

from attn_explore.model.ops import COMPOSITIONS, parts_of
from attn_explore.model.recorder import Recorder
from attn_explore.model.trace import Trace
from attn_explore.model.values import Tensor, Value


def _softmax(t: Recorder, value: Value) -> None:
    """Exponentials of the scores below the row's maximum, and their sum."""
    (x,), over = value.operands, value.options["over"]
    maximum = t.maximum("maximum", x, over)
    exponentials = t.exp("exponentials", t.shift("shifted", x, maximum))
    t.sum("total", exponentials, over)


def _normalise(t: Recorder, value: Value) -> None:
    """Mean, distance from it, and variance."""
    x, over = value.operands[0], value.options["over"]
    centred = t.subtract("centred", x, _mean(t, "mean", x, over))
    _mean(t, "variance", t.square("squares", centred), over)


def _rms_normalise(t: Recorder, value: Value) -> None:
    """The mean square."""
    _mean(t, "mean_square", t.square("squares", value.operands[0]), value.options["over"])


def _mean(t: Recorder, name: str, x: Tensor, over: str) -> Value:
    """The mean over one axis, or over several: of heads that are normalised together, that of each head first."""
    first, *others = over.split()
    for axis in reversed(others):
        x = t.mean(f"{name}_of_each", x, axis)
    return t.mean(name, x, first)


def _relative(t: Recorder, value: Value) -> None:
    """The bucket of each query and key."""
    t.buckets("buckets", value.axis("query"), value.axis("key"), value.options["rules"])


PARTS: dict[str, Callable[[Recorder, Value], None]] = {
    "softmax": _softmax,
    "normalise": _normalise,
    "rms_normalise": _rms_normalise,
    "relative": _relative,
}


def has_finer(value: Value) -> bool:
    """Whether the step can be opened."""
    return not value.is_leaf and (value.made_by.name in PARTS or value.made_by.name in COMPOSITIONS)


def finer_steps(value: Value, planned: bool = False) -> list[Value]:
    """The finer steps of a step, under its own path (`….weights.exponentials`); none for most steps."""
    if not has_finer(value):
        return []
    inner = Trace(value.dtype, planned=planned)
    if value.made_by.name in PARTS:
        PARTS[value.made_by.name](Recorder(inner, value.path), value)
    else:
        for part in parts_of(COMPOSITIONS, value):
            inner.append(part)
    return list(inner.steps.values())
