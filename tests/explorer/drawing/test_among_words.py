"""Attention among words, drawn as text."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from attn_explore.explorer.drawing.among_words import (
    Among,
    columns_lines,
    leaders_line,
    places_of_words,
    text_lines,
)
from attn_explore.explorer.drawing.colours import Ground
from attn_explore.model.axes import Array, Axis

DARK = Ground((18, 18, 18), (224, 224, 224))
WORDS = ("I", "love", "my", "dog")


def among(weights: Array, words: tuple[str, ...] = WORDS, query: int = 1) -> Among:
    axis = Axis("key", len(words), words)
    return Among(weights, axis.renamed("query"), axis, query, 3, float(weights[query].max()), is_one_text=True)


WEIGHTS = np.array([[1, 0, 0, 0], [0.25, 0.125, 0, 0.625], [0, 0, 1, 0], [0, 0, 0, 1]])


def text(lines: list[list[Segment]]) -> list[str]:
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_each_word_has_a_bar_of_its_weight_under_it() -> None:
    assert text(text_lines(among(WEIGHTS), 60, DARK)) == ["I love my dog", "▄ ▂▂▂▂    ███"]


def test_the_word_that_asks_is_underlined_and_the_one_that_it_is_asked_about_reversed() -> None:
    words = {segment.text: segment.style for segment in text_lines(among(WEIGHTS), 60, DARK)[0]}
    assert [word for word, style in words.items() if style and style.underline] == ["love"]
    assert [word for word, style in words.items() if style and style.reverse] == ["dog"]


def test_the_words_with_the_largest_weights_are_named_first() -> None:
    assert text([leaders_line(among(WEIGHTS), 60)]) == ["love → dog 0.6250 · I 0.2500 · love 0.1250"]
    assert text([leaders_line(among(WEIGHTS), 32)]) == ["love → dog 0.6250 · I 0.2500 · …"]


def test_a_long_word_leaves_room_for_its_weight() -> None:
    words = ("Donaudampfschifffahrtsgesellschaft", "love", "my", "dog")
    said = text([leaders_line(among(np.eye(4), words, query=0), 40)])
    assert said == ["Donaudampfsch… → Donaudampfsch… 1"]


def test_tokens_stand_as_in_their_text() -> None:
    tokens = ("The", "␣Law", ",", "␣its", "elf")
    assert text(text_lines(among(np.eye(5), tokens), 60, DARK))[0] == "The Law, itself"
    pieces = ("un", "##believ", "##able", "things")
    assert text(text_lines(among(np.eye(4), pieces), 60, DARK))[0] == "unbelievable things"


def test_lines_lead_from_the_word_that_asks_to_those_that_it_looks_at() -> None:
    lines = text(columns_lines(among(np.eye(4)[::-1]), 60, 4, DARK))
    assert [line.split()[0] for line in lines] == list(WORDS)
    assert [line.split()[-1] for line in lines] == list(WORDS)
    own = [segment for line in columns_lines(among(WEIGHTS), 60, 4, DARK) for segment in line if segment.style]
    assert any(segment.style and segment.style.color and not segment.text.isspace() for segment in own)


def test_with_more_room_the_words_stand_further_apart_and_the_lines_go_further() -> None:
    sizes = [columns_lines(among(WEIGHTS), 120, room, DARK) for room in (4, 7, 99)]
    assert [len(lines) for lines in sizes] == [4, 7, 16]
    widths = [max(sum(segment.cell_length for segment in line) for line in lines) for lines in sizes]
    assert widths == sorted(set(widths))


def test_where_each_line_has_a_word_the_lines_of_two_words_do_not_touch() -> None:
    level = ["".join(segment.text for segment in line) for line in columns_lines(among(np.eye(4)), 60, 4, DARK)]
    assert not any("⣿" in line for line in level)


def test_where_the_words_do_not_fit_under_each_other_there_are_no_columns() -> None:
    assert columns_lines(among(WEIGHTS), 60, 3, DARK) == []
    assert columns_lines(among(WEIGHTS), 20, 40, DARK) == []


@given(st.lists(st.text("ab漢 ", min_size=1, max_size=9), min_size=1, max_size=40), st.integers(10, 80))
def test_every_word_stands_somewhere_and_no_line_is_too_long(words: list[str], width: int) -> None:
    labels = tuple(word.replace(" ", "␣") for word in words)
    shown = among(np.full((len(labels), len(labels)), 1 / len(labels)), labels, query=0)
    lines = text_lines(shown, width, DARK)
    assert all(sum(segment.cell_length for segment in line) <= width for line in lines)
    assert len(places_of_words(shown, width)) == len(labels)
