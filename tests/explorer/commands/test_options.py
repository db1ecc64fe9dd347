"""Options and examples: the same over all commands, and true."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

from attn_explore.explorer.commands.command_line import app
from attn_explore.explorer.commands.examples import EXAMPLES
from attn_explore.explorer.commands.group import Commands
from attn_explore.explorer.session.answers import AnswerFile
from attn_explore.explorer.session.course import named
from attn_explore.model.scenario import read_scenario
from tests.explorer.commands.conftest import Run

DOG = "i-love-my-dog"
WEIGHTS = "encoder.layers.0.self_attention.weights"
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
RUNNING = ("run", "compare", "show", "map", "plot", "explain", "export")
"""Commands that run a scenario and tell of it."""
WRITING = ("plot", "export", "train", "new")


def options_of(command: str) -> dict[str, str]:
    """What the help says of each option, by its name."""
    return {name: option.help for option in COMMANDS[command].params for name in option.opts if name.startswith("-")}


@pytest.mark.parametrize("command", RUNNING)
def test_every_command_that_runs_takes_the_options_of_a_run(command: str) -> None:
    wanted = {"--gradients", "--of", "--moment", "--memory-limit", "--allow-path"}
    assert wanted <= options_of(command).keys()
    assert {name: options_of(command)[name] for name in wanted} == {name: options_of("run")[name] for name in wanted}


@pytest.mark.parametrize("command", WRITING)
def test_every_command_that_writes_a_file_replaces_one_by_force(command: str) -> None:
    assert options_of(command)["--force"] == "Replace the file if it exists."


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_its_arguments_and_options_and_gives_examples(command: str, attn: Run) -> None:
    found = attn(command, "--help")
    assert (found.status, found.err) == (0, "")
    assert f"Usage: attn-explore {command}" in found.out
    said = found.out.partition("Examples:\n")[2].splitlines()
    assert [line.strip() for line in said if line.strip()] == list(EXAMPLES[command])
    for each in COMMANDS[command].params:
        assert len(each.help or "") > 15 or each.name in ("force", "file"), each.name


def test_the_list_of_commands_reads_the_options_of_none(attn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Commands, "_make", None)
    monkeypatch.setenv("COLUMNS", "100")
    found = attn("--help")
    assert found.status == 0
    listed = re.findall(r"^  (\w+)  +\S", found.out.partition("Commands:\n")[2], re.M)
    assert listed == list(COMMANDS)


GPT2 = Path(__file__).parents[2] / "data" / "families" / "gpt2"


def command_lines() -> list[str]:
    """Every example as far as the program takes it: without a pipe, and files of one's own instead of a pattern.

    Those of `serve` go on until a signal comes: tests/explorer/serving starts them.
    """
    lines = [line for command, examples in EXAMPLES.items() if command != "serve" for line in examples]
    return [line.partition(" | ")[0].partition(" > ")[0].replace("*.yaml", "my.yaml") for line in lines]


@pytest.mark.parametrize("line", command_lines())
def test_every_example_of_the_help_does_what_it_says(line: str, attn: Run) -> None:
    name, *arguments = shlex.split(line)
    assert name == "attn-explore"
    if "new" not in arguments:
        attn("new", "my.yaml")
    if "trace.json" in arguments and "export" not in arguments:
        attn("export", "my.yaml", "-o", "trace.json")
    if "--resume" in arguments:
        attn("train", "reverse", "-o", "weights.safetensors")
    if "--force" in arguments:
        Path("my.yaml").write_text("mine")
    if "answers.jsonl" in arguments:
        AnswerFile(Path("answers.jsonl")).check()
    if "models/gpt2" in arguments:
        shutil.copytree(GPT2, "models/gpt2")
        shutil.copy(GPT2 / "expected.safetensors", "hidden_states.safetensors")
        ids = ",".join(map(str, json.loads((GPT2 / "input.json").read_text())["ids"]))
        arguments = [ids if each == "464,3139" else each for each in arguments]  # words that the small one has
    found = attn(*arguments)
    assert found.status == 0, found.err
    assert found.out or found.err
    if "-o" in arguments and "-" not in arguments:
        assert Path(arguments[arguments.index("-o") + 1]).stat().st_size


# --- what is empty


@pytest.mark.parametrize("empty", ["", " ", "\t"])
@pytest.mark.parametrize("command", ["show", "plot", "explain"])
def test_an_empty_step_is_refused_and_not_taken_for_the_first(command: str, empty: str, attn: Run) -> None:
    found = attn(command, DOG, empty)
    assert (found.status, found.out) == (2, "")
    assert "this is empty: name a step" in found.err


@pytest.mark.parametrize("command", ["show", "plot", "explain"])
def test_places_of_no_step_are_not_those_of_the_first(command: str, attn: Run) -> None:
    found = attn(command, DOG, " [love]")
    assert (found.status, found.out) == (2, "")
    assert "nothing stands before the bracket: name a step" in found.err


# --- list --json


def test_list_as_json_has_every_scenario_with_its_file(attn: Run) -> None:
    found = json.loads(attn("list", "--json").out)
    assert [each["name"] for each in found] == list(named())
    for each in found:
        scenario = read_scenario(Path(each["path"]))
        assert (each["title"], each["difficulty"]) == (scenario.title, scenario.difficulty)


# --- map


def test_map_draws_in_the_width_that_there_is_and_lights_a_step(attn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    drawn = attn("map", "translate", "--step", "decoder.layers.0.cross_attention.weights").out
    assert max(map(len, drawn.splitlines())) <= 40
    assert drawn.count("▐") == drawn.count("▐cross-attention▌") == 1


def test_map_reads_another_text_and_says_it_in_words_where_asked(attn: Run) -> None:
    found = attn("map", DOG, "--text", "my dog", "--plain").out.splitlines()
    assert found[:3] == ["encoder", "  tokens, my dog: 2", "  embedding, of tokens: 2×6"]


def test_map_of_a_trace_that_leaves_steps_out_says_so(attn: Run) -> None:
    attn("export", DOG, "--steps", "weights", "-o", "trace.json")
    found = attn("map", "trace.json")
    assert "[self-attention]" in found.out
    assert found.err == "note: the trace leaves 10 steps of the run out, and so does its map\n"


def test_map_says_why_an_experiment_has_none(attn: Run) -> None:
    found = attn("map", "softmax-jacobian")
    assert (found.status, found.out.count("\n")) == (0, 1)
    assert found.out.startswith("There is no map of this run")


# --- compare


def test_compare_differentiates_both_runs(attn: Run) -> None:
    found = attn("compare", "encoder-layer", "encoder-layer", "--of", "encoder.layers.0.ffn.norm[dog,0]")
    assert found.status == 0
    told = found.out.partition("    grad.encoder.embedding   ")[2].partition("\n\n")[0]
    assert "Every number here is the same in both runs." in told


def test_compare_goes_to_a_moment_of_both_trainings(attn: Run) -> None:
    found = attn("compare", "translate", "translate", "--moment", "0")
    assert found.out.count("before training") + found.out.count("Before training") >= 1
    refused = attn("compare", "translate", DOG, "--moment", "0")
    assert refused.status == 2
    assert "no training to go to a moment of" in refused.err


def test_show_says_what_has_to_be_said_of_the_run(attn: Run, tmp_path: Path) -> None:
    Path("untrained.yaml").write_text(
        "experiment: {kind: training, data: copy, steps: 4}\nmodel: {kind: encoder, head: tokens}"
    )
    for arguments in (("show", "encoder.input"), ("plot", "encoder.input"), ("explain", "encoder.input[0,0]")):
        found = attn(arguments[0], "untrained.yaml", arguments[1])
        assert found.status == 0
        assert found.err.startswith("note: these weights are not trained")
