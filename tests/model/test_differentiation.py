"""The section `gradients` of a scenario: which number is meant, what is refused, and files that read back the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from attn_explore.model.memory import memory_needed
from attn_explore.model.ops import is_gradient, output_of
from attn_explore.model.problems import Problem
from attn_explore.model.run import plan, run
from attn_explore.model.scenario import Scenario, parse_scenario, scenario_from_dict
from attn_explore.model.scenario_gradients import default_output, output_cell, with_output, without_gradients
from attn_explore.model.trace import Trace
from attn_explore.model.traces.export import WRITERS
from attn_explore.model.traces.reading import read_trace

LABELS = "model: {head: tokens, classes: [a, b]}\n"
TEXT = "input: {text: I love my dog}\n"
GENERATING = (
    "model: {kind: encoder-decoder, head: vocabulary, classes: [x, y]}\ninput: {text: a b, max_new_tokens: 3}\n"
)


def scenario(text: str, of: str | None = None) -> Scenario:
    return parse_scenario(f"{text}gradients: {{{'' if of is None else f'of: {of!r}'}}}\n")


def of(trace: Trace) -> str:
    return next(output_cell(output_of(step)) for step in trace.steps.values() if is_gradient(step))


# --- which number is meant


def test_without_a_name_it_is_the_loss_where_there_is_a_target() -> None:
    trace = run(scenario(LABELS + "input: {text: I love, target: a b}\n"))
    assert of(trace) == "loss"
    assert list(trace.steps)[-1].startswith("grad.")
    assert "loss_per_token" in trace.steps


def test_without_a_target_it_is_the_largest_logit_of_the_last_word_and_not_of_padding() -> None:
    trace = run(scenario(LABELS + "input: {text: I love my dog, pad_to: 6}\n"))
    best = trace["logits"].array[3].argmax()
    assert of(trace) == f"logits[dog, {'ab'[best]}]"


def test_a_text_that_is_generated_has_that_of_its_last_word() -> None:
    trace = run(scenario(GENERATING))
    passes = len(trace.tokens["decoder"] or ()) - 1
    assert of(trace).startswith(f"generated.{passes - 1}.logits[")
    assert of(trace).endswith(f"{(trace.tokens['decoder'] or ())[-1]}]")


def test_without_a_head_it_is_the_largest_number_of_the_last_word() -> None:
    trace = run(scenario(TEXT))
    row = trace["encoder.layers.0.ffn.norm"].array[3]
    assert of(trace) == f"encoder.layers.0.ffn.norm[dog, {row.argmax()}]"


def test_a_plan_does_not_know_the_largest_number_but_the_step() -> None:
    made = scenario(LABELS + TEXT)
    assert list(plan(made).steps) == list(run(made).steps)
    assert default_output(without_gradients(plan(made))).value.path == "logits"


@pytest.mark.parametrize(
    ("named", "index"),
    [
        ("encoder.layers.0.self_attention.weights[I, dog]", (0, 0, 3)),
        ("encoder.layers.0.self_attention.weights[head 0, 0, 3]", (0, 0, 3)),
        ("logits[dog,b]", (3, 1)),
        ("encoder.layers.0.ffn.hidden[my, 11]", (2, 11)),
    ],
)
def test_a_number_is_named_by_words_or_numbers(named: str, index: tuple[int, ...]) -> None:
    trace = run(scenario(LABELS + TEXT, named))
    output = next(output_of(step) for step in trace.steps.values() if is_gradient(step))
    assert (output.value.path, output.index) == (named.partition("[")[0], index)


# --- what is refused


@pytest.mark.parametrize(
    ("named", "what", "hint"),
    [
        ("logit[dog, a]", "the run has no step logit", "did you mean logits?"),
        ("logits[cat, a]", "logits: there is no cat along token", "there are I, love, my, dog"),
        ("logits[dog]", "logits: 1 index for 2 axes", "give one for each of token, class"),
        ("logits", "logits: 0 indices for 2 axes", "give one for each of token, class"),
        (
            "encoder.layers.0.ffn.norm[dog, 99]",
            "encoder.layers.0.ffn.norm: there is no 99 along d_model",
            "give an index",
        ),
        ("loss", "there is no loss without a head and a target", "add `target`"),
        ("grad.logits[dog, a]", "the run has no step grad.logits", "did you mean logits?"),
        ("", "the run has no step without a name", "the first is encoder.embedding"),
    ],
)
def test_a_number_that_is_not_there_is_refused_where_it_is_named(named: str, what: str, hint: str) -> None:
    made = scenario(LABELS + TEXT, named)
    for computed in (run, plan):
        with pytest.raises(Problem) as refused:
            computed(made)
        assert refused.value.what.startswith(what)
        assert refused.value.hint.startswith(hint)
        assert (refused.value.line, refused.value.column) == (3, 17)


def test_words_that_are_yet_to_be_generated_are_not_refused_before_they_are() -> None:
    plan(scenario(GENERATING, "generated.2.logits[x 1, y]"))
    with pytest.raises(Problem, match="there is no cat along token"):
        run(scenario(GENERATING, "generated.2.logits[cat, y]"))


@pytest.mark.parametrize("section", ["gradients: loss", "gradients: {off: loss}", "gradients: null"])
def test_the_section_has_one_key(section: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_scenario(f"{TEXT}{section}\n")
    assert refused.value.line == 2


def test_a_gradient_cannot_be_edited() -> None:
    made = parse_scenario(f"{LABELS}{TEXT}gradients: {{}}\nedits: [{{at: grad.logits, zero: true}}]\n")
    with pytest.raises(Problem) as refused:
        run(made)
    assert refused.value.what == "a gradient follows from the run, and cannot be edited"
    assert refused.value.line == 4


# --- files, memory, running again


@pytest.mark.parametrize("ending", [".json", ".npz", ".safetensors"])
@pytest.mark.parametrize(
    "text",
    [
        LABELS + TEXT,
        LABELS + 'input: {tokens: ["a, b", dog, dog, "["]}\n',
        GENERATING,
        LABELS + "input: {text: I love, target: a b}\n",
        "model: {kind: attention, d_model: 4, heads: 2, dtype: float32}\n" + TEXT,
    ],
)
def test_an_exported_run_with_gradients_reads_back_the_same(tmp_path: Path, ending: str, text: str) -> None:
    made = scenario(text)
    trace = run(made)
    file = tmp_path / f"trace{ending}"
    file.write_bytes(b"".join(WRITERS[ending](trace, made)))
    again, found = read_trace(file, 2**33)
    assert again.gradients == with_output(made, trace).gradients
    assert list(found.steps) == list(trace.steps)
    assert b"".join(WRITERS[ending](found, again)) == file.read_bytes()


def test_a_scenario_with_gradients_survives_being_written() -> None:
    made = scenario(LABELS + TEXT, "logits[dog, a]")
    assert scenario_from_dict(made.as_dict()) == made
    assert parse_scenario(made.as_yaml()) == made


def test_the_memory_that_gradients_take_is_known_beforehand() -> None:
    for text in (LABELS + TEXT, GENERATING, "model: {layers: 3, d_model: 16, heads: 4}\n" + TEXT):
        plain, made = parse_scenario(text), scenario(text)
        assert run(made).nbytes <= memory_needed(made).nbytes
        assert memory_needed(plain).nbytes < memory_needed(made).nbytes <= 2.5 * memory_needed(plain).nbytes


def test_a_run_again_after_an_edit_has_the_gradients_of_the_edited_run() -> None:
    edit = "edits: [{at: encoder.layers.0.self_attention.weights, index: [0, 3, 1], set: 0.9}]\n"
    text = f"{LABELS}{TEXT}gradients: {{of: 'logits[dog, a]'}}\n"
    before = run(parse_scenario(text))
    again, fresh = run(parse_scenario(text + edit), before=before), run(parse_scenario(text + edit))
    for path, step in fresh.steps.items():
        assert again[path].array.tobytes() == step.array.tobytes(), path
    assert again["logits"].array is not before["logits"].array
