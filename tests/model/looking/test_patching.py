"""Patching: against transformers with hooks, against runs with an edit, and what it refuses."""

from __future__ import annotations

import json
from itertools import cycle, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model.axes import Axis
from attn_explore.model.changes import Change
from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.looking import patching as made_by
from attn_explore.model.looking.patched_runs import Patch, differences
from attn_explore.model.looking.patching import Asked, Kind, Patching, patching
from attn_explore.model.problems import Problem
from attn_explore.model.stream import stream_of
from attn_explore.model.trace import Trace
from tests.architectures import IDS, MODELS, VOCABULARY, run_of
from tests.building import random_parameters
from tests.checkpoints import DATA, FAMILIES, texts_of
from tests.checkpoints import run_of as run_of_checkpoint

EXPECTED = json.loads((DATA / "patching.json").read_text())
KINDS: tuple[Kind, ...] = ("residual", "attention", "ffn", "heads")
HEADED = sorted(name for name, model in MODELS.items() if model.head == "vocabulary")
OTHER_IDS = [1, 2, 2, 0]


def two(name: str, seed: int = 0) -> tuple[Trace, Trace]:
    """Runs of a model at random over two texts that differ in two words."""
    parameters = random_parameters(MODELS[name], VOCABULARY, seed)
    return run_of(MODELS[name], parameters), run_of(MODELS[name], parameters, ids=OTHER_IDS)


def made(clean: Trace, corrupted: Trace, asked: Asked) -> Patching:
    found = patching(clean, corrupted, asked)
    while found.go_on():
        pass
    assert found.is_done
    return found


def said(trace: Trace, found: Patching) -> float:
    logits = trace.steps[found.said.steps[-1].path].array
    row = logits if found.said.place is None else logits[found.said.place]
    return float(row[found.said.token] - row[found.said.against])


@pytest.mark.parametrize("name", EXPECTED["models"])
def test_what_comes_back_is_what_comes_back_in_transformers(name: str) -> None:
    wanted, read = EXPECTED["models"][name], texts_of(FAMILIES / name)
    model = open_checkpoint(FAMILIES / name)
    clean, corrupted = (
        run_of_checkpoint(model, {**read, "ids": ids}, "float64") for ids in (read["ids"], wanted["ids"])
    )
    whole = wanted["clean"] - wanted["corrupted"]
    for stack, kind in product(wanted["stacks"], KINDS):
        found = made(clean, corrupted, Asked(kind, stack=stack, **EXPECTED["asked"]))
        of_kind = {method: np.array(rows) for method, rows in wanted["stacks"][stack][kind].items()}
        exact = (of_kind["exact"] - wanted["corrupted"]) / whole
        where = f"{stack} {kind}"
        np.testing.assert_allclose(found.exact, exact, atol=1e-9, err_msg=where)
        np.testing.assert_allclose(found.estimate, of_kind["estimate"] / whole, atol=1e-9, err_msg=where)


@pytest.mark.parametrize(("name", "kind"), zip(HEADED, cycle(KINDS)))
def test_each_number_is_that_of_the_run_with_the_edit(name: str, kind: Kind) -> None:
    """In every kind of model, with each kind of patch in several."""
    clean, corrupted = two(name)
    found = made(clean, corrupted, Asked(kind, token=1, against=2))
    assert np.abs(found.exact).max() > 1e-3
    for row, column in ((0, 1), (len(found.rows) - 1, 1), (0, 0)):
        path = found.rows[row].path
        _, edited = two(name)
        edited.steps[path].changes = (Change((column,), put=clean.steps[path].array),)
        edited.run_again()
        share = (said(edited, found) - found.corrupted) / (found.clean - found.corrupted)
        assert found.exact[row, column] == pytest.approx(share, abs=1e-9), (path, column)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(HEADED), st.integers(0, 1000))
