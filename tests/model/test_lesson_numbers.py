"""Every number with a decimal point that a bundled lesson states is found in its run, or follows from what is there.

Most numbers stand in the tensor of their stop, in those that it was made from, or in another run's. What else a text
speaks of is in `ALSO`, and what has to be computed first, in `FOLLOWS`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from attn_explore.explorer.drawing.typed_number import typed_number
from attn_explore.model.axes import Array
from attn_explore.model.finer import finer_steps
from attn_explore.model.gallery import variants_of
from attn_explore.model.lesson import Stop
from attn_explore.model.looking.attribution import attribution, opened
from attn_explore.model.looking.stored_bits import bits_of
from attn_explore.model.naming import place_along
from attn_explore.model.run import run
from attn_explore.model.scenario.document import Edit
from attn_explore.model.stream import lens_step
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.model.test_lesson_counts import CLAIMS
from tests.model.test_lesson_tries import TRIES
from tests.opened import NAMES
from tests.taught import at_moment, record_of, run_of, scenario_of, second_of, stops_of, told

DECIMAL = re.compile(r"(?<![\w.])[−-]?\d+\.\d+(?!\d|\.\d|·10)")
SHAPE = re.compile(r"(\d+)×(\d+)")
EQUATION = re.compile(r"(?<!\w)((?:[−\d.]+ ?[+·/−×] ?|[(])[−\d.+·/−×() ]*[\d)]) = ([−-]?\d+\.\d+)(?!\d|\.\d|·10)")
"""Numbers joined by signs, and what they come to: `2.0388 · 0.6132 = 1.2502`."""
BEFORE = 3
"""So many steps before the one of a stop are spoken of at it without a word."""
LARGEST = 2**21
"""Numbers of the largest tensor that is searched."""

ATTENTION = "encoder.layers.0.self_attention"
TIRED = 4
"""Where *tired* stands in the sentence of `pre-norm-stack`."""


def trace(name: str) -> Trace:
    return run_of(name)


def array(name: str, path: str) -> Array:
    return np.asarray(trace(name)[path].array, np.float64)


def second(name: str, path: str) -> Array:
    found = second_of(name)
    assert found is not None
    return np.asarray(found[path].array, np.float64)


def softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def norm(numbers: Array) -> Array:
    return np.sqrt(np.square(numbers).sum())


def stream(name: str, layers: int) -> list[Array]:
    """What the residual stream is made of, and what it is after every block."""
    blocks = [f"encoder.layers.{layer}.{block}" for layer in range(layers) for block in ("self_attention", "ffn")]
    paths = ["encoder.input", *(f"{block}.{step}" for block in blocks for step in ("output", "residual"))]
    runs = [run_of(name), *(found for found in (second_of(name),) if found is not None)]
    return [np.asarray(found[path].array) for found in runs for path in paths]


def saliency() -> Array:
    gradient, row = array("sentiment", "grad.encoder.embedding"), array("sentiment", "encoder.embedding")
    return np.asarray((gradient * row).sum(-1))


def without_the_look_at_this() -> Array:
    edit = Edit(at=f"{ATTENTION}.scaled_scores", index=(0, 1, 0), knock_out=True)
    return np.asarray(run(replace(scenario_of("sentiment"), gradients=None, edits=(edit,)))["logits"].array)


def histogram() -> Array:
    """The shares of undivided scores in each bin, for every width."""
    return array("dot-product-variance", "experiment.histogram")[0]


def wrote(found: Trace, *, l_less: bool = False) -> list[float]:
    """The end's logit after *kile*, or what it is above that of *l*; what each part wrote of it, and all heads."""
    end, letter_l = (place_along(found["logits"].axes[1], word) for word in ("</s>", "l"))
    of = attribution(found, end, letter_l if l_less else None)
    return [of.of.value, of.total("head"), *(term.value for term in of.terms)]


def opened_parts() -> list[float]:
    """What each letter that a head looked at, and each neuron, gave to the end's logit; those against it together."""
    found = [opened(term) for term in attribution(trace("who-wrote-this-word")).terms]
    parts = [each.values for each in found if each is not None]
    return [*np.concatenate(parts), *(each[each < 0].sum() for each in parts)]


