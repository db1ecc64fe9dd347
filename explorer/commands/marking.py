"""Answers of a class: where they are written, and what they come to."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.common import print_lines

if TYPE_CHECKING:
    from attn_explore.explorer.library.marks import Answer
    from attn_explore.explorer.session.answers import AnswerFile

Answers = Annotated[
    Path | None,
    typer.Option(
        "--answers",
        metavar="FILE",
        help="Append what is answered in lessons to this file, for a teacher: attn-explore marks.",
        show_default=False,
    ),
]
Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Who answers, for --answers; it may be left out.")]


def answer_file(path: Path | None, name: str, plain: bool = False) -> AnswerFile | None:
    """The file that answers go into, if one is wanted. Raises Problem where it cannot be written."""
    if path is None:
        if name:
            raise typer.BadParameter("--name is written with --answers FILE, and nowhere else")
        return None
    if plain:
        raise typer.BadParameter("--answers needs the explorer, and what is printed asks nobody")
    from attn_explore.explorer.session.answers import AnswerFile

    file = AnswerFile(path, name.strip())
    file.check()
    return file


def _read_into(answers: list[Answer], file: Path) -> None:
    from attn_explore.explorer.library.marks import read_answers

    answers += read_answers(file)


def marks(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="What --answers wrote, of one person or many.")
    ],
    csv: Annotated[bool, typer.Option("--csv", help="As a table, a line for each person and question.")] = False,
) -> None:
    """Sum up what a class answered, by question and person.

    A question counts as it was answered the first time.
    """
    from attn_explore.explorer.library.marks import marks_of
    from attn_explore.explorer.telling.marks_text import marks_csv, marks_lines
    from attn_explore.model.problems import all_problems, raise_any

    answers: list[Answer] = []
    checks = [partial(_read_into, answers, file) for file in dict.fromkeys(files)]
    raise_any(*all_problems(checks))
    found = marks_of(answers)
    print_lines(marks_csv(found) if csv else marks_lines(found))
