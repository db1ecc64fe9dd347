import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.problems import Problem
from attn_explore.model.scenario.yaml_source import decode, read_yaml


def data(text):
    return read_yaml(text, "s.yaml").data


def problem(text):
    with pytest.raises(Problem) as caught:
        read_yaml(text, "s.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("1.5", 1.5),
        ("-2.", -2.0),
        (".5", 0.5),
        ("1e-5", 1e-5),
        ("1e3", 1000.0),
        ("1.0E+3", 1000.0),
        ("true", True),
        ("false", False),
        ("~", None),
        ("null", None),
        ("", None),
        ('"7"', "7"),
        ("'true'", "true"),
        ("|\n  7\n", "7\n"),
    ],
)
def test_a_scalar_is_read_by_the_rules_of_the_format(written, value):
    found = data(f"a: {written}")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "written",
    [
        *("no", "NO", "on", "y", "True", "Null", "010", "0x10", "0o10", "1_000", "12:30", "+1", "00.5", "1e"),
        *(".inf", "-.inf", ".nan", "2024-01-01", "2024-13-45", "="),
    ],
)
def test_what_yaml_would_guess_at_stays_text(written):
    assert data(f"a: {written}") == {"a": written}


def test_what_was_written_is_kept_beside_plain_scalars():
    source = read_yaml("a: [1e-5, true, '2', ~]", "s.yaml")
    assert source.plain == {("a", 0): "1e-5", ("a", 1): "true", ("a", 3): "~"}


def test_every_key_and_value_has_its_place():
    source = read_yaml("model:\n  heads: 2\ninput: {tokens: [I, love]}\n", "s.yaml")
    assert source.keys[("model", "heads")] == (2, 3)
    assert source.values[("model", "heads")] == (2, 10)
    assert source.values[("input", "tokens", 1)] == (3, 21)


@pytest.mark.parametrize("text", ["\ufeffa: 1\r\nb: [x\r\n", "a: 1\rb: [x", 'a: "\u2028\u0085"\nb: [x'])
def test_places_are_those_of_an_editor_whatever_ends_the_lines(text):
    found = problem(text)
    assert (found.line, found.column, found.source) == (2, 4, "b: [x")


def test_a_problem_of_what_is_not_in_the_file_is_placed_at_its_section():
    source = read_yaml("model: {heads: 2}\n", "s.yaml")
    assert source.problem(("model", "d_k"), "x").column == 8
    assert source.problem(("input", "text"), "x").where == "s.yaml:1:1"


def test_all_keys_given_twice_are_told_with_both_places():
    message = problem("seed: 1\nm: {a: 1, a: 2}\nseed: 2").render()
    assert "2:11: `m.a` is given a second time, first at 2:5" in message
    assert "3:1: `seed` is given a second time, first at 1:1" in message


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("a: b: c", (1, 5), "`:` where no key can stand"),
        ("a: [1, 2", (1, 4), "list is not closed"),
        ("a: {b: 1", (1, 4), "mapping is not closed"),
        ("a: 'x", (1, 4), "quotes are not closed"),
        ("a: [how, are, you?]", (1, 18), "a `?` in brackets wants quotes"),
        ("a: {ask: Why?, b: 1}", (1, 13), "a `?` in brackets wants quotes"),
        ("a: ['it's']", (1, 9), "a comma is missing"),
        ("a: @x", (1, 4), "no plain text"),
        ('a: "\\q"', (1, 6), "unknown escape"),
        ('a: "\\UFFFFFFFF"', (1, 7), "out of range"),
        ("a: 1\nb\nc: 2", (2, 1), "a line without `key:`"),
        ("? [1]\n: 2", (1, 3), "a key must be text"),
        ("? \n: 2", (1, 2), "a key is missing"),
        ("{: 2}", (1, 2), "a value is missing"),
        ("a: *I* am", (1, 4), "aliases"),
        ("a: &x 1", (1, 4), "anchors"),
        ("{<<: {a: 1}}", (1, 2), "merge keys"),
        ("a: ! x", (1, 4), "tags"),
        ("a: !x!y z", (1, 4), "tags"),
    ],
)
def test_faults_of_syntax_are_told_in_plain_words_with_their_place(text, place, what):
    found = problem(text)
    assert (found.line, found.column) == place
    assert what in found.what


@pytest.mark.parametrize(
    "words", ["[how, ?]", "[a, ,]", "[a, :]", "[a, :b]", "[a, - b]", "[a, %]", "[a, you?]", "[a, *]"]
)
def test_marks_in_a_list_of_words_are_refused_with_the_hint_to_quote_them(words):
    assert "quote" in problem(f"a: {words}").hint


def test_quoted_text_that_looks_like_a_merge_key_is_a_key():
    assert data("'<<': 1") == {"<<": 1}


def test_surrogate_pairs_of_json_escapes_are_joined():
    assert data('{"a": "\\ud83d\\ude00"}') == {"a": "😀"}


def test_a_byte_order_mark_is_not_part_of_the_text():
    assert data(decode(b"\xef\xbb\xbfa: 1\r\n", "s.yaml")) == {"a": 1}


def test_nesting_and_number_of_values_have_limits():
    assert data("a: " + "[" * 63 + "]" * 63)
    assert "deeper than 64" in problem("a: " + "[" * 65 + "]" * 65).what
    assert "more than 20,000 values" in problem("a: [" + "1," * 20_000 + "]").what


json_texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | json_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(json_texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(json_texts, json_values, min_size=1, max_size=4))
def test_json_is_read_as_what_it_says(value):
    assert data(json.dumps(value)) == value


def refused_by(reader, content):
    try:
        reader(content, "s.yaml")
    except Problem as found:
        return found
    return None


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text):
    found = refused_by(read_yaml, text)
    assert found is None or found.where.startswith("s.yaml:")
    assert found is None or len(found.render().splitlines()) <= 10


@given(st.binary(max_size=60))
def test_any_bytes_are_decoded_or_refused_with_a_place(content):
    found = refused_by(decode, content)
    assert found is None or found.where.startswith("s.yaml: byte ")
