"""Gradients at a glance: their sizes along the model, and the words that the output depends on."""

from __future__ import annotations

import numpy as np
import pytest

from attn_explore.explorer.drawing.plots.labels import readings
from attn_explore.model.plots import Plot
from attn_explore.model.profile import OVERVIEWS, norm, profile, saliency, salient, sizes
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace

LABELS = "head: sequence, classes: [a, b]"
STACK = f"model: {{layers: 2, {LABELS}, norm_order: ORDER}}\ninput: {{text: dog bites dog}}\ngradients: {{}}\n"


def a_run(order: str = "pre") -> Trace:
    return run(parse_scenario(STACK.replace("ORDER", order)))


@pytest.mark.parametrize(("order", "last"), [("pre", "residual"), ("post", "norm")])
def test_a_profile_follows_the_stream_and_what_the_blocks_add_to_it(order: str, last: str) -> None:
    trace = a_run(order)
    found = sizes(trace)
    assert [size.name for size in found] == ["X", "0 attention", "0 ffn", "1 attention", "1 ffn"]
    layers = [f"grad.encoder.layers.{place}.{block}" for place in (0, 1) for block in ("self_attention", "ffn")]
    assert [size.stream for size in found] == [
        norm(trace["grad.encoder.input"]),
        *(norm(trace[f"{layer}.{last}"]) for layer in layers),
    ]
    assert [size.output for size in found[1:]] == [norm(trace[f"{layer}.output"]) for layer in layers]
    assert found[0].output is None


def test_a_norm_is_the_length_over_all_numbers() -> None:
    gradient = a_run()["grad.encoder.input"]
    assert norm(gradient) == pytest.approx(sum(float(number) ** 2 for number in gradient.array.flat) ** 0.5)


def test_two_stacks_stand_one_behind_the_other() -> None:
    text = (
        "model: {kind: encoder-decoder, head: vocabulary, classes: [x]}\ninput: {text: a b, target: x x}\ngradients: {}"
    )
    trace = run(parse_scenario(text))
    assert [size.name for size in sizes(trace)] == [
        "encoder X", "encoder 0 attention", "encoder 0 ffn",
        "decoder X", "decoder 0 attention", "decoder 0 cross", "decoder 0 ffn",
    ]  # fmt: skip
    assert [each.word for each in salient(trace)] == ["a", "b", "<s>", "x 1", "x 2"]


def test_attention_alone_has_a_profile_too() -> None:
    trace = run(parse_scenario("model: {kind: attention, layers: 2}\ninput: {text: a b}\ngradients: {}"))
    assert [size.name for size in sizes(trace)] == ["X", "0 attention", "1 attention"]


def test_the_profile_of_a_generated_text_is_that_of_its_last_pass() -> None:
    text = (
        "model: {kind: decoder, head: vocabulary, classes: [x, y]}\ninput: {text: a, max_new_tokens: 3}\ngradients: {}"
    )
    trace = run(parse_scenario(text))
    assert [size.name for size in sizes(trace)] == ["X", "0 attention", "0 ffn"]
    assert sizes(trace)[0].stream == norm(trace["grad.generated.2.decoder.input"])
    assert len(salient(trace)) == 3


def test_the_saliency_of_a_word_is_the_gradient_at_its_embedding() -> None:
    trace = a_run()
    gradient, embedding = trace["grad.encoder.embedding"].array, trace["encoder.embedding"].array
    found = salient(trace)
    assert [each.word for each in found] == ["dog 0", "bites", "dog 2"]
    for place, each in enumerate(found):
        assert each.size == pytest.approx(np.sqrt((gradient[place] ** 2).sum()))
        assert each.share == pytest.approx(gradient[place] @ embedding[place])


def test_a_plot_has_the_numbers_and_says_of_what_they_are() -> None:
    trace = a_run()
    lines, bars = profile(trace), saliency(trace)
    assert lines is not None
    assert bars is not None
    assert lines.log_y
    assert lines.x == tuple(size.name for size in sizes(trace))
    np.testing.assert_array_equal(lines.curves[0].y, [size.stream for size in sizes(trace)])
    assert bars.kind == "bars"
    assert bars.x == ("dog 0", "bites", "dog 2")
    np.testing.assert_array_equal(bars.curves[1].y, [each.share for each in salient(trace)])
    for plot in (lines, bars):
        assert "logits[" in plot.title


def test_where_no_gradient_reaches_the_words_nothing_is_plotted() -> None:
    trace = run(parse_scenario("input: {text: a b}\ngradients: {of: 'encoder.position[0, 1]'}"))
    assert [plot(trace) for plot in OVERVIEWS.values()] == [None, None]


def test_what_depends_on_no_word_has_no_place_before_its_layer() -> None:
    text = "input: {text: a b}\nmask: {causal: true}\ngradients: {of: 'encoder.layers.0.self_attention.mask[1, 0]'}"
    assert [size.name for size in sizes(run(parse_scenario(text)))] == ["0 attention"]


def read(plot: Plot) -> str:
    """What stands under a plot."""
    return "\n".join("".join(piece.text for piece in line) for line in readings(plot, 80, 2))


def test_a_size_of_0_is_read_as_0_though_a_logarithmic_axis_has_no_place_for_it() -> None:
    text = "model: {weighting: hardmax, residual: false}\ninput: {text: a b}\n"
    text += "gradients: {of: 'encoder.layers.0.ffn.norm[0, 0]'}\nedits: [{at: encoder.layers.0.ffn.norm, zero: true}]"
    found = profile(run(parse_scenario(text)))
    assert found is not None
    assert found.curves[0].y[0] == 0
    assert "residual stream 0" in read(found)


def test_where_no_block_stands_there_is_no_number_to_read() -> None:
    found = profile(run(parse_scenario("input: {text: a b}\ngradients: {}")))
    assert found is not None
    assert "by the block's output –" in read(found)
