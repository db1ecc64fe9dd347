"""The sheet of one head of attention, made from the trace: whatever its steps are, each with what it came from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.drawing.plots.sheet import Part, Sheet
from attn_explore.explorer.telling.headings import title_alone, where
from attn_explore.explorer.telling.planes import HEAD, Outline, Plane, head_along, plane_of_head
from attn_explore.explorer.telling.provenance import GIVEN
from attn_explore.model.explain import Index, mask_of
from attn_explore.model.formulas import formula, letter
from attn_explore.model.naming import shown
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

_ATTENTIONS = ("self_attention", "cross_attention")
"""The blocks whose heads have sheets."""

PAIR = ("query", "key")


def sheet_of(trace: Trace, value: Value, head: int = 0) -> Sheet:
    """The sheet of the attention that a step belongs to, for one of its heads. Raises Problem for any other step."""
    outline = head_outline(trace, value, head)
    made = [value.path for value in outline.steps]
    parts = [tuple(_part(plane, outline, is_step=plane.path in made) for plane in band) for band in outline.bands]
    return Sheet(outline.title, outline.path, tuple(parts))


def head_outline(trace: Trace, value: Value, head: int) -> Outline:
    """What stands on that sheet."""
    output = _output(trace, value)
    heads = output.axis(HEAD)
    block, name = output.path.rpartition(".")[0], shown(heads, head)
    made = list(_made(output, block))
    bands = _bands([each for each in made if _is_drawn(each)], block)
    title = f"One head of attention, {name} of {heads.size}" if heads.size > 1 else "One head of attention"
    planes = (tuple(plane_of_head(each, head, heads.size) for each in band) for band in bands if band)
    heading = f"{where(output)} · {name} of {heads.size}" if heads.size > 1 else where(output)
    steps = tuple(each for each in made if _is_in(each, block))
    return Outline(title, block, trace, tuple(planes), steps, True, heading)


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


def _part(plane: Plane, outline: Outline, *, is_step: bool) -> Part:
    """A matrix with all its numbers, and the paths of those on the sheet that it is made of."""
    value, mask, drawn = plane.value, mask_of(plane.value), set(outline.planes) if is_step else set[str]()
    picture = Picture(plane.array, plane.axes, None if mask is None else np.isneginf(mask.array))
    operands = tuple(dict.fromkeys(_operands(value, drawn))) if is_step else ()
    symbol, said = visible(letter(value)), visible(made_how(value, is_step=is_step))
    return Part(symbol, said, HeatMap(title_alone(value), value.path, picture), not value.is_leaf, operands)


def made_how(value: Value, *, is_step: bool) -> str:
    """The formula of a step of the block, behind its symbol; of what enters it, where that comes from."""
    if value.is_leaf:
        return "parameter"
    return formula(value).removeprefix(f"{letter(value)} ") if is_step else f"from {value.path}"


def _operands(value: Value, drawn: set[str]) -> Iterator[str]:
    """The paths of what a value is made of; where that is not drawn, of what it was made of in turn."""
    for view in value.operands:
        if view.path in drawn:
            yield view.path
        elif not view.value.is_leaf:
            yield from _operands(view.value, drawn)


def head_at(trace: Trace, value: Value, index: Index) -> int:
    """The head that a cell of an attention belongs to, the first of those that share it. Raises Problem elsewhere."""
    return head_along(value.axes, index, _output(trace, value).axis(HEAD).size)
