"""The command that checks: files, models, and a run against what another program computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.common import print_lines
from attn_explore.explorer.commands.options import Ids, Target, Text, asked_for
from attn_explore.explorer.commands.shared_options import Limiting

if TYPE_CHECKING:
    from attn_explore.explorer.system.limits import Limits

DIFFERS = 1
"""Exit status: what was compared is not the same."""


def check(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="WHAT...", help="Scenarios, exported traces, models.", show_default=False),
    ],
    against: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Tensors that another program computed: .safetensors or .npz."),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(metavar="SHARE", min=0, help="So near is the same. Default: 2e-6, for float32 1e-4."),
    ] = None,
    text: Text = None,
    ids: Ids = "",
    target: Target = None,
    *,
    limiting: Limiting,
) -> None:
    """Check files without running them; show their faults.

    With --against, run one of them, and find the first step that is not what the tensors in FILE say. They are named by
    the paths of steps, or hidden.0, layer.0.weights, logits; the ids are those of input.json beside FILE, or --ids.
    """
    if against is None:
        _check_each(sources, limiting.limits)
        return
    from attn_explore.model.problems import Problem

    if len(sources) > 1:
        raise Problem("one run is compared with the tensors of a file", hint="name one model, scenario or trace")
    from attn_explore.explorer.session.checkpoint_checks import compare_with_references
    from attn_explore.explorer.telling.agreement_text import agreement_lines

    asked, limits = asked_for(text=text, ids=ids, target=target), limiting.limits
    found = compare_with_references(sources[0], against, asked, limits, tolerance)
    print_lines(agreement_lines(found, against.name))
    if found.first is not None:
        raise typer.Exit(DIFFERS)


def _check_each(sources: list[str], limits: Limits) -> None:
    from attn_explore.explorer.session.checkpoint_checks import check_checkpoint
    from attn_explore.explorer.session.course import is_model, locate
    from attn_explore.explorer.session.opening import check as check_file
    from attn_explore.explorer.system.exits import say
    from attn_explore.model.problems import CANNOT_BE_USED, Problem
    from attn_explore.model.text import visible

    failed = False
    for source in sources:
        try:
            notes = check_checkpoint(source) if is_model(source) else check_file(locate(source), limits)
        except Problem as problem:
            failed = True
            say(problem.render())
        else:
            print_lines([f"{visible(source)}: ok", *(f"  {visible(note)}" for note in notes)])
    if failed:
        raise typer.Exit(CANNOT_BE_USED)
