"""Opening the library and the explorer: what commands do on a terminal, and what the shortest command lines do.

Typer takes as long to read a command line as Textual to make its first frame, so the three that most people type,
`attn-explore`, `attn-explore run NAME` and `attn-explore run MODEL --text TEXT`, are understood without it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attn_explore.explorer.commands.common import find_source, need_terminal, session_of, sessions_of

if TYPE_CHECKING:
    from attn_explore.explorer.library.entries import Library
    from attn_explore.explorer.session.answers import AnswerFile
    from attn_explore.explorer.session.asked import Asked, FirstLook
    from attn_explore.explorer.session.opening import Source
    from attn_explore.explorer.session.other_text import Unread
    from attn_explore.explorer.session.session import Session
    from attn_explore.explorer.system.counter import Counter
    from attn_explore.explorer.system.limits import Limits
    from attn_explore.model.problems import Problem


def without_options(arguments: Sequence[str]) -> Callable[[], int] | None:
    """What a command line opens on a terminal that is as short as it can be; None for all that Typer has to read."""
    if not sys.stdout.isatty():
        return None
    if not arguments:
        return partial(_on_a_terminal, partial(browse, None))
    if arguments[0] != "run" or any(each[:1] in ("", "-") for each in arguments[1::2]):
        return None
    from attn_explore.explorer.system.limits import Limits

    match arguments[1:]:
        case [name]:
            return partial(_on_a_terminal, partial(explore, name, Limits()))
        case [name, "--text", text]:
            from attn_explore.explorer.session.asked import Asked

            return partial(_on_a_terminal, partial(explore, name, Limits(), asked=Asked(given={"text": text})))
    return None


def _on_a_terminal(opening: Callable[[], int]) -> int:
    need_terminal()
    return opening()


def browse(folder: Path | None, answers: AnswerFile | None = None) -> int:
    """Open the library; what is answered goes into a file, if one is given."""
    import gc

    gc.disable()  # imports leave no garbage to look for; the explorer turns it on again when it stands
    from attn_explore.explorer.app import READING, show

    def load(_: Counter) -> Library:
        from attn_explore.explorer.library.entries import Library
        from attn_explore.explorer.library.home import at_home

        return Library(at_home(folder), answers)

    return show(load, "the library", doing=READING)


def explore(
    source: str,
    limits: Limits,
    step: str = "",
    asked: Asked | None = None,
    *,
    second: tuple[str, Asked] | None = None,
    watch: bool = False,
    answers: AnswerFile | None = None,
    look: FirstLook | None = None,
) -> int:
    """Open the explorer, with a second run beside the first where there is one.

    The faults of a file are told before the screen is touched. A bundled scenario has none, and opening a model takes
    longer than a first frame: what is wrong with one is told when the screen is gone again.
    """
    import gc

    gc.disable()  # imports leave no garbage to look for; the explorer turns it on again when it stands
    found: list[Source] = []
    wanted = [(source, asked), *([second] if second else [])]
    if not all(_waits(name, what) for name, what in wanted):
        found = [find_source(*each) for each in wanted]
    from attn_explore.explorer.app import show

    def load(counter: Counter) -> Session | Unread:
        sources = found or [find_source(*each) for each in wanted]
        if len(sources) > 1 or not sources[0].needs_text:
            return begin(sources, counter)
        from attn_explore.explorer.session.other_text import Unread

        if look is not None and look.is_of_two:
            raise _is_one(look)
        return Unread(sources[0], lambda source, counter: begin([source], counter))

    def begin(sources: list[Source], counter: Counter) -> Session:
        session = sessions_of(sources, limits, step, counter, grows=not step)  # which may be in its last pass
        if look is not None:
            check_look(session, look)
        session.answers = answers
        if not step and not second and (asked is None or (asked.moment is None and not asked.given)):
            from attn_explore.explorer.library.home import at_home

            at_home().bookmarks.resume(session)
        return session

    def reload(counter: Counter) -> Session:
        return session_of(find_source(source, asked and replace(asked, moment=None)), limits, counter=counter)

    title = found[0].title if found else source
    return show(load, title, reload if watch else None, is_pair=bool(second), look=look)


def check_look(session: Session, look: FirstLook) -> None:
    """Raise Problem where what is looked at first cannot be shown, or sorted, as it is asked for."""
    if look.is_of_two and session.other is None:
        raise _is_one(look)
    if look.sorted_by:
        from attn_explore.explorer.telling.sorting_names import sortings_named

        sortings_named(look.sorted_by, session.place.value, session.place.index)


def _is_one(look: FirstLook) -> Problem:
    from attn_explore.model.problems import Problem

    hint = "--as rounds the parameters of another one; `attn-explore compare` opens any two"
    return Problem(f"--view {look.view} is of two runs, and this is one", hint=hint)


def _waits(name: str, asked: Asked | None) -> bool:
    """Whether a source is read when the first frame stands."""
    from attn_explore.explorer.session.course import bundled, is_model

    return (name in bundled() and (asked is None or not asked.given)) or is_model(name)
