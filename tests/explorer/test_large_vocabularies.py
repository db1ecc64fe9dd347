"""Whatever shows, finds or compares a row of 260,000 words asks for the labels that it shows, not for all of them."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from attn_explore.explorer.drawing.arithmetic import Manner, blocks
from attn_explore.explorer.drawing.blocks import as_text
from attn_explore.explorer.drawing.colours import Ground
from attn_explore.explorer.drawing.grid_layout import Window, lay_out
from attn_explore.explorer.drawing.lines import header_line, row_line
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.plots.heat_map import HeatMap, Panels
from attn_explore.explorer.drawing.plots.heat_text import heat_lines
from attn_explore.explorer.drawing.plots.layout import places_of
from attn_explore.explorer.session.finding import LISTED, PIECE, Finding, Known
from attn_explore.explorer.session.matching import same_cell, same_numbers
from attn_explore.explorer.session.search import matches
from attn_explore.explorer.telling.plain import table
from attn_explore.model.axes import Axis
from attn_explore.model.explain import arithmetic
from attn_explore.model.places import choices_along
from attn_explore.model.plots import plot_of
from attn_explore.model.recorder import Recorder
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.vocabulary import Vocabulary

HUGE = 260_000
FEW = 3_000
"""Labels that may be made for one screen."""


@pytest.fixture
def words() -> Vocabulary:
    return Vocabulary(HUGE)


def trace_of(words: Vocabulary) -> Trace:
    trace = Trace(np.dtype(np.float64))
    axes = (Axis("token", 2, ("␣is", "␣Paris")), Axis("vocabulary", len(words), words))
    trace.give("logits", axes, np.arange(2.0 * len(words)).reshape(2, -1))
    return trace


def value_of(words: Vocabulary) -> Value:
    return trace_of(words)["logits"]


def vocabulary(words: Vocabulary) -> Axis:
    return Axis("vocabulary", len(words), words)


def logits(words: Vocabulary) -> Value:
    """The same as a step that was computed."""
    trace = trace_of(words)
    return Recorder(trace).add("twice", trace["logits"], trace["logits"])


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize("zoomed_out", [False, True])
def test_a_grid_makes_the_labels_of_its_window(words: Vocabulary, is_turned: bool, zoomed_out: bool) -> None:
    value = value_of(words)
    picture = Picture(value.array.T, value.axes[::-1]) if is_turned else Picture(value.array, value.axes)
    layout = lay_out(picture, (), 120, 30, all_planes=False, zoomed_out=zoomed_out)
    window = Window(120, 0, (0, 0), Ground((0, 0, 0), (255, 255, 255)))
    header = "".join(segment.text for segment in header_line(layout, window))
    rows = ["".join(segment.text for segment in row_line(layout, window, row)) for row in range(2)]
    assert ("word0" in rows[0]) if is_turned else ("word0" in header)
    assert 0 < words.made < FEW


def test_a_heat_map_makes_the_labels_of_what_it_draws(words: Vocabulary) -> None:
    value = value_of(words)
    heat_map = HeatMap("logits", value.path, Picture(value.array, value.axes))
    assert Panels(heat_map).column_labels[0].text == "word0"
    assert len(list(heat_lines(heat_map, 100))) > 4
    assert words.made < FEW


def test_a_table_has_the_largest_numbers_of_the_last_row_of_a_vocabulary(words: Vocabulary) -> None:
    lines = list(table(logits(words)))
    assert lines[0].split() == ["token", "\\", "vocabulary", *(words.label(HUGE - 1 - place) for place in range(20))]
    assert lines[2].split()[:2] == ["␣Paris", "1.04e6"]
    assert lines[3] == "… 259980 more vocabulary"
    assert words.made < FEW


def test_a_table_has_the_first_rows_of_an_embedding(words: Vocabulary) -> None:
    axes = (vocabulary(words), Axis("d_model", 2))
    lines = list(table(Value("embedding_table", axes, np.dtype(np.float64), held=np.zeros((HUGE, 2)))))
    assert [line.split()[0] for line in lines[1:-1]] == [words.label(place) for place in range(20)]
    assert lines[-1] == "… 259980 more vocabulary"
    assert words.made < FEW


def test_a_sum_over_a_vocabulary_is_folded_even_where_all_of_a_sum_is_told(words: Vocabulary) -> None:
    trace = Trace(np.dtype(np.float64))
    scores = trace.give("logits", (vocabulary(words),), np.arange(float(HUGE)) / HUGE)
    probabilities = Recorder(trace).softmax("probabilities", scores, over="vocabulary")
    lines = as_text(blocks(arithmetic(probabilities, (5,)), Manner(unfolded=True)))
    assert len(lines) < 30
    assert "word129999" in "".join(lines)
    assert words.made < FEW


def test_a_plot_makes_the_labels_of_its_ticks(words: Vocabulary) -> None:
    trace = trace_of(words)
    plot = plot_of(trace, trace["logits"], (1, 3))
    assert [tick.label for tick in places_of(plot).ticks(3)][:2] == ["word0", "␣word43333"]
    assert words.made < FEW


def test_a_word_of_a_vocabulary_is_found_without_laying_it_out(words: Vocabulary) -> None:
    found = {text: matches(session_with(words), text) for text in ("Paris", "word7", "␣word7", "Word7", "cat")}
    assert found == {"Paris": ["logits"], "word7": ["logits"], "␣word7": ["logits"], "Word7": [], "cat": []}
    assert words.made < FEW


@pytest.mark.parametrize("text", ["word77", "logits[0, word77"])
def test_words_are_looked_for_a_piece_at_a_time_and_only_the_first_are_kept(words: Vocabulary, text: str) -> None:
    finding, pieces = Finding(Known(session_with(words)), text, by_name=True), 1
    before = words.made
    while finding.look_on():
        assert words.made - before < 2 * PIECE + 3 * LISTED
        before, pieces = words.made, pieces + 1
    assert pieces > HUGE // PIECE
    assert (finding.counts.total(), len(finding.found)) == (2 * 1111, LISTED)


def session_with(words: Vocabulary) -> Any:
    """As much of a session as finding looks at."""
    value = replace(logits(words), path="logits")
    trace = SimpleNamespace(parameters={}, steps={"logits": value}, given={})
    place = SimpleNamespace(
        steps=[value], position=0, value=value, index=(0, 0), index_in=lambda _: (0, 0), peek=lambda _: value
    )
    return SimpleNamespace(place=place, run=SimpleNamespace(trace=trace), lesson=SimpleNamespace(at=lambda _: ()))


def test_the_same_row_of_two_runs_is_found_without_laying_it_out(words: Vocabulary) -> None:
    value, other = value_of(words), value_of(Vocabulary(HUGE))
    numbers = same_numbers(value, other)
    assert numbers is not None
    assert np.shares_memory(numbers, other.array)
    assert same_cell(value, (1, 5), other) == (1, 5)
    assert words.made < FEW


def test_cells_of_other_vocabularies_are_found_by_their_word(words: Vocabulary) -> None:
    longer = Vocabulary(HUGE + 10)
    assert same_cell(value_of(words), (1, 5), value_of(longer)) == (1, 5)
    assert same_cell(value_of(longer), (1, HUGE + 5), value_of(words)) is None
    assert words.made + longer.made < FEW


def test_what_may_be_given_along_a_vocabulary_is_told_by_its_first_words(words: Vocabulary) -> None:
    assert choices_along(Axis("vocabulary", HUGE, words)).startswith('there are "word0", ␣word0, "word1"')
    assert words.made < FEW
