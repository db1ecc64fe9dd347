"""What the explorer says about a value: shape, formula, words, and where a parameter's numbers came from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from rich.cells import cell_len

from attn_explore.explorer.drawing.arithmetic import Block, Piece, blocks, cell_name
from attn_explore.explorer.drawing.numbers import loss_text, percent, shape_text, short_number
from attn_explore.explorer.drawing.wrapping import Section
from attn_explore.explorer.session import edits, two_runs
from attn_explore.explorer.session.course import after, bundled
from attn_explore.explorer.session.moments import Moments
from attn_explore.explorer.session.place import Cell, has_cell
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.session.what_if import distances, edit_text
from attn_explore.explorer.telling.pictures import Side
from attn_explore.model import axes
from attn_explore.model.axes import Array, Axis
from attn_explore.model.explain import Index, arithmetic, chosen, hidden_reason, words
from attn_explore.model.explain import title as step_title
from attn_explore.model.formulas import formula, letter
from attn_explore.model.forward import CHAPTER
from attn_explore.model.naming import shown
from attn_explore.model.ops import is_fully_masked, is_gradient, readers_of
from attn_explore.model.scenario import read_scenario
from attn_explore.model.text import visible
from attn_explore.model.values import Value

_AFTER_LAYER = re.compile(r"(?<=\d)(?=\.)")
"""Where a long path is broken: behind the number of its layer."""


_GIVEN = {
    "tokens": ("Token ids", "each word's row in the embedding table"),
    "pad": ("Padding", "1 for each token that only fills up, 0 for the words"),
    "target": ("Targets", "the place of each word or label that should be said"),
    "target_share": ("Shares in the loss", "an equal part for each word or label that should be said"),
}
"""What is given beside the parameters: its title, and where its numbers come from."""


def title(session: Session, value: Value, side: Side = Side.one) -> str:
    """The title of a step, or what a parameter is; and which run it is of, or which two are subtracted."""
    run = f" · {_runs(session, value, side)}" if session.label or side is not Side.one else ""
    if not value.is_leaf:
        return f"{visible(step_title(value))}{run}"
    return f"{_GIVEN[value.name][0] if value.name in _GIVEN else f'Parameter {letter(value)}'}{run}"


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


def mark(session: Session, step: Value) -> str:
    """What stands beside a step in the tree: its letter, or the word that was chosen from its candidates.

    Behind that, whether it has a marked cell (★), whether it was edited (✎), and how far an edit moved it at most (Δ).
    """
    sign = letter(step) if letter(step) != step.name and not is_gradient(step) else ""
    if step.name == "candidates" and not is_gradient(step):
        sign = "?" if session.lesson.is_asked(step.path) else visible(step.axes[0].label(chosen(step)))
    moves = session.run.effect_on(step)
    most = 0.0 if moves is None else float(moves.max())
    far = f"Δ{most:.2g}" if 0 < most < 100 else f"Δ{short_number(round(most, 0))}" if most else ""
    star = "★" if session.place.is_marked(step) else ""
    return " ".join(filter(None, (sign, star, "✎" if step.changes else "", far)))


def edits_in_force(session: Session) -> list[str]:
    """The edits in force, a line each."""
    found = ((edit, session.place.find(edit.at)) for edit in session.run.scenario.edits)
    words = [f"word {place}: {visible(before)} → {visible(now)}" for place, before, now in edits.changed_words(session)]
    return [*words, *(edit_text(edit, value) for edit, value in found if value is not None)]


def _moved(session: Session, value: Value) -> str:
    found = session.run.effect_on(value)
    return "" if found is None else _most(value, found)


def _parted(session: Session, value: Value) -> str:
    """How far the two runs are apart at a value."""
    if two_runs.beside(session, value) is None:
        return "Only this run has this tensor."
    other = two_runs.subtracted(session, value)
    if other is None:
        return "The other run's tensor has another shape."
    said = "The words are not the same: cells are compared by their place. " if other.by_place else ""
    found = distances(value.array, other.numbers)
    return said + (_most(value, found) if found.any() else "Every number here is the same.")


def _most(value: Value, found: Array) -> str:
    where = tuple(int(place) for place in np.unravel_index(int(np.argmax(found)), found.shape))
    count = int(np.count_nonzero(found))
    most = f"most at {name_at(value, where)}, by {short_number(float(found[where]))}"
    return f"{count} of {found.size} numbers here are different, {most}."


def place_in_run(session: Session) -> tuple[str, int, int]:
    """What is counted (steps, or stops of a lesson), which one is looked at, and how many there are."""
    if session.lesson.is_guided:
        return "stop", session.lesson.place, len(session.lesson.stops)
    return "step", session.place.position, len(session.place.steps)


def trained(moments: Moments, moment: int) -> tuple[str, ...]:
    """How far a training had come at a moment: its steps, the loss, and the share of right answers."""
    steps, of = moments.steps[moment], moments.steps[-1]
    held_out_loss, held_out, trained_loss, right = (float(score) for score in moments.record.scores[moment])
    what, share = ("right", right) if math.isnan(held_out_loss) else ("held out", held_out)
    rate = f"{what} {percent(share)}".ljust(len(f"{what} 100%"))  # as wide at every moment
    return f"trained {steps:>{len(str(of))}} of {of} steps", f"loss {loss_text(trained_loss):<6}", rate


def chapters(session: Session) -> dict[str, str]:
    """What the passes of a generation are called in the tree, by the beginning of their paths."""
    steps = session.run.trace.steps
    ends = {path.removesuffix(".candidates"): step for path, step in steps.items() if path.startswith(CHAPTER)}
    return {
        chapter: f"word {int(chapter.rpartition('.')[2]) + 1}: "
        + ("?" if session.lesson.is_asked(step.path) else visible(step.axes[0].label(chosen(step))))
        for chapter, step in ends.items()
        if step.name == "candidates"
    }


def shape(value: Value) -> str:
    """The sizes of the axes with their names: `1 head × query 4 × key 4`."""
    return " × ".join(_size(axis) for axis in value.axes) or "one number"


def _size(axis: Axis) -> str:
    """How long an axis is. Heads are counted in words: “head 1” is the name of one of them."""
    return f"{axis.size} head{'s' * (axis.size != 1)}" if axis.name == "head" else f"{axis.name} {axis.size}"


def shape_forms(value: Value) -> tuple[str, str]:
    """The same, and the sizes alone for where there is less room: `1 × 4 × 4`."""
    return shape(value), shape_text(value.shape) or "one number"


def provenance(session: Session, value: Value) -> str:
    """Where the numbers of a parameter came from."""
    experiment = session.run.scenario.alone
    if experiment is not None:
        return "given in the scenario" if hasattr(experiment, value.name) else f"drawn by seed {experiment.seed}"
    weights = session.run.scenario.model.weights
    if value.name in _GIVEN:
        return _GIVEN[value.name][1]
    if value.path in weights.set:
        return "set by hand in the scenario"
    if value.name == "embedding_table" and session.run.scenario.input.vectors is not None:
        return "the scenario's input vectors"
    if weights.file is not None:
        after = f", after {session.moments.steps[session.run.moment]} steps of training" if session.moments else ""
        return f"read from {visible(weights.file)}{after}"
    if value.name.endswith(("norm_gain", "norm_bias")):
        return "starts as 1" if value.name.endswith("gain") else "starts as 0"
    return f"drawn by seed {weights.seed}, standard deviation {weights.scale:g}"


def why(value: Value) -> str:
    """Why the step exists, with what is remarkable in its numbers: it may name words of the scenario."""
    return visible(words(value).explanation)


def sections(session: Session, value: Value) -> list[Section]:
    """The words beside the grid."""
    return list(_sections(session, value))


def alarm(session: Session) -> str:
    """Where the first number stands that is not one, or nothing when all of them are."""
    if session.run.first_bad is None:
        return ""
    value, index = session.run.first_bad
    what = "NaN" if math.isnan(value.array[index]) else "∞"
    return f"first {what} at {cell_name(value, dict(zip(value.names, index, strict=True)))} of {value.path}"


def _sections(session: Session, value: Value) -> Iterator[Section]:
    if session.run.first_bad is not None:
        yield Section("Not every number is finite", alarm(session))
    yield from _lesson(session, value)
    if session.question is not None:
        return  # what follows speaks of the numbers
    if session.other is not None:
        yield Section(f"Compared with: {run_name(session.other)}", _parted(session, value))
    if edits.is_edited(session):
        yield Section("Edits", "\n".join(filter(None, (*edits_in_force(session), _moved(session, value)))))
    if value.is_leaf:
        yield Section(title(session, value), f"{value.path} was not computed: {provenance(session, value)}.")
    else:
        yield Section("Why this step", why(value))
        yield Section(
            "Made from", "\n".join(_source(value, each) for each in _sources(value)) or _out_of_nothing(value)
        )
    meanings = [
        f"{axis.name} ({axis.size}): {axes.MEANINGS[axis.name]}" for axis in value.axes if axis.name in axes.MEANINGS
    ]
    yield Section("Axes", "\n".join(meanings))
    yield Section("Path", _AFTER_LAYER.sub("\n", value.path))


def _lesson(session: Session, value: Value) -> Iterator[Section]:
    """What the lesson says here, or how to come back to it."""
    stop = session.stop
    if not session.lesson.is_guided:
        if stop is not None and stop.value.path == value.path and stop.say:
            yield Section("In this scenario", stop.say, is_narration=True)
        return
    lesson = session.lesson
    heading = f"Lesson · {lesson.place + 1} of {len(lesson.stops)}"
    if stop is None:
        yield Section(heading, f"← goes back to stop {lesson.place + 1}, → on to the next.")
        return
    yield Section(heading, stop.say, is_narration=True)
    if stop.ask and stop.question is None:
        yield Section("Think", stop.ask, is_narration=True)
    if lesson.is_done:
        yield Section("The end of the lesson", _end(session))


def _end(session: Session) -> str:
    """How the questions were answered, and what comes next."""
    right, later, asked = session.lesson.score
    score = f"{right} of {asked} questions answered rightly" + (f", {later} more after another try" if later else "")
    follows = next_lesson(session)
    said = (
        f"{score}." if asked else "",
        f"Next in the course: {follows}. C opens it." if follows else _LAST if _is_last(session) else "",
        "L steps through everything, Home goes back to the first stop.",
    )
    return "\n".join(filter(None, said))


_LAST = "This was the last lesson of the course: attn-explore new starts a scenario of your own."


def _is_last(session: Session) -> bool:
    """Whether it is the lesson at the end of the course."""
    return session.path is not None and session.path.resolve() == list(bundled().values())[-1]


def next_lesson(session: Session) -> str:
    """The title of the lesson that follows in the course; nothing after the last, and after those of one's own."""
    path = after(session.path) if session.path is not None else None
    return visible(_title_in(path)) if path is not None else ""


