"""The words that a run generates, and another future of it, as somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from attn_explore.explorer.session.asked_logit import wanted_token
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.known import known_of
from attn_explore.model.looking.sampling import BOUNDS, Sampler
from attn_explore.model.looking.timeline import LISTED, Timeline, other_run, timeline
from attn_explore.model.problems import Problem

if TYPE_CHECKING:
    from attn_explore.explorer.session.opening import Source
    from attn_explore.explorer.session.session import Session
    from attn_explore.model.scenario import Scenario

HOW_TO_SAMPLE = "type steps with commas between, as in: temperature 0.8, top-k 3, top-p 0.9"
_TYPED: Mapping[str, Callable[[str], float]] = {"temperature": float, "top_k": int, "top_p": float}
"""The steps that can be typed, and how their numbers are read. They leave the likeliest word the likeliest."""

_HOW = "name a place, from 0, and a word: 2= Paris"


@dataclass(frozen=True)
class Futures:
    """The words of a run, and those of the run in which some are chosen by a person, where that is asked for."""

    first: Timeline
    second: Timeline | None = None


def of_one_word(source: Source) -> Source:
    """The source, which chooses one word alone: all that a sampler takes over of the run of a model."""
    if source.scenario is None:
        return source
    shorter = replace(source.scenario.input, max_new_tokens=1)
    return replace(source, scenario=replace(source.scenario, input=shorter))


def futures(
    session: Session,
    sampler: Sampler,
    instead: Sequence[str] = (),
    top: int = LISTED,
    scenario: Scenario | None = None,
) -> Futures:
    """What a run generates with a sampler, and what with other words at some places: `2= Paris`.

    `scenario` says how many words, where the run that stands has fewer. Both futures draw the same numbers. Raises
    Problem where nothing is generated, and for a word or a place that is not there.
    """
    known, standing = known_of(scenario or session.run.scenario), session.run.trace
    first = timeline(known, other_run(known, standing, sampler, {}), sampler, top=top)
    if not instead:
        return Futures(first)
    forced = dict(_placed(session, first.vocabulary, each) for each in instead)
    outside = next((place for place in forced if place >= len(first.choices)), None)
    if outside is not None:
        last = len(first.choices) - 1
        raise Problem(f"no word is chosen at place {outside}", hint=f"places are from 0 to {last}; --max-new-tokens")
    return Futures(first, timeline(known, other_run(known, standing, sampler, forced), sampler, forced, top))


def sampler_typed(typed: str) -> Sampler:
    """The sampler that is meant by what was typed; it draws nothing. Raises Problem for what is none.

    >>> sampler_typed("temperature 0.8, top-k 3")
    Sampler(repetition_penalty=1.0, temperature=0.8, top_k=3, top_p=1.0, seed=None)
    """
    return replace(Sampler(), **dict(map(_step_typed, typed.split(","))))


def _step_typed(part: str) -> tuple[str, Any]:
    """A step and its number: `top-k 3`."""
    name, _, number = part.replace("=", " ").strip().lower().partition(" ")
    step = name.replace("-", "_")
    try:
        read = _TYPED[step](number)
    except (KeyError, ValueError):
        raise Problem(f"“{part.strip()}” is no step of a sampler", hint=HOW_TO_SAMPLE) from None
    if not BOUNDS[step].holds(read):
        raise Problem(f"{name} is {BOUNDS[step].says}: not {number.strip()}", hint=HOW_TO_SAMPLE)
    return step, read


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
