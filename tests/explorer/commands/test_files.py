"""The commands that read and write files: export, check, new, schema; and what a run may take and read."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.explorer.system import progress
from attn_explore.explorer.system.limits import parse_size
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import read_scenario, scenario_schema
from attn_explore.model.traces.trace_schema import trace_schema
from tests.explorer.commands.conftest import Run
from tests.program import Ended, program

DOG = "i-love-my-dog"
WEIGHTS = "encoder.layers.0.self_attention.weights"


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
