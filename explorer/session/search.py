"""Finding in a run: by a text, or a cell by its name."""

from __future__ import annotations

from collections.abc import Sequence

from attn_explore.explorer.session.session import Session
from attn_explore.model.explain import Index, general_words
from attn_explore.model.lesson import Stop
from attn_explore.model.places import index_of, split_place
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.values import Value


def matches(session: Session, text: str) -> list[str]:
    """Paths of the steps and parameters that `text` is in, in order.

    It is looked for in path, title, explanation, the words along the axes, and what the lesson says there.
    """
    wanted = text.casefold().strip()
    values = (*session.place.steps, *session.run.trace.parameters.values())
    return [value.path for value in values if wanted in searchable(value, session.lesson.at(value))]


def searchable(value: Value, stops: Sequence[Stop] = ()) -> str:
    """Everything that is written about a value."""
    labels = (label for axis in value.axes for label in axis.all_labels or ())
    said = () if value.is_leaf else general_words(value)
    told = (text for stop in stops for text in (stop.say, stop.ask))
    return "\n".join((value.path, *said, *dict.fromkeys(labels), *told)).casefold()


def named(session: Session, text: str) -> tuple[Value, Index]:
    """The cell that a text names: a path or its end, and perhaps words or numbers in brackets.

    Of several steps with that end, the next one from here. Raises Problem when there is none.
    """
    wanted, parts = split_place(text.strip())
    value = session.place.find(wanted) or _ending(session, wanted)
    if value is None:
        known = (*session.run.trace.steps, *session.run.trace.parameters)
        near = nearest(wanted, known) or nearest(wanted, {path.rpartition(".")[2] for path in known})
        raise Problem("there is no such step", hint=f"did you mean {near}?" if near else "/ finds by words")
    return value, session.place.index_in(value) if parts is None else index_of(value, parts)


def _ending(session: Session, name: str) -> Value | None:
    steps, here = session.place.steps, session.place.position
    around = [*steps[here + 1 :], *steps[: here + 1], *session.run.trace.parameters.values()]
    return next((value for value in around if name and f".{value.path}".endswith(f".{name}")), None)
