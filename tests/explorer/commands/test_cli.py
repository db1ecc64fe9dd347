"""Every command: what it prints, where, and with which exit status."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from attn_explore.explorer.commands import options
from attn_explore.explorer.commands.command_line import app
from attn_explore.explorer.commands.examples import EXAMPLES
from attn_explore.explorer.system.counter import Counter
from tests.explorer.commands.conftest import Run
from tests.program import Ended, environment, is_refusal, program

DOG = "i-love-my-dog"
WEIGHTS = "encoder.layers.0.self_attention.weights"


COMMANDS = ("run", "compare", "list", "models", "show", "explain", "export", "check", "new", "schema")


# --- help


def test_without_a_command_the_help_is_printed(attn: Run) -> None:
    assert attn() == attn("--help")


def test_the_help_names_every_command_in_full_sentences_and_gives_examples(attn: Run) -> None:
    found = attn("--help")
    assert (found.status, found.err) == (0, "")
    for command in COMMANDS:
        assert f"\n  {command} " in found.out
    assert "..." not in found.out.partition("Commands:")[2].partition("Examples:")[0]
    assert "attn-explore export i-love-my-dog -o trace.json" in found.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, attn: Run) -> None:
    found = attn(command, "--help")
    assert (found.status, found.err) == (0, "")
    assert f"attn-explore {command}" in found.out


def test_every_help_calls_arguments_by_their_names_alone_and_keeps_to_the_width(
    attn: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    for command in EXAMPLES:
        said = attn(command, "--help").out.partition("Examples:")[0]
        assert not re.search(r"<(str|int|path|list)|\{|\[\[", said)
        assert [line for line in said.splitlines() if len(line) > 60] == []


def test_the_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['attn-explore', '--help']\n"
        "from attn_explore.explorer.cli import main\n"
        "try: main()\n"
        "except SystemExit: print({'numpy', 'textual', 'rich', 'pydantic', 'yaml', 'orjson'} & sys.modules.keys())"
    )
    found = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, text=True)
    assert found.stdout.endswith("set()\n")


def test_a_faulty_scenario_is_refused_without_numpy_and_textual(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("model: {heads: 0}")
    script = (
        "import sys; sys.argv = ['attn-explore', 'run', 'bad.yaml']\n"
        "from attn_explore.explorer.cli import main\n"
        "try: main()\n"
        "except SystemExit: print({'numpy', 'textual', 'rich'} & sys.modules.keys())"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert found.stdout == "set()\n"
    assert is_refusal(found.stderr)


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_printed(option: str, attn: Run) -> None:
    assert attn(option) == Ended(0, "attn-explore 1.0.0\n", "")


# --- usage


@pytest.mark.parametrize(
    "arguments",
    [("runn",), ("run",), ("run", DOG, "--bogus"), ("schema", "other"), ("export", DOG), ("show", DOG), ("check",)],
)
def test_a_wrong_command_line_is_refused_with_the_way_to_the_help(arguments: tuple[str, ...], attn: Run) -> None:
    found = attn(*arguments)
    assert (found.status, found.out) == (2, "")
    assert is_refusal(found.err)
    assert found.err.splitlines()[-1].startswith("hint: attn-explore")


def test_what_may_be_chosen_is_said_in_one_line(attn: Run) -> None:
    kind = attn("plot", DOG, "weights", "--kind", "pie").err
    assert kind.startswith("error: Invalid value for '--kind': 'pie' is not one of 'heat', 'bars', ")
    assert attn("schema").err.startswith("error: Missing argument 'WHAT'. Choose from: scenario, trace, ")


def test_typer_itself_gives_the_same_status() -> None:
    assert CliRunner().invoke(app, ["run"]).exit_code == 2
    assert CliRunner().invoke(app, ["list"]).exit_code == 0


# --- run


def test_run_without_a_terminal_prints_the_walk_through(attn: Run) -> None:
    found = attn("run", DOG)
    assert (found.status, found.err) == (0, "")
    assert found.out.startswith("I love my dog\n")
    assert "11/11  Heads side by side" in found.out


def test_run_takes_a_yaml_file_and_a_trace(attn: Run) -> None:
    Path("mine.yaml").write_text("title: Mine\ninput: {text: a b}")
    whole = attn("run", "mine.yaml")
    assert whole.out.startswith("Mine\n")
    for name in ("t.json", "t.npz", "t.safetensors"):
        assert attn("export", "mine.yaml", "-o", name).status == 0
        assert attn("run", name) == whole


def test_a_trace_without_its_ending_is_known_by_how_it_begins(attn: Run) -> None:
    for ending in ("json", "npz", "safetensors"):
        assert attn("export", DOG, "-o", ending, "--format", ending).status == 0
        assert attn("run", f"./{ending}") == attn("run", DOG)


def test_a_wrong_scenario_name_gets_the_nearest(attn: Run) -> None:
    found = attn("run", "i-love-my-cat")
    assert (found.status, found.out) == (2, "")
    assert "did you mean i-love-my-dog?" in found.err


def test_a_wrong_step_gets_the_nearest(attn: Run) -> None:
    found = attn("run", DOG, "--step", f"{WEIGHTS}s")
    assert found.status == 2
    assert f"did you mean {WEIGHTS}?" in found.err


def test_on_a_terminal_the_explorer_starts_at_the_step(attn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from attn_explore.explorer import app as textual_app

    seen: list[str] = []

    def show(load: Callable[[object], object], title: str, reload: object, is_pair: bool, look: object) -> int:
        session = load(Counter())
        seen.extend([title, session.place.value.path])  # type: ignore[attr-defined]
        return 143

    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(textual_app, "show", show)
    Path("mine.yaml").write_text("title: Mine\ninput: {text: a}")
    assert attn("run", DOG, "--step", WEIGHTS).status == 143
    assert attn("run", "mine.yaml", "--step", "encoder.input").status == 143
    assert seen == [DOG, WEIGHTS, "Mine", "encoder.input"]


# --- completion


STARTING_WITH_W = [
    "wo-xihuan-wode-gou",
    "word-order",
    "why-scale",
    "with-and-without-mask",
    "write-word-by-word",
    "who-wrote-this-word",
    "what-rounding-does",
    "where-gradients-flow",
    "wide",
    "what-comes-next",
]


def test_scenario_names_are_completed() -> None:
    assert options.complete_source("w") == STARTING_WITH_W


def completed(source: str, incomplete: str) -> list[str]:
    context = typer.Context(typer.main.get_command(app))
    context.params = {"source": source}
    return list(options.complete_step(context, incomplete))


def test_the_shortest_names_of_steps_are_completed_first() -> None:
    assert completed(DOG, "w") == ["weights"]
    assert completed(DOG, "")[:2] == ["embedding", "position"]


def test_step_names_of_the_scenario_on_the_line_are_completed() -> None:
    assert completed(DOG, "encoder.layers.0.self_attention.s") == [
        "encoder.layers.0.self_attention.scores",
        "encoder.layers.0.self_attention.scaled_scores",
    ]


@pytest.mark.parametrize("source", ["", "nothing", "missing.yaml"])
def test_without_a_scenario_on_the_line_no_step_is_completed(source: str) -> None:
    assert completed(source, "") == []


def test_the_shell_gets_completions_from_the_program_itself() -> None:
    found = program(_ATTN_EXPLORE_COMPLETE="complete_bash", COMP_WORDS="attn-explore run w", COMP_CWORD="2")
    assert found.stdout.decode().split() == STARTING_WITH_W


@pytest.mark.parametrize("view", ["beside", "difference"])
def test_a_view_of_two_runs_is_refused_where_there_is_one(view: str, attn: Run) -> None:
    found = attn("run", DOG, "--view", view)
    assert (found.status, found.out) == (2, "")
    assert is_refusal(found.err)
    assert f"--view {view} is of two runs, and this is one" in found.err
    assert attn("run", "patching", "--view", view).status == 0


def test_a_wrong_name_of_a_sorting_is_refused_though_what_is_printed_is_not_sorted(attn: Run) -> None:
    assert "bogus is neither columns nor rows" in attn("run", DOG, "--step", "weights", "--sort", "bogus").err
