"""What a name that is typed would lead to: examples at first, then the steps of that name, then the places in one."""

from __future__ import annotations

from collections.abc import Iterator

from attn_explore.explorer.drawing.blocks import Block, Piece, Role
from attn_explore.explorer.drawing.wrapping import wrapped
from attn_explore.explorer.session import search
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.cell_text import name_at
from attn_explore.explorer.telling.found import found_blocks, found_title
from attn_explore.model.formulas import letter
from attn_explore.model.naming import has_name, name_along
from attn_explore.model.places import listed_along
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible
from attn_explore.model.values import Value

_EXAMPLES = "Type a name, and in brackets a place along each axis. For example:"
_NOTHING = "Nothing is called so. Esc, then / finds by words."


def going_title(session: Session, text: str) -> str:
    """How many steps and parameters a name may mean; for a cell, where Enter goes."""
    if not text.strip():
        return "Go to"
    if "[" not in text:
        return found_title(search.candidates(session, text))
    try:
        return f"Go to {name_at(*search.named(session, text))}"
    except Problem:
        return "Go to"


def going_blocks(session: Session, text: str, fault: str, width: int, lines: int) -> list[Block]:
    """What is wrong with a name, and what may be typed: examples, the names that fit, or the places along the axes."""
    said = list(_said(fault, "wrong", width))
    if not text.strip():
        return [*said, *(block for row in _examples(session) for block in _said(row, "label", width))]
    if "[" in text:
        return [*said, *(block for row in _places(session, text) for block in _said(row, "label", width))]
    paths = search.candidates(session, text)
    found = found_blocks(session, paths, width, lines - len(said))
    return [*said, *(found or _said(_NOTHING, "note", width))]


def _said(text: str, role: Role, width: int) -> Iterator[Block]:
    return (Block(((Piece(line, role),),)) for line in wrapped(text, width) if line)


def _examples(session: Session) -> Iterator[str]:
    """Names that this run has: of a step, of one of its cells, also by its letter, and of a parameter."""
    steps, parameters = session.place.steps, list(session.run.trace.parameters)
    step = next((step for step in steps if step.name == "weights"), steps[-1])
    cell = ", ".join(name_along(axis, axis.size - 1) for axis in step.axes if has_name(axis))
    named = [step.name, *(f"{name}[{cell}]" for name in dict.fromkeys((step.name, letter(step))) if cell)]
    yield _EXAMPLES
    yield visible(f"  {', '.join([*named, *(name.rpartition('.')[2] for name in parameters[:1])])}")


def _places(session: Session, text: str) -> Iterator[str]:
    """What there is along each axis of the step whose name was typed."""
    try:
        value, _ = search.named(session, text.partition("[")[0])
    except Problem:
        yield _NOTHING
    else:
        yield visible(value.path)
        yield from _along_axes(value)


def _along_axes(value: Value) -> Iterator[str]:
    return (f"  {axis.name}: {listed_along(axis)}" for axis in value.axes if has_name(axis))
