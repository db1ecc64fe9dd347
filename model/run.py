"""From a scenario to a trace: give the tokens, make the parameters, run the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import comb
from pathlib import Path

import numpy as np

from model import experiments
from model.axes import Array, Axis, sizes
from model.differentiation import record_wanted
from model.edits import Changes, changes
from model.layers import Visibility
from model.parameters import Shapes
from model.scenario import Scenario
from model.scenario.document import Experiment, LessonStep
from model.scenario.tokens import END, PAD, generates, readings
from model.shapes import shapes_of, vocabulary_axes
from model.trace import Listener, Recorder, Trace
from model.training.curves import as_done, record_curves
from model.training.record import Record, read_record
from model.transformer import Text, across, decode, encode, of_itself, predict
from model.values import Tensor, Value
from model.weights import FILE, fitted, parameters

RECORD = 1300
"""Bytes that a value takes beside its numbers: what counts when there are millions of small ones."""

DRAWING = 2**25
"""Bytes in which pairs of q and k are drawn and counted."""

CURVES = 200
"""Bytes that the curves of a training take for each of its steps: a label, the loss, and the learning rate."""

LARGEST_WEIGHTS = 2**40
"""Bytes of a weights file that are read unless the caller sets another limit."""

CHAPTER = "generated"
"""Each further pass of a decoder that generates is a chapter: `generated.1` and so on. The first is as in any model."""


def run(
    scenario: Scenario,
    on_step: Listener | None = None,
    *,
    weights_limit: int = LARGEST_WEIGHTS,
    allowed: Sequence[Path] = (),
    before: Trace | None = None,
    second: Trace | None = None,
    record: Record | None = None,
    moment: int = -1,
) -> Trace:
    """Run a scenario and return its trace. `on_step` is called with each value as it is computed.

    `allowed` are folders outside the scenario's own in which its weights may lie. `before` is a run of the same model
    with other edits or words: its parameters are taken where they fit, and what has not changed is not computed again.
    `second` is the run that the scenario is compared with, where an edit takes numbers from it. `record` is how its
    weights were trained, and `moment` the one of its moments whose weights are taken.
    Raises Problem when the scenario's weights don't fit its model, or its edits don't fit the run.
    """
    shapes = shapes_of(scenario)
    is_known = before is not None and all(before.drawn[name].shape == sizes(axes) for name, axes in shapes.items())
    arrays = before.drawn if before and is_known else _numbers(scenario, shapes, weights_limit, allowed)
    if record is not None:
        arrays = arrays | _learned(scenario, record, moment)
    frozen = None
    if any(edit.freeze for edit in scenario.edits):
        frozen = _trace(replace(scenario, edits=()), arrays, before=before)
    made = edited(scenario, frozen, second)
    trace = _trace(scenario, arrays, on_step, changes=made, before=before)
    _check_reached(scenario, trace)
    if record is not None and scenario.experiment is not None:
        record_curves(trace, as_done(scenario.experiment, record), scenario.model.d_model, record)
    record_wanted(trace, scenario)
    return trace


def _learned(scenario: Scenario, record: Record, moment: int) -> dict[str, Array]:
    """The parameters at a moment of training, but those that the scenario sets by hand."""
    found = record.parameters(moment).items()
    by_hand = scenario.model.weights.set
    return {name: np.asarray(array, scenario.model.dtype) for name, array in found if name not in by_hand}


def _numbers(scenario: Scenario, shapes: Shapes, limit: int, allowed: Sequence[Path]) -> dict[str, Array]:
    """The numbers of every parameter, of a model or of an experiment."""
    if scenario.alone is not None:
        return experiments.parameters(scenario.alone)
    return parameters(scenario, shapes, limit, allowed)


def _trace(
    scenario: Scenario,
    arrays: dict[str, Array] | None,
    on_step: Listener | None = None,
    generated: Sequence[str] | None = None,
    *,
    changes: Changes | None = None,
    before: Trace | None = None,
) -> Trace:
    """One run of a scenario, of its model or of its experiment; its plan where there are no `arrays`."""
    if scenario.alone is None:
        return _Pass(scenario, arrays, on_step, generated, changes=changes, before=before).trace
    trace = Trace(
        np.dtype(scenario.model.dtype),
        planned=arrays is None,
        on_step=on_step,
        changes=changes or {},
        before=before,
    )
    for name, axes in shapes_of(scenario).items():
        trace.add_parameter(name, axes, None if arrays is None else arrays[name])
    experiments.record(trace, scenario.alone)
    trace.before = None  # it was of use while this one ran
    return trace


def edited(scenario: Scenario, frozen: Trace | None = None, second: Trace | None = None) -> Changes:
    """What the scenario's edits change. Raises Problem when they don't fit the run."""
    return changes(scenario, _trace(scenario, None), frozen, second) if scenario.edits else {}


def _check_reached(scenario: Scenario, trace: Trace) -> None:
    """A decoder that generates may end before a word that is edited."""
    for place, edit in enumerate(scenario.edits):
        if edit.at not in trace.steps and edit.at not in trace.parameters:
            what = f"the generated text ended before {edit.at}"
            raise scenario.problem_at(("edits", place, "at"), what, "edit an earlier word")


def settled(
    scenario: Scenario, limit: int = LARGEST_WEIGHTS, allowed: Sequence[Path] = ()
) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario with what its weights file decides where it does not itself, and what has to be said of that.

    Raises Problem when the file cannot be read.
    """
    model, notes = fitted(scenario, limit, allowed)
    scenario = replace(scenario, model=model)
    if scenario.experiment is None or scenario.experiment.is_alone:
        return scenario, notes
    record = training(scenario, limit, allowed)
    lesson = tuple(_at_a_moment(stop, record) for stop in scenario.lesson)
    if record is not None:
        return replace(scenario, experiment=as_done(scenario.experiment, record), lesson=lesson), notes
    note = "these weights are not trained; `attn-explore train` trains them, and `weights: {file: …}` names them"
    return replace(scenario, experiment=None, lesson=lesson), (*notes, note)


