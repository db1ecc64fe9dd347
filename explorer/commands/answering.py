"""How a command gives its answer: as a table, as JSON, as comma-separated lines, or as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attn_explore.explorer.commands.common import print_lines
from attn_explore.explorer.commands.options import Replace
from attn_explore.explorer.system.streams import line_width
from attn_explore.model.dataclass import dataclass

if TYPE_CHECKING:
    from attn_explore.explorer.session.session import Session
    from attn_explore.explorer.telling.answers.answer import Answer

AsJson = Annotated[bool, typer.Option("--json", help="As JSON, with every digit.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Comma-separated, with every digit.")]
Token = Annotated[
    str | None,
    typer.Option("--token", metavar="TEXT", help="Ask for this token, with its space: ' Paris'.", show_default=False),
]
TokenId = Annotated[
    int | None, typer.Option("--token-id", metavar="N", min=0, help="Ask for a token by its id.", show_default=False)
]
AnswerFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write a picture (.svg, .png, .pdf), or .csv or .json."),
]


@dataclass(frozen=True)
class Form:
    """The form in which an answer is wanted: a table unless something else is."""

    as_json: AsJson = False
    csv: AsCsv = False
    output: AnswerFile = None
    force: Replace = False

    @property
    def is_picture(self) -> bool:
        """Whether it is drawn into a file."""
        return self.output is not None and self.output.suffix.lower() not in (".csv", ".json")

    def check(self, inputs: Sequence[Path]) -> None:
        """Raise Problem, before anything runs, for a file that cannot be written."""
        if self.output is not None:
            from attn_explore.explorer.system.file_formats import PLOTS, format_of
            from attn_explore.model.files.writing import check_target

            format_of(self.output, PLOTS, "an answer")
            check_target(self.output, self.force, inputs)


def say_of_passes(session: Session) -> None:
    """Say on stderr that of a generation the given text alone is looked at, where that is so."""
    from attn_explore.explorer.session.through_lens import leaves_passes_out
    from attn_explore.explorer.system.exits import say

    if leaves_passes_out(session):
        say("note: this is of the text that was given; --text or --target with the generated words is of these, too")


def give(answer: Answer, data: Mapping[str, Any], form: Form, inputs: Sequence[Path] = ()) -> None:
    """Print an answer, or write it to a file; `data` is what of it is written as JSON."""
    if form.output is not None:
        _write(answer, data, form, form.output, inputs)
    elif form.as_json:
        from attn_explore.explorer.telling.answers.answer_json import answer_json

        print_lines([answer_json(data)])
    elif form.csv:
        from attn_explore.explorer.telling.answers.answer_lines import answer_csv

        print_lines(answer_csv(answer))
    else:
        from attn_explore.explorer.telling.answers.answer_lines import answer_lines

        print_lines(answer_lines(answer, line_width()))


def _write(answer: Answer, data: Mapping[str, Any], form: Form, output: Path, inputs: Sequence[Path]) -> None:
    from attn_explore.explorer.system.exits import say
    from attn_explore.explorer.telling.answers.answer_files import answer_bytes
    from attn_explore.model.files.writing import write_atomically
    from attn_explore.model.text import visible

    write_atomically(output, [answer_bytes(answer, data, output.suffix.lower())], force=form.force, inputs=inputs)
    say(f"wrote {visible(str(output.absolute()))}")
