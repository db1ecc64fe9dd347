"""What the library says of a scenario: in a line of its list, and beside that of the marked one."""

from __future__ import annotations

from collections.abc import Iterator

from attn_explore.explorer.drawing.numbers import shortened
from attn_explore.explorer.library.bookmarks import Bookmark
from attn_explore.explorer.library.entries import Library, facts
from attn_explore.explorer.library.entry import Entry
from attn_explore.explorer.system.command_lines import as_argument, command_line
from attn_explore.explorer.telling.lesson_text import score_signs, score_text
from attn_explore.model.text import cells, visible

_OF_A_MODEL = "A model of this machine. Enter asks for a text that it should read."
_OF_A_TRACE = "An exported trace: a run with all its numbers. Enter opens it."


def entry_line(library: Library, entry: Entry, room: int) -> str:
    """A sign, the title, and what fits behind it: how far it was followed, how it was answered, what is next."""
    mark = library.bookmark(entry)
    sign = "●" if library.is_done(entry) else "◐" if mark and mark.place else "✗" if entry.problem else "○"
    far = f"{mark.place + 1}/{mark.count}" if mark and 0 < mark.place < mark.count - 1 else ""
    follows = "next" if entry is library.next_lesson else ""
    behind = "".join(f"  {part}" for part in (far, _signs(entry, mark), follows) if part)
    line = f"{sign} {visible(entry.title)}"
    return f"{shortened(line, room - cells(behind))}{behind}" if behind else line


def told_of(library: Library, entry: Entry) -> tuple[str, str]:
    """The title of a scenario; and its name, summary, what is run, and how far the lesson was followed."""
    scenario, run = entry.scenario, command_line("run", as_argument(entry.name))
    if entry.is_model:
        return visible(entry.name), "\n".join((_OF_A_MODEL, visible(library.home.with_shell(f'{run} --text "…"'))))
    if scenario is None:
        return "", library.home.told(entry.problem).render() if entry.problem else _OF_A_TRACE
    lesson = "".join(_of_lesson(library, entry, len(scenario.lesson)))
    said = (visible(scenario.summary), "", " · ".join(facts(scenario)), lesson, visible(library.home.with_shell(run)))
    return visible(scenario.title), "\n".join(said)


def _of_lesson(library: Library, entry: Entry, stops: int) -> Iterator[str]:
    mark, course = library.bookmark(entry), library.course
    yield f"a lesson of {stops} stops" if stops else "no lesson: every step is shown"
    if entry in course:
        yield f", number {course.index(entry) + 1} of {len(course)} in the course"
    if mark is not None:
        yield ", followed to its end" if mark.is_done else ""
        yield f", left at stop {mark.place + 1}" if mark.place < mark.count - 1 else ""
        found = [mark.outcomes[place] for place in entry.asked if place in mark.outcomes]
        yield f"\n{_signs(entry, mark)}  {score_text(found, len(entry.asked))}" if found else ""


def _signs(entry: Entry, mark: Bookmark | None) -> str:
    """How the questions of a lesson were answered; nothing where none was."""
    if mark is None or mark.outcomes.keys().isdisjoint(entry.asked):
        return ""
    return score_signs(mark.outcomes, entry.asked)
