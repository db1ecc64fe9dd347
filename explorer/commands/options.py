"""What the commands take: arguments and options that several have, their choices, and completion in the shell.

Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attn_explore.explorer.system.figure_kinds import FigureKind, kinds_said

if TYPE_CHECKING:
    from attn_explore.explorer.session.asked import Asked
    from attn_explore.explorer.system.limits import Limits


_LONGEST_ID = 10


class Format(StrEnum):
    """The formats of an exported trace."""

    json = "json"
    npz = "npz"
    safetensors = "safetensors"


class Storage(StrEnum):
    """What parameters are rounded to."""

    bf16 = "bf16"
    f16 = "f16"
    int8 = "int8"
    q8_0 = "q8_0"
    q4_1 = "q4_1"


class Subject(StrEnum):
    """What there is a JSON Schema of."""

    scenario = "scenario"
    trace = "trace"
    generate = "generate"
    heads = "heads"
    lens = "lens"
    attribute = "attribute"
    neurons = "neurons"
    patch = "patch"
    why = "why"
    bits = "bits"
    tokens = "tokens"
    cache = "cache"
    rounding = "rounding"
    words = "words"


# --- completion in the shell


def complete_source(incomplete: str) -> list[str]:
    """Names of bundled scenarios."""
    from attn_explore.explorer.session.course import named as known

    return [name for name in known() if name.startswith(incomplete)]


def complete_step(context: typer.Context, incomplete: str) -> Iterator[str]:
    """Names of the steps of the scenario that is already on the line, short ones first; nothing is run for it."""
    from attn_explore.explorer.session.opening import find_source, within
    from attn_explore.model.places import short_names
    from attn_explore.model.problems import Problem

    try:
        scenario = find_source(context.params.get("source") or "").scenario
        if scenario is None:
            return
        steps = within(scenario, limits_of("", [])).plan.steps
    except Problem:
        return
    yield from (name for name in dict.fromkeys((*short_names(steps), *steps)) if name.startswith(incomplete))


def named(text: str) -> str:
    """What names a step must name something: an empty word, as of an unset variable, is no step, nor is `[dog]`."""
    from attn_explore.model.places import split_place

    if not split_place(text)[0]:
        where = "nothing stands before the bracket" if text.strip() else "this is empty"
        raise typer.BadParameter(f"{where}: name a step, as `attn-explore run SCENARIO` lists them")
    return text.strip()


# --- arguments and options that several commands have

SourceName = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO",
        help="A bundled name, a YAML file, an exported trace or a model.",
        autocompletion=complete_source,
        show_default=False,
    ),
]
StartStep = Annotated[
    str,
    typer.Option(
        "--step",
        "--at",
        metavar="STEP",
        help="Start at this step: its path, or the end of it, such as weights; or at a cell: weights[love,dog].",
        autocompletion=complete_step,
    ),
]
WithGradients = Annotated[
    bool, typer.Option("--gradients", help="Add how fast one number changes with every other: steps grad.…")
]
NumberName = Annotated[
    str,
    typer.Option(
        "--of",
        metavar="STEP[INDEX]",
        help="The gradients of this number, or of loss. Default: the loss, or the last word's largest logit; "
        "without logits the largest number of its last row.",
    ),
]
Moment = Annotated[
    int | None,
    typer.Option(
        "--moment", metavar="STEPS", min=0, help="Take the weights after so many steps of training.", show_default=False
    ),
]
Text = Annotated[
    str | None,
    typer.Option("--text", metavar="TEXT", help="Read this text instead of the scenario's.", show_default=False),
]
Ids = Annotated[
    str,
    typer.Option("--ids", metavar="1,2,3", help="Read these token ids of a checkpoint, instead of a text."),
]
Target = Annotated[
    str | None,
    typer.Option("--target", metavar="TEXT", help="What the decoder is fed, instead of what it chooses."),
]
NewTokens = Annotated[
    int | None,
    typer.Option("--max-new-tokens", metavar="N", min=1, help="Let the decoder choose so many tokens at most."),
]
As = Annotated[
    Storage | None,
    typer.Option("--as", help="Round its parameters to this storage: what fewer bits do.", show_default=False),
]
SamplerSteps = Annotated[
    str,
    typer.Option(
        "--sampler",
        metavar="STEPS",
        help='Make the steps of a sampler, too, such as "temperature 0.8 top-k 40": candidates.top_k and so on.',
    ),
]
Against = Annotated[
    str | None,
    typer.Option("--against", metavar="TEXT", help="Less the logit of this token.", show_default=False),
]
AgainstId = Annotated[
    int | None,
    typer.Option("--against-id", metavar="N", min=0, help="Less that of a token by its id.", show_default=False),
]
After = Annotated[
    str | None,
    typer.Option(
        "--after",
        metavar="WORD",
        help="Ask what is said at this word, or place; the mask, or the last.",
        show_default=False,
    ),
]
Kind = Annotated[
    FigureKind | None,
    typer.Option("--kind", help=f"How it is drawn: {kinds_said()}.", show_default=False),
]
Head = Annotated[
    int | None,
    typer.Option("--head", metavar="N", min=0, help="Only this head, counted from 0.", show_default=False),
]
Sort = Annotated[
    list[str],
    typer.Option(
        "--sort",
        metavar="WHAT",
        help="columns, by the row of the cell, or rows, by its column; columns[love] names another row, "
        "rows[love,dog] a cell. The largest first, or :smallest. Twice for both.",
    ),
]
FigureTitle = Annotated[
    str | None, typer.Option("--title", metavar="TEXT", help="What stands over a figure.", show_default=False)
]
FigureSize = Annotated[
    str,
    typer.Option(
        "--size", metavar="WxH", help="Of a picture, in millimetres or pixels: 160x100mm, 1200x800px, or a width: 80mm."
    ),
]
Replace = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]
Memory = Annotated[
    str, typer.Option("--memory-limit", metavar="SIZE", help="Such as 500MB or 2GiB; half of what is free by default.")
]
Allowed = Annotated[
    list[Path], typer.Option("--allow-path", metavar="FOLDER", help="A scenario may read weights from this folder too.")
]


def asked_for(
    differentiate: str | None = None,
    moment: int | None = None,
    text: str | None = None,
    ids: str = "",
    target: str | None = None,
    max_new_tokens: int | None = None,
    rounded: Storage | None = None,
) -> Asked:
    """What a command line asks of a run beside its file. Raises typer's error for ids that are none."""
    from attn_explore.explorer.session.asked import Asked

    said: dict[str, Any] = {"text": text, "target": target, "max_new_tokens": max_new_tokens}
    if ids:
        said["ids"] = _numbers(ids)
    given = {key: value for key, value in said.items() if value is not None}
    return Asked(differentiate, moment, given, rounded.value if rounded else None)


def _numbers(text: str) -> list[int]:
    """Token ids: whole numbers with commas or spaces between."""
    parts = text.replace(",", " ").split()
    wrong = next((part for part in parts if not (part.isascii() and part.isdigit() and len(part) < _LONGEST_ID)), None)
    if wrong is not None or not parts:
        raise typer.BadParameter(f"token ids are whole numbers, such as 464,3139: not {wrong or 'nothing'}")
    return [int(part) for part in parts]


def limits_of(memory: str, allowed: list[Path]) -> Limits:
    """What the run may take and read, as the options say. Raises Problem for a size that is none."""
    from attn_explore.explorer.system.limits import Limits, parse_size

    return Limits(parse_size(memory) if memory else None, tuple(allowed))
