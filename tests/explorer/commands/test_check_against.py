"""`check` of models: whether their files fit together, and whether they compute what another program did."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.checkpoints import REFERENCES
from tests.explorer.commands.conftest import Run

DATA = Path(__file__).parents[2] / "data"
GOLDEN, FAMILIES = DATA / "golden", DATA / "families"


def copy_of(folder: Path, **settings: object) -> Path:
    """A copy of a model in the present folder, with other settings."""
    copied = Path(shutil.copytree(folder, folder.name))
    config = copied / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | settings))
    return copied


@pytest.mark.parametrize("name", ["gpt2-tiny", "bert-tiny", "llama-tiny", "marian-tiny"])
def test_a_model_agrees_with_what_pytorch_computed(attn: Run, name: str) -> None:
    folder = GOLDEN / name
    found = attn("check", str(folder), "--against", str(folder / "expected.safetensors"))
    assert found.status == 0
    assert "that could be compared agree" in found.out


REFUSED = {"bert": "`segments` has a second segment"}
"""What a run cannot read as the references were made, and what is said of it."""


@pytest.mark.parametrize("name", REFERENCES)
def test_every_family_agrees_as_it_is_run_with_its_values_forgotten_and_in_float64(attn: Run, name: str) -> None:
    folder = FAMILIES / name
    found = attn("check", str(folder), "--against", str(folder / "expected.safetensors"))
    if name in REFUSED:
        assert found.status == 2
        assert REFUSED[name] in found.err
    else:
        assert "that could be compared agree" in found.out


def test_a_wrong_activation_in_a_copy_is_found_with_what_it_was_made_from(attn: Run) -> None:
    folder = copy_of(GOLDEN / "gpt2-tiny", activation_function="relu")
    found = attn("check", str(folder), "--against", str(folder / "expected.safetensors"))
    assert found.status == 1
    first, *rest = found.out.splitlines()
    assert first.startswith("decoder.layers.0.ffn.output is not what expected.safetensors says: off by 0.")
    assert first.endswith("(layer.0.ffn_output)")
    assert rest == [
        "  it is made from what agrees: decoder.layers.0.ffn.hidden_pre",
        "  and on the way from what there is no tensor of: decoder.layers.0.ffn.hidden",
    ]


@pytest.mark.parametrize(
    ("name", "settings", "step"),
    [
        ("gpt2-tiny", {"layer_norm_epsilon": 1e-3}, "decoder.layers.0.self_attention.norm"),
        ("bert-tiny", {"layer_norm_eps": 1e-3}, "encoder.input_norm"),
        ("llama-tiny", {"rope_parameters": {"rope_theta": 9}}, "decoder.layers.0.self_attention.weights"),
        ("llama-tiny", {"hidden_act": "gelu"}, "decoder.layers.0.ffn.output"),
        ("gpt2-tiny", {"scale_attn_weights": False}, "decoder.layers.0.self_attention.weights"),
        ("marian-tiny", {"scale_embedding": True}, "encoder.input"),
    ],
)  # fmt: skip
def test_a_wrong_setting_in_a_copy_is_found_at_its_step(
    attn: Run, name: str, settings: dict[str, object], step: str
) -> None:
    folder = copy_of(GOLDEN / name, **settings)
    found = attn("check", str(folder), "--against", str(folder / "expected.safetensors"))
    assert found.status == 1
    assert found.out.startswith(f"{step} is not what ")


def test_what_is_the_same_may_be_said(attn: Run) -> None:
    folder = copy_of(GOLDEN / "llama-tiny", rms_norm_eps=1.00001e-6)
    against = ("check", str(folder), "--against", str(folder / "expected.safetensors"))
    assert attn(*against).status == 0
    assert attn(*against, "--tolerance", "1e-9").status == 1


def test_ids_are_those_that_are_given_or_those_beside_the_tensors(attn: Run) -> None:
    folder, ids = FAMILIES / "gpt2", json.loads((FAMILIES / "gpt2" / "input.json").read_text())["ids"]
    expected = load_file(folder / "expected.safetensors")
    save_file({"logits": expected["logits"].astype(np.float32)}, "mine.safetensors")
    against = ("check", str(folder), "--against", "mine.safetensors")
    assert "this model has nothing to read" in attn(*against).err
    assert attn(*against, "--ids", ",".join(map(str, ids))).status == 0
    refused = attn(*against, "--ids", "4,5")
    assert (refused.status, refused.out) == (2, "")
    assert "is 6 × 40 there, and logits is 2 × 40 here" in refused.err


def test_a_scenario_agrees_with_its_own_export(attn: Run) -> None:
    attn("export", "i-love-my-dog", "-o", "trace.npz")
    found = attn("check", "i-love-my-dog", "--against", "trace.npz")
    assert (found.status, found.err) == (0, "")
    assert found.out.startswith("all 11 steps that could be compared agree\n")


PADDED_LEFT = ("bloom-no-prefix", "gpt2-padded-left", "llama-padded-left", "opt")


def beside(folder: Path, **said: object) -> None:
    """Say more in the file beside the tensors; None takes a key away."""
    found = json.loads((folder / "input.json").read_text()) | said
    (folder / "input.json").write_text(json.dumps({key: value for key, value in found.items() if value is not None}))


@pytest.mark.parametrize("name", PADDED_LEFT)
def test_padding_before_the_words_is_what_the_mask_says_whatever_its_ids_are(attn: Run, name: str) -> None:
    folder = copy_of(FAMILIES / name)
    said = json.loads((folder / "input.json").read_text())
    beside(folder, ids=[each if is_word else 7 for each, is_word in zip(*said.values(), strict=True)])
    found = attn("check", str(folder), "--against", str(folder / "expected.safetensors"))
    assert "that could be compared agree" in found.out


@pytest.mark.parametrize("name", PADDED_LEFT)
def test_a_mask_that_is_missing_is_asked_for_where_the_text_begins_with_what_fills_up(attn: Run, name: str) -> None:
    folder = copy_of(FAMILIES / name)
    count = json.loads((folder / "input.json").read_text())["attention_mask"].count(0)
    beside(folder, attention_mask=None)
    found = attn("check", str(folder), "--against", str(folder / "expected.safetensors"))
    assert found.status == 2
    assert f"`attention_mask` is missing: the text begins with {count} of " in found.err
    assert f'add "attention_mask": [{"0, " * count}1, …]' in found.err


def test_a_difference_in_the_rows_of_words_is_found_behind_padding(attn: Run) -> None:
    folder = copy_of(FAMILIES / "gpt2-padded-left")
    expected = load_file(folder / "expected.safetensors")
    expected["decoder.layers.0.self_attention.weights"][0, :2] = 5  # rows of padding, which nobody reads
    save_file(expected, folder / "expected.safetensors")
    assert attn("check", str(folder), "--against", str(folder / "expected.safetensors")).status == 0
    expected["decoder.layers.0.self_attention.weights"][0, 3, 3] += 1e-4
    save_file(expected, folder / "expected.safetensors")
    assert attn("check", str(folder), "--against", str(folder / "expected.safetensors")).status == 1


@pytest.mark.parametrize(("first", "status"), [(0, 0), (3, 2)])
def test_positions_that_count_the_padding_are_not_those_of_a_model_that_generates(
    attn: Run, first: int, status: int
) -> None:
    folder = copy_of(FAMILIES / "gpt2-padded-left")
    beside(folder, position_ids=[0, 0, 0, *range(first, first + 6)])
    found = attn("check", str(folder), "--against", str(folder / "expected.safetensors"))
    assert found.status == status
    assert ("position_ids=(attention_mask.cumsum(-1) - 1)" in found.err) is bool(status)


@pytest.mark.parametrize(
    "said",
    [
        {"ids": "abc"},
        [1],
        {"ids": [1], "target_ids": [-1]},
        {"ids": [1, 2], "attention_mask": [0]},
        {"ids": [1, 2], "attention_mask": [0, 0]},
        {"ids": [1, 2, 3], "attention_mask": [1, 0, 1]},
    ],
)
def test_what_stands_beside_the_tensors_is_checked(attn: Run, said: object) -> None:
    folder = copy_of(FAMILIES / "gpt2")
    (folder / "input.json").write_text(json.dumps(said))
    found = attn("check", str(folder), "--against", str(folder / "expected.safetensors"))
    assert found.status == 2
    assert "input.json" in found.err


def test_one_run_is_compared(attn: Run) -> None:
    found = attn("check", "i-love-my-dog", "encoder-layer", "--against", "x.npz")
    assert (found.status, found.out) == (2, "")
    assert "name one model, scenario or trace" in found.err


def test_a_model_is_checked_without_running_it(attn: Run) -> None:
    assert attn("check", str(FAMILIES / "gguf-llama" / "model.gguf")).out.endswith("model.gguf: ok\n")
    folder = copy_of(FAMILIES / "gpt2", n_layer=3)
    found = attn("check", str(folder))
    assert found.status == 2
    assert "tensor 'transformer.h.2.ln_1.weight': is missing; it must be 12" in found.err