ALSO: dict[tuple[str, int], tuple[str, ...]] = {
    ("reverse", 10): (f"{ATTENTION}.weights",),
    ("sentiment", 5): (f"{ATTENTION}.k",),
    ("sentiment", 10): ("logits", f"{ATTENTION}.weights"),
    ("translate-a-question", 6): ("generated.4.decoder.layers.0.cross_attention.weights",),
    ("pre-norm-stack", 4): (f"{ATTENTION}.norm",),
    ("pre-norm-stack", 7): ("encoder.input",),
    ("gallery", 2): (f"{ATTENTION}.weights",),
    ("gallery", 5): (f"{ATTENTION}.weights",),
    ("gradient-vanishing", 4): ("experiment.weights_gradient", "experiment.4096.weights"),
    ("gradient-vanishing", 5): ("experiment.4096.weights",),
    ("attention-then-ffn-stacked", 8): (f"{ATTENTION}.weights",),
    ("translate-a-question", 7): ("generated.4.candidates",),
    ("translate-a-question", 8): ("generated.4.candidates",),
    ("post-norm-vs-pre-norm", 8): ("encoder.layers.2.ffn.residual",),
    ("post-norm-vs-pre-norm", 9): ("encoder.final_norm",),
    ("where-gradients-flow", 1): ("probabilities",),
    ("where-gradients-flow", 2): ("probabilities",),
    ("logit-lens", 4): ("decoder.layers.0.self_attention.weights",),
    ("logit-lens", 6): ("lens.decoder.layers.0.self_attention.norm.probabilities",),
}
"""Further steps that a stop speaks of, by lesson and number of the stop, counted from 1."""

