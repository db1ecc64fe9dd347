"""Sessions with curves to plot: tables over other things than words, with a row in the table of plots."""

import numpy as np
import pytest

from attn_explore.explorer.session.session import Session
from attn_explore.model import plots
from attn_explore.model.axes import Array, Axis
from attn_explore.model.plots import PlotSpec
from attn_explore.model.values import Value
from tests.explorer.conftest import session_of


def add(session: Session, name: str, axes: tuple[Axis, ...], numbers: Array) -> Value:
    """A table of numbers among the parameters of a run."""
    value = Value(name, axes, np.dtype("float64"), held=np.asarray(numbers, np.float64))
    session.run.trace.parameters[name] = session.run.trace.unedited[name] = value  # type: ignore[assignment]
    return value


def saturation(monkeypatch: pytest.MonkeyPatch, place: int = 40, curve: int = 2) -> Session:
    """softmax([a, a, 2a]) for a from 0 to 100: three curves, of which two are the same."""
    session, a = session_of("i-love-my-dog"), np.linspace(0, 100, 401)
    exponentials = np.exp(np.stack([-a, -a, 0 * a], axis=1))
    along, keys = Axis("multiplier", a.size), Axis("key", 3, ("y₁", "y₂", "y₃"))
    add(session, "a", (along,), a)
    table = exponentials / exponentials.sum(axis=1, keepdims=True)
    y = add(session, "y", (along, keys), table)
    spec = PlotSpec("multiplier", lines="key", x="a", x_label="a", y_label="softmax of (a, a, 2a)")
    monkeypatch.setattr(plots, "SPECS", {"y": spec})
    session.place.show(y, (place, curve))
    return session


def vanishing(monkeypatch: pytest.MonkeyPatch) -> Session:
    """Two curves that fall over many powers of ten, over powers of two."""
    session, d_k = session_of("i-love-my-dog"), 2.0 ** np.arange(13)
    along, ways = Axis("d_k", d_k.size), Axis("way", 2, ("without scaling", "divided by √dₖ"))
    add(session, "d", (along,), d_k)
    norms = add(session, "g", (along, ways), np.stack([np.exp(-(d_k**0.6)), 0.3 + 0 * d_k], axis=1))
    spec = PlotSpec("d_k", "way", "d", x_label="dₖ", y_label="norm of the gradient", log_x=True, log_y=True)
    monkeypatch.setattr(plots, "SPECS", {"g": spec})
    session.place.show(norms, (5, 0))
    return session


def grouped(monkeypatch: pytest.MonkeyPatch) -> Session:
    """Three bars for each word, some of them below zero, one missing."""
    session = session_of("i-love-my-dog")
    kinds, words = Axis("kind", 3, ("one", "two", "three")), Axis("key", 4, ("I", "love", "我喜歡", "dog"))
    table = np.array([[0.3, 0.8, 0.4, -1.3], [0.9, 0.5, -0.5, 0.6], [0.4, 0.2, np.nan, 0.5]])
    bars = add(session, "b", (kinds, words), table)
    monkeypatch.setattr(plots, "SPECS", {"b": PlotSpec("key", "kind", kind="bars", y_label="share (1)")})
    session.place.show(bars, (1, 2))
    return session
