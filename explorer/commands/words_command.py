"""The command that says which words made an output."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from attn_explore.explorer.commands.answering import Token, TokenId
from attn_explore.explorer.commands.one_run import Question
from attn_explore.explorer.commands.options import After, SourceName


class Of(StrEnum):
    """What is measured of a token."""

    logit = "logit"
    probability = "probability"


def words(
    source: SourceName,
    token: Token = None,
    token_id: TokenId = None,
    of: Annotated[Of, typer.Option("--of", help="What of the token is measured.")] = Of.logit,
    after: After = None,
    steps: Annotated[
        int,
        typer.Option(
            "--steps", metavar="N", min=1, max=4096, help="Steps of the integrated gradients; more are more exact."
        ),
    ] = 32,
    *,
    question: Question,
) -> None:
    """Say which words made an output, by four methods side by side.

    Gradient times input, integrated gradients, attention rollout, and leaving each word out. They disagree, for each
    answers another question. Without --token the output is the likeliest token's.
    Ctrl+C prints what there is.
    """
    run = question.of(source)
    session = run.session()
    from attn_explore.explorer.commands.making import make_runs
    from attn_explore.explorer.session.asked_words import WhichWords, words_asked
    from attn_explore.explorer.telling.answers.words_answer import words_answer, words_data, words_drawn

    asked = WhichWords(token, token_id, after, of.value, steps)
    made = words_asked(session, asked)
    status = make_runs(made.words)
    run.give(words_drawn(made) if run.form.is_picture else words_answer(made), words_data(made))
    if status:
        raise typer.Exit(status)
