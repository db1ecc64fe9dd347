"""A decoder that chooses its words itself: its passes, its chapters, and what a file of them says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.model.memory import RECORD, memory_needed
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario, read_scenario
from attn_explore.model.scenario.tokens import END
from attn_explore.model.trace import Trace
from attn_explore.model.traces.export import WRITERS
from attn_explore.model.traces.reading import read_trace

ENOUGH = 2**28

KINDS = ["encoder-decoder", "decoder"]

SMALL = """
model: {{kind: {kind}, head: vocabulary, classes: [a, b, c], layers: {layers}, d_model: 6, heads: 2, {more}}}
input: {{text: a b, max_new_tokens: {passes}}}
"""


def small(kind: str, passes: int = 4, layers: int = 1, more: str = "position: learned") -> Scenario:
    return parse_scenario(SMALL.format(kind=kind, passes=passes, layers=layers, more=more))


def always(word: int, kind: str, passes: int) -> Scenario:
    """A model whose bias makes it choose one word of its vocabulary, whatever it reads."""
    size = 5 if kind == "encoder-decoder" else 3
    bias = [100.0 if place == word else 0.0 for place in range(size)]
    return small(kind, passes, more=f"weights: {{set: {{head.b: {bias}}}}}")


def chapters(trace: Trace) -> list[str]:
    """Where each pass ends."""
    return [path for path in trace.steps if path.endswith("candidates")]


# --- passes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("passes", [1, 2, 5])
def test_every_pass_but_the_first_is_a_chapter(kind: str, passes: int) -> None:
    trace = run(always(2, kind, passes))
    expected = ["candidates"] + [f"generated.{place}.candidates" for place in range(1, passes)]
    assert chapters(trace) == expected
    assert list(trace.steps)[-1] == expected[-1]


def test_what_was_generated_is_added_to_what_was_read() -> None:
    assert run(always(2, "encoder-decoder", 3)).tokens == {"encoder": ("a", "b"), "decoder": ("<s>", "a", "a", "a")}
    assert run(always(2, "decoder", 3)).tokens == {"decoder": ("a", "b", "c", "c", "c")}


def test_the_end_of_a_text_ends_the_passes() -> None:
    trace = run(always(1, "encoder-decoder", 5))
    assert chapters(trace) == ["candidates"]
    assert trace.tokens["decoder"] == ("<s>", END)


def test_the_first_of_equal_candidates_is_chosen() -> None:
    tied = small("decoder", 1, more="weights: {set: {head.w: ZEROS, head.b: [0, 0, 0]}}".replace("ZEROS", ZEROS))
    assert run(tied).tokens["decoder"] == ("a", "b", "a")


ZEROS = str([[0] * 3] * 6)


@pytest.mark.parametrize("kind", KINDS)
def test_each_pass_is_the_run_in_which_the_words_so_far_were_given(kind: str) -> None:
    """Greedy generation and teacher forcing on the same words are the same mathematics."""
    scenario = small(kind, 3, 2)
    trace = run(scenario)
    read = 1 if kind == "encoder-decoder" else 2
    words = (trace.tokens["decoder"] or ())[read:]
    vocabulary = trace["candidates"].axes[0].labels
    same = {**scenario.model.weights.set} | {path: value.array.tolist() for path, value in trace.parameters.items()}
    for place in range(1, len(words)):
        forced = run(
            replace(
                scenario,
                model=replace(
                    scenario.model, weights=replace(scenario.model.weights, set=_with_rows(same, read + place))
                ),
                input=replace(scenario.input, target_tokens=words[:place], max_new_tokens=3),
            )
        )
        assert forced["probabilities"].axes[-1].labels == vocabulary
        assert "candidates" not in forced.steps
        for path in ("decoder.layers.1.self_attention.weights", "logits", "probabilities"):
            found = trace[f"generated.{place}.{path}"]
            np.testing.assert_allclose(found.array, forced[path].array, rtol=1e-12, atol=1e-14)


def _with_rows(parameters: dict[str, Any], rows: int) -> dict[str, Any]:
    """A model that is fed a target has positions for its words only."""
    table = "decoder.position_table"
    return parameters | {table: parameters[table][:rows]}


@pytest.mark.parametrize("kind", KINDS)
def test_candidates_are_the_last_row_of_the_probabilities(kind: str) -> None:
    trace = run(small(kind))
    for path in chapters(trace):
        probabilities = trace[path.replace("candidates", "probabilities")]
        np.testing.assert_array_equal(trace[path].array, probabilities.array[-1])
        assert trace[path].axes == probabilities.axes[-1:]


def test_the_encoder_runs_once() -> None:
    paths = list(run(always(2, "encoder-decoder", 3)).steps)
    assert len([path for path in paths if "encoder.layers.0.ffn.norm" in path and "decoder" not in path]) == 1


def test_a_decoder_without_a_head_for_words_generates_nothing() -> None:
    trace = run(parse_scenario("model: {kind: decoder}\ninput: {text: a b}"))
    assert not chapters(trace)
    assert trace.tokens["decoder"] == ("a", "b")


def test_the_bundled_translation_is_the_one_that_its_title_promises() -> None:
    trace = run(read_scenario(bundled()["translate"]))
    assert trace.tokens["decoder"] == ("<s>", "我", "喜歡", "我的", "狗", END)


# --- memory


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("passes", [1, 2, 3, 6])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("more", ["position: learned", "norm: rms, activation: swiglu, attention_span: 1"])
def test_the_memory_of_a_generation_is_what_it_takes(kind: str, passes: int, layers: int, more: str) -> None:
    chosen = always(2, kind, passes)
    weights = chosen.model.weights
    scenario = small(kind, passes, layers, more)
    scenario = replace(scenario, model=replace(scenario.model, weights=weights))
    trace = run(scenario)
    assert len(chapters(trace)) == passes
    values = [*trace.parameters.values(), *trace.steps.values()]
    largest = max(value.nbytes for value in values)
    assert memory_needed(scenario).nbytes == trace.nbytes + RECORD * len(values) + largest


@pytest.mark.parametrize("passes", [10**6, 10**18])
def test_any_number_of_words_to_generate_is_counted_at_once(passes: int) -> None:
    need = memory_needed(small("decoder", passes, 10**9, "position: sinusoidal"))
    assert need.nbytes > passes**3
    assert need.shape[-1] > passes


# --- files


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_generation_comes_back_from_its_file(kind: str, ending: str, tmp_path: Path) -> None:
    scenario = small(kind)
    trace = run(scenario)
    path = tmp_path / f"trace{ending}"
    path.write_bytes(b"".join(WRITERS[ending](trace, scenario)))
    again, found = read_trace(path, ENOUGH)
    assert again == scenario
    assert found.tokens == trace.tokens
    assert list(found.steps) == list(trace.steps)
    for step in trace.steps.values():
        assert found[step.path].axes == step.axes
        assert found[step.path].array.tobytes() == step.array.tobytes()


@pytest.mark.parametrize(
    "tokens",
    [
        ["<s>", "a", "a", "nonsense"],
        ["a", "a", "a", "a"],
        ["<s>"],
        ["<s>", *"aaaaaaaaa"],
        ["<s>", 1, 2],
        "<s>",
        None,
    ],
)
def test_words_that_the_decoder_cannot_have_generated_are_refused(tokens: object, tmp_path: Path) -> None:
    scenario = always(2, "encoder-decoder", 3)
    path = tmp_path / "trace.json"
    path.write_bytes(b"".join(WRITERS[".json"](run(scenario), scenario)))
    description = json.loads(path.read_bytes())
    description["tokens"] = {"encoder": ["a", "b"], "decoder": tokens}
    path.write_text(json.dumps(description))
    with pytest.raises(Problem) as refused:
        read_trace(path, ENOUGH)
    assert "decoder" in str(refused.value) or "tokens" in str(refused.value)
