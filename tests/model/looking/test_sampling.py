"""Samplers, against transformers' own, and what holds for every one of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attn_explore.model.looking.sampling import STEPS, Sampler, chances_of, drawn, softmax, top_k, top_p
from tests.checkpoints import DATA

CASES: list[dict[str, Any]] = json.loads((DATA / "sampling.json").read_text())
LOGITS = arrays(np.float64, st.integers(1, 12), elements=st.floats(-8, 8), unique=True)


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
    chances, is_kept = softmax(logits), ~np.isneginf(top_p(logits, p))
    assert chances[is_kept].sum() >= p - 1e-12
    assert chances[is_kept].sum() - chances[is_kept].min() <= p + 1e-12
    assert is_kept.all() or chances[is_kept].min() >= chances[~is_kept].max()


@given(LOGITS, st.integers(1, 20))
def test_top_k_keeps_the_k_largest(logits: np.ndarray, k: int) -> None:
    kept = logits[~np.isneginf(top_k(logits, k))]
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