@cache
def _title_in(path: Path) -> str:
    return read_scenario(path).title


def _sources(value: Value) -> list[Value]:
    """What a value was computed from; of a gradient, the gradients that were passed back to it."""
    if is_gradient(value) and readers_of(value):
        return [value.operands[reader.first].value for reader in readers_of(value)]
    return [view.value for view in value.operands]


def _out_of_nothing(value: Value) -> str:
    return str(value.options["when"]) if value.made_by.name == "measured" else "the positions alone"


def _source(value: Value, operand: Value) -> str:
    """An operand's letter and path; the path is left short where it is in the same block."""
    block = value.path.rpartition(".")[0]
    path = operand.path.removeprefix(f"{block}.")
    return path if letter(operand) == path else f"{letter(operand)}  {path}"


def way(session: Session, room: int) -> str:
    """The cells along which numbers were followed up to the one that is looked at.

    The first are left out for room, and those that only another run had, before an edit.
    """
    shown = name_at(session.place.value, session.place.index)
    for name in filter(None, (_name_at(session, cell) for cell in reversed(session.place.trail))):
        if cell_len(f"… › {name} › {shown}") > room:
            return f"… › {shown}{_noted(session)}"
        shown = f"{name} › {shown}"
    return f"{shown}{_noted(session)}"


