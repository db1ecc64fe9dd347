"""Cells by name."""

from __future__ import annotations

import numpy as np
import pytest

from attn_explore.model.axes import Axis
from attn_explore.model.places import choices_along, index_of, place_along, split_place
from attn_explore.model.problems import Problem
from attn_explore.model.values import Value

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
        ('a["x,y", 1]', ("a", ["x,y", "1"])),
        ("a[[, ]]", ("a", ["[", "]"])),
        ("a[0", ("a[0", None)),
    ],
)
def test_a_cell_is_a_path_and_indices(text: str, expected: tuple[str, list[str] | None]) -> None:
    assert split_place(text) == expected


@pytest.mark.parametrize(
    ("parts", "index"),
    [
        (["0", "I", "2"], (0, 0, 2)),
        (["head 1", "dog", "0"], (1, 2, 0)),
        (["1", "1", "1"], (1, 1, 1)),
        (["0", "4", "0"], (0, 4, 0)),
        (["0", "a,b", "0"], (0, 3, 0)),
    ],
)
def test_words_and_numbers_are_indices_and_a_word_counts_first(parts: list[str], index: tuple[int, ...]) -> None:
    assert index_of(scores(), parts) == index


def test_axes_of_size_1_may_be_left_out() -> None:
    assert index_of(scores(heads=1), ["dog", "1"]) == (0, 2, 1)
    assert index_of(scores(heads=1), ["0", "dog", "1"]) == (0, 2, 1)


@pytest.mark.parametrize(
    ("parts", "what", "hint"),
    [
        (["0", "I"], "2 indices for 3 axes", "give one for each of head, query, d_k"),
        ([], "0 indices for 3 axes", "give one for each"),
        (["0", "cat", "0"], "there is no cat along query", "there are I, 1, dog"),
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


def test_a_label_that_stands_more_than_once_is_found_as_the_explorer_writes_it() -> None:
    axis = Axis("token", 3, ("la", "so", "la"))
    assert (place_along(axis, "la"), place_along(axis, "la 2"), place_along(axis, "la 1")) == (0, 2, None)
    assert place_along(axis, "so 1") is None
    assert choices_along(axis) == "there are la 0, so, la 2"


def test_a_line_break_in_a_place_is_a_space() -> None:
    assert split_place("logits[a\rb,0]") == ("logits", ["a b", "0"])
