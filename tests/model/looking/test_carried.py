"""Parts of a sum that go through straight steps: they are all of the result, but for the biases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.axes import Array
from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.looking.carried import bias_of, carried, is_straight
from attn_explore.model.looking.readout import readout_of
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.checkpoints import FAMILIES, run_of, texts_of

NAMES = ["albert", "gemma2", "gpt-j", "gpt2", "llama", "olmo2", "opt-post-norm", "t5"]


def run(name: str) -> Trace:
    return run_of(open_checkpoint(FAMILIES / name), texts_of(FAMILIES / name), "float64")


def of_tokens(trace: Trace) -> list[Value]:
    """The straight steps that read vectors of tokens."""
    steps = (step for step in trace.steps.values() if is_straight(step))
    return [step for step in steps if step.operands[0].names[0] == "token" and len(step.operands[0].names) == 2]


def at_last(step: Value) -> Array:
    """What a step made of the last token."""
    found: Array = np.take(step.array, -1, step.names.index("token")).ravel()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_that_is_carried_through_a_step_is_its_result_without_the_bias(name: str) -> None:
    steps = of_tokens(run(name))
    assert {step.made_by.name for step in steps} >= {"contract"}
    for step in steps:
        x = step.operands[0].array
        bias = bias_of(step)
        wanted = at_last(step) - (0 if bias is None else bias)
        assert carried([step], x[-1:], (len(x) - 1,))[0] == pytest.approx(wanted, abs=1e-9), step.path


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_what_parts_become_adds_up_to_what_their_sum_becomes(seed: int, many: int) -> None:
    steps = STEPS[seed % len(STEPS)]
    parts = np.random.default_rng(seed).normal(size=(many, steps[0].operands[0].shape[-1]))
    together = carried(steps, parts.sum(axis=0, keepdims=True), (0,))
    assert carried(steps, parts, (0,)).sum(axis=0) == pytest.approx(together[0], abs=1e-9)


STEPS = [readout.steps for name in ("gpt2", "llama") if (readout := readout_of(run(name), "decoder.input"))]


@pytest.mark.parametrize(
    ("name", "writer", "is_there"),
    [
        ("llama", "decoder.input", True),
        ("gemma2", "generated.1.decoder.input", True),
        ("t5", "decoder.input", True),
        ("t5", "encoder.input", False),
        ("bert", "encoder.input", False),
        ("bert-sentence", "encoder.input", False),
    ],
)
def test_only_a_head_that_reads_the_stream_straight_away_reads_out_what_is_written_there(
    name: str, writer: str, *, is_there: bool
) -> None:
    assert (readout_of(run(name), writer) is not None) == is_there
