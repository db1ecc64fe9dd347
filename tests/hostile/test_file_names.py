"""Strange names of files. Each case names its row of the project's table of bad inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import (
    here,
    is_refusal,
    program,
)

DOG = "i-love-my-dog"


NAMES = ["a\x1b[31mred.yaml", "a\nb.yaml", "a\u202eb.yaml", "[red].yaml", "caf\udce9.yaml", "-dash.yaml"]


@pytest.mark.parametrize("name", NAMES)
def test_e4_a_strange_name_of_a_file_is_made_visible(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text("input: {text: a}")
    for status, *arguments in ((0, "run", "--", name), (0, "check", "--", name), (2, "show", "--", name, "nothing")):
        found = here(capsys, *map(str, arguments))
        assert found.status == status
        assert all(line.isprintable() for line in (*found.out.splitlines(), *found.err.splitlines()))


@pytest.mark.parametrize("name", NAMES)
def test_e4_a_strange_name_that_is_missing_is_made_visible(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (["run"], ["check"], ["export", "-o", "x.json"]):
        found = here(capsys, *arguments, "--", name)
        assert found.status == 2
        assert is_refusal(found.err)


@pytest.mark.parametrize("name", NAMES)
def test_e4_an_export_to_a_strange_name_can_be_read_again(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = here(capsys, "export", "--format", "json", f"--output={name}", DOG)
    assert (found.status, found.out) == (0, "")
    assert found.err.splitlines()[0].isprintable()
    assert here(capsys, "run", "--", name) == here(capsys, "run", DOG)


def test_e4_a_name_that_is_not_utf8_comes_through_a_real_command_line(tmp_path: Path) -> None:
    (tmp_path / NAMES[4]).write_text("input: {text: a}")
    found = program("run", "--step", "nothing", "--", NAMES[4], folder=tmp_path)
    assert found.returncode == 2
    assert is_refusal(found.stderr.decode())


def test_e4_options_that_do_not_exist_are_echoed_visibly(capsys: pytest.CaptureFixture[str]) -> None:
    for argument in ("--\x1b]0;x\x07", "--a\u202eb\n\n\nc", "--" + "x" * 5000):
        found = here(capsys, "run", argument)
        assert found.status == 2
        assert is_refusal(found.err)