FOLLOWS: dict[tuple[str, int], Callable[[], object]] = {
    ("positions-sinusoidal", 2): lambda: [2 * math.pi],
    ("padding-mask", 4): lambda: softmax(array("padding-mask", f"{ATTENTION}.scaled_scores"))[0, 0, 4:].sum(),
    ("causal-mask", 7): lambda: softmax(array("causal-mask", f"{ATTENTION}.scaled_scores")),
    ("encoder-layer", 6): lambda: array("encoder-layer", f"{ATTENTION}.concat")[2] * array(
        "encoder-layer", f"{ATTENTION}.w_o")[:, 0],
    ("add-and-norm", 5): lambda: [array("add-and-norm", f"{ATTENTION}.residual")[2].std()],
    ("reverse", 2): lambda: [math.log(8)],
    ("names", 3): lambda: np.sqrt(np.square(array("names", "decoder.embedding")).mean(-1)),
    ("label-each-word", 5): lambda: [math.exp(5), math.exp(5) + 3],
    ("label-each-word", 9): lambda: array("label-each-word", "logits"),
    ("reverse", 6): lambda: np.fliplr(array("reverse", f"{ATTENTION}.weights")[0]).trace(),
    ("sentiment", 6): lambda: np.abs([*array("sentiment", f"{ATTENTION}.q")[0, 5],
                                      *array("sentiment", f"{ATTENTION}.k")[0, 3]]),
    ("sentiment", 10): without_the_look_at_this,
    ("sentiment", 11): saliency,
    ("dot-vs-additive", 4): lambda: second("dot-vs-additive", f"{ATTENTION}.additive_hidden")[0, 1, 3] * second(
        "dot-vs-additive", f"{ATTENTION}.v_score")[0],
    ("dot-vs-additive", 5): lambda: np.abs(second("dot-vs-additive", f"{ATTENTION}.v_score")),
    ("softmax-vs-relu", 7): lambda: array("softmax-vs-relu", f"{ATTENTION}.weights")[0, :, 2:].sum(-1),
    ("local-attention", 7): lambda: -np.diff(
        np.sort(-array("local-attention", "encoder.layers.1.self_attention.masked_scores")[0, 1, :3]))[:1] * -1,
    ("pre-norm-stack", 6): lambda: np.abs(stream("pre-norm-stack", 1)),
    ("pre-norm-stack", 7): lambda: [
        np.sqrt(array("pre-norm-stack", "encoder.layers.0.ffn.residual")[TIRED].var()),
        array("pre-norm-stack", "encoder.layers.0.ffn.residual")[TIRED].mean()
        - array("pre-norm-stack", "encoder.layers.0.ffn.residual")[TIRED, 0],
        array("pre-norm-stack", "encoder.input")[TIRED].var(),
    ],
    ("pre-norm-stack", 9): lambda: stream("pre-norm-stack", 3),
    ("pre-norm-stack", 11): lambda: stream("pre-norm-stack", 1),
    ("post-norm-vs-pre-norm", 4): lambda: [
        array("post-norm-vs-pre-norm", f"{ATTENTION}.residual")[3].std(),
        np.ptp([array("post-norm-vs-pre-norm", f"{ATTENTION}.residual")[3].mean(),
                array("post-norm-vs-pre-norm", f"{ATTENTION}.residual")[3, 1]]),
    ],
    ("post-norm-vs-pre-norm", 7): lambda: [*stream("post-norm-vs-pre-norm", 3), np.abs(
        array("post-norm-vs-pre-norm", "encoder.layers.2.ffn.residual"))],
    ("dot-product-variance", 6): lambda: [histogram()[6, 16:18].sum(), histogram()[11, 16:18].sum(),
                                          histogram()[11, [0, -1]].sum()],
    ("dot-product-variance", 7): lambda: [math.log(16)],
    ("names", 2): lambda: [math.log(15)],
    ("sampling", 4): lambda: np.sort(array("sampling", "candidates"))[::-1].cumsum(),
    ("sampling", 5): lambda: [softmax(array("sampling", "logits")[-1] / by) for by in (0.5, 2)],
    ("sampling", 6): lambda: [np.sort(array("sampling", f"{chapter}candidates"))[::-1].cumsum()
                              for chapter in ("", "generated.1.")],
    ("softmax-jacobian", 6): lambda: [trace("softmax-jacobian")["experiment.finite.nudges"].options["by"].value],
    ("grouped-query", 5): lambda: array("grouped-query", f"{ATTENTION}.q")[1, 3] * array(
        "grouped-query", f"{ATTENTION}.k")[0, 2],
    ("positions-rotary", 3): lambda: [math.cos(1), math.sin(1)],
    ("positions-rotary", 4): lambda: [norm(array("positions-rotary", f"{ATTENTION}.q")[0, 0, :2]),
                                      10000 ** (-2 / 6), 10000 ** (-4 / 6)],
    ("where-gradients-flow", 4): lambda: norm(second("where-gradients-flow", "grad.encoder.layers.3.ffn.output")),
    ("where-gradients-flow", 5): lambda: array("where-gradients-flow", f"grad.{ATTENTION}.residual")[1, 1]
    - array("where-gradients-flow", "grad.encoder.layers.0.ffn.residual")[1, 1],
    ("where-gradients-flow", 6): lambda: norm(second("where-gradients-flow", "grad.encoder.layers.3.ffn.output")),
    ("who-wrote-this-word", 3): lambda: wrote(trace("who-wrote-this-word")),
    ("who-wrote-this-word", 5): lambda: np.abs(opened_parts()),
    ("who-wrote-this-word", 6): lambda: wrote(trace("who-wrote-this-word")),
    ("who-wrote-this-word", 7): lambda: [*wrote(trace("who-wrote-this-word")), *np.abs(opened_parts())],
    ("who-wrote-this-word", 8): lambda: wrote(trace("who-wrote-this-word")),
    ("who-wrote-this-word", 9): lambda: np.abs(wrote(trace("who-wrote-this-word"), l_less=True)),
    ("who-wrote-this-word", 10): lambda: [*wrote(trace("who-wrote-this-word")), *wrote(
        second_of("who-wrote-this-word") or trace("who-wrote-this-word"))],
    ("logit-lens", 8): lambda: [abs(term.value) for term in attribution(trace("logit-lens")).terms],
    ("what-rounding-does", 2): lambda: [part.number for part in bits_of(
        trace("what-rounding-does").parameters["decoder.embedding_table"], (14, 0)).reckoned.parts],
    ("where-gradients-flow", 7): lambda: norm(array("where-gradients-flow", f"grad.{ATTENTION}.w_v")),
}  # fmt: skip
"""What a stop states that stands in no tensor."""


def around(found: Trace, path: str) -> dict[str, Value]:
    """A value of a run, its finer steps, and what it was computed from, some steps back."""
    value = found.steps.get(path) or found.parameters.get(path) or lens_step(found, path)
    values: dict[str, Value] = {}
    waiting = [(value, 0)] if value is not None else []
    for each, back in waiting:
        if each.path not in values and back <= BEFORE:
            values[each.path] = each
            before = [operand.value for operand in each.operands]
            waiting += [(step, back + 1) for step in (*before, *(() if each.is_leaf else finer_steps(each)))]
    return values


