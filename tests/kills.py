"""Kill the program at random moments while it writes: `python -m tests.kills --count 200 --seed 1`.

A program is killed when its temporary file is there: half of them at once, half of them some time later. After each
death the file is the one before or a whole new one, and the next program that writes there tidies up.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from attn_explore.model.files.safetensors import read_header
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import parse_scenario
from tests.program import command, environment

SCENARIO = "model: {d_model: 64, heads: 4}\ninput: {text: a b c, pad_to: 150}\n"
TRAINING = """\
model: {kind: encoder, d_model: 32, head: tokens}
experiment: {kind: training, data: reverse, length: 3, symbols: 4, steps: 2000, snapshots: 200, held_out: 4}
"""
SAVING = """\
import sys
from pathlib import Path
from attn_explore.explorer.session import saving
from attn_explore.explorer.session.opening import find_source, start
from attn_explore.explorer.system.limits import Limits
session = start(find_source(sys.argv[1]), Limits(2**30))
while True:
    saving.save(session, Path("target.yaml"), force=True)
"""


@dataclass(frozen=True)
class Writer:
    """A program that writes a file, and when what it left is whole: `is_whole` is given the file's bytes.

    line     how it is started
    target   what it writes
    latest   seconds after its file is there in which it is killed at the latest
    """

    line: tuple[str, ...]
    target: str
    latest: float
    is_whole: Callable[[bytes], bool]


def _is_training(content: bytes) -> bool:
    return bool(read_header(content, "w").tensors)  # a torn one is refused


def _is_scenario(content: bytes) -> bool:
    return bool(parse_scenario(content.decode()).title)


def writers(folder: Path) -> dict[str, Writer]:
    """Make the writers, with what they read in a folder."""
    (folder / "run.yaml").write_text(SCENARIO)
    (folder / "training.yaml").write_text(TRAINING)
    export = command("export", "run.yaml", "-o", "trace.json", "--force")
    subprocess.run(export, cwd=folder, env=environment(), capture_output=True, check=True)
    whole = (folder / "trace.json").read_bytes()
    train = command("train", "training.yaml", "-o", "w.safetensors", "--force")
    save = [sys.executable, "-c", SAVING, "run.yaml"]
    return {
        "export": Writer(tuple(export), "trace.json", 0.8, lambda content: content == whole),
        "train": Writer(tuple(train), "w.safetensors", 0.8, _is_training),
        "save": Writer(tuple(save), "target.yaml", 0.3, _is_scenario),
    }


@dataclass
class Counted:
    """How many were killed, and what the file was then.

    midway       how many were killed before their temporary file took its place
    left_beside  how many temporary files there were at the most
    """

    killed: int = 0
    midway: int = 0
    old: int = 0
    new: int = 0
    torn: int = 0
    lost: int = 0
    left_beside: int = 0


def kill(writer: Writer, folder: Path, chance: random.Random, count: int) -> Counted:
    """Start a writer over an old file and kill it at a random moment, so many times."""
    found, target, old = Counted(), folder / writer.target, b"an old file"
    for _ in range(count):
        target.write_bytes(old)
        process = subprocess.Popen(
            writer.line, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _wait_for_writing(process, folder)
        time.sleep(chance.choice((0.0, chance.uniform(0, writer.latest))))
        process.send_signal(signal.SIGKILL)
        found.killed += process.wait() == -signal.SIGKILL
        _count(found, target, old, writer)
        left = _temporary(folder)
        found.midway += bool(left)
        found.left_beside = max(found.left_beside, len(left))
    return found


def _wait_for_writing(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until there is another temporary file than a killed program left there."""
    before = _temporary(folder)
    while not _temporary(folder) - before and process.poll() is None:
        time.sleep(0.0005)


def _temporary(folder: Path) -> set[str]:
    return {name for name in os.listdir(folder) if name.startswith(".attn-explore-")}


def _count(found: Counted, target: Path, old: bytes, writer: Writer) -> None:
    if not target.exists():
        found.lost += 1
        return
    content = target.read_bytes()
    if content == old:
        found.old += 1
    elif is_whole(writer, content):
        found.new += 1
    else:
        found.torn += 1


def is_whole(writer: Writer, content: bytes) -> bool:
    """Whether a program wrote the whole of a file."""
    try:
        return writer.is_whole(content)
    except (Problem, UnicodeDecodeError):
        return False


def main() -> int:
    """Kill what was asked for; the status is 1 where a file was torn or lost, or more than one was left beside it."""
    parser = argparse.ArgumentParser("python -m tests.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="of all writers together")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    bad = 0
    for name, writer in (found := writers(folder)).items():
        counted = kill(writer, folder, random.Random(given.seed), -(-given.count // len(found)))  # noqa: S311
        print(f"{name}: {counted}", flush=True)
        bad += counted.torn + counted.lost + (counted.left_beside > 1)
    shutil.rmtree(folder)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
