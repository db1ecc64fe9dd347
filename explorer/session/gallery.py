"""One attention in every variant: each a run of its own, or what is in the way of it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from attn_explore.explorer.session.opening import Source, pair, start
from attn_explore.explorer.session.place import Place
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.attended_again import attended_again
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.gallery import Variant, variants_of
from attn_explore.model.ops import differentiated, is_gradient
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

LIMITS = Limits()
"""What a gallery may take unless it is told: as much as any run."""

AXES = ("head", "query", "key")
"""The axes of attention weights."""


@dataclass(frozen=True, eq=False)
class Hung:
    """A variant in the gallery: its run, or why there is none. `is_own`: it is as the scenario has it."""

    variant: Variant
    session: Session | None
    refused: str = ""
    is_own: bool = False


@dataclass(frozen=True, eq=False)
class Gallery:
    """The variants of the attention `block` of a run."""

    base: Session
    block: str
    hung: tuple[Hung, ...]

    def weights(self, hung: Hung) -> Value | None:
        """The attention weights of a variant; None where it has none."""
        return None if hung.session is None else hung.session.run.trace.steps.get(f"{self.block}.weights")

    @cached_property
    def shown(self) -> tuple[Hung, ...]:
        """The variants that ran."""
        return tuple(each for each in self.hung if self.weights(each) is not None)

    @property
    def leaves_edits_out(self) -> bool:
        """Whether the base has edits, which are of its own steps: variants of a scenario run without them."""
        scenario = self.base.run.scenario
        return bool(scenario.edits) and scenario.checkpoint is None

    def named(self, name: str) -> Hung | None:
        """The variant of a name, where it ran."""
        return next((each for each in self.shown if each.variant.name == name), None)


def gallery_of(base: Session, counter: Counter | None = None, limits: Limits = LIMITS) -> Gallery:
    """Every variant of the attention that a session looks at, or of its first one.

    Raises Problem where there is none, or where steps are lacking. All of them together take no more memory than there
    may be.
    """
    if base.run.trace.left_out:
        what = "the gallery does an attention anew from all its steps, and this trace was exported without some"
        raise Problem(what, hint="export it with all steps, or run its scenario")
    block, hung, left = block_of(base.place), list[Hung](), limits.nbytes
    for variant in variants_of(base.run.scenario):
        hung.append(_hung(base, variant, block, replace(limits, memory=max(1, left)), counter))
        left -= hung[-1].session.run.trace.nbytes if hung[-1].session else 0
    return Gallery(base, block, tuple(hung))


def block_of(place: Place) -> str:
    """The path of the attention in which a place is, or else of the first of the run. Raises Problem without one."""
    blocks = [path.rpartition(".")[0] for path, value in place.trace.steps.items() if _is_weights(value)]
    path = _looked_at(place).path
    around = (block for block in blocks if path.startswith(f"{block}."))
    found = next(around, next(iter(blocks), None))
    if found is None:
        what = "the gallery hangs variants of attention, and there is none here"
        raise Problem(what, hint="most lessons are on a model with attention", shell_hint="see `attn-explore list`")
    return found


def cell_of(gallery: Gallery) -> Index:
    """Head, query and key of the cell that the session looks at, where it is one of the attention.

    Else the query that sees most: where the future is masked, the first one sees itself alone.
    """
    place, weights = gallery.base.place, gallery.base.run.trace.steps[f"{gallery.block}.weights"]
    value, index = _looked_at(place), place.index
    if not value.path.startswith(f"{gallery.block}."):
        value, index = weights, (0, _sees_most(weights), 0)
    at = dict(zip(value.names, index, strict=True))
    query = at.get("query", at.get("token", 0))
    return clipped(weights, (at.get("head", 0), query, at.get("key", 0)))


def _sees_most(weights: Value) -> int:
    """The first of the queries of head 0 that give a weight to most keys."""
    return int(np.argmax(np.count_nonzero(weights[0], axis=-1)))


def opened(gallery: Gallery, hung: Hung, cell: Index) -> Session:
    """The run of a variant, at a cell of its weights."""
    session, weights = hung.session, gallery.weights(hung)
    if session is None or weights is None:
        raise ValueError(f"{hung.variant.name} has no run")
    session.place.show(weights, clipped(weights, cell))
    session.other, session.label = None, ""
    return session


def compared(gallery: Gallery, first: Hung, second: Hung, cell: Index) -> Session:
    """Two variants, stepped through together from a cell of their weights."""
    session = pair(opened(gallery, first, cell), opened(gallery, second, cell))
    for each, hung in ((session, first), (session.other, second)):
        if each is not None:
            each.label = hung.variant.title
    return session


def clipped(weights: Value, cell: Index) -> Index:
    """The cell of some weights that is nearest to that of others."""
    return tuple(min(place, size - 1) for place, size in zip(cell, weights.shape, strict=True))


def _hung(base: Session, variant: Variant, block: str, limits: Limits, counter: Counter | None) -> Hung:
    try:
        session = _session(base, variant, block, limits, counter)
    except Problem as problem:
        return Hung(variant, None, _reason(problem))
    session.variant = variant.title
    trace, weights = session.run.trace, f"{block}.weights"
    if weights not in trace.steps:
        return Hung(variant, None, "its run has no such attention")
    is_own = _is_same(trace, base.run.trace, block)
    for path, step in trace.steps.items():
        if path != weights:
            step.forget()  # all that hangs is the weights; of forty runs, the rest comes back in the one that is opened
    return Hung(variant, session, is_own=is_own)


def _session(base: Session, variant: Variant, block: str, limits: Limits, counter: Counter | None) -> Session:
    """The run of a variant; of a real model, its attention once more. Raises Problem where it cannot be."""
    scenario = base.run.scenario
    title, path = f"{scenario.title} · {variant.title}", base.path or Path(base.name)
    if scenario.checkpoint is None:
        varied = replace(scenario.varied(variant.changes), title=title)
        return start(Source(base.name, path, varied, called=base.called), limits, counter)
    told = replace(scenario, title=title, lesson=(), compare=None, edits=(), gradients=None)
    attended = Run(told, attended_again(base.run.trace, block, scenario.model, variant))
    return Session(base.name, attended, path=path, called=base.called)


def _reason(problem: Problem) -> str:
    """What is in the way, and what would be right; without the file and the line."""
    return ": ".join(filter(None, (f"{problem.place} {problem.what}".strip(), problem.hint)))


def _is_same(trace: Trace, other: Trace, block: str) -> bool:
    """Whether an attention is the same in two runs: it has the same steps, and they come to the same weights."""
    steps, others = (_steps(each, block) for each in (trace, other))
    weights, others_weights = (each[f"{block}.weights"].array for each in (trace, other))
    return steps == others and np.array_equal(weights, others_weights, equal_nan=True)


def _steps(trace: Trace, block: str) -> list[str]:
    """The steps of an attention from its scores to its weights."""
    paths = [path for path in trace.steps if path.startswith(f"{block}.")]
    return paths[paths.index(f"{block}.scores") : paths.index(f"{block}.weights")]


def _looked_at(place: Place) -> Value:
    """What is looked at; of a gradient, what it is by."""
    return differentiated(place.value) if is_gradient(place.value) else place.value


def _is_weights(value: Value) -> bool:
    return value.name == "weights" and value.names == AXES and not is_gradient(value)
