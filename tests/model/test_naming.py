"""How places along an axis are called: every name that is written is read as the same place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.axes import Axis, merged
from attn_explore.model.naming import (
    bracketed,
    name_along,
    place_along,
    place_named,
    places_named,
    shown,
    shown_labels,
    shown_short,
    split_names,
)

WITH_BLANKS = ["the 2", '"the" 2', "head 1", "", " ", "a  b"]
LIKE_NAMES = [*WITH_BLANKS, "the", "␣the", "2", "0", '"', "\\", "all", "1,000", "[", "x]", "·"]
WORDS = (
    st.sampled_from(LIKE_NAMES)
    | st.text(st.sampled_from('a2 ␣↵",[]\\·\x1b␛\n\ufe0f'), max_size=5)
    | st.text(max_size=4)
)
AXES = st.lists(WORDS, min_size=1, max_size=6).map(lambda words: Axis("token", len(words), tuple(words)))


def tokens(*words: str) -> Axis:
    return Axis("token", len(words), words)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("I", "love", "dog"), ["I", "love", "dog"]),
        (("la", "so", "la"), ["la 0", "so", "la 2"]),
        (("the", "cat", "the", "2", "0"), ["the 0", "cat", "the 2", '"2"', '"0"']),
        (("the", "the 2", "the"), ["the 0", '"the 2"', '"the" 2']),
        (("0", "2", "2", "3"), ["0", '"2" 1', "2", "3"]),
        (("cat", "cat 0"), ["cat", '"cat 0"']),
        (("1,000", "a[0]", 'say "no"', "a\\b"), ['"1,000"', '"a[0]"', '"say \\"no\\""', "a\\b"]),
        (("", "a  b", "New York"), ['""', '"a  b"', "New York"]),
        (("\x1b", "\n", "\u202e"), ["␛", "␊", "⟨U+202E⟩"]),
        (("\x1b", "␛"), ["␛ 0", "␛ 1"]),
    ],
)
def test_a_name_says_of_which_place_it_is(words: tuple[str, ...], names: list[str]) -> None:
    assert [name_along(tokens(*words), place) for place in range(len(words))] == names


@given(axis=AXES)
def test_whatever_the_words_are_every_name_is_read_as_its_place(axis: Axis) -> None:
    for place in range(axis.size):
        name = name_along(axis, place)
        assert places_named(axis, name) == (place,)
        assert name.isprintable() or set(name) & set("\u00a0\u3000")  # spaces of other widths are shown as they are


@given(axes=st.lists(AXES, min_size=1, max_size=3), data=st.data())
def test_whatever_the_words_are_the_names_in_brackets_are_read_as_they_were_written(
    axes: list[Axis], data: st.DataObject
) -> None:
    axes.append(merged([*axes[:2], Axis("head", 2)]))
    index = tuple(data.draw(st.integers(0, axis.size - 1)) for axis in axes)
    names = split_names(bracketed(axes, index)[1:-1])
    assert tuple(map(place_named, axes, names)) == index


@given(axis=AXES)
def test_no_two_places_are_shown_alike(axis: Axis) -> None:
    heads = shown_labels(axis) or ()
    assert len(set(heads)) == axis.size
    assert heads == tuple(shown(axis, place) for place in range(axis.size))


@given(axis=AXES, data=st.data())
def test_in_a_scenario_file_a_number_is_a_place_and_a_string_is_a_word(axis: Axis, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, axis.size - 1))
    word = (axis.labels or ())[place]
    assert place_along(axis, place) == place
    assert place_along(axis, word) == (axis.labels or ()).index(word)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("2", 2),
        ('"2"', 3),
        ("the", 0),
        ("the 2", 2),
        ('"the" 2', 2),
        ('"the"2', 2),
        (" cat ", 1),
        ("cat 1", 1),
        ("cat 2", None),
        ("5", None),
        ("9" * 5000, None),
        ("-1", None),
        ("²", None),
        ('"the 2"', None),
        ('"the', None),
        ("", None),
    ],
)
def test_a_number_is_a_place_and_what_stands_in_quotes_a_word(name: str, place: int | None) -> None:
    assert place_named(tokens("the", "cat", "the", "2", "0"), name) == place


def test_a_string_in_a_scenario_file_that_looks_like_a_number_is_a_word() -> None:
    axis = tokens("the", "cat", "the", "2", "0")
    assert [place_along(axis, where) for where in ("2", 2, "0", 0, "the 2", "1")] == [3, 2, 4, 0, 2, None]


def test_heads_are_called_by_their_number_and_columns_are_numbers() -> None:
    head, column = Axis("head", 3), Axis("d_k", 4)
    assert (name_along(head, 1), place_named(head, "head 1"), place_named(head, "1")) == ("head 1", 1, 1)
    assert (name_along(column, 3), place_named(column, "3"), place_named(column, "dog")) == ("3", 3, None)


def test_heads_side_by_side_are_called_by_head_and_column() -> None:
    axis = merged([Axis("head", 2), Axis("d_v", 3)])
    assert (name_along(axis, 4), shown_short(axis, 4)) == ("head 1 · 1", "1·1")
    assert [place_named(axis, name) for name in ("head 1 · 1", "1·1", "4", "head 1", "head 2 · 0")] == [
        4,
        4,
        4,
        None,
        None,
    ]


def test_rows_and_columns_show_words_without_quotes_and_tell_repeated_ones_apart() -> None:
    assert shown_labels(tokens("la", "2", "1,000", "la")) == ("la 0", "2", "1,000", "la 3")
