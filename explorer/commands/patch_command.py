"""The command that puts numbers of one run into another."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.answering import Form, Token, TokenId, give
from attn_explore.explorer.commands.common import find_source, say_notes, session_of, sessions_of
from attn_explore.explorer.commands.options import After, Against, AgainstId, SourceName
from attn_explore.explorer.commands.shared_options import Input, Limiting

if TYPE_CHECKING:
    from attn_explore.explorer.session.opening import Source
    from attn_explore.explorer.session.session import Session
    from attn_explore.explorer.system.limits import Limits


class Of(StrEnum):
    """What is put in."""

    residual = "residual"
    attention = "attention"
    ffn = "ffn"
    heads = "heads"


class Stack(StrEnum):
    """Where it is put in."""

    encoder = "encoder"
    decoder = "decoder"


def patch(
    source: SourceName,
    second: Annotated[
        str, typer.Argument(metavar="[SECOND]", help="Another run of the same model, to put numbers into.")
    ] = "",
    of: Annotated[
        Of, typer.Option("--of", help="What is put in: the stream, or what attention, the networks or heads make.")
    ] = Of.residual,
    token: Token = None,
    token_id: TokenId = None,
    against: Against = None,
    against_id: AgainstId = None,
    after: After = None,
    stack: Annotated[
        Stack | None,
        typer.Option("--in", help="Put it in here; by default where the words differ.", show_default=False),
    ] = None,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only what the gradient estimates, without making the runs.")
    ] = False,
    second_text: Annotated[
        str | None,
        typer.Option(
            "--with", "--second-text", metavar="TEXT", help="Put numbers into the run over this.", show_default=False
        ),
    ] = None,
    second_ids: Annotated[
        str, typer.Option("--with-ids", "--second-ids", metavar="1,2,3", help="Put them into the run over these.")
    ] = "",
    *,
    form: Form,
    input: Input,
    limiting: Limiting,
) -> None:
    """Put numbers of one run into another, and see what comes back.

    Of two texts with as many tokens, the first makes a model say one thing, the second another. Into the run over the
    second is put what the first one has, place by place: 0 where that changes nothing of the difference of two logits,
    1 where all of it comes back. By default these are what each run would say. Estimates by the gradient stand at once;
    then the runs are made, and Ctrl+C prints what there is.
    """
    found = find_source(source, input.asked())
    form.check(found.inputs)
    other = None
    if second or second_text is not None or second_ids:
        is_other = second_text is not None or second_ids
        read = replace(input, text=second_text, ids=second_ids) if is_other else input
        other = find_source(second or source, read.asked())
    session = _session(found, other, limiting.limits)
    from attn_explore.explorer.commands.making import make_runs
    from attn_explore.explorer.session.patched import WhatToPatch, patched
    from attn_explore.explorer.telling.answers.patch_answer import patch_answer, patch_data

    asked = WhatToPatch(of.value, token, token_id, against, against_id, after, stack.value if stack else None)
    made = patched(session, asked)
    status = 0 if estimate else make_runs(made)
    shows_estimates = estimate or not (form.csv or form.is_picture)
    give(patch_answer(made, shows_estimates=shows_estimates), patch_data(made), form, found.inputs)
    if status:
        raise typer.Exit(status)


def _session(found: Source, other: Source | None, limits: Limits) -> Session:
    session = session_of(found, limits) if other is None else sessions_of([found, other], limits, "")
    say_notes(session)
    return session
