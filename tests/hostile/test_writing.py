"""Faults while a file is written. Each case names its row of the project's table of bad inputs."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from attn_explore.model.config import ModelConfig
from attn_explore.model.files.writing import check_target, write_atomically
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario, scenario_from_dict
from attn_explore.model.trace import Trace
from attn_explore.model.traces.export import WRITERS
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.traces.wanted import Wanted
from tests.building import configs
from tests.program import besides_progress, command, environment, in_shell, is_refusal, program
from tests.rights import IS_ROOT, no_rights, owned_folder

OLD = b"an old file"


def chunks(count: int = 3) -> Iterator[bytes]:
    yield from (b"piece" for _ in range(count))


def refused(target: Path, status: int, **options: object) -> str:
    with pytest.raises(Problem) as problem:
        write_atomically(target, chunks(), **options)  # type: ignore[arg-type]
    assert problem.value.exit_status == status
    assert is_refusal(problem.value.render())
    return problem.value.render()


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


# --- what is written


def test_the_chunks_are_in_the_file_and_nothing_else_is_left(tmp_path: Path) -> None:
    assert write_atomically(tmp_path / "trace.json", chunks()) == 15
    assert (tmp_path / "trace.json").read_bytes() == b"piece" * 3
    assert names(tmp_path) == ["trace.json"]


def test_progress_is_told_after_every_chunk(tmp_path: Path) -> None:
    told: list[int] = []
    write_atomically(tmp_path / "trace.json", chunks(), progress=told.append)
    assert told == [5, 10, 15]


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o002])
def test_f9_a_new_file_has_the_mode_that_the_umask_leaves(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "trace.json", chunks())
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "trace.json").stat().st_mode) == 0o666 & ~mask


def test_f9_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "trace.json"
    target.write_bytes(OLD)
    target.chmod(0o640)
    write_atomically(target, chunks(), force=True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


# --- F1: no room


def test_f1_a_device_that_is_always_full_is_not_written_to(tmp_path: Path) -> None:
    found = program("export", "i-love-my-dog", "--format", "json", "-o", "/dev/full", folder=tmp_path)
    assert found.returncode == 3
    assert is_refusal(found.stderr.decode())


def test_f1_a_full_stdout_is_told_with_status_3(tmp_path: Path) -> None:
    for line in ("$attn export i-love-my-dog -o - >/dev/full", "$attn list >/dev/full"):
        found = in_shell(line, tmp_path)
        assert (found.returncode, found.stdout) == (3, b"")
        said = besides_progress(found.stderr).decode()
        assert said == "error: the output could not be written: No space left on device\n"


@pytest.mark.parametrize("force", [False, True])
def test_f1_a_file_size_limit_leaves_the_old_file_and_nothing_else(force: bool, tmp_path: Path) -> None:
    target = tmp_path / "trace.json"
    if force:
        target.write_bytes(OLD)
    before = names(tmp_path)
    found = program(
        "export", "i-love-my-dog", "-o", str(target), *(["--force"] if force else []),
        before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )  # fmt: skip
    assert found.returncode == 3
    assert "could not be written: File too large" in found.stderr.decode()
    assert names(tmp_path) == before
    assert not force or target.read_bytes() == OLD


@pytest.mark.skipif(not IS_ROOT or not shutil.which("mount"), reason="only root mounts a small disk")
def test_f1_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        (tmp_path / "trace.json").write_bytes(OLD)
        found = program("export", "i-love-my-dog", "-o", "trace.json", "--force", folder=tmp_path)
        assert found.returncode == 3
        assert "No space left on device" in found.stderr.decode()
        assert names(tmp_path) == ["trace.json"]
        assert (tmp_path / "trace.json").read_bytes() == OLD
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_f1_what_fails_while_it_is_made_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"a piece"
        raise MemoryError

    (tmp_path / "trace.json").write_bytes(OLD)
    with pytest.raises(MemoryError):
        write_atomically(tmp_path / "trace.json", failing(), force=True)
    assert names(tmp_path) == ["trace.json"]
    assert (tmp_path / "trace.json").read_bytes() == OLD


# --- F2, F4, F5: targets


def test_f2_a_folder_is_no_target(tmp_path: Path) -> None:
    assert "this is a folder" in refused(tmp_path, 3)


def test_f2_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert "there is no such folder" in refused(tmp_path / "missing" / "trace.json", 3)


def test_f2_a_read_only_folder_is_refused() -> None:
    with owned_folder() as folder:
        target = folder / "trace.json"
        with no_rights():
            write_atomically(target, chunks())
        target.unlink()
        folder.chmod(0o555)
        with no_rights():
            assert "no permission" in refused(target, 3)


def test_f2_a_read_only_file_is_not_replaced() -> None:
    with owned_folder() as folder:
        target = folder / "trace.json"
        with no_rights():
            target.write_bytes(OLD)
            write_atomically(target, chunks(), force=True)
            target.chmod(0o444)
            assert "no permission" in refused(target, 3, force=True)


@pytest.mark.parametrize("name", ["n" * 300 + ".json", "a\0b.json"])
def test_f2_a_name_that_no_file_can_have_is_refused(name: str, tmp_path: Path) -> None:
    refused(tmp_path / name, 3)


def test_f2_the_longest_name_that_a_file_can_have_is_written(tmp_path: Path) -> None:
    target = tmp_path / ("喜" * 83 + ".json")
    write_atomically(target, chunks())
    assert target.read_bytes() == b"piece" * 3


def test_f2_a_bad_target_is_refused_before_the_run(tmp_path: Path) -> None:
    scenario = tmp_path / "long.yaml"
    scenario.write_text("model: {d_model: 4, layers: 100000}\ninput: {text: a}")  # minutes, if it ran
    found = program("export", str(scenario), "-o", "missing/trace.json", "--memory-limit", "1TB", folder=tmp_path)
    assert found.returncode == 3
    assert "there is no such folder" in found.stderr.decode()


def test_f4_an_existing_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    target = tmp_path / "trace.json"
    target.write_bytes(OLD)
    assert "--force" in refused(target, 2)
    assert target.read_bytes() == OLD
    write_atomically(target, chunks(), force=True)
    assert target.read_bytes() == b"piece" * 3


def test_f4_a_file_that_comes_up_while_ours_is_written_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "trace.json"

    def slowly() -> Iterator[bytes]:
        target.write_bytes(OLD)
        yield b"ours"

    with pytest.raises(Problem, match="exists already") as problem:
        write_atomically(target, slowly())
    assert problem.value.exit_status == 2
    assert target.read_bytes() == OLD
    assert names(tmp_path) == ["trace.json"]


def test_f5_a_symbolic_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "file.json").write_bytes(OLD)
    for name, leads_to in (("link.json", "file.json"), ("dangling.json", "nowhere")):
        (tmp_path / name).symlink_to(leads_to)
        assert "symbolic link" in refused(tmp_path / name, 2, force=True)
    assert (tmp_path / "file.json").read_bytes() == OLD
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("target", ["own.yaml", "weights.safetensors", "linked.json"])
def test_f5_what_the_run_is_read_from_is_never_replaced(target: str, tmp_path: Path) -> None:
    trace = run(parse_scenario("input: {text: I love}"))
    save_file({name: value.array for name, value in trace.parameters.items()}, tmp_path / "weights.safetensors")
    (tmp_path / "own.yaml").write_text("input: {text: I love}\nmodel: {weights: {file: weights.safetensors}}")
    os.link(tmp_path / "own.yaml", tmp_path / "linked.json")
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    found = program("export", "own.yaml", "--format", "json", "-o", target, "--force", folder=tmp_path)
    assert found.returncode == 2
    assert "a file that the run was read from" in found.stderr.decode()
    assert before == {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}


@pytest.mark.parametrize(
    ("command_line", "target"),
    [
        ("export c.yaml --format json", "own.safetensors"),
        ("export c.yaml --format json", "other.safetensors"),
        ("export c.yaml --format json", "c.yaml"),
        ("plot c.yaml encoder.input", "other.safetensors"),
        ("train t.yaml", "pairs.tsv"),
        ("train t.yaml", "other.safetensors"),
        ("train t.yaml", "t.yaml"),
    ],
)
def test_f5_no_file_of_either_run_is_replaced(command_line: str, target: str, tmp_path: Path) -> None:
    trace = run(parse_scenario("input: {text: I love}"))
    for name in ("own.safetensors", "other.safetensors"):
        save_file({name: value.array for name, value in trace.parameters.items()}, tmp_path / name)
    compare = "compare: {label: other, model: {weights: {file: other.safetensors}}}\n"
    (tmp_path / "c.yaml").write_text("input: {text: I love}\nmodel: {weights: {file: own.safetensors}}\n" + compare)
    (tmp_path / "pairs.tsv").write_text("a\tx\nb\ty\n")
    (tmp_path / "t.yaml").write_text(
        "model: {head: tokens}\nexperiment: {kind: training, data: pairs.tsv, held_out: 0}\n" + compare
    )
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    found = program(*command_line.split(), "-o", target, "--force", folder=tmp_path)
    assert found.returncode == 2
    assert is_refusal(found.stderr.decode())
    assert before == {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}


def test_f5_devices_and_pipes_are_no_targets(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for target in (tmp_path / "pipe.json", Path("/dev/null")):
        with pytest.raises(Problem, match="not a regular file"):
            check_target(target, force=True)


# --- F3, F8: killed, and two at once


@pytest.mark.parametrize("killer", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_f3_killed_at_any_moment_the_target_is_the_old_file_or_the_whole_new_one(
    killer: signal.Signals, tmp_path: Path
) -> None:
    scenario = tmp_path / "run.yaml"
    scenario.write_text("model: {d_model: 64, heads: 4}\ninput: {text: a b c, pad_to: 150}")
    target = tmp_path / "trace.json"
    export = command("export", str(scenario), "-o", str(target), "--force")
    subprocess.run(export, env=environment(), capture_output=True, check=True)
    whole = target.read_bytes()
    moments = random.Random(killer)  # noqa: S311 (any moments will do)
    for _ in range(5):
        target.write_bytes(OLD)
        process = subprocess.Popen(export, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(moments.uniform(0.1, 0.6))
        process.send_signal(killer)
        _, told = process.communicate()
        left = target.read_bytes()
        assert left in (OLD, whole)
        is_begun = b"init_import_site" not in told  # else Ctrl+C came while Python itself began, on a busy machine
        assert process.returncode in ((0, -killer, 128 + killer) if is_begun else (1,)), told
        if killer != signal.SIGKILL:
            assert names(tmp_path) == ["run.yaml", "trace.json"]
    assert {name for name in names(tmp_path) if not name.endswith(".tmp")} == {"run.yaml", "trace.json"}


def test_f8_of_two_programs_that_write_one_file_the_last_wins_whole(tmp_path: Path) -> None:
    target = tmp_path / "trace.json"

    def interrupted() -> Iterator[bytes]:
        yield b"first"
        write_atomically(target, chunks(), force=True)
        yield b" wins"

    write_atomically(target, interrupted(), force=True)
    assert target.read_bytes() == b"first wins"
    assert names(tmp_path) == ["trace.json"]


def test_f3_what_a_killed_export_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".attn-explore-0123456789abcdef.tmp").write_bytes(b"half")
    (tmp_path / ".attn-explore-link.tmp").symlink_to("file.json")
    (tmp_path / "file.json").write_bytes(OLD)
    write_atomically(tmp_path / "trace.json", chunks())
    assert names(tmp_path) == [".attn-explore-link.tmp", "file.json", "trace.json"]
    assert (tmp_path / "file.json").read_bytes() == OLD


def test_f8_what_another_program_is_writing_is_not_removed(tmp_path: Path) -> None:
    def interrupted() -> Iterator[bytes]:
        yield b"first"
        write_atomically(tmp_path / "second.json", chunks())
        yield b" wins"

    write_atomically(tmp_path / "first.json", interrupted())
    assert (tmp_path / "first.json").read_bytes() == b"first wins"
    assert names(tmp_path) == ["first.json", "second.json"]


# --- F7: how large it will be


def test_f7_a_large_export_says_its_size_and_is_written_only_by_force(tmp_path: Path) -> None:
    found = program("export", "wide", "-o", "wide.json", folder=tmp_path)
    assert found.returncode == 2
    said = found.stderr.decode()
    assert "error: wide.json: this export takes about 130.2 MiB\nhint: --steps writes some steps" in said
    assert names(tmp_path) == []


def test_f7_a_large_export_is_written_by_force_and_takes_what_was_said(tmp_path: Path) -> None:
    found = program("export", "wide", "-o", "wide.json", "--force", folder=tmp_path)
    assert found.returncode == 0
    assert 0.9 < (tmp_path / "wide.json").stat().st_size / (130.2 * 2**20) < 1.1


# --- F6, F10: what is read back


@pytest.mark.skipif(not shutil.which("node") and not shutil.which("jq"), reason="no other reader of JSON is here")
def test_f6_other_programs_read_an_export_with_infinities(tmp_path: Path) -> None:
    content = b"".join(WRITERS[".json"](*traced("input: {text: a, pad_to: 3}")))
    reader = ["jq", "."] if shutil.which("jq") else ["node", "-e", "JSON.parse(require('fs').readFileSync(0))"]
    assert b'"-Infinity"' in content
    subprocess.run(reader, input=content, check=True, stdout=subprocess.DEVNULL)


def test_f6_an_export_with_nan_and_infinities_is_strict_json(tmp_path: Path) -> None:
    text = "model: {dtype: float32, weights: {scale: 1.0e+38}}\ninput: {text: a b, pad_to: 3}"
    trace, scenario = traced(text)
    content = b"".join(WRITERS[".json"](trace, scenario))
    assert any(np.isnan(value.array).any() for value in trace.steps.values())

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(content, parse_constant=refuse)


def traced(text: str) -> tuple[Trace, Scenario]:
    scenario = parse_scenario(text)
    return run(scenario), scenario


@given(config=configs(), dtype=st.sampled_from(["float64", "float32"]), fine=st.booleans(), pad_to=st.integers(2, 4))
def test_f10_export_import_export_gives_the_same_bytes(
    config: ModelConfig, dtype: str, fine: bool, pad_to: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    echoed = parse_scenario(f"input: {{text: a b, pad_to: {pad_to}}}").as_dict()
    model = {key: value for key, value in asdict(config).items() if value is not None and key != "weights"}
    scenario = scenario_from_dict(echoed | {"model": model | {"dtype": dtype}})
    trace = run(scenario)
    path = tmp_path_factory.mktemp("trace") / "trace"
    for write in WRITERS.values():
        first = b"".join(write(trace, scenario, Wanted(fine=fine)))
        path.write_bytes(first)
        again, found = read_trace(path, 2**28)
        assert b"".join(write(found, again, Wanted(fine=fine))) == first
