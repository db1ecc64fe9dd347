"""From what the person named to a session: read it, see that it fits into memory, run it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attn_explore.explorer.session.asked import NOTHING_ASKED, Asked
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.file_formats import TRACES
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem, TooLarge, all_problems, raise_any
from attn_explore.model.scenario import Scenario, read_scenario, read_to_check
from attn_explore.model.scenario.document import Gradients

if TYPE_CHECKING:
    from attn_explore.explorer.session.session import Session
    from attn_explore.model.opened import Opened
    from attn_explore.model.prepared import Prepared


_LOOKED_AT = 64
_GIVE_A_TEXT = 'give it a text, as in --text "The capital of France is", or token ids, as in --ids 464,3139'
_TRACE_BEGINS = re.compile(rb'PK\x03\x04|.{8}\{"__metadata__"|(?:\xef\xbb\xbf)?\s*\{\s*"format"\s*:', re.S)


@dataclass(frozen=True)
class Source:
    """What is to be run or read: a scenario, read and checked; the path of a trace; or a model of this machine.

    A model becomes a scenario when it is known what it reads.

    `gradients` is what was asked for beside what the file says; `moment` after how many steps of training, where that
    is not the end; `sampler` what a sampler does whose steps are looked at, as it is typed. `called` is how a command
    line names it, where that is not its path.
    """

    name: str
    path: Path
    scenario: Scenario | None
    gradients: Gradients | None = None
    moment: int | None = None
    model: Opened | None = None
    sampler: str = ""
    called: str = ""

    @property
    def needs_text(self) -> bool:
        """Whether it is not known yet what is to be read."""
        return self.scenario is None and self.model is not None

    def reading(self, said: Mapping[str, Any]) -> Source:
        """The same model as a scenario that reads what is said: keys of `input`. Raises Problem for what it cannot."""
        from attn_explore.model.opened import scenario_of

        assert self.model is not None  # noqa: S101 (only a model is asked)
        return replace(self, scenario=scenario_of(self.name, self.model, said))

    def rounded(self, storage: str) -> Source:
        """The same with parameters as a storage gives them back. Raises Problem where nothing is read yet."""
        if self.scenario is None:
            raise Problem("this model has nothing to read", path=self.path, hint=_GIVE_A_TEXT)
        return replace(self, scenario=self.scenario.with_rounded(storage))

    def differentiated(self, of: str) -> Source:
        """The same with gradients: of a number, or (nothing) of the one that the scenario names, or that tells most."""
        said = self.scenario.gradients if self.scenario else None
        gradients = Gradients(of=of) if of else said or Gradients()
        scenario = replace(self.scenario, gradients=gradients) if self.scenario else None
        return replace(self, scenario=scenario, gradients=gradients)

    def of_one_word(self) -> Source:
        """The same, which chooses one word alone: all that a sampler takes over of the run of a model."""
        if self.scenario is None:
            return self
        shorter = replace(self.scenario.input, max_new_tokens=1)
        return replace(self, scenario=replace(self.scenario, input=shorter))

    @property
    def title(self) -> str:
        """What to call it until it has run: a model by its own name, whatever its folder is called."""
        named = self.path.name if self.model is None else Path(self.name).name
        return self.scenario.title if self.scenario else named

    @property
    def inputs(self) -> list[Path]:
        """The files that the run is read from."""
        from attn_explore.explorer.session.run_files import inputs_of

        return inputs_of(self.path, self.scenario)


def find_source(wanted: str, asked: Asked = NOTHING_ASKED) -> Source:
    """Read what a name or a path leads to. Raises Problem when there is nothing, or a scenario with faults."""
    from attn_explore.explorer.session.course import is_model, locate, named

    if is_model(wanted):
        return _checkpoint_source(wanted, asked)
    path = locate(wanted)
    name = wanted if wanted in named() else path.stem
    scenario = None if is_trace(path) else read_scenario(path)
    if asked.given:
        if scenario is None:
            raise Problem("a trace has run already, and reads nothing else", path=path, hint="run its scenario")
        scenario = scenario.with_text(asked.given)
    if asked.rounded is not None:
        if scenario is None:
            raise Problem("a trace has run already, with its numbers as they are", path=path, hint="run its scenario")
        scenario = scenario.with_rounded(asked.rounded)
    found = Source(name, path, scenario, moment=asked.moment, sampler=asked.sampler)
    return found if asked.gradients is None else found.differentiated(asked.gradients)


def _checkpoint_source(wanted: str, asked: Asked) -> Source:
    """A checkpoint of this machine, reading what was asked for."""
    from attn_explore.model.checkpoints.locating import locate
    from attn_explore.model.opened import opened

    found = locate(wanted)
    model = opened(found.path)
    source = Source(found.name, found.path, None, moment=asked.moment, model=model, sampler=asked.sampler)
    if "text" in asked.given or "ids" in asked.given:
        source = source.reading(asked.given)
    elif asked.given:
        raise Problem("this model has nothing to read", path=found.path, hint=_GIVE_A_TEXT)
    if asked.rounded is not None:
        source = source.rounded(asked.rounded)
    return source if asked.gradients is None else source.differentiated(asked.gradients)


def is_trace(path: Path) -> bool:
    """Whether the file says that it is a trace, by its ending or by how it begins."""
    if path.suffix.lower() in TRACES:
        return True
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _TRACE_BEGINS.match(file.read(_LOOKED_AT)) is not None
    except (OSError, ValueError):  # whoever reads it says why
        return False


def start(source: Source, limits: Limits, counter: Counter | None = None, *, grows: bool = False) -> Session:
    """Run a scenario, or read a trace, and give the session. Raises Problem when it would take too much memory.

    `grows`: a generation of a real model is given at once, and its words come while it is looked at.
    """
    if source.needs_text:
        raise Problem("this model has nothing to read", path=source.path, hint=_GIVE_A_TEXT)
    try:
        if source.scenario is None:
            session = _read(source, limits)
        else:
            session = _start(source, source.scenario, limits, counter, grows=grows)
        if source.moment is not None:
            _go_to_moment(session, source.moment)
        if source.sampler:
            _ask_sampler(session, source.sampler)
        return session
    except MemoryError as error:
        raise TooLarge("the machine ran out of memory", path=source.path, hint="choose a smaller model") from error


def _read(source: Source, limits: Limits) -> Session:
    from attn_explore.explorer.session.gradients import differentiate
    from attn_explore.explorer.session.run import Run
    from attn_explore.explorer.session.session import Session
    from attn_explore.model.traces.reading import read_trace

    session = Session(source.name, Run(*read_trace(source.path, limits.nbytes)), path=source.path, called=source.called)
    if source.gradients is not None and (source.gradients.of or session.run.output is None):
        within(replace(session.run.scenario, gradients=source.gradients), limits)
        differentiate(session, source.gradients.of)
    return session


def _start(source: Source, scenario: Scenario, limits: Limits, counter: Counter | None, *, grows: bool) -> Session:
    """Run a scenario, and the one that it is compared with."""
    from attn_explore.explorer.session.gradients import match_gradients

    first, second = within(scenario, limits), scenario.second()
    if second is None:
        shown = _growing(source, first, limits) if grows and scenario.checkpoint is not None else None
        return shown or _run(source, first, limits, counter)
    other = _run(source, within(second, limits), limits, counter)
    times = 1 if scenario.gradients is None else 2  # its gradients are made when the number is known
    left = replace(limits, memory=limits.nbytes - times * other.run.trace.nbytes)
    check_memory(first, left.nbytes)
    session = _run(source, first, left, counter, other)
    if scenario.compare is not None:
        other.label, other.other, session.other = scenario.compare.label, session, other
        match_gradients(session)
    return session


def _growing(source: Source, prepared: Prepared, limits: Limits) -> Session | None:
    """A generation before its first word is chosen; None where the whole run is needed."""
    from attn_explore.explorer.session.growing import Growing, may_grow
    from attn_explore.explorer.session.session import Session
    from attn_explore.model.run import run_by_passes

    if not may_grow(prepared.scenario):
        return None
    prepared = prepared.with_weights(limits.nbytes, limits.allowed)
    run = Growing(prepared.scenario, run_by_passes(prepared)).first()
    return Session(source.name, run, path=source.path, notes=prepared.notes, called=source.called)


def _go_to_moment(session: Session, step: int) -> None:
    """Raises Problem where no weights were kept after so many steps."""
    from attn_explore.explorer.session.change_moment import go_to_moment

    if session.moments is None:
        hint = "--moment is for scenarios whose weights `attn-explore train` made"
        raise Problem("there is no training to go to a moment of", path=session.path, hint=hint)
    go_to_moment(session, session.moments.after(step))


def _ask_sampler(session: Session, typed: str) -> None:
    """Have a sampler make its steps, so that they are found. Raises Problem for what is none, or chooses no word."""
    from attn_explore.explorer.session.generated import ask_sampler
    from attn_explore.explorer.session.sampler_said import STEPS, steps_said

    ask_sampler(session, steps_said(typed, STEPS))


def pair(first: Session, second: Session) -> Session:
    """Two sessions that are stepped through together; gives the first. Each is called by the name of its run."""
    names = _names(first, second)
    first.other, second.other = second, first
    first.label, second.label = names
    return first


def _names(first: Session, second: Session) -> tuple[str, str]:
    """What two runs are called: by their names; of one scenario, by what their parameters are rounded to."""
    if first.name != second.name:
        return first.name, second.name
    one, other = (each.run.scenario.model.weights.rounded for each in (first, second))
    return (one or "as it is", other or "as it is") if one != other else ("first", "second")


def _run(
    source: Source,
    prepared: Prepared,
    limits: Limits,
    counter: Counter | None,
    second: Session | None = None,
) -> Session:
    from attn_explore.explorer.session.moments import ROOM, Moments
    from attn_explore.explorer.session.run import Run
    from attn_explore.explorer.session.session import Session
    from attn_explore.model.run import run_prepared
    from attn_explore.model.scenario_gradients import with_gradients, with_output

    prepared = prepared.with_weights(limits.nbytes, limits.allowed)
    if counter is not None:
        counter.expect(prepared.need.steps * (2 if prepared.scenario.edits else 1))
    lazy = prepared.scenario.checkpoint is not None  # a person waits for what they look at, and no longer
    unedited = run_prepared(prepared.unedited(), counter, lazy=lazy) if prepared.scenario.edits else None
    begun = time.perf_counter()
    trace = run_prepared(prepared, counter, before=unedited, second=second.run.trace if second else None, lazy=lazy)
    moments = None
    if prepared.record is not None:
        room = max(0, min(ROOM, limits.nbytes - trace.nbytes))
        moments = Moments(prepared.record, room, time.perf_counter() - begun)
    scenario = with_output(prepared.scenario, trace)
    unedited = None if unedited is None else with_gradients(unedited, scenario)
    found = Run(scenario, trace, unedited, moments.last if moments else 0)
    notes = (*prepared.notes, *prepared.remarks(trace.unedited))
    return Session(source.name, found, path=source.path, notes=notes, moments=moments, called=source.called)


def check(path: Path, limits: Limits) -> tuple[str, ...]:
    """Read a scenario and its weights, or a trace, without running anything, and give what has to be said of it.

    Raises Problem with all that is wrong.
    """
    if is_trace(path):
        from attn_explore.model.traces.reading import read_trace

        read_trace(path, limits.nbytes)
        return ()
    (scenario, faults), notes = read_to_check(path), dict[str, None]()
    runs = [run for run in (scenario, scenario.second()) if run is not None]
    found, left_out = all_problems([partial(_check_run, run, limits, notes) for run in runs])
    places = {problem.where for problem in faults}  # where something is wrong already, no second fault follows
    found = [*faults, *(problem for problem in found if problem.where not in places)]
    told = {(problem.where, problem.what): problem for problem in found}  # what both runs share is told once
    in_order = sorted(told.values(), key=lambda problem: (problem.line or 0, problem.column or 0))
    raise_any(in_order, left_out)
    return tuple(notes)


def _check_run(scenario: Scenario, limits: Limits, notes: dict[str, None]) -> None:
    """Check one run: its weights, its edits, and its lesson as it would be without them, each whatever the others are.

    What has to be said is added to `notes`, once.
    """
    from attn_explore.model.lesson import stops
    from attn_explore.model.prepared import plan_of

    prepared = within(scenario, limits).with_weights(limits.nbytes, limits.allowed)
    notes.update(dict.fromkeys(prepared.notes))
    scenario = prepared.scenario
    unedited = prepared.known.with_scenario(replace(scenario, edits=()))
    checks: list[Callable[[], object]] = [
        lambda: notes.update(dict.fromkeys(prepared.remarks(prepared.numbers))),
        lambda: prepared.plan,
        lambda: stops(scenario, plan_of(unedited) if scenario.edits else prepared.plan),
    ]
    raise_any(*all_problems(checks))


def within(scenario: Scenario, limits: Limits) -> Prepared:
    """What is known of a scenario before its weights are read and it runs.

    Raises Problem where its trace would take more than there may be, before anything of it is allocated.
    """
    from attn_explore.model.known import known_of
    from attn_explore.model.prepared import Prepared

    prepared = Prepared(known_of(scenario, limits.allowed))
    check_memory(prepared, limits.nbytes)
    return prepared


def of_words(scenario: Scenario, words: int) -> Scenario:
    """The scenario, which chooses so many words. Raises Problem where its run would take too much memory."""
    return within(replace(scenario, input=replace(scenario.input, max_new_tokens=words)), Limits()).scenario


def check_memory(prepared: Prepared, limit: int) -> None:
    """Refuse a scenario whose trace would take more than `limit` bytes."""
    from attn_explore.explorer.drawing.numbers import shape_text, size_text
    from attn_explore.model.text import figure

    need, scenario = prepared.need, prepared.scenario
    nbytes = need.nbytes * (2 if scenario.edits else 1)  # the run without the edits is kept beside it
    if nbytes > limit:
        raise TooLarge(
            f"needs {size_text(nbytes)} ({figure(nbytes)} bytes), limit {size_text(limit)}; "
            f"largest: {need.largest} ({shape_text(need.shape)})",
            path=scenario.source.name,
            hint="make the model or the input smaller, or raise --memory-limit",
        )
