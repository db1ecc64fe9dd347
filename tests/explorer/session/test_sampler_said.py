"""A sampler as it is typed in the explorer."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.explorer.session.sampler_said import Said, sampler_said
from attn_explore.model.looking.sampling import sampler_of
from attn_explore.model.problems import Problem

TENTHS = st.integers(1, 30).map(lambda tenths: tenths / 10)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "temperature": TENTHS,
        "top_k": st.integers(1, 99),
        "top_p": st.integers(1, 10).map(lambda tenths: tenths / 10),
        "repetition_penalty": TENTHS,
    },
)
WORDS = st.none() | st.integers(1, 99)


@given(ASKED, st.none() | st.integers(0, 99), st.lists(st.text(min_size=1, max_size=5), max_size=2), WORDS)
def test_what_is_typed_comes_back_from_its_options_and_from_what_stands_in_the_line(
    asked: dict[str, Any], seed: int | None, instead: list[str], words: int | None
) -> None:
    said = Said(sampler_of(asked, seed), tuple(f"2={word}" for word in instead), words)
    assert sampler_said(said.typed) == sampler_said(shlex.join(said.options)) == said


@pytest.mark.parametrize(
    "text", ["--temperature 0.8 --seed 7", "temperature=0.8 seed=7", "  seed 7, TEMPERATURE 0.80 "]
)
def test_dashes_and_equals_signs_are_as_on_the_command_line_and_may_be_left_out(text: str) -> None:
    assert sampler_said(text).sampler == sampler_of({"temperature": 0.8}, 7)


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("temp 0.8", "“temp” is no step of a sampler", "did you mean temperature?"),
        ("beams 4", "beams", "there are temperature, top-k"),
        ("seed", "nothing is said behind seed", "such as seed 7"),
        ("seed -1", "seed is a whole number, from 0: not -1", "such as seed 7"),
        ("top-k 4.5", "top-k is a number of words, from 1: not 4.5", "such as top-k 40"),
        ("temperature nan", "temperature is a number above 0", "such as temperature 0.8"),
        ("top-p 2", "top-p is a probability above 0, at most 1: not 2", "such as top-p 0.9"),
        ("instead '2=", "a quote is open", "close it"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_could(text: str, what: str, hint: str) -> None:
    with pytest.raises(Problem) as found:
        sampler_said(text)
    assert what in found.value.what
    assert hint in found.value.hint
