"""The sheet of one head of attention, made from the trace: whatever its steps are, each with what it came from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.drawing.plots.sheet import Part, Sheet
from attn_explore.explorer.telling.headings import title_alone
from attn_explore.explorer.telling.provenance import GIVEN
from attn_explore.model.axes import Array, Axis
from attn_explore.model.explain import Index, mask_of
from attn_explore.model.formulas import formula, letter
from attn_explore.model.naming import shown
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

_ATTENTIONS = ("self_attention", "cross_attention")
"""The blocks whose heads have sheets."""

HEAD, PAIR = "head", ("query", "key")


def sheet_of(trace: Trace, value: Value, head: int = 0) -> Sheet:
    """The sheet of the attention that a step belongs to, for one of its heads. Raises Problem for any other step."""
    output = _output(trace, value)
    heads = output.axis(HEAD)
    block, name = output.path.rpartition(".")[0], shown(heads, head)
    made = list(_made(output, block))
    drawn = {each.path for each in made if _is_drawn(each)}
    parts = {each.path: _part(each, head, heads.size, drawn if _is_in(each, block) else set())
             for each in made if each.path in drawn}  # fmt: skip
    bands = _bands([each for each in made if each.path in parts], block)
    title = f"One head of attention, {name} of {heads.size}" if heads.size > 1 else "One head of attention"
    return Sheet(title, block, tuple(tuple(parts[each.path] for each in band) for band in bands if band))


def _output(trace: Trace, value: Value) -> Value:
    """What the heads of the attention give to which a step belongs."""
    block = value.path
    while block:
        found = trace.steps.get(f"{block}.head_output")
        if found is not None and HEAD in found.names:
            return found
        block = block.rpartition(".")[0]
    if trace.left_out and any(part in _ATTENTIONS for part in value.path.split(".")):
        hint = "export it with all steps, or run its scenario"
        what = "a sheet shows all of a head, and this trace was exported without its head_output"
        raise Problem(what, path=value.path, hint=hint)
    hint = "name one of its steps, such as weights"
    raise Problem("a sheet is of one head of attention, and this step belongs to none", path=value.path, hint=hint)


def _made(output: Value, block: str) -> Iterator[Value]:
    """The steps of an attention up to its output and what enters them, each after what it is made of."""
    seen: set[str] = set()
    waiting = [output]
    while waiting:
        value = waiting[-1]
        before = [view.value for view in value.operands if view.path not in seen] if _is_in(value, block) else []
        if before:
            waiting.append(before[0])
            continue
        waiting.pop()
        if value.path not in seen:
            seen.add(value.path)
            yield value


def _is_in(value: Value, block: str) -> bool:
    return not value.is_leaf and value.path.startswith(f"{block}.")


def _is_drawn(value: Value) -> bool:
    """Whether a head's part of a value is a matrix; or the row of numbers of a parameter."""
    axes = len([name for name in value.names if name != HEAD])
    return axes == 2 or (axes == 1 and value.is_leaf and value.name not in GIVEN)


def _bands(made: list[Value], block: str) -> list[list[Value]]:
    """What enters, what is made of it, and all from the scores on; what only the scores need enters beside Q and K."""
    own = [value for value in made if _is_in(value, block)]
    first = next((place for place, value in enumerate(own) if value.names[-2:] == PAIR), len(own))
    late = [value for value in own[first:] if value.names[-2:] == PAIR or value.name == "head_output"]
    early = [value for value in own if value not in late]
    needed = {view.path for value in early for view in value.operands}
    entering = [value for value in made if value not in own]
    return [
        [value for value in entering if value.path in needed],
        [*early, *(value for value in entering if value.path not in needed)],
        late,
    ]


def _part(value: Value, head: int, heads: int, drawn: set[str]) -> Part:
    """A value of one head, with the paths of those that are drawn and that it is made of."""
    array, axes = of_head(value, head, heads)
    mask = mask_of(value)
    picture = Picture(array, axes, None if mask is None else np.isneginf(mask.array))
    said = "parameter" if value.is_leaf else formula(value) if drawn else f"from {value.path}"
    operands = dict.fromkeys(_operands(value, drawn)) if drawn else ()
    return Part(visible(letter(value)), visible(said), HeatMap(title_alone(value), value.path, picture),
                not value.is_leaf, tuple(operands))  # fmt: skip


def _operands(value: Value, drawn: set[str]) -> Iterator[str]:
    """The paths of what a value is made of; where that is not drawn, of what it was made of in turn."""
    for view in value.operands:
        if view.path in drawn:
            yield view.path
        elif not view.value.is_leaf:
            yield from _operands(view.value, drawn)


def of_head(value: Value, head: int, heads: int) -> tuple[Array, tuple[Axis, ...]]:
    """A value's numbers for one of so many heads, of which several may share its keys and values.

    A matrix that holds those of every head side by side is cut to this one's.
    """
    where: list[int | slice] = []
    axes: list[Axis] = []
    for axis in value.axes:
        first = begins(axis, head, heads)
        if axis.name == HEAD:
            where.append(first)
        else:
            own = axis.parts[1] if _holds_heads(axis) else axis
            where.append(slice(first, first + own.size))
            axes.append(own)
    return value[tuple(where)], tuple(axes)


def begins(axis: Axis, head: int, heads: int) -> int:
    """Where along an axis the part of one of so many heads begins."""
    if axis.name == HEAD:
        return head * axis.size // heads
    return head * axis.parts[0].size // heads * axis.parts[1].size if _holds_heads(axis) else 0


def head_at(trace: Trace, value: Value, index: Index) -> int:
    """The head that a cell of an attention belongs to, the first of those that share it. Raises Problem elsewhere."""
    heads = _output(trace, value).axis(HEAD).size
    for axis, place in zip(value.axes, index, strict=True):
        if axis.name == HEAD or _holds_heads(axis):
            parts, own = (axis.size, place) if axis.name == HEAD else (axis.parts[0].size, axis.places(place)[0])
            return -(-own * heads // parts)
    return 0


def _holds_heads(axis: Axis) -> bool:
    return len(axis.parts) == 2 and axis.parts[0].name == HEAD