def _at_a_moment(stop: LessonStep, record: Record | None) -> LessonStep:
    """A stop of the lesson at a moment that there is: a training may have ended early."""
    if stop.moment is None or record is None:
        return replace(stop, moment=None)
    return replace(stop, moment=record.steps[record.nearest(stop.moment)])


def training(scenario: Scenario, limit: int = LARGEST_WEIGHTS, allowed: Sequence[Path] = ()) -> Record | None:
    """How the scenario's weights were trained, as far as their file tells. Raises Problem when it cannot be read."""
    file = scenario.model.weights.file
    if _with_curves(scenario) is None or file is None or scenario.source.folder is None:
        return None
    return read_record(scenario.read_file(FILE, limit, allowed), file, shapes_of(scenario))


def _with_curves(scenario: Scenario) -> Experiment | None:
    """The training of the weights that a run has, whose curves are steps of it; None where nothing is known of one."""
    return scenario.experiment if scenario.is_trained and scenario.model.weights.file is not None else None


def check_weights(scenario: Scenario, limit: int, allowed: Sequence[Path] = ()) -> None:
    """Raise the Problem that `run` would raise for the scenario's weights, without running it."""
    if scenario.alone is None:
        parameters(scenario, shapes_of(scenario), limit, allowed)


def plan(scenario: Scenario, generated: Sequence[str] | None = None) -> Trace:
    """The trace that `run` would give, with every record and without a number: nothing large is allocated.

    `generated` are the words that the decoder chose, where they are known.
    """
    trace = _trace(scenario, None, generated=generated, changes=edited(scenario))
    if (experiment := _with_curves(scenario)) is not None:
        record_curves(trace, experiment, scenario.model.d_model, None)
    record_wanted(trace, scenario)
    return trace


@dataclass(frozen=True)
class _Text:
    """What a stack reads in one pass. Without words only the number of tokens is known."""

    given: Value
    words: tuple[str, ...] | None

    @property
    def pad(self) -> tuple[bool, ...]:
        """Which tokens are padding."""
        return tuple(word == PAD for word in self.words or ())


