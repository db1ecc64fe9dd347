"""The words that a run generates, and another future of it, as somebody asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from attn_explore.explorer.session.asked_logit import wanted_token
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.known import known_of
from attn_explore.model.looking.sampling import Sampler
from attn_explore.model.looking.timeline import LISTED, Choice, Timeline, other_run, timeline
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace

if TYPE_CHECKING:
    from attn_explore.explorer.session.session import Session
    from attn_explore.model.scenario import Scenario

_HOW = "name a place, from 0, and a word: 2= Paris"


@dataclass(frozen=True)
class Futures:
    """The words of a run, and those of the run in which some are chosen by a person, where that is asked for.

    `standing` is the run that one looks at.
    """

    first: Timeline
    second: Timeline | None = None
    standing: Trace | None = None

    def is_standing(self, choice: Choice) -> bool:
        """Whether the run that one looks at chooses this word from the very same numbers."""
        found = None if self.standing is None else self.standing.steps.get(choice.at.path)
        return found is not None and (found is choice.at or np.array_equal(found.array, choice.at.array))


def ask_sampler(session: Session, sampler: Sampler) -> Futures:
    """What a sampler makes of what each word of the run is chosen from; its steps are found from then on.

    It draws no word. Raises Problem where none is chosen.
    """
    known, standing = known_of(session.run.scenario), session.run.trace
    found = Futures(timeline(known, standing, sampler), standing=standing)
    session.sampler = sampler
    return found


def futures(
    session: Session,
    sampler: Sampler,
    instead: Sequence[str] = (),
    top: int = LISTED,
    scenario: Scenario | None = None,
) -> Futures:
    """What a run generates with a sampler, and what with other words at some places: `2= Paris`.

    `scenario` says how many words, where the run that stands has others. Both futures draw the same numbers. Raises
    Problem where nothing is generated, and for a word or a place that is not there.
    """
    known, standing = known_of(scenario or session.run.scenario), session.run.trace
    is_as_long = scenario is None
    first = timeline(known, other_run(known, standing, sampler, {}, is_as_long=is_as_long), sampler, top=top)
    alone = Futures(first, standing=standing)
    standing.sampled = {each.at.path: list(each.made) for each in first.choices if alone.is_standing(each)}
    session.sampler = replace(sampler, seed=None)
    if not instead:
        return alone
    forced = dict(_placed(session, first.vocabulary, each) for each in instead)
    outside = next((place for place in forced if place >= len(first.choices)), None)
    if outside is not None:
        last = len(first.choices) - 1
        raise Problem(f"no word is chosen at place {outside}", hint=f"places are from 0 to {last}; --max-new-tokens")
    return replace(alone, second=timeline(known, other_run(known, standing, sampler, forced), sampler, forced, top))


def _placed(session: Session, vocabulary: Axis, said: str) -> tuple[int, int]:
    """The place and the word of `2= Paris`; the word by its id where the model's words have no texts."""
    place, equals, word = said.partition("=")
    if not equals or not _is_number(place) or not word:
        raise Problem(f"“{said}” names no word at a place", hint=_HOW)
    is_id = vocabulary.all_labels is None and _is_number(word)
    found = wanted_token(session, vocabulary, None if is_id else word, int(word) if is_id else None)
    assert found is not None  # noqa: S101 (one of the two was given)
    return int(place), found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < _LONGEST


_LONGEST = 10
