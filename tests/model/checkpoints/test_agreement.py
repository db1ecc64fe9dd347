"""A run compared with what another program computed: it agrees, or the first step that does not is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from attn_explore.model.architecture import Architecture, Rotary
from attn_explore.model.axes import Array
from attn_explore.model.checkpoints.agreement import OF_DOUBLE, Agreement, agreement
from attn_explore.model.checkpoints.checkpoint import Checkpoint, open_checkpoint
from attn_explore.model.checkpoints.reference_tensors import references_in
from attn_explore.model.files.npz import npz
from attn_explore.model.problems import Problem
from tests.checkpoints import DATA, FAMILIES, run_of, texts_of

GOLDEN = DATA / "golden"
LIMIT = 2**30

Changed = Callable[[Architecture], Architecture]


def compared(folder: Path, file: Path | None = None, changed: Changed | None = None) -> Agreement:
    checkpoint = open_checkpoint(folder)
    if changed is not None:
        checkpoint = replace(checkpoint, architecture=changed(checkpoint.architecture))
    trace = run_of(checkpoint, texts_of(folder), "float64")
    references = references_in(file or folder / "expected.safetensors", LIMIT)
    return agreement(trace, checkpoint.architecture, references, OF_DOUBLE)


@pytest.mark.parametrize("name", ["gpt2-tiny", "bert-tiny", "llama-tiny", "marian-tiny"])
def test_golden_cases_agree_under_their_own_names(name: str) -> None:
    found = compared(GOLDEN / name)
    assert (found.first, found.unknown) == (None, ())
    expected = load_file(GOLDEN / name / "expected.safetensors")
    fused = sum(key.endswith(".qkv") for key in expected)
    assert found.compared >= len(expected) + 2 * fused - 4  # some names mean one step: hidden.2 is final_norm
    assert found.widest is not None
    assert found.widest.share < (1e-9 if name in ("gpt2-tiny", "bert-tiny") else 1e-6)


@pytest.mark.parametrize("name", ["gpt2", "t5", "albert", "gguf-qwen3"])
def test_references_agree_under_the_paths_of_steps(name: str) -> None:
    found = compared(FAMILIES / name)
    assert (found.first, found.unknown) == (None, ())


FIRST, SECOND = (f"decoder.layers.{i}.self_attention" for i in range(2))
PLANTED: list[tuple[str, Changed, str]] = [
    ("gpt2", lambda a: replace(a, activation="gelu"), "decoder.layers.0.ffn.hidden"),
    ("gpt2", lambda a: replace(a, norm_eps=1e-4), f"{FIRST}.norm"),
    ("llama", lambda a: replace(a, norm_eps=1e-5), f"{FIRST}.norm"),
    ("llama", lambda a: replace(a, rotary=(Rotary(6, 50.0, "neighbours"),) * 2), f"{FIRST}.q_rotated"),
    ("llama", lambda a: replace(a, rotary=(a.rotary[0], Rotary(6, 51.0, "halves"))), f"{SECOND}.q_rotated"),
    ("qwen3", lambda a: replace(a, activation="gelu_tanh"), "decoder.layers.0.ffn.hidden"),
    ("gpt2", lambda a: replace(a, score="dot"), f"{FIRST}.weights"),
    ("gemma2", lambda a: replace(a, scale_width=6.0), f"{FIRST}.weights"),
    ("gemma2", lambda a: replace(a, gain_plus_one=False), f"{FIRST}.norm"),
    ("gemma2", lambda a: replace(a, embedding_scale=4.0), "decoder.embedding_scaled"),
    ("gemma2", lambda a: replace(a, windows=(None, 3)), f"{FIRST}.weights"),
    ("gemma2", lambda a: replace(a, logit_cap=4.0), "capped_logits"),
    ("bert", lambda a: replace(a, head_hidden="gelu_tanh"), "head.hidden"),
    ("marian", lambda a: replace(a, embedding_scale=None), "encoder.input"),
    ("marian", lambda a: replace(a, waves="interleaved"), "encoder.input"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changed", "path"), PLANTED)
def test_a_planted_fault_is_found_at_its_step(name: str, changed: Changed, path: str) -> None:
    found = compared(FAMILIES / name, changed=changed).first
    assert found is not None
    assert found.path == path
    assert found.share > OF_DOUBLE


def copied(name: str, folder: Path, change: Callable[[dict[str, Array]], None]) -> Checkpoint:
    """A copy of a reference with other tensors."""
    original = open_checkpoint(FAMILIES / name)
    tensors = {key: original.store.read(key) for key in original.store.tensors}
    change(tensors)
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text((FAMILIES / name / "config.json").read_text())
    return open_checkpoint(folder)


def swapped_heads(key: str, width: int, axis: int) -> Callable[[dict[str, Array]], None]:
    """The first two heads of a matrix change places."""

    def change(tensors: dict[str, Array]) -> None:
        order = [*range(width, 2 * width), *range(width), *range(2 * width, tensors[key].shape[axis])]
        tensors[key] = np.ascontiguousarray(np.take(tensors[key], order, axis=axis))

    return change


@pytest.mark.parametrize(
    ("module", "axis", "path"),
    [("q_proj", 0, "q"), ("k_proj", 0, "k"), ("v_proj", 0, "v"), ("o_proj", 1, "output")],
)
def test_heads_in_another_order_are_found(module: str, axis: int, path: str, tmp_path: Path) -> None:
    key = f"model.layers.1.self_attn.{module}.weight"
    checkpoint = copied("llama", tmp_path, swapped_heads(key, 6, axis))
    trace = run_of(checkpoint, texts_of(FAMILIES / "llama"), "float64")
    references = references_in(FAMILIES / "llama" / "expected.safetensors", LIMIT)
    found = agreement(trace, checkpoint.architecture, references, OF_DOUBLE)
    assert found.first is not None
    assert found.first.path == f"decoder.layers.1.self_attention.{path}"


def test_what_lies_between_is_said_where_the_references_do_not_have_it() -> None:
    """Those of golden have q and k before they are turned, and then the weights."""

    def neighbours(model: Architecture) -> Architecture:
        return replace(model, rotary=tuple(replace(each, pairs="neighbours") for each in model.rotary if each))

    found = compared(GOLDEN / "llama-tiny", changed=neighbours)
    block = "decoder.layers.0.self_attention"
    assert found.first is not None
    assert (found.first.path, found.first.name) == (f"{block}.weights", "layer.0.weights")
    assert set(found.agreeing) == {f"{block}.q", f"{block}.k"}
    between = ("q_rotated", "k_rotated", "scores", "scaled_scores", "masked_scores", "mask")
    assert {path.removeprefix(f"{block}.") for path in found.unseen} == set(between)


def test_a_difference_says_where_it_is_and_by_how_much(tmp_path: Path) -> None:
    expected = load_file(FAMILIES / "gpt2" / "expected.safetensors")
    expected["logits"][2, 5] += 7
    save_file(expected, tmp_path / "spoiled.safetensors")
    found = compared(FAMILIES / "gpt2", tmp_path / "spoiled.safetensors").first
    assert found is not None
    assert (found.path, found.cell) == ("logits", "[2, 5]")
    assert found.there - found.here == pytest.approx(7)
    assert found.share == pytest.approx(7 / np.abs(expected["logits"]).max())


@pytest.mark.parametrize("change", [np.nan, np.inf])
def test_what_is_no_number_does_not_agree(change: float, tmp_path: Path) -> None:
    expected = load_file(FAMILIES / "gpt2" / "expected.safetensors")
    expected["logits"][2, 5] = change
    save_file(expected, tmp_path / "spoiled.safetensors")
    found = compared(FAMILIES / "gpt2", tmp_path / "spoiled.safetensors").first
    assert found is not None
    assert found.share == np.inf


def test_an_archive_of_numpy_and_an_axis_for_a_batch_will_do(tmp_path: Path) -> None:
    expected = load_file(FAMILIES / "gpt2" / "expected.safetensors")
    (tmp_path / "batch.npz").write_bytes(b"".join(npz((name, array[None]) for name, array in expected.items())))
    assert compared(FAMILIES / "gpt2", tmp_path / "batch.npz").first is None


def test_names_that_mean_no_step_are_told(tmp_path: Path) -> None:
    expected = load_file(FAMILIES / "gpt2" / "expected.safetensors")
    save_file({"logits": expected["logits"], "my.tensor": expected["logits"]}, tmp_path / "some.safetensors")
    assert compared(FAMILIES / "gpt2", tmp_path / "some.safetensors").unknown == ("my.tensor",)


@pytest.mark.parametrize(
    ("tensors", "what"),
    [
        ({"layer.0.wights": np.zeros(2)}, "no tensor here has the name of a step"),
        ({"logits": np.zeros((3, 40))}, "is 3 × 40 there, and logits is 6 × 40 here"),
    ],
)
def test_what_cannot_be_compared_is_refused(tensors: dict[str, Array], what: str, tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "some.safetensors")
    with pytest.raises(Problem) as caught:
        compared(FAMILIES / "gpt2", tmp_path / "some.safetensors")
    assert what in caught.value.what


def test_what_is_no_file_of_tensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello world, these are no tensors")
    with pytest.raises(Problem) as caught:
        references_in(tmp_path / "notes.txt", LIMIT)
    assert "no reference tensors" in caught.value.what
