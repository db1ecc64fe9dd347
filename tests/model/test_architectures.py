"""Models of the kinds that real checkpoints have: every step can be explained, differentiated and written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attn_explore.explorer.drawing.arithmetic import Manner, blocks
from attn_explore.model.architecture import Architecture
from attn_explore.model.axes import Array
from attn_explore.model.backward import gradients, record_gradients
from attn_explore.model.explain import arithmetic, explanation
from attn_explore.model.known import known_of
from attn_explore.model.memory import RECORD, memory_of
from attn_explore.model.prepared import plan_of
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.architectures import MODELS, VOCABULARY, run_of, some_run
from tests.building import random_parameters
from tests.model.test_formulas import all_steps, check
from tests.wording import told, unwritten

PADDINGS = {"none": None, "before": (True, False, False, False), "behind": (False, False, False, True)}


def _begins_with_padding(model: Architecture) -> bool:
    """Whether padding before the words stands where the words would: it is counted, or stands for the text."""
    return model.counting == "every_token" or model.pooling in ("first", "pooler")


each_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
each_padding = pytest.mark.parametrize("pad", PADDINGS.values(), ids=PADDINGS)


@each_model
@each_padding
def test_every_step_and_parameter_has_words(model: Architecture, pad: tuple[bool, ...] | None) -> None:
    missing = unwritten(some_run(model, pad=pad))
    assert not missing, told(missing)


@each_model
def test_every_formula_comes_to_its_values(model: Architecture) -> None:
    for value in all_steps(some_run(model)):
        check(value)


@each_model
@each_padding
def test_every_cell_is_explained_by_what_it_comes_to(model: Architecture, pad: tuple[bool, ...] | None) -> None:
    rng = np.random.default_rng(1)
    for value in all_steps(some_run(model, pad=pad)):
        for _ in range(3):
            index = tuple(int(rng.integers(0, size)) for size in value.shape)
            explained = arithmetic(value, index)
            found = explained.evaluate.number(explained.expression)
            assert found == pytest.approx(value.array[index], rel=1e-10, abs=1e-12), (value.path, index)
            assert blocks(explained, Manner(unfolded=True))
        assert explanation(value)


@each_model
@each_padding
def test_gradients_agree_with_differences(model: Architecture, pad: tuple[bool, ...] | None) -> None:
    """All parameters at once are moved in a direction at random."""
    rng = np.random.default_rng(2)
    parameters = random_parameters(model, VOCABULARY, 3)
    trace = run_of(model, parameters, pad)
    last = list(trace.steps.values())[-1]
    weights = rng.normal(size=last.shape)
    found = gradients(trace, {last.path: weights})
    moves = {name: rng.normal(size=array.shape) for name, array in parameters.items()}
    expected = sum(float((found[name] * moves[name]).sum()) for name in found if name in moves)
    step = 1e-6
    ends = [
        _weighted(run_of(model, {name: array + way * moves[name] for name, array in parameters.items()}, pad), weights)
        for way in (step, -step)
    ]
    assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def _weighted(trace: Trace, weights: Array) -> float:
    return float((list(trace.steps.values())[-1].array * weights).sum())


@each_model
def test_gradients_are_steps_that_can_be_read(model: Architecture) -> None:
    trace = some_run(model)
    last: Value = list(trace.steps.values())[-1]
    record_gradients(trace, last, (0,) * len(last.shape))
    rng = np.random.default_rng(4)
    for value in [step for path, step in trace.steps.items() if path.startswith("grad.")]:
        check(value)
        index = tuple(int(rng.integers(0, size)) for size in value.shape)
        explained = arithmetic(value, index)
        assert explained.evaluate.number(explained.expression) == pytest.approx(value.array[index], rel=1e-9, abs=1e-11)


@each_model
def test_every_parameter_is_used_and_stands_where_it_is_used_first(model: Architecture) -> None:
    trace = some_run(model)
    used = [operand.path for value in trace.steps.values() for operand in value.operands]
    assert [path for path in dict.fromkeys(used) if path in trace.parameters] == list(trace.parameters)


@each_model
def test_the_memory_of_a_run_is_known_before(model: Architecture) -> None:
    has_source = "model: {kind: encoder-decoder, head: vocabulary}\ninput: {text: a b c, target: d e}"
    text = has_source if model.kind == "encoder-decoder" else "input: {text: a b c d, max_new_tokens: 1}"
    known = known_of(replace(parse_scenario(text), model=model))
    need, planned = memory_of(known), plan_of(known)
    values = (*planned.steps.values(), *planned.parameters.values())
    largest = max(value.nbytes for value in values)
    assert need.steps == len(planned.steps)
    assert need.nbytes == sum(value.nbytes + RECORD for value in values) + largest


WORDS = [2, 0, 1]


@each_model
def test_padding_behind_the_words_changes_nothing_of_them(model: Architecture) -> None:
    parameters = random_parameters(model, VOCABULARY, 5)
    padded = run_of(model, parameters, (False, False, False, True), [*WORDS, 0])
    np.testing.assert_allclose(
        _of_words(padded, slice(3)), _of_words(run_of(model, parameters, None, WORDS)), rtol=1e-9
    )


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if not _begins_with_padding(model)])
def test_padding_before_the_words_changes_nothing_of_them(name: str) -> None:
    parameters = random_parameters(MODELS[name], VOCABULARY, 5)
    padded = run_of(MODELS[name], parameters, (True, False, False, False), [0, *WORDS])
    plain = run_of(MODELS[name], parameters, None, WORDS)
    np.testing.assert_allclose(_of_words(padded, slice(1, 4)), _of_words(plain), rtol=1e-9)


def _of_words(trace: Trace, words: slice = slice(None)) -> Array:
    """What the last step says of the words, or of the whole text; what is read beside a source is not padded here."""
    last = list(trace.steps.values())[-1]
    is_beside = {"tokens", "decoder.tokens"} <= trace.given.keys()
    return last.array if is_beside or last.names[0] != "token" else last.array[words]
