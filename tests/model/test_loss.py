import numpy as np
import pytest

from attn_explore.model.loss import has_loss, record_loss, wanted
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario

TRANSLATION = """
model: {kind: encoder-decoder, head: vocabulary, classes: [我, 喜歡, 狗]}
input: {text: I love dogs, target: 我 喜歡 狗}
"""
LABELLED = """
model: {head: tokens, classes: [pronoun, verb]}
input: {text: I love, target: pronoun verb, pad_to: 4}
"""
SENTENCE = """
model: {head: sequence, classes: [good, bad]}
input: {text: I love it, target: bad}
"""
CONTINUED = """
model: {kind: decoder, head: vocabulary}
input: {text: a b, target: c d}
"""


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TRANSLATION, ("我", "喜歡", "狗", "</s>")),
        (LABELLED, ("pronoun", "verb", None, None)),
        (SENTENCE, ("bad",)),
        (CONTINUED, (None, "c", "d", None)),
    ],
)
def test_the_loss_is_the_mean_surprise_at_what_should_be_said(text: str, words: tuple[str | None, ...]) -> None:
    scenario = parse_scenario(text)
    assert wanted(scenario) == words
    trace = run(scenario)
    loss = record_loss(trace, scenario)
    logits = trace["logits"]
    labels = logits.axes[-1].labels or ()
    rows = _log_softmax(logits.array).reshape(len(words), -1)
    surprise = [-row[labels.index(word)] for row, word in zip(rows, words, strict=True) if word is not None]
    assert loss.path == "loss"
    assert loss.shape == ()
    assert float(loss.array) == pytest.approx(np.mean(surprise), rel=1e-12)


def test_padding_and_what_was_given_have_no_share_in_the_loss() -> None:
    trace = run(scenario := parse_scenario(CONTINUED))
    record_loss(trace, scenario)
    assert trace.given["target_share"].array.tolist() == [0, 0.5, 0.5, 0]


@pytest.mark.parametrize(
    "text", ["input: {text: I love}", "model: {kind: decoder, head: vocabulary}\ninput: {text: a}"]
)
def test_without_a_target_there_is_no_loss(text: str) -> None:
    scenario = parse_scenario(text)
    assert not has_loss(scenario)
    with pytest.raises(Problem, match="no loss without"):
        wanted(scenario)


def test_vectors_are_no_words_to_be_said() -> None:
    with pytest.raises(Problem, match="vectors are no words"):
        wanted(parse_scenario(TRANSLATION.replace("target: 我 喜歡 狗", "target_vectors: [[1, 2, 3, 4, 5, 6]]")))


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("target: pronoun", "a label for each of the 2 words, and here are 1"),
        ("target: pronoun noun", "noun is none of the classes"),
        ("target_vectors: [[1, 2]]", "the target of this head are labels"),
    ],
)
def test_the_target_of_an_encoder_are_labels(target: str, what: str) -> None:
    with pytest.raises(Problem, match=what):
        parse_scenario(LABELLED.replace("target: pronoun verb", target))
