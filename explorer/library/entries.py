"""What the library shows: the course and a person's own scenarios, with how far each lesson was followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from attn_explore.explorer.library.bookmarks import Bookmark, lesson_name
from attn_explore.explorer.library.entry import Entry
from attn_explore.explorer.library.home import Home
from attn_explore.explorer.session.alike import likeness
from attn_explore.explorer.session.opening import start, within
from attn_explore.explorer.session.other_text import Unread
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.dataclass import dataclass
from attn_explore.model.experiments import telling_step
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.text import visible
from attn_explore.model.values import Value

if TYPE_CHECKING:
    from attn_explore.explorer.session.answers import AnswerFile

PREVIEWED = 2**24
"""Bytes of the largest run that is previewed: a larger one would take longer than a glance."""


@dataclass
class Library:
    """What the person's `home` offers, and how far they followed each lesson.

    `answers` is where answers are written down, if the person wants that.
    """

    home: Home
    answers: AnswerFile | None = None
    entries: list[Entry] = field(init=False)
    course: list[Entry] = field(init=False)
    """The lessons of the course, in order."""
    next_lesson: Entry | None = field(init=False)
    """The first lesson of the course that was not followed to its end; None before the first, and at the end."""
    _bookmarks: dict[Path, Bookmark] = field(init=False)

    def __post_init__(self) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Look at the files and the places again."""
        self.entries = self.home.offer.entries()
        self.course = [entry for entry in self.entries if self.home.offer.is_in_course(entry)]
        self.refresh_bookmarks()

    def refresh_bookmarks(self) -> None:
        """Look at the places in the lessons again."""
        known = self.home.bookmarks.all()
        found = {entry.path: known.get(lesson_name(entry.path)) for entry in self.entries}
        self._bookmarks = {path: bookmark for path, bookmark in found.items() if bookmark is not None}
        has_begun = any(self.bookmark(entry) for entry in self.course)
        unfinished = (entry for entry in self.course if not self.is_done(entry))
        self.next_lesson = next(unfinished, None) if has_begun else None

    def bookmark(self, entry: Entry) -> Bookmark | None:
        """How far its lesson was followed."""
        return self._bookmarks.get(entry.path)

    def is_done(self, entry: Entry) -> bool:
        """Whether its lesson was ever followed to the end."""
        mark = self.bookmark(entry)
        return mark is not None and mark.is_done

    def matching(self, text: str) -> list[Entry]:
        """The entries whose name, title and summary hold every word of a text, or whose name is like it: `wwbw`."""
        words, is_like = text.casefold().split(), likeness(text)
        return [
            entry
            for entry in self.entries
            if all(word in _searchable(entry) for word in words) or is_like(entry.name.casefold())
        ]

    def open(self, entry: Entry, counter: Counter | None = None) -> Session:
        """Run it. Raises Problem when it cannot be."""
        if entry.problem is not None:
            raise entry.problem
        session = start(entry.source, self.home.limits, counter, grows=True)
        session.answers = self.answers
        return session

    def unread(self, entry: Entry) -> Unread:
        """A model, open, that is asked what it should read. Raises Problem when it cannot be opened."""
        limits = self.home.limits
        return Unread(self.home.offer.model(entry), lambda source, counter: start(source, limits, counter, grows=True))

    def preview(self, entry: Entry, counter: Counter | None = None) -> Value | None:
        """The tensor that says most of a run, or None where it is too large for a glance. Raises Problem."""
        if entry.problem is not None:
            raise entry.problem
        if entry.scenario is None:
            return None
        try:
            within(entry.scenario, Limits(PREVIEWED))
        except Problem:
            return None
        return telling(self.open(entry, counter))


def seen_first(home: Home, counter: Counter | None = None) -> Library | Session | Unread:
    """What a visitor sees first: the library; or what was named for them, where that is one thing. Raises Problem."""
    library = Library(home)
    if len(library.entries) != 1:
        return library
    entry = library.entries[0]
    if entry.is_model:
        return library.unread(entry)
    session = library.open(entry, counter)
    home.bookmarks.resume(session)
    return session


def open_lesson(path: Path, home: Home, counter: Counter | None = None) -> Session:
    """Run a scenario of the course, and follow its lesson from where it was left. Raises Problem."""
    session = start(home.offer.lesson(path), home.limits, counter)
    home.bookmarks.resume(session)
    return session


def telling(session: Session) -> Value:
    """The last attention map of a run, or its last step: what a glance at the run should show."""
    if session.run.scenario.alone is not None:
        return session.run.trace[telling_step(session.run.scenario.alone)]
    steps = list(session.run.trace.steps.values())
    maps = [step for step in steps if step.name == "weights"]
    return maps[-1] if maps else steps[-1]


def facts(scenario: Scenario) -> Iterator[str]:
    """What a scenario runs, in a few words each."""
    if scenario.alone is not None:
        yield f"experiment {scenario.alone.kind}"
        return
    model = scenario.model
    if model.weights.checkpoint is not None:
        yield f"on {visible(model.weights.checkpoint)}"
        return
    yield model.kind
    layers = max(model.encoder_layers if model.has_encoder else 0, model.decoder_layers if model.has_decoder else 0)
    yield f"{layers} layer{'s' * (layers != 1)}"
    yield f"{model.heads} head{'s' * (model.heads != 1)}"
    yield f"d_model {model.d_model}"
    yield f"{scenario.length} word{'s' * (scenario.length != 1)}"
    if scenario.compare is not None:
        yield "two runs"


def _searchable(entry: Entry) -> str:
    summary = entry.scenario.summary if entry.scenario else ""
    return f"{entry.name}\n{entry.title}\n{summary}".casefold()
