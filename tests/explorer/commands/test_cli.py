"""Every command: what it prints, where, and with which exit status."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from attn_explore.explorer.commands import options
from attn_explore.explorer.commands.command_line import app
from attn_explore.explorer.commands.examples import EXAMPLES
from attn_explore.explorer.session.course import bundled, named
from attn_explore.explorer.system import progress
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import parse_size
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import read_scenario, scenario_schema
from attn_explore.model.traces.trace_schema import trace_schema
from tests.program import Ended, environment, here, is_refusal, program

DOG = "i-love-my-dog"
WEIGHTS = "encoder.layers.0.self_attention.weights"


COMMANDS = ("run", "compare", "list", "models", "show", "explain", "export", "check", "new", "schema")


Run = Callable[..., Ended]


@pytest.fixture
def attn(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    return partial(here, capsys)


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


# --- list and show


def test_list_names_every_scenario_on_a_line_in_the_order_of_the_course(attn: Run) -> None:
    found = attn("list")
    assert [line.split()[0] for line in found.out.splitlines() if line.startswith("  ")] == list(named())
    assert [line for line in found.out.splitlines() if line and not line.startswith("  ")] == [
        "beginner", "intermediate", "advanced",
    ]  # fmt: skip
    assert "One attention head, from words to weighted values" in found.out


@pytest.mark.parametrize("path", [WEIGHTS, f"{WEIGHTS}.total", "encoder.embedding_table", "tokens"])
def test_show_prints_steps_finer_steps_parameters_and_tokens(path: str, attn: Run) -> None:
    found = attn("show", DOG, path)
    assert (found.status, found.err) == (0, "")
    assert "dog" in found.out


@pytest.mark.parametrize(
    ("part", "lines"),
    [
        ("weights[love]", ["key  I love my dog", ""]),
        ("layers.0.weights[Love, dog]", [""]),
        ("weights[0, love]", ["key  I love my dog", ""]),
    ],
)
def test_show_prints_a_part_that_is_named_by_words(part: str, lines: list[str], attn: Run) -> None:
    found = attn("show", DOG, part)
    assert (found.status, found.err) == (0, "")
    heads = [line.split("0.")[0].split() for line in found.out.splitlines()]
    assert heads == [line.split() for line in lines]


def test_show_prints_the_row_of_a_word_in_every_head(attn: Run) -> None:
    rows = attn("show", "encoder-layer", "weights[my]", "--csv").out.splitlines()
    whole = attn("show", "encoder-layer", "weights", "--csv").out.splitlines()
    assert rows[0] == "head,I,love,my,dog"
    assert rows[1:] == [line.replace(",my,", ",", 1) for line in whole if ",my," in line][1:]


def test_show_prints_csv_to_compute_with(attn: Run) -> None:
    lines = attn("show", DOG, WEIGHTS, "--csv").out.splitlines()
    assert lines[0] == "head,query,I,love,my,dog"
    assert all(sum(map(float, line.split(",")[2:])) == pytest.approx(1) for line in lines[1:])


def test_show_refuses_a_step_that_is_not_there(attn: Run) -> None:
    found = attn("show", DOG, "encoder.layers.1.self_attention.weights")
    assert (found.status, found.out) == (2, "")
    assert "did you mean" in found.err


# --- compare


def test_compare_prints_both_runs_step_by_step_by_their_names(attn: Run) -> None:
    found = attn("compare", DOG, "single-head")
    assert (found.status, found.err) == (0, "")
    assert f"Two runs step by step, {DOG} and single-head." in found.out
    assert found.out.count("  Attention weights\n") == 1


def test_compare_tells_which_of_the_two_cannot_be_found(attn: Run) -> None:
    found = attn("compare", DOG, "single-heat")
    assert (found.status, found.out) == (2, "")
    assert "did you mean single-head?" in found.err


def test_a_run_is_compared_with_itself(attn: Run) -> None:
    said = attn("compare", DOG, DOG).out
    assert "Two runs step by step, first and second. They are the same throughout." in said
    assert said.count("Every number here is the same in both runs.") == 11


# --- explain

SCORES = "encoder.layers.0.self_attention.scores"
Q = "encoder.layers.0.self_attention.q"


def test_explain_prints_the_arithmetic_of_a_cell_and_where_it_goes(attn: Run) -> None:
    found = attn("explain", DOG, f"{SCORES}[I,dog]")
    assert (found.status, found.err) == (0, "")
    lines = found.out.splitlines()
    assert lines[0] == f"{SCORES}[I, dog]"
    assert lines[1].strip().startswith("scores[I, dog] = ")
    assert len([line for line in lines if " × " in line]) == 1 + 5
    assert "scaled_scores[I, dog]" in found.out.partition("where it goes")[2]


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        (["show", DOG, "weights"], ["show", DOG, WEIGHTS]),
        (["show", DOG, "A"], ["show", DOG, WEIGHTS]),
        (["show", DOG, "exponentials"], ["show", DOG, f"{WEIGHTS}.exponentials"]),
        (["explain", DOG, "scores[I,dog]"], ["explain", DOG, f"{SCORES}[I,dog]"]),
        (["plot", DOG, "weights[love,I]"], ["plot", DOG, f"{WEIGHTS}[love,I]"]),
        (["show", DOG, "grad.q", "--of", "scores[I,dog]"], ["show", DOG, f"grad.{Q}", "--of", f"{SCORES}[I,dog]"]),
        (["run", DOG, "--step", "weights"], ["run", DOG, "--step", WEIGHTS]),
    ],
)
def test_a_step_may_be_named_by_the_end_of_its_path_or_its_letter(
    attn: Run, short: list[str], whole: list[str]
) -> None:
    found = attn(*short)
    assert (found.status, found.err) == (0, "")
    assert found.out == attn(*whole).out


@pytest.mark.parametrize("command", [["show"], ["explain"], ["plot"], ["run", "--step"]])
def test_a_name_that_several_steps_have_is_refused_with_the_candidates(attn: Run, command: list[str]) -> None:
    found = attn(command[0], "pre-norm-stack", *command[1:], "weights")
    assert found.status == 2
    assert found.err.splitlines()[0] == "error: several steps of the run are called weights"
    assert "hint: write one of encoder.layers.0.self_attention.weights, encoder.layers.1." in found.err


def test_a_name_that_no_step_has_is_refused_with_the_nearest(attn: Run) -> None:
    assert "did you mean weights?" in attn("explain", DOG, "wieghts[love,dog]").err
    assert "did you mean scores?" in attn("show", DOG, "grad.q", "--of", "scoers[I,dog]").err


def test_what_is_shown_of_a_cell_is_a_name_that_leads_back_to_it(attn: Run, tmp_path: Path) -> None:
    file = tmp_path / "words.yaml"
    file.write_text("model: {kind: attention}\ninput: {tokens: [the, cat, the, '2', '0']}\n")
    for typed in ("scores[the 2,cat]", 'scores["2",cat]', "scores[2,cat]"):
        whole, heading, *_ = attn("explain", str(file), typed).out.splitlines()
        shown = heading.partition(" = ")[0].strip()
        assert shown == typed.replace("[2,", "[the 2,").replace(",", ", ")
        assert attn("explain", str(file), shown).out == attn("explain", str(file), whole).out


def test_explain_follows_the_numbers_back_as_far_as_it_is_asked_to(attn: Run) -> None:
    cells = [
        [
            line
            for line in attn("explain", DOG, f"{SCORES}[I,dog]", "--depth", depth).out.splitlines()
            if line[:7] == "encoder"
        ]
        for depth in ("1", "2", "3")
    ]
    assert [len(found) for found in cells[:2]] == [1, 1 + 2 * 5]
    assert cells[2][:11] == cells[1]
    assert "encoder.layers.0.self_attention.w_q[0, head 0 · 0]" in cells[2]
    assert len(cells[2]) == len(set(cells[2]))


def test_explain_reads_back_the_cells_that_it_names(attn: Run) -> None:
    named = [
        line for line in attn("explain", "encoder-layer", f"{WEIGHTS}[1,I,dog]", "--depth", "4").out.splitlines()
        if line.startswith("encoder")
    ]  # fmt: skip
    assert len(named) > 10
    for cell in named[:: len(named) // 6]:
        assert attn("explain", "encoder-layer", cell).out.splitlines()[0] == cell


def test_explain_without_an_index_takes_the_cell_that_the_explorer_begins_at(attn: Run) -> None:
    assert attn("explain", DOG, SCORES).out == attn("explain", DOG, f"{SCORES}[love,I]").out


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (f"{SCORES}[I,cat]", "there is no cat along key"),
        (f"{SCORES}[I]", "1 index for 2 axes"),
        (f"{SCORES[:-1]}[0,I,dog]", "did you mean"),
    ],
)
def test_explain_tells_what_may_be_given(cell: str, said: str, attn: Run) -> None:
    found = attn("explain", DOG, cell)
    assert (found.status, found.out) == (2, "")
    assert is_refusal(found.err)
    assert said in found.err


# --- export


def test_export_says_on_stderr_where_the_file_went(attn: Run) -> None:
    found = attn("export", DOG, "-o", "trace.json")
    assert (found.status, found.out) == (0, "")
    assert found.err.startswith("wrote trace.json (")
    assert len(json.loads(Path("trace.json").read_bytes())["steps"]) == 11


def test_export_to_stdout_is_the_file_and_nothing_else(attn: Run) -> None:
    attn("export", DOG, "-o", "trace.json", "--fine")
    found = attn("export", DOG, "-o", "-", "--fine")
    assert (found.status, found.err) == (0, "")
    assert found.out.encode() == Path("trace.json").read_bytes()


def test_a_binary_format_goes_to_stdout_too(tmp_path: Path) -> None:
    found = program("export", DOG, "-o", "-", "--format", "npz", folder=tmp_path)
    (tmp_path / "piped.npz").write_bytes(found.stdout)
    with np.load(tmp_path / "piped.npz") as arrays:
        assert arrays[WEIGHTS].shape == (1, 4, 4)


def test_export_refuses_an_ending_that_it_does_not_know(attn: Run) -> None:
    found = attn("export", DOG, "-o", "trace.txt")
    assert found.status == 2
    assert "end it with .json, .npz, .safetensors" in found.err
    assert not Path("trace.txt").exists()


def test_export_does_not_replace_a_file_unless_told(attn: Run) -> None:
    Path("trace.json").write_text("mine")
    assert attn("export", DOG, "-o", "trace.json").status == 2
    assert Path("trace.json").read_text() == "mine"
    assert attn("export", DOG, "-o", "trace.json", "--force").status == 0
    assert Path("trace.json").read_text() != "mine"


def test_what_takes_long_is_told_on_stderr(attn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(10**6))
    monkeypatch.setattr(progress, "monotonic", lambda: next(seconds))
    found = attn("export", "encoder-layer", "-o", "trace.json")
    assert (found.status, found.out) == (0, "")
    assert "computed encoder." in found.err
    assert " KiB written\n" in found.err
    assert "\x1b" not in found.err


def test_what_is_quick_is_not_told(attn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "monotonic", lambda: 0)
    assert attn("export", DOG, "-o", "trace.npz").err.count("\n") == 1


# --- check, new, schema


def test_check_tells_of_every_file_and_fails_if_one_is_bad(attn: Run) -> None:
    Path("good.yaml").write_text("input: {text: a}")
    Path("bad.yaml").write_text("input: {text: a}\nmodel: {heads: 0}")
    attn("export", DOG, "-o", "trace.npz")
    found = attn("check", "good.yaml", "bad.yaml", "trace.npz", "missing.yaml")
    assert found.status == 2
    assert found.out == "good.yaml: ok\ntrace.npz: ok\n"
    assert "error: bad.yaml:2:16: " in found.err
    assert "error: missing.yaml: there is no such file" in found.err


def test_check_looks_into_weights_too(attn: Run) -> None:
    Path("weights.safetensors").write_bytes(b"")
    Path("mine.yaml").write_text("input: {text: a}\nmodel: {weights: {file: weights.safetensors}}")
    found = attn("check", "mine.yaml")
    assert found.status == 2
    assert "not a safetensors file" in found.err


def test_check_takes_the_names_of_the_course(attn: Run) -> None:
    assert attn("check", DOG).out == f"{DOG}: ok\n"
    assert "did you mean i-love-my-dog?" in attn("check", "i-love-my-dag").err


def test_check_accepts_every_bundled_scenario(attn: Run) -> None:
    found = attn("check", *(str(path) for path in bundled().values()))
    assert (found.status, found.err) == (0, "")
    assert found.out.count(": ok\n") == len(bundled())


def test_new_writes_a_commented_scenario_that_runs_and_is_in_the_schema(attn: Run) -> None:
    import yaml

    assert attn("new", "mine.yaml").status == 0
    assert attn("run", "mine.yaml").out.startswith("My scenario\n")
    assert "#" in Path("mine.yaml").read_text()
    jsonschema.validate(yaml.safe_load(Path("mine.yaml").read_text()), scenario_schema())


@pytest.mark.parametrize("file", ["my lesson.yaml", "-x.yaml", "it's.yaml"])
def test_the_line_to_try_after_new_runs_whatever_the_file_is_called(file: str, attn: Run) -> None:
    said = attn("new", "--", file).err.strip()
    assert attn(*shlex.split(said.partition("try: attn-explore ")[2])).out.startswith("My scenario\n")


def test_new_prints_the_scenario_where_the_file_is_stdout(attn: Run) -> None:
    printed = attn("new", "-")
    attn("new", "mine.yaml")
    assert printed == Ended(0, Path("mine.yaml").read_text(), "")
    assert not Path("-").exists()


def test_what_the_new_scenario_says_of_defaults_is_true(attn: Run) -> None:
    attn("new", "mine.yaml")
    written = Path("mine.yaml").read_text()
    model = read_scenario(Path("mine.yaml")).model
    assert f"# d_k: {model.d_k} " in written
    assert f"# d_v: {model.d_v} " in written
    assert f"# d_ff: {model.d_ff} " in written


def test_every_line_that_is_commented_out_in_the_new_scenario_can_be_taken_in(attn: Run) -> None:
    attn("new", "mine.yaml")
    written = Path("mine.yaml").read_text()
    for line in ("# d_k: 3", "# d_v: 3", "# d_ff: 24", "# pad_to: 6", "# mask: { causal: true }"):
        assert line in written
        Path("mine.yaml").write_text(written.replace(line, line.removeprefix("# ")))
        assert attn("check", "mine.yaml").status == 0


def test_new_writes_over_a_file_only_when_told(attn: Run) -> None:
    Path("mine.yaml").write_text("mine")
    refused = attn("new", "mine.yaml")
    assert refused.status == 2
    assert "`--force`" in refused.err
    assert Path("mine.yaml").read_text() == "mine"
    assert attn("new", "mine.yaml", "--force").status == 0
    assert attn("check", "mine.yaml").status == 0


def test_schema_prints_what_the_program_checks_by(attn: Run) -> None:
    assert json.loads(attn("schema", "scenario").out) == scenario_schema()
    assert json.loads(attn("schema", "trace").out) == trace_schema()


# --- limits


def test_a_run_over_the_memory_limit_says_what_it_needs_and_what_is_largest(attn: Run) -> None:
    Path("large.yaml").write_text("input: {text: a, pad_to: 1000000}")
    found = attn("run", "large.yaml", "--memory-limit", "2GiB")
    assert (found.status, found.out) == (2, "")
    assert "TiB" in found.err
    assert "limit 2.0 GiB; largest: encoder.layers.0.self_attention.scores (1 × 1000000 × 1000000)" in found.err
    assert "--memory-limit" in found.err


@pytest.mark.parametrize("text", ["", "x", "-1", "1e9", "2 apples", "9" * 99, "٣"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        parse_size(text)


def test_weights_from_elsewhere_are_read_from_a_folder_that_is_allowed(attn: Run, tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    from attn_explore.model.run import run
    from attn_explore.model.scenario import parse_scenario

    elsewhere, own = tmp_path / "elsewhere", tmp_path / "own"
    elsewhere.mkdir()
    own.mkdir()
    trace = run(parse_scenario("input: {text: a b}"))
    save_file({name: value.array for name, value in trace.parameters.items()}, elsewhere / "w.safetensors")
    (own / "mine.yaml").write_text("input: {text: a b}\nmodel: {weights: {file: ../elsewhere/w.safetensors}}")
    refused = attn("run", "own/mine.yaml")
    assert refused.status == 2
    assert "--allow-path" in refused.err
    assert attn("run", "own/mine.yaml", "--allow-path", "elsewhere").status == 0


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
