"""Scenarios that are known to be right without Pydantic: they are those that Pydantic takes, and come out the same."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.model.problems import Problem
from attn_explore.model.scenario.source import ScenarioSource
from attn_explore.model.scenario.validation import MAY_BE_NULL, check_types, check_with_pydantic
from attn_explore.model.scenario.well_typed import well_typed
from attn_explore.model.scenario.yaml_source import MOST_NESTING, read_yaml
from tests.fuzz.mutations import spoiled_tree, written
from tests.fuzz.scenarios import KEYS

WHOLE_FORMAT = Path(__file__).parents[1] / "data" / "whole_format.yaml"
FILES = {**bundled(), "every key": WHOLE_FORMAT}
UNUSUAL = [
    "input: {text: a}\nmodel: {heads: 0}",
    "input: {text: a}\nmodel: {heads: 9007199254740993}",
    "input: {text: a}\nmodel: {heads: true}",
    "input: {text: a}\nmodel: {heads: ~}",
    "input: {text: a}\nmodel: {kind: encodr}",
    "input: {text: a}\nmodel: {temperature: 1e999}",
    "input: {text: a}\nmodel: {weights: {set: {w: [[1, 2], [3]]}}}",
    "input: {txt: a}",
    "input: {text: ~}",
    "input: a",
    "lesson: [{say: no step}]",
]


def source_of(path: Path) -> ScenarioSource:
    return read_yaml(path.read_text("utf-8"), path.name, path.parent)


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_what_is_right_is_known_and_is_what_pydantic_makes_of_it(path: Path) -> None:
    source = source_of(path)
    assert well_typed(source, MAY_BE_NULL) is not None
    ours, theirs = check_types(source), check_with_pydantic(source)
    assert ours == theirs
    assert repr(ours.document) == repr(theirs.document)
    assert ours.source.data == theirs.source.data


@pytest.mark.parametrize("text", UNUSUAL)
def test_what_is_wrong_or_unusual_is_left_to_pydantic(text: str) -> None:
    source = read_yaml(text, "test")
    assert check_types(source).findings == check_with_pydantic(source).findings
    assert well_typed(source, MAY_BE_NULL) is None or check_with_pydantic(source).findings


def test_a_plain_scalar_is_text_where_text_is_wanted() -> None:
    source = read_yaml("input: {tokens: [1, no, true]}\nlesson: [{at: 7, focus: {query: 1, key: -1}}]", "test")
    found = check_types(source)
    assert found == check_with_pydantic(source)
    assert found.source.data["input"]["tokens"] == ["1", "no", "true"]
    assert found.document is not None
    assert found.document.lesson[0].focus == {"query": 1, "key": "-1"}


@pytest.mark.parametrize("name", FILES)
def test_spoiled_scenarios_are_known_only_where_pydantic_takes_them(name: str) -> None:
    chance, data, known = Random(name), source_of(FILES[name]).data, 0  # noqa: S311
    for _ in range(20):
        text = written(spoiled_tree(chance, data, KEYS))
        if "[" * (MOST_NESTING + 2) in text:  # what is nested so deeply is refused, after longer than all others take
            continue
        try:
            source = read_yaml(text, "spoiled")
        except Problem:
            continue
        if well_typed(source, MAY_BE_NULL) is not None:
            known += 1
            ours, theirs = check_types(source), check_with_pydantic(source)
            assert (ours, repr(ours.document)) == (theirs, repr(theirs.document))
    assert known < 20
