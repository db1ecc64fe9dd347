"""The figure of a step: which kinds there are of it, which one it is drawn as unasked, and each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from attn_explore.explorer.drawing.maps.outline import NO_MAP
from attn_explore.explorer.drawing.plots.attention_lines import AttentionLines
from attn_explore.explorer.drawing.plots.figure import Figure
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.drawing.plots.map_figure import MapFigure
from attn_explore.explorer.drawing.plots.sheet import Sheet
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.figure_kinds import FigureKind
from attn_explore.explorer.telling import headings
from attn_explore.explorer.telling.head_sheet import PAIR, sheet_of
from attn_explore.explorer.telling.pictures import picture_of
from attn_explore.explorer.telling.planes import HEAD
from attn_explore.model.axes import sizes
from attn_explore.model.cells import Made
from attn_explore.model.dataclass import dataclass
from attn_explore.model.diagram.reading_off import diagram_of
from attn_explore.model.explain import mask_of
from attn_explore.model.naming import shown
from attn_explore.model.plots import Plot, PlotKind, PlotSpec, has_own_plot, plot_of, spec_of
from attn_explore.model.problems import Problem
from attn_explore.model.profile import OVERVIEWS
from attn_explore.model.values import Value

MAP = "map"
"""The name of the map, beside those of the overviews of all gradients."""


def figure_of(
    session: Session, wanted: str = "", kind: FigureKind | None = None, *, is_row: bool = True, head: int | None = None
) -> Figure:
    """The overview that is wanted by name, or the step that is looked at, drawn as it is asked for.

    `is_row`: the row under the cursor is meant, or its head, not all of a matrix. `head`: only this head; without it,
    all of them.
    Raises Problem for a kind that there is not of the step, and for gradients that have nothing to show there.
    """
    if wanted == MAP:
        _check_alone(wanted, kind, FigureKind.map)
        return _map(session, "")
    if wanted in OVERVIEWS:
        _check_alone(wanted, kind, FigureKind.bars, FigureKind.curves)
        return _overview(session, wanted)
    value = session.place.value
    _check_head(value, head)
    if kind is None and (is_row or _usual(value) is not FigureKind.heat):
        return plot_of(session.run.trace, value, session.place.index)
    kind = kind or FigureKind.heat
    _check_kind(value, kind)
    return _MAKERS[kind](session, is_row, _head_here(session) if is_row and head is None else head)


def _usual(value: Value) -> FigureKind:
    """A matrix is a heat map; what has a plot of its own is drawn as that."""
    if has_own_plot(value) or len(value.axes) < 2:
        return FigureKind.curves if has_own_plot(value) and spec_of(value).kind == "line" else FigureKind.bars
    return FigureKind.heat


def kinds_of(value: Value) -> list[FigureKind]:
    """The kinds of figures that there are of a step, the usual one first; the map is that of the run."""
    usual = _usual(value)
    found = [kind for kind in FigureKind if kind is not FigureKind.map and _lacks(value, kind) is None]
    return sorted(found, key=lambda kind: kind is not usual)


@dataclass(frozen=True)
class Choice:
    """A figure that there is of what is looked at, for one head or for all, and what is said of it."""

    kind: FigureKind
    head: int | None
    said: str


def choices(session: Session, sorted_by: str = "") -> Iterator[Choice]:
    """The figures that there are of the step that is looked at; of several heads, those of this one too.

    `sorted_by`: the order of those that are drawn sorted.
    """
    value, here = session.place.value, _head_here(session)
    has_heads = HEAD in value.names and value.axis(HEAD).size > 1
    for kind in kinds_of(value):
        heads = (None, here) if kind in _OF_ALL_HEADS and has_heads else (here,)
        for head in heads:
            one = f", {shown(value.axis(HEAD), head)}" if head is not None and has_heads else ""
            by = f", {sorted_by}" if sorted_by and kind in SORTED_KINDS else ""
            yield Choice(kind, head, f"{_SAID[kind]}{one or (', all heads' if has_heads else '')}{by}")
    if diagram_of(session.run.trace).towers:
        yield Choice(FigureKind.map, None, "the map of the model, with this step's box lit")


SORTED_KINDS = (FigureKind.heat, FigureKind.bars)
"""What is read along words keeps their order: lines between them, a sheet; so do curves, over numbers."""

_OF_ALL_HEADS = (FigureKind.heat, FigureKind.lines)
_SAID = {
    FigureKind.heat: "heat map",
    FigureKind.bars: "every row, in bars",
    FigureKind.curves: "every row, as curves",
    FigureKind.lines: "lines between the words",
    FigureKind.sheet: "this head on one sheet, from X to AV",
}


def _lacks(value: Value, kind: FigureKind) -> str | None:
    """Why there is no such figure of a step; None where there is."""
    is_pairs = value.names[-2:] == PAIR and value.name == "weights"
    is_of_attention = HEAD in value.names and not value.is_leaf
    reasons = {
        FigureKind.heat: None if len(value.axes) > 1 else "a heat map is of a matrix",
        FigureKind.lines: None if is_pairs else "lines are drawn of attention weights",
        FigureKind.sheet: None if is_of_attention else "a sheet is of one head of attention",
    }
    return reasons.get(kind)


def _head_here(session: Session) -> int | None:
    """The head under the cursor, where there are heads."""
    return dict(zip(session.place.value.names, session.place.index, strict=True)).get(HEAD)


def _check_kind(value: Value, kind: FigureKind) -> None:
    """Raise Problem for a figure that there is not of a step; a sheet is of any step that leads to a head's output."""
    lacks = None if kind is FigureKind.sheet else _lacks(value, kind)
    if lacks is not None:
        raise Problem(lacks, path=value.path, hint=f"there is --kind {', '.join(kinds_of(value))}")


