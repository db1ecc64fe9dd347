"""The command line that opens what is looked at again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attn_explore.explorer.session.course import bundled, is_model
from attn_explore.explorer.session.edits import changed_words
from attn_explore.explorer.session.gallery import block_of
from attn_explore.explorer.session.opening import is_trace
from attn_explore.explorer.session.place import Cell, has_cell
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.command_lines import as_argument, command_line
from attn_explore.model.config import InputConfig
from attn_explore.model.explain import Index
from attn_explore.model.formulas import output_name
from attn_explore.model.naming import bracketed
from attn_explore.model.ops import is_gradient
from attn_explore.model.scenario import read_scenario
from attn_explore.model.values import Value

EDITED = "the edits are not part of it: s saves them"
COMPARED = "the other run is not part of it"
VARIANT = "it opens the gallery: Enter there opens the variant"
SECOND = "it opens the other run: c leads from there to this one"


def command(session: Session, view: str = "", cell: Cell | None = None, sorted_by: Sequence[str] = ()) -> str:
    """What is typed to come back: the run, what it reads, the moment, the gradients, the cell, and how it is shown.

    The cell is the one that is looked at, unless another is given.
    """
    place = session.place
    value, index = place.value, place.index
    if cell is not None and (shown := place.peek(cell.path)) is not None:
        is_there = has_cell(shown, cell.index)  # the screen that it is on may stand since before another text was read
        value, index = shown, cell.index if is_there else place.index_in(shown)
    if session.variant:
        return command_line("gallery", *_of_variant(session))
    if compared := _compared(session):
        return command_line("compare", *compared, *_at(value, index))
    shown_as = ("--view", view) if view else ()
    sorts = (each for name in sorted_by for each in ("--sort", name))
    parts = (*_parts(session, value), *_rounded(session), *_sampler(session, value))
    return command_line("run", *parts, *_at(value, index), *shown_as, *sorts)


def answering(session: Session, question: str, *options: str) -> str:
    """What is typed to have a question answered of the same run: its command, what is read, the moment."""
    said = (*_read(session), *_moment(session), *_rounded(session))
    return command_line(question, _source(session), *said, *options)


def answering_of_two(session: Session, question: str, *options: str) -> str:
    """The same where it is asked of two runs; nothing where no line brings both back, in this order.

    How many words they choose does not matter.
    """
    other = session.other
    if other is None or other.run.scenario.compare is not None:
        return ""
    if compared := _compared(session):
        return command_line(question, *compared, *options)
    second = _second_text(session, other) if session.run.scenario.compare is None else ()
    if second is None:
        return ""
    line = [_source(session), *_text_read(session), *_moment(session), *second]
    return command_line(question, *line, *options)


def _second_text(session: Session, other: Session) -> tuple[str, str] | None:
    """The option that gives the other run its text, where that is all that differs."""
    text = other.run.scenario.input.text
    is_same = _source(session) == _source(other) and not session.is_pinned and not _edits(session, other)
    return ("--with", text) if is_same and text is not None else None


def _edits(*sessions: Session) -> bool:
    """Whether any of the runs has edits, or another moment than the last, which no line has for the second run."""
    return any(each.run.scenario.edits or [*_moment(each)] for each in sessions)


def _at(value: Value, index: Index) -> tuple[str, str]:
    return "--at", f"{value.path}{bracketed(value.axes, index)}"


def left_out(session: Session) -> str:
    """What that does not bring back; nothing where it brings back all."""
    other = session.other
    if session.variant:
        return VARIANT
    if edited := left_out_of_answer(session):
        return edited
    if other is None or session.run.scenario.compare is not None or _compared(session):
        return ""
    return COMPARED if other.run.scenario.compare is None else SECOND


def left_out_of_answer(session: Session) -> str:
    """What a line with a question of one run does not bring back: edits that are in no file."""
    is_edited = session.run.scenario.edits != session.first.edits or changed_words(session)
    return EDITED if is_edited else ""


def _compared(session: Session) -> list[str]:
    """The two runs that `compare` opened; none where a line of it would not bring both back as they are."""
    other = session.other
    if other is None or session.is_pinned or session.run.scenario.compare or other.run.scenario.compare:
        return []
    both = (session, other)
    if any(is_gradient(each.place.value) or [*_read(each), *_moment(each), *_rounded(each)] for each in both):
        return []
    return [_source(each) for each in both]


def _parts(session: Session, value: Value) -> Iterator[str]:
    yield _source(session)
    yield from _read(session)
    yield from _moment(session)
    if is_gradient(value) and session.run.output is not None:
        yield from ("--of", output_name(session.run.output))
    elif is_gradient(value) and session.run.scenario.gradients is None:
        yield "--gradients"


def _sampler(session: Session, value: Value) -> Iterator[str]:
    """What was asked of a sampler, where one of its steps is looked at."""
    if session.sampler is not None and value.path.rpartition(".")[0] in session.run.trace.sampled:
        from attn_explore.explorer.session.sampler_said import Said

        yield from ("--sampler", Said(session.sampler).typed)


def _of_variant(session: Session) -> Iterator[str]:
    """The gallery has this step of an attention; not each that a variant has."""
    yield from _parts(session, session.place.value)
    yield from ("--at", f"{block_of(session.place)}.weights")


def _source(session: Session) -> str:
    """The name of a bundled scenario or of a model, or the path of a file, unless it is called otherwise."""
    if session.called:
        return session.called
    path = session.path
    return session.name if path is None or bundled().get(session.name) == path else as_argument(path)


def _rounded(session: Session) -> Iterator[str]:
    """What the parameters are rounded to, where the file does not say so."""
    path, found = session.path, session.run.scenario.model.weights.rounded
    is_file = path is not None and path.is_file() and not is_model(session.name)
    is_said = is_file and path is not None and (is_trace(path) or read_scenario(path).model.weights.rounded == found)
    if found is not None and not is_said:
        yield from ("--as", found)


def _moment(session: Session) -> Iterator[str]:
    """The moment of a training, where it is not the last one."""
    if session.moments is not None and session.run.moment != session.moments.last:
        yield from ("--moment", str(session.moments.steps[session.run.moment]))


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
    yield from _text_read(session)


def _text_read(session: Session) -> Iterator[str]:
    """The text alone."""
    given, said = session.run.scenario.input, _said(session)
    if (said.text, said.ids, said.target) == (given.text, given.ids, given.target):
        return
    if given.text is not None:
        yield from ("--text", given.text)
    elif given.ids is not None:
        yield from ("--ids", ",".join(map(str, given.ids)))
    if given.target is not None:
        yield from ("--target", given.target)
