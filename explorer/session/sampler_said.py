"""How words are to be chosen, as somebody types it: `temperature 0.8 top-k 40 seed 7 instead '2= Paris'`.

The names are those of the options of `attn-explore generate`, with or without their dashes; commas may stand between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from attn_explore.explorer.session.options_said import Option, bounded, pairs, typed, value_said
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.sampling import BOUNDS, Sampler, sampler_of
from attn_explore.model.looking.sampling import STEPS as FIELDS
from attn_explore.model.problems import Problem


def _of_step(name: str, read: Callable[[str], float], such_as: str) -> Option:
    return bounded(read, BOUNDS[name].holds, BOUNDS[name].says, such_as)


_NUMBERS = {
    "temperature": _of_step("temperature", float, "temperature 0.8"),
    "top-k": _of_step("top_k", int, "top-k 40"),
    "top-p": _of_step("top_p", float, "top-p 0.9"),
    "repetition-penalty": _of_step("repetition_penalty", float, "repetition-penalty 1.2"),
    "seed": bounded(int, lambda seed: seed >= 0, "a whole number, from 0", "seed 7"),
    "max-new-tokens": bounded(int, lambda words: words >= 1, "a number of words, from 1", "max-new-tokens 8"),
}
INSTEAD = "instead"
NAMES = (*_NUMBERS, INSTEAD)
"""What can be typed."""

_SUCH_AS = {**{name: each.such_as for name, each in _NUMBERS.items()}, INSTEAD: "instead '2= Paris'"}

STEPS = tuple(each.replace("_", "-") for each in FIELDS)
"""The steps of a sampler, which draws with a seed or not."""

LEAVING = ("temperature", "top-k", "top-p")
"""The steps that leave some words to choose from, and the likeliest word the likeliest."""


@dataclass(frozen=True)
class Said:
    """A sampler, the words that are put at some places, and how many are chosen; None: as many as the run has."""

    sampler: Sampler = Sampler()
    instead: tuple[str, ...] = ()
    words: int | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """The options of a command line that say the same."""
        return tuple(self._options())

    @property
    def typed(self) -> str:
        """The same as it is typed."""
        return typed(self.options)

    def _options(self) -> Iterator[str]:
        plain = Sampler()
        for name in (*FIELDS, "seed"):
            if (number := getattr(self.sampler, name)) != getattr(plain, name):
                yield from (f"--{name.replace('_', '-')}", f"{number:g}" if isinstance(number, float) else str(number))
        for each in self.instead:
            yield from (f"--{INSTEAD}", each)
        if self.words is not None:
            yield from ("--max-new-tokens", str(self.words))


def sampler_said(text: str) -> Said:
    """What is typed, read. Raises Problem for a name or a number that is none.

    >>> sampler_said("top-k 3 seed 7").sampler
    Sampler(repetition_penalty=1.0, temperature=1.0, top_k=3, top_p=1.0, seed=7)
    >>> sampler_said("--temperature=0.8").options
    ('--temperature', '0.8', '--seed', '0')
    """
    numbers: dict[str, Any] = {}
    instead: list[str] = []
    for name, said in _pairs(text, NAMES):
        if name == INSTEAD:
            instead.append(said)
        else:
            numbers[name] = value_said(name, said, _NUMBERS[name])
    seed, words = numbers.pop("seed", None), numbers.pop("max-new-tokens", None)
    return Said(sampler_of(_steps(numbers), seed), tuple(instead), words)


def steps_said(text: str, names: Sequence[str] = LEAVING) -> Sampler:
    """The steps, of some that can be typed, of a sampler that draws nothing. Raises Problem for none, and for others.

    >>> steps_said("temperature 0.8, top-k 3")
    Sampler(repetition_penalty=1.0, temperature=0.8, top_k=3, top_p=1.0, seed=None)
    """
    numbers = {name: value_said(name, said, _NUMBERS[name]) for name, said in _pairs(text, names)}
    if not numbers:
        raise Problem("no step of a sampler is typed", hint=f"such as {examples(LEAVING)}")
    return replace(Sampler(), **_steps(numbers))


def _steps(numbers: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("-", "_"): number for name, number in numbers.items()}


def _pairs(text: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    return pairs(text, {name: _SUCH_AS[name] for name in names}, "no step of a sampler")


def examples(names: Sequence[str] = ("temperature", "top-k", "top-p", "seed")) -> str:
    """Some of what can be typed."""
    return " ".join(_SUCH_AS[name] for name in names)
