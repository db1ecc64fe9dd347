"""Figures of a tensor in the order in which its rows and columns are sorted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeGuard

import numpy as np

from attn_explore.explorer.drawing.order import OWN, Order
from attn_explore.explorer.drawing.plots.figure import Figure, titled
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.figures import SORTED_KINDS
from attn_explore.explorer.telling.pictures import picture_of
from attn_explore.explorer.telling.sorting import Sortings, order_of
from attn_explore.explorer.telling.sorting_names import sortings_named
from attn_explore.model.axes import Array, Axis
from attn_explore.model.explain import mask_of
from attn_explore.model.labels import as_labels
from attn_explore.model.naming import shown_short
from attn_explore.model.plots import Curve, Plot, has_own_plot
from attn_explore.model.problems import Problem
from attn_explore.model.values import Value


def order_in_figures(value: Value, sortings: Sortings) -> Order:
    """The order of a value in its figures; its own where it has a plot of its own, over something else."""
    return OWN if has_own_plot(value) else order_of(picture_of(value, mask_of(value)), value.path, sortings)


def sorted_as_named(figure: Figure, session: Session, names: Sequence[str]) -> Figure:
    """The figure of what is looked at, sorted as a command line says. Raises Problem where that cannot be."""
    value, index = session.place.value, session.place.index
    order = order_in_figures(value, sortings_named(names, value, index))
    _check_sorted(figure, order)
    return in_order(figure, order)


def in_order(figure: Figure, order: Order) -> Figure:
    """The figure with its rows and columns in an order, which its title tells; one that is not sorted as it is."""
    if order.is_own or not _is_sorted(figure):
        return figure
    drawn = _heat_map(figure, order) if isinstance(figure, HeatMap) else _bars(figure, order)
    return titled(drawn, f"{figure.title}, {order.said[0]}")


def _is_sorted(figure: Figure) -> TypeGuard[HeatMap | Plot]:
    """Whether there is another order for a figure than its own."""
    return isinstance(figure, HeatMap) or (isinstance(figure, Plot) and figure.kind == "bars")


def _check_sorted(figure: Figure, order: Order) -> None:
    """Raise Problem for a figure that cannot be drawn in an order that was asked for."""
    if order.is_own or not _is_sorted(figure):
        kinds = " or ".join(SORTED_KINDS)
        raise Problem("this figure is not sorted", hint=f"leave --sort out, or take --kind {kinds} of a matrix")
    if order.rows is not None and isinstance(figure, Plot) and len(figure.curves) == 1:
        raise Problem("there is nothing to sort: this figure is of one row", hint="sort its columns, or plot the step")


def _heat_map(figure: HeatMap, order: Order) -> HeatMap:
    """The names of rows and columns move with them, so that a file needs to know of no order."""
    picture = figure.picture.ordered(order)
    *leading, columns = figure.picture.axes
    axes = (*leading[:-1], *(_moved(rows, order.rows) for rows in leading[-1:]), _moved(columns, order.columns))
    return replace(figure, picture=replace(picture, axes=axes, order=OWN))


def _moved(axis: Axis, places: Array | None) -> Axis:
    """An axis whose places are named by what stands there now; each in a way that means one of the others no more."""
    if places is None:
        return axis
    return Axis(axis.name, axis.size, tuple(_name(axis, int(place)) for place in places))


def _name(axis: Axis, place: int) -> str:
    labels = None if axis.labels is None else as_labels(axis.labels)
    return labels.label(place) if labels is not None and labels.is_unique(place) else shown_short(axis, place)


def _bars(plot: Plot, order: Order) -> Plot:
    """A row of bars for each curve; what is marked stays marked."""
    row, column = order.drawn_along
    curves = [_curve(curve, order.columns, column) for curve in plot.curves]
    if order.rows is not None and len(curves) == len(order.rows):
        curves, chosen = [curves[int(place)] for place in order.rows], row(plot.chosen)
    else:
        chosen = plot.chosen
    x = plot.x if order.columns is None else tuple(str(plot.x[int(place)]) for place in order.columns)
    return replace(plot, x=x, curves=tuple(curves), marked=column(plot.marked), chosen=chosen)


def _curve(curve: Curve, columns: Array | None, drawn: Callable[[int], int]) -> Curve:
    y = curve.y if columns is None else np.asarray(curve.y)[columns]
    return replace(curve, y=y, gaps=tuple(sorted(drawn(gap) for gap in curve.gaps)))