class _Pass:
    """One run of a scenario, or its plan where there are no `arrays`; `trace` holds it when it is made.

    `more`: the decoder reads so many unknown tokens more, for plans of the passes of a generation.
    """

    def __init__(
        self,
        scenario: Scenario,
        arrays: dict[str, Array] | None,
        on_step: Listener | None = None,
        generated: Sequence[str] | None = None,
        *,
        is_sized: bool = False,
        more: int = 0,
        changes: Changes | None = None,
        before: Trace | None = None,
    ) -> None:
        self.config, self.scenario = scenario.model, scenario
        self.read = readings(scenario.model, scenario.input)
        self.known = vocabulary_axes(scenario)
        self.generated = generated
        self.is_sized, self.more = is_sized, more
        self.trace = Trace(
            np.dtype(self.config.dtype),
            planned=arrays is None,
            on_step=on_step,
            changes=changes or {},
            before=before,
        )
        for name, axes in shapes_of(scenario).items():
            self.trace.add_parameter(name, axes, None if arrays is None else arrays[name])
        self._run()
        self.trace.before = None  # it was of use while this one ran

    def _run(self) -> None:
        source = memory = None
        if "encoder" in self.read:
            source = self._first_text("encoder", "tokens")
            memory = encode(
                Recorder(self.trace, "encoder"), source.given, self._of_itself(source, "encoder"), self.config
            )
        if "decoder" in self.read:
            self._decode(source, memory)
        elif source is not None and memory is not None:
            predict(Recorder(self.trace), memory, source.given, source.pad, self.config)

    # --- tokens

    def _first_text(self, stack: str, name: str) -> _Text:
        reading = self.read[stack]
        if self.is_sized:
            return self._text(stack, name, None, reading.length + (self.more if stack == "decoder" else 0))
        return self._text(stack, name, reading.padded(), reading.length)

    def _text(self, stack: str, name: str, words: tuple[str, ...] | None, length: int) -> _Text:
        """Give the trace the tokens that a stack reads."""
        ids = None
        if words is not None:
            self.trace.tokens[stack] = words
            places = {word: place for place, word in enumerate(self.known[stack].labels or ())}
            ids = np.array([places[word] for word in words], np.int64)
        return _Text(self.trace.give(name, (Axis("token", length, words),), ids), words)

    # --- what may be seen

    def _of_itself(self, text: _Text, stack: str) -> Visibility:
        return of_itself(self._seen(text, stack), self.config, self.scenario.mask, stack == "decoder")

    def _seen(self, text: _Text, stack: str) -> Text:
        """A text with what is hidden of it: padding, where there is some or the scenario says so."""
        wanted = self.scenario.mask.pad
        hides = self.read[stack].has_padding if wanted == "auto" else wanted
        return Text(text.given, text.pad if hides else None)

    # --- the decoder

    def _decode(self, source: _Text | None, memory: Tensor | None) -> None:
        """One pass over the target, or as many as there are words to generate, greedily."""
        name = "tokens" if source is None else "decoder.tokens"
        text = self._first_text("decoder", name)
        probabilities = self._one_pass("", text, source, memory)
        if not generates(self.config, self.scenario.input) or probabilities is None:
            return
        passes = self.scenario.input.max_new_tokens if self.generated is None else len(self.generated)
        if self.is_sized:
            passes = 1
        for place in range(passes):
            chapter = f"{CHAPTER}.{place}" if place else ""
            candidates = Recorder(self.trace, chapter=chapter).last("candidates", probabilities)
            word = self._choice(place, candidates)
            words = None if word is None else (*(text.words or ()), word)
            if words is not None:
                self.trace.tokens["decoder"] = words
            if place + 1 == passes or word == END:
                break
            chapter = f"{CHAPTER}.{place + 1}"
            text = self._text("decoder", f"{chapter}.{name}", words, text.given.shape[0] + 1)
            probabilities = self._one_pass(chapter, text, source, memory) or probabilities

    def _one_pass(self, chapter: str, text: _Text, source: _Text | None, memory: Tensor | None) -> Value | None:
        t = Recorder(self.trace, chapter=chapter)
        seen = None if source is None else across(self._seen(text, "decoder"), self._seen(source, "encoder"))
        x = decode(t.inside("decoder"), text.given, self._of_itself(text, "decoder"), self.config, memory, seen)
        return predict(t, x, text.given, text.pad, self.config)

    def _choice(self, place: int, candidates: Value) -> str | None:
        """The likeliest word; in a plan the one that is known, if it is."""
        if self.generated is not None:
            return self.generated[place]
        return None if self.trace.planned else candidates.axes[0].label(int(np.argmax(candidates.array)))