def name_at(value: Value, index: Index) -> str:
    """How a cell is called."""
    return cell_name(value, dict(zip(value.names, index, strict=True)))


def _name_at(session: Session, cell: Cell) -> str:
    """How a cell is called; nothing where the run does not have it."""
    value = session.place.find(cell.path)
    return name_at(value, cell.index) if value is not None and has_cell(value, cell.index) else ""


def _noted(session: Session) -> str:
    note = cell_note(session.place.value, session.place.index)
    return f" · {note}" if note else ""


def cell_note(value: Value, index: Index) -> str:
    """What has to be said about a cell: that it is masked, and why."""
    reason = hidden_reason(value, index)
    if reason is None:
        return ""
    at = dict(zip(value.names, index, strict=True))
    if value.made_by.name == "softmax" and is_fully_masked(value, at):
        return f"row fully masked: {shown(value.axis('query'), at['query'])} may see nothing"
    query, key = (shown(value.axis(name), at[name]) for name in ("query", "key"))
    return f"masked ({reason}): {query} may not see {key}"


def cell_blocks(
    session: Session, value: Value, index: Index, unfolded: bool = False, terse: bool = False
) -> list[Block]:
    """Where the number of a cell comes from: its arithmetic, or what is said of one that was not computed."""
    if value.is_changed_at(index):
        number = short_number(float(value.array[index]))
        note = "   edited" if value.is_leaf else "   edited, instead of:"
        edited = Block(
            (
                (
                    Piece(name_at(value, index), "name"),
                    Piece(" = ", "sign"),
                    Piece(number, "result"),
                    Piece(note, "note"),
                ),
            )
        )
        return [edited, *(() if value.is_leaf else blocks(arithmetic(value, index), unfolded, terse))]
    if not value.is_leaf:
        return blocks(arithmetic(value, index), unfolded, terse)
    name = cell_name(value, dict(zip(value.names, index, strict=True)))
    number = short_number(float(value.array[index]))
    equals = Piece(" = ", "sign")
    source = Piece(f"   {provenance(session, value)}", "note")
    return [Block(((Piece(name, "name"), equals, Piece(number, "result"), source),))]
