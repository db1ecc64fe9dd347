"""Saved scenarios: every reader of YAML takes each of their texts for that text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from attn_explore.model.scenario import parse_scenario, scenario_schema
from attn_explore.model.scenario.yaml_writing import yaml_text

CORE_SCHEMA = {
    "null": re.compile(r"null|Null|NULL|~|"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    "float": re.compile(
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"
    ),
}
"""What a plain scalar is by YAML 1.2.2, section 10.3.2."""

TROUBLESOME = (
    "1e3", "08", "010", "0o17", "0x1f", "0b11", "1_000", "1:30", ".5", "5.", "+1", "-1", "1.", "1e-5", ".inf",
    "-.INF", ".nan", "NaN", "inf", "Infinity", "y", "Y", "n", "yes", "NO", "on", "Off", "true", "FALSE", "null",
    "NULL", "~", "nil", "", " ", "<<", "=", "-", "--", "---", "...", "?", ":", "2020-01-01",
    "2001-12-14t21:59:43.10-05:00", "12e03", "1,000", "#", "a # b", "a: b", "[a]", "{a}", "&a", "*a", "!a", "%a",
    "@a", "`a`", "'", '"', "a'b", "|", ">", "a\tb", "我", "été", "\u0661", "½", "²", "e3", "x0", "\ufeff", "\x85",
    "\u2028",
)  # fmt: skip

TEXTS = st.one_of(st.sampled_from(TROUBLESOME), st.text(st.characters(codec="utf-8"), max_size=8), st.from_regex(
    r"\A[-+]?[0-9_.:]{1,5}([eE][-+]?[0-9]{1,2})?\Z"
))  # fmt: skip


def scalars(text: str) -> Iterator[yaml.ScalarNode]:
    """Every scalar of a document."""
    nodes: list[Any] = [yaml.compose(text, yaml.SafeLoader)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.ScalarNode):
            yield node
        else:
            nodes += [each for item in node.value for each in (item if isinstance(item, tuple) else (item,))]


def kinds(node: yaml.ScalarNode) -> set[str]:
    """What readers of YAML 1.1 (PyYAML, with everything it knows) and 1.2 take a scalar for."""
    if node.style in ("'", '"'):
        return {"str"}
    core = next((kind for kind, pattern in CORE_SCHEMA.items() if pattern.fullmatch(node.value)), "str")
    return {core, node.tag.rpartition(":")[2]}


@given(st.lists(TEXTS, max_size=6), TEXTS)
@example(["a\u2028b", "\u2029"], "\x85")
def test_every_text_is_a_text_to_readers_of_yaml_1_1_and_1_2(texts: list[str], key: str) -> None:
    found = list(scalars(yaml_text({"texts": texts, key: "value"})))
    assert sorted(node.value for node in found) == sorted(["texts", *texts, key, "value"])
    for node in found:
        assert kinds(node) == {"str"}


@pytest.mark.parametrize("text", TROUBLESOME)
def test_no_reader_of_its_own_mind_takes_a_text_for_something_else(text: str) -> None:
    """They begin numbers, dates and marks with digits and signs; the rest are words in any case."""
    (node,) = (node for node in scalars(yaml_text({"key": text})) if node.value != "key")
    if node.style is None:
        assert text[0].isalpha()
        assert text.lower() not in {
            "y",
            "n",
            "yes",
            "no",
            "on",
            "off",
            "true",
            "false",
            "null",
            "nil",
            "nan",
            "inf",
            "infinity",
        }


@pytest.mark.parametrize("number", [0, 7, -3, 0.5, 1e-5, 1e20, -2.5e300, True, False])
def test_numbers_are_numbers_to_both(number: float) -> None:
    (node,) = (node for node in scalars(yaml_text({"key": number})) if node.value != "key")
    assert kinds(node) == {type(number).__name__}


def core(text: str) -> Any:
    """A document as a reader of YAML 1.2 takes it."""
    return _core(yaml.compose(text, yaml.SafeLoader))


def _core(node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {_core(key): _core(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return list(map(_core, node.value))
    assert isinstance(node, yaml.ScalarNode)
    (kind,) = kinds(node)
    read: dict[str, Callable[[str], Any]] = {
        "str": str, "int": int, "float": float, "bool": "true".__eq__, "null": lambda _: None,
    }  # fmt: skip
    return read[kind](node.value)


WORDS = "[1e3, 08, y, ~a, 0x1f, 2020-01-01, 1_000, .5, '<<', =, 1.10, 'NULL', no, 12:30]"


def test_a_saved_scenario_is_accepted_by_our_schema_and_is_the_same_scenario() -> None:
    scenario = parse_scenario(
        f"title: 08\ninput: {{tokens: {WORDS}}}\n"
        f"model: {{kind: encoder, head: sequence, classes: {WORDS}, norm_eps: 1e-5}}\n"
        f"compare: {{label: 1e3, input: {{tokens: {WORDS}}}, model: {{classes: [1.0, no, 1e5]}}}}\n"
        "lesson: [{at: encoder.embedding, focus: {token: 08}, say: 1.50, ask: 1e3}]\n"
    )
    second = scenario.second()
    assert second is not None
    text = scenario.as_yaml(second)
    jsonschema.validate(core(text), scenario_schema())
    again = parse_scenario(text)
    assert core(text)["input"]["tokens"] == list(scenario.tokens())
    assert again.tokens() == scenario.tokens()
    assert again.model == scenario.model
    assert again.second() == second


def test_what_a_second_run_reads_is_saved_as_it_was_written() -> None:
    scenario = parse_scenario("input: {text: a}\ncompare: {input: {tokens: [1.10, 08]}}")
    again = parse_scenario(scenario.as_yaml(scenario.second())).second()
    assert again is not None
    assert again.tokens() == ("1.10", "08")


def test_a_comparison_that_leaves_a_section_empty_is_read() -> None:
    scenario = parse_scenario("input: {text: a}\nmodel: {d_model: 4}\ncompare: {experiment: {}, model: {d_model: 6}}")
    assert parse_scenario(scenario.as_yaml()) == scenario
