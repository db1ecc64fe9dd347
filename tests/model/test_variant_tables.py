"""Whoever adds a variant is told by name what it lacks: a line, a reference, words, a place in a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest

from attn_explore.explorer.commands.starter import STARTER
from attn_explore.model import variants
from attn_explore.model.config import ModelConfig, filled
from attn_explore.model.trace import Trace
from attn_explore.model.words.steps import heading_of
from tests import references
from tests.building import encoded, random_parameters
from tests.wording import told, unwritten

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scenarios.md").read_text("utf-8")
WHOLE_FORMAT = (ROOT / "tests" / "data" / "whole_format.yaml").read_text("utf-8")

TABLES: Mapping[str, Mapping[str, Any]] = {
    "score": variants.SCORES,
    "weighting": variants.WEIGHTINGS,
    "position": variants.POSITIONS,
    "norm": variants.NORMS,
    "activation": variants.ACTIVATIONS,
}
REFERENCES: Mapping[str, Mapping[str, Any]] = {
    "score": references.SCORES,
    "weighting": references.WEIGHTINGS,
    "activation": references.ACTIVATIONS,
}
CHOICES = {key: set(get_args(get_type_hints(ModelConfig)[key])) for key in (*TABLES, "kind", "norm_order", "head")}
"""What the scenario format lets one choose, by key."""

EACH = [(key, name) for key, table in TABLES.items() for name in table]
each_variant = pytest.mark.parametrize(("key", "name"), EACH, ids=[f"{key}-{name}" for key, name in EACH])

OF_SEVERAL_OPERATIONS = {"final_norm"}
"""Headings whose words are true of whatever makes the step."""


def config_of(key: str, name: str) -> ModelConfig:
    """A small encoder with a variant."""
    return filled(ModelConfig(**{"d_model": 4, "heads": 2, "norm_order": "pre", key: name}))  # type: ignore[arg-type]


def trace_of(config: ModelConfig) -> Trace:
    return encoded(config, random_parameters(config, 3, 1), [0, 1, 2])


@pytest.mark.parametrize("key", TABLES)
def test_the_format_offers_what_the_table_of_variants_has(key: str) -> None:
    assert CHOICES[key] - TABLES[key].keys() == set(), "these have no line in model/variants.py"
    assert TABLES[key].keys() - CHOICES[key] == set(), "these are not in the Literal in model/config.py"


@pytest.mark.parametrize("key", REFERENCES)
def test_every_variant_has_a_reference(key: str) -> None:
    assert TABLES[key].keys() - REFERENCES[key].keys() == set(), "these are not in tests/references.py"


@each_variant
def test_every_variant_computes_what_its_reference_does(key: str, name: str) -> None:
    config = config_of(key, name)
    parameters = random_parameters(config, 3, 1)
    reference = references.Reference(config, parameters)
    reference.encoder([0, 1, 2], references.Sight())
    steps = trace_of(config).steps
    assert steps.keys() == reference.steps.keys()
    for path, step in steps.items():
        np.testing.assert_allclose(step.array, reference.steps[path], rtol=1e-9, atol=1e-12, err_msg=path)


@each_variant
def test_every_variant_has_words(key: str, name: str) -> None:
    missing = unwritten(trace_of(config_of(key, name)))
    assert not missing, told(missing)


def test_a_heading_speaks_of_what_one_operation_makes() -> None:
    made: dict[str, set[str]] = {}
    for key, name in EACH:
        for step in trace_of(config_of(key, name)).steps.values():
            heading = heading_of(step.path, step.made_by.name)
            made.setdefault(heading or "", set()).add(step.made_by.name)
    mixed = {f"## {heading}": names for heading, names in made.items() if len(names) > 1}
    for heading in OF_SEVERAL_OPERATIONS:
        mixed.pop(f"## {heading}")
    assert mixed == {}, "write a heading `## name/operation` in model/words/en.md for all but one of these"


@pytest.mark.parametrize("key", CHOICES)
def test_the_page_about_scenarios_lists_every_choice(key: str) -> None:
    row = next(line for line in PAGE.splitlines() if re.match(rf"\| .*`{key}`.* \|", line))
    assert CHOICES[key] - set(re.findall(r"`([a-z_-]+)`", row)) - {"none"} == set(), (
        "these are not in docs/scenarios.md"
    )


@pytest.mark.parametrize("key", CHOICES)
def test_the_whole_format_lists_every_choice(key: str) -> None:
    assert CHOICES[key] - listed(WHOLE_FORMAT, key) == set(), "these are not in tests/data/whole_format.yaml"


@pytest.mark.parametrize("key", sorted(CHOICES.keys() - {"head"}))
def test_the_starter_lists_every_choice(key: str) -> None:
    assert CHOICES[key] - listed(STARTER, key) == set(), "these are not in explorer/commands/starter.py"


def listed(text: str, key: str) -> set[str]:
    """The words behind a key of `model`, those of its comment too."""
    line = next(line for line in text.splitlines() if line.startswith(f"  {key}: "))
    return set(re.findall(r"[a-z_-]+", line.partition(":")[2]))
