"""Tensors of a run as a notebook has them: indices by words and by numbers, and how they are shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import attn_explore
from attn_explore import Problem, Trace
from tests.checkpoints import FAMILIES

DECODER = {"kind": "decoder", "d_model": 8, "heads": 4, "head": "vocabulary"}


@pytest.fixture(scope="module")
def trace() -> Trace:
    return attn_explore.run({"model": DECODER, "input": {"text": "la la 2 land", "max_new_tokens": 1}})


def test_words_and_numbers_name_the_same_cells(trace: Trace) -> None:
    weights = trace["weights"]
    assert weights.axes == ("head", "query", "key")
    assert weights["head 1", "land", "la 0"] == weights[1, 3, 0] == weights[-3, -1, -4] == weights.array[1, 3, 0]


def test_a_text_is_a_word_where_there_is_one_even_if_it_looks_like_a_place(trace: Trace) -> None:
    tokens = trace["decoder.embedding"]
    assert tokens.labels("token") == ("la", "la", "2", "land")
    assert tokens["2", 0] == tokens.array[2, 0]
    assert tokens["3", 0] == tokens.array[3, 0]
    assert tokens["la 1", 0] == tokens.array[1, 0]


def test_where_a_word_comes_first_all_heads_are_meant(trace: Trace) -> None:
    part = trace["weights"]["land"]
    assert (part.axes, part.labels("head")) == (("head", "key"), ("head 0", "head 1", "head 2", "head 3"))
    np.testing.assert_array_equal(part, trace["weights"].array[:, 3])


@pytest.mark.parametrize(
    "index",
    [0, (slice(None), 1), (slice(1, 3), slice(None), slice(None, None, 2)), (..., 0), (0, ..., -1), np.int64(2), ...],
)
def test_an_index_of_numbers_means_what_it_means_to_numpy(trace: Trace, index: Any) -> None:
    weights = trace["weights"]
    np.testing.assert_array_equal(weights[index], weights.array[index])


def test_a_part_keeps_its_words_and_what_it_is_of(trace: Trace) -> None:
    part = trace["weights"][1, 1:3, ::3]
    assert (part.labels("query"), part.labels("key")) == (("la", "2"), ("la", "land"))
    assert (part.title, part.formula) == (trace["weights"].title, trace["weights"].formula)
    assert part["2", "land"] == trace["weights"].array[1, 2, 3]


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (("head 9",), "there is no head 9 along query"),
        ((0, "dog"), "there is no dog along query"),
        ((0, 0, 4), "there is no 4 along key"),
        ((0, 0, -5), "there is no -1 along key"),
        ((0, 0, 0, 0), "4 indices for 3 axes"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(trace: Trace, index: Any, message: str) -> None:
    with pytest.raises(Problem, match=re.escape(message)) as caught:
        _ = trace["weights"][index]
    assert caught.value.hint


def test_an_array_is_read_only_and_goes_wherever_numpy_takes_one(trace: Trace) -> None:
    weights = trace["weights"]
    with pytest.raises(ValueError, match="read-only"):
        weights.array[0] = 1
    assert np.asarray(weights) is weights.array or np.shares_memory(np.asarray(weights), weights.array)
    assert np.asarray(weights, np.float32).dtype == np.float32
    np.testing.assert_allclose(np.sum(weights, axis=-1), 1)
    assert [head.shape for head in weights] == [(4, 4)] * 4


def test_a_tensor_says_in_one_line_what_it_is_and_prints_its_words(trace: Trace) -> None:
    assert repr(trace["weights"]) == "Value(decoder.layers.0.self_attention.weights: 4 heads × query 4 × key 4)"
    assert str(trace["weights"]["head 0"]).splitlines()[0].split() == [
        "query",
        "\\",
        "key",
        "la",
        "0",
        "la",
        "1",
        "2",
        "land",
    ]


def test_a_cell_of_html_has_its_number_its_colour_and_masked_ones_are_grey(trace: Trace) -> None:
    html = trace["weights"]._repr_html_()
    rows = re.findall(r"<tr><th scope=\"row\"[^>]*>([^<]*)</th>(.*?)</tr>", html)
    assert [name for name, _ in rows[:4]] == ["la 0", "la 1", "2", "land"]
    cells = re.findall(r"background:(#\w+);color:#\w+\">([^<]*)<", rows[0][1])
    grey = "#ededed"
    assert [(number, paint == grey) for paint, number in cells] == [("1", False), ("0", True), ("0", True), ("0", True)]
    assert html.count("<table") == 4
    assert "grey is masked" in html


def test_of_a_large_tensor_html_shows_a_window_and_says_what_is_left_out() -> None:
    model = {"kind": "decoder", "d_model": 40, "heads": 10}
    trace = attn_explore.run({"model": model, "input": {"tokens": [f"w{place}" for place in range(30)]}})
    html = trace["weights"]._repr_html_()
    assert html.count("<table") == 4
    assert "… 14 more query, 14 more key" in html
    assert "… 6 more head" in html
    assert "… 14 more token, 24 more d_model" in trace["decoder.embedding"]._repr_html_()


def test_words_from_files_are_no_markup_and_no_escapes() -> None:
    words = ["<script>alert(1)</script>", "a&b", "\x1b[31mred", '"quoted"']
    trace = attn_explore.run({"model": {"kind": "encoder"}, "title": "<b>bold</b>", "input": {"tokens": words}})
    for html in (trace._repr_html_(), trace["weights"]._repr_html_()):
        assert set(re.findall(r"</?(\w+)", html)) <= {
            "div",
            "b",
            "code",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        }
        assert "<b>bold" not in html
        assert "\x1b" not in html + repr(trace) + str(trace["weights"])
        assert "a&amp;b" in html


def test_numbers_that_a_trace_does_not_hold_are_told_where_they_are_and_refused(tmp_path: Path) -> None:
    trace = attn_explore.load(
        attn_explore.run(FAMILIES / "gpt2", ids=[1, 2]).export(tmp_path / "trace.npz", steps=["logits"])
    )
    [table] = [each for name, each in trace.parameters.items() if name.endswith("embedding_table")]
    assert "not in this trace" in table._repr_html_()
    with pytest.raises(Problem, match="not in this trace"):
        _ = table.array
