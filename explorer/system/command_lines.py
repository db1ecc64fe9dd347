"""Command lines that are shown to be typed or pasted: a shell and the program read the names in them as they are."""

from __future__ import annotations

from pathlib import Path


def command_line(*words: str) -> str:
    """A call of the program, quoted for a shell.

    >>> command_line("run", "my lesson.yaml")
    "attn-explore run 'my lesson.yaml'"
    """
    import shlex  # a start shows no such line

    return shlex.join(["attn-explore", *words])


def as_argument(path: str | Path) -> str:
    """A file's name where no option is taken for it.

    >>> as_argument("-x.yaml"), as_argument("x.yaml")
    ('./-x.yaml', 'x.yaml')
    """
    return f"./{path}" if str(path).startswith("-") else str(path)
