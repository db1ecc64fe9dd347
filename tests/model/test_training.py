"""Training: examples, batches, Adam, and the loop, against PyTorch, finite differences and each other."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model.axes import Array
from attn_explore.model.backward import gradients
from attn_explore.model.known import known_of, shapes_of
from attn_explore.model.loss import record_loss
from attn_explore.model.prepared import prepare
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.scenario.experiment_keys import filled, moments_of
from attn_explore.model.scenario.pairs import Example, symbols_of
from attn_explore.model.trace import Trace
from attn_explore.model.training.adam import rate
from attn_explore.model.training.batches import BatchMaker, forward
from attn_explore.model.training.data import data_of
from attn_explore.model.training.loop import Step, train
from attn_explore.model.training.record import Record, read_record, record_file
from attn_explore.model.training.tasks import TASKS
from attn_explore.model.training.trainer import Trainer

DATA = Path(__file__).parents[1] / "data" / "torch_training"
SYMBOLS = ", ".join(symbols_of(6))

REVERSE = """
model: {head: tokens, d_model: 8, position: sinusoidal, norm: none}
experiment: {kind: training, data: reverse, length: 4, symbols: 5, steps: 30, snapshots: 3, batch: 4, warmup: 10}
"""


# --- against PyTorch


def _torch_scenario(file: str, described: dict[str, Any]) -> Scenario:
    words = f"classes: {json.dumps(described['target'][2:])}, weights: {{file: {file}}}"
    return parse_scenario(
        "model: {kind: encoder-decoder, d_model: 8, heads: 2, d_ff: 12, head: vocabulary, bias: true, "
        f"final_norm: false, {words}}}\ninput: {{text: I, vocabulary: {json.dumps(described['source'])}}}",
        folder=DATA,
    )


def test_ten_steps_end_where_those_of_pytorch_do() -> None:
    described = json.loads((DATA / "training.json").read_text("utf-8"))
    before, after = (_torch_scenario(f"{when}.safetensors", described) for when in ("before", "after"))
    trainer = Trainer(before, filled(Experiment(kind="training", warmup=4, learning_rate=0.005)))
    for name, array in prepare(before).arrays.items():
        trainer.parameters[name][...] = array
    pairs = [Example(tuple(source.split()), tuple(target.split())) for source, target in described["pairs"]]
    losses = [trainer.step([pairs[place] for place in batch]) for batch in described["batches"]]
    np.testing.assert_allclose(losses, described["losses"], rtol=1e-12)
    expected = prepare(after).arrays
    assert trainer.parameters.keys() == expected.keys()
    for name, array in trainer.parameters.items():
        assert np.abs(array - expected[name]).max() <= 1e-9 * np.abs(expected[name]).max(), name


def test_the_learning_rate_is_that_of_the_paper() -> None:
    # d_model 512 and 4,000 steps of warm-up, as in section 5.3: the highest rate is at its end
    assert rate(4000, 512, 4000, 1.0) == pytest.approx(512**-0.5 * 4000**-0.5)
    assert rate(2000, 512, 4000, 1.0) == pytest.approx(rate(4000, 512, 4000, 1.0) / 2)
    assert rate(16000, 512, 4000, 3.0) == pytest.approx(3 * rate(4000, 512, 4000, 1.0) / 2)


# --- a batch is many runs

MODELS = {
    "encoder-decoder": ("kind: encoder-decoder, head: vocabulary, heads: 2", "induction"),
    "pre-norm with biases": (
        "kind: encoder-decoder, head: vocabulary, norm_order: pre, bias: true, norm: rms",
        "induction",
    ),
    "decoder": ("kind: decoder, head: vocabulary, activation: swiglu, position: rotary, d_k: 2", "induction"),
    "attention only": (
        "kind: decoder, head: vocabulary, feed_forward: false, layers: 2, kv_heads: 1, heads: 2",
        "induction",
    ),
    "labels": ("kind: encoder, head: tokens, position: alibi", "sort"),
    "additive": ("kind: encoder, head: tokens, score: additive", "copy"),
    "general": ("kind: encoder, head: tokens, score: general, weighting: sigmoid", "copy"),
    "cosine": ("kind: encoder, head: tokens, score: cosine, weighting: sparsemax", "reverse"),
    "neighbours": ("kind: encoder, head: tokens, attention_span: 1", "reverse"),
    "a label for the text": ("kind: encoder, head: sequence", "first"),
}


def _scenario(model: str) -> Scenario:
    return parse_scenario(
        f"model: {{d_model: 4, {model}, classes: [{SYMBOLS}], weights: {{seed: 3}}}}\n"
        f"input: {{text: a b, target: {'a' if 'sequence' in model else 'b a'}, vocabulary: [{SYMBOLS}]}}"
        + ("\nmask: {causal: auto}" if "decoder" in model else "")
    )


def _examples(task: str, seed: int) -> list[Example]:
    draw = np.random.default_rng(seed)
    lengths = [int(length) for length in draw.integers(3, 6, size=3)]
    if task == "first":
        texts = [TASKS["copy"](draw, symbols_of(6), length).source for length in lengths]
        return [Example(text, text[:1]) for text in texts]
    return [TASKS[task](draw, symbols_of(6), length) for length in lengths]


def _batch_loss(
    scenario: Scenario, arrays: dict[str, Array], examples: list[Example]
) -> tuple[float, dict[str, Array]]:
    trace = Trace(np.dtype(np.float64))
    for name, axes in shapes_of(scenario).items():
        trace.add_parameter(name, axes, arrays[name])
    loss = forward(trace, BatchMaker(known_of(scenario)).batch(examples), scenario)
    return float(loss.array), gradients(trace, {"loss": np.ones(())})


def _single(scenario: Scenario, example: Example) -> Scenario:
    given_words = replace(scenario.input, text=None, tokens=example.source, target=None, target_tokens=example.target)
    return replace(scenario, input=given_words)


@pytest.mark.parametrize(("model", "task"), MODELS.values(), ids=MODELS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=5, deadline=None)
def test_a_batch_of_texts_has_the_loss_and_gradients_of_each_run_alone(model: str, task: str, seed: int) -> None:
    scenario, examples = _scenario(model), _examples(task, seed)
    arrays = prepare(scenario).arrays
    loss, found = _batch_loss(scenario, arrays, examples)
    total, words, expected = 0.0, 0, {}
    for example in examples:
        alone = _single(scenario, example)
        trace = run(alone, before=None)
        each = record_loss(trace, alone)
        asked = int(np.count_nonzero(trace.given["target_share"].array)) if "target_share" in trace.given else 1
        total, words = total + float(each.array) * asked, words + asked
        for name, gradient in gradients(trace, {"loss": np.ones(())}).items():
            if name in arrays:
                expected[name] = expected.get(name, 0) + gradient * asked
    assert loss == pytest.approx(total / words, rel=1e-10)
    for name, gradient in expected.items():
        np.testing.assert_allclose(found[name], gradient / words, atol=1e-10, err_msg=name)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_the_gradient_of_a_whole_encoder_decoder_is_that_of_finite_differences(seed: int) -> None:
    scenario = _scenario("kind: encoder-decoder, head: vocabulary, heads: 2, activation: gelu, layers: 2")
    draw, examples = np.random.default_rng(seed), _examples("reverse", seed)
    arrays = {name: array.copy() for name, array in prepare(scenario).arrays.items()}
    _, found = _batch_loss(scenario, arrays, examples)
    for name in draw.choice(list(arrays), size=6):
        place = tuple(int(draw.integers(size)) for size in arrays[name].shape)
        losses = []
        for step in (1e-5, -1e-5):
            moved = {**arrays, name: arrays[name].copy()}
            moved[name][place] += step
            losses.append(_batch_loss(scenario, moved, examples)[0])
        slope = (losses[0] - losses[1]) / 2e-5
        assert found[name][place] == pytest.approx(slope, rel=1e-5, abs=1e-8), (name, place)


def test_a_batch_that_is_run_again_with_other_texts_is_as_if_it_were_new() -> None:
    scenario = _scenario(MODELS["encoder-decoder"][0])
    trainer = Trainer(scenario, filled(Experiment(kind="training", learning_rate=1e-9)))
    first, second = (
        _examples("reverse", 1),
        [replace(each, target=each.target[::-1]) for each in _examples("reverse", 1)],
    )
    losses = [trainer.step(each) for each in (first, second, first)]
    assert losses[0] == pytest.approx(losses[2], rel=1e-6)
    assert losses[1] != pytest.approx(losses[0], rel=1e-6)


# --- tasks and data


@given(st.integers(0, 2**32), st.integers(3, 8))
def test_a_task_says_what_its_name_says(seed: int, length: int) -> None:
    symbols = symbols_of(8)
    draw = np.random.default_rng(seed)
    assert (made := TASKS["copy"](draw, symbols, length)).target == made.source
    assert (made := TASKS["reverse"](draw, symbols, length)).target == made.source[::-1]
    assert (made := TASKS["sort"](draw, symbols, length)).target == tuple(sorted(made.source))
    made = TASKS["induction"](draw, symbols, length)
    *before, again = made.source
    assert len(set(before)) == len(before)
    assert made.target == tuple(before[before.index(again) + 1 :])


def test_what_is_held_out_is_never_trained_on() -> None:
    scenario = parse_scenario(REVERSE)
    assert scenario.experiment is not None
    data = data_of(scenario, scenario.experiment)
    assert len(data.held_out) == 64
    trained = {example for step in range(60) for example in data.batch(step)}
    assert not trained & set(data.held_out)


@pytest.mark.parametrize(
    ("data", "count"),
    [("copy, length: 2, symbols: 8", 64), ("sort, symbols: 1", 1), ("reverse, length: 1, symbols: 100", 100)],
)
def test_no_more_is_held_out_than_leaves_something_to_train_on(data: str, count: int) -> None:
    with pytest.raises(Problem, match=f"64 examples are held out, and there may be only {count} different ones"):
        parse_scenario(f"model: {{head: tokens, d_model: 8}}\nexperiment: {{kind: training, data: {data}}}")


def test_every_pair_of_a_file_is_trained_on_once_an_epoch_and_the_last_ones_are_held_out(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("".join(f"a{i}\tb{i}\n" for i in range(10)), "utf-8")
    scenario = parse_scenario(
        "model: {kind: encoder-decoder, head: vocabulary}\n"
        "experiment: {kind: training, data: pairs.tsv, batch: 4, held_out: 2}",
        folder=tmp_path,
    )
    assert scenario.experiment is not None
    data = data_of(scenario, scenario.experiment)
    assert [example.source for example in data.held_out] == [("a8",), ("a9",)]
    epoch = [example for step in range(2) for example in data.batch(step)]
    assert sorted(example.source[0] for example in epoch) == [f"a{i}" for i in range(8)]
    assert [data.batch(step) for step in range(2)] == [data.batch(step) for step in range(2)]
    assert [data.batch(step) for step in range(2, 4)] != [data.batch(step) for step in range(2)]


# --- the loop


def _trained(text: str = REVERSE) -> list[Step]:
    return list(train(parse_scenario(text)))


def _same(one: Record, other: Record) -> bool:
    arrays = [
        (one.losses, other.losses),
        (one.scores, other.scores),
        (one.first, other.first),
        (one.second, other.second),
    ]
    arrays += [(one.moments[name], other.moments[name]) for name in one.moments]
    return one.steps == other.steps and all(np.array_equal(a, b) for a, b in arrays)


def test_training_learns() -> None:
    last = _trained(REVERSE.replace("steps: 30", "steps: 300"))[-1].record
    assert last is not None
    assert last.scores[-1][1] > 0.95  # of the sequences that it never saw


def test_the_same_seed_gives_the_same_curve_and_another_another() -> None:
    one, same, other = (_trained(text) for text in (REVERSE, REVERSE, REVERSE.replace("steps", "seed: 8, steps")))
    assert [step.loss for step in one] == [step.loss for step in same]
    assert [step.loss for step in one] != [step.loss for step in other]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_training_that_was_interrupted_goes_on_to_the_same_result(dtype: str) -> None:
    text = REVERSE.replace("head: tokens", f"head: tokens, dtype: {dtype}")
    whole = [step.record for step in _trained(text) if step.record]
    assert [record.steps for record in whole] == [(0, 10), (0, 10, 20), (0, 10, 20, 30)]
    scenario = parse_scenario(text)
    content = b"".join(record_file(whole[0]))
    left = read_record(content, "w.safetensors", shapes_of(scenario))
    assert left is not None
    assert _same(left, whole[0])
    resumed = [step.record for step in train(scenario, left) if step.record][-1]
    assert _same(resumed, whole[-1])


def test_the_weights_of_each_moment_are_those_that_training_had_then() -> None:
    steps = _trained()
    last = steps[-1].record
    assert last is not None
    tenth = steps[9].record
    assert tenth is not None
    assert all(np.array_equal(array, tenth.parameters(-1)[name]) for name, array in last.parameters(1).items())
    scenario = parse_scenario(REVERSE)
    trainer = Trainer(scenario, scenario.experiment or Experiment(kind="training"))
    assert all(np.array_equal(array, last.parameters(0)[name]) for name, array in trainer.parameters.items())


@pytest.mark.parametrize(
    "change", [("d_model: 8", "d_model: 16"), ("batch: 4", "batch: 5"), ("steps: 30", "steps: 60")]
)
def test_another_training_is_not_gone_on_with(change: tuple[str, str]) -> None:
    record = _trained()[-1].record
    with pytest.raises(Problem, match="another training"):
        list(train(parse_scenario(REVERSE.replace(*change)), record))


@given(st.integers(1, 500), st.integers(1, 50))
def test_moments_are_evenly_spaced_from_the_beginning_to_the_end(steps: int, count: int) -> None:
    moments = moments_of(steps, count)
    assert moments[0] == 0
    assert moments[-1] == steps
    assert len(moments) <= count + 1
    assert len({later - earlier for earlier, later in pairwise(moments[:-1])}) <= 1
    assert moments_of(moments[1], 1) == moments[:2]


def test_moments_of_more_steps_than_a_float_can_count_are_whole_numbers() -> None:
    assert moments_of(10**400, 2) == [0, 10**400 // 2, 10**400]
