"""What can be opened: everything of a person's own machine, or only what whoever serves a visitor has named."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Protocol

from attn_explore.explorer.library.entry import Entry
from attn_explore.explorer.session import course
from attn_explore.explorer.session.opening import Source, find_source, is_trace
from attn_explore.explorer.system.command_lines import as_argument, command_line
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario, read_scenario

TO_EXPLORE = "To explore"
"""The heading of what was named for visitors."""

_LAST = "This was the last lesson of the course."
_LAST_HERE = "This was the last lesson of the course that can be run here; the library says what others need."
_OF_YOUR_OWN = "attn-explore new --lesson starts one of your own."


class Offer(Protocol):
    """What the library lists, and what follows in the course."""

    @property
    def folder(self) -> Path | None:
        """Where a person's own scenarios are; None where they have none here."""

    def entries(self) -> list[Entry]:
        """All of it, in order, as the files are now."""

    def is_in_course(self, entry: Entry) -> bool:
        """Whether it is a lesson of the course."""

    def model(self, entry: Entry) -> Source:
        """A model of the list, open. Raises Problem when it cannot be opened."""

    def lesson(self, path: Path) -> Source:
        """A lesson of the course. Raises Problem when it cannot be read."""

    def after(self, path: Path) -> Path | None:
        """The lesson that follows another one in the course; None after the last, and for any other file."""

    def at_the_end(self, path: Path) -> str:
        """What is said after the last lesson of a course that can be opened; nothing after any other."""

    def readable(self) -> list[Path]:
        """The files, and the folders, that may have to be read for it."""


@dataclass(frozen=True)
class OfMachine:
    """The course, a person's own scenarios in `folder`, and the models of the machine."""

    folder: Path

    def entries(self) -> list[Entry]:
        """All of it, in order."""
        from attn_explore.model.checkpoints.locating import all_names  # a lesson that is opened by its name needs none

        lessons = [Entry(name, path, read_scenario(path)) for name, path in course.named().items()]
        models = (Entry(name, Path(name), None, is_model=True) for name in all_names())
        return [*lessons, *map(_read_own, course.own(self.folder)), *models]

    def is_in_course(self, entry: Entry) -> bool:
        """Whether it needs no model of this machine."""
        return entry.path in course.bundled().values()

    def model(self, entry: Entry) -> Source:
        """The model of this name."""
        return find_source(entry.name)

    def lesson(self, path: Path) -> Source:
        """The lesson in a file."""
        return _lesson_in(path)

    def after(self, path: Path) -> Path | None:
        """What follows in the order of the course."""
        return course.after(path)

    def at_the_end(self, path: Path) -> str:
        """That others need a model, if any do, and how to write one."""
        lessons, here = list(course.named().values()), path.resolve()
        if here not in lessons or self.after(path) is not None:
            return ""
        return f"{_LAST if here == lessons[-1] else _LAST_HERE} {_OF_YOUR_OWN}"

    def readable(self) -> list[Path]:
        """All that the person can read."""
        return [Path("/")]


@dataclass(frozen=True)
class Bundled:
    """What visitors may open where nothing was named: the course, without the lessons on real models."""

    @property
    def folder(self) -> None:
        """A visitor's own scenarios are not on this machine."""

    def entries(self) -> list[Entry]:
        """All of it, in order."""
        return [Entry(name, path, read_scenario(path)) for name, path in course.bundled().items()]

    def is_in_course(self, entry: Entry) -> bool:
        """There is nothing else."""
        return True

    def model(self, entry: Entry) -> Source:
        """There is none."""
        raise Problem("no model is served")

    def lesson(self, path: Path) -> Source:
        """The lesson in a file."""
        return _lesson_in(path)

    def after(self, path: Path) -> Path | None:
        """What follows in the order of the course."""
        return _next_of(list(course.bundled().values()), path)

    def at_the_end(self, path: Path) -> str:
        """That it was the last."""
        return _said_after_last(list(course.bundled().values()), path)

    def readable(self) -> list[Path]:
        """Nothing but what belongs to the program."""
        return []


