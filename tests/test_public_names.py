"""What `import attn_explore` promises: these names, each with words, and nothing that makes the program start later."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import attn_explore
from tests.program import environment

PUBLIC = [
    "Attribution",
    "Generation",
    "Heads",
    "Lens",
    "Neurons",
    "Patching",
    "Problem",
    "Result",
    "Trace",
    "Value",
    "Why",
    "Words",
    "load",
    "run",
]


def test_these_names_are_public_and_no_others() -> None:
    assert attn_explore.__all__ == PUBLIC
    assert dir(attn_explore) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_whatever_is_public_says_what_it_is(name: str) -> None:
    found = getattr(attn_explore, name)
    assert found.__name__ == name
    assert inspect.getdoc(found)
    if inspect.isclass(found):
        assert not [
            each for each in vars(found) if not each.startswith("_") and not inspect.getdoc(getattr(found, each))
        ]


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'attn_explore' has no attribute 'Recorder'"):
        attn_explore.Recorder  # type: ignore[attr-defined]  # noqa: B018


def test_the_import_alone_imports_nothing_of_the_program() -> None:
    program = "import attn_explore, sys; print([name for name in sys.modules if name.startswith('attn_explore.')])"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, check=True, env=environment(), capture_output=True, text=True, timeout=60)
    assert ended.stdout == "[]\n"
