"""Whole encoder-decoders against PyTorch: outputs and gradients, loaded from the state dict as a user would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from attn_explore.model.axes import Array
from attn_explore.model.backward import gradients
from attn_explore.model.checkpoints.torch_transformer import stored
from attn_explore.model.prepared import prepare
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, read_scenario
from attn_explore.model.trace import Trace

DATA = Path(__file__).parents[1] / "data"
CASES = ("postnorm", "prenorm", "gelu", "deep", "unbiased")
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
        "bias": about.get("bias", True), "position": "none", "activation": about["activation"],
        "norm_order": "pre" if about["norm_first"] else "post",
        "weights": {"file": "model.safetensors", "set": {"encoder.embedding_table": expected["src"].tolist()}},
    } | model_keys  # fmt: skip
    given = {"tokens": words, "target_vectors": expected["tgt"].tolist()}
    file = folder / "scenario.yaml"
    file.write_text(yaml.safe_dump({"model": model, "input": given}))
    return read_scenario(file)


def trace_of(folder: Path, name: str) -> Trace:
    return run(prepare(scenario_in(folder, name)).scenario)


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
    notes = prepare(scenario_in(tmp_path, "postnorm")).notes
    assert "torch.nn.Transformer" in notes[0]
    assert "final_norm" in notes[1]


def test_a_scenario_may_say_itself_whether_there_is_a_final_norm(tmp_path: Path) -> None:
    found = prepare(scenario_in(tmp_path, "postnorm", final_norm=True))
    scenario, notes = found.scenario, found.notes
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
        run(prepare(scenario_in(tmp_path, "postnorm", **keys)).scenario)
    assert said in caught.value.render()


def test_parameters_that_pytorch_has_no_module_for_stand_under_our_names(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path, "postnorm", head="tokens", classes=["a", "b"])
    file = tmp_path / "model.safetensors"
    head = {"head.w": np.arange(24.0).reshape(12, 2), "head.b": np.array([1.0, 2.0])}
    save_file(load_file(file) | head, file)
    trace = run(prepare(scenario).scenario)
    np.testing.assert_array_equal(trace["head.w"].array, head["head.w"])
    assert trace["logits"].shape == (5, 2)


def test_of_a_model_without_biases_they_are_0_and_that_is_said(tmp_path: Path) -> None:
    found = prepare(scenario_in(tmp_path, "unbiased"))
    scenario, notes = found.scenario, found.notes
    assert "model.safetensors has no biases, so they are 0 here" in notes
    assert not run(scenario)["encoder.layers.0.ffn.b_1"].array.any()


def test_a_single_bias_that_is_missing_is_still_an_error(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path, "postnorm")
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    del tensors["encoder.layers.0.linear1.bias"]
    save_file(tensors, file)
    with pytest.raises(Problem, match=r"'encoder\.layers\.0\.linear1\.bias': is missing"):
        run(prepare(scenario).scenario)


# --- names that begin otherwise


def encoder_in(folder: Path, name: str, prefix: str, kind: str) -> tuple[Scenario, Array]:
    """A scenario for a `torch.nn.TransformerEncoder` whose names begin with a prefix, and what PyTorch computed."""
    path = DATA / f"torch_encoder_{name}.safetensors"
    tensors = load_file(path)
    with safe_open(path, "numpy") as file:
        about = json.loads(file.metadata()["about"])
    saved = {
        f"{prefix}{name.removeprefix('parameters.')}": array
        for name, array in tensors.items()
        if name.startswith("parameters.")
    }
    save_file(saved, folder / "saved.safetensors")
    count = about["pad"].count(False)  # what is padded changes nothing for the words before
    rows = tensors["src"][:count].tolist()
    model = {
        "kind": kind, "d_model": about["d_model"], "heads": about["heads"], "d_ff": about["d_ff"],
        "layers": about["layers"], "bias": True, "position": "none",
        "norm_order": "pre" if about["norm_first"] else "post", "weights": {"file": "saved.safetensors"},
    }  # fmt: skip
    (folder / "s.yaml").write_text(yaml.safe_dump({"model": model, "input": {"vectors": rows}}))
    return read_scenario(folder / "s.yaml"), tensors["output"][:count]


PREFIXES = ("", "encoder.", "module.", "module.encoder.", "transformer_encoder.", "model.layers.1.")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("name", "kind"), [("post_norm", "encoder"), ("pre_norm", "decoder")])
def test_an_encoder_by_itself_is_found_whatever_its_names_begin_with(
    tmp_path: Path, prefix: str, name: str, kind: str
) -> None:
    scenario, expected = encoder_in(tmp_path, name, prefix, kind)
    found = prepare(scenario)
    scenario, notes = found.scenario, found.notes
    assert_close(list(run(scenario).steps.values())[-1].array, expected, "output")
    said = f"saved.safetensors: `{prefix}layers.0` there is `{kind}.layers.0` here"
    assert (said in notes) == (prefix != f"{kind}.")


@pytest.mark.parametrize("prefix", ["module.", "model.transformer.", "_orig_mod."])
def test_a_prefix_of_a_whole_transformer_is_taken_off_all_names(tmp_path: Path, prefix: str) -> None:
    scenario = scenario_in(tmp_path, "prenorm", head="tokens", classes=["a"])
    file = tmp_path / "model.safetensors"
    width = scenario.model.d_model
    tensors = load_file(file) | {"head.w": np.ones((width, 1)), "head.b": np.ones(1)}
    save_file({f"{prefix}{name}": array for name, array in tensors.items()}, file)
    found = prepare(scenario)
    scenario, notes = found.scenario, found.notes
    assert_close(run(scenario)["decoder.final_norm"].array, case_of("prenorm")[1]["output"], "output")
    for stack in ("encoder", "decoder"):
        assert f"model.safetensors: `{prefix}{stack}.layers.0` there is `{stack}.layers.0` here" in notes


def test_two_stacks_are_told_apart_by_what_the_decoder_attends_to(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path, "prenorm")
    file = tmp_path / "model.safetensors"
    names = {"encoder.": "reader.", "decoder.": "writer."}
    tensors = {f"{names[name[:8]]}{name[8:]}": array for name, array in load_file(file).items()}
    save_file(tensors, file)
    assert_close(run(prepare(scenario).scenario)["decoder.final_norm"].array, case_of("prenorm")[1]["output"], "output")


def test_a_decoder_by_itself_is_found_beside_an_encoder_that_is_set_by_hand(tmp_path: Path) -> None:
    whole = run(prepare(scenario_in(tmp_path, "prenorm")).scenario)
    by_hand = {name: value.array.tolist() for name, value in whole.parameters.items() if name.startswith("encoder.")}
    scenario = scenario_in(tmp_path, "prenorm", final_norm=True, weights={"file": "model.safetensors", "set": by_hand})
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    save_file({name[8:]: array for name, array in tensors.items() if name.startswith("decoder.")}, file)
    assert_close(run(prepare(scenario).scenario)["decoder.final_norm"].array, case_of("prenorm")[1]["output"], "output")


def test_a_decoder_that_reads_an_encoder_is_refused_where_there_is_none(tmp_path: Path) -> None:
    tensors = load_file(DATA / "torch_transformer_prenorm" / "model.safetensors")
    save_file(
        {name[8:]: array for name, array in tensors.items() if name.startswith("decoder.")},
        tmp_path / "saved.safetensors",
    )
    file = tmp_path / "s.yaml"
    file.write_text("model: {kind: decoder, weights: {file: saved.safetensors}}\ninput: {text: a b}")
    with pytest.raises(Problem, match="attends to the output of an encoder") as refused:
        prepare(read_scenario(file))
    assert refused.value.hint == "take kind encoder-decoder"


PIECES = {
    "a layer": ("", "layers.0.", "before each of its names"),
    "a layer of an attribute": ("block.", "layers.0.", "in place of `block.`"),
    "attention": ("", "layers.0.self_attn.", "before each of its names"),
}


@pytest.mark.parametrize("case", PIECES)
def test_a_single_layer_or_attention_is_called_that_and_loads_as_the_hint_says(tmp_path: Path, case: str) -> None:
    start, wanted, where = PIECES[case]
    encoder_in(tmp_path, "post_norm", "", "encoder")
    about = yaml.safe_load((tmp_path / "s.yaml").read_text())
    kind = (
        {"kind": "attention", "d_ff": None, "layers": None, "norm_order": None}
        if "self_attn" in wanted
        else {"layers": 1}
    )
    model = {key: found for key, found in (about["model"] | kind).items() if found is not None}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(about | {"model": model}))
    scenario, file = read_scenario(tmp_path / "s.yaml"), tmp_path / "saved.safetensors"
    own = {name.removeprefix(wanted): array for name, array in load_file(file).items() if name.startswith(wanted)}
    save_file({f"{start}{name}": array for name, array in own.items()}, file)
    with pytest.raises(Problem, match=r"saved\.safetensors holds one .*, not a whole stack of layers") as refused:
        prepare(scenario)
    assert refused.value.hint.startswith(f"save it with `{wanted}` {where}, and")
    save_file({f"{wanted}{name}": array for name, array in own.items()}, file)
    assert run(prepare(scenario).scenario).steps


def test_a_projection_set_by_hand_leaves_those_beside_it_as_they_are_in_the_file(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path, "prenorm")
    plain = run(prepare(scenario).scenario)
    path = "encoder.layers.0.self_attention"
    table = plain["encoder.embedding_table"].array.tolist()
    by_hand = {"encoder.embedding_table": table, f"{path}.w_k": np.eye(8).tolist()}
    edited = scenario_in(tmp_path, "prenorm", weights={"file": "model.safetensors", "set": by_hand})
    trace = run(prepare(edited).scenario)
    np.testing.assert_array_equal(trace[f"{path}.w_k"].array, np.eye(8))
    for letter in "qv":
        np.testing.assert_array_equal(trace[f"{path}.w_{letter}"].array, plain[f"{path}.w_{letter}"].array)
