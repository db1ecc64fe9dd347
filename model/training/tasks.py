"""Tasks whose examples are made up as they are needed: sequences of symbols, and what should be made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from attn_explore.model.scenario.pairs import Example, Words

Draw = np.random.Generator
Task = Callable[[Draw, Words, int], Example]
"""Makes an example of some symbols and a length."""


def _sequence(draw: Draw, symbols: Words, length: int) -> Words:
    return tuple(symbols[place] for place in draw.integers(len(symbols), size=length))


def copy(draw: Draw, symbols: Words, length: int) -> Example:
    """Say it again."""
    text = _sequence(draw, symbols, length)
    return Example(text, text)


def reverse(draw: Draw, symbols: Words, length: int) -> Example:
    """Say it backwards."""
    text = _sequence(draw, symbols, length)
    return Example(text, text[::-1])


def sort(draw: Draw, symbols: Words, length: int) -> Example:
    """Say it in the order of the symbols."""
    text = _sequence(draw, symbols, length)
    return Example(text, tuple(sorted(text, key=symbols.index)))


def induction(draw: Draw, symbols: Words, length: int) -> Example:
    """Go on as it went on the last time (Olsson et al. 2022).

    The text is up to `length` different symbols, and then one of them again: a to e, then b, is to be followed by c,
    d, e. Where the first part ends and what is said again is different each time, so counting places does not help.
    """
    count = int(draw.integers(min(3, length), length + 1))
    text = tuple(symbols[place] for place in draw.permutation(len(symbols))[:count])
    again = int(draw.integers(count - 1))
    return Example((*text, text[again]), text[again + 1 :])


TASKS: Mapping[str, Task] = {"copy": copy, "reverse": reverse, "sort": sort, "induction": induction}
"""Every task by its name in a scenario."""
