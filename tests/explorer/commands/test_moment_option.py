"""`--moment`: a run, a tensor, a number or a trace with the weights after some steps of training."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.program import Ended, here, is_refusal
from tests.trained import record, trained

WEIGHTS = "encoder.layers.0.self_attention.weights"

LESSON = f"""
lesson:
  - {{at: {WEIGHTS}, moment: 0, focus: {{query: a}}, say: Nothing yet., ask: Where to, answer: {{argmax: key}}}}
  - {{at: {WEIGHTS}, focus: {{query: a}}, say: At the end., ask: And now, answer: {{argmax: key}}}}
"""

Run = Callable[..., Ended]


@pytest.fixture
def attn(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in this process, in the folder of the trained scenario."""
    monkeypatch.chdir(tmp_path)
    trained(tmp_path)
    return partial(here, capsys)


def test_the_walk_through_is_of_that_moment_and_says_so(attn: Run) -> None:
    found = attn("run", "reverse.yaml", "--plain", "--moment", "50")
    assert found.status == 0
    assert found.out.splitlines()[1] == "trained 50 of 300 steps, loss 1.4707, held out 0%"
    assert attn("run", "reverse.yaml", "--plain").out.splitlines()[1].startswith("trained 300 of 300 steps")


def test_show_prints_the_weights_of_that_moment(attn: Run) -> None:
    found = attn("show", "reverse.yaml", "head.w", "--moment", "100", "--csv")
    rows = [line.split(",")[1:] for line in found.out.splitlines()[1:]]
    np.testing.assert_array_equal(np.array(rows, np.float32), record().moments["head.w"][2])


def test_explain_says_which_weights_they_are(attn: Run) -> None:
    assert "after 50 steps of training" in attn("explain", "reverse.yaml", "head.b[2]", "--moment", "50").out


def test_export_writes_the_trace_of_that_moment(attn: Run, tmp_path: Path) -> None:
    assert attn("export", "reverse.yaml", "-o", "t.json", "--moment", "0").status == 0
    found = json.loads((tmp_path / "t.json").read_text("utf-8"))
    (values,) = (each["values"] for each in found["parameters"] if each["name"] == "head.w")
    np.testing.assert_array_equal(np.array(values, np.float32), record().moments["head.w"][0])
    assert attn("show", "t.json", WEIGHTS).out == attn("show", "reverse.yaml", WEIGHTS, "--moment", "0").out


def test_gradients_are_those_of_that_moment(attn: Run) -> None:
    early, late = (attn("show", "reverse.yaml", "grad.encoder.embedding", "--moment", at) for at in ("50", "300"))
    assert early.status == late.status == 0
    assert early.out != late.out


def test_a_moment_that_was_not_kept_is_refused_with_those_that_were(attn: Run) -> None:
    found = attn("show", "reverse.yaml", "head.w", "--moment", "55")
    assert (found.status, found.out) == (2, "")
    assert is_refusal(found.err)
    assert "no weights were kept after 55 steps of training" in found.err
    assert "the nearest are after 50 and 100 of 300 steps" in found.err


@pytest.mark.parametrize("source", ["i-love-my-dog", "t.json"])
def test_without_a_training_there_is_no_moment(attn: Run, source: str) -> None:
    attn("export", "i-love-my-dog", "-o", "t.json")
    found = attn("run", source, "--plain", "--moment", "0")
    assert (found.status, found.out) == (2, "")
    assert is_refusal(found.err)


def test_a_lesson_as_text_tells_each_stop_at_its_moment(attn: Run, tmp_path: Path) -> None:
    trained(tmp_path, LESSON)
    found = attn("run", "reverse.yaml", "--plain").out
    first, second = found.index("Question: Where to"), found.index("Question: And now")
    assert found.index("After 0 steps of training:") < found.index("Nothing yet.") < first < second
    assert "After 300 steps" not in found  # it is what is printed all along
    early, late = (found.index(f"{cell} is the largest") for cell in ("A[a, c] = 0.3320", "A[a, e] = 0.8435"))
    assert second < early < late  # the answers stand last, each with the numbers of its moment
