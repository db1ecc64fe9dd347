"""`--text`, `--ids`, `--target` and `--max-new-tokens`: a scenario that reads something else than its file says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.model.run import run
from attn_explore.model.scenario import read_scenario
from tests.program import Ended, here

Run = Callable[..., Ended]


@pytest.fixture
def attn(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process."""
    return partial(here, capsys)


def test_a_text_is_read_instead_of_the_scenarios_and_its_lesson_is_left_out(attn: Run) -> None:
    found = attn("show", "i-love-my-dog", "encoder.layers.0.self_attention.weights", "--text", "the cat", "--csv").out
    assert [line.split(",")[:2] for line in found.splitlines()[1:]] == [["head 0", "the"], ["head 0", "cat"]]
    assert not read_scenario(bundled()["i-love-my-dog"]).with_text({"text": "the cat"}).lesson


def test_words_that_stay_keep_their_numbers() -> None:
    scenario = read_scenario(bundled()["i-love-my-dog"])
    first = run(scenario).steps["encoder.embedding"].array
    other = run(scenario.with_text({"text": "dog love cat"})).steps["encoder.embedding"].array
    assert (other[:2] == first[[3, 1]]).all()
    assert other.shape == (3, 6)


def test_both_runs_of_a_comparison_read_the_text() -> None:
    scenario = read_scenario(bundled()["with-and-without-mask"]).with_text({"text": "one two"})
    second = scenario.second()
    assert second is not None
    assert scenario.tokens() == second.tokens() == ("one", "two")


def test_two_texts_are_compared(attn: Run) -> None:
    found = attn("compare", "wide", "wide", "--text", "a cat", "--second-text", "a dog", "--plain").out
    assert "cat" in found
    assert "dog" in found


def test_a_decoder_is_fed_a_target_or_chooses_so_many_words(attn: Run) -> None:
    steps = [
        run(read_scenario(bundled()["translate"]).with_text({"max_new_tokens": n})).tokens["decoder"] for n in (1, 2)
    ]
    assert [len(words or ()) for words in steps] == [2, 3]
    shown = attn("show", "translate", "decoder.embedding", "--target", "我 餵", "--csv").out
    assert [line.split(",")[0] for line in shown.splitlines()[1:]] == ["<s>", "我", "餵"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("single-head", "--text", "I love cats"), "the model has no row for cats: its embedding table is given"),
        (("i-love-my-dog", "--text", "  "), "there are no tokens in `input.text`"),
        (("i-love-my-dog", "--ids", "1,2"), "`ids` are rows of a checkpoint's table, and there is none"),
        (("i-love-my-dog", "--ids", "1,x"), "token ids are whole numbers, such as 464,3139: not x"),
        (("i-love-my-dog", "--ids", ","), "token ids are whole numbers"),
        (("i-love-my-dog", "--ids", "9" * 400), "token ids are whole numbers"),
        (("softmax-saturation", "--text", "a"), "an experiment brings its own input"),
        (("i-love-my-dog", "--max-new-tokens", "0"), "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_message(attn: Run, options: tuple[str, ...], what: str) -> None:
    found = attn("run", *options, "--plain")
    assert found.status == 2
    assert what in found.err
    assert "input.yaml" not in found.err


def test_a_trace_reads_nothing_else(attn: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    trace = tmp_path_factory.mktemp("traces") / "trace.json"
    assert attn("export", "i-love-my-dog", "-o", str(trace)).status == 0
    assert "a trace has run already" in attn("run", str(trace), "--text", "a").err
