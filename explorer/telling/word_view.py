"""Attention for one word: its query, what it makes of every key, and what it takes from every value.

The same steps of the same trace as the matrices, a row of each: every number here is a cell that can be gone to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from attn_explore.explorer.drawing.arithmetic import LABEL
from attn_explore.explorer.drawing.blocks import Block, Link, Piece, Row
from attn_explore.explorer.drawing.numbers import bar, most_cells, short_number, shortened
from attn_explore.explorer.session.session import Session
from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.naming import shown
from attn_explore.model.ops import is_gradient
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

BAR = 20
"""Cells of the bar of a weight of 1."""
MOST = 24
"""Of more keys than this, those with the largest weights are shown, and what the others come to."""
LEAST = 2
"""So many numbers of a vector are shown, however narrow it is."""

HEADERS = {
    "scores": "score",
    "scaled_scores": "scaled",
    "biased_scores": "with bias",
    "capped_scores": "capped",
    "masked_scores": "masked",
    "weights": "weight",
}
"""What stands over the column of a step."""

_SPACE = Block(((Piece("", "note"),),))


@dataclass(frozen=True, eq=False)
class Attention:
    """The steps of one attention block: `scores` are those over (head, query, key), in order, the weights last."""

    queries: Value
    keys: Value
    values: Value
    scores: tuple[Value, ...]
    output: Value

    @property
    def steps(self) -> tuple[Value, ...]:
        """Every step that has a part in it."""
        return (self.queries, self.keys, self.values, *self.scores, self.output)

    def cell(self, step: Value, word: Word, column: int = 0) -> Index:
        """Where a word's number stands in a step; `column` is along the last axis of queries, keys, values, output."""
        if step in self.scores:
            return word.head, word.query, word.key
        if step is self.queries or step is self.output:
            return word.head, word.query, column
        return word.head * step.shape[0] // self.queries.shape[0], word.key, column


@dataclass(frozen=True)
class Word:
    """The word that asks, in one head, and the word that it asks."""

    head: int
    query: int
    key: int


def attention_of(trace: Trace, value: Value) -> Attention | None:
    """The attention block that a step belongs to, from queries to weighted values; None for all others.

    Where a trace leaves steps out, it cannot be told.
    """
    if is_gradient(value) or trace.left_out:
        return None
    block = value.path.rpartition(".")[0]
    found = {
        name: trace.steps.get(f"{block}.{name}") for name in (*HEADERS, "all_keys", "v", "all_values", "head_output")
    }
    queries, keys = (_as_compared(trace, f"{block}.{name}") for name in ("q", "k"))
    keys, values = found["all_keys"] or keys, found["all_values"] or found["v"]
    scores = tuple(step for name in HEADERS if (step := found[name]) is not None)
    output = found["head_output"]
    if queries is None or keys is None or values is None or output is None:
        return None
    attention = Attention(queries, keys, values, scores, output)
    return attention if value in attention.steps else None


def _as_compared(trace: Trace, path: str) -> Value | None:
    """Queries or keys as they enter the scores: turned by their positions, normalised, or as they were projected."""
    return next((found for end in ("_rotated", "_norm", "") if (found := trace.steps.get(f"{path}{end}"))), None)


def word_of(session: Session, attention: Attention) -> Word:
    """The word that asks, as the cursor says; what the current step does not say is as it last was in the scores."""
    value, index = session.place.value, session.place.index
    head, query, key = session.place.index_in(attention.scores[0])
    own_head = index[0] * attention.queries.shape[0] // value.shape[0]
    if value in attention.scores:
        return Word(*index)
    if value is attention.queries or value is attention.output:
        return Word(own_head, index[1], key)
    is_shared = value.shape[0] < attention.queries.shape[0]
    return Word(head if is_shared else own_head, query, index[1])


def put_cursors(session: Session, attention: Attention, word: Word) -> None:
    """Put the cursor on the cells of a word in every step of the block."""
    for step in attention.steps:
        before = session.place.index_in(step)
        session.place.put_cursor(step, attention.cell(step, word, before[-1]))


