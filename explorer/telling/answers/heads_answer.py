"""What every head does: a grid of layers by heads for one score, a list of heads by one, and both as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attn_explore.explorer.drawing.numbers import counted, short_number
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.answer_json import token_data
from attn_explore.explorer.telling.answers.attribution_answer import number_data, number_name
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.head_atlas import MADE_UP, HeadAtlas
from attn_explore.model.looking.head_scores import LOGIT, SCORES, HeadScores
from attn_explore.model.looking.said_twice import LENGTH
from attn_explore.model.looking.text_read import Text
from attn_explore.model.text import clip

MEANINGS = {
    "induction": "weight on what followed an earlier copy of the token",
    "previous": "weight on the token before",
    "first": "weight on the first token",
    "same": "weight on earlier copies of the token",
    "entropy": "how evenly the weight is spread, in nats",
    "logit": "what the head adds to a logit",
}
"""What each score is, in a few words."""

BEST = 3
"""Heads that are named for each score."""
_HALF = 0.5
_WORDS = 60
"""Letters of a text that is quoted."""


@dataclass(frozen=True)
class Wanted:
    """What of an atlas is asked for: the grid of a score, or the list of the first `top` heads by it (None: all)."""

    score: str = SCORES[0]
    is_list: bool = False
    top: int | None = None


THE_GRID = Wanted()
"""The grid of the first score."""


def heads_answer(atlas: HeadAtlas, wanted: Wanted = THE_GRID) -> Answer:
    """The grid or the list that is wanted, and what can be said of the heads in a few sentences."""
    return _list(atlas, wanted) if wanted.is_list else _grid(atlas, wanted.score)


def _grid(atlas: HeadAtlas, score: str) -> Answer:
    """A row for each attention, a column for each of its heads."""
    width = max((each.head for each in atlas.heads), default=-1) + 1
    rows = {path: [Cell("")] * width for path in dict.fromkeys(each.path for each in atlas.heads)}
    for each in atlas.heads:
        rows[each.path][each.head] = _cell(atlas, each, score)
    labels = {each.path: layer_name(atlas, each) for each in atlas.heads}
    made = tuple(Row(labels[path], tuple(cells), At(path)) for path, cells in rows.items())
    return Answer(f"Heads by {score}", tuple(_said(atlas, score)), "layer", "head", tuple(map(str, range(width))), made)


def _list(atlas: HeadAtlas, wanted: Wanted) -> Answer:
    """A row for each head, a column for each score."""
    found = atlas.by(wanted.score)
    rows = tuple(
        Row(name_of(atlas, each), tuple(_cell(atlas, each, score) for score in atlas.scores), _at(each))
        for each in found[: wanted.top]
    )
    left = len(found) - len(rows)
    more = f"{counted(left, 'more head follows', 'more heads follow')}: --top {len(found)} lists all."
    said = (*_said(atlas, wanted.score), *([more] if left else []))
    title = f"Heads by {wanted.score}, the largest first"
    return Answer(title, said, "head", "", atlas.scores, rows)


def _cell(atlas: HeadAtlas, head: HeadScores, score: str) -> Cell:
    number: float | None = getattr(head, score)
    if number is None:
        return Cell("", at=_at(head))
    is_share = score not in ("entropy", LOGIT)
    most = 1.0 if is_share else max(abs(getattr(each, score) or 0.0) for each in atlas.heads) or 1.0
    return Cell(f"{number:.2f}", number / most, _at(head), number)


def _at(head: HeadScores) -> At:
    """The head's weights, at the first token that looks."""
    return At(head.path, (head.head, 0, 0))


# --- names


def name_of(atlas: HeadAtlas, head: HeadScores) -> str:
    """Layer and head, `18.6`; with the attention where a model has several: `decoder cross 1.2`."""
    return f"{layer_name(atlas, head)}.{head.head}"


def layer_name(atlas: HeadAtlas, head: HeadScores) -> str:
    """The layer of a head; with the attention where a model has several: `decoder cross 1`."""
    kinds = {(each.stack, each.is_across) for each in atlas.heads}
    kind = f"{head.stack} cross " if head.is_across else f"{head.stack} "
    return f"{kind if len(kinds) > 1 else ''}{head.layer}"


# --- sentences


def _said(atlas: HeadAtlas, chosen: str) -> Iterator[str]:
    """What a score is, what each was measured on, who is first by each, and how many look at the first token."""
    yield f"{chosen}: {MEANINGS[chosen]}"
    for first in atlas.by(chosen)[:1]:
        yield f"{name_of(atlas, first)}: head {first.head} of layer {first.layer}"
    yield from _measured(atlas)
    for score in (each for each in atlas.scores if each != "entropy"):
        best = ", ".join(f"{name_of(atlas, each)} ({getattr(each, score):.2f})" for each in atlas.by(score)[:BEST])
        if best:
            yield f"most {score}: {best}"
    if any(each.is_across for each in atlas.heads):
        yield "Heads of cross-attention look at another text: places are not compared, so they have fewer scores."
    many = sum((each.first or 0) > _HALF for each in atlas.heads)
    yield f"{many} of {len(atlas.heads)} heads put over half of their weight on the first token."


def _measured(atlas: HeadAtlas) -> Iterator[str]:
    on = atlas.measured_on
    of_made_up = [score for score in SCORES if on[score] == MADE_UP]
    of_text = [score for score in SCORES if on[score] != MADE_UP]
    if of_made_up and atlas.made_up is not None:
        tokens = clip(" ".join(atlas.made_up.words), _WORDS)
        yield f"{_listed(of_made_up)}: on made-up tokens, said twice (seed {atlas.drawing.seed}): {tokens}"
        asked = atlas.drawing.length
        if atlas.made < asked != LENGTH:
            yield f"Of {asked} made-up tokens there is room for {atlas.made}, or the model knows no more."
    if of_text and atlas.text is not None:
        yield f"{_listed(of_text)}: on the text: {clip(' '.join(atlas.text.words), _WORDS)}"
    if atlas.number is not None:
        yield f"logit: what each adds. {number_name(atlas.number)}: {short_number(atlas.number.value)}"


def _listed(scores: list[str]) -> str:
    return "all scores" if len(scores) == len(SCORES) else ", ".join(scores)


# --- JSON


def heads_data(atlas: HeadAtlas, wanted: Wanted = THE_GRID) -> dict[str, Any]:
    """The atlas as plain objects: all heads, by layers, or by the score that is asked for."""
    heads = atlas.by(wanted.score) if wanted.is_list else atlas.heads
    number = {} if atlas.number is None else {"logit_of": number_data(atlas.number)}
    return {
        **number,
        "tokens": None if atlas.text is None else _tokens(atlas.text),
        "made_up": None if atlas.made_up is None else {"seed": atlas.drawing.seed, "tokens": _tokens(atlas.made_up)},
        "measured_on": dict(atlas.measured_on),
        "heads": [_plain(each, atlas.scores) for each in heads],
    }


def _tokens(text: Text) -> list[dict[str, Any]]:
    return [token_data(text, place) for place in range(text.tokens.size)]


def _plain(head: HeadScores, scores: Iterable[str]) -> dict[str, Any]:
    return {
        "at": head.path,
        "stack": head.stack,
        "attention": "cross" if head.is_across else "self",
        "layer": head.layer,
        "head": head.head,
        **{score: getattr(head, score) for score in scores},
    }
