"""Runs of real checkpoints as files: the weights are named, not held, and what was run is read back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from attn_explore.model import forward, keeping, values
from attn_explore.model.config import of_a_scenario
from attn_explore.model.explain import general_words, hidden_reason, lacking, mask_of, remarks
from attn_explore.model.files import in_pieces
from attn_explore.model.files.positioned import PositionedFile
from attn_explore.model.formulas import formula
from attn_explore.model.opened import opened, scenario_of
from attn_explore.model.prepared import prepare
from attn_explore.model.problems import Problem
from attn_explore.model.run import run, run_prepared
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.traces import export
from attn_explore.model.traces.architectures import architecture_from, as_data
from attn_explore.model.traces.export import WRITERS, size_of, trace_json
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.traces.trace_schema import trace_schema
from attn_explore.model.traces.wanted import EVERYTHING, Wanted, matches
from tests.checkpoints import FAMILIES, REFERENCES

ENOUGH = 2**28
WEIGHTS = "decoder.layers.1.self_attention.weights"
EVERY = pytest.mark.parametrize("name", REFERENCES)
BINARY = [(name, ending) for name in ("gpt2", "bert-sentence", "marian") for ending in (".npz", ".safetensors")]
FORMATS = pytest.mark.parametrize("ending", WRITERS)

Run = tuple[Trace, Scenario]


@cache
def run_of(name: str, new_tokens: int = 1) -> Run:
    """A run of one of the small checkpoints over what its reference was computed from."""
    said = json.loads((FAMILIES / name / "input.json").read_text())
    given = {key: said[key] for key in ("ids", "target_ids") if key in said}
    checkpoint = opened(FAMILIES / name)
    scenario = scenario_of(name, checkpoint, {**given, "max_new_tokens": new_tokens})
    return run(scenario), scenario


def written(folder: Path, ending: str, made: Run, asked: Wanted = EVERYTHING) -> Path:
    path = folder / f"trace{ending}"
    path.write_bytes(b"".join(WRITERS[ending](*made, asked)))
    return path


def as_json(made: Run, asked: Wanted = EVERYTHING) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(b"".join(trace_json(*made, asked)))
    return found


# --- what is written


def test_a_parameter_says_where_it_is_stored_and_holds_no_numbers() -> None:
    found = {record["name"]: record for record in as_json(run_of("gpt2"))["parameters"]}
    assert not any("values" in record for record in found.values())
    assert found["decoder.layers.0.self_attention.w_k"]["file"] == {
        "file": "model.safetensors",
        "tensor": "transformer.h.0.attn.c_attn.weight",
        "part": "columns 12 to 23",
        "storage": "BF16",
    }


def test_the_files_are_named_once_with_their_sizes_and_what_they_hold() -> None:
    content = (FAMILIES / "gpt2" / "model.safetensors").read_bytes()
    assert as_json(run_of("gpt2"))["checkpoint"]["files"] == [
        {"name": "model.safetensors", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    ]


def test_a_large_file_is_read_through_in_pieces(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    (tmp_path / "x").write_bytes(content)
    assert PositionedFile(tmp_path / "x").sha256() == hashlib.sha256(content).hexdigest()


def test_a_file_is_read_through_once_and_not_where_it_changed(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc" * 2**20)
    file, told = PositionedFile(tmp_path / "x"), list[int]()
    assert file.sha256(told.append) == file.sha256(told.append) == hashlib.sha256(b"abc" * 2**20).hexdigest()
    assert told == [2**20] * 3
    (tmp_path / "x").write_bytes(b"abc")
    with pytest.raises(Problem, match="changed after it was opened"):
        file.sha256()


def test_the_parameters_are_held_when_they_are_asked_for() -> None:
    made = run_of("gpt2")
    for record in as_json(made, Wanted(parameters=True))["parameters"]:
        assert np.array_equal(np.array(record["values"], np.float32), made[0][record["name"]].array)
        assert "file" in record


def test_a_parameter_that_is_not_as_it_is_stored_is_held() -> None:
    _, scenario = run_of("gpt2")
    by_hand = {"decoder.final_norm_bias": (0.5,) * 12}
    edited = parse_scenario("input: {text: a}\nedits: [{at: decoder.layers.0.ffn.b_1, zero: true}]").edits
    weights = replace(scenario.model.weights, set=by_hand)
    scenario = replace(scenario, model=replace(scenario.model, weights=weights), edits=edited)
    found = {each["name"]: each for each in as_json((run(scenario), scenario))["parameters"] if "values" in each}
    assert {*found} == {"decoder.final_norm_bias", "decoder.layers.0.ffn.b_1"}
    assert found["decoder.final_norm_bias"]["values"] == [0.5] * 12
    assert not any(found["decoder.layers.0.ffn.b_1"]["values"])


def test_the_keys_of_the_public_contract_stand_before_what_a_checkpoint_adds() -> None:
    found = as_json(run_of("gpt2"), Wanted(("weights",)))
    assert list(found) == [
        "format", "version", "generator", "scenario", "tokens", "parameters", "steps", "left_out", "checkpoint",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["gemma3", "bert-sentence", "marian-own-tables", "t5"])
def test_an_export_is_valid_against_the_schema(name: str) -> None:
    validator = jsonschema.Draft202012Validator(trace_schema())
    validator.validate(as_json(run_of(name)))
    validator.validate(as_json(run_of(name), Wanted(("residual",), parameters=True)))


def test_the_schema_wants_numbers_of_a_parameter_or_its_file() -> None:
    found = as_json(run_of("gpt2"))
    del found["parameters"][0]["file"]
    assert not jsonschema.Draft202012Validator(trace_schema()).is_valid(found)


def test_nothing_of_the_persons_folders_is_in_it() -> None:
    assert str(FAMILIES.parent) not in json.dumps(as_json(run_of("gguf-llama")))


# --- some steps


@pytest.mark.parametrize(
    ("pattern", "count"),
    [("weights", 2), ("*.layers.0.*", 18), ("ffn.output", 2), ("logits", 1), ("*", 43), (WEIGHTS, 1), ("*.k*", 2)],
)
def test_steps_are_chosen_by_patterns_of_their_paths_and_of_their_ends(pattern: str, count: int) -> None:
    found = as_json(run_of("gpt2"), Wanted((pattern,)))
    assert [step["path"] for step in found["steps"]] == [
        path for path in run_of("gpt2")[0].steps if matches(path, pattern)
    ]
    assert len(found["steps"]) == count
    assert found.get("left_out", 0) == 43 - count


def test_gradients_are_named_as_such() -> None:
    assert matches("grad.decoder.layers.0.self_attention.weights", "grad.weights")
    assert matches("grad.decoder.layers.0.self_attention.weights", "grad.*")
    assert not matches("grad.decoder.layers.0.self_attention.weights", "weights")


def test_several_patterns_take_what_any_of_them_takes_in_the_order_of_the_run() -> None:
    found = as_json(run_of("gpt2"), Wanted(("logits", "decoder.embedding")))
    assert [step["path"] for step in found["steps"]] == ["decoder.embedding", "logits"]


def test_a_pattern_that_is_of_no_step_is_refused_with_the_one_that_may_be_meant() -> None:
    with pytest.raises(Problem, match="no step of the run is called weigts") as refused:
        size_of(*run_of("gpt2"), ".json", Wanted(("weights", "weigts")))
    assert refused.value.hint == "did you mean weights?"


def test_an_empty_pattern_is_refused_as_one() -> None:
    with pytest.raises(Problem, match="an empty pattern names no step"):
        size_of(*run_of("gpt2"), ".json", Wanted((" ",)))


@FORMATS
def test_some_steps_of_a_scenario_are_exported_with_all_its_parameters(ending: str, tmp_path: Path) -> None:
    scenario = parse_scenario("model: {layers: 2}\ninput: {text: I love my dog}\nlesson: [{at: encoder.input, say: a}]")
    made = run(scenario), scenario
    again, found = read_trace(written(tmp_path, ending, made, Wanted(("weights",))), ENOUGH)
    assert list(found.steps) == [f"encoder.layers.{layer}.self_attention.weights" for layer in (0, 1)]
    assert found["encoder.layers.0.ffn.w_1"].array.tobytes() == made[0]["encoder.layers.0.ffn.w_1"].array.tobytes()
    assert again == replace(scenario, lesson=())  # it speaks of a step that is not there


def test_what_is_chosen_takes_as_much_as_is_said() -> None:
    made = run_of("gpt2")
    assert size_of(*made, ".npz", Wanted(("logits",))) == made[0]["logits"].nbytes
    assert size_of(*made, ".npz") == sum(step.nbytes for step in made[0].steps.values())
    assert size_of(*made, ".npz", Wanted(parameters=True)) == made[0].nbytes
    fine = size_of(*made, ".npz", Wanted((WEIGHTS,), fine=True)) / 4
    assert fine == 3 * made[0][WEIGHTS].size + 2 * made[0][WEIGHTS].size // 6  # exponentials, shifted; maximum, total


# --- within the memory bound


@FORMATS
def test_what_was_forgotten_comes_back_for_the_export_and_nothing_stays(ending: str, tmp_path: Path) -> None:
    made = run_of("llama")
    keeper = made[0].keeper
    assert keeper is not None
    expected = {path: step.array.tobytes() for path, step in made[0].steps.items()}
    for step in made[0].steps.values():
        step.forget()
    keeper.limit, before = 2**13, keeper.limit
    try:
        path = written(tmp_path, ending, made)
        assert keeper.nbytes <= 2**13 + max(step.nbytes for step in made[0].steps.values())
    finally:
        keeper.limit = before
    _, found = read_trace(path, ENOUGH)
    assert {path: step.array.tobytes() for path, step in found.steps.items()} == expected


@FORMATS
def test_a_large_value_is_written_in_parts_and_reads_the_same(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_of("gpt2")
    monkeypatch.setattr(keeping, "SMALL", 64)
    monkeypatch.setattr(forward, "Keeper", lambda: keeping.Keeper(4 * 256))
    for module in (values, in_pieces, export):
        monkeypatch.setattr(module, "PIECE", 64)
    made = run_prepared(prepare(whole[1]), lazy=True), whole[1]
    _, found = read_trace(written(tmp_path, ending, made), ENOUGH)
    assert made[0]["logits"].is_large
    for path, step in found.steps.items():
        np.testing.assert_allclose(step.array, whole[0][path].array, rtol=1e-5, atol=1e-6)  # products are rounded anew


# --- what is read back


@pytest.mark.parametrize(("name", "ending"), [*((name, ".json") for name in REFERENCES), *BINARY])
def test_every_family_comes_back_with_the_same_steps_formulas_and_words(name: str, ending: str, tmp_path: Path) -> None:
    trace, scenario = run_of(name)
    again, found = read_trace(written(tmp_path, ending, (trace, scenario)), ENOUGH)
    assert (again.input, again.model) == (scenario.input, scenario.model)
    assert again.readings() == scenario.readings()
    assert list(found.steps) == list(trace.steps)
    assert found.tokens == trace.tokens
    for path, step in trace.steps.items():
        assert found[path].array.tobytes() == step.array.tobytes()
        assert (found[path].names, found[path].shape) == (step.names, step.shape)
        assert formula(found[path]) == formula(step)
        assert (general_words(found[path]), list(remarks(found[path]))) == (general_words(step), list(remarks(step)))
    for path, ids in trace.given.items():
        assert np.array_equal(found[path].array, ids.array)


@EVERY
def test_an_export_of_what_was_read_is_the_same_file(name: str, tmp_path: Path) -> None:
    for ending, asked in ((".json", Wanted()), (".npz", Wanted(("residual",))), (".safetensors", Wanted(fine=True))):
        path = written(tmp_path, ending, run_of(name), asked)
        again, found = read_trace(path, ENOUGH)
        assert b"".join(WRITERS[ending](found, again, Wanted(fine=asked.fine))) == path.read_bytes()


@EVERY
def test_an_architecture_is_told_by_what_is_no_default_and_the_scenario_cannot_say(name: str) -> None:
    architecture = opened(FAMILIES / name).architecture

    def refuse(path: object, what: str) -> AssertionError:
        return AssertionError(f"{path}: {what}")

    said = json.loads(json.dumps(as_data(architecture)))
    assert architecture_from(said, of_a_scenario(architecture), refuse) == architecture


@pytest.mark.parametrize("name", ["gpt2", "marian"])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_generated_words_come_back(name: str, count: int, tmp_path: Path) -> None:
    made = run_of(name, count)
    again, found = read_trace(written(tmp_path, ".json", made), ENOUGH)
    assert (found.tokens, found.generated) == (made[0].tokens, made[0].generated)
    assert list(found.steps) == list(made[0].steps)
    assert again.input.max_new_tokens == count


@FORMATS
def test_a_parameter_that_is_elsewhere_is_never_read_and_says_so(ending: str, tmp_path: Path) -> None:
    _, found = read_trace(written(tmp_path, ending, run_of("gpt2")), ENOUGH)
    said = "decoder.layers.1.self_attention.w_q is stored in model.safetensors, not in this trace"
    parameter, step = found["decoder.layers.1.self_attention.w_q"], found["decoder.layers.1.self_attention.q"]
    for lost in (parameter.elsewhere, lacking(step)):
        assert lost is not None
        assert lost.what == said
    assert lacking(found[WEIGHTS]) is None
    for asked in (lambda: parameter.array, lambda: parameter.rows(slice(0, 1)), step.made):
        with pytest.raises(Problem, match=r"is stored in model\.safetensors, not in this trace"):
            asked()


@FORMATS
def test_with_its_parameters_a_run_can_be_edited(ending: str, tmp_path: Path) -> None:
    made = run_of("gpt2")
    scenario, found = read_trace(written(tmp_path, ending, made, Wanted(parameters=True)), ENOUGH)
    edits = parse_scenario(f"input: {{text: a}}\nedits: [{{at: {WEIGHTS}, zero: true}}]").edits
    again = run(replace(scenario, edits=edits), before=found)
    live = run(replace(made[1], edits=edits), before=made[0])
    assert again["decoder.layers.0.ffn.output"] is found["decoder.layers.0.ffn.output"]
    assert np.array_equal(again["logits"].array, live["logits"].array)


def test_without_them_an_edit_ends_in_one_message(tmp_path: Path) -> None:
    scenario, found = read_trace(written(tmp_path, ".npz", run_of("gpt2")), ENOUGH)
    edits = parse_scenario(f"input: {{text: a}}\nedits: [{{at: {WEIGHTS}, zero: true}}]").edits
    with pytest.raises(Problem, match=r"layers.1.self_attention.w_o is stored in model.safetensors, not in this trace"):
        run(replace(scenario, edits=edits), before=found)


def test_a_trace_has_run_already_and_reads_nothing_else(tmp_path: Path) -> None:
    scenario, _ = read_trace(written(tmp_path, ".npz", run_of("gpt2")), ENOUGH)
    with pytest.raises(Problem, match="a trace has run already, and reads nothing else"):
        scenario.with_text({"ids": [1, 2]}).readings()


@FORMATS
def test_steps_that_were_left_out_say_so(ending: str, tmp_path: Path) -> None:
    made = run_of("gpt2")
    _, found = read_trace(written(tmp_path, ending, made, Wanted(("weights",))), ENOUGH)
    assert list(found.steps) == [WEIGHTS.replace("1", "0"), WEIGHTS]
    assert found[WEIGHTS].array.tobytes() == made[0][WEIGHTS].array.tobytes()
    lost = lacking(found[WEIGHTS])
    assert lost is not None
    assert lost.what == "decoder.layers.1.self_attention.masked_scores was left out of this trace"
    assert formula(found[WEIGHTS]) == formula(made[0][WEIGHTS])


def test_labels_are_those_that_occur_or_all_where_a_step_has_a_number_for_each(tmp_path: Path) -> None:
    made = run_of("gpt2")
    vocabulary = opened(FAMILIES / "gpt2").vocabulary
    assert vocabulary.labels is None  # this folder has no tokenizer
    assert as_json(made)["checkpoint"]["vocabulary"] == {"size": vocabulary.size, "labels": None}


def test_a_mask_that_was_left_out_follows_from_the_tokens(tmp_path: Path) -> None:
    made = run_of("gpt2-padded-left")
    _, found = read_trace(written(tmp_path, ".npz", made, Wanted(("weights",))), ENOUGH)
    ours, theirs = mask_of(found[WEIGHTS]), mask_of(made[0][WEIGHTS])
    assert ours is not None
    assert theirs is not None
    assert ours.path not in found.steps
    assert np.array_equal(ours.array, theirs.array)
    assert hidden_reason(found[WEIGHTS], (0, 2, 0)) == hidden_reason(made[0][WEIGHTS], (0, 2, 0)) == "padding"
