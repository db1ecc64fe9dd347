"""The keys that matter now, the most useful first, for the bar at the bottom."""

from __future__ import annotations

from collections.abc import Iterator

from attn_explore.explorer.screens.explorer.state import State, View
from attn_explore.explorer.session import edits
from attn_explore.explorer.telling import lesson_text
from attn_explore.explorer.widgets.key_bar import Key
from attn_explore.model.dataclass import dataclass
from attn_explore.model.lesson import Question
from attn_explore.model.ops import is_gradient
from attn_explore.model.plots import has_own_plot
from attn_explore.model.text import visible


@dataclass(frozen=True)
class Offers:
    """What the panels have to offer now: a number to follow, sums to unfold, words that are hidden; what goes on.

    `is_typing`: letters go into a line, and are no keys. `is_heat_map`: colours stand for the numbers.
    """

    has_link: bool
    has_folds: bool
    hides_words: bool
    is_playing: bool
    is_busy: bool
    is_typing: bool
    is_heat_map: bool


def keys_now(state: State, offers: Offers) -> list[Key]:
    """The keys that act on what is looked at."""
    busy = [Key("Esc", "stop", "leave")] if offers.is_busy else []
    if offers.is_typing:
        return [
            Key("⏎", "go there", "submit"),
            Key("↑ ↓", "choose", "choose_found(1)"),
            Key("⇥", "complete", "complete"),
            Key("Esc", "back", "leave"),
        ]
    if state.session.question is not None:
        return [*busy, *_keys_of_question(state.session.question, state.session.lesson.has_hint)]
    if state.edit is not None:
        return [
            Key("↑ ↓", "choose", "choose(1)"),
            Key("⏎", "run again from here", "follow"),
            Key("Esc", "back", "leave"),
        ]
    return [*busy, *_of_run(state), *_of_value(state, offers), *_of_screen(state, offers)]


def _of_run(state: State) -> Iterator[Key]:
    """Other places, and other runs."""
    session, paged = state.session, state.session.place.paged
    yield Key("← →", "step", "step(1)")
    yield Key("hjkl", "cell", "focus_on('grid')")
    if session.moments is not None:
        yield Key("< >", "training", "moment(1)")
    if paged is not None and paged.size > 1:
        yield Key("[ ]", paged.name, "head(1)")
    if session.lesson.stops:
        yield Key("L", "all steps" if session.lesson.is_guided else "lesson", "lesson")
    if session.lesson.is_guided and session.lesson.is_done and lesson_text.next_lesson(session, state.onward):
        yield Key("C", "next lesson", "next_lesson", is_kept=True)
    if session.stop is not None and session.stop.gallery:
        yield Key("E", "gallery", "gallery")
    if session.other is not None:
        yield Key("c", visible(session.other.label or "first run"), "compare")
        yield Key("d", state.side.following, "side")


def _of_value(state: State, offers: Offers) -> Iterator[Key]:
    """What can be done with the value and the cell."""
    session, value = state.session, state.value
    if offers.has_link:
        yield Key("⏎", "follow", "follow")
    if state.moment_here is not None:
        yield Key("⏎", "go to this moment", "follow")
    if session.place.can_go_back:
        yield Key("⌫", "back", "back")
    if state.is_attention:
        yield Key("w", "matrices" if state.view is View.word else "word", "word")
        yield Key("W", "matrices" if state.view is View.among else "text", "among")
    if state.view is View.plot or has_own_plot(value) or is_gradient(value):
        yield Key("P", state.next_plot or "numbers", "plot")
    yield Key("u", "came from" if state.shows_uses else "goes to", "uses")
    if session.place.can_open():
        yield Key("o", "close" if session.place.is_open(value) else "open", "open")
    if state.is_unfolded or offers.has_folds:
        yield Key("f", "fold" if state.is_unfolded else "unfold", "unfold")
    if session.is_pinned or (session.moments is not None and session.other is None):
        yield Key("M", "unpin" if session.is_pinned else "pin", "pin")
    if not is_gradient(value):
        yield Key("e", "edit", "edit")
    yield Key("v", "number" if is_gradient(value) else "gradient", "gradient")
    if edits.is_edited(session):
        yield Key("^Z", "undo", "undo")


def _of_screen(state: State, offers: Offers) -> Iterator[Key]:
    """What can be done anywhere."""
    yield Key("␣", "pause" if offers.is_playing else "play", "play")
    yield Key(":", "ask", "ask", is_kept=True)
    yield Key("?", "keys", "help", is_kept=True)
    yield Key("q", state.came_from or "quit", "quit", is_kept=True)
    if offers.hides_words:
        yield Key("i", "words", "panel('words')")
    yield Key("^G", "map", "map")
    yield Key("x", "export", "export")
    yield Key("/", "find", "find")
    if state.matches:
        yield Key("n N", "match", "match(1)")
    yield Key("z", "numbers" if offers.is_heat_map else "heat map", "zoom")


def _keys_of_question(question: Question, has_hint: bool) -> list[Key]:
    choosing = {"word": [Key("↑ ↓", "choose", "choose(1)")], "cell": [Key("hjkl", "cell", "focus_on('grid')")]}
    return [
        *choosing.get(question.kind, []),
        Key("⏎", "answer", "follow"),
        *([] if has_hint else [Key("H", "hint", "hint")]),
        Key("→", "show the answer", "step(1)"),
        Key("←", "back", "step(-1)"),
        Key("L", "leave the lesson", "lesson"),
        Key("?", "keys", "help", is_kept=True),
    ]
