"""Command lines that are read without Typer do what Typer does with them; and what is imported by then."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attn_explore.explorer.commands import command_line, exploring, starting
from attn_explore.explorer.session.answers import AnswerFile
from attn_explore.explorer.session.asked import Asked, FirstLook
from attn_explore.explorer.session.other_text import Unread
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.problems import Problem
from tests.imported import STAGES, allowed, imported

FAMILIES = Path(__file__).parents[2] / "data" / "families"

Opened = list[tuple[Any, ...]]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """What was opened, on what is taken for a terminal."""
    found: Opened = []

    def explore(source: str, limits: Limits, step: str = "", asked: Asked | None = None, **more: Any) -> int:
        others = (name for name, value in more.items() if value not in (None, False, FirstLook()))
        found.append((source, limits, step, asked or Asked(), *others))
        return 0

    def browse(folder: Path | None, answers: AnswerFile | None = None) -> int:
        found.append((folder, *filter(None, (answers,))))
        return 0

    for room in (starting, exploring, command_line):
        for name, replaced in (("explore", explore), ("browse", browse), ("need_terminal", lambda: None)):
            monkeypatch.setattr(room, name, replaced, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["run", "i-love-my-dog"], ["run", "mine.yaml"], ["run", "no such"],
        ["run", "models/gpt2", "--text", "The capital of France is"], ["run", "i-love-my-dog", "--text", "the cat"],
    ],
)  # fmt: skip
def test_what_is_read_without_typer_opens_what_typer_opens(arguments: list[str], opened: Opened) -> None:
    answer = starting.without_options(arguments)
    assert answer is not None
    assert answer() == 0
    command_line.app(arguments, prog_name="attn-explore", standalone_mode=False)
    assert len(opened) == 2
    assert opened[0] == opened[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", ""],
        ["run", "-h"],
        ["run", "--", "a"],
        ["run", "a", "--plain"],
        ["--help"],
        ["list"],
        ["run a"],
        ["run", "a", "--text"],
        ["run", "a", "--text", ""],
        ["run", "a", "--text", "-b"],
        ["run", "--text", "b", "a"],
        ["run", "a", "--ids", "1"],
    ],
)
def test_everything_else_is_read_by_typer(arguments: list[str], opened: Opened) -> None:
    assert starting.without_options(arguments) is None
    assert opened == []


def test_without_a_terminal_typer_reads_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)
    assert starting.without_options([]) is None


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_imported_before_it_is_needed(stage: str, tmp_path: Path) -> None:
    added = imported(stage, tmp_path) - allowed(stage)
    assert added == set(), "import it where it is used; or, if it is needed at once: python -m tests.imported"


def test_until_signals_are_heeded_nothing_is_imported_that_takes_its_time() -> None:
    """What comes in the meantime ends in a traceback: it is as short as can be."""
    code = "import sys; known = set(sys.modules); import attn_explore.explorer.cli; print(*set(sys.modules) - known)"
    source = str(Path(__file__).parents[3] / "src")
    found = subprocess.run(
        [sys.executable, "-S", "-c", code], env={"PYTHONPATH": source}, capture_output=True, text=True, check=True
    )
    assert set(found.stdout.split()) == {
        "__future__",
        "attn_explore",
        "attn_explore.explorer",
        "attn_explore.explorer.cli",
    }


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What the explorer is given to load."""
    found: list[Any] = []

    def show(load: Any, *_: Any, **__: Any) -> int:
        found.append(load(Counter()))
        return 0

    monkeypatch.setattr("attn_explore.explorer.app.show", show)
    yield found
    gc.enable()  # which the explorer does when it stands


def test_a_model_that_asks_for_a_text_is_looked_at_then_as_the_line_said(loaded: list[Any]) -> None:
    step = "decoder.layers.1.self_attention.weights"
    starting.explore(str(FAMILIES / "gpt2"), Limits(), step, look=FirstLook("word"))
    (unread,) = loaded
    assert isinstance(unread, Unread)
    session = unread.begin(unread.source.reading({"ids": [1, 2, 3]}), Counter())
    assert session.place.value.path == step


def test_a_view_of_two_runs_is_refused_before_a_text_is_asked_for(loaded: list[Any]) -> None:
    with pytest.raises(Problem, match="--view beside is of two runs, and this is one"):
        starting.explore(str(FAMILIES / "gpt2"), Limits(), look=FirstLook("beside"))
    assert loaded == []