@dataclass(frozen=True)
class Named:
    """What visitors may open where something was named: that, in its order, as it is when they come."""

    names: tuple[str, ...]

    @property
    def folder(self) -> None:
        """A visitor's own scenarios are not on this machine."""

    @cached_property
    def _entries(self) -> list[Entry]:
        return list(_named(self.names))

    @property
    def _lessons(self) -> list[Path]:
        return [entry.path for entry in self._entries if entry.scenario is not None and entry.scenario.lesson]

    def entries(self) -> list[Entry]:
        """All of it, in order."""
        return self._entries

    def is_in_course(self, entry: Entry) -> bool:
        """What was named is a course of its own."""
        return entry.scenario is not None

    def model(self, entry: Entry) -> Source:
        """The model that was named: it is not looked for again."""
        from attn_explore.model.opened import opened

        return Source(entry.name, entry.path, None, model=opened(entry.path), called=entry.called)

    def lesson(self, path: Path) -> Source:
        """The lesson as it was when they came."""
        return next(entry.source for entry in self._entries if entry.path == path)

    def after(self, path: Path) -> Path | None:
        """The next of what was named that has a lesson."""
        return _next_of(self._lessons, path)

    def at_the_end(self, path: Path) -> str:
        """That it was the last of several."""
        return _said_after_last(self._lessons, path)

    def readable(self) -> list[Path]:
        """The files that were named, those that they name, and models whole."""
        from attn_explore.explorer.session.run_files import inputs_of

        files = chain.from_iterable(inputs_of(each.path, each.scenario) for each in self._entries if not each.is_model)
        models = chain.from_iterable(map(_files_of_model, filter(None, map(_model_of, self._entries))))
        return [*files, *models]


def _lesson_in(path: Path) -> Source:
    return Source(path.stem, path, read_scenario(path))


def _next_of(lessons: list[Path], path: Path) -> Path | None:
    here = [place for place, each in enumerate(lessons) if each.resolve() == path.resolve()]
    return next(iter(lessons[here[0] + 1 :]), None) if here else None


def _said_after_last(lessons: list[Path], path: Path) -> str:
    return _LAST if len(lessons) > 1 and lessons[-1].resolve() == path.resolve() else ""


def _named(named: tuple[str, ...]) -> Iterator[Entry]:
    """What was named, each once and called by its name alone: its folder is nobody's business."""
    called: dict[str, int] = {}
    for wanted in dict.fromkeys(named):
        is_model = course.is_model(wanted)
        path = _model_at(wanted) if is_model else course.locate(wanted)
        is_name = wanted in course.named() or (is_model and not Path(wanted).is_absolute())
        name = wanted if is_name else path.name
        called[name] = called.get(name, 0) + 1
        name = f"{name} ({called[name]})" if called[name] > 1 else name
        yield _entry(name, path, is_model=is_model)


def _entry(name: str, path: Path, *, is_model: bool) -> Entry:
    try:
        scenario = None if is_model or is_trace(path) else read_scenario(path)
        model = _model_named(scenario)
    except Problem as problem:
        return Entry(name, path, None, problem, heading=TO_EXPLORE)
    return Entry(name, path, scenario, is_model=is_model, heading=TO_EXPLORE, called=name, model=model)


def _model_named(scenario: Scenario | None) -> Path | None:
    """Where the model lies whose name a scenario says: behind the fence, the usual places cannot be looked through."""
    from attn_explore.model.opened import model_by_name

    try:
        return None if scenario is None else model_by_name(scenario)
    except Problem as problem:
        hint = "it was there when the server was started"
        raise Problem(problem.what, hint=hint, path=problem.path) from problem


def _model_at(name: str) -> Path:
    from attn_explore.model.checkpoints.locating import locate

    return locate(name).path.absolute()


def _model_of(entry: Entry) -> Path | None:
    """The model that an entry is, or that its scenario reads."""
    if entry.is_model:
        return entry.path
    if not entry.checkpoint or entry.scenario is None:
        return None
    return entry.model or (entry.scenario.source.folder or Path()) / entry.checkpoint


def _files_of_model(path: Path) -> Iterator[Path]:
    """A file, or a folder and where its links lead: in the cache of Hugging Face they all lead beside it."""
    yield path
    if path.parent.name == "snapshots":
        yield path.parent.parent
    elif path.is_dir():
        yield from (each.resolve() for each in path.iterdir())


def _read_own(path: Path) -> Entry:
    try:
        if not path.resolve().is_relative_to(path.parent.resolve()):
            hint = f"to read it nevertheless: {command_line('run', as_argument(path))}"
            raise Problem("this is a link to a file elsewhere, and is not read for the library", hint=hint, path=path)
        return Entry(str(path), path, read_scenario(path))
    except Problem as problem:
        return Entry(str(path), path, None, problem)
    except (OSError, RuntimeError):  # a loop of links, by the version of Python
        return Entry(str(path), path, None, Problem("this link leads nowhere", path=path))
