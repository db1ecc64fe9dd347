"""Which words made an output, as an answer: a row for each word that was read, a column for each method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from attn_explore.explorer.drawing.numbers import counted, short_number
from attn_explore.explorer.session.asked_words import WordsFound
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.runs_made import how_far
from attn_explore.model.axes import Array
from attn_explore.model.looking.asked_token import token_text
from attn_explore.model.looking.word_shares import STEPS, Words, WordShares
from attn_explore.model.naming import name_along, shown

METHODS: Mapping[str, tuple[str, str]] = {
    "gradient": ("gradient×input", "gradient_times_input"),
    "integrated": ("integrated", "integrated_gradients"),
    "rollout": ("rollout", "rollout"),
    "left_out": ("left out", "left_out"),
}
"""The methods, the heads of their columns, and their names in JSON."""
_STACKS = {"encoder": "source", "decoder": "target"}
_TOGETHER = "together"
_MASKED = "masked"
_NOTHING = Cell("—")
_MUCH = 0.1
"""The error of integrated gradients, as a share of what they should add up to, from which on it is pointed out."""
_WARNING = " That is much: do not trust them; more steps may help."


def words_answer(found: WordsFound) -> Answer:
    """The words, those of the source first, and what each method gives to all of them together."""
    words = found.words
    largest = {method: _largest(words, method) for method in METHODS}
    names = [_MASKED if method == "left_out" and words.masks else head for method, (head, _) in METHODS.items()]
    rows = [_row(found, stack, place, largest) for stack in words.stacks for place in _places(stack)]
    rows.append(Row(_TOGETHER, tuple(_together(words, method) for method in METHODS), is_total=True))
    said = tuple(_said(found))
    return Answer("Which words made this output?", said, "word", "", tuple(names), tuple(rows), words.output.measure)


def words_drawn(found: WordsFound) -> Answer:
    """The same for a picture, whose colours have one scale: of each number its share of the largest in its column."""
    whole = words_answer(found)
    rows = tuple(row for row in whole.rows if not row.is_total)
    return replace(whole, rows=rows, measure="share of the largest in its column", by_columns=True)


def words_data(found: WordsFound) -> dict[str, Any]:
    """The same as plain objects."""
    words, output = found.words, found.words.output
    place = {} if output.place is None else {"place": output.place}
    chosen = {"token": token_text(found.logits.axes[-1], output.token), "id": output.token}
    return {
        "of": {"at": found.logits.path, "measure": output.measure, **place, **chosen},
        "value": words.value,
        "words": [_word_data(stack, place) for stack in words.stacks for place in _places(stack)],
        "together": {name: _number(words.total(method)) for method, (_, name) in METHODS.items()},
        "left_out_by": "mask" if words.masks else "leaving out",
        "baseline": {"embeddings": "zero", "value": _number(words.baseline)},
        "steps": words.steps,
        "error": _number(words.error),
    }


def _word_data(stack: WordShares, place: int) -> dict[str, Any]:
    text = stack.text
    word = {"stack": stack.stack, "place": place, "token": text.written(place), "id": int(text.ids[place])}
    return word | {name: _number(float(_of(stack, method)[place])) for method, (_, name) in METHODS.items()}


def _number(number: float) -> float | None:
    return None if np.isnan(number) else number


# --- sentences


def _said(found: WordsFound) -> Iterator[str]:
    words = found.words
    yield f"{output_name(found)}: {short_number(words.value)}. No method is the truth: each answers another question."
    if not words.is_done:
        yield f"{how_far(words)} are made; cells without a number wait for theirs."
    yield "Colours are of each column by itself: how large a number is beside the largest there."
    if words.is_done:
        yield _of_integrated(words)
    yield "Rollout is how attention alone mixes the words, as shares of 1; gradient×input need not add up to anything."
    if words.is_edited:
        yield "No word is left out: the edits of this run stand at places."
    elif words.masks:
        yield "Masked: how much is lost when a mask stands for the word."
    else:
        yield "Left out: how much is lost in a run without the word."


def _of_integrated(words: Words) -> str:
    gained = words.value - words.baseline
    return (
        f"Integrated gradients ({counted(words.steps, 'step')}) begin at embeddings of zero, where it is "
        f"{short_number(words.baseline)}: they should add up to {short_number(gained)}; their error is "
        f"{short_number(words.error)}.{_WARNING if abs(words.error) > _MUCH * abs(gained) else ''}"
    )


def output_name(found: WordsFound) -> str:
    """What an output is called: `The logit of ␣Paris, after ␣is`."""
    output, tokens = found.words.output, found.tokens
    name = f"The {output.measure} of {shown(found.logits.axes[-1], output.token)}"
    if tokens is None or output.place is None:
        return name
    return f"{name}, {'after' if found.foretells else 'at'} {shown(tokens, output.place)}"


def named_by(found: WordsFound) -> tuple[str, ...]:
    """The options that name an output on a command line."""
    output, tokens = found.words.output, found.tokens
    after = () if tokens is None or output.place is None else ("--after", name_along(tokens, output.place))
    of = () if output.measure == "logit" else ("--of", output.measure)
    steps = () if found.words.steps == STEPS else ("--steps", str(found.words.steps))
    return ("--token-id", str(output.token), *of, *after, *steps)


# --- rows


def _places(stack: WordShares) -> list[int]:
    """The words, without what only fills up."""
    places: list[int] = np.flatnonzero(stack.text.is_word).tolist()
    return places


def _of(stack: WordShares, method: str) -> Array:
    found: Array = getattr(stack, method)
    return found


def _largest(words: Words, method: str) -> float:
    every = np.concatenate([_of(stack, method)[_places(stack)] for stack in words.stacks])
    return float(np.max(np.abs(every), initial=0.0, where=~np.isnan(every)))


def _row(found: WordsFound, stack: WordShares, place: int, largest: Mapping[str, float]) -> Row:
    chapter = found.logits.path.removesuffix(found.logits.name) if stack.stack == "decoder" else ""
    at = At(f"{chapter}{stack.stack}.embedding", (place, 0))
    which = f"{_STACKS[stack.stack]} " if len(found.words.stacks) > 1 else ""
    cells = (_cell(float(_of(stack, method)[place]), largest[method], at) for method in METHODS)
    return Row(f"{which}{shown(stack.text.tokens, place)}", tuple(cells), at)


def _cell(number: float, largest: float, at: At) -> Cell:
    if np.isnan(number):
        return _NOTHING
    return Cell(short_number(number), number / largest if largest else 0.0, at, number)


def _together(words: Words, method: str) -> Cell:
    total = words.total(method)
    return _NOTHING if np.isnan(total) else Cell(short_number(total), None, None, total)
