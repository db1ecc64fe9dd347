"""The memory that a run takes, known before it runs: from plans, in exact integers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import comb

from attn_explore.model.forward import Pass, trace_of
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.tokens import generates
from attn_explore.model.trace import Trace
from attn_explore.model.training.curves import curves_of
from attn_explore.model.values import Value

RECORD = 1300
"""Bytes that a value takes beside its numbers: what counts when there are millions of small ones."""

DRAWING = 2**25
"""Bytes in which pairs of q and k are drawn and counted."""

CURVES = 200
"""Bytes that the curves of a training take for each of its steps: a label, the loss, and the learning rate."""


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
        return _of_experiment(trace_of(replace(scenario, edits=()), None), 1 if scenario.gradients is None else 2)
    passes = scenario.input.max_new_tokens if generates(scenario.model, scenario.input) else 1
    differentiated = 0 if scenario.gradients is None else sum(_taken(scenario, passes - 1))
    fixed, first = _taken(scenario, 0)
    second, third = (_taken(scenario, more)[1] if passes > more else 0 for more in (1, 2))
    every = passes * first + comb(passes, 2) * (second - first) + comb(passes, 3) * (third - 2 * second + first)
    longest = Pass(_with_layers(scenario, 1, 1), None, is_sized=True, more=passes - 1).trace
    largest = _largest(longest)
    trained = curves_of(scenario)
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
    trace = Pass(_with_layers(scenario, encoder_layers, decoder_layers), None, is_sized=True, more=more).trace
    once = [*trace.parameters.values(), *(step for step in trace.steps.values() if step.path.startswith("encoder."))]
    everything = len(trace.parameters) + len(trace.steps)
    fixed = sum(value.nbytes for value in once) + RECORD * len(once)
    return fixed, trace.nbytes + RECORD * everything - fixed


def _with_layers(scenario: Scenario, encoder_layers: int, decoder_layers: int) -> Scenario:
    model = replace(scenario.model, encoder_layers=encoder_layers, decoder_layers=decoder_layers)
    return replace(scenario, model=model)
