"""What a training leaves behind: the weights, as they were at some moments too, its curves, and where to go on.

All of it is one safetensors file. Its tensors by the parameters' names are the weights, as in any weights file; those
that begin with `training.` tell how they came about.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from attn_explore.model.axes import Array, Axis, sizes
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.in_pieces import Described
from attn_explore.model.files.safetensors import TensorFile, safetensors_bytes, tensor_file, tensors_in
from attn_explore.model.problems import Problem
from attn_explore.model.scenario.experiment_keys import moments_of
from attn_explore.model.weights import TRAINING

ABOUT = "attn-explore-training"
"""The metadata key of all that is not a tensor."""

Shapes = Mapping[str, Sequence[Axis]]


@dataclass(frozen=True, eq=False)
class Record:
    """A training up to its last moment.

    about       what was trained, and how: the sections of the scenario as plain data
    steps       after how many steps each moment is
    losses      the loss of each step (step)
    scores      loss and share of right answers of what is held out, and of what is trained, at each moment (moment, 4)
    moments     every parameter at each moment (moment, …)
    first, second   Adam's running means at the last moment, all parameters one behind another
    """

    about: Mapping[str, Any]
    steps: tuple[int, ...]
    losses: Array
    scores: Array
    moments: Mapping[str, Array]
    first: Array
    second: Array
    _asked: dict[int, dict[str, Array]] = field(default_factory=dict, init=False, repr=False)

    def parameters(self, moment: int) -> dict[str, Array]:
        """Every parameter as it was at a moment: the very same arrays each time, so that runs know them again."""
        place = range(len(self.steps))[moment]
        if place not in self._asked:
            self._asked[place] = {name: arrays[place] for name, arrays in self.moments.items()}
        return self._asked[place]

    def nearest(self, step: int) -> int:
        """The moment that is nearest to a step; the earlier one of two."""
        return min(range(len(self.steps)), key=lambda moment: abs(self.steps[moment] - step))


SCORES = ("held_out_loss", "held_out_right", "trained_loss", "trained_right")
"""What the columns of `Record.scores` are."""


def record_file(record: Record) -> Iterator[bytes]:
    """The bytes of a weights file that holds a training."""
    tensors = dict(record.parameters(-1))
    tensors |= {f"{TRAINING}moments.{name}": arrays for name, arrays in record.moments.items()}
    tensors |= {f"{TRAINING}loss": record.losses, f"{TRAINING}scores": record.scores}
    tensors |= {f"{TRAINING}adam.first": record.first, f"{TRAINING}adam.second": record.second}
    about = json.dumps({"about": record.about, "steps": record.steps}, ensure_ascii=False, separators=(",", ":"))
    described = [Described(name, array.dtype, array.shape) for name, array in tensors.items()]
    return safetensors_bytes(described, tensors.values(), {ABOUT: about})


def read_record(content: bytes, file: str, shapes: Shapes) -> Record | None:
    """The training in the content of a weights file, called `file` in messages, for a model of these parameters.

    None where the file tells of no training. Raises Problem where what it tells does not fit.
    """
    return record_in(tensor_file(content, file), shapes)


def record_in(file: TensorFile, shapes: Shapes) -> Record | None:
    """The same of a weights file whose header was read."""
    metadata = file.header.metadata
    if ABOUT not in metadata:
        return None
    about, steps = _about(metadata[ABOUT], file.name)
    moment, step = Axis("moment", len(steps)), Axis("step", steps[-1])
    every = (Axis("parameter", sum(math.prod(sizes(axes)) for axes in shapes.values())),)
    wanted: dict[str, Sequence[Axis]] = {f"{TRAINING}moments.{name}": (moment, *shapes[name]) for name in shapes}
    wanted |= {f"{TRAINING}loss": (step,), f"{TRAINING}scores": (moment, Axis("score", len(SCORES)))}
    wanted |= {f"{TRAINING}adam.first": every, f"{TRAINING}adam.second": every}
    found = dict(tensors_in(file, wanted, by_hand=set(shapes)))
    losses, scores, first, second = (
        found[f"{TRAINING}{key}"] for key in ("loss", "scores", "adam.first", "adam.second")
    )
    moments = {name: found[f"{TRAINING}moments.{name}"] for name in shapes}
    return Record(about, steps, losses, scores, moments, first, second)


def _about(text: object, file: str) -> tuple[Mapping[str, Any], tuple[int, ...]]:
    """What was trained, and after how many steps the moments are: from 0 on, evenly spaced, as training keeps them."""
    try:
        found = json.loads(text if isinstance(text, str) else "")
        about, steps = dict(found["about"]), tuple(found["steps"])
        is_counted = all(type(step) is int for step in steps) and steps[-1] > 0
        if not is_counted or list(steps) != moments_of(steps[-1], len(steps) - 1):
            raise ValueError("these are no moments")
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, ArithmeticError) as error:
        what = "what this file says of its training is damaged"
        raise Problem(what, path=file, place=f"metadata key '{ABOUT}'", hint="train it again") from error
    return about, steps