def test_all_of_one_run_put_into_the_other_gives_what_it_says_and_nothing_gives_nothing(name: str, seed: int) -> None:
    clean, corrupted = two(name, seed)
    found = patching(clean, corrupted, Asked(token=1, against=2))
    step = found.rows[0]
    everything = Patch(step, (slice(None),), clean.steps[step.path].array)
    nothing = Patch(step, (slice(None),), step.array)
    said_then = differences(corrupted, [everything, nothing], found.said)
    assert said_then == pytest.approx([said(clean, found), said(corrupted, found)], rel=1e-9, abs=1e-9)


def test_an_edit_of_the_run_that_is_patched_is_part_of_it() -> None:
    clean, corrupted = two("llama")
    path = "decoder.layers.0.ffn.output"
    corrupted.steps[path].changes = (Change((2,), factor=0.0), Change((1, 3), put=4.0))
    corrupted.run_again()
    found = made(clean, corrupted, Asked("attention", token=1, against=2))
    _, edited = two("llama")
    edited.steps[path].changes = corrupted.steps[path].changes
    edited.steps[found.rows[0].path].changes = (Change((1,), put=clean.steps[found.rows[0].path].array),)
    edited.run_again()
    share = (said(edited, found) - found.corrupted) / (found.clean - found.corrupted)
    assert found.exact[0, 1] == pytest.approx(share, abs=1e-9)


def test_only_words_from_the_first_patched_one_on_are_computed_where_none_sees_later_ones() -> None:
    starts = {
        name: {chunk.start for chunk in patching(*two(name), Asked(token=1, against=2)).chunks} for name in HEADED
    }
    assert starts["llama"] == {1, 2, 3}
    assert starts["bert"] == starts["t5"] == {0}


def test_what_is_made_in_parts_is_made_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = made(*two("llama"), Asked("heads", token=1, against=2))
    monkeypatch.setattr(made_by, "AT_ONCE", 1)
    parts = patching(*two("llama"), Asked("heads", token=1, against=2))
    assert len(parts.chunks) == parts.runs > len(whole.chunks)
    shares = [parts.share_done]
    while parts.go_on():
        assert parts.runs_left == np.isnan(parts.exact).sum()
        shares.append(parts.share_done)
    assert shares == sorted(set(shares))
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    np.testing.assert_allclose(parts.exact, whole.exact, atol=1e-12)


def refusal(clean: Trace, corrupted: Trace, asked: Asked) -> str:
    with pytest.raises(Problem) as problem:
        patching(clean, corrupted, asked)
    return problem.value.in_one_line


def test_texts_of_different_lengths_are_told_with_both_lengths_and_where_they_part() -> None:
    parameters = random_parameters(MODELS["llama"], VOCABULARY, 0)
    runs = [run_of(MODELS["llama"], parameters, ids=ids) for ids in (IDS, [1, 0, 0])]
    for trace, words in zip(runs, ("a b c a", "a b b"), strict=True):
        step = trace.steps["decoder.embedding"]  # which is what the first layer reads: positions are turned
        for value in (step, trace.steps["decoder.input"]):
            value.axes = (Axis("token", value.shape[0], tuple(words.split())), *value.axes[1:])
    assert "have 4 and 3 tokens; they part at 2: c, b" in refusal(runs[0], runs[1], Asked())


def test_runs_that_cannot_be_patched_say_why() -> None:
    clean, corrupted = two("llama")
    again, _ = two("llama")
    others = two("llama", seed=1)
    assert "both runs read the same" in refusal(clean, again, Asked())
    assert "not of one model" in refusal(clean, others[1], Asked())
    assert "not of one model" in refusal(clean, two("gpt2")[1], Asked())
    assert "one token where two are compared" in refusal(clean, corrupted, Asked(token=1, against=1))
    assert "no head that makes words" in refusal(*two_of_headless(), Asked())


def two_of_headless() -> tuple[Trace, Trace]:
    return two("minilm")


def test_by_default_the_tokens_are_what_the_two_runs_would_say() -> None:
    for seed in range(9):
        clean, corrupted = two("llama", seed)
        best = [int(stream_of(trace).logits.array[-1].argmax()) for trace in (clean, corrupted)]
        if best[0] != best[1]:
            found = patching(clean, corrupted)
            assert [found.said.token, found.said.against] == best
            return
    raise AssertionError("no seed tells the two runs apart")
