"""Which words made an output: each method against PyTorch, what has to add up, and what has no answer."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.explorer.session.asked_words import WhichWords, words_asked
from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.known import Known, known_of
from attn_explore.model.looking import word_shares
from attn_explore.model.looking.one_output import Measure, Output
from attn_explore.model.looking.rollout import rollouts
from attn_explore.model.looking.word_shares import Words
from attn_explore.model.looking.word_shares import words_of as begun
from attn_explore.model.opened import Opened, scenario_of
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace
from tests.architectures import MODELS, some_run
from tests.checkpoints import DATA, FAMILIES
from tests.opened import opened

EXPECTED = json.loads((DATA / "words.json").read_text())
ASKED = EXPECTED["asked"]
METHODS = ("gradient", "integrated", "rollout", "left_out")


def words_of(known: Known, trace: Trace, output: Output, steps: int) -> Words:
    """With every run made."""
    return finished(begun(known, trace, output, steps))


def finished(found: Words) -> Words:
    while found.go_on():
        pass
    assert found.is_done
    return found


def ran(text: str) -> tuple[Known, Trace]:
    scenario = parse_scenario(text)
    return known_of(scenario), run(scenario)


def family(name: str) -> Words:
    model = Opened(open_checkpoint(FAMILIES / name))
    read = {"ids": ASKED["ids"]} | (
        {"target_ids": ASKED["target_ids"]} if model.architecture.kind == "encoder-decoder" else {}
    )
    scenario = scenario_of(name, model, read, "float64")
    trace = run(scenario)
    last = trace.steps["logits"].shape[0] - 1
    return words_of(known_of(scenario), trace, Output("logit", last, ASKED["token"]), ASKED["steps"])


@pytest.mark.parametrize("name", EXPECTED["models"])
def test_each_method_gives_what_it_gives_in_pytorch(name: str) -> None:
    wanted, found = EXPECTED["models"][name], family(name)
    assert (found.value, found.baseline) == pytest.approx((wanted["value"], wanted["baseline"]), abs=1e-9)
    for method in METHODS:
        for stack, numbers in zip(found.stacks, wanted[method], strict=True):
            expected = np.array(numbers, float)  # None is NaN
            np.testing.assert_allclose(getattr(stack, method), expected, atol=1e-9, err_msg=f"{name} {method}")


LINEAR = """
model: {kind: encoder, layers: 1, d_model: 4, heads: 1, feed_forward: false, norm: none, residual: false,
        position: none, head: tokens, classes: [a, b]}
