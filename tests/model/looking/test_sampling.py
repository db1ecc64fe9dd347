"""Samplers, against transformers' own, and what holds for every one of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attn_explore.explorer.session.course import bundled
from attn_explore.model.explain import arithmetic
from attn_explore.model.known import known_of
from attn_explore.model.looking.sampling import STEPS, Chances, Sampler, drawn, sampled, softmax
from attn_explore.model.looking.timeline import timeline
from attn_explore.model.ops import OPERATIONS
from attn_explore.model.run import run
from attn_explore.model.scenario import read_scenario
from attn_explore.model.words.steps import heading_of
from tests.building import tensor
from tests.checkpoints import DATA

CASES: list[dict[str, Any]] = json.loads((DATA / "sampling.json").read_text())
LOGITS = arrays(np.float64, st.integers(1, 12), elements=st.floats(-8, 8), unique=True)


def chances_of(sampler: Sampler, logits: np.ndarray, read: list[int]) -> tuple[Chances, ...]:
    return sampled(sampler, tensor("token vocabulary", logits[None], "logits"), read).steps


def are_kept(sampler: Sampler, logits: np.ndarray) -> np.ndarray:
    [step] = chances_of(sampler, logits, [])
    is_kept = np.ones(logits.shape, bool)
    is_kept[step.cut] = False
    return is_kept


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case["settings"]))
def test_each_step_leaves_what_transformers_leaves(case: dict[str, Any]) -> None:
    found = chances_of(Sampler(**case["settings"]), np.array(case["logits"]), case["read"])
    assert [step.step for step in found] == [step["step"] for step in case["steps"]]
    for step, expected in zip(found, case["steps"], strict=True):
        np.testing.assert_allclose(step.numbers, expected["chances"], rtol=1e-12, atol=1e-15)


def test_the_cases_have_every_step() -> None:
    assert {name for case in CASES for name in case["settings"]} == set(STEPS)


@given(LOGITS, st.floats(0.05, 0.95))
def test_top_p_keeps_the_smallest_set_whose_probability_reaches_p(logits: np.ndarray, p: float) -> None:
    chances, is_kept = softmax(logits), are_kept(Sampler(top_p=p), logits)
    assert chances[is_kept].sum() >= p - 1e-12
    assert chances[is_kept].sum() - chances[is_kept].min() <= p + 1e-12
    assert is_kept.all() or chances[is_kept].min() >= chances[~is_kept].max()


@given(LOGITS, st.integers(1, 20))
def test_top_k_keeps_the_k_largest(logits: np.ndarray, k: int) -> None:
    kept = logits[are_kept(Sampler(top_k=k), logits)]
    assert sorted(kept) == sorted(logits)[-k:]


@given(LOGITS)
def test_a_sampler_that_changes_nothing_has_no_steps(logits: np.ndarray) -> None:
    assert not chances_of(Sampler(seed=3), logits, [0])


@given(LOGITS, st.floats(0.05, 0.95), st.integers(1, 12))
def test_what_a_step_moves_is_the_probability_of_what_it_cuts(logits: np.ndarray, p: float, k: int) -> None:
    before = softmax(logits)
    for step in chances_of(Sampler(top_k=k, top_p=p), logits, []):
        assert step.moved == pytest.approx(before[step.cut].sum(), abs=1e-12)
        assert step.numbers.sum() == pytest.approx(1)
        before = step.numbers


def test_words_are_drawn_as_often_as_their_chances_say_and_those_that_are_cut_never() -> None:
    chances = np.array([0.0, 0.125, 0.625, 0.25])
    draws = (np.arange(1000) + 0.5) / 1000
    found = np.bincount([drawn(chances, draw) for draw in draws], minlength=4)
    np.testing.assert_array_equal(found, chances * 1000)
    assert drawn(chances, 1.0) == 1


def test_a_seed_draws_the_same_number_at_a_place_whatever_stands_before_it() -> None:
    numbers = [Sampler(seed=seed).draw(place) for seed in (0, 1) for place in (0, 1)]
    assert len(set(numbers)) == 4
    assert numbers == [Sampler(temperature=2.0, seed=seed).draw(place) for seed in (0, 1) for place in (0, 1)]


EVERY_STEP = Sampler(repetition_penalty=1.5, temperature=0.7, top_k=3, top_p=0.8)


def test_every_number_on_the_way_is_of_an_operation_of_the_table_and_has_words() -> None:
    logits = tensor("token vocabulary", np.array([[0.0] * 5, [2.0, -1.0, 0.5, 0.4, -3.0]]), "logits")
    made = sampled(EVERY_STEP, logits, [0, 1], "candidates").made
    assert [value.name for value in made if not value.name.endswith(("mask", "penalties"))] == [
        "logits",
        *STEPS,
        "chances",
    ]
    for value in made:
        assert OPERATIONS[value.made_by.name] is value.made_by
        assert heading_of(value.path, value.made_by.name)
        for word in range(5):
            explained = arithmetic(value, (word,))
            assert explained.evaluate.number(explained.expression) == pytest.approx(value.array[word])


def test_the_logits_of_a_smaller_storage_are_worked_on_in_double_precision() -> None:
    logits = tensor("token vocabulary", np.array([[0.1, 0.2]], np.float32), "logits")
    for value in sampled(EVERY_STEP, logits, []).made:
        assert value.array.dtype == np.float64


def test_the_steps_of_a_run_let_their_numbers_go_and_have_them_again_when_asked() -> None:
    scenario = read_scenario(bundled()["names"])
    found = timeline(known_of(scenario), run(scenario), EVERY_STEP)
    for choice in found.choices:
        assert all(value.held is None for value in choice.made)
        assert choice.made[-1].array[choice.chosen.word] == choice.chosen.chance
        assert choice.made[-1].array.sum() == pytest.approx(1)
