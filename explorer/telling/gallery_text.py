"""What is said of the variants of attention: their formulas, what each does to the chosen row, and what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from attn_explore.explorer.drawing.gallery_lines import ABOVE_TEN, UP_TO_TEN, Tile
from attn_explore.explorer.drawing.numbers import most_cells, short_number, shortened
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.wrapping import by_sentence, wrapped
from attn_explore.explorer.session.gallery import Gallery, Hung, cell_of, clipped
from attn_explore.explorer.telling.headings import where
from attn_explore.explorer.telling.planes import plane_of_head
from attn_explore.model.explain import Index, explanation, mask_of
from attn_explore.model.formulas import formula
from attn_explore.model.naming import shown
from attn_explore.model.text import visible
from attn_explore.model.values import Value

ABOUT: Mapping[str, str] = {
    "scores": "how alike a query and a key are",
    "weightings": "from scores to weights",
    "masks": "which keys are hidden",
    "spans": "how far a query sees",
    "positions": "where the order of the words enters",
    "heads": "how many ask, and how many answer",
}
"""What is chosen in each family."""

TELLING: Mapping[str, tuple[str, ...]] = {
    "scores": ("scaled_scores", "additive_hidden", "scores"),
    "weightings": ("weights",),
    "masks": ("mask",),
    "spans": ("mask",),
    "positions": ("position", "q_rotated", "position_bias"),
    "heads": (),
}
"""The steps that tell what a variant of each family is: the first of them that its run has."""

WORDS: Mapping[str, str] = {
    "no_mask": "Every word sees every word, those that come later too.",
    "causal": "A word sees itself and the words before it: so a model can learn to write the next one.",
    "padding": "Padding that fills a text up to a length is hidden from every word.",
    "all_words": "However far away a word is, it is seen.",
    "no_position": "Nothing tells where a word stands: attention sees a bag of words.",
    "1_head": "One head asks and answers with the whole width of the model.",
    "grouped": "Several heads of queries share one head of keys and values: so less has to be kept in memory.",
    "multi_query": "All heads of queries share one head of keys and values.",
}
"""What is said of variants that no step is about."""

MOST_KEYS, FEW_KEYS = 9, 5
"""The row of so many keys is told as it is; of one with more, so many of the largest weights."""

_NEIGHBOURS = "A word sees so many neighbours on each side, and no further: long texts take less."
_HEADS = "Each head has queries, keys and values of its own, so that it can look for something else."


def tiles(gallery: Gallery, head: int, of_scores: bool = False) -> list[Tile]:
    """Every variant, with the weights of a head; or with what goes into the weighting."""
    return [_tile(gallery, each, head, of_scores) for each in gallery.hung]


def _tile(gallery: Gallery, hung: Hung, head: int, of_scores: bool) -> Tile:
    variant, weights = hung.variant, gallery.weights(hung)
    if weights is None:
        return Tile(variant.name, variant.family, variant.title, (), None, visible(hung.refused))
    value, shown_head = _drawn(weights, of_scores), min(head, weights.shape[0] - 1)
    return Tile(
        variant.name,
        variant.family,
        variant.title,
        tuple(_short_formulas(gallery, hung, value, shown_head)),
        _picture(weights, shown_head, of_scores),
        is_own=hung.is_own,
    )


def _picture(weights: Value, head: int, of_scores: bool) -> Picture:
    """A head's weights, all on the scale from 0 to 1 unless they go beyond; or its scores on a scale of their own."""
    value = _drawn(weights, of_scores)
    plane = plane_of_head(value, head, weights.shape[0])
    array, axes = plane.array, plane.axes
    mask = mask_of(weights)
    hidden = None if mask is None else np.isneginf(mask.array)
    picture = Picture(array, axes, hidden)
    return picture if of_scores else Picture(array, axes, hidden, scale=(max(1.0, picture.largest), False))


def _drawn(weights: Value, of_scores: bool) -> Value:
    """The step that a picture is drawn of: the weights, or what goes into the weighting."""
    return weights.operands[0].value if of_scores else weights


def _short_formulas(gallery: Gallery, hung: Hung, drawn: Value, head: int) -> Iterator[str]:
    """What is written over a picture: what tells it from the others of its family, or what its numbers are."""
    step = _telling_step(gallery, hung)
    of_step = [] if step is None else [visible(formula(step))]
    if hung.variant.family == "heads":
        yield _who_asks(gallery, hung, drawn, head)
    if hung.variant.family in ("scores", "weightings"):
        yield from (_right_side(drawn), *of_step)
    else:
        yield from (*of_step, _right_side(drawn))


def _who_asks(gallery: Gallery, hung: Hung, drawn: Value, head: int) -> str:
    """How many heads of queries there are, how many of keys and values, and which one is drawn."""
    assert hung.session is not None  # noqa: S101 (it has weights)
    keys = hung.session.run.trace[f"{gallery.block}.scores"].operands[1].value
    which = f" · head {head}" if drawn.shape[0] > 1 else ""
    return f"{drawn.shape[0]} ask, {keys.axis('head').size} answer{which}"


def _right_side(value: Value) -> str:
    return visible(formula(value).partition(" = ")[2])


