"""From a scenario to a trace: give the tokens, make the parameters, run the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from model.axes import Array, Axis
from model.config import ModelConfig
from model.layers import Visibility
from model.parameters import parameter_axes
from model.scenario import Scenario
from model.scenario.tokens import PAD
from model.trace import Listener, Recorder, Trace
from model.transformer import encode
from model.values import Value
from model.weights import parameters

RECORD = 1000
"""Bytes that a value takes beside its numbers: what counts when there are millions of small ones."""

LARGEST_WEIGHTS = 2**40
"""Bytes of a weights file that are read unless the caller sets another limit."""


def run(
    scenario: Scenario,
    on_step: Listener | None = None,
    *,
    weights_limit: int = LARGEST_WEIGHTS,
    allowed: Sequence[Path] = (),
) -> Trace:
    """Run a scenario and return its trace. `on_step` is called with each value as it is computed.

    `allowed` are folders outside the scenario's own in which its weights may lie.
    Raises Problem when the scenario's weights don't fit its model.
    """
    tokens = _padded(scenario)
    arrays = parameters(scenario, parameter_axes(scenario.model, tokens.vocabulary), weights_limit, allowed)
    return _forward(scenario, tokens, arrays, on_step)


def check_weights(scenario: Scenario, limit: int, allowed: Sequence[Path] = ()) -> None:
    """Raise the Problem that `run` would raise for the scenario's weights, without running it."""
    parameters(scenario, parameter_axes(scenario.model, _padded(scenario).vocabulary), limit, allowed)


def plan(scenario: Scenario) -> Trace:
    """The trace that `run` would give, with every record and without a number: nothing large is allocated."""
    return _forward(scenario, _padded(scenario), None)


@dataclass(frozen=True)
class Need:
    """The memory that a run takes, in bytes, and its largest step."""

    nbytes: int
    largest: str
    shape: tuple[int, ...]


def memory_needed(scenario: Scenario) -> Need:
    """What `run` would take, in exact integers and without allocating anything of that size.

    Every value is kept, and the largest is held twice while it is computed. Layers are alike: two of them tell.
    """
    tokens = _Tokens(Axis("token", scenario.length), Axis("vocabulary", _vocabulary_size(scenario)), None)
    config = scenario.model
    two = _forward(_with_layers(scenario, min(config.encoder_layers, 2)), tokens, None)
    one = _forward(_with_layers(scenario, 1), tokens, None)
    further = (_taken(two) - _taken(one)) * max(config.encoder_layers - 2, 0)
    largest = max((*two.steps.values(), *two.parameters.values()), key=lambda value: value.nbytes)
    return Need(_taken(two) + further + largest.nbytes, largest.path, largest.shape)


def _taken(trace: Trace) -> int:
    return trace.nbytes + RECORD * (len(trace.parameters) + len(trace.steps))


@dataclass(frozen=True)
class _Tokens:
    """The token axis, the vocabulary, and the place of each token in it (None: only their numbers are known)."""

    axis: Axis
    vocabulary: Axis
    ids: Array | None


def _padded(scenario: Scenario) -> _Tokens:
    """The tokens with their padding. The vocabulary is the distinct tokens, in the order of their first appearance."""
    tokens = scenario.tokens()
    tokens += (PAD,) * (scenario.length - len(tokens))
    places = {word: place for place, word in enumerate(dict.fromkeys(tokens))}
    ids = np.array([places[token] for token in tokens], np.int64)
    return _Tokens(Axis("token", len(tokens), tokens), Axis("vocabulary", len(places), tuple(places)), ids)


def _vocabulary_size(scenario: Scenario) -> int:
    tokens = scenario.tokens()
    return len({*tokens, PAD} if scenario.length > len(tokens) else set(tokens))


def _with_layers(scenario: Scenario, layers: int) -> Scenario:
    return replace(scenario, model=replace(scenario.model, encoder_layers=layers))


def _forward(
    scenario: Scenario, tokens: _Tokens, arrays: dict[str, Array] | None, on_step: Listener | None = None
) -> Trace:
    config: ModelConfig = scenario.model
    trace = Trace(np.dtype(config.dtype), planned=arrays is None, on_step=on_step)
    for name, axes in parameter_axes(config, tokens.vocabulary).items():
        trace.add_parameter(name, axes, None if arrays is None else arrays[name])
    given: Value = trace.give("tokens", (tokens.axis,), tokens.ids)
    encode(Recorder(trace, "encoder"), given, _visibility(scenario, tokens.axis), config)
    return trace


def _visibility(scenario: Scenario, tokens: Axis) -> Visibility:
    """Which masks there are: padding where there is some, no causal mask in an encoder, unless the scenario says so."""
    pad = tuple(label == PAD for label in tokens.labels or ())
    has_padding = PAD in scenario.tokens() or scenario.length > len(scenario.tokens())
    wanted = scenario.mask.pad if scenario.mask.pad != "auto" else has_padding
    return Visibility(pad if wanted else None, scenario.mask.causal is True)
