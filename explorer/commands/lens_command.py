"""The command that says what a model would say on the way."""

from __future__ import annotations

from typing import Annotated

import typer

from attn_explore.explorer.commands.answering import Token, TokenId, say_of_passes
from attn_explore.explorer.commands.one_run import Question
from attn_explore.explorer.commands.options import SourceName


def lens(
    source: SourceName,
    token: Token = None,
    token_id: TokenId = None,
    heads: Annotated[bool, typer.Option("--heads", help="Single heads, too, each by what it writes alone.")] = False,
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, max=1000, help="So many likeliest tokens, in JSON.")
    ] = 5,
    *,
    question: Question,
) -> None:
    """Print what the model would say after each layer (logit lens).

    A table of layers by tokens, with the likeliest next token and its probability; with --token its rank and its logit.
    """
    run = question.of(source)
    session = run.session()
    say_of_passes(session)
    from attn_explore.explorer.session.through_lens import Through, through_lens
    from attn_explore.explorer.system.progress import Progress
    from attn_explore.explorer.telling.answers.lens_answer import lens_answer, lens_data

    with Progress() as progress:
        seen = through_lens(
            session,
            Through(token, token_id, top, heads),
            lambda done, of: progress(f"looked at {done} of {of} points"),
        )
    run.give(lens_answer(seen, is_drawn=run.form.is_picture), lens_data(seen))
