"""Finding in a run: by a text, or a cell by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from attn_explore.explorer.session.session import Session
from attn_explore.model.explain import Index, general_words
from attn_explore.model.labels import Labels
from attn_explore.model.lesson import Stop
from attn_explore.model.passes import in_first_pass
from attn_explore.model.places import index_of, split_typed, the_path
from attn_explore.model.problems import Problem
from attn_explore.model.step_names import paths_meant
from attn_explore.model.text import clip
from attn_explore.model.values import Value

_OTHERWISE = "type a part of its name; Esc, then / finds by words"
"""What to do about a name that is like no other."""
_LONGEST = 60


def matches(session: Session, text: str) -> list[str]:
    """Paths of the steps and parameters that `text` is in, in order.

    It is looked for in path, title, explanation, the words along the axes, and what the lesson says there.
    """
    wanted = text.strip()
    values = (*session.place.steps, *session.run.trace.parameters.values())
    return [value.path for value in values if is_in(wanted, value, session.lesson.at(value))]


def is_in(text: str, value: Value, stops: Sequence[Stop] = ()) -> bool:
    """Whether a text is in what is written about a value, or is a word of a vocabulary that is not laid out."""
    wanted = text.casefold()
    vocabularies = (axis.labels for axis in value.axes if isinstance(axis.labels, Labels))
    return any(wanted in part for part in written(value, stops)) or any(
        labels.place(text) is not None for labels in vocabularies
    )


def written(value: Value, stops: Sequence[Stop] = ()) -> Iterator[str]:
    """What is written about a value, in small letters, but for the words of a vocabulary that is not laid out."""
    yield value.path.casefold()
    if not value.is_leaf:
        yield _in_small_letters(general_words(value))
    for axis in value.axes:
        if isinstance(labels := axis.all_labels, tuple):
            yield _in_small_letters(labels)
    for stop in stops:
        yield _in_small_letters((stop.say, stop.ask))


@lru_cache(maxsize=4096)
def _in_small_letters(texts: tuple[str, ...]) -> str:
    """Texts with a line each; many steps have the same."""
    return "\n".join(texts).casefold()


def named(session: Session, text: str) -> tuple[Value, Index]:
    """The cell that a text names: a path, its end or a letter, and perhaps places in brackets.

    Of several steps with that name, the next one from here; of a cell, the one that is looked at. Raises Problem when
    there is none.
    """
    name, places = split_typed(text)
    known = known_paths(session)
    meant = from_here(session, paths_meant(name, known, session.run.trace))
    if places is not None:
        meant = here_first(session, meant)
    value = _at(session, the_path(name, meant[:1], known, _OTHERWISE))
    return value, cell_in(session, value, places)


def cell_in(session: Session, value: Value, places: list[str] | None) -> Index:
    """The cell at some places, in the head that is looked at where none is named; without places, under the cursor."""
    if places is None:
        return session.place.index_in(value)
    here = dict(zip(session.place.value.names, session.place.index, strict=True))
    return index_of(value, places, here.get("head", 0))


def from_here(session: Session, paths: list[str]) -> list[str]:
    """Paths in the order of the steps from here on."""
    steps, here = [step.path for step in session.place.steps], session.place.position
    order = {path: (place - here - 1) % len(steps) for place, path in enumerate(steps)}
    return sorted(paths, key=lambda path: order.get(path, len(steps)))


def here_first(session: Session, paths: list[str]) -> list[str]:
    """Paths with that of the step that is looked at before the others."""
    here = session.place.value.path
    return sorted(paths, key=lambda path: path != here)


def only(session: Session, name: str) -> Value:
    """The step, finer step or parameter that a name means. Raises Problem where there are several, or none."""
    known = known_paths(session)
    meant = paths_meant(name, known, session.run.trace)
    if not meant and in_first_pass(name).startswith("candidates.") and "candidates" in known:
        what = f"{clip(name, _LONGEST)} is of a sampler, and none was asked about"
        raise Problem(what, hint="--sampler 'temperature 0.8, top-k 40' makes its steps")
    return _at(session, the_path(name, meant, known))


def known_paths(session: Session) -> list[str]:
    """The paths of all steps, parameters and given values."""
    trace = session.run.trace
    return [*(step.path for step in session.place.steps), *trace.parameters, *trace.given]


def _at(session: Session, path: str) -> Value:
    value = session.place.find(path)
    assert value is not None  # noqa: S101 (paths are those of the run)
    return value
