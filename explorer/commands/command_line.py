"""The command line. Nothing heavy is imported before the command that needs it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from attn_explore.explorer.commands import exploring, files, printing
from attn_explore.explorer.commands.common import need_terminal

EXAMPLES = """\b
Examples:
  attn-explore
  attn-explore run i-love-my-dog
  attn-explore run encoder-layer --step encoder.layers.0.ffn.hidden
  attn-explore run my.yaml --plain | less
  attn-explore compare i-love-my-dog single-head
  attn-explore show i-love-my-dog encoder.layers.0.self_attention.weights
  attn-explore explain i-love-my-dog 'encoder.layers.0.self_attention.scores[I,dog]' --depth 2
  attn-explore plot multi-head encoder.layers.0.self_attention.weights -o weights.svg
  attn-explore show encoder-layer grad.encoder.embedding --of 'encoder.layers.0.ffn.norm[dog,0]'
  attn-explore export i-love-my-dog -o trace.json
  attn-explore train reverse -o weights.safetensors
  attn-explore new my.yaml
"""

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"attn-explore {version('attn-explore')}")
        raise typer.Exit


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which version this is.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="FOLDER", help="Your own scenarios, for the library.")
    ] = None,
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
    raise typer.Exit(exploring.browse(folder))


COMMANDS = (
    exploring.run,
    exploring.compare,
    printing.list_,
    printing.show,
    printing.plot,
    printing.explain,
    files.export,
    files.train,
    files.check,
    files.new,
    files.schema,
)
"""Every command, in the order of the help."""

for _command in COMMANDS:
    app.command(_command.__name__.rstrip("_"))(_command)
