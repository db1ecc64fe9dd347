"""The residual stream of a run: where it changes, what the run does after its last change, and the same done earlier.

What stands after the last layer (norm, head, softmax) makes words of a vector. Applied to what the stream holds after
any other block, it tells what the model would say there: the logit lens (nostalgebraist 2020). The steps are made of
those that the run itself has, so whatever a family does after its last layer is done, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.passes import LENS, in_first_pass
from attn_explore.model.problems import Problem
from attn_explore.model.recorder import Recorder
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View

WRITTEN = "written"
"""The step with what each head writes: `lens.decoder.layers.0.self_attention.head_output.written`."""

_OUTPUTS = ("probabilities", "capped_logits", "logits")
"""What a run ends with, the last first: a run of a batch has no probabilities."""
_HEADLESS = "this model has no head that makes words of its vectors"
_WITH_HEAD = "take one that predicts words: a decoder, an encoder-decoder, or an encoder with a head for masked words"


@dataclass(frozen=True)
class Stream:
    """The residual stream that leads to an output.

    stack   what stands before the paths of its steps: `decoder.`
    points  what it holds at first, and after each block that changes it, in order; in a post-norm model after its norm
    tail    the steps from the last of them to the output
    """

    stack: str
    points: tuple[Value, ...]
    tail: tuple[Value, ...]

    @property
    def logits(self) -> Value:
        """The logits, as the softmax reads them: capped where the model does so."""
        last = self.tail[-1]
        return last.operands[0].value if last.name == "probabilities" else last

    @property
    def foretells(self) -> bool:
        """Whether what is said at a token is what comes next, as in a decoder, and not what stands there."""
        return in_first_pass(self.stack) == "decoder."

    @property
    def is_normalised(self) -> bool:
        """Whether something is normalised after the last point, so that it is at every other."""
        return any(step.made_by.name.endswith("normalise") for step in self.tail)

    @property
    def norms_blocks(self) -> bool:
        """Whether what a block adds is normalised first (Gemma 2, OLMo 2)."""
        return any(view.value.name == "output_norm" for point in self.points for view in point.operands)


def stream_of(trace: Trace, chapter: str = "") -> Stream:
    """The stream of a run, or of a later pass of a generation: `generated.1.`.

    Raises Problem without a head, and for a trace that was written without some of its steps.
    """
    if trace.left_out:
        raise Problem("this trace leaves steps out, and so its stream cannot be followed", hint="run the model itself")
    output = next(filter(None, (trace.steps.get(f"{chapter}{name}") for name in _OUTPUTS)), None)
    if output is None:
        raise Problem(_HEADLESS, hint=_WITH_HEAD)
    steps = {path: step for path, step in trace.steps.items() if path.startswith(chapter)}
    has_decoder = any(path.startswith(f"{chapter}decoder.") for path in steps)
    stack = f"{chapter}{'decoder' if has_decoder else 'encoder'}."
    points = tuple(points_of(steps, stack))
    return Stream(stack, points, tuple(_between(trace, points[-1], output)))


def points_of(steps: Mapping[str, Value], stack: str) -> Iterator[Value]:
    """The last step before the layers of a stack, and the last of each block whose result the stream takes over."""
    of_stack = [step for path, step in steps.items() if path.startswith(stack)]
    layered = f"{stack}layers."
    blocks = dict[str, Value]()
    for step in of_stack:
        if step.path.startswith(layered):
            blocks[step.path.rpartition(".")[0]] = step
    yield _before_layers(of_stack, layered)
    yield from (last for block, last in blocks.items() if not _is_beside_another(block, blocks))


def _before_layers(steps: Sequence[Value], layered: str) -> Value:
    """The last step before the first layer."""
    return steps[next((place for place, step in enumerate(steps) if step.path.startswith(layered)), 0) - 1]


def _is_beside_another(block: str, blocks: Mapping[str, Value]) -> bool:
    """Whether a block is added to the stream together with the network beside it: so are those of GPT-J."""
    last, network = blocks[block], blocks.get(f"{block.rpartition('.')[0]}.ffn")
    if network is None or network is last or last.name == "residual":
        return False
    return network.name == "residual" and any(view.value is last for view in network.operands)


def _between(trace: Trace, start: Value, end: Value) -> list[Value]:
    """The steps that are made of `start` and that `end` is made of, itself included, in order."""
    made_of_start, found = {start.path}, list[Value]()
    steps = list(trace.steps.values())
    for step in steps[steps.index(start) + 1 : steps.index(end) + 1]:
        if any(view.path in made_of_start for view in step.operands):
            made_of_start.add(step.path)
            found.append(step)
    needed, kept = {end.path}, list[Value]()
    for step in reversed(found):
        if step.path in needed:
            kept.append(step)
            needed.update(view.path for view in step.operands)
    return kept[::-1]


# --- the same done earlier


def lens_steps(trace: Trace, stream: Stream, point: Value) -> list[Value]:
    """What the run does after the last point, done at another, in order; the last two are logits and probabilities.

    `point` may also be the `head_output` of an attention: then it is done with what each head writes alone. At the last
    point these are the run's own steps: nothing is normalised twice. They are no steps of the run, which keeps them all
    the same; where values are forgotten, their numbers come when they are asked for.
    """
    if point is stream.points[-1]:
        return list(stream.tail)
    if point.path not in trace.lensed:
        trace.lensed[point.path] = _made(trace, stream, point)
    return trace.lensed[point.path]


def logits_at(trace: Trace, stream: Stream, points: Sequence[Value]) -> Value:
    """The logits at several points of the stream, made in one product each: (batch, token, vocabulary).

    They are those of `lens_steps` but for rounding, and take a fraction of the time: the output matrix of a real model
    is larger than what a core can keep at hand. Of one point, or the outputs of heads, they are its own step.
    """
    if len(points) == 1:
        *_, logits, _ = lens_steps(trace, stream, points[0])
        return logits
    axes = (Axis("batch", len(points)), *points[0].axes)
    together = Value(f"{LENS}points", axes, trace.dtype, held=np.stack([point.array for point in points]))
    inner = replace(trace, steps={}, on_step=None)
    _replayed(inner, stream, stream.tail[:-1], together, f"{LENS}points.")
    return next(reversed(inner.steps.values()))


def _made(trace: Trace, stream: Stream, point: Value) -> list[Value]:
    inner = replace(trace, steps={}, on_step=None, is_lazy=True)
    block = point.path.rpartition(".")[0]
    start = _written(inner, trace.steps.get(f"{block}.output"), point) if point.name == "head_output" else point
    _replayed(inner, stream, stream.tail, start, f"{LENS}{point.path}.")
    return list(inner.steps.values())


def lens_paths(trace: Trace) -> list[str]:
    """The paths of all steps that the lens can make of a run."""
    planned, found = replace(trace, planned=True, lensed={}), list[str]()
    for chapter in chapters(trace):
        stream = stream_of(trace, chapter)
        points = (*stream.points[:-1], *heads_of(trace, stream))
        found += [step.path for point in points for step in lens_steps(planned, stream, point)]
    return found


def chapters(trace: Trace) -> list[str]:
    """What stands before the paths of each pass that ends in something that is said: nothing in the first."""
    ends = [path for path in trace.steps if in_first_pass(path) == _OUTPUTS[0]]
    return [path.removesuffix(_OUTPUTS[0]) for path in ends]


def heads_of(trace: Trace, stream: Stream) -> list[Value]:
    """The outputs of the heads of each attention that writes to a stream."""
    return [step for path, step in trace.steps.items() if step.name == "head_output" and path.startswith(stream.stack)]


def lens_point(trace: Trace, path: str) -> Value | None:
    """The step that another one is made of by the lens, by the path of that; None where there is none."""
    own = path.removeprefix(LENS)
    beginnings = (own[:end] for end in range(len(own)) if own[end] == ".")
    return next((trace.steps[each] for each in beginnings if each in trace.steps), None)


def lens_step(trace: Trace, path: str) -> Value | None:
    """The step of the lens at a path; None where there is none."""
    point = lens_point(trace, path)
    if point is None:
        return None
    return next((step for step in lens_steps(trace, stream_at(trace, point), point) if step.path == path), None)


def stream_at(trace: Trace, step: Value) -> Stream:
    """The stream that a step is in, that of its pass. Raises Problem without a head."""
    return stream_of(trace, step.path[: len(step.path) - len(in_first_pass(step.path))])


def _written(inner: Trace, output: Value | None, heads: Value) -> Value:
    """What each head writes to the stream: its output times its rows of W_O. Returns (head, token, d_model)."""
    if output is None or output.made_by.name != "contract":
        what = f"the heads of {heads.path} write nothing by themselves"
        raise Problem(what, hint="there is no W_O: they stand side by side")
    t, w_o = Recorder(inner, f"{LENS}{heads.path}"), output.operands[1]
    return t.contract(WRITTEN, "head token d_model", heads.renamed(query="token"), w_o.split(w_o.names[0]))


def _replayed(inner: Trace, stream: Stream, tail: Sequence[Value], start: Value, prefix: str) -> None:
    """Append the steps of a tail, made of `start`; axes that it has besides come first in each."""
    last = stream.points[-1]
    extra = tuple(axis for axis in start.axes if axis.name not in last.names)
    made = {last.path: start}
    for step in tail:
        views = tuple(_instead(view, made, extra) for view in step.operands)
        value = Value(prefix + _own_name(step), (*extra, *step.axes), step.dtype, step.operation, views, step.options)
        made[step.path] = inner.append(value)


def _instead(view: View, made: Mapping[str, Value], extra: tuple[Axis, ...]) -> View:
    """The operand of a step that is done earlier, under the names that the step reads it by."""
    found = made.get(view.path)
    return view if found is None else View(found, (*extra, *view.axes))


def _own_name(step: Value) -> str:
    """What a step of the tail is called behind the path of a point: `final_norm`, `head.hidden`, `logits`."""
    block, _, name = step.path.rpartition(".")
    return f"head.{name}" if block.endswith("head") else name
