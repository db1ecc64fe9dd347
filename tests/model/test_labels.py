"""Labels of an axis: those that a tuple holds, and those of a vocabulary that is never laid out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.axes import Axis
from attn_explore.model.labels import Labels, as_labels, sample, spellings
from attn_explore.model.naming import (
    name_along,
    place_along,
    place_named,
    places_named,
    shown,
    shown_labels,
    typed_along,
)
from attn_explore.model.places import index_of
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.vocabulary import Vocabulary

HUGE = 260_000


def axis_of(*words: str) -> Axis:
    return Axis("token", len(words), words)


def logits(axis: Axis) -> Value:
    return Trace(np.dtype(np.float64)).give("logits", (axis,), np.zeros(axis.size))


def test_a_vocabulary_is_a_sequence_of_which_only_what_is_asked_for_is_made() -> None:
    words = Vocabulary(HUGE)
    assert (len(words), words[0], words[-1], words[3:5]) == (HUGE, "word0", "␣word129999", ("␣word1", "word2"))
    assert "␣word7" in words
    assert "cat" not in words
    assert words.made < 10


def test_axes_with_equal_vocabularies_are_equal_and_may_be_keys() -> None:
    axes = [Axis("vocabulary", size, Vocabulary(size)) for size in (5, 5, 6)]
    assert axes[0] == axes[1] != axes[2]
    assert len(set(axes)) == 2


def test_the_representation_of_a_vocabulary_does_not_hold_its_words() -> None:
    assert repr(Axis("vocabulary", HUGE, Vocabulary(HUGE))) == (
        f"Axis(name='vocabulary', size={HUGE}, labels=<Vocabulary: {HUGE} words>, parts=())"
    )


@pytest.mark.parametrize("place", [0, 1, 7, HUGE - 1])
def test_a_place_of_a_vocabulary_is_named_and_found_without_a_look_at_the_others(place: int) -> None:
    words = Vocabulary(HUGE)
    axis = Axis("vocabulary", HUGE, words)
    assert place_named(axis, name_along(axis, place)) == place
    assert place_named(axis, f"{shown(axis, place)} {place}") == place
    assert words.made < 50


def test_the_shown_labels_of_a_vocabulary_are_made_when_they_are_asked_for() -> None:
    words = Vocabulary(HUGE)
    heads = shown_labels(Axis("vocabulary", HUGE, words))
    assert heads is not None
    assert (len(heads), heads[5], heads[2:4]) == (HUGE, "␣word2", ("word1", "␣word1"))
    assert words.made < 10


def test_the_room_for_labels_is_judged_by_a_few_of_a_vocabulary_and_by_all_of_a_tuple() -> None:
    words = Vocabulary(HUGE)
    some = sample(words)
    assert (len(some), some[0]) == (512, "word0")
    assert int(some[-1].removeprefix("␣").removeprefix("word")) > HUGE // 2 * 0.99
    assert words.made < 1000
    text = tuple(map(str, range(2000)))
    assert sample(text) is text
    assert list(sample(Vocabulary(3))) == ["word0", "␣word0", "word1"]


# --- marks


@pytest.mark.parametrize("name", ["Paris", '" Paris"', "␣Paris", '"␣Paris"', "Paris 2", "␣Paris 2", '"Paris" 2', "2"])
def test_a_word_is_found_with_its_mark_without_it_and_with_a_space(name: str) -> None:
    assert places_named(axis_of("The", "␣is", "␣Paris"), name) == (2,)


@pytest.mark.parametrize(("name", "place"), [("\\n", 1), ("↵", 1), ("\\n\\n", 2), ("\\t", 3), ("␣", 4), ('" "', 4)])
def test_blanks_are_found_by_their_mark_or_as_they_are_typed(name: str, place: int) -> None:
    assert places_named(axis_of("a", "↵", "↵↵", "⇥", "␣"), name) == (place,)


def test_a_word_that_stands_there_with_and_without_a_space_may_mean_both() -> None:
    axis = axis_of("is", "␣this", "␣is")
    assert places_named(axis, "is") == (0, 2)
    assert [places_named(axis, name) for name in ('"is"', '" is"', "␣is", "this")] == [(0,), (2,), (2,), (1,)]
    assert [name_along(axis, place) for place in range(3)] == ['"is"', "␣this", "␣is"]


def test_what_may_mean_two_words_is_refused_with_both() -> None:
    with pytest.raises(Problem) as caught:
        index_of(logits(axis_of("is", "␣this", "␣is")), ["is"])
    assert caught.value.what == "is may mean is or ␣is along token"
    assert caught.value.hint == 'write "is" or " is"'


def test_what_is_hinted_is_read_as_it_is_meant() -> None:
    axis = axis_of("is", "␣this", "␣is", "␣is", "␣a,b")
    assert [typed_along(axis, place) for place in range(5)] == ['"is"', '" this"', '" is" 2', '" is" 3', '" a,b"']
    assert [places_named(axis, typed_along(axis, place)) for place in range(5)] == [(0,), (1,), (2,), (3,), (4,)]


def test_in_a_scenario_file_a_word_is_itself_where_it_stands_there_and_else_the_one_behind_a_space() -> None:
    axis = axis_of("is", "␣this", "␣is")
    assert [place_along(axis, word) for word in ("is", " is", "this", "␣is", "is 2")] == [0, 2, 1, 2, 2]


@given(words=st.lists(st.text(st.sampled_from("a␣ ↵\n\x1b␛1"), max_size=3), min_size=1, max_size=6))
def test_labels_know_which_places_look_alike_and_where_each_word_stands_first(words: list[str]) -> None:
    labels = as_labels(tuple(words))
    assert isinstance(labels, Labels)
    looks = [shown(axis_of(*words), place) for place in range(len(words))]
    assert len(set(looks)) == len(words)
    for word in words:
        first = labels.first(word)
        assert first == words.index(word)
        assert labels.meant(word)[0] == first


def test_the_first_spelling_of_a_word_is_the_word_itself() -> None:
    assert spellings("␣a") == ("␣a",)
    assert spellings("") == ("",)
    assert spellings("a b") == ("a b", "a␣b", "␣a␣b")
