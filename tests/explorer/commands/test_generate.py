"""`attn-explore generate`: as a person types it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.explorer.telling.answers.schemas import schema_of
from attn_explore.model.known import known_of
from attn_explore.model.looking.sampling import Sampler
from attn_explore.model.looking.timeline import other_run, timeline
from attn_explore.model.opened import opened, scenario_of
from attn_explore.model.prepared import Prepared, prepare
from attn_explore.model.run import run, run_prepared
from attn_explore.model.scenario import read_scenario
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run
from tests.program import Ended

LLAMA = str(DATA / "golden" / "llama-tiny")
SAMPLED = ("--temperature", "1.5", "--top-k", "12", "--top-p", "0.9", "--repetition-penalty", "1.2", "--seed", "7")


@pytest.fixture
def attn(attn: Run) -> Run:
    return partial(attn, "generate")


def prepared_llama(ids: list[int], passes: int) -> Prepared:
    return prepare(scenario_of(LLAMA, opened(Path(LLAMA)), {"ids": ids, "max_new_tokens": passes}))


def words(found: Ended, key: str = "words") -> list[str]:
    return [word["token"] for word in json.loads(found.out)[key]]


def test_without_a_sampler_the_words_are_those_of_the_run(attn: Run) -> None:
    lines = attn("names").out.splitlines()
    assert lines[1] == "It goes on: e </s>"
    assert lines[-2].split()[:5] == ["0", "e", "0.5615", "e", "56%"]
    assert words(attn("translate", "--json")) == ["我", "喜歡", "我的", "狗", "</s>"]


@pytest.mark.parametrize(
    "more", [(), SAMPLED, (*SAMPLED, "--instead", "0=a"), ("--instead", "1=a", "--instead", "0=o")]
)
def test_its_json_is_in_the_schema(attn: Run, more: tuple[str, ...]) -> None:
    found = json.loads(attn("names", "--json", *more).out)
    jsonschema.Draft202012Validator(schema_of("generate")).validate(found)
    assert ("instead" in found) == ("--instead" in more)
    assert found["sampler"]["seed"] == (7 if more[:1] == SAMPLED[:1] else None)


def test_a_seed_gives_the_same_text_and_another_one_another(attn: Run) -> None:
    first = attn("names", *SAMPLED).out
    assert attn("names", *SAMPLED).out == first
    assert attn("names", *SAMPLED[:-1], "8").out != first


def test_a_temperature_alone_is_drawn_with_seed_0(attn: Run) -> None:
    assert attn("names", "--temperature", "1").out == attn("names", "--seed", "0").out


def test_another_word_leads_to_the_future_in_which_the_text_had_it(attn: Run) -> None:
    found = attn("names", "--instead", "0=a", "--json")
    alone = attn("names", "--text", "<s> k i l a", "--json", "--max-new-tokens", "8")
    assert words(found)[0] == "e"
    assert words(found, "instead") == ["a", *words(alone)]
    later, same = json.loads(found.out)["instead"][1], json.loads(alone.out)["words"][0]
    assert later["probability"] == pytest.approx(same["probability"], rel=1e-5)


def test_what_is_forced_in_a_cached_run_is_what_an_uncached_one_says() -> None:
    """A pass that takes keys and values over says what one says that reads all of the text."""
    prepared = prepared_llama([5, 9, 3], 4)
    known, standing = prepared.known, run_prepared(prepared, lazy=True)
    other = timeline(known, other_run(known, standing, Sampler(), {0: 17, 1: 4}), Sampler(), {0: 17, 1: 4})
    whole = prepared_llama([5, 9, 3, 17, 4], 1)
    fresh = timeline(whole.known, run_prepared(whole))
    assert [choice.chosen.word for choice in other.choices][:2] == [17, 4]
    assert other.choices[2].chosen.word == fresh.choices[0].chosen.word
    assert other.choices[2].chosen.probability == pytest.approx(fresh.choices[0].chosen.probability, rel=1e-5)


def test_the_cache_is_as_large_as_the_keys_and_values_that_are_taken_over() -> None:
    prepared = prepared_llama([5, 9, 3], 3)
    trace = run_prepared(prepared)
    found = timeline(prepared.known, trace)
    for place, choice in enumerate(found.choices[1:], start=1):
        chapter = f"generated.{place}."
        kept = [step for path, step in trace.steps.items() if path.startswith(chapter) and "all_" in step.name]
        assert {step.name for step in kept} == {"all_keys", "all_values"}
        assert found.cached(choice) == sum(step.nbytes for step in kept)


def test_a_draw_falls_on_the_word_that_was_chosen(attn: Run) -> None:
    for word in json.loads(attn("names", *SAMPLED, "--top", "20", "--json").out)["words"]:
        chances = sorted((each["chance"] for each in word["candidates"]), reverse=True)
        ends = np.cumsum(chances)
        place = int(np.searchsorted(ends, word["draw"], side="right"))
        assert chances[place] == word["chance"]


def test_a_sampled_run_has_the_numbers_of_the_run_whose_words_were_given() -> None:
    scenario = read_scenario(bundled()["names"])
    known, standing = known_of(scenario), run(scenario)
    other = other_run(known, standing, Sampler(seed=7), {})
    assert other.steps["logits"] is standing.steps["logits"]
    assert other.generated != standing.generated


@pytest.mark.parametrize("model", ["llama-tiny", "gpt2-tiny"])
def test_a_sampler_needs_no_more_of_the_run_that_stands_than_its_first_pass(attn: Run, model: str) -> None:
    path = str(DATA / "golden" / model)
    found = json.loads(attn(path, "--ids", "5,9,3", "--max-new-tokens", "4", "--seed", "2", "--json").out)
    prepared = prepare(scenario_of(path, opened(Path(path)), {"ids": [5, 9, 3], "max_new_tokens": 4}))
    sampler = Sampler(seed=2)
    trace = other_run(prepared.known, run_prepared(prepared, lazy=True), sampler, {})
    whole = timeline(prepared.known, trace, sampler).choices
    assert [word["id"] for word in found["words"]] == [choice.chosen.word for choice in whole]
    assert [word["probability"] for word in found["words"]] == [choice.chosen.probability for choice in whole]


def test_of_what_a_sampler_leaves_the_likeliest_word_is_chosen_where_nothing_is_to_be_drawn(attn: Run) -> None:
    plain, left = (json.loads(attn("names", *more, "--json").out) for more in ((), ("--top-k", "2", "--likeliest")))
    assert [each["id"] for each in left["words"]] == [each["id"] for each in plain["words"]]
    assert left["sampler"]["top_k"] == 2
    assert left["sampler"]["seed"] is left["words"][0]["draw"] is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("sentiment",), "no word is chosen in this run"),
        (("names", "--instead", "a"), "“a” names no word at a place"),
        (("names", "--instead", "9=a"), "no word is chosen at place 9"),
        (("names", "--instead", "0=aa"), "“aa” is no token of this model"),
        (("names", "--temperature", "0"), "--temperature is a number above 0"),
        (("names", "--temperature", "nan"), "--temperature is a number above 0"),
        (("names", "--top-p", "1.5"), "--top-p is a probability above 0, at most 1"),
        (("names", "--repetition-penalty", "-1"), "--repetition-penalty is a number above 0"),
        (("names", "--top-k", "2", "--seed", "1", "--likeliest"), "--likeliest draws nothing, and --seed draws"),
    ],
)
def test_what_cannot_be_is_told_in_one_message(attn: Run, asked: tuple[str, ...], said: str) -> None:
    ended = attn(*asked)
    assert ended.status == 2
    assert said in ended.err