def _check_head(value: Value, head: int | None) -> None:
    """Raise Problem for a head that a step does not have."""
    if head is None:
        return
    if HEAD not in value.names:
        raise Problem("this step has no heads", path=value.path, hint="leave --head out")
    if not 0 <= head < value.axis(HEAD).size:
        raise Problem(f"there is no head {head}", path=value.path, hint=f"there are 0 to {value.axis(HEAD).size - 1}")


def _check_alone(wanted: str, kind: FigureKind | None, *drawn: FigureKind) -> None:
    """Raise Problem for a kind that there is not of what is wanted by its own name."""
    if kind not in (None, *drawn):
        raise Problem(f"there is no {kind} of {wanted}", hint="leave --kind out")


def _overview(session: Session, wanted: str) -> Plot:
    plot = OVERVIEWS[wanted](session.run.trace)
    if plot is None:
        raise Problem(f"there is no {wanted} of these gradients", hint="ask for another number with --of")
    return plot


def _map(session: Session, present: str) -> MapFigure:
    """The model as boxes and arrows, with the box of a step lit, where there is one. Raises Problem where none ran."""
    diagram = diagram_of(session.run.trace)
    if not diagram.towers:
        raise Problem(NO_MAP, hint="plot one of its steps")
    return MapFigure(session.run.scenario.title, diagram, present)


def _heat(session: Session, is_row: bool, head: int | None) -> HeatMap:
    """A matrix, every head of it or one."""
    value = session.place.value
    picture = picture_of(value, mask_of(value))
    title = headings.title(session, value)
    if head is None:
        return HeatMap(title, value.path, picture)
    place = value.names.index(HEAD)
    axes = tuple(axis for axis in value.axes if axis.name != HEAD)
    cells = picture.array
    array = Made(sizes(axes), lambda index: cells[(*index[:place], head, *index[place:])])
    return HeatMap(f"{title}, {shown(value.axis(HEAD), head)}", value.path, replace(picture, array=array, axes=axes))


def _lines(session: Session, is_row: bool, head: int | None) -> AttentionLines:
    """Attention among the words."""
    at = session.place.index
    return AttentionLines(_heat(session, is_row, head), (at[-2], at[-1]))


def _rows(kind: PlotKind, session: Session, is_row: bool, head: int | None) -> Plot:
    """A row, or all rows of a plane beside each other; what has a plot of its own keeps what that is over."""
    value, index = session.place.value, session.place.index
    if head is not None:
        index = tuple(head if name == HEAD else at for name, at in zip(value.names, index, strict=True))
    if has_own_plot(value) or not value.axes:
        return plot_of(session.run.trace, value, index, replace(spec_of(value), kind=kind) if value.axes else None)
    lines = value.names[-2] if len(value.axes) > 1 and not is_row else None
    plot = plot_of(session.run.trace, value, index, PlotSpec(value.names[-1], lines, kind=kind))
    return plot if lines is None else replace(plot, title=f"{plot.title}, for each {lines}")


def _sheet(session: Session, is_row: bool, head: int | None) -> Sheet:
    """The attention that the step belongs to, for one head: the one that is asked for, or under the cursor."""
    return sheet_of(session.run.trace, session.place.value, (_head_here(session) or 0) if head is None else head)


_MAKERS: Mapping[FigureKind, Callable[[Session, bool, int | None], Figure]] = MappingProxyType(
    {
        FigureKind.heat: _heat,
        FigureKind.bars: lambda *asked: _rows("bars", *asked),
        FigureKind.curves: lambda *asked: _rows("line", *asked),
        FigureKind.lines: _lines,
        FigureKind.sheet: _sheet,
        FigureKind.map: lambda session, *_: _map(session, session.place.value.path),
    }
)
