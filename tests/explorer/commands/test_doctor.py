"""The report of a machine: true of a terminal that answers, ready for one that does not, and nothing private."""

from __future__ import annotations

import json
import os
import platform
import pty
import re
import shutil
import subprocess
import termios
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from attn_explore.explorer.system import installed
from attn_explore.explorer.system.terminal_questions import Answers, questions, understood
from attn_explore.explorer.telling.doctor import AWKWARD
from attn_explore.model.text import cells
from tests.program import ROOT, Ended, command, environment, here
from tests.usual_places import cached, empty_home, pulled

Run = Callable[..., Ended]

GPT2 = Path(__file__).parents[2] / "data" / "families" / "gpt2"
NAMED = "\x1bP>|Kitty\x1b[31m(1.0)\x1b\\"
MODES = "\x1b[?2026;2$y\x1b[?1006;0$y"


@pytest.fixture
def attn(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `doctor` in this process, in lines that have room, in the home of somebody who has no models."""
    monkeypatch.setenv("COLUMNS", "200")
    home = tmp_path / "anna"
    home.mkdir()
    empty_home(home, monkeypatch)
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    return partial(here, capsys, "doctor")


# --- what is told


def test_the_report_keeps_to_the_width_and_what_has_no_room_goes_on_below(
    attn: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attn_explore.explorer.telling.doctor.free_memory", lambda: 2**34)  # other programs change it
    wide = attn().out
    monkeypatch.setenv("COLUMNS", "50")
    narrow = attn().out
    assert max(map(cells, narrow.splitlines())) <= 50 < max(map(cells, wide.splitlines()))
    assert narrow.replace("\n", "").replace(" ", "") == wide.replace("\n", "").replace(" ", "")


def test_the_report_tells_versions_folders_and_models(attn: Run) -> None:
    shutil.copy(GPT2 / "config.json", folder := cached("private/of-anna"))
    shutil.copy(GPT2 / "model.safetensors", folder)
    cached("private/broken", config="{}")
    found = attn()
    assert (found.status, found.err) == (0, "")
    lines = dict(re.findall(r"^  (\S.*?)  +(.*)$", found.out, re.M))
    assert lines["Python"] == f"{platform.python_version()} ({platform.python_implementation()})"
    assert lines["numpy"] == installed.version_of("numpy")
    assert lines["keys and theme"] == "~/config/attn-explore/keys.toml: not there, can be made"
    assert lines["is a terminal"] == "none of stdin, stdout and stderr"
    assert lines["1"].startswith("cannot be opened: ")
    assert lines["2"] == "GPT-2, 4.6K parameters, BF16, 11.3 KiB"


def test_for_a_program_it_is_json_with_the_same(attn: Run) -> None:
    found = json.loads(attn("--json").out)
    assert list(found) == ["program", "packages", "extras", "terminal", "folders", "models"]
    assert found["packages"]["numpy"] == installed.version_of("numpy")
    assert found["terminal"]["widths"] == {}
    assert found["models"] == []


def test_nothing_is_told_of_whose_machine_it_is(attn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(GPT2 / "config.json", folder := cached("berta/of-anna"))
    shutil.copy(GPT2 / "model.safetensors", folder)
    cached("berta/broken", ref=None, config="{}")
    monkeypatch.setenv("OLLAMA_MODELS", "/scratch/anna/models")
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    monkeypatch.setattr(platform, "node", lambda: "annas-laptop")
    monkeypatch.setenv("TERM", "xterm\x1b[31m")
    for said in (attn().out, attn("--json").out):
        assert "/scratch/USER/models" in said
        assert not re.search(r"anna|berta|hunter2|\x1b", said)


def test_it_never_fails_where_something_is_missing(attn: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "file" / "below"))
    pulled("registry.ollama.ai/library/m/latest", manifest="[")
    monkeypatch.setattr(installed, "PROGRAM", "no-such-package")
    monkeypatch.delenv("TERM", raising=False)
    monkeypatch.setenv("COLUMNS", "1000")  # wherever the folder of the test is, its name stands in one line
    found = attn()
    assert (found.status, found.err) == (0, "")
    assert "not installed (a checkout)" in found.out
    assert "keys.toml: not there, cannot be made" in found.out


# --- extras


def test_every_extra_for_users_is_said_to_be_good_for_something() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(project["optional-dependencies"]) - {"test", "dev", "docs"} <= set(installed.GIVES)


def test_an_extra_is_there_when_all_of_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["numpy>=2", "tokenizers>=0.20; extra == 'checkpoints'", 'no-such-package>=1; extra == "figures"']
    monkeypatch.setattr("importlib.metadata.requires", lambda _: asked)
    assert installed.dependencies() == {"numpy": installed.version_of("numpy")}
    checkpoints, figures = installed.extras()
    assert (checkpoints.name, checkpoints.is_there) == ("checkpoints", True)
    assert (figures.packages, figures.is_there) == ({"no-such-package": None}, False)


# --- the terminal


def drawn(*columns: int) -> str:
    """What a terminal answers that has its cursor in these columns after the characters."""
    return "".join(f"\x1b[1;{column}R" for column in columns)


def test_answers_are_understood() -> None:
    reply = f"{NAMED}{MODES}q{drawn(3, 2)}\x1b[?62;22;52c"  # somebody pressed q meanwhile
    assert understood(reply, ("狗", "√")) == Answers("Kitty\x1b[31m(1.0)", False, True, True, {"狗": 2, "√": 1})


@pytest.mark.parametrize("reply", ["", "q", "\x1b[", "\x1b[?1;2"])
def test_nothing_follows_from_no_answer(reply: str) -> None:
    assert understood(reply, ("狗",)) is None


def test_from_some_answers_follows_no_more_than_they_say() -> None:
    assert understood(f"{drawn(2)}\x1b[?1;2c", ("狗", "√")) == Answers(None, None, None, None, {})


def report(answer: str) -> tuple[Any, bytes]:
    """What is reported, into a file, on a terminal that answers so; and all that it was sent."""
    controller, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    sent = bytearray()

    def respond() -> None:
        while not sent.endswith(b"\x1b[c"):
            sent.extend(os.read(controller, 4096))
        os.write(controller, answer.encode())

    thread = Thread(target=respond, daemon=True)
    thread.start()
    done = subprocess.run(
        command("doctor", "--json"),
        env=environment(TERM="xterm-256color", PYTHONUTF8="1"),
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        timeout=60,
        check=True,
    )
    thread.join(60)
    assert termios.tcgetattr(terminal) == before
    rest = os.read(controller, 4096)
    os.close(terminal)
    os.close(controller)
    assert rest == b"\r\x1b[K"  # the line is left as it was found
    return json.loads(done.stdout)["terminal"], bytes(sent)


def test_the_terminal_is_asked_how_wide_characters_are_also_when_the_report_goes_into_a_file() -> None:
    widths = [cells(each) for each in AWKWARD]
    widths[AWKWARD.index("狗")] = 1
    found, sent = report(f"{NAMED}{MODES}{drawn(*(width + 1 for width in widths))}\x1b[?62;52c")
    assert sent.decode() == questions(AWKWARD)
    assert found["is_terminal"] == {"stdin": True, "stdout": False, "stderr": True}
    assert found["name"] == "Kitty␛[31m(1.0)"
    assert (found["mouse"], found["synchronized_output"], found["clipboard"]) == (False, True, True)
    others = {each: width for each, width in found["widths"].items() if width["drawn"] != width["counted"]}
    assert others == {"狗": {"counted": 2, "drawn": 1}}


def test_a_terminal_that_answers_nothing_is_reported_so() -> None:
    found, _ = report("")
    assert (found["answers"], found["name"], found["widths"]) == (False, None, {})


def test_a_terminal_that_obeys_nothing_is_not_asked() -> None:
    controller, terminal = pty.openpty()
    environ = environment(TERM="dumb")
    done = subprocess.run(
        command("doctor"), env=environ, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, timeout=60, check=True
    )
    os.write(terminal, b"nothing else")
    assert os.read(controller, 4096) == b"nothing else"
    assert re.search(r"^  answers questions +no$", done.stdout.decode(), re.M)
    for each in (controller, terminal):
        os.close(each)
