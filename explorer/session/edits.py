"""What-if edits: making them, taking them back, and what they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from attn_explore.explorer.session.change_moment import run_at
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.model.problems import Problem
from attn_explore.model.run import run as run_model
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.scenario.tokens import reading_stack
from attn_explore.model.scenario_gradients import with_gradients, with_output
from attn_explore.model.trace import Listener


class NewWord(NamedTuple):
    """Another word at a place of the input."""

    place: int
    word: str


Change = Edit | NewWord

ChangedWord = tuple[int, str, str]
"""Place, word before, word now."""


# --- runs with other edits: for another thread to make


def run_with(session: Session, change: Change, on_step: Listener | None = None) -> Run:
    """The run with one more edit, or another word of the input. Raises Problem when it does not fit."""
    scenario = session.run.scenario
    if isinstance(change, NewWord):
        return _run_again(session, scenario.with_word(change.place, change.word), on_step)
    return run_edited(session, (change,), on_step)


def run_edited(session: Session, edits: Sequence[Edit], on_step: Listener | None = None) -> Run:
    """The run with some more edits. Raises Problem when one does not fit."""
    scenario = session.run.scenario
    return _run_again(session, replace(scenario, edits=(*scenario.edits, *edits)), on_step)


def run_without_edits(session: Session, on_step: Listener | None = None) -> Run:
    """The run without any edit."""
    return _run_again(session, replace(session.run.scenario, edits=(), input=session.first.input), on_step)


def _run_again(session: Session, scenario: Scenario, on_step: Listener | None) -> Run:
    session.need_whole()
    before = session.run
    trace = run_model(
        replace(scenario, gradients=None),
        on_step,
        before=before.trace,
        second=session.other.run.trace if session.other else None,
        record=session.moments.record if session.moments else None,
        moment=before.moment,
    )
    trace = with_gradients(trace, scenario)
    is_edited = bool(scenario.edits) or scenario.tokens() != session.first.tokens()
    unedited = (before.unedited or before.trace) if is_edited else None
    return Run(with_output(scenario, trace), trace, unedited, before.moment)


# --- taking them, and going back


def take_edited(session: Session, run: Run) -> None:
    """Go on to a run with other edits; `undo` comes back from it."""
    session.history.leave(session.run)
    session.take(run)


def undo(session: Session, run: Run | None = None) -> bool:
    """Go back to the run before the last edit, or to what `at_this_moment` made of it; False when there is none."""
    return _go_to(session, session.history.back(session.run), run)


def redo(session: Session, run: Run | None = None) -> bool:
    """Make the edit again that was undone, likewise; False when there is none."""
    return _go_to(session, session.history.forward(session.run), run)


def _go_to(session: Session, kept: Run | None, run: Run | None) -> bool:
    if kept is not None:
        session.take(run or at_this_moment(session, kept))
    return kept is not None


def at_this_moment(session: Session, run: Run, on_step: Listener | None = None) -> Run:
    """A run at the moment that one has gone to since; as it was where it has no other."""
    if run.moment == session.run.moment:
        return run
    second = session.other.run.trace if session.other else None
    try:
        return run_at(session, session.run.moment, run.scenario, second, on_step)
    except Problem:
        return run


# --- what is edited


def word_here(session: Session) -> str:
    """The word of the input in whose embedding the cursor stands; nothing elsewhere, in padding and in vectors."""
    scenario, place = session.run.scenario, session.place
    has_words = scenario.input.vectors is None and scenario.checkpoint is None  # those have tokens: Ctrl+T reads others
    tokens = scenario.tokens() if has_words else ()
    is_embedding = place.value.path == f"{reading_stack(scenario.model)}.embedding"
    return tokens[place.index[0]] if is_embedding and place.index[0] < len(tokens) else ""


def changed_words(session: Session) -> list[ChangedWord]:
    """The words of the input that are others now. Each key asks for it: the same input is not split again for that."""
    first, scenario = session.first, session.run.scenario
    if first.input is scenario.input and first.checkpoint is scenario.checkpoint:
        return []
    pairs = zip(first.tokens(), scenario.tokens(), strict=True)
    return [(place, before, now) for place, (before, now) in enumerate(pairs) if before != now]


def is_unsaved(session: Session) -> bool:
    """Whether there are edits, here or in the run beside this one, that no file has."""
    runs = [each for each in (session, session.other) if each is not None and is_edited(each)]
    return any(_edits(each.run.scenario) != _edits(each.saved) for each in runs)


def _edits(scenario: Scenario) -> object:
    return scenario.edits, scenario.tokens()


def is_edited(session: Session) -> bool:
    """Whether the run is another one than the scenario's without edits."""
    return bool(session.run.scenario.edits or changed_words(session))
