"""The command that lists the models of this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from attn_explore.explorer.commands.common import print_lines
from attn_explore.explorer.commands.options import Memory, limits_of


def models(
    as_json: Annotated[
        bool,
        typer.Option("--json", help="As JSON: name, family, parameters, storage, bytes, memory_needed, fits, path."),
    ] = False,
    memory_limit: Memory = "",
) -> None:
    """List the models of this machine.

    They are looked for where Hugging Face's programs and Ollama keep them. Nothing is asked of a network.
    """
    from attn_explore.explorer.system.exits import say
    from attn_explore.explorer.telling.models_list import models_data, models_lines, nothing_found
    from attn_explore.model.checkpoints.summary import all_summaries

    memory, found = limits_of(memory_limit, []).nbytes, list(all_summaries())
    if as_json:
        import json

        print_lines([json.dumps(models_data(found, memory), indent=2)])
        return
    print_lines(models_lines(found, memory))
    for line in () if found else nothing_found():
        say(line)
