"""The program among faults of its surroundings. Each case names its row of the project's table of bad inputs.

What concerns the explorer's screen on a terminal is tested with the screen; here it is never reached.
"""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attn_explore.explorer.system.exits import guarded
from tests.program import (
    ROOT,
    Finished,
    besides_progress,
    command,
    environment,
    in_shell,
    is_refusal,
    program,
)

DOG = "i-love-my-dog"
LONG = "model: {d_model: 8, layers: 100000}\ninput: {text: a b c}"
"""A run of minutes."""


# --- B18, B19: the same numbers everywhere


@cache
def exported(**changes: Any) -> bytes:
    found = program("export", "encoder-layer", "-o", "-", **changes)
    if found.returncode == -signal.SIGILL:
        pytest.skip("this processor lacks what that kernel needs")
    assert found.returncode == 0
    return found.stdout


@pytest.mark.parametrize(
    "changes",
    [
        {"OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "HASWELL"},
        {"OPENBLAS_NUM_THREADS": "16", "OPENBLAS_CORETYPE": "PRESCOTT"},
        {"OPENBLAS_CORETYPE": "SKYLAKEX"},
    ],
    ids=str,
)
def test_b18_parameters_are_bit_equal_and_steps_nearly_so_whatever_multiplies(changes: dict[str, str]) -> None:
    ours, theirs = json.loads(exported()), json.loads(exported(**changes))
    assert ours["parameters"] == theirs["parameters"]
    for mine, other in zip(ours["steps"], theirs["steps"], strict=True):
        np.testing.assert_allclose(mine["values"], other["values"], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "changes",
    [
        {"PYTHONHASHSEED": "0", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "1", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"},
        {"PYTHONHASHSEED": "random", "LC_ALL": "de_DE.UTF-8"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=str,
)
def test_b19_the_trace_is_the_same_bytes_in_every_environment(changes: dict[str, str]) -> None:
    assert exported(**changes) == exported()


# --- G1: signals


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"])
def test_g1_a_signal_ends_the_run_silently_with_its_status(name: str, tmp_path: Path) -> None:
    number = getattr(signal, name)
    process = running(tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (128 + number, -number)
    assert (out, err) == (b"", b"")


def test_g1_a_program_under_nohup_goes_on(tmp_path: Path) -> None:
    process = running(tmp_path, "nohup")
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    process.kill()
    process.communicate()


def running(folder: Path, *before: str) -> subprocess.Popen[bytes]:
    """The program while it computes: NumPy is loaded, and the run takes minutes."""
    (folder / "long.yaml").write_text(LONG)
    process = subprocess.Popen(
        [*before, *command("run", "long.yaml", "--memory-limit", "1TB")],
        cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while b"_multiarray_umath" not in Path(f"/proc/{process.pid}/maps").read_bytes():
        time.sleep(0.02)
    time.sleep(0.2)
    return process


# --- G4: without a terminal


def on_a_terminal(streams: str, *arguments: str, **changes: str | None) -> tuple[int, bytes, bytes]:
    """Run with the named streams on a pseudo-terminal: exit status, what the terminal got, what stderr got if not."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(*arguments), env=environment(**{"TERM": "xterm-256color", **changes}),
        stdin=theirs if "stdin" in streams else subprocess.DEVNULL,
        stdout=theirs if "stdout" in streams else subprocess.PIPE,
        stderr=theirs if "stderr" in streams else subprocess.PIPE,
    )  # fmt: skip
    os.close(theirs)
    shown = drained(ours)
    _, err = process.communicate(timeout=60)
    os.close(ours)
    return process.returncode, shown, err or b""


def drained(terminal: int) -> bytes:
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # EIO: the other end is closed
            return shown


@pytest.mark.parametrize(
    ("streams", "changes"),
    [("stdout stderr", {}), ("stdin stdout", {}), ("stdout", {})]
    + [("stdin stdout stderr", {"TERM": term}) for term in ("dumb", "unknown", "", None)],
)
def test_g4_a_terminal_that_will_not_do_is_refused_at_once_without_an_escape(
    streams: str, changes: dict[str, str | None]
) -> None:
    status, shown, err = on_a_terminal(streams, "run", DOG, **changes)
    assert status == 3
    assert b"\x1b" not in shown + err
    assert b"hint: --plain prints the walk-through as text" in shown + err
    if not changes:
        assert b"error: there is no terminal: stdin, stdout and stderr have to be one" in shown + err


def test_g4_plain_text_on_a_terminal_holds_no_escape() -> None:
    status, shown, err = on_a_terminal("stdin stdout stderr", "run", DOG, "--plain")
    assert (status, err) == (0, b"")
    assert shown.startswith(b"I love my dog")
    assert b"\x1b" not in shown


def test_g4_without_a_terminal_on_stdout_the_walk_through_is_printed() -> None:
    found = program("run", DOG, TERM="dumb")
    assert (found.returncode, found.stderr) == (0, b"")
    assert found.stdout.startswith(b"I love my dog\n")


# --- G5: pipes and closed streams


@pytest.mark.parametrize("arguments", [f"run {DOG}", "show wide encoder.input", "export wide -o -", "schema trace"])
def test_g5_a_reader_that_leaves_early_is_no_error(arguments: str) -> None:
    found = in_shell(f"$attn {arguments} | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}")
    assert found.returncode in (0, 141)
    assert besides_progress(found.stderr) == b""


PRINTING = (
    "", "--help", "--version", "list", f"run {DOG}", f"run {DOG} --plain", f"compare {DOG} single-head",
    f"show {DOG} encoder.input", f"show {DOG} encoder.input --csv", f"plot {DOG} encoder.input",
    f"explain {DOG} 'encoder.input[I,0]'", f"export {DOG} -o -",
    f"check {ROOT}/scenarios/wide.yaml",
    "schema scenario", "train --help",
)  # fmt: skip
"""Command lines that have something to print."""


@pytest.mark.parametrize("arguments", PRINTING)
def test_g5_output_that_is_lost_since_stdout_is_closed_is_an_error(arguments: str) -> None:
    found = in_shell(f"$attn {arguments} >&-")
    assert found.returncode == 3
    said = besides_progress(found.stderr)
    assert said == b"error: the output could not be written: standard output is closed\n"


@pytest.mark.parametrize("arguments", [f"export {DOG} -o a.npz", "new a.yaml", f"plot {DOG} encoder.input -o a.csv"])
def test_g5_a_closed_stdout_is_no_error_where_nothing_is_printed(arguments: str, tmp_path: Path) -> None:
    found = in_shell(f"$attn {arguments} >&-", tmp_path)
    assert found.returncode == 0
    assert besides_progress(found.stderr).startswith(b"wrote ")
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(("arguments", "status"), [("list", 0), ("run nothing", 2), ("--bogus", 2)])
def test_g5_a_closed_stderr_changes_neither_output_nor_status(arguments: str, status: int) -> None:
    closed, opened = (in_shell(f"$attn {arguments} {how}") for how in ("2>&-", "2>/dev/null"))
    assert (closed.returncode, closed.stdout) == (opened.returncode, opened.stdout)
    assert closed.returncode == status


def test_g5_a_closed_stdin_is_not_missed() -> None:
    found = in_shell(f"$attn run {DOG} <&-")
    assert (found.returncode, besides_progress(found.stderr)) == (0, b"")


# --- G8: a bug of ours


def test_a_signal_while_a_class_is_made_ends_the_program_with_its_own_status() -> None:
    def make() -> None:  # Python 3.11 says it so; what a handler of a signal raises is the cause
        raise RuntimeError("Error calling __set_name__ on 'Reactive' instance") from SystemExit(130)

    assert guarded(make) == 130


def test_g8_a_bug_is_one_line_with_the_path_of_a_log_and_status_70(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert guarded(lambda: 1 / 0) == 70
    message = capsys.readouterr().err
    assert message.startswith("error: this is a bug in attn-explore (ZeroDivisionError); the details are in ")
    log = Path(message.split()[-1])
    assert message.count("\n") == 1
    assert log.is_relative_to(tmp_path)
    assert "1 / 0" in log.read_text()


def test_g8_without_a_place_for_the_log_the_folder_for_temporary_files_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert guarded(lambda: 1 / 0) == 70
    assert Path(capsys.readouterr().err.split()[-1]).is_relative_to(tmp_path)


def test_g8_without_any_place_for_the_log_the_details_follow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    monkeypatch.setattr("tempfile.tempdir", "/proc/nowhere")
    assert guarded(lambda: 1 / 0) == 70
    first, *details = capsys.readouterr().err.splitlines()
    assert first.endswith("(ZeroDivisionError); no file could be written: the details follow")
    assert any("1 / 0" in line for line in details)


# --- G9, G11: other environments


@pytest.mark.parametrize("name", [DOG, "wo-xihuan-wode-gou", "padding-mask"])
def test_g9_where_there_is_only_ascii_everything_is_readable(name: str) -> None:
    found = program("run", name, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (found.returncode, found.stderr) == (0, b"")
    text = found.stdout.decode("ascii")
    assert "scaled_scores = QK^T/sqrt d_k\n" in text
    assert "\\u" not in text


def test_g9_a_refusal_where_there_is_only_ascii(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("title: 我\nmodel: {我: 1}\ninput: {text: a}", encoding="utf-8")
    found = program("run", "bad.yaml", folder=tmp_path, PYTHONIOENCODING="ascii")
    assert found.returncode == 2
    assert is_refusal(found.stderr.decode("ascii"))


def works(found: Finished) -> bool:
    return (found.returncode, found.stderr) == (0, b"") and found.stdout.startswith(b"I love my dog\n")


@pytest.mark.parametrize("flags", [["-O"], ["-W", "error"], ["-X", "dev", "-W", "error"]], ids=" ".join)
def test_g11_the_program_works_under_other_flags_of_python(flags: list[str]) -> None:
    line = [sys.executable, *flags, "-m", "attn_explore", "run", DOG]
    assert works(subprocess.run(line, env=environment(), stdin=subprocess.DEVNULL, capture_output=True))


@pytest.mark.parametrize("changes", [{"HOME": "/proc/nowhere"}, {"HOME": None}, {"TMPDIR": "/proc/nowhere"}], ids=str)
def test_g11_the_program_works_without_a_home_and_without_temporary_files(changes: dict[str, Any]) -> None:
    assert works(program("run", DOG, **changes))
