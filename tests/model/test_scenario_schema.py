"""The JSON Schema of scenario files: it accepts and refuses what the reader does."""

import json

import jsonschema
import pytest

from attn_explore.model.problems import Problem
from attn_explore.model.scenario import scenario_from_dict, scenario_schema
from tests.model.test_experiments_read import ALONE
from tests.parsing import TEXT, parse


@pytest.fixture(scope="module")
def validator():
    schema = scenario_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("kind", ALONE)
def test_the_schema_accepts_an_experiment(validator, kind):
    validator.validate(parse(f"experiment: {{kind: {kind}}}").as_dict())


def test_the_schema_accepts_what_the_reader_accepts(validator):
    scenario = parse(TEXT + "model: {attention_span: null, weights: {set: {w: [[1, 2]]}}}\nmask: {pad: true}")
    validator.validate(scenario.as_dict())


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"input": {}},
        {"input": {"text": "a", "tokens": ["a"]}},
        {"input": {"text": None}},
        {"input": {"text": "a"}, "titel": "x"},
        {"input": {"text": "a"}, "version": 2},
        {"input": {"text": "a"}, "model": {"kind": "encodr"}},
        {"input": {"text": "a"}, "model": {"d_k": None}},
        {"input": {"text": "a"}, "model": {"heads": 0}},
        {"input": {"text": "a"}, "compare": {"model": {"n_heads": 1}}},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(validator, data):
    assert not validator.is_valid(data)
    with pytest.raises(Problem):
        scenario_from_dict(data)


def test_every_key_that_is_no_choice_has_examples_in_the_schema_and_they_are_right(validator):
    schema = scenario_schema()
    for section in [schema, *schema["$defs"].values()]:
        for key, described in section["properties"].items():
            is_free = "$ref" in described or described.get("type") in ("string", "array", "object")
            assert described.get("examples") or not is_free or "enum" in described, key
            for example in described.get("examples", ()):
                here = validator.evolve(schema={**described, "$defs": schema["$defs"]})
                here.validate(example)


def test_every_key_in_the_schema_has_a_description():
    schema = scenario_schema()
    for section in [schema, *schema["$defs"].values()]:
        assert section.get("description")
        assert all("description" in key or "$ref" in key for key in section["properties"].values())


def test_null_is_offered_only_where_it_means_something():
    written = json.dumps(scenario_schema()["$defs"]["ModelConfig"]["properties"]["attention_span"])
    assert json.dumps(scenario_schema()).count("null") == written.count("null") == 3