def wall_title(gallery: Gallery, cell: Index, of_scores: bool, width: int) -> str:
    """What hangs there, of which attention, and which head, query and key are lit: as much as there is room for."""
    weights = gallery.base.run.trace[f"{gallery.block}.weights"]
    at = clipped(weights, cell)
    query, key = (shown(axis, place) for axis, place in zip(weights.axes[1:], at[1:], strict=True))
    what, lit = "scores" if of_scores else "weights", visible(f"{query} → {key}") + _without_edits(gallery)
    head = f"{what} of head {cell[0]}" if cell[0] or weights.shape[0] > 1 else what
    title, block = visible(gallery.base.run.scenario.title), where(weights)
    ways = (f"{title} · {block} · {head} · {lit}", f"{block} · {head} · {lit}", f"{head} · {lit}", lit)
    return next((way for way in ways if most_cells(way) <= width), shortened(lit, width))


def _without_edits(gallery: Gallery) -> str:
    """What is said where the run that it is of has edits: the numbers are others there."""
    return " · without the edits" if gallery.leaves_edits_out else ""


def about(gallery: Gallery, hung: Hung, cell: Index, of_scores: bool = False) -> list[str]:
    """What is said of a variant: what it is called and its formula, the chosen row, the cell, and what it is."""
    first, *rest = formulas(gallery, hung, of_scores) or [""]
    said = " ".join((*(f"{each}." for each in rest), words(gallery, hung))) if hung.session else ""
    own = "○ as it is here" if hung.is_own else ""
    return [" · ".join(filter(None, (hung.variant.title, first, own))), *_numbers(gallery, hung, cell, of_scores), said]


def _numbers(gallery: Gallery, hung: Hung, cell: Index, of_scores: bool = False) -> list[str]:
    """What a variant does to the chosen row and to the cell, or why it is not there."""
    weights = gallery.weights(hung)
    if weights is None:
        return [f"not here: {visible(hung.refused)}"]
    at = clipped(weights, cell)
    return [scores_text(_drawn(weights, True), at) if of_scores else row_text(weights, at), cell_text(weights, at)]


def formulas(gallery: Gallery, hung: Hung, of_scores: bool = False) -> list[str]:
    """The formula of a variant's weights, or of its scores; and that of the step that tells what it is, if another."""
    weights, step = gallery.weights(hung), _telling_step(gallery, hung)
    drawn = None if weights is None else _drawn(weights, of_scores)
    found = [formula(value) for value in (drawn, step) if value is not None]
    return [visible(each) for each in dict.fromkeys(found)]


def _telling_step(gallery: Gallery, hung: Hung) -> Value | None:
    """The step that a variant is about, in the attention or where its stack begins."""
    if hung.session is None:
        return None
    steps, stack = hung.session.run.trace.steps, gallery.block.partition(".")[0]
    paths = (f"{block}.{name}" for name in TELLING[hung.variant.family] for block in (gallery.block, stack))
    return next((steps[path] for path in paths if path in steps), None)


def words(gallery: Gallery, hung: Hung) -> str:
    """What a variant is, in a sentence or a few."""
    if (said := WORDS.get(hung.variant.name)) is not None:
        return said
    if hung.variant.family in ("spans", "heads"):
        return _NEIGHBOURS if hung.variant.family == "spans" else _HEADS
    step = _telling_step(gallery, hung)
    return "" if step is None else visible(explanation(step))


def row_text(weights: Value, cell: Index) -> str:
    """The row of a cell as numbers, of many the largest, and what it comes to: `love → I 0.31 · dog 0.69; sum 1`."""
    head, query, _ = cell
    return f"{scores_text(weights, cell)}; sum {_short(float(np.asarray(weights[head, query]).sum()))}"


def scores_text(scores: Value, cell: Index) -> str:
    """The row of a cell as numbers, of many the largest: `love → I 1.20 · dog -1.24`."""
    head, query, _ = cell
    numbers = np.asarray(scores[head, query])
    places = range(len(numbers)) if len(numbers) <= MOST_KEYS else np.argsort(-numbers, kind="stable")[:FEW_KEYS]
    keys = " · ".join(f"{shown(scores.axes[2], int(place))} {_short(float(numbers[place]))}" for place in places)
    others = "" if len(numbers) <= MOST_KEYS else f" · {len(numbers) - FEW_KEYS} others less"
    return visible(f"{shown(scores.axes[1], query)} → {keys}{others}")


def cell_text(weights: Value, cell: Index) -> str:
    """From the number that goes into the weighting to the weight: `love and I: the score 1.1997 becomes …`."""
    scores = weights.operands[0].value
    query, key = (shown(axis, place) for axis, place in zip(weights.axes[1:], cell[1:], strict=True))
    before, after = short_number(float(scores[cell])), short_number(float(weights[cell]))
    heads = f"{shown(weights.axes[0], cell[0])}: " if weights.shape[0] > 1 else ""
    return visible(f"{heads}{query} and {key}: the score {before} becomes the weight {after}")


def _short(number: float) -> str:
    """A weight or a score as it stands in the pictures."""
    return (ABOVE_TEN if number < 0 or number >= 9.995 else UP_TO_TEN)(number).strip()


def plain_lines(gallery: Gallery, width: int) -> Iterator[str]:
    """The gallery as text, a thought to a line: each family, each variant, and what it does to a row."""
    scenario, cell = gallery.base.run.scenario, cell_of(gallery)
    heading = f"{scenario.title}: every variant of {gallery.block}{_without_edits(gallery)}"
    yield from wrapped(visible(heading), width)
    family = None
    for hung in gallery.hung:
        if hung.variant.family != family:
            family = hung.variant.family
            yield from ("", *wrapped(f"{family}: {ABOUT[family]}", width))
        own = ", as the scenario has it" if hung.is_own else ""
        said = (*formulas(gallery, hung), *_numbers(gallery, hung, cell))
        yield f"  {hung.variant.title}{own}"
        yield from (f"    {line}" for each in said for line in by_sentence(each, width - 4))
