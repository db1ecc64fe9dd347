"""`attn-explore train`: what it writes, what it says, and how it ends."""

from __future__ import annotations

import io
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.live import Live
from safetensors.numpy import load_file

from attn_explore.explorer.commands import train as train_command
from attn_explore.model.training.loop import Step
from tests.program import Ended, command, environment, here, is_refusal

REVERSE = """
model: {{head: tokens, d_model: 8, norm: none}}
experiment: {{kind: training, data: reverse, length: 4, symbols: 5, steps: {steps}, snapshots: 4, warmup: 10}}
"""
TOLD = "model: {head: tokens, d_model: 8, norm: none, weights: {file: w.safetensors}}"

Train = Callable[..., Ended]


@pytest.fixture
def train(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Train:
    """Run `attn-explore train` in a folder with a scenario to be trained."""
    monkeypatch.chdir(tmp_path)
    Path("reverse.yaml").write_text(REVERSE.format(steps=40), "utf-8")
    return lambda *arguments: here(capsys, "train", *arguments)


def training(folder: Path) -> Any:
    """A process that trains `long.yaml`."""
    line = command("train", "long.yaml", "-o", "w.safetensors")
    return subprocess.Popen(line, cwd=folder, env=environment(), stderr=subprocess.PIPE)


def test_it_tells_of_every_moment_and_writes_weights_that_other_programs_read(train: Train) -> None:
    ended = train("reverse.yaml", "-o", "w.safetensors")
    assert ended.status == 0
    assert ended.out == ""
    steps = re.findall(r"^step (\d+): loss \d+\.\d{4}, held out: loss \d+\.\d{4}, right \d+%$", ended.err, re.M)
    assert steps == ["10", "20", "30", "40"]
    assert re.search(
        r"^wrote w\.safetensors \(.*\) after 40 steps in .* right \d+% of what was trained on", ended.err, re.M
    )
    tensors = load_file("w.safetensors")
    assert tensors["encoder.layers.0.self_attention.w_q"].shape == (8, 8)
    moments = tensors["training.moments.encoder.layers.0.self_attention.w_q"]
    assert moments.shape == (5, 8, 8)
    np.testing.assert_array_equal(moments[-1], tensors["encoder.layers.0.self_attention.w_q"])
    assert tensors["training.loss"].shape == (40,)


def test_the_weights_run_in_the_scenario_that_names_them_with_the_curves_of_their_training(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    train("reverse.yaml", "-o", "w.safetensors")
    Path("run.yaml").write_text(
        REVERSE.format(steps=40).replace("norm: none", "norm: none, weights: {file: w.safetensors}")
    )
    shown = here(capsys, "show", "run.yaml", "experiment.held_out_loss", "--csv")
    assert shown.status == 0
    assert shown.out.splitlines()[0].split(",") == ["0", "10", "20", "30", "40"]


def test_an_untrained_scenario_runs_and_says_how_it_is_trained(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = here(capsys, "run", "reverse.yaml", "--plain")
    assert ended.status == 0
    assert "note: these weights are not trained; `attn-explore train` trains them" in ended.err
    assert "experiment." not in ended.out


def test_a_file_is_not_replaced_unless_told_and_never_the_scenario_or_its_pairs(train: Train) -> None:
    train("reverse.yaml", "-o", "w.safetensors")
    before = Path("w.safetensors").read_bytes()
    refused = train("reverse.yaml", "-o", "w.safetensors")
    assert refused.status == 2
    assert is_refusal(refused.err)
    assert "this file exists already" in refused.err
    assert Path("w.safetensors").read_bytes() == before
    assert train("reverse.yaml", "-o", "w.safetensors", "--force").status == 0
    Path("pairs.safetensors").write_text("a\tb\n", "utf-8")
    Path("pairs.yaml").write_text(
        "model: {kind: encoder-decoder, head: vocabulary}\nexperiment: {kind: training, data: pairs.safetensors}"
    )
    refused = train("pairs.yaml", "-o", "pairs.safetensors", "--force")
    assert refused.status == 2
    assert "this is a file that the run was read from" in refused.err
    assert Path("pairs.safetensors").read_text() == "a\tb\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("i-love-my-dog", "-o", "w.safetensors"), "this scenario does not say how it is trained"),
        (("reverse.yaml", "-o", "w.npz"), "weights are written as .safetensors"),
        (("reverse.yaml", "-o", "w.txt"), "this ending is no format"),
        (("reverse.yaml", "-o", "w.safetensors", "--resume"), "there is no such file"),
        (("reverse.yaml", "-o", "no/w.safetensors"), "there is no such folder"),
        (("reverse.yaml",), "Missing option '--output'"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(arguments: tuple[str, ...], said: str, train: Train) -> None:
    ended = train(*arguments)
    assert ended.status in (2, 3)
    assert is_refusal(ended.err)
    assert said in ended.err
    assert [path.name for path in Path().iterdir()] == ["reverse.yaml"]


@pytest.mark.parametrize("huge", ["d_model: 1000000000", "d_model: 8, layers: 1000000", "d_model: 8, d_ff: 100000"])
def test_a_training_over_the_memory_limit_says_what_it_needs(huge: str, train: Train) -> None:
    Path("reverse.yaml").write_text(REVERSE.format(steps=40).replace("d_model: 8", huge))
    ended = train("reverse.yaml", "-o", "w.safetensors", "--memory-limit", "100MB")
    assert ended.status == 2
    assert is_refusal(ended.err)
    assert "needs " in ended.err
    assert "limit 95.3 MiB" in ended.err


def test_what_a_batch_takes_does_not_grow_with_the_steps(train: Train) -> None:
    named = REVERSE.format(steps=1_000_000).replace("norm: none", "norm: none, weights: {file: w.safetensors}")
    Path("reverse.yaml").write_text(named)
    ended = train("reverse.yaml", "-o", "w.safetensors", "--resume", "--memory-limit", "500MB")
    assert "leave --resume out to begin" in ended.err  # so it was not for memory


def test_a_loss_that_is_no_number_is_told_with_what_may_help(train: Train) -> None:
    Path("reverse.yaml").write_text(REVERSE.format(steps=40).replace("steps", "learning_rate: 1.0e+300, steps"))
    ended = train("reverse.yaml", "-o", "w.safetensors")
    assert ended.status == 0
    assert ended.err.endswith("take a smaller `learning_rate`, or a longer `warmup`\n")


def test_a_trace_is_not_trained(train: Train, capsys: pytest.CaptureFixture[str]) -> None:
    here(capsys, "export", "i-love-my-dog", "-o", "trace.json")
    assert "a trace cannot be trained" in train("trace.json", "-o", "w.safetensors").err


@pytest.mark.parametrize("with_trace", [False, True])
def test_another_file_is_not_gone_on_with(with_trace: bool, train: Train, capsys: pytest.CaptureFixture[str]) -> None:
    if with_trace:
        here(capsys, "export", "i-love-my-dog", "-o", "w.safetensors")
    else:
        train("reverse.yaml", "-o", "w.safetensors")
        Path("reverse.yaml").write_text(REVERSE.format(steps=80))
    before = Path("w.safetensors").read_bytes()
    ended = train("reverse.yaml", "-o", "w.safetensors", "--resume")
    assert ended.status == 2
    assert is_refusal(ended.err)
    assert ("tells of no training" if with_trace else "another training") in ended.err
    assert Path("w.safetensors").read_bytes() == before


def test_a_training_that_is_done_says_so(train: Train) -> None:
    train("reverse.yaml", "-o", "w.safetensors")
    ended = train("reverse.yaml", "-o", "w.safetensors", "--resume")
    assert (ended.status, ended.err) == (0, "w.safetensors: all 40 steps are done\n")


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_an_interrupted_training_keeps_its_last_moment_and_goes_on_to_the_same_weights(
    number: signal.Signals, train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("long.yaml").write_text(REVERSE.format(steps=2000), "utf-8")
    with training(tmp_path) as running:
        assert running.stderr.readline().startswith(b"step 500: ")
        running.send_signal(number)
        said = running.stderr.read().decode()
        assert running.wait(60) == 128 + number
    kept = re.search(r"^stopped; w\.safetensors keeps the weights after step (\d+), and --resume goes on", said, re.M)
    assert kept is not None
    assert int(kept[1]) < 2000
    assert [path.name for path in tmp_path.iterdir() if ".tmp" in path.name] == []
    assert here(capsys, "train", "long.yaml", "-o", "w.safetensors", "--resume").status == 0
    assert here(capsys, "train", "long.yaml", "-o", "whole.safetensors").status == 0
    assert Path("w.safetensors").read_bytes() == Path("whole.safetensors").read_bytes()


def test_an_end_before_the_first_moment_writes_nothing(
    train: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object) -> Iterator[Step]:
        yield from ()
        raise SystemExit(130)  # as a signal does

    monkeypatch.setattr(train_command, "train", stopped)
    with pytest.raises(SystemExit, match="130"):
        train("reverse.yaml", "-o", "w.safetensors")
    assert capsys.readouterr().err == "stopped before the first moment that is kept: nothing was written\n"
    assert not Path("w.safetensors").exists()


@pytest.mark.parametrize("library", [b"", b"_multiarray_umath", b"_umath_linalg"])
def test_ctrl_c_while_it_starts_is_one_message_and_status_130(train: Train, tmp_path: Path, library: bytes) -> None:
    """From when Python itself stands until the training begins, whatever is being imported."""
    Path("long.yaml").write_text(REVERSE.format(steps=1000000), "utf-8")
    with training(tmp_path) as running:
        while not _is_started(running.pid, library):
            time.sleep(0.001)
        running.send_signal(signal.SIGINT)
        said = running.stderr.read().decode()
        assert re.fullmatch(r"stopped before .*\n", said)
        assert running.wait(60) == 130
    assert not Path("w.safetensors").exists()


def _is_started(process: int, library: bytes) -> bool:
    """Whether a process has set what it does at Ctrl+C, after Python did, and loaded a library."""
    status = Path(f"/proc/{process}/status").read_text()
    caught = int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16)  # type: ignore[index]
    return bool(caught >> signal.SIGTERM - 1 & 1) and library in Path(f"/proc/{process}/maps").read_bytes()


def test_on_a_terminal_a_bar_shows_the_loss_and_the_time_that_is_left(train: Train, tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    environ = environment(TERM="xterm-256color", COLUMNS="100")
    subprocess.run(
        command("train", "reverse.yaml", "-o", "w.safetensors"), cwd=tmp_path, env=environ, stderr=terminal, check=True
    )
    os.close(terminal)
    shown = os.read(controller, 100_000).decode()
    assert re.search(r"training .*40/40.*loss \d\.\d{4}.*0:00:00.*left", shown)
    assert "\x1b[?25h" in shown  # the cursor is back
    os.close(controller)


def test_a_signal_while_the_bar_starts_leaves_no_hidden_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def interrupted(_: Live) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(Live, "_enable_redirect_io", interrupted)  # what follows when it has hidden the cursor
    with pytest.raises(KeyboardInterrupt), train_command._bar(10):
        pass
    shown = terminal.getvalue()
    assert 0 <= shown.find("\x1b[?25l") < shown.rfind("\x1b[?25h")
