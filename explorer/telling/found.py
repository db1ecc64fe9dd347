"""What a text that is typed leads to, as lines of a list: how many there are, what each is, and where it leads."""

from __future__ import annotations

from collections.abc import Iterator

from attn_explore.explorer.drawing.blocks import Piece, Row
from attn_explore.explorer.drawing.numbers import fitted, most_cells, shortened
from attn_explore.explorer.session.finding import Finding, Found, Kind
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.cell_text import name_at
from attn_explore.explorer.telling.headings import title_alone, where
from attn_explore.model.formulas import letter
from attn_explore.model.naming import has_name, name_along
from attn_explore.model.text import figure, visible
from attn_explore.model.values import Value

_KIND, _GAP = 10, 2
_NAMED = (16, 34)
"""Cells of the column of names, at least and at most."""
_WITH_TITLE = 72
"""With so many cells for what is said of a step, its title stands before its place."""

_NOTHING = "Nothing is like this. / also looks for words of a text, of an explanation and of a key."
_EXAMPLES = "A name, and in brackets a place along each axis:"


def found_title(finding: Finding) -> str:
    """How many were found of how many there are, and of each kind: `12 of 340 · 9 steps · 2 words · 1 key`."""
    found, total = sum(finding.counts.values()), sum(finding.totals.values())
    so_far = "" if finding.is_done else " so far"
    kinds = [_counted(kind, finding.counts[kind]) for kind in Kind if finding.counts[kind]]
    of = f" of {figure(total)}" if total >= found else ""
    return " · ".join((f"{figure(found)}{of}{so_far}", *kinds))


def _counted(kind: Kind, count: int) -> str:
    return f"{figure(count)} {kind.value}{'s' * (count != 1)}"


def found_notes(session: Session, finding: Finding, text: str, *, by_name: bool) -> list[Piece]:
    """What stands over the lines: what is wrong with a name, or what may be typed."""
    if not finding.found and finding.is_done:
        return [Piece(finding.fault, "wrong") if finding.fault else Piece(_NOTHING, "note")]
    if by_name and not text.strip():
        return [Piece(f"{_EXAMPLES} {', '.join(examples(session))}", "note")]
    return []


def examples(session: Session) -> Iterator[str]:
    """Names that this run has: of a step, of one of its cells, also by its letter, and of a parameter."""
    steps, parameters = session.place.steps, list(session.run.trace.parameters)
    step = next((step for step in steps if step.name == "weights"), steps[-1])
    cell = ", ".join(name_along(axis, axis.size - 1) for axis in step.axes if has_name(axis))
    yield visible(step.name)
    yield from (visible(f"{name}[{cell}]") for name in dict.fromkeys((step.name, letter(step))) if cell)
    yield from (visible(name.rpartition(".")[2]) for name in parameters[:1])


def found_row(session: Session, found: Found, width: int) -> Row:
    """A line: what it is, its name, and where it leads; the name of a cell is whole where that is possible at all."""
    value = None if found.kind is Kind.key else session.place.peek(found.path)
    name = _name(found, value)
    column = min(_NAMED[1], max(_NAMED[0], width // 5))
    whole = min(most_cells(name), width - _KIND - _GAP) if found.kind is Kind.cell else 0
    room = max(0, width - _KIND - max(column, whole) - _GAP)
    return (
        Piece(f"{found.kind.value:<{_KIND}}", "note"),
        Piece(f"{fitted(name, max(column, whole))}{' ' * _GAP}", "label"),
        Piece(_leads_to(found, value, room), "name"),
    )


def _name(found: Found, value: Value | None) -> str:
    """What is found by its name: keys, a word, a cell, or the last part of a path."""
    if found.kind is Kind.key:
        return found.name.partition("\n")[0]
    if found.kind is Kind.cell and value is not None and found.index is not None:
        return visible(name_at(value, found.index))
    return found.name.rpartition(".")[2] if found.kind in (Kind.step, Kind.parameter) else found.name


def _leads_to(found: Found, value: Value | None, room: int) -> str:
    """Where that is, or what a key does."""
    if value is None or found.index is None:
        return shortened(" · ".join(found.name.split("\n")[1:]), room) if value is None else _place(value, room)
    if found.kind is Kind.word:
        return shortened(f"{visible(name_at(value, found.index))}   {visible(value.path)}", room)
    return _place(value, room)


def _place(value: Value, room: int) -> str:
    """The title of a step and where in the model it is; where there is little room, where it is."""
    title, place = title_alone(value), where(value) or "the model"
    if room < _WITH_TITLE:
        return shortened(f"{place} · {title}" if len(place) + len(title) + 3 <= room else place, room)
    half = room * 9 // 20
    return f"{fitted(title, half - _GAP)}{' ' * _GAP}{shortened(place, room - half)}"