# --- memory


@dataclass(frozen=True)
class Need:
    """The memory that a run takes, in bytes, and its largest step."""

    nbytes: int
    largest: str
    shape: tuple[int, ...]


def memory_needed(scenario: Scenario) -> Need:
    """What `run` would take at most, in exact integers and without allocating anything of that size.

    Every value is kept, and the largest is held twice while it is computed. Layers are alike, so a few of them tell;
    and what the passes of a generation take grows with the square of their length, so three of them tell. Gradients are
    as large as what they are by, in the longest pass at most.
    """
    if scenario.alone is not None:
        return _of_experiment(_trace(replace(scenario, edits=()), None), 1 if scenario.gradients is None else 2)
    passes = scenario.input.max_new_tokens if generates(scenario.model, scenario.input) else 1
    differentiated = 0 if scenario.gradients is None else sum(_taken(scenario, passes - 1))
    fixed, first = _taken(scenario, 0)
    second, third = (_taken(scenario, more)[1] if passes > more else 0 for more in (1, 2))
    every = passes * first + comb(passes, 2) * (second - first) + comb(passes, 3) * (third - 2 * second + first)
    longest = _Pass(_with_layers(scenario, 1, 1), None, is_sized=True, more=passes - 1).trace
    largest = _largest(longest)
    trained = _with_curves(scenario)
    curves = 0 if trained is None else CURVES * trained.steps
    return Need(fixed + every + differentiated + curves + largest.nbytes, largest.path, largest.shape)


def _of_experiment(planned: Trace, times: int) -> Need:
    """What an experiment takes: everything that it records, with gradients two times, and what pairs are drawn in."""
    values, largest = len(planned.steps) + len(planned.parameters), _largest(planned)
    drawing = DRAWING if any(step.made_by.name == "tally" for step in planned.steps.values()) else 0
    need = times * (planned.nbytes + RECORD * values) + largest.nbytes + drawing
    return Need(need, largest.path, largest.shape)


def _largest(trace: Trace) -> Value:
    return max((*trace.steps.values(), *trace.parameters.values()), key=lambda value: value.nbytes)


def _taken(scenario: Scenario, more: int) -> tuple[int, int]:
    """Bytes of what is computed once, and of a pass of the decoder over `more` tokens, whatever the number of layers.

    Straight lines through models of one and of two layers.
    """
    counts = scenario.model.encoder_layers, scenario.model.decoder_layers
    one = _sizes(scenario, 1, 1, more)
    two = (_sizes(scenario, min(counts[0], 2), 1, more), _sizes(scenario, 1, min(counts[1], 2), more))
    fixed, each = (
        size + sum((count - 1) * (sizes[place] - size) for count, sizes in zip(counts, two, strict=True))
        for place, size in enumerate(one)
    )
    return fixed, each


def _sizes(scenario: Scenario, encoder_layers: int, decoder_layers: int, more: int) -> tuple[int, int]:
    trace = _Pass(_with_layers(scenario, encoder_layers, decoder_layers), None, is_sized=True, more=more).trace
    once = [*trace.parameters.values(), *(step for step in trace.steps.values() if step.path.startswith("encoder."))]
    everything = len(trace.parameters) + len(trace.steps)
    fixed = sum(value.nbytes for value in once) + RECORD * len(once)
    return fixed, trace.nbytes + RECORD * everything - fixed


def _with_layers(scenario: Scenario, encoder_layers: int, decoder_layers: int) -> Scenario:
    model = replace(scenario.model, encoder_layers=encoder_layers, decoder_layers=decoder_layers)
    return replace(scenario, model=model)
