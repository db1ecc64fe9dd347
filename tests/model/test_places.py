"""Cells by name."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.explorer.drawing.arithmetic import cell_name
from attn_explore.model.axes import Axis
from attn_explore.model.finer import finer_steps
from attn_explore.model.naming import bracketed, places_named
from attn_explore.model.places import choices_along, index_of, places_of, row_of, split_place, split_typed
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import scenario_from_dict
from attn_explore.model.values import Value
from tests.model.test_naming import LIKE_NAMES

WORDS = ("I", "1", "dog", "a,b", "dog")


def scores(heads: int = 2) -> Value:
    axes = (Axis("head", heads), Axis("query", 5, WORDS), Axis("d_k", 3))
    return Value("scores", axes, np.dtype(float), held=np.zeros((heads, 5, 3)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b", ("a.b", None)),
        ("a.b[]", ("a.b", [])),
        ("a[0,I,dog]", ("a", ["0", "I", "dog"])),
        ("a[ 0 , I ]", ("a", ["0", "I"])),
        ('a["x,y", 1]', ("a", ['"x,y"', "1"])),
        ("a[[, ]]", ("a", ["[", "]"])),
        (" a [0] ", ("a", ["0"])),
    ],
)
def test_a_cell_is_a_path_and_names_in_brackets(text: str, expected: tuple[str, list[str] | None]) -> None:
    assert split_place(text) == split_typed(text) == expected


@pytest.mark.parametrize("text", ["a[0", " a[0 ", "a[", "a[0]x"])
def test_a_bracket_that_is_not_closed_is_refused_but_while_one_types(text: str) -> None:
    with pytest.raises(Problem, match=re.escape(f"{text.strip()} does not end with ]")):
        split_place(text)
    assert split_typed(text)[0] == "a"


@pytest.mark.parametrize(
    ("names", "index"),
    [
        (["0", "I", "2"], (0, 0, 2)),
        (["head 1", "dog", "0"], (1, 2, 0)),
        (["1", '"1"', "1"], (1, 1, 1)),
        (["0", "dog 4", "0"], (0, 4, 0)),
        (["0", "3", "0"], (0, 3, 0)),
        (["0", '"a,b"', "0"], (0, 3, 0)),
    ],
)
def test_a_cell_has_a_place_along_each_axis(names: list[str], index: tuple[int, ...]) -> None:
    assert index_of(scores(), names) == index


@settings(max_examples=30)
@given(words=st.lists(st.sampled_from(LIKE_NAMES).filter(bool), min_size=1, max_size=5), data=st.data())
def test_the_name_of_any_cell_of_any_model_leads_back_to_it(words: list[str], data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["attention", "encoder", "decoder", "encoder-decoder"]))
    head = data.draw(st.sampled_from(["tokens", "sequence"] if kind == "encoder" else ["none", "vocabulary"]))
    model = {"kind": kind, "d_model": 4, "heads": data.draw(st.sampled_from([1, 2])), "head": head}
    model |= {"classes": ["1", "0", "a, b"]} if head in ("tokens", "sequence") else {}
    target = {} if kind in ("attention", "encoder") else {"target_tokens": words[::-1]}
    trace = run(scenario_from_dict({"model": model, "input": {"tokens": words} | target, "gradients": {}}, "test"))
    values = [inner for step in trace.steps.values() for inner in (step, *finer_steps(step))]
    for value in (*values, *trace.parameters.values(), *trace.given.values()):
        index = tuple(data.draw(st.integers(0, axis.size - 1)) for axis in value.axes)
        for name in (
            f"{value.path}{bracketed(value.axes, index)}",
            cell_name(value, dict(zip(value.names, index, strict=True))),
        ):
            assert index_of(value, split_place(name)[1] or []) == index


def test_axes_of_size_1_may_be_left_out() -> None:
    assert index_of(scores(heads=1), ["dog", "1"]) == (0, 2, 1)
    assert index_of(scores(heads=1), ["0", "dog", "1"]) == (0, 2, 1)


def test_heads_may_be_left_out_where_a_word_stands_in_their_place() -> None:
    assert index_of(scores(), ["dog", "1"]) == (0, 2, 1)
    assert index_of(scores(), ["dog", "1"], head=1) == (1, 2, 1)
    assert index_of(scores(), ["0", "dog", "1"], head=1) == (0, 2, 1)
    assert row_of(scores(), ["dog"]) == (0, 2, 0)
    assert row_of(scores(), ["1", "dog"]) == (1, 2, 0)


def test_a_part_is_named_by_places_along_the_first_axes() -> None:
    assert places_of(scores(), ["dog"]) == {"query": 2}
    assert places_of(scores(), ["1"]) == {"head": 1}
    assert places_of(scores(), ["1", "I"]) == {"head": 1, "query": 0}
    assert places_of(scores(), ["dog", "1"]) == {"query": 2, "d_k": 1}
    with pytest.raises(Problem, match="there is no cat along query"):
        places_of(scores(), ["cat"])
    with pytest.raises(Problem, match="4 indices for 3 axes"):
        places_of(scores(), ["1", "I", "1", "1"])


def test_a_word_in_other_letters_is_meant_where_it_stands_in_none_as_written() -> None:
    axis = Axis("token", 4, ("[CLS]", "law", "The", "the"))
    assert places_named(axis, "Law") == places_named(axis, "LAW") == places_named(axis, "law") == (1,)
    assert places_named(axis, "The") == (2,)
    assert places_named(axis, "THE") == (3, 2)
    assert places_named(axis, '"Law"') == ()


def test_where_more_axes_have_size_1_the_heads_are_left_out_first() -> None:
    axes = (Axis("scaling", 1, ("q·k",)), Axis("head", 1), Axis("query", 1, ("I",)), Axis("key", 2, ("I", "am")))
    value = Value("scores", axes, np.dtype(float), held=np.zeros((1, 1, 1, 2)))
    assert (
        index_of(value, ["q·k", "I", "am"]) == index_of(value, ["I", "am"]) == index_of(value, ["am"]) == (0, 0, 0, 1)
    )


@pytest.mark.parametrize(
    ("parts", "what", "hint"),
    [
        (["0", "I"], "2 indices for 3 axes", "give one for each of head, query, d_k"),
        ([], "0 indices for 3 axes", "give one for each"),
        (["0", "cat", "0"], "there is no cat along query", 'there are I, 1, dog 2, "a,b", dog 4'),
        (["0", "I", "3"], "there is no 3 along d_k", "give an index from 0 to 2"),
        (["-1", "I", "0"], "there is no -1 along head", "there are head 0, head 1"),
        (["0", "I", "9" * 5000], "there is no 999", "give an index"),
        (["0", "I", "²"], "there is no ² along d_k", "give an index"),
    ],
)
def test_a_place_that_is_not_there_is_told_with_those_that_are(parts: list[str], what: str, hint: str) -> None:
    with pytest.raises(Problem) as refused:
        index_of(scores(), parts)
    assert refused.value.what.startswith(what)
    assert refused.value.hint.startswith(hint)


def test_no_place_is_asked_for_where_there_is_only_one() -> None:
    with pytest.raises(Problem) as refused:
        index_of(scores(heads=1), ["dog"])
    assert (refused.value.what, refused.value.hint) == ("1 index for 2 axes", "give one for each of query, d_k")


def test_the_choices_are_names_that_can_be_typed() -> None:
    assert choices_along(Axis("token", 4, ("la", "2", "la", "a,b"))) == 'there are la 0, "2", la 2, "a,b"'
    assert choices_along(Axis("d_k", 3)) == "give an index from 0 to 2"


def test_a_line_break_in_a_place_is_a_space() -> None:
    value = Value("logits", (Axis("token", 2, ("a", "a b")),), np.dtype(float), held=np.zeros(2))
    assert index_of(value, split_place("logits[a\rb]")[1] or []) == (1,)
