"""The memory budget: what is refused, what is estimated, and what happens where memory runs out."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from attn_explore.explorer.session.opening import Source, start, within
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.memory import memory_needed
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import parse_scenario
from tests.program import (
    Finished,
    environment,
    is_refusal,
    program,
)


@pytest.mark.parametrize(
    "text",
    [
        "model: {d_model: 1000000000}\ninput: {text: a}",
        "input: {text: a, pad_to: 1000000}",
        f"model: {{heads: {2**40}, d_k: 1}}\ninput: {{text: a}}",
        "model: {layers: 1000000000}\ninput: {text: a}",
    ],
)
def test_b3_a_huge_model_is_refused_before_anything_is_allocated(text: str, tmp_path: Path) -> None:
    (tmp_path / "huge.yaml").write_text(text)
    found = program("run", "huge.yaml", folder=tmp_path, before=lambda: limit_memory(2 * 2**30))
    assert found.returncode == 2
    message = found.stderr.decode()
    assert is_refusal(message)
    assert message.startswith("error: huge.yaml: needs ")
    assert "largest: encoder." in message
    assert "--memory-limit" in message


@pytest.mark.parametrize("size", [2**32, 2**63, 2**64, 10**400, 10**3900])
def test_b4_a_product_of_any_magnitude_is_an_exact_figure(size: int) -> None:
    scenario = parse_scenario(f"model: {{kind: attention, d_model: {size}, d_k: 1}}\ninput: {{text: a}}")
    assert memory_needed(scenario).nbytes > 8 * 7 * size
    with pytest.raises(Problem) as refused:
        within(scenario, Limits(2**30))
    assert is_refusal(refused.value.render())
    assert "-" not in refused.value.what


def test_b4_of_two_huge_sizes_too(tmp_path: Path) -> None:
    (tmp_path / "huge.yaml").write_text(f"model: {{d_model: {10**3900}}}\ninput: {{text: a, pad_to: {10**3900}}}")
    found = program("run", "huge.yaml", folder=tmp_path)
    assert found.returncode == 2
    assert is_refusal(found.stderr.decode())


@pytest.mark.parametrize(("beyond", "is_allowed"), [(-1, False), (0, True), (1, True)])
def test_b5_the_limit_is_exact(beyond: int, is_allowed: bool) -> None:
    scenario = parse_scenario("model: {layers: 3}\ninput: {text: I love my dog}")
    limits = Limits(memory_needed(scenario).nbytes + beyond)
    source = Source("test", Path("test"), scenario)
    if is_allowed:
        assert start(source, limits).place.steps
    else:
        with pytest.raises(Problem, match="limit"):
            start(source, limits)


MEASURED = """
import re, sys
from pathlib import Path
from attn_explore.model.memory import memory_needed
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario

def most_taken():
    return int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

run(parse_scenario("input: {text: a}"))
scenario = parse_scenario(sys.argv[1])
before = most_taken()
trace = run(scenario)
print((most_taken() - before) / memory_needed(scenario).nbytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize(
    "text",
    [
        "model: {d_model: 64, heads: 4}\ninput: {text: a b, pad_to: 1300}",
        "model: {kind: attention, d_model: 2400, heads: 2}\ninput: {text: a b c d e f g h}",
        "model: {d_model: 1, d_ff: 1, layers: 1500}\ninput: {text: a}",
    ],
    ids=["many tokens", "wide", "deep"],
)
def test_b5_a_run_takes_what_was_estimated(text: str) -> None:
    measured = [sys.executable, "-c", MEASURED, text]
    found = subprocess.run(measured, env=environment(), capture_output=True, check=True)
    assert 0.5 < float(found.stdout) < 1.2


def test_b6_memory_that_runs_out_midway_is_a_clean_refusal_and_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text("input: {text: a, pad_to: 12000}")
    found = program(
        "export", "large.yaml", "-o", "trace.npz", "--memory-limit", "1TB",
        folder=tmp_path, before=lambda: limit_memory(2**30), OPENBLAS_NUM_THREADS="1",
    )  # fmt: skip
    assert found.returncode == 2
    assert "error: large.yaml: the machine ran out of memory\n" in found.stderr.decode()
    assert os.listdir(tmp_path) == ["large.yaml"]


def test_b6_the_limit_of_the_process_is_part_of_the_default_limit(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text("input: {text: a, pad_to: 5000}")
    found = program("run", "large.yaml", folder=tmp_path, before=lambda: limit_memory(2**30), OPENBLAS_NUM_THREADS="1")
    assert found.returncode == 2
    assert "MiB; largest: " in found.stderr.decode()


def limit_memory(nbytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (nbytes, nbytes))


def works(found: Finished) -> bool:
    return (found.returncode, found.stderr) == (0, b"") and found.stdout.startswith(b"I love my dog\n")


def test_g12_a_process_with_512_mb_runs_a_lesson() -> None:
    assert works(program("run", "i-love-my-dog", before=lambda: limit_memory(512 * 2**20), OPENBLAS_NUM_THREADS="1"))
