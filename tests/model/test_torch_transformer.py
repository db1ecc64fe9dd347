"""Whole encoder-decoders against PyTorch: outputs and gradients, loaded from the state dict as a user would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file, save_file

from attn_explore.model.axes import Array
from attn_explore.model.checkpoints.torch_transformer import stored
from attn_explore.model.gradient import gradients
from attn_explore.model.problems import Problem
from attn_explore.model.run import run, settled
from attn_explore.model.scenario import Scenario, read_scenario
from attn_explore.model.trace import Trace

DATA = Path(__file__).parents[1] / "data"
CASES = ("postnorm", "prenorm", "gelu", "deep")
TOLERANCE = 1e-9

Case = tuple[dict[str, Any], dict[str, Array]]


def case_of(name: str) -> Case:
    folder = DATA / f"torch_transformer_{name}"
    return json.loads((folder / "config.json").read_text()), load_file(folder / "expected.safetensors")


def scenario_in(folder: Path, name: str, **model_keys: Any) -> Scenario:
    """The scenario that a user would write for the state dict. The source's words are its rows, `<pad>` the padding."""
    about, expected = case_of(name)
    shutil.copy(DATA / f"torch_transformer_{name}" / "model.safetensors", folder)
    words = ["<pad>" if hides else f"w{place}" for place, hides in enumerate(about["source_padding"])]
    model = {
        "kind": "encoder-decoder", "d_model": about["d_model"], "heads": about["heads"], "d_ff": about["d_ff"],
        "encoder_layers": about.get("encoder_layers", about.get("layers")),
        "decoder_layers": about.get("decoder_layers", about.get("layers")),
        "bias": True, "position": "none", "activation": about["activation"],
        "norm_order": "pre" if about["norm_first"] else "post",
        "weights": {"file": "model.safetensors", "set": {"encoder.embedding_table": expected["src"].tolist()}},
    } | model_keys  # fmt: skip
    given = {"tokens": words, "target_vectors": expected["tgt"].tolist()}
    file = folder / "scenario.yaml"
    file.write_text(yaml.safe_dump({"model": model, "input": given}))
    return read_scenario(file)


def trace_of(folder: Path, name: str) -> Trace:
    return run(settled(scenario_in(folder, name))[0])


def assert_close(found: Array, expected: Array, what: str) -> None:
    """The largest difference, as a share of the largest number."""
    assert found.shape == expected.shape, what
    assert np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max(), what


def in_their_names(found: dict[str, Array], trace: Trace) -> dict[str, Array]:
    """Our gradients of parameters as PyTorch stores them: transposed, three in one where it keeps three in one."""
    places = [place for name in trace.parameters if (place := stored(name))]
    return {place.tensor: np.concatenate([found[part].T for part in place.parts]) for place in places}


@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_are_those_of_pytorch(tmp_path: Path, name: str) -> None:
    _, expected = case_of(name)
    trace = trace_of(tmp_path, name)
    memory, output = trace["encoder.final_norm"].array, trace["decoder.final_norm"].array
    assert_close(memory, expected["memory"], "memory")
    assert_close(output, expected["output"], "output")
    assert (output**2).sum() / 2 == pytest.approx(expected["loss"][0], rel=TOLERANCE)
    found = gradients(trace, {"decoder.final_norm": output})
    assert_close(found["encoder.embedding"], expected["grad.src"], "grad.src")
    assert_close(found["decoder.embedding_table"], expected["grad.tgt"], "grad.tgt")
    theirs = {
        name.removeprefix("grad."): array
        for name, array in expected.items()
        if name.startswith("grad.") and "." in name[5:]
    }
    ours = in_their_names(found, trace)
    assert theirs.keys() <= ours.keys()
    for tensor, gradient in theirs.items():
        assert_close(ours[tensor], gradient, tensor)
    compared = {"src", "tgt", "memory", "output", "loss", "grad.src", "grad.tgt", *(f"grad.{name}" for name in ours)}
    assert expected.keys() <= compared


def test_it_is_said_that_the_file_is_pytorchs_and_ends_with_a_norm(tmp_path: Path) -> None:
    _, notes = settled(scenario_in(tmp_path, "postnorm"))
    assert "torch.nn.Transformer" in notes[0]
    assert "final_norm" in notes[1]


def test_a_scenario_may_say_itself_whether_there_is_a_final_norm(tmp_path: Path) -> None:
    scenario, notes = settled(scenario_in(tmp_path, "postnorm", final_norm=True))
    assert scenario.model.final_norm
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"d_ff": 21}, "tensor 'encoder.layers.0.linear1.weight': has the shape 20 × 12; it must be 21 × 12"),
        ({"bias": False}, "tensor 'decoder.layers.0.multihead_attn.in_proj_bias': the model has no such parameter"),
        ({"encoder_layers": 3}, "tensor 'encoder.layers.2.linear1.weight': is missing"),
        ({"final_norm": False}, "tensor 'encoder.norm.weight': the model has no such parameter"),
        ({"head": "tokens", "classes": ["a"]}, "tensor 'head.w': is missing; it must be 12 × 1 (d_model, class)"),
    ],
)
def test_what_does_not_fit_is_told_in_the_names_of_the_file(tmp_path: Path, keys: dict[str, Any], said: str) -> None:
    with pytest.raises(Problem) as caught:
        run(settled(scenario_in(tmp_path, "postnorm", **keys))[0])
    assert said in caught.value.render()


def test_parameters_that_pytorch_has_no_module_for_stand_under_our_names(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path, "postnorm", head="tokens", classes=["a", "b"])
    file = tmp_path / "model.safetensors"
    head = {"head.w": np.arange(24.0).reshape(12, 2), "head.b": np.array([1.0, 2.0])}
    save_file(load_file(file) | head, file)
    trace = run(settled(scenario)[0])
    np.testing.assert_array_equal(trace["head.w"].array, head["head.w"])
    assert trace["logits"].shape == (5, 2)


def test_a_projection_set_by_hand_leaves_those_beside_it_as_they_are_in_the_file(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path, "prenorm")
    plain = run(settled(scenario)[0])
    path = "encoder.layers.0.self_attention"
    table = plain["encoder.embedding_table"].array.tolist()
    by_hand = {"encoder.embedding_table": table, f"{path}.w_k": np.eye(8).tolist()}
    edited = scenario_in(tmp_path, "prenorm", weights={"file": "model.safetensors", "set": by_hand})
    trace = run(settled(edited)[0])
    np.testing.assert_array_equal(trace[f"{path}.w_k"].array, np.eye(8))
    for letter in "qv":
        np.testing.assert_array_equal(trace[f"{path}.w_{letter}"].array, plain[f"{path}.w_{letter}"].array)
