"""Curves and bars as a picture (SVG), or their numbers with every digit (CSV, JSON)."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from attn_explore.explorer.drawing.numbers import short_power
from attn_explore.explorer.drawing.plots.heat_files import NOT_FINITE
from attn_explore.explorer.drawing.plots.layout import LINES_TO_A_TICK, Drawing, Scale, Tick, lay_out, shown, thinned
from attn_explore.explorer.drawing.png import LETTERS
from attn_explore.model.axes import Array
from attn_explore.model.plots import Plot
from attn_explore.model.text import visible

FORMAT = "attn-explore-plot"
VERSION = 1

WIDTH, HEIGHT = 960, 600
"""Size of a picture in its own units."""

TICKS = 12
"""So many there are along an axis."""

FEW = 60
"""Up to so many points, each has a dot."""

CSS = ".axis.x path { display: none; }"
"""The line at the first tick is no axis: that may be anywhere."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f7f7f")
"""Of curves, as colour-blind people tell them apart (Okabe and Ito 2008)."""

DASHES = ("none", "8,4", "2,3", "10,3,2,3", "14,6", "5,2", "2,6", "12,2,2,2,2,2")
"""Of lines, for who sees no colours."""


def plot_csv(plot: Plot) -> bytes:
    """A line for each place along x: where it is, and what each curve is there. Empty where there is no number."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    names = [curve.name or plot.y_label for curve in plot.curves]
    lines.writerow(map(visible, [plot.x_label, *names]))
    places = map(repr, plot.x.tolist()) if isinstance(plot.x, np.ndarray) else map(visible, plot.x)
    columns = (["" if math.isnan(y) else repr(y) for y in curve.y.tolist()] for curve in plot.curves)
    lines.writerows(zip(places, *columns, strict=True))
    return written.getvalue().encode()


def plot_json(plot: Plot) -> bytes:
    """Strict JSON with everything that the plot holds. What is not finite is a string, as in an exported trace."""
    plain = {
        "format": FORMAT,
        "version": VERSION,
        "title": plot.title,
        "kind": plot.kind,
        "x": {
            "label": plot.x_label,
            "logarithmic": plot.log_x,
            "values": _numbers(plot.x) if isinstance(plot.x, np.ndarray) else list(plot.x),
        },
        "y": {"label": plot.y_label, "logarithmic": plot.log_y},
        "curves": [{"name": curve.name, "values": _numbers(curve.y)} for curve in plot.curves],
    }
    return f"{json.dumps(plain, ensure_ascii=False, allow_nan=False)}\n".encode()


def _numbers(array: Array) -> list[float | str]:
    return [number if math.isfinite(number) else NOT_FINITE[repr(number)] for number in array.tolist()]


def plot_svg(plot: Plot) -> bytes:
    """A picture that stands by itself: no script, no font, no style from elsewhere. The same plot, the same bytes."""
    pygal = _pygal()
    drawing = lay_out(plot, WIDTH, TICKS * LINES_TO_A_TICK)
    chart = (pygal.Histogram if drawing.has_bars else pygal.XY)(**_looks(drawing))
    draw = _bars if drawing.has_bars else _points
    for curve in shown(plot):
        dashes = "none" if drawing.has_bars else DASHES[curve % len(DASHES)]
        chart.add(visible(plot.curves[curve].name), draw(drawing, curve), stroke_style={"dasharray": dashes})
    for curve in () if drawing.has_bars else shown(plot):
        chart.add(None, _name_beside(drawing, curve), show_dots=True, dots_size=0)
    chart.add_xml_filter(_without_scripts)
    picture: bytes = chart.render()
    return picture


def _pygal() -> Any:
    """The library that draws, which is needed for this alone; without its hook in the imports of the whole program."""
    import sys

    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "PluginImportFixer"]
    return pygal


def _looks(drawing: Drawing) -> dict[str, Any]:
    from pygal.style import Style

    plot, x_scale, y_scale = drawing.plot, drawing.places.scale, drawing.y_scale
    part = f" ({len(shown(plot))} of {len(plot.curves)} curves)" if len(shown(plot)) < len(plot.curves) else ""
    return {
        "title": f"{visible(plot.title)}{part}",
        "x_title": visible(plot.x_label),
        "y_title": visible(plot.y_label),
        "x_labels": _labels(drawing.places.ticks(TICKS)),
        "y_labels": _labels(drawing.y_ticks),
        "xrange": (x_scale.low, x_scale.high),
        "range": (y_scale.low, y_scale.high),
        "x_value_formatter": _number_at(x_scale),
        "value_formatter": _number_at(y_scale),
        "show_legend": len(plot.curves) > 1,
        "truncate_legend": -1,
        "legend_at_bottom": True,
        "print_labels": True,
        "allow_interruptions": True,
        "show_dots": drawing.places.at.size <= FEW,
        "dots_size": 3,
        "width": WIDTH,
        "height": HEIGHT,
        "explicit_size": True,
        "no_prefix": True,
        "js": (),
        "css": ("file://style.css", "file://graph.css", f"inline:{CSS}"),
        "style": Style(
            background="white",
            plot_background="white",
            colors=COLOURS,
            font_family=LETTERS,
            opacity="0.85",
            label_font_size=12,
            value_label_font_size=12,
            guide_stroke_color="#cccccc",
            major_guide_stroke_color="#cccccc",
        ),
    }


def _labels(ticks: list[Tick]) -> list[dict[str, Any]]:
    return [{"value": tick.at, "label": tick.label} for tick in ticks]


def _number_at(scale: Scale) -> Callable[[float], str]:
    """How a place on a scale is written: the number that stands there."""
    return lambda at: short_power(f"{scale.number(at):.6g}")


def _points(drawing: Drawing, curve: int) -> list[tuple[float, float] | None]:
    """The points of a line; None where it has a gap."""
    at, ys = drawing.places.at, drawing.y_scale.at(drawing.plot.curves[curve].y)
    points = ((float(at[place]), float(ys[place])) for place in thinned(ys, 4 * WIDTH))
    return [point if all(map(math.isfinite, point)) else None for point in points]


def _name_beside(drawing: Drawing, curve: int) -> list[dict[str, Any]]:
    """A point of a line with its name, for who cannot tell the colours of the legend: each line's at another x."""
    there, curves = [point for point in _points(drawing, curve) if point], shown(drawing.plot)
    if not there or len(curves) == 1:
        return []
    point = there[len(there) * (2 * (curve - curves.start) + 1) // (2 * len(curves))]
    return [{"value": point, "label": visible(drawing.plot.curves[curve].name)}]


def _bars(drawing: Drawing, curve: int) -> list[tuple[float, float, float]]:
    """Bars as their height and edges."""
    left, right = drawing.bars(curve)
    ys = drawing.y_scale.at(drawing.plot.curves[curve].y)
    bars = ((float(y), float(a), float(b)) for y, a, b in zip(ys, left, right, strict=True))
    return [bar for bar in bars if math.isfinite(bar[0])]


def _without_scripts(root: Any) -> Any:
    """The tree of a picture without the scripts that would show tooltips, and without the day it was made on."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == "script" or callable(child.tag):  # of comments the tag is a function
                parent.remove(child)
    return root
