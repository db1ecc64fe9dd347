"""The keys of each kind of experiment, with their defaults and how much may be asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from attn_explore.model.scenario.document import Document, Experiment
from attn_explore.model.scenario.findings import Finding, listed
from attn_explore.model.scenario.pairs import TASKS
from attn_explore.model.scenario.source import ScenarioSource
from attn_explore.model.text import figure

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "softmax_saturation": {"logits": (1.0, 1.0, 2.0), "multipliers": (1.0, 10.0, 100.0)},
    "softmax_jacobian": {
        "logits": (1.0, 1.0, 2.0),
        "multipliers": (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0),
    },
    "dot_product_variance": {
        "widths": (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096),
        "pairs": 100_000,
        "row": 16,
        "seed": 7,
    },
    "gradient_vanishing": {"widths": (1, 4, 16, 64, 256, 1024, 4096), "tokens": 16, "seed": 7},
    "training": {
        "data": None,
        "steps": 1000,
        "batch": 16,
        "snapshots": 10,
        "warmup": 100,
        "learning_rate": 1.0,
        "seed": 7,
        "held_out": 0,
        "length": None,
        "symbols": None,
    },
}
"""The keys that each kind of experiment has, and what they are where the file does not say."""

OF_TASK: Mapping[str, int] = {"length": 6, "symbols": 8, "held_out": 64}
"""The same for a training whose task makes up its examples."""

MOST: Mapping[str, int] = {
    "pairs": 10**9, "row": 4_096, "tokens": 1_024,
    "steps": 10**7, "batch": 4_096, "snapshots": 1_000, "held_out": 10_000, "length": 1_024, "symbols": 10_000,
}  # fmt: skip
"""The largest number that each of these keys may be."""

MOST_WIDE = 65_536
"""The largest width that is tried, and drawn."""

MOST_WIDTHS = 64
"""So many widths are tried at most: each has steps of its own."""

MOST_DRAWN = 10**11
"""So many numbers are drawn at most: some minutes."""


def filled(experiment: Experiment) -> Experiment:
    """The same experiment with the defaults of its kind put in place.

    >>> filled(Experiment(kind="softmax_saturation")).logits
    (1.0, 1.0, 2.0)
    """
    defaults = {**DEFAULTS[experiment.kind], **(OF_TASK if experiment.data in TASKS else {})}
    return replace(experiment, **{key: value for key, value in defaults.items() if getattr(experiment, key) is None})


def moments_of(steps: int, count: int) -> list[int]:
    """After which steps the weights are kept: `count` moments beside the beginning, evenly spaced, the last at the end.

    >>> moments_of(10, 3)
    [0, 4, 8, 10]
    """
    apart = -(-steps // count)  # rounded up, in integers: a file may ask for more steps than a float can count
    return [*range(0, steps, apart), steps]


def drawn(experiment: Experiment) -> int:
    """How many numbers are drawn for all pairs of q and k; 0 in an experiment without pairs."""
    return 2 * experiment.pairs * sum(experiment.widths) if experiment.kind == "dot_product_variance" else 0


# --- checks


def experiment_stands_alone(document: Document, source: ScenarioSource) -> Iterator[Finding]:
    """An experiment brings its own model and its own input; what is said beside it would do nothing."""
    experiment = document.alone
    if experiment is None:
        return
    for key in ("model", "input", "mask"):
        if source.holds((key,)):
            what = f"experiment {experiment.kind} runs without `{key}`"
            yield Finding((key,), what, f"leave `{key}` out, or the experiment", at_key=True)


def experiment_has_the_keys_of_its_kind(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """What another kind of experiment reads would do nothing."""
    experiment = document.experiment
    if experiment is None:
        return
    known = DEFAULTS[experiment.kind]
    for key in dict.fromkeys(key for kind in DEFAULTS.values() for key in kind):
        if key not in known and getattr(experiment, key) is not None:
            what = f"experiment {experiment.kind} has no `{key}`"
            yield Finding(("experiment", key), what, f"its keys are {listed(known, 'and')}", at_key=True)


def experiment_is_of_a_size_to_run(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """At least one number in each list, no width twice, and no more than can be drawn in minutes."""
    if document.experiment is None:
        return
    experiment = filled(document.experiment)
    faults = [*_wrong_lists(experiment), *_too_large(experiment)]
    yield from faults or _too_much(experiment)


def _wrong_lists(experiment: Experiment) -> Iterator[Finding]:
    for key in ("logits", "multipliers", "widths"):
        if getattr(experiment, key) == ():
            yield Finding(("experiment", key), f"there is no number in `experiment.{key}`", "give at least one")
    widths = experiment.widths or ()
    if len(widths) > MOST_WIDTHS:
        yield Finding(("experiment", "widths"), f"there are {len(widths)} widths", f"give at most {MOST_WIDTHS}")
        return
    for place, width in enumerate(widths):
        path = ("experiment", "widths", place)
        if width > MOST_WIDE:
            yield Finding(path, f"dₖ = {figure(width)} is too large", f"take at most {MOST_WIDE}")
        elif width in widths[:place]:
            yield Finding(path, f"dₖ = {width} stands twice", "name each width once")


def _too_large(experiment: Experiment) -> Iterator[Finding]:
    for key, most in MOST.items():
        number = getattr(experiment, key)
        if number is not None and number > most:
            what = f"`experiment.{key}` {figure(number)} is too large"
            yield Finding(("experiment", key), what, f"take at most {most}")


def _too_much(experiment: Experiment) -> Iterator[Finding]:
    """What is too much altogether, where each number alone is not."""
    path = ("experiment", "pairs")
    if drawn(experiment) > MOST_DRAWN:
        what = f"{experiment.pairs} pairs of these widths are {drawn(experiment)} numbers to draw"
        yield Finding(path, what, f"take fewer pairs or widths: at most {MOST_DRAWN} numbers")
    elif drawn(experiment) and experiment.pairs < experiment.row:
        what = f"{experiment.pairs} pairs do not make a row of {experiment.row} scores"
        yield Finding(path, what, f"take at least {experiment.row}")
