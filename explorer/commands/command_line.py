"""The command line. Nothing heavy is imported before the command that needs it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from attn_explore.explorer.commands import (
    attribute_command,
    bits_command,
    cache_command,
    checking,
    doctor_command,
    exploring,
    files,
    gallery_command,
    generate_command,
    heads_command,
    lens_command,
    marking,
    models,
    neurons_command,
    patch_command,
    plotting,
    printing,
    rounding_command,
    serve_command,
    tokens_command,
    why_command,
    words_command,
)
from attn_explore.explorer.commands.common import need_terminal
from attn_explore.explorer.commands.examples import ALL
from attn_explore.explorer.commands.group import SETTINGS, group_of
from attn_explore.explorer.commands.starting import browse

COMMANDS = (
    exploring.run,
    exploring.compare,
    gallery_command.gallery,
    tokens_command.tokens,
    lens_command.lens,
    attribute_command.attribute,
    words_command.words,
    heads_command.heads,
    neurons_command.neurons,
    why_command.why,
    bits_command.bits,
    rounding_command.rounding,
    cache_command.cache,
    patch_command.patch,
    generate_command.generate,
    printing.list_,
    models.models,
    printing.show,
    printing.map_,
    plotting.plot,
    printing.explain,
    plotting.handout,
    serve_command.serve,
    files.export,
    files.train,
    checking.check,
    marking.marks,
    files.new,
    files.schema,
    doctor_command.doctor,
)
"""Every command, in the order of the help."""

app = typer.Typer(cls=group_of(COMMANDS, {"serve": serve_command.WithToken}), **SETTINGS)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"attn-explore {version('attn-explore')}")
        raise typer.Exit


@app.callback(invoke_without_command=True, epilog=ALL)
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Say which version this is.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="FOLDER", help="Your own scenarios, for the library.")
    ] = None,
    answers: marking.Answers = None,
    name: marking.Name = "",
) -> None:
    """Step through everything a Transformer computes, one tensor at a time.

    Without a command, the library of lessons opens.
    """
    if context.invoked_subcommand is not None:
        return
    if not sys.stdout.isatty():
        typer.echo(context.get_help())
        return
    need_terminal()
    if folder is not None and not folder.is_dir():
        from attn_explore.model.problems import Problem

        raise Problem("there is no such folder", path=folder, hint="--folder names the folder of your own scenarios")
    raise typer.Exit(browse(folder, marking.answer_file(answers, name)))
