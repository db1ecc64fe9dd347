"""Patching: what a run computed at one place, put into another run, and how much of what it says comes back with it.

Two texts of as many tokens are read, of which one makes the model say one thing, and the other another. What is
measured is the difference of two logits at the end: 0 where a patched run says what the unpatched one does, 1 where it
says what the run does that the patch is from. Source: Meng et al. 2022, "Locating and Editing Factual Associations in
GPT"; Wang et al. 2022. The estimate is the gradient times the difference that is put in (Nanda 2023, "Attribution
Patching"); exact numbers are those of runs with the patch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Literal

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.backward import gradients_by
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.asked_place import usual_place
from attn_explore.model.looking.patched_runs import Patch, Said, differences
from attn_explore.model.looking.two_texts import Two, check, parting_stack
from attn_explore.model.ops.masks import VISIBILITY
from attn_explore.model.ops.matrices import on_one_core
from attn_explore.model.problems import Problem
from attn_explore.model.stream import points_of, stream_of
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

Kind = Literal["residual", "attention", "ffn", "heads"]
"""What is put in: the residual stream, what attention or the network adds to it at a token, or what a head computes."""

AT_ONCE = 2**26
"""Bytes that one step of the runs that are made together takes at most, but for a single one."""


@dataclass(frozen=True)
class Asked:
    """What is asked of two runs.

    kind     what is put in
    token    the token whose logit is measured, and `against` the one whose logit is taken from it; None: what the clean
             and what the corrupted run would say
    place    the word at which they are said; None: the mask, or the last
    stack    `encoder` or `decoder`; None: the first whose words differ
    """

    kind: Kind = "residual"
    token: int | None = None
    against: int | None = None
    place: int | None = None
    stack: str | None = None


LIKELIEST = Asked()
"""The stream, measured by what the two runs would say."""


@dataclass(frozen=True, eq=False)
class Patching:
    """A map of patches, a row for each step that is patched; `go_on` makes runs until it is exact.

    texts     what is read in the stack that is patched, in the clean run and in the corrupted one
    rows      the steps, in the corrupted run
    columns   what runs across: the tokens of the two runs, or the heads
    said      what is measured: the difference of two logits; `clean` and `corrupted` are what it is in the two runs
    estimate  how much comes back, as the gradient estimates it: (row, column)
    exact     how much does in a run with the patch: (row, column); NaN where none was made yet
    chunks    which runs are made together
    """

    asked: Asked
    two: Two
    texts: tuple[Axis, Axis]
    rows: tuple[Value, ...]
    columns: tuple[Axis, Axis]
    said: Said
    clean: float
    corrupted: float
    estimate: Array
    exact: Array
    chunks: tuple[Chunk, ...]

    @property
    def share_done(self) -> float:
        """How much of the work is done, from 0 to 1."""
        every = sum(chunk.work for chunk in self.chunks)
        return 1 - sum(chunk.work for chunk in self._left()) / every if every else 1.0

    @property
    def runs(self) -> int:
        """How many runs there are to be made in all: where both have the same, nothing changes."""
        return sum(len(chunk.cells) for chunk in self.chunks)

    @property
    def runs_left(self) -> int:
        """How many are still to be made."""
        return int(np.isnan(self.exact).sum())

    @property
    def is_done(self) -> bool:
        """Whether every cell is exact."""
        return not self.runs_left

    def go_on(self) -> bool:
        """Make some of the runs that are still to be made; False where there are none."""
        chunk = next(self._left(), None)
        if chunk is None:
            return False
        with on_one_core():
            found = differences(self.two.corrupted, chunk.patches, self.said, chunk.start)
        for cell, difference in zip(chunk.cells, found.tolist(), strict=True):
            self.exact[cell] = (difference - self.corrupted) / (self.clean - self.corrupted)
        return True

    def _left(self) -> Iterator[Chunk]:
        return (chunk for chunk in self.chunks if np.isnan(self.exact[chunk.cells[0]]))


@dataclass(frozen=True, eq=False)
class Chunk:
    """Runs that are made together, a patch for each of some cells. `start` is the first word that may differ."""

    cells: tuple[tuple[int, int], ...]
    patches: tuple[Patch, ...]
    start: int
    work: float


def patching(clean: Trace, corrupted: Trace, asked: Asked = LIKELIEST) -> Patching:
    """How much of what one run says comes back where something of it is put into another one: at first estimated.

    Raises Problem for runs that cannot be patched, or that say the same.

    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> gpt = "{kind: decoder, norm_order: pre, head: vocabulary, classes: [I, love, my, dog, cat]}"
    >>> texts = ("I love my dog", "I love my cat")
    >>> clean, corrupted = (run(parse_scenario(f"{{model: {gpt}, input: {{text: {each}}}}}")) for each in texts)
    >>> found = patching(clean, corrupted, Asked(token=0, against=1))
    >>> while found.go_on():
    ...     pass
    >>> [row.path for row in found.rows]
    ['decoder.input', 'decoder.layers.0.ffn.residual']
    >>> found.exact.round(9).tolist()
    [[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0]]
    """
    with on_one_core():
        return _estimated(Two(clean, corrupted), asked)


def _estimated(two: Two, asked: Asked) -> Patching:
    check(two)
    stack = f"{asked.stack or parting_stack(two)}."
    said = _said(two, asked)
    rows = tuple(_POINTS[asked.kind](two.corrupted, stack))
    if not rows:
        raise Problem(f"{_LACKING[asked.kind]} in the {stack[:-1]}", hint=f"ask for one of {', '.join(_POINTS)}")
    there = Said(tuple(two.clean.steps[step.path] for step in said.steps), said.place, said.token, said.against)
    whole, none = there.value, said.value
    if whole == none:
        raise Problem("the two logits are as far apart in both runs", hint="ask for other tokens")
    gaps = _Gaps.between(two, rows)
    estimate = gaps.estimate(two.corrupted, said) / (whole - none)
    exact = np.where(gaps.are_none, 0.0, np.nan)
    sees_no_later_words = _sees_no_later_words(two.corrupted, stack)
    if sees_no_later_words and said.place is not None:
        exact[gaps.first_words > said.place] = 0.0
    chunks = tuple(_chunks(two, gaps, exact, sees_no_later_words=sees_no_later_words))
    chunks = tuple(sorted(chunks, key=lambda chunk: -max(abs(estimate[cell]) for cell in chunk.cells)))
    texts = _first_axes(two, next(points_of(two.corrupted.steps, stack)))
    return Patching(asked, two, texts, rows, _first_axes(two, rows[0]), said, whole, none, estimate, exact, chunks)


def _first_axes(two: Two, step: Value) -> tuple[Axis, Axis]:
    """What a step has rows for, in the clean run and in the corrupted one."""
    return two.clean.steps[step.path].axes[0], step.axes[0]


# --- what is patched


def _of_residual(trace: Trace, stack: str) -> Iterator[Value]:
    """What the stream holds before the first layer and behind each."""
    of_layers = {_layer(point): point for point in points_of(trace.steps, stack)}
    yield from of_layers.values()


def _layer(point: Value) -> str:
    """What stands before the blocks of a layer in the path of a point: the same for each of them."""
    return point.path.rpartition(".")[0].rpartition(".")[0]


def _of_attention(trace: Trace, stack: str) -> Iterator[Value]:
    """What each attention adds; without a W_O, its heads side by side."""
    for heads in _of_heads(trace, stack):
        block = heads.path.rpartition(".")[0]
        yield trace.steps.get(f"{block}.output") or trace.steps[f"{block}.concat"]


def _of_networks(trace: Trace, stack: str) -> Iterator[Value]:
    return (step for path, step in trace.steps.items() if path.startswith(stack) and path.endswith(".ffn.output"))


def _of_heads(trace: Trace, stack: str) -> Iterator[Value]:
    return (step for path, step in trace.steps.items() if path.startswith(stack) and path.endswith(".head_output"))


_POINTS: Mapping[Kind, Callable[[Trace, str], Iterator[Value]]] = {
    "residual": _of_residual,
    "attention": _of_attention,
    "ffn": _of_networks,
    "heads": _of_heads,
}
_LACKING: Mapping[Kind, str] = {
    "residual": "there is no residual stream",
    "attention": "there is no attention",
    "ffn": "there are no feed-forward networks",
    "heads": "there are no heads of attention",
}


@dataclass(frozen=True, eq=False)
class _Gaps:
    """Some steps of the corrupted run, what the clean one has there, and by how much that is more."""

    rows: tuple[Value, ...]
    clean: tuple[Array, ...]
    gaps: tuple[Array, ...]

    @staticmethod
    def between(two: Two, rows: tuple[Value, ...]) -> _Gaps:
        """The arrays are read once: those of a large model are forgotten again."""
        clean = tuple(two.clean.steps[row.path].array for row in rows)
        gaps = tuple(there - row.array for there, row in zip(clean, rows, strict=True))
        return _Gaps(rows, clean, gaps)

    @property
    def are_none(self) -> Array:
        """Whether both runs have the same: (row, column)."""
        return np.array([~gap.any(axis=tuple(range(1, gap.ndim))) for gap in self.gaps])

    def estimate(self, trace: Trace, said: Said) -> Array:
        """By how much the difference of the logits changes with each gap, to first order: (row, column)."""
        found = gradients_by(trace, {said.read.path: said.gradient()}, {row.path for row in self.rows})
        pairs = zip(self.rows, self.gaps, strict=True)
        products = (np.asarray(found.get(row.path, 0.0), np.float64) * gap for row, gap in pairs)
        return np.array([product.sum(axis=tuple(range(1, product.ndim))) for product in products])

    def patch(self, row: int, column: int) -> Patch:
        """The patch of a cell."""
        return Patch(self.rows[row], (column,), self.clean[row][column])

    @cached_property
    def first_words(self) -> Array:
        """The first word that the patch of each cell touches; 0 where it changes nothing: (row, column)."""
        if self.rows[0].names[0] == "head":
            return np.array([gap.any(axis=-1).argmax(axis=-1) for gap in self.gaps])
        return np.tile(np.arange(len(self.gaps[0])), (len(self.gaps), 1))


def _chunks(two: Two, gaps: _Gaps, exact: Array, *, sees_no_later_words: bool) -> Iterator[Chunk]:
    """The cells of each column that are to be made, as many together as their memory allows."""
    largest = max(step.nbytes for path, step in two.corrupted.steps.items() if ".layers." in path)
    many = max(1, AT_ONCE // largest)
    tokens = gaps.gaps[0].shape[-2]
    for column in range(exact.shape[1]):
        rows = np.flatnonzero(np.isnan(exact[:, column])).tolist()
        for some in (rows[first : first + many] for first in range(0, len(rows), many)):
            start = int(gaps.first_words[some, column].min()) if sees_no_later_words else 0
            cells = tuple((row, column) for row in some)
            work = (tokens - start) * sum(len(exact) - row for row in some)
            yield Chunk(cells, tuple(gaps.patch(*cell) for cell in cells), start, work)


def _sees_no_later_words(trace: Trace, stack: str) -> bool:
    """Whether what is changed at a word of a stack changes nothing of the words before it."""
    if stack == "encoder." and any(path.startswith("decoder.") for path in trace.steps):
        return False
    blocks = [heads.path.rpartition(".")[0] for heads in _of_heads(trace, stack)]
    masks = [trace.steps.get(f"{block}.mask") for block in blocks if block.endswith("self_attention")]
    return all(mask is not None and mask.operation is VISIBILITY and mask.options["causal"] for mask in masks)


# --- what is measured


def _said(two: Two, asked: Asked) -> Said:
    stream = stream_of(two.corrupted)
    steps = tuple(step for step in stream.tail if step.name in ("logits", "capped_logits"))
    place = None
    if len(steps[0].axes) > 1:
        place = usual_place(two.corrupted, steps[0]) if asked.place is None else asked.place
    token = _likeliest(two.clean.steps[steps[-1].path], place) if asked.token is None else asked.token
    against = _likeliest(steps[-1], place) if asked.against is None else asked.against
    if token == against:
        word = steps[0].axes[-1].label(token)
        hint = "name two tokens that you want to tell apart: one that the first text calls for, and one of the second"
        is_default = asked.token is None and asked.against is None
        what = f"both runs would say {word}" if is_default else f"there is one token where two are compared: {word}"
        raise Problem(what, hint=hint)
    return Said(steps, place, token, against)


def _likeliest(logits: Value, place: int | None) -> int:
    return int(np.argmax(logits[() if place is None else place]))
