"""Finding in a run: by a text, or a cell by its name."""

from __future__ import annotations

from collections.abc import Sequence

from attn_explore.explorer.session.session import Session
from attn_explore.model.explain import Index, general_words
from attn_explore.model.finer import finer_steps
from attn_explore.model.formulas import letter
from attn_explore.model.labels import Labels
from attn_explore.model.lesson import Stop
from attn_explore.model.places import index_of, paths_named, split_place, the_path
from attn_explore.model.values import Value

_OTHERWISE = "type a part of its name; Esc, then / finds by words"
"""What to do about a name that is like no other."""


def matches(session: Session, text: str) -> list[str]:
    """Paths of the steps and parameters that `text` is in, in order.

    It is looked for in path, title, explanation, the words along the axes, and what the lesson says there.
    """
    wanted = text.strip()
    values = (*session.place.steps, *session.run.trace.parameters.values())
    return [value.path for value in values if _is_in(wanted, value, session.lesson.at(value))]


def _is_in(text: str, value: Value, stops: Sequence[Stop]) -> bool:
    """Whether a text is in what is written about a value, or is a word of a vocabulary that is not laid out."""
    vocabularies = (axis.labels for axis in value.axes if isinstance(axis.labels, Labels))
    return text.casefold() in searchable(value, stops) or any(labels.place(text) is not None for labels in vocabularies)


def searchable(value: Value, stops: Sequence[Stop] = ()) -> str:
    """Everything that is written about a value, but for the words of a vocabulary that is not laid out."""
    laid_out = (axis.all_labels for axis in value.axes if isinstance(axis.all_labels, tuple))
    labels = (label for words in laid_out for label in words)
    said = () if value.is_leaf else general_words(value)
    told = (text for stop in stops for text in (stop.say, stop.ask))
    return "\n".join((value.path, *said, *dict.fromkeys(labels), *told)).casefold()


def named(session: Session, text: str) -> tuple[Value, Index]:
    """The cell that a text names: a path, its end or a letter, and perhaps places in brackets.

    Of several steps with that name, the next one from here. Raises Problem when there is none.
    """
    name, places = split_place(_closed(text.strip()))
    value = _at(session, the_path(name, _from_here(session, _paths(session, name))[:1], _known(session), _OTHERWISE))
    if places is None:
        return value, session.place.index_in(value)
    return value, index_of(value, places, _head(session))


def _head(session: Session) -> int:
    """The head that is looked at; the first where there are none."""
    value, index = session.place.value, session.place.index
    return dict(zip(value.names, index, strict=True)).get("head", 0)


def _closed(text: str) -> str:
    """A name with its bracket closed: while one types it is open."""
    return text if "[" not in text or text.endswith("]") else f"{text}]"


def candidates(session: Session, name: str) -> list[str]:
    """The paths that a name may mean, the one that `named` takes first; then those that it is a part of."""
    wanted = name.strip()
    meant = _from_here(session, paths_named(wanted, _known(session)) or _lettered(session, wanted))
    parts = (path for path in _known(session) if wanted.casefold() in path.casefold())
    return list(dict.fromkeys((*meant, *parts))) or _paths(session, wanted)


def _from_here(session: Session, paths: list[str]) -> list[str]:
    """Paths in the order of the steps from here on."""
    steps, here = [step.path for step in session.place.steps], session.place.position
    order = {path: (place - here - 1) % len(steps) for place, path in enumerate(steps)}
    return sorted(paths, key=lambda path: order.get(path, len(steps)))


def only(session: Session, name: str) -> Value:
    """The step, finer step or parameter that a name means. Raises Problem where there are several, or none."""
    return _at(session, the_path(name, _paths(session, name), _known(session)))


def _known(session: Session) -> list[str]:
    trace = session.run.trace
    return [*(step.path for step in session.place.steps), *trace.parameters, *trace.given]


def _paths(session: Session, name: str) -> list[str]:
    """What a name may mean: steps and parameters, else finer steps that are not open, else what has that letter."""
    trace = session.run.trace
    found = paths_named(name, _known(session))
    if not found:
        found = paths_named(name, [inner.path for step in trace.steps.values() for inner in finer_steps(step, True)])
    return found or _lettered(session, name)


def _lettered(session: Session, name: str) -> list[str]:
    trace = session.run.trace
    return [value.path for value in (*trace.steps.values(), *trace.parameters.values()) if letter(value) == name]


def _at(session: Session, path: str) -> Value:
    value = session.place.find(path)
    assert value is not None  # noqa: S101 (paths are those of the run)
    return value