def summaries(numbers: Array) -> Iterator[Array]:
    """The numbers of an array, and what is often said of them: sums, means, norms, how far they spread."""
    yield numbers
    if numbers.ndim and np.isfinite(numbers).all():
        yield from (numbers.sum(-1), numbers.mean(-1), np.sqrt(np.square(numbers).sum(-1)))
        yield np.asarray([numbers.std(), numbers.var(), norm(numbers)])


def stated(name: str, place: int, runs: list[Trace]) -> Iterator[Array]:
    """The numbers that a stop may state."""
    paths = (stops_of(name)[place].value.path, *ALSO.get((name, place + 1), ()))
    by_run = [{key: value for path in paths for key, value in around(each, path).items()} for each in runs]
    for values in by_run:
        for value in values.values():
            if value.array.size <= LARGEST:
                yield from summaries(np.asarray(value.array, np.float64))
    for path, value in by_run[0].items():
        other = by_run[-1].get(path)
        if other is not None and other.shape == value.shape and np.isfinite(value.array).all():
            yield np.asarray(value.array - other.array)
    yield np.sqrt(np.arange(1.0, 4097.0))
    yield 1 / np.arange(1.0, 1025.0)
    if (name, place + 1) in FOLLOWS:
        yield np.asarray(FOLLOWS[name, place + 1](), np.float64)


def is_in(number: str, numbers: Array) -> bool:
    """Whether a number is there, rounded as it is written."""
    half = 0.51 * 10 ** -len(number.partition(".")[2])  # in float32 the last digit may be another on another machine
    return bool((np.abs(numbers - typed_number(number)) <= half).any())


def checked_elsewhere(name: str, place: int) -> set[str]:
    """The numbers of what a stop counts, and of what it says will follow: the tests of those hold them."""
    said = [says for lesson, at, says, _ in (*CLAIMS, *TRIES) if (lesson, at) == (name, place + 1)]
    return {number for each in said for number in DECIMAL.findall(each)}


def runs_for(name: str, stop: Stop) -> list[Trace]:
    """The runs that a stop may speak of: its own, the other one, and those of the moments that it names."""
    other, record = second_of(name), record_of(name)
    found = [run_of(name), *(() if other is None else (other,))]
    if stop.gallery:
        hung = next(each for each in variants_of(scenario_of(name)) if each.name == stop.gallery)
        found.insert(1, run(scenario_of(name).varied(hung.changes)))
    if record is not None:
        named = {int(step) for step in re.findall(r"\d+", told(stop))} | {stop.moment}
        later = {step + 60 for step in named if step is not None}  # “60 steps later”, “another 60 steps”
        found += [at_moment(name, step) for step in record.steps if step in named | later]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_that_a_lesson_states_are_those_of_its_run(name: str) -> None:
    for place, stop in enumerate(stops_of(name)):
        results = {right for _, right in EQUATION.findall(told(stop))} | checked_elsewhere(name, place)
        wanted = [number for number in DECIMAL.findall(told(stop)) if number not in results]
        for numbers in stated(name, place, runs_for(name, stop)) if wanted else ():
            wanted = [number for number in wanted if not is_in(number, numbers)]
        assert not wanted, f"stop {place + 1}: {told(stop)}"


@pytest.mark.parametrize("name", NAMES)
def test_what_a_lesson_writes_out_comes_to_what_it_says(name: str) -> None:
    for stop in stops_of(name):
        for left, right in EQUATION.findall(told(stop)):
            last = 10 ** -len(right.partition(".")[2])
            largest = max(abs(typed_number(part)) for part in re.findall(r"[\d.]*\d", left))
            assert abs(typed_number(left) - typed_number(right)) <= 2 * last * max(1, largest), (left, right)


@pytest.mark.parametrize("name", NAMES)
def test_the_shapes_that_a_lesson_states_are_those_of_its_run(name: str) -> None:
    found = [run_of(name), *(() if (other := second_of(name)) is None else (other,))]
    values = [value for each in found for value in (*each.steps.values(), *each.parameters.values())]
    shapes = {tuple(value.shape[-2:]) for value in values} | {tuple(reversed(value.shape[-2:])) for value in values}
    for stop in stops_of(name):
        for rows, columns in SHAPE.findall(told(stop)):
            assert (int(rows), int(columns)) in shapes, told(stop)


@pytest.mark.long
def test_what_is_said_to_follow_belongs_to_a_stop() -> None:
    for name, place in (*ALSO, *FOLLOWS):
        assert 0 < place <= len(stops_of(name)), (name, place)
        assert DECIMAL.search(told(stops_of(name)[place - 1])), (name, place)
