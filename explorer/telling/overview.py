"""What is plotted of all gradients of a run together, with a cursor of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.plots import Plot
from attn_explore.model.profile import OVERVIEWS
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


@dataclass(frozen=True, eq=False)
class Overview:
    """A plot of the gradients of `trace`; `value` has its curves as rows, and is what the cursor moves in."""

    name: str
    trace: Trace
    plot: Plot
    value: Value

    def drawn(self, index: Index) -> Plot:
        """The plot with the cursor at a cell of the value."""
        return replace(self.plot, chosen=index[0], marked=index[1])


def overview(trace: Trace, name: str) -> Overview | None:
    """The overview of a run that is called `name`; None where its gradients have nothing to show there."""
    plot = OVERVIEWS[name](trace)
    if plot is None:
        return None
    numbers = np.array([curve.y for curve in plot.curves])
    curves = Axis("curve", len(plot.curves), tuple(curve.name for curve in plot.curves))
    places = Axis("place", numbers.shape[1], plot.x if isinstance(plot.x, tuple) else None)
    return Overview(name, trace, plot, Value(f"gradients.{name}", (curves, places), numbers.dtype, held=numbers))
