"""From a trace to its diagram: what each step was made from says where the arrows go."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import groupby, zip_longest

from attn_explore.model.diagram.boxes import Box, Diagram, Layer, Tower
from attn_explore.model.diagram.naming_boxes import box_key, box_of, is_sum, words_box
from attn_explore.model.diagram.ways import arranged
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

OUTSIDE = {"grad": "gradients", "experiment": "experiment"}
"""Steps that are no part of a model, by the first part of their paths, and what they are."""
MEASURED = "training"
"""What steps are that were measured while the model learned."""

_PLACE = re.compile(r"^(?:generated\.(\d+)\.)?(?:(encoder|decoder)\.)?(?:layers\.(\d+)\.)?")
"""How a path begins: the pass of a generation, the stack, the layer."""

WORDS = "tokens"

OF_PLACES = ("visibility", "shares")
"""Operations that look at where words are, and not at what they are: no arrow goes there."""


def diagram_of(trace: Trace) -> Diagram:
    """The diagram of a run, or of its plan; one without towers where no model ran."""
    outside: dict[str, list[str]] = {}
    steps: list[Value] = []
    for path, step in trace.steps.items():
        kind = OUTSIDE.get(path.partition(".")[0])
        if kind is None:
            steps.append(step)
        else:
            outside.setdefault(MEASURED if step.made_by.name == "measured" else kind, []).append(path)
    boxes = list(_boxes(trace, steps))
    return Diagram(tuple(_towers(boxes)), {kind: tuple(paths) for kind, paths in outside.items()})


# --- boxes


def _boxes(trace: Trace, steps: Sequence[Value]) -> Iterator[Box]:
    """The boxes of some steps in the order of the run, each tower's words before what reads them."""
    keys = _keys(steps)
    grouped: dict[str, list[Value]] = {}
    for step in steps:
        grouped.setdefault(keys[step.path], []).append(step)
    made: dict[str, Box] = {}
    for key, group in grouped.items():
        read = [view.value for step in group for view in step.operands if step.made_by.name not in OF_PLACES]
        for words in _words(trace, group):
            yield made.setdefault(words.path, words_box(words))
        inner = dict.fromkeys(keys.get(value.path, value.path) for value in read)
        reads = tuple(made[name].path for name in inner if name in made and name != key)
        parameters = tuple(dict.fromkeys(value.path for value in read if value.path in trace.parameters))
        made[key] = box_of(key, group, reads, parameters)
        yield made[key]


def _keys(steps: Sequence[Value]) -> dict[str, str]:
    """The key of each step's box. A sum of one value is no more than that value, and is in its box."""
    keys: dict[str, str] = {}
    for step in steps:
        hands_on = step.made_by.name == "add" and not is_sum(step)
        keys[step.path] = (hands_on and keys.get(step.operands[0].path)) or box_key(step.path)
    return keys


def _words(trace: Trace, group: Sequence[Value]) -> Iterator[Value]:
    """The words that a box looks up."""
    for step in group:
        if step.made_by.name == "lookup":
            yield from (view.value for view in step.operands if _is_words(trace, view.value))


def _is_words(trace: Trace, value: Value) -> bool:
    return value.path in trace.given and value.name == WORDS


# --- towers

Home = tuple[int, str]
"""The pass of a generation, and the stack, that a box stands in."""


def _towers(boxes: Sequence[Box]) -> Iterator[Tower]:
    """Boxes by pass and stack, each tower with the number of passes that its stack makes."""
    towers: dict[Home, list[Box]] = {}
    homes: dict[str, Home] = {}
    for box, following in zip_longest(boxes, boxes[1:]):
        homes[box.path] = _home(box, following, homes)
        towers.setdefault(homes[box.path], []).append(box)
    passes = Counter(stack for _, stack in towers)
    for (number, stack), inner in towers.items():
        yield _tower(stack, number, inner, passes[stack])


def _home(box: Box, following: Box | None, homes: Mapping[str, Home]) -> Home:
    """What its path says; where that names no stack, what it reads; of words, what stands next and reads them."""
    number, stack, _ = _place(box.path)
    if not stack and box.reads:
        return homes[box.reads[0]]
    return (number, stack) if stack or following is None else _place(following.path)[:2]


def _tower(stack: str, number: int, boxes: Sequence[Box], passes: int) -> Tower:
    """A tower in its sections: those boxes that are in a layer, and what stands before and behind them."""
    own = {box.path for box in boxes}
    numbers = [_place(box.path)[2] for box in boxes]
    inner = [place for place, layer in enumerate(numbers) if layer is not None]
    first, end = (inner[0], inner[-1] + 1) if inner else (len(boxes), len(boxes))
    layers = groupby(zip(numbers[first:end], boxes[first:end], strict=True), lambda pair: pair[0])
    return Tower(
        stack=stack,
        number=number,
        before=arranged(boxes[:first], own),
        layers=tuple(_layer(layer or 0, [box for _, box in pairs], own) for layer, pairs in layers),
        after=arranged(boxes[end:], own),
        passes=passes,
    )


def _layer(number: int, boxes: Sequence[Box], tower: Container[str]) -> Layer:
    parameters = [name for box in boxes for name in box.parameters]
    others = [name for name in parameters if _place(name)[2] not in (None, number)]
    return Layer(number, arranged(boxes, tower), shares=bool(others) and len(others) == len(parameters))


def _place(path: str) -> tuple[int, str, int | None]:
    """The pass, the stack (nothing: none is named) and the layer that a path names."""
    found = _PLACE.match(path)
    number, stack, layer = found.groups() if found else (None, None, None)
    return int(number or 0), stack or "", None if layer is None else int(layer)
