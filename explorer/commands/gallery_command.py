"""The command that hangs every variant of an attention side by side."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.common import at_cell, find_source, need_terminal, print_lines, say_notes
from attn_explore.explorer.commands.options import Ids, StartStep, Text, asked_for, complete_source
from attn_explore.explorer.commands.shared_options import Limiting
from attn_explore.explorer.system.streams import line_width

if TYPE_CHECKING:
    from attn_explore.explorer.session.gallery import Gallery
    from attn_explore.explorer.system.counter import Counter


def gallery(
    source: Annotated[
        str,
        typer.Argument(
            metavar="[SCENARIO]",
            help="A bundled name, a YAML file or a model of this machine.",
            autocompletion=complete_source,
        ),
    ] = "gallery",
    step: StartStep = "",
    plain: Annotated[bool, typer.Option("--plain", help="Print every variant as text.")] = False,
    text: Text = None,
    ids: Ids = "",
    *,
    limiting: Limiting,
) -> None:
    """Show a sentence through every variant of attention.

    Without a terminal, or with --plain, what each does to a row is printed as text.
    """
    limits = limiting.limits
    found = find_source(source, asked_for(text=text, ids=ids))

    def load(counter: Counter | None = None) -> Gallery:
        from attn_explore.explorer.session.gallery import gallery_of

        return gallery_of(at_cell(found, limits, step, or_row=True), counter, limits)

    if plain or not sys.stdout.isatty():
        from attn_explore.explorer.telling.gallery_text import plain_lines

        made = load()
        say_notes(made.base)
        return print_lines(plain_lines(made, line_width()))
    need_terminal()
    from attn_explore.explorer.app import show

    raise typer.Exit(show(load, found.title))
