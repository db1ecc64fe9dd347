"""The arithmetic of a cell as lines of text."""

import numpy as np
import pytest

from attn_explore.explorer.drawing.arithmetic import SHOWN_TERMS, Manner, blocks
from attn_explore.explorer.drawing.blocks import as_text, links
from attn_explore.model.explain import arithmetic
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace

LAYER = "encoder.layers.0.self_attention"


@pytest.fixture(scope="module")
def trace() -> Trace:
    text = "model: {d_model: 6, d_k: 5, d_ff: 24, weights: {seed: 12}}\ninput: {text: I love my dog, pad_to: 5}"
    return run(parse_scenario(text))


def lines(trace: Trace, path: str, index: tuple[int, ...], unfolded: bool = False) -> list[str]:
    return as_text(blocks(arithmetic(trace[path], index), Manner(unfolded=unfolded)))


def test_a_score_is_the_sum_of_the_products_of_query_and_key(trace: Trace) -> None:
    said = lines(trace, f"{LAYER}.scores", (0, 0, 3))
    q, k = trace[f"{LAYER}.q"].array[0, 0], trace[f"{LAYER}.k"].array[0, 3]
    assert said[0].startswith("scores[I, dog] = ")
    assert "the sum of 5 over dₖ" in said[0]
    assert "Q[I]" in said[1]
    assert "K[dog]" in said[1]
    for line, a, b in zip(said[2:], q, k, strict=True):
        numbers = [float(word) for word in line.split() if word.lstrip("-")[:1].isdigit()]
        assert numbers[1:4] == pytest.approx([a, b, a * b], abs=6e-5)


def test_scaling_names_the_root_of_the_width(trace: Trace) -> None:
    said = lines(trace, f"{LAYER}.scaled_scores", (0, 0, 3))
    assert said[0] == "scaled_scores[I, dog] = scores[I, dog] × 1/√dₖ"
    assert "0.4472" in said[1]


def test_softmax_is_shown_against_its_row(trace: Trace) -> None:
    said = lines(trace, f"{LAYER}.weights", (0, 0, 3))
    assert said[0].startswith("A[I, dog]")
    assert any(line.startswith("row sum = ") for line in said)
    assert [line.split()[0] for line in said[4:9]] == ["I", "love", "my", "dog", "<pad>"]
    assert "e^(" in said[8]
    assert "-∞" in said[8]


def test_a_weighted_value_names_the_word_of_each_term(trace: Trace) -> None:
    said = lines(trace, f"{LAYER}.head_output", (0, 0, 2))
    assert [line.split()[0] for line in said[2:]] == ["I", "love", "my", "dog", "<pad>"]


def test_a_long_sum_is_folded_with_its_largest_terms_first(trace: Trace) -> None:
    path = "encoder.layers.0.ffn.output"
    folded = blocks(arithmetic(trace[path], (0, 0)))
    terms = folded[-1]
    assert terms.folded == 24 - (SHOWN_TERMS - 1)
    hidden, w = trace["encoder.layers.0.ffn.hidden"].array[0], trace["encoder.layers.0.ffn.w_2"].array[:, 0]
    order = [int(row[0].text) for row in terms.rows[1:-1]]
    assert order == list(np.argsort(-np.abs(hidden * w), kind="stable")[: SHOWN_TERMS - 1])
    rest = (hidden * w).sum() - (hidden * w)[order].sum()
    assert f"{rest:.4f}" in terms.rows[-1][0].text


def test_an_unfolded_sum_has_every_term_in_order(trace: Trace) -> None:
    terms = blocks(arithmetic(trace["encoder.layers.0.ffn.output"], (0, 0)), Manner(unfolded=True))[-1]
    assert [row[0].text.strip() for row in terms.rows[1:]] == [str(place) for place in range(24)]
    assert terms.folded == 0


def test_normalising_shows_mean_and_variance(trace: Trace) -> None:
    said = lines(trace, f"{LAYER}.norm", (0, 0))
    assert said[0].startswith("norm[I, 0] = standardised × γ[0] + β[0]")
    assert any(line.startswith("μ = ") for line in said)
    assert any(line.startswith("σ² = ") for line in said)


def test_every_number_that_was_read_links_to_its_cell(trace: Trace) -> None:
    found = links(blocks(arithmetic(trace[f"{LAYER}.scores"], (0, 0, 3))))
    assert [(link.value.name, link.index) for link in found[:2]] == [("q", (0, 0, 0)), ("k", (0, 3, 0))]
    assert len(found) == 10


def test_a_link_into_a_projection_points_into_the_matrix_as_it_is_stored() -> None:
    trace = run(parse_scenario("model: {d_model: 6, heads: 2}\ninput: {text: I love my dog}"))
    found = links(blocks(arithmetic(trace[f"{LAYER}.q"], (1, 0, 2))))
    weights = [link for link in found if link.value.name == "w_q"]
    assert [link.index for link in weights] == [(place, 5) for place in range(6)]


@pytest.mark.parametrize("index", [(0, 0, 0), (0, 4, 4)])
def test_every_step_has_arithmetic_whose_lines_line_up(trace: Trace, index: tuple[int, ...]) -> None:
    for value in trace.steps.values():
        said = lines(trace, value.path, index[-len(value.axes) :])
        assert said, value.path
        assert all("nan" not in line for line in said), value.path


def test_a_folded_maximum_shows_the_largest_numbers_and_not_what_is_masked() -> None:
    text = "model: {kind: attention}\ninput: {text: a b c d e f g h i j, pad_to: 14}"
    trace = run(parse_scenario(text))
    said = as_text(blocks(arithmetic(trace[f"{LAYER}.weights"], (0, 0, 0))))
    top = next(place for place, line in enumerate(said) if line.startswith("row max"))
    largest = float(said[top].split()[3])
    assert float(said[top + 2].split()[1]) == largest
    assert "-∞" not in said[top + 2]


def test_a_long_word_does_not_push_the_numbers_out_of_sight() -> None:
    trace = run(parse_scenario("model: {kind: attention}\ninput: {text: supercalifragilisticexpialidocious dog}"))
    said = as_text(blocks(arithmetic(trace[f"{LAYER}.weights"], (0, 1, 0))))
    assert any(line.startswith("  supercalifragil…  ") for line in said)


def test_a_number_from_before_an_edit_leads_to_the_edited_cell_in_every_row() -> None:
    weights = f"{LAYER}.weights"
    edit = f"edits: [{{at: {weights}, index: [0, 1, 3], set: 0.5}}]\ngradients: {{of: '{LAYER}.head_output[love, 0]'}}"
    edited = run(parse_scenario(f"model: {{kind: attention}}\ninput: {{text: I love my dog}}\n{edit}"))
    found = blocks(arithmetic(edited[f"grad.{LAYER}.scaled_scores"], (0, 1, 3)))
    there = [link.index for link in links(found) if link.value.path == weights]
    assert there[0] == (0, 1, 3)
    assert set(there) == {(0, 1, key) for key in range(4)}
