"""What can be opened: everything of a person's own machine, or only what whoever serves a visitor has named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from attn_explore.explorer.library.entry import Entry
from attn_explore.explorer.session import course
from attn_explore.explorer.session.opening import is_trace
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import read_scenario

NAMED = "Named for you"
"""The heading of what a visitor may open beside the course."""


class Offer(Protocol):
    """What the library lists, and what follows in the course."""

    @property
    def folder(self) -> Path | None:
        """Where a person's own scenarios are; None where they have none here."""

    def entries(self) -> list[Entry]:
        """All of it, in order, as the files are now."""

    def is_in_course(self, entry: Entry) -> bool:
        """Whether it is a lesson of the course."""

    def after(self, path: Path) -> Path | None:
        """The lesson that follows another one in the course; None after the last, and for any other file."""


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

    def after(self, path: Path) -> Path | None:
        """What follows in the order of the course."""
        return course.after(path)


@dataclass(frozen=True)
class OfServer:
    """What was named for visitors, in that order; where nothing was, the course without the lessons on real models."""

    named: tuple[str, ...]

    @property
    def folder(self) -> None:
        """A visitor's own scenarios are not on this machine."""

    def entries(self) -> list[Entry]:
        """All of it, in order."""
        if not self.named:
            return [Entry(name, path, read_scenario(path)) for name, path in course.bundled().items()]
        return list(_named(self.named))

    def is_in_course(self, entry: Entry) -> bool:
        """What was named is a course of its own."""
        return not entry.is_model and entry.scenario is not None

    def after(self, path: Path) -> Path | None:
        """The next of what was named that has a lesson."""
        lessons = [entry.path for entry in self.entries() if entry.scenario is not None and entry.scenario.lesson]
        here = [place for place, each in enumerate(lessons) if each.resolve() == path.resolve()]
        return next(iter(lessons[here[0] + 1 :]), None) if here else None


def _named(named: tuple[str, ...]) -> Iterator[Entry]:
    """What was named, each once and called by its name alone: its folder is nobody's business."""
    called: dict[str, int] = {}
    for wanted in dict.fromkeys(named):
        if course.is_model(wanted):
            name, path, is_model = Path(wanted).name if Path(wanted).is_absolute() else wanted, Path(wanted), True
        else:
            path, is_model = course.locate(wanted), False
            name = wanted if wanted in course.named() else path.name
        called[name] = called.get(name, 0) + 1
        name = f"{name} ({called[name]})" if called[name] > 1 else name
        yield _entry(name, path, is_model=is_model)


def _entry(name: str, path: Path, *, is_model: bool) -> Entry:
    try:
        scenario = None if is_model or is_trace(path) else read_scenario(path)
    except Problem as problem:
        return Entry(name, path, None, problem, heading=NAMED)
    return Entry(name, path, scenario, is_model=is_model, heading=NAMED)


def _read_own(path: Path) -> Entry:
    try:
        if not path.resolve().is_relative_to(path.parent.resolve()):
            hint = f"to read it nevertheless: attn-explore run {path}"
            raise Problem("this is a link to a file elsewhere, and is not read for the library", hint=hint, path=path)
        return Entry(str(path), path, read_scenario(path))
    except Problem as problem:
        return Entry(str(path), path, None, problem)
    except (OSError, RuntimeError):  # a loop of links, by the version of Python
        return Entry(str(path), path, None, Problem("this link leads nowhere", path=path))
