"""The scenarios that were trained: what their lessons and the documentation say of them is what a run gives."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.model.axes import Array
from attn_explore.model.prepared import prepare
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, read_scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.scenario.pairs import Example
from attn_explore.model.scenario.tokens import END
from attn_explore.model.trace import Trace
from attn_explore.model.training.data import data_of
from attn_explore.model.training.loop import train
from attn_explore.model.training.record import Record, record_file

TRAINED = ("translate", "reverse", "induction-head", "names", "sentiment")
"""The scenarios whose name their weights have."""

ENCODER, LAYER_0, LAYER_1 = (
    f"{layer}.self_attention" for layer in ("encoder.layers.0", "decoder.layers.0", "decoder.layers.1")
)
ACROSS = "decoder.layers.0.cross_attention"


@cache
def scenario_of(name: str) -> Scenario:
    """A bundled scenario as it is run, without the gradients that some ask for."""
    return replace(prepare(read_scenario(bundled()[name])).scenario, gradients=None)


@cache
def record_of(name: str) -> Record:
    found = prepare(scenario_of(name)).record
    assert found is not None
    return found


@cache
def run_of(name: str) -> Trace:
    return run(scenario_of(name))


def second_of(name: str) -> Trace:
    """The run that a scenario is compared with."""
    other = scenario_of(name).second()
    assert other is not None
    return run(other)


def at_moment(name: str, step: int) -> Trace:
    """The run with the weights as they were after some steps of training."""
    found = record_of(name)
    return run(scenario_of(name), record=found, moment=found.steps.index(step))


def words_of(trace: Trace, stack: str = "decoder") -> tuple[str, ...]:
    """The words that a stack read and wrote."""
    words = trace.tokens[stack]
    assert words is not None
    return words


def on(scenario: Scenario, example: Example, **changes: Any) -> Trace:
    """A run on the text of an example."""
    given = replace(scenario.input, text=None, tokens=example.source, **changes)
    return run(replace(scenario, input=given))


def held_out(name: str) -> tuple[Example, ...]:
    scenario = scenario_of(name)
    assert scenario.experiment is not None
    return data_of(scenario, scenario.experiment).held_out


def said(trace: Trace, path: str = "logits") -> tuple[str, ...]:
    """The largest label of each row, or of the only one."""
    value = trace[path]
    places = np.atleast_1d(value.array.argmax(axis=-1))
    return tuple(value.axes[-1].label(int(place)) for place in places)


def looked_at(trace: Trace, path: str) -> tuple[str, ...]:
    """The key with the largest weight of each query, in the first head."""
    weights = trace[f"{path}.weights"]
    return tuple(weights.axes[2].label(int(place)) for place in weights.array[0].argmax(axis=-1))


def weights_of(trace: Trace, path: str) -> Array:
    """The weights of the first head (query, key)."""
    return trace[f"{path}.weights"].array[0]


def near(numbers: object) -> object:
    """Numbers of a text with four decimals: in float32 the last one may be another on another machine."""
    return pytest.approx(numbers, abs=1.5e-4)


# --- the files


@pytest.mark.parametrize("name", TRAINED)
def test_the_weights_are_what_training_makes_of_the_scenario(name: str) -> None:
    kept = record_of(name)
    first = next(step.record for step in train(scenario_of(name)) if step.record is not None)
    assert first.steps == kept.steps[:2]
    for place in (0, 1):
        for parameter, arrays in first.moments.items():
            # other machines add up in another order, and Adam turns what is next to nothing into a whole step
            np.testing.assert_allclose(arrays[place], kept.moments[parameter][place], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(first.losses, kept.losses[: len(first.losses)], rtol=1e-3)


@pytest.mark.parametrize("name", TRAINED)
def test_the_weights_are_small_and_tell_of_this_training(name: str) -> None:
    kept = record_of(name)
    said_now = scenario_of(name).as_dict()
    assert kept.about["experiment"] == said_now["experiment"]
    assert kept.about["model"] == {key: value for key, value in said_now["model"].items() if key != "weights"}
    assert sum(map(len, record_file(kept))) < 600_000


@pytest.mark.parametrize("name", [*TRAINED, "translate-a-question"])
def test_a_lesson_states_numbers_of_its_own_run(name: str) -> None:
    """Every number with four decimals is one of the steps that the lesson stops at, or named in a test below."""
    scenario = scenario_of(name)
    numbers = [_numbers_at(name, stop.at, stop.moment) for stop in scenario.lesson]
    known = np.concatenate([*numbers, np.array(ALSO[name])])
    for stop in scenario.lesson:
        for text in re.findall(r"−?\d+\.\d{4}", stop.say):
            assert np.abs(known - float(text.replace("−", "-"))).min() < 1.5e-4, (stop.at, text)


ALSO: dict[str, list[float]] = {
    "translate": [],
    "translate-a-question": [0.8661, 0.9913, 0.6857, 0.9135],
    "reverse": [math.log(8), 4.3588, 1 / 6],
    "induction-head": [0.4014, 0.0294],
    "names": [math.log(15), 0.9252, 0.9725, -1.5392, 0.0057, 0.5340, 0.2166, 0.1967],
    "sentiment": [0.0002, 0.9705, 0.9212, 3.2391, -0.8316, 3.427, 2.8515, -1.9102, 3.4456, 4.5752, -2.1306, -7.2811],
}
"""Numbers of other runs, moments and steps, and what they come to: each is in a test below."""


def _numbers_at(name: str, path: str, moment: int | None) -> Array:
    """The numbers of a step at a moment; a lesson names none of the gradients that it stops at."""
    if path.startswith("experiment."):
        trace = run(scenario_of(name), record=record_of(name))
    else:
        trace = run_of(name) if moment is None else at_moment(name, moment)
    return trace[path].array.ravel() if path in trace.steps else np.zeros(0)


# --- translate


def test_the_sentence_is_translated_and_was_never_trained_on() -> None:
    scenario = scenario_of("translate")
    example = Example(("I", "love", "my", "dog"), ("我", "喜歡", "我的", "狗"))
    assert words_of(run_of("translate")) == ("<s>", *example.target, END)
    assert scenario.experiment is not None
    data = data_of(scenario, scenario.experiment)
    assert (len(data.pairs), len(data.held_out)) == (108, 24)
    assert example in data.held_out
    assert example not in data.pairs


@pytest.mark.parametrize("example", held_out("translate"), ids=lambda example: " ".join(example.source))
def test_every_sentence_that_was_held_out_is_translated_rightly(example: Example) -> None:
    scenario = scenario_of("translate")
    assert example.source not in {pair.source for pair in scenario.pairs()[:108]}
    assert words_of(on(scenario, example)) == ("<s>", *example.target, END)


def test_its_scores_at_the_moments_are_those_of_the_lesson() -> None:
    right = dict(zip(record_of("translate").steps, record_of("translate").scores[:, 1] * 24, strict=True))
    assert [right[60], right[240], right[600]] == near([4, 20, 24])


def test_the_words_are_aligned_and_the_last_row_looks_whether_it_is_a_question() -> None:
    trace = run_of("translate")
    path = f"generated.4.{ACROSS}"
    assert looked_at(trace, path) == ("I", "love", "my", "dog", "I")
    assert [*weights_of(trace, path).max(axis=1)] == near([1.0, 0.9957, 1.0, 1.0, 0.9919])
    before = at_moment("translate", 0)
    assert words_of(before)[1:4] == ("我", "我們的", "小")
    assert END not in words_of(before)


def test_a_question_is_translated_in_the_order_of_the_other_language() -> None:
    trace = run_of("translate-a-question")
    assert " ".join(words_of(trace)) == "<s> 我們 每天 想念 那 匹 大 馬 嗎 </s>"
    order = "we day miss that horse big horse do"
    assert " ".join(looked_at(trace, f"generated.8.{ACROSS}")[:8]) == order
    largest = weights_of(trace, f"generated.8.{ACROSS}").max(axis=1)
    assert [*largest[[1, 2, 4, 5]]] == near([0.9962, 0.8356, 0.9918, 0.9804])


@pytest.mark.parametrize(("noun", "measure"), [("horse", "匹"), ("dog", "隻"), ("cat", "隻"), ("fish", "條")])
def test_the_measure_word_is_that_of_the_noun(noun: str, measure: str) -> None:
    scenario = scenario_of("translate-a-question")
    source = tuple("do we miss that big horse every day".replace("horse", noun).split())
    assert words_of(on(scenario, Example(source, ())))[5] == measure


@pytest.mark.parametrize(
    ("step", "at", "weight", "word", "probability"),
    [(120, "that", 0.9515, "隻", 0.6857), (180, "big", 0.3247, "條", 0.9135), (240, "horse", 0.8661, "匹", 0.9913)],
)
def test_the_measure_word_is_learned_by_looking_at_the_noun(
    step: int, at: str, weight: float, word: str, probability: float
) -> None:
    trace = at_moment("translate-a-question", step)
    path = f"generated.4.{ACROSS}"
    assert looked_at(trace, path)[-1] == at
    assert [weights_of(trace, path)[-1].max()] == near([weight])
    assert said(trace, "generated.4.candidates") == (word,)
    assert [trace["generated.4.candidates"].array.max()] == near([probability])


# --- reverse


def test_all_sequences_that_were_held_out_are_reversed_along_the_anti_diagonal() -> None:
    scenario, examples = scenario_of("reverse"), held_out("reverse")
    assert len(examples) == 64
    for example in examples:
        trace = on(scenario, example)
        assert said(trace) == example.source[::-1]
        assert list(weights_of(trace, ENCODER).argmax(axis=1)) == [5, 4, 3, 2, 1, 0]


def test_the_anti_diagonal_holds_what_the_lesson_says() -> None:
    along = np.fliplr(weights_of(run_of("reverse"), ENCODER)).diagonal()
    assert [*along] == near([0.7998, 0.6628, 0.6824, 0.7805, 0.6923, 0.741])
    assert [along.sum()] == near([4.3588])
    assert [*(record_of("reverse").scores[[3, 5, 6], 1] * 64)] == near([1, 51, 64])


def test_without_positions_equal_letters_look_at_the_same_and_all_rows_say_the_same() -> None:
    other = second_of("reverse")
    rows = weights_of(other, ENCODER)
    np.testing.assert_array_equal(rows[1], rows[3])
    assert rows.min() > 0.12
    assert rows.max() < 0.2
    assert said(other) == ("a",) * 6
    assert said(run_of("reverse")) == tuple("edacaf")


# --- induction heads


@cache
def continuations() -> list[tuple[Example, Trace]]:
    """Every sequence that was held out, with its continuation given, so that one run judges all of it."""
    scenario = scenario_of("induction-head")
    return [(each, on(scenario, each, target_tokens=each.target)) for each in held_out("induction-head")]


def _goes_on(example: Example, trace: Trace) -> bool:
    first = len(example.source) - 1
    return said(trace)[first : first + len(example.target)] == example.target


def test_layer_0_looks_at_the_letter_before_and_layer_1_behind_the_last_occurrence() -> None:
    before, behind = [], []
    for example, trace in continuations():
        text, first = example.source + example.target, len(example.source) - 1
        before.append(weights_of(trace, LAYER_0).diagonal(-1)[:first].mean())
        rows = range(first, len(text) - 1)
        behind.append(np.mean([weights_of(trace, LAYER_1)[row, text.index(text[row]) + 1] for row in rows]))
    assert [np.mean(before).round(2), np.mean(behind).round(2)] == [0.99, 0.99]


def test_all_sequences_that_were_held_out_go_on_as_last_time_and_hardly_any_does_without_layer_0() -> None:
    cut = Edit(at=f"{LAYER_0}.w_o", zero=True)
    without = replace(scenario_of("induction-head"), edits=(cut,))
    assert sum(_goes_on(example, trace) for example, trace in continuations()) == 64
    cut_off = ((example, on(without, example, target_tokens=example.target)) for example, _ in continuations())
    assert sum(_goes_on(example, trace) for example, trace in cut_off) == 3


def test_it_writes_what_followed_last_time_one_letter_after_another() -> None:
    trace, other = run_of("induction-head"), second_of("induction-head")
    assert "".join(words_of(trace)) == "chalkedh" + "alked"
    assert looked_at(trace, f"generated.4.{LAYER_1}")[-5:] == tuple("alked")
    assert "".join(words_of(other)[8:]) == "lhlhl"
    assert [weights_of(other, LAYER_1)[-1, 2], other["candidates"].array.max()] == near([0.0294, 0.4014])
    scores = np.sort(trace[f"{LAYER_1}.scaled_scores"].array[0, -1])
    assert [*scores[:-3:-1]] == near([18.5971, 1.6120])
    assert [*(record_of("induction-head").scores[[1, 3], 1] * 64)] == near([4, 58])


# --- names


def test_every_vowel_of_a_held_out_name_is_guessed_of_the_kind_of_the_one_before() -> None:
    scenario, guessed = scenario_of("names"), []
    for example in held_out("names"):
        probabilities = on(scenario, example, target_tokens=example.target)["probabilities"]
        tokens = probabilities.axes[-1].labels or ()
        text = (*example.source, *example.target)
        for place, (letter, after) in enumerate(pairwise(text)):
            before = next((each for each in reversed((*text[:place], letter)) if each in "aeiou"), "")
            if before and after in "aeiou":
                likeliest = max("aeiou", key=lambda vowel: probabilities.array[place, tokens.index(vowel)])
                guessed.append((likeliest in "ei") is (before in "ei"))
    assert (sum(guessed), len(guessed)) == (36, 36)


def test_the_names_that_are_written_were_not_in_the_data() -> None:
    known = {"".join(pair.target[:-1]) for pair in scenario_of("names").pairs()}
    trace, other = run_of("names"), second_of("names")
    found = ["".join(words_of(each)[1:-1]) for each in (trace, other)]
    assert found == ["kile", "kuluro"]
    assert not known & set(found)
    assert {"tirenel", "vomavu"} <= known - {"".join(each.target[:-1]) for each in held_out("names")}
    assert {END} == {words_of(each)[-1] for each in (trace, other)}
    assert sum(value.array.size for value in trace.parameters.values()) == 3584
    block = "decoder.layers.0"
    row = trace["decoder.embedding"].array[1]
    assert [np.sqrt(np.square(row).mean()), trace[f"{block}.self_attention.weights"].array[1, 3, 2]] == near(
        [0.9252, 0.9725]
    )
    assert [trace[f"{block}.ffn.hidden_pre"].array[3, 3]] == near([-1.5392])
    tokens = other["candidates"].axes[0].labels or ()
    assert [other["candidates"].array[tokens.index(each)] for each in "euao"] == near([0.0057, 0.5340, 0.2166, 0.1967])


# --- sentiment


@pytest.mark.parametrize("example", held_out("sentiment"), ids=lambda example: " ".join(example.source))
def test_every_sentence_that_was_held_out_gets_its_label(example: Example) -> None:
    scenario = scenario_of("sentiment")
    assert example not in scenario.pairs()[:144]
    assert said(on(scenario, example)) == example.target


def test_its_own_sentence_was_held_out_and_the_scores_are_those_of_the_lesson() -> None:
    assert Example(("this", "song", "is", "not", "very", "good"), ("negative",)) in held_out("sentiment")
    found = record_of("sentiment")
    right = dict(zip(found.steps, found.scores[:, 1] * 36, strict=True))
    assert [*(right[step] for step in (0, 90, 150, 180, 300))] == near([19, 22, 33, 36, 36])


def test_the_adjective_looks_at_the_negation_in_every_sentence_that_has_one() -> None:
    negated = [each for each in held_out("sentiment") if {"not", "never"} & set(each.source)]
    assert len(negated) > 10
    looks = [looked_at(on(scenario_of("sentiment"), each), ENCODER)[-1] for each in negated]
    assert np.mean([word in ("not", "never") for word in looks]) > 0.8


def test_the_label_hangs_on_that_look_and_not_on_another_that_is_as_strong() -> None:
    assert [*run_of("sentiment")["probabilities"].array] == near([0.0002, 0.9998])
    blind = second_of("sentiment")
    assert [*blind["probabilities"].array] == near([0.9705, 0.0295])
    assert [blind["logits"].array[1], weights_of(blind, ENCODER)[5, 5]] == near([-0.8316, 0.9212])
    other = Edit(at=f"{ENCODER}.scaled_scores", index=(0, 1, 0), knock_out=True)
    assert [run(replace(scenario_of("sentiment"), edits=(other,)))["logits"].array[1]] == near([3.2391])


def test_the_query_of_the_adjective_and_the_key_of_the_negation_point_into_one_corner() -> None:
    trace = run_of("sentiment")
    query, key = trace[f"{ENCODER}.q"].array[0, 5], trace[f"{ENCODER}.k"].array[0, 3]
    assert [*query, *key] == near([-2.4089, -1.3228, -2.1306, -7.2811])
    assert [*trace[f"{ENCODER}.k"].array[0, 0]] == near([3.4456, 4.5752])
    assert query @ key / 2**0.5 == near(trace[f"{ENCODER}.scaled_scores"].array[0, 5, 3])


def test_the_saliency_of_the_words_is_what_the_lesson_says() -> None:
    trace = run(prepare(read_scenario(bundled()["sentiment"])).scenario)
    shares = (trace["grad.encoder.embedding"].array * trace["encoder.embedding"].array).sum(axis=1)
    words = dict(zip(words_of(trace, "encoder"), shares, strict=True))
    assert [words.pop("not"), words.pop("good"), words.pop("is")] == near([3.4270, 2.8515, -1.9102])
    assert max(map(abs, words.values())) < 0.5


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("this song is not very sad", "positive"),
        ("this song is very good", "positive"),
        ("this song is sad", "negative"),
    ],
)
def test_another_word_turns_the_label_over(text: str, label: str) -> None:
    assert said(on(scenario_of("sentiment"), Example(tuple(text.split()), ()))) == (label,)


def test_another_order_does_not() -> None:
    text = "this song is good not very"
    shuffled = on(scenario_of("sentiment"), Example(tuple(text.split()), ()))
    expected = run_of("sentiment")["logits"].array
    np.testing.assert_allclose(shuffled["logits"].array, expected, rtol=1e-4)
