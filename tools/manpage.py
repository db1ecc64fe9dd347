"""The man page, made from what the commands say of themselves: `python tools/manpage.py FILE`.

It is made when a wheel is built, and so never older than the program in it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

STATUSES = (
    ("0", "done"),
    ("1", "done, and the answer is no: what was compared differs"),
    ("2", "what was given cannot be used; the message says where, and what would be right"),
    ("3", "what surrounds the program does not allow it: no terminal, a file that cannot be written"),
    ("70", "a bug of the program; the message names the file with the details"),
    ("128 + n", "ended by signal n; 130 is Ctrl+C"),
)
FILES = (
    ("~/.config/attn-explore/keys.toml", "keys and a theme of your own"),
    ("~/.local/share/attn-explore/", "where lessons were left, bookmarks, and in scenarios/ your own scenarios"),
    ("~/.local/state/attn-explore/log/", "what is written down of bugs"),
)
"""On Linux; `attn-explore doctor` says where they are on any machine."""
VARIABLES = (
    ("TERM, COLORTERM, NO_COLOR", "what the terminal can do, and whether colours are wanted"),
    ("COLUMNS", "how long the lines are that are printed"),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME", "where the files above are looked for instead"),
    ("HF_HUB_CACHE, HF_HOME, OLLAMA_MODELS", "where other programs keep models"),
)


def page(version: str) -> str:
    """The whole page, in the macros of man(7)."""
    from typer.main import get_command

    from attn_explore.explorer.commands.command_line import app

    program = get_command(app)
    context = program.context_class(program, info_name="attn-explore", **program.context_settings)
    return "\n".join(_page(program, context, version)) + "\n"


def _page(program: Any, context: Any, version: str) -> Iterator[str]:
    first, *rest = _paragraphs(program.help)
    yield f'.TH ATTN\\-EXPLORE 1 "" "attn\\-explore {_text(version)}" "User Commands"'
    yield from (".SH NAME", f"attn\\-explore \\- {_text(first[0].lower() + first[1:].rstrip('.'))}")
    yield from (".SH SYNOPSIS", *_synopsis(program, context))
    yield from (".SH DESCRIPTION", *_separate(rest))
    yield from (".SH OPTIONS", *_options(program.get_params(context), context))
    yield ".SH COMMANDS"
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        yield from _command(command, command.context_class(command, info_name=name, parent=context))
    yield from (".SH EXIT STATUS", *_table(STATUSES))
    yield from (".SH FILES", *_table(FILES))
    yield from (".SH ENVIRONMENT", *_table(VARIABLES))


def _command(command: Any, context: Any) -> Iterator[str]:
    yield f".SS {_text(command.name)}"
    yield from _synopsis(command, context)
    yield from (".PP", *_separate(_paragraphs(command.help)))
    yield from _options(command.params, context)  # without --help, which all have
    yield from (".PP", "Examples:", ".PP", ".nf", ".RS 4")
    yield from (_line(line.strip()) for line in command.epilog.splitlines() if line.startswith("  "))
    yield from (".RE", ".fi")


def _synopsis(command: Any, context: Any) -> Iterator[str]:
    yield f"\\fB{_text(context.command_path)}\\fR {_text(' '.join(command.collect_usage_pieces(context)))}"


def _options(parameters: Iterable[Any], context: Any) -> Iterator[str]:
    """What stands in the help of each argument and option."""
    records = (each.get_help_record(context) for each in parameters)
    return _table(record for record in records if record is not None)


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, meaning in rows:
        yield from (".TP", f".B {_text(name)}", _line(meaning))


def _paragraphs(help: str) -> list[str]:
    return [" ".join(each.split()) for each in help.split("\n\n")]


def _separate(paragraphs: list[str]) -> Iterator[str]:
    for number, each in enumerate(paragraphs):
        yield from (*((".PP",) if number else ()), _line(each))


def _line(text: str) -> str:
    """A line of text: at its beginning a dot or an apostrophe would be a macro."""
    return f"\\&{_text(text)}" if text.startswith((".", "'")) else _text(text)


def _text(text: str) -> str:
    """Text whose backslashes are backslashes, and whose dashes, quotes and accents can be typed back."""
    return text.translate(_MEANT)


_MEANT = str.maketrans({"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"})


def write(target: Path, version: str) -> None:
    """Write the page of this checkout."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(version), "utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "src"))
    write(Path(sys.argv[1]), *sys.argv[2:])
