"""How each word of a generation was chosen, as a table and as JSON: a row for each word, another future beside it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from attn_explore.explorer.drawing.numbers import chance_text, percent, short_number, size_text
from attn_explore.explorer.session.generated import Futures
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.model.labels import NEWLINE, TAB, Labels
from attn_explore.model.looking.asked_token import token_text
from attn_explore.model.looking.sampling import STEPS, Sampler
from attn_explore.model.looking.timeline import Candidate, Choice, StepTaken, Timeline
from attn_explore.model.naming import shown

NAMES = {"repetition_penalty": "penalty", "temperature": "temperature", "top_k": "top-k", "top_p": "top-p"}
"""What the steps of a sampler are called at the head of a column."""
NOTHING = Cell("")


def generate_answer(found: Futures) -> Answer:
    """A row for each word, the first at the top; what another future has beside it stands behind the word."""
    pairs = zip_longest(found.first.choices, found.second.choices if found.second else ())
    rows = tuple(_row(found, place, *pair) for place, pair in enumerate(pairs))
    return Answer("How was each word chosen?", tuple(_said(found)), "place", "", _columns(found), rows, "probability")


def _columns(found: Futures) -> tuple[str, ...]:
    sampler = found.first.sampler
    instead = ("instead", "its probability") if found.second else ()
    drawn = ("drawn",) if sampler.seed is not None else ()
    sampled = () if sampler.is_plain else (*(NAMES[step] for step in _steps(sampler)), "chance", *drawn)
    candidates = (f"candidate {place + 1}" for place in range(_listed(found)))
    return ("word", "probability", *instead, *sampled, *candidates, "cache")


def _listed(found: Futures) -> int:
    return len(found.first.choices[0].candidates)


def _steps(sampler: Sampler) -> list[str]:
    return [name for name, _ in sampler.steps(())]


def _row(found: Futures, place: int, first: Choice | None, second: Choice | None) -> Row:
    """A future that ends earlier leaves its cells empty."""
    line = found.first
    width = len(_columns(found))
    if first is None:
        cells = (NOTHING, NOTHING, *_word(found, second), *[NOTHING] * width)[:width]
        return Row(str(place), cells)
    instead = _word(found, second) if found.second else ()
    drawn = (*_sampled(found, first), *_candidates(found, first), _cached(line, first))
    return Row(str(place), (*_word(found, first), *instead, *drawn), _at(found, first))


def _at(found: Futures, choice: Choice, name: str = "", word: int | None = None) -> At | None:
    """What a word is chosen from, or a step of the sampler there, at a word of it; only in the run that stands."""
    path = f"{choice.at.path}.{name}" if name else choice.at.path
    return At(path, () if word is None else (word,)) if found.is_standing(choice) else None


def _word(found: Futures, choice: Choice | None) -> tuple[Cell, Cell]:
    if choice is None:
        return NOTHING, NOTHING
    at, chosen = _at(found, choice, word=choice.chosen.word), choice.chosen
    name = f"{shown(found.first.vocabulary, chosen.word)}{' (put there)' if choice.is_forced else ''}"
    return Cell(name, at=at), Cell(short_number(chosen.probability), chosen.probability, at, chosen.probability)


def _sampled(found: Futures, choice: Choice) -> Iterator[Cell]:
    if found.first.sampler.is_plain:
        return
    yield from (_taken(found, choice, step) for step in choice.steps)
    chance, at = choice.chosen.chance, _at(found, choice, "chances", choice.chosen.word)
    yield Cell(short_number(chance), chance, at, chance)
    if found.first.sampler.seed is not None:
        yield NOTHING if choice.draw is None else Cell(short_number(choice.draw), None, None, choice.draw)


def _taken(found: Futures, choice: Choice, step: StepTaken) -> Cell:
    """`49,102 cut: 12%`: how many words are left out, and how much probability was moved."""
    text = f"{step.cut:,} cut" if step.name.startswith("top") else "moves"
    at = _at(found, choice, step.name, choice.chosen.word)
    return Cell(text, step.moved, at, step.moved, chance_text(step.moved))


def _candidates(found: Futures, choice: Choice) -> Iterator[Cell]:
    for each in choice.candidates:
        beside = f"{chance_text(each.probability)}{' cut' if each.cut_by else ''}"
        at = _at(found, choice, word=each.word)
        yield Cell(shown(found.first.vocabulary, each.word), each.probability, at, each.probability, beside)


def _cached(line: Timeline, choice: Choice) -> Cell:
    return Cell(size_text(line.cached(choice)))


# --- what is said


def _said(found: Futures) -> Iterator[str]:
    yield f"It goes on: {_text(found.first)}"
    if found.second is not None:
        yield f"Instead: {_text(found.second)}"
    yield from _said_of_sampler(found.first.sampler)
    yield from _said_of_cache(found.first)


def _text(line: Timeline) -> str:
    """The words as one text; a line break has the mark that it has in the table."""
    words = [token_text(line.vocabulary, choice.chosen.word) for choice in line.choices]
    text = ("" if isinstance(line.vocabulary.labels, Labels) else " ").join(words)
    return text.replace("\n", NEWLINE).replace("\t", TAB)


def _said_of_sampler(sampler: Sampler) -> Iterator[str]:
    if sampler.is_plain:
        yield "At each place the likeliest word is chosen; its candidates are the words that were likeliest there."
        return
    steps = ", then ".join(f"{NAMES[name]} {getattr(sampler, name):g}" for name in _steps(sampler))
    if steps:
        yield f"The sampler: {steps}; each with the words that it cuts and the share of all probability that it moves."
    if sampler.seed is None:
        yield "Of what is left the likeliest word is chosen."
        return
    yield (
        f"Drawn with seed {sampler.seed}: the words lie side by side from 0 to 1, the likeliest first, each as wide as "
        "its chance, and the number that is drawn falls on one."
    )


def _said_of_cache(line: Timeline) -> Iterator[str]:
    kept = line.kept
    what = "The cache holds" if kept.is_kept else "Each pass reads all words again; a cache would hold"
    each = f"{kept.numbers_a_token:,} numbers more ({size_text(kept.bytes_a_token)})"
    yield f"{what} {size_text(kept.nbytes)} of keys and values in the end, with each word that is read {each}."
    if kept.nbytes < kept.ungrouped:
        ungrouped, saved = size_text(kept.ungrouped), percent(1 - kept.nbytes / kept.ungrouped)
        yield f"With keys and values for each head that asks these would be {ungrouped}: sharing saves {saved}."


# --- JSON


def generate_data(found: Futures) -> dict[str, Any]:
    """The words as plain objects."""
    line = found.first
    data = {
        "sampler": {**{name: getattr(line.sampler, name) for name in STEPS}, "seed": line.sampler.seed},
        "words": [_choice_data(line, choice) for choice in line.choices],
    }
    if found.second is None:
        return data
    return {**data, "instead": [_choice_data(found.second, choice) for choice in found.second.choices]}


def _choice_data(line: Timeline, choice: Choice) -> dict[str, Any]:
    return {
        "at": choice.at.path,
        **_candidate_data(line, choice.chosen),
        "forced": choice.is_forced,
        "draw": choice.draw,
        "steps": [{"step": step.name, "cut": step.cut, "moved": step.moved} for step in choice.steps],
        "candidates": [_candidate_data(line, each) for each in choice.candidates],
        "read": choice.read,
        "cache_bytes": line.cached(choice),
    }


def _candidate_data(line: Timeline, each: Candidate) -> dict[str, Any]:
    found = {
        "token": token_text(line.vocabulary, each.word),
        "id": each.word,
        "probability": each.probability,
        "chance": each.chance,
    }
    return {**found, "cut_by": each.cut_by} if each.cut_by else found