def further(attention: Attention, word: Word, queries: int = 0, keys: int = 0) -> Word:
    """The word so many places on, as far as there are words."""
    _, query_count, key_count = attention.scores[0].shape
    query, key = word.query + queries, word.key + keys
    return Word(word.head, max(0, min(query_count - 1, query)), max(0, min(key_count - 1, key)))


def title(attention: Attention, word: Word) -> str:
    """Which word asks, in which head."""
    heads, queries, _ = attention.scores[0].axes
    head = f" in {heads.label(word.head)}" if heads.size > 1 else ""
    return f"{shown(queries, word.query)} asks{head} · ↑ ↓ another word"


def word_blocks(attention: Attention, word: Word, room: int) -> list[Block]:
    """The query and every key with their score; the way from score to weight; the weighted values and their sum."""
    writer = _Writer(attention, word, room)
    return [writer.products(), _SPACE, writer.shares(), _SPACE, writer.values()]


class _Writer:
    """Writes the rows of one word."""

    def __init__(self, attention: Attention, word: Word, room: int) -> None:
        self.attention = attention
        self.word = word
        self.room = room
        _, self.queries, self.keys = attention.scores[0].axes
        self.weights = attention.scores[-1][word.head, word.query]
        self.shown = self._shown()
        self.labels = [shortened(shown(self.keys, key), LABEL) for key in self.shown]
        self.left = self.keys.size - len(self.shown)

    def _shown(self) -> list[int]:
        """The keys that are shown, in the order of the text: all, or the heaviest and the one under the cursor."""
        if self.keys.size <= MOST:
            return list(range(self.keys.size))
        heaviest = np.argsort(-np.nan_to_num(self.weights), kind="stable")[:MOST].tolist()
        return sorted(heaviest if self.word.key in heaviest else [*heaviest[:-1], self.word.key])

    def products(self) -> Block:
        """The query, then each key and its score."""
        attention = self.attention
        vectors = (attention.queries[self.word.head, self.word.query], *self._all(attention.keys))
        last = max(self._widths(attention.scores[0][self.word.head, self.word.query][:, None])[0], len("  score"))
        beside, labels = len(" → ") + last, self._named("of ")
        if self._cells(labels) + beside + self._least(*vectors) > self.room:
            labels = self._named("")
        count = self._count(self._cells(labels) + beside, *vectors)
        rows: list[Row] = [
            (
                Piece(labels[0], "name"),
                *self._vector(attention.queries, self.word, count),
                Piece("   ", "sign"),
                Piece("score", "number"),
            )
        ]
        for word, label in zip(self._each(), labels[1:], strict=True):
            vector = self._vector(attention.keys, word, count)
            rows.append((Piece(label, "label"), *vector, Piece(" → ", "sign"), self._number(attention.scores[0], word)))
        return Block((*rows, *self._others()))

    def shares(self) -> Block:
        """From the scores to weights, which are drawn as bars."""
        steps = self.attention.scores
        rows: list[Row] = [(Piece(" key", "note"), *(Piece(f"  {HEADERS[step.name]}", "number") for step in steps))]
        for word, label in zip(self._each(), self.labels, strict=True):
            weight = float(steps[-1][self.attention.cell(steps[-1], word)])
            numbers = (self._number(step, word) for step in steps)
            rows.append((Piece(f" {label}", "label"), *numbers, Piece(f"  {bar(weight, BAR)}", "positive")))
        blanks = [Piece("", "note") for _ in steps[:-1]]
        if self.left:
            rest = float(np.delete(self.weights, self.shown).sum())
            rows.append((Piece(f" {self.left} others", "note"), *blanks, Piece(f"  {short_number(rest)}", "number")))
        total = float(self.weights.sum())
        rows.append((Piece(" sum", "note"), *blanks, Piece(f"  {short_number(total)}", "result")))
        return Block(tuple(rows))

    def values(self) -> Block:
        """Each weight and value, where there is room their product, and the sum of the products: the word's result."""
        attention = self.attention
        shares = self.weights[self.shown]
        values = np.array(self._all(attention.values))
        products, result = shares[:, None] * values, attention.output[self.word.head, self.word.query]
        width = values.shape[1]
        taken = (
            max(len(" 999 others"), *map(most_cells, self.labels)) + 1 + max(self._widths(shares[:, None])) + len(" ×")
        )
        both = sum((*self._widths(values), *self._widths(np.vstack([products, result]))))
        is_wide = taken + both + len("  = ") <= self.room
        count = width if is_wide else self._count(taken, *values, result)
        rows: list[Row] = [(Piece(" weight × value", "note"),)]
        for word, label, product in zip(self._each(), self.labels, products, strict=True):
            weight = (self._number(attention.scores[-1], word), Piece(" ×", "sign"))
            numbers = (Piece(f"  {short_number(float(number))}", "number") for number in product)
            made = (Piece("  = ", "sign"), *numbers) if is_wide else ()
            own = self._vector(attention.values, word, count)
            rows.append((Piece(f" {label}", "label"), *weight, *own, *made))
        blanks = [Piece("", "note")] * (2 + (count + 1 if is_wide else 0))
        if self.left:
            rest = (
                Piece(f"  {short_number(float(number))}", "number") for number in (result - products.sum(0))[:count]
            )
            rows.append((Piece(f" {self.left} others", "note"), *blanks, *rest))
        sums = (Piece(piece.text, "result", piece.link) for piece in self._vector(attention.output, self.word, count))
        rows.append((Piece(" sum", "note"), *blanks, *sums))
        return Block(tuple(rows))

    def _others(self) -> list[Row]:
        return [(Piece(f" and {self.left} others with smaller weights", "note"),)] if self.left else []

    def _each(self) -> Iterator[Word]:
        return (Word(self.word.head, self.word.query, key) for key in self.shown)

    def _all(self, step: Value) -> list[Array]:
        """The vector of every word that is asked."""
        return [step[self.attention.cell(step, word)[:2]] for word in self._each()]

    def _number(self, step: Value, word: Word, column: int = 0) -> Piece:
        cell = self.attention.cell(step, word, column)
        edited = "✎" if step.is_changed_at(cell) else ""  # the numbers beside it do not make it
        return Piece(f"  {edited}{short_number(float(step[cell]))}", "number", Link(step, cell))

    def _vector(self, step: Value, word: Word, count: int) -> Sequence[Piece]:
        numbers = [self._number(step, word, column) for column in range(count)]
        return [*numbers, *self._more(step.shape[-1], count)]

    def _named(self, of: str) -> list[str]:
        """What the query and the keys are called at the left."""
        asker = shortened(shown(self.queries, self.word.query), LABEL)
        return [f" query {of}{asker}", *(f" key {of}{label}" for label in self.labels)]

    @staticmethod
    def _cells(labels: list[str]) -> int:
        return max(map(most_cells, labels))

    def _least(self, *vectors: Array) -> int:
        """Cells of the fewest numbers that are shown of some vectors, and of how many more there are."""
        widths = self._widths(np.array(vectors))
        return sum(widths[:LEAST]) + len(self._more(len(widths), 0)[0].text) * (len(widths) > LEAST)

    def _count(self, taken: int, *vectors: Array) -> int:
        """How many numbers of some vectors there is room for, one under the other."""
        ends, room = np.cumsum(self._widths(np.array(vectors))), self.room - taken
        if ends[-1] <= room:
            return len(ends)
        more = self._more(len(ends), 0)[0].text
        return min(len(ends), max(LEAST, int(np.count_nonzero(ends <= room - len(more)))))

    @staticmethod
    def _widths(matrix: Array) -> list[int]:
        """Cells of each column of numbers, with the space before it."""
        return [2 + max(len(short_number(float(number))) for number in column) for column in matrix.T]

    @staticmethod
    def _more(width: int, count: int) -> list[Piece]:
        return [Piece(f" … +{width - count}", "sign")] if count < width else []
