"""What is said of a run that was compared with reference tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attn_explore.explorer.drawing.numbers import short_power
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.model.checkpoints.agreement import Agreement, Gap

_LISTED = 6


def agreement_lines(found: Agreement, file: str) -> Iterator[str]:
    """Whether it agrees; if not, the first step that does not, by how much, where, and what it was made from."""
    if found.first is None:
        yield from _agreed(found)
    else:
        yield f"{found.first.path} is not what {visible(file)} says: {_off(found.first)}"
        yield from _origins(found)
    if found.unknown:
        yield f"  not compared, for no step has such a name: {_listed(found.unknown)}"


def _agreed(found: Agreement) -> Iterator[str]:
    steps = "the one step" if found.compared == 1 else f"all {found.compared} steps"
    yield f"{steps} that could be compared agree"
    if found.widest is not None:
        yield f"  furthest off is {found.widest.path}: {_off(found.widest)}"


def _off(gap: Gap) -> str:
    """By how much, and where most."""
    cell = f" at {visible(gap.cell)}" if gap.cell else ""
    name = "" if gap.name == gap.path else f" ({visible(gap.name)})"
    far, here, there = (short_power(text) for text in (f"{gap.share:.2g}", f"{gap.here:.7g}", f"{gap.there:.7g}"))
    return f"off by {far} of its largest number{cell}, {here} here and {there} there{name}"


def _origins(found: Agreement) -> Iterator[str]:
    """Where the fault may be: between what agrees and the step that does not."""
    if found.agreeing:
        yield f"  it is made from what agrees: {_listed(found.agreeing)}"
    if found.unseen:
        yield f"  and on the way from what there is no tensor of: {_listed(found.unseen)}"


def _listed(names: Sequence[str]) -> str:
    more = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(map(visible, names[:_LISTED])) + more