input: {text: I}
"""


def test_of_a_model_that_is_straight_both_gradients_are_exact() -> None:
    """Where there is one word, all attention is to it, and a logit is linear in its embedding."""
    known, trace = ran(LINEAR)
    found = words_of(known, trace, Output("logit", 0, 1), 3)
    assert found.total("gradient") == pytest.approx(found.value - found.baseline, abs=1e-12)
    assert found.total("integrated") == pytest.approx(found.total("gradient"), abs=1e-12)
    assert found.value != found.baseline


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["logit", "probability"]))
def test_integrated_gradients_and_their_error_are_what_the_output_gained(seed: int, measure: Measure) -> None:
    model = f"{{kind: decoder, norm_order: post, head: vocabulary, weights: {{seed: {seed}}}}}"
    known, trace = ran(f"{{model: {model}, input: {{text: I love my dog}}}}")
    few, many = (words_of(known, trace, Output(measure, 2, 1), steps) for steps in (2, 64))
    assert few.total("integrated") + few.error == pytest.approx(few.value - few.baseline, abs=1e-9)
    assert abs(many.error) < max(0.02, abs(few.error))
    assert np.isfinite(few.total("left_out"))


@pytest.mark.parametrize("name", ["gpt2", "bert", "gpt-j", "marian", "t5"])
def test_the_shares_of_rollout_are_together_one_at_every_word(name: str) -> None:
    trace = some_run(MODELS[name])
    shares = rollouts(trace, "decoder" if MODELS[name].has_decoder else "encoder")
    assert sum(part.sum(axis=-1) for part in shares.values()) == pytest.approx(1.0)


def test_the_word_that_turns_a_sentence_around_is_found_by_three_methods() -> None:
    (stack,) = finished(words_asked(opened("sentiment").session(), WhichWords()).words).stacks
    words = list(stack.text.words)
    assert words[int(np.argmax(stack.gradient))] == "not"
    assert words[int(np.argmax(stack.integrated))] == "not"
    assert words[int(np.nanargmax(stack.left_out))] == "not"


def test_of_a_generation_the_last_pass_is_asked_for_with_source_and_target_apart() -> None:
    found = words_asked(opened("translate").session(), WhichWords(token="狗", after="我的", steps=2))
    source, target = finished(found.words).stacks
    assert (source.stack, target.stack) == ("encoder", "decoder")
    assert source.text.words[int(np.nanargmax(source.left_out))] == "dog"
    assert target.text.words[0] == "<s>"
    own = found.logits.array[found.words.output.place, found.words.output.token]
    assert found.words.value == pytest.approx(float(own), abs=1e-6)


@pytest.mark.parametrize("measure", ["logit", "probability"])
def test_without_a_word_the_output_is_that_of_the_run_over_the_shorter_text(measure: Measure) -> None:
    """Before the word that it is at, and behind it; padding stays where it is."""

    def over(words: list[str]) -> tuple[Known, Trace]:
        model = "{kind: encoder, head: tokens, classes: [x, y]}"
        return ran(f"{{model: {model}, input: {{vocabulary: [a, b, c], tokens: {words}, pad_to: 6}}}}")

    words = ["a", "b", "c", "b"]
    found = words_of(*over(words), Output(measure, 2, 1), 1)
    assert np.isnan(found.stacks[0].left_out[2])
    for gone, place in ((0, 1), (1, 1), (3, 2)):
        _, shorter = over(words[:gone] + words[gone + 1 :])
        said = shorter.steps["logits" if measure == "logit" else "probabilities"].array[place, 1]
        assert found.stacks[0].left_out[gone] == pytest.approx(found.value - said, abs=1e-12)


def test_runs_that_are_made_one_by_one_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    together = family("t5")
    monkeypatch.setattr(word_shares, "AT_ONCE", 1)
    for one, other in zip(family("t5").stacks, together.stacks, strict=True):
        for method in METHODS:
            np.testing.assert_allclose(getattr(one, method), getattr(other, method), atol=1e-9)


def test_the_only_word_of_a_text_cannot_be_left_out() -> None:
    known, trace = ran("{model: {kind: decoder, head: vocabulary, classes: [a, b]}, input: {text: a}}")
    (stack,) = words_of(known, trace, Output("logit", 0, 1), 1).stacks
    assert np.isnan(stack.left_out).all()


@pytest.mark.parametrize(
    ("tokens", "edits"), [("['[MASK]']", "[]"), ("['[MASK]', a]", "[{at: encoder.position, set: 0.0}]")]
)
def test_where_no_word_is_masked_the_gradients_are_told(tokens: str, edits: str) -> None:
    model = "{kind: encoder, head: tokens, classes: [x, y]}"
    known, trace = ran(f"{{model: {model}, input: {{tokens: {tokens}}}, edits: {edits}}}")
    (stack,) = words_of(known, trace, Output("logit", 0, 1), 2).stacks
    assert np.isnan(stack.left_out).all()
    assert np.isfinite(stack.integrated).all()


def test_with_edits_no_word_is_left_out_and_the_gradients_are_of_the_edited_run() -> None:
    edit = "[{at: decoder.embedding, index: [1, all], set: 0.0}]"
    model = "{kind: decoder, norm_order: pre, head: vocabulary}"
    known, trace = ran(f"{{model: {model}, input: {{text: I love my dog}}, edits: {edit}}}")
    (stack,) = words_of(known, trace, Output("logit", 3, 0), 2).stacks
    assert np.isnan(stack.left_out).all()
    assert stack.gradient[1] == stack.integrated[1] == 0
    assert stack.gradient[3] != 0


def test_what_cannot_be_asked_says_what_would_be_right() -> None:
    with pytest.raises(Problem, match="one thing of the whole text"):
        words_asked(opened("sentiment").session(), WhichWords(after="not"))
    with pytest.raises(Problem, match="no head"):
        words_asked(opened("encoder-layer").session(), WhichWords())
    known, trace = ran(
        "{model: {kind: decoder, head: vocabulary}, input: {text: a b}, edits: [{at: logits, set: 1.0}]}"
    )
    with pytest.raises(Problem, match="the output itself is edited"):
        words_of(replace(known), trace, Output("logit", 0, 0), 1)
