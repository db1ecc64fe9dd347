"""The words beside the numbers: the lesson, the other run, the edits, why the step exists and what it is made from."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from attn_explore.explorer.drawing.arithmetic import cell_name
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.drawing.wrapping import Section
from attn_explore.explorer.session import edits, two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.session.what_if import distances, edit_text, farthest
from attn_explore.explorer.telling.cell_text import name_at
from attn_explore.explorer.telling.headings import run_name, title
from attn_explore.explorer.telling.lesson_text import Onward, lesson_sections
from attn_explore.explorer.telling.provenance import provenance
from attn_explore.model import axes
from attn_explore.model.axes import Array
from attn_explore.model.cells import Cells, Made, sample
from attn_explore.model.explain import words
from attn_explore.model.formulas import letter
from attn_explore.model.ops import is_gradient, readers_of
from attn_explore.model.text import figure, visible
from attn_explore.model.values import Value


def sections(session: Session, value: Value, onward: Onward | None = None) -> list[Section]:
    """The words beside the grid; `onward` says where a lesson leads to, if it leads anywhere."""
    return list(_sections(session, value, onward))


def _sections(session: Session, value: Value, onward: Onward | None) -> Iterator[Section]:
    if session.run.first_bad is not None:
        yield Section("Not every number is finite", alarm(session))
    yield from lesson_sections(session, value, onward)
    if session.question is not None:
        return  # what follows speaks of the numbers
    if session.other is not None:
        yield Section(f"Compared with: {run_name(session.other)}", difference_of_runs(session, value))
    if edits.is_edited(session):
        yield Section("Edits", "\n".join(filter(None, (*edits_in_force(session), _effect_of_edits(session, value)))))
    if value.is_leaf:
        yield Section(title(session, value), explanation(session, value))
    else:
        yield Section("Why this step", explanation(session, value))
        yield Section(
            "Made from", "\n".join(_operand_line(value, each) for each in _operands(value)) or _without_operands(value)
        )
    meanings = [
        f"{axis.name} ({axis.size}): {axes.MEANINGS[axis.name]}" for axis in value.axes if axis.name in axes.MEANINGS
    ]
    if meanings:
        yield Section("Axes", "\n".join(meanings))
    yield Section("Path", value.path)


def difference_of_runs(session: Session, value: Value) -> str:
    """How far the two runs are apart at a value."""
    if two_runs.beside(session, value) is None:
        return "Only this run has this tensor."
    other = two_runs.subtracted(session, value)
    if other is None:
        return "The other run's tensor has another shape."
    note = "The words are not the same: cells are compared by their place. " if other.by_place else ""
    if value.is_large:
        return note + _sampled(value, other.numbers)
    found = distances(value.array, np.asarray(other.numbers[()]))
    return note + (_differences(value, found) if found.any() else "Every number here is the same in both runs.")


def _effect_of_edits(session: Session, value: Value) -> str:
    """How far the edits changed a value."""
    before = session.run.before(value) if value.is_large else None
    if before is not None:
        return _sampled(value, before)
    found = session.run.effect_on(value)
    return "" if found is None else _differences(value, found)


def _sampled(value: Value, other: Cells) -> str:
    """How many numbers are different in a sample of a value that is too large to be held, and by how much most."""
    found = sample(value, Made(value.shape, lambda index: distances(value[index], other[index])))
    count, most = int(np.count_nonzero(found)), short_number(float(found.max(initial=0)))
    verb = "is" if count == 1 else "are"
    far = f"{figure(count)} {verb} different, by {most} at most" if count else "none is different"
    return f"Too large to be compared as a whole: of {figure(found.size)} numbers from all over it, {far}."


def _differences(value: Value, found: Array) -> str:
    """How many numbers of a value are different, and where and by how much most."""
    where = farthest(found)
    count, far = int(np.count_nonzero(found)), short_number(float(found[where]))
    if found.size == 1:
        return f"{name_at(value, where)} is different, by {far}."
    verb, most = ("is", "") if count == 1 else ("are", "most ")
    return f"{count} of {found.size} numbers here {verb} different, {most}at {name_at(value, where)}, by {far}."


def edits_in_force(session: Session) -> list[str]:
    """The edits in force, a line each."""
    found = ((edit, session.place.find(edit.at)) for edit in session.run.scenario.edits)
    words = [f"word {place}: {visible(before)} → {visible(now)}" for place, before, now in edits.changed_words(session)]
    return [*words, *(edit_text(edit, value) for edit, value in found if value is not None)]


def alarm(session: Session) -> str:
    """Where the first number stands that is not one, or nothing when all of them are."""
    if session.run.first_bad is None:
        return ""
    value, index = session.run.first_bad
    what = "NaN" if math.isnan(value[index]) else "∞"
    return f"first {what} at {cell_name(value, dict(zip(value.names, index, strict=True)))} of {value.path}"


def explanation(session: Session, value: Value) -> str:
    """Why a step exists, or where a parameter came from."""
    return f"{value.path} was not computed: {provenance(session, value)}." if value.is_leaf else why(value)


def why(value: Value) -> str:
    """Why the step exists, with what is remarkable in its numbers: it may name words of the scenario."""
    return visible(words(value).explanation)


def _operands(value: Value) -> list[Value]:
    """What a value was computed from; of a gradient, the gradients that were passed back to it."""
    if is_gradient(value) and readers_of(value):
        return [value.operands[reader.first].value for reader in readers_of(value)]
    return [view.value for view in value.operands]


def _operand_line(value: Value, operand: Value) -> str:
    """An operand's letter and path; the path is left short where it is in the same block."""
    block = value.path.rpartition(".")[0]
    path = operand.path.removeprefix(f"{block}.")
    return path if letter(operand) == path else f"{letter(operand)}  {path}"


def _without_operands(value: Value) -> str:
    return str(value.options["when"]) if value.made_by.name == "measured" else "the positions alone"
