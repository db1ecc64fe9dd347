"""The logit lens: what the model would say at each point where its residual stream changes (nostalgebraist 2020).

At each point the steps that the run has after its last layer are done: see `model/stream.py`. Only the likeliest
tokens are kept, and what is asked of one token, of the logits of some points at a time; the steps of a point are made
when somebody looks at them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.cores import share
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.asked_place import usual_place
from attn_explore.model.passes import in_first_pass
from attn_explore.model.stream import Stream, chapters, heads_of, lens_steps, logits_at, stream_of
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

AT_ONCE = 2**25
"""Bytes that the logits of the points which are made together may take."""

IN_CACHE = 2**21
"""Bytes of logits of which the likeliest are found at once."""

LIKELIEST = 5
"""Tokens that are kept of each row, unless more are wanted."""


@dataclass(frozen=True, eq=False)
class LensRow:
    """What the model would say at a point, for each token of the text.

    at             the point: a step of the stream, or the outputs of the heads of an attention
    head           which of these heads, where it is one
    logits         the step with the logits there, and `probabilities` that with the softmax of them
    likeliest      ids of the likeliest tokens, the likeliest first: (token, place)
    chances        their probabilities: (token, place)
    rank           how many tokens are likelier than the one that is asked for, (token); None where none is
    logit          its logit: (token)
    """

    at: Value
    head: int | None
    logits: Value
    probabilities: Value
    likeliest: Array
    chances: Array
    rank: Array | None = None
    logit: Array | None = None


@dataclass(frozen=True, eq=False)
class Lens:
    """What the model would say at each point of a stream: a row for each.

    tokens      the axis of the text; None where the model says one thing of all of it
    read        the axis of what can be read, and `ids` the tokens of the text
    vocabulary  the axis of what can be said
    wanted      the id of the token that is asked for, where one is
    place       of the token at which that is asked, where one is named for all: the mask, or the last word
    """

    stream: Stream
    tokens: Axis | None
    read: Axis
    ids: tuple[int, ...]
    vocabulary: Axis
    wanted: int | None
    place: int
    rows: tuple[LensRow, ...]


def lens(
    trace: Trace,
    wanted: int | None = None,
    *,
    top: int = LIKELIEST,
    heads: bool = False,
    chapter: str = "",
    tell: Callable[[int, int], object] = lambda done, of: None,
) -> Lens:
    """The lens of a run: its likeliest `top` tokens at each point, and the rank and logit of the token `wanted`.

    `heads`: single heads, too, each by what it writes alone. `chapter` is a later pass of a generation. `tell` hears
    how many points are done, of how many. Raises Problem for a model without a head.

    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> gpt = "{kind: decoder, norm_order: pre, head: vocabulary}"
    >>> found = lens(run(parse_scenario(f"{{model: {gpt}, input: {{text: I love my dog}}}}")))
    >>> [row.at.path for row in found.rows]
    ['decoder.input', 'decoder.layers.0.self_attention.residual', 'decoder.layers.0.ffn.residual']
    >>> found.tokens.labels, found.rows[-1].likeliest.shape
    (('I', 'love', 'my', 'dog'), (4, 4))
    """
    stream = stream_of(trace, chapter)
    points = _in_order(trace, stream) if heads else list(stream.points)
    logits = stream.logits
    tokens = next((axis for axis in logits.axes[:-1] if axis.name == "token"), None)
    rows, done = list[LensRow](), 0
    for together in _together(points, max(1, AT_ONCE // logits.nbytes)):
        tell(done, len(points))
        rows += _rows(trace, stream, together, wanted, min(top, logits.axes[-1].size))
        done += len(together)
    read = trace.parameters[f"{in_first_pass(stream.stack)}embedding_table"].axes[0]
    place = 0 if tokens is None else usual_place(trace, logits)
    return Lens(stream, tokens, read, _ids(trace, stream), logits.axes[-1], wanted, place, tuple(rows))


def last_whole_pass(trace: Trace) -> str:
    """The last pass of a generation that reads all of its text, as every pass of a scenario's own model does."""
    passes = chapters(trace)
    whole = [each for each in passes if all(axis.start == 0 for axis in trace.steps[f"{each}probabilities"].axes)]
    return whole[-1] if whole else ""


def _in_order(trace: Trace, stream: Stream) -> list[Value]:
    """The points and the outputs of heads, in the order of the run."""
    wanted = {value.path for value in (*stream.points, *heads_of(trace, stream))}
    return [step for path, step in trace.steps.items() if path in wanted]


def _ids(trace: Trace, stream: Stream) -> tuple[int, ...]:
    """The ids of the text that the stream is of."""
    stack = in_first_pass(stream.stack)
    chapter = stream.stack.removesuffix(stack)
    found = trace.given.get(f"{stream.stack}tokens") or trace.given[f"{chapter}tokens"]
    return tuple(map(int, found.array))


def _together(points: Sequence[Value], most: int) -> Iterator[list[Value]]:
    """The points in their order, in groups: neighbours of the stream, at most so many; outputs of heads alone."""
    for is_of_heads, found in groupby(points, key=lambda point: point.name == "head_output"):
        group, many = list(found), 1 if is_of_heads else most
        yield from (group[start : start + many] for start in range(0, len(group), many))


def _rows(trace: Trace, stream: Stream, points: list[Value], wanted: int | None, top: int) -> Iterator[LensRow]:
    """The rows of some points, or those of the heads of one."""
    logits = logits_at(trace, stream, points)
    found = [each for _, part in logits.pieces() for each in _of_blocks(part.reshape(-1, part.shape[-1]), wanted, top)]
    whole = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    if len(points) > 1:
        logits.forget()  # nobody asks for them again
    is_of_heads = logits.names[0] == "head"
    owners = (
        [(points[0], head) for head in range(logits.shape[0])] if is_of_heads else [(point, None) for point in points]
    )
    split = [np.split(each, len(owners)) for each in whole]
    for (point, head), likeliest, chances, *asked in zip(owners, *split, strict=True):
        *_, own, probabilities = lens_steps(trace, stream, point)
        yield LensRow(point, head, own, probabilities, likeliest, chances, *asked)


def _of_blocks(rows: Array, wanted: int | None, top: int) -> list[tuple[Array, ...]]:
    """What is kept of some rows of logits, of a few rows at a time, on every core."""
    step = max(1, IN_CACHE // (rows.shape[-1] * rows.itemsize))
    found: dict[int, tuple[Array, ...]] = {}

    def keep(first: int) -> None:
        found[first] = _of_rows(rows[first : first + step], wanted, top)

    share(keep, range(0, len(rows), step))
    return [found[first] for first in sorted(found)]


def _of_rows(rows: Array, wanted: int | None, top: int) -> tuple[Array, ...]:
    """Of each row of logits the likeliest places, their probabilities, and rank and logit of the place `wanted`."""
    places = _largest(rows, top)
    above = np.exp(rows - rows.max(axis=-1, keepdims=True))
    chances = np.take_along_axis(above, places, axis=-1) / above.sum(axis=-1, keepdims=True)
    if wanted is None:
        return places, chances
    own = rows[:, wanted]
    return places, chances, (rows > own[:, None]).sum(axis=-1), own


def _largest(rows: Array, count: int) -> Array:
    """The places of the largest numbers of each row, the largest first, of equals the first."""
    places = np.sort(np.argpartition(rows, -count, axis=-1)[:, -count:], axis=-1)
    order = np.argsort(-np.take_along_axis(rows, places, axis=-1), axis=-1, kind="stable")
    return np.take_along_axis(places, order, axis=-1)
