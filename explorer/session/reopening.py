"""The command line that opens what is looked at again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from attn_explore.explorer.session.course import bundled, is_model
from attn_explore.explorer.session.edits import changed_words
from attn_explore.explorer.session.gallery import block_of
from attn_explore.explorer.session.opening import is_trace
from attn_explore.explorer.session.session import Session
from attn_explore.model.config import InputConfig
from attn_explore.model.formulas import output_name
from attn_explore.model.naming import bracketed
from attn_explore.model.ops import is_gradient
from attn_explore.model.scenario import read_scenario

EDITED = "the edits are not part of it: s saves them"
COMPARED = "the other run is not part of it"
VARIANT = "it opens the gallery: Enter there opens the variant"
SECOND = "it opens the other run: c leads from there to this one"


def command(session: Session, view: str = "") -> str:
    """What is typed to come back: the run, what it reads, the moment, the gradients, the cell, and how it is shown."""
    opens = "gallery" if session.variant else "run"
    return shlex.join(["attn-explore", opens, *_parts(session, "" if session.variant else view)])


def left_out(session: Session) -> str:
    """What that does not bring back; nothing where it brings back all."""
    other = session.other
    if session.variant:
        return VARIANT
    if session.run.scenario.edits != session.first.edits or changed_words(session):
        return EDITED
    if other is None or session.run.scenario.compare is not None:
        return ""
    return COMPARED if other.run.scenario.compare is None else SECOND


def _parts(session: Session, view: str) -> Iterator[str]:
    scenario, place = session.run.scenario, session.place
    path = session.path
    is_bundled = path is not None and bundled().get(session.name) == path
    yield session.name if path is None or is_bundled else str(path)
    yield from _read(session)
    if session.moments is not None and session.run.moment != session.moments.last:
        yield from ("--moment", str(session.moments.steps[session.run.moment]))
    if is_gradient(place.value) and session.run.output is not None:
        yield from ("--of", output_name(session.run.output))
    elif is_gradient(place.value) and scenario.gradients is None:
        yield "--gradients"
    if session.variant:
        yield from ("--at", f"{block_of(place)}.weights")  # the gallery has this step; not each that a variant has
        return
    yield from ("--at", f"{place.value.path}{bracketed(place.value.axes, place.index)}")
    if view:
        yield from ("--view", view)


def _said(session: Session) -> InputConfig:
    """What is read where nothing more is typed: a model of the machine reads nothing, and a trace what it has read."""
    path, scenario = session.path, session.run.scenario
    if path is not None and path.is_file() and not is_trace(path) and not is_model(session.name):
        return read_scenario(path).input
    is_model_alone = scenario.checkpoint is not None and (path is None or not is_trace(path))
    return InputConfig(max_new_tokens=1) if is_model_alone else scenario.input


def _read(session: Session) -> Iterator[str]:
    """The text, where the file says another one, or a model of the machine says none; and how many words are chosen."""
    given, said = session.run.scenario.input, _said(session)
    if given.max_new_tokens != said.max_new_tokens:
        yield from ("--max-new-tokens", str(given.max_new_tokens))
    if (said.text, said.ids, said.target) == (given.text, given.ids, given.target):
        return
    if given.text is not None:
        yield from ("--text", given.text)
    elif given.ids is not None:
        yield from ("--ids", ",".join(map(str, given.ids)))
    if given.target is not None:
        yield from ("--target", given.target)
