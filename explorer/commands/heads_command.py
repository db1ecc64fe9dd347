"""The command that says what every head of attention does."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.answering import Token, TokenId
from attn_explore.explorer.commands.common import say_notes, session_of
from attn_explore.explorer.commands.one_run import OneRun, Question
from attn_explore.explorer.commands.options import SourceName

if TYPE_CHECKING:
    from attn_explore.explorer.session.scored_heads import Logit
    from attn_explore.model.looking.head_atlas import HeadAtlas
    from attn_explore.model.looking.said_twice import Drawing


class Score(StrEnum):
    """What a head is scored by."""

    induction = "induction"
    previous = "previous"
    first = "first"
    same = "same"
    entropy = "entropy"
    logit = "logit"


LENGTH, MOST_LISTED = 30, 20


def heads(
    source: SourceName,
    score: Annotated[Score, typer.Option("--score", help="What the grid of layers by heads shows.")] = Score.induction,
    sort: Annotated[
        Score | None,
        typer.Option("--sort", help="List the heads by this instead, the largest first.", show_default=False),
    ] = None,
    token: Token = None,
    token_id: TokenId = None,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="Heads that are listed.")] = MOST_LISTED,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Draws other made-up tokens.")] = 0,
    length: Annotated[
        int, typer.Option("--length", metavar="N", min=2, max=1024, help="So many tokens are made up, and said twice.")
    ] = LENGTH,
    *,
    question: Question,
) -> None:
    """Score what every head of attention does, as a grid or a list.

    How much of its weight goes to the token before, to the first one, to earlier copies of the token, or to what
    followed these (induction)? The last two are measured on made-up tokens that are said twice, and so is everything
    where a model has no text to read. With --token, what each head adds to that token's logit at the end of the text.
    """
    from attn_explore.explorer.session.scored_heads import Logit
    from attn_explore.explorer.telling.answers.heads_answer import Wanted, heads_answer, heads_data
    from attn_explore.model.looking.said_twice import Drawing

    is_of_logit = token is not None or token_id is not None or Score.logit in (score, sort)
    asked = Logit(token, token_id) if is_of_logit else None
    run = question.of(source)
    atlas = _atlas(run, Drawing(seed, length), asked)
    is_whole = run.form.as_json or run.form.csv or run.form.output is not None
    wanted = Wanted((sort or score).value, sort is not None, None if is_whole else top)
    run.give(heads_answer(atlas, wanted), heads_data(atlas, wanted))


def _atlas(run: OneRun, drawing: Drawing, asked: Logit | None) -> HeadAtlas:
    """The heads of what was named; what is computed for it is said if it takes its time."""
    from attn_explore.explorer.session.scored_heads import heads_of, heads_without_text, with_logit_of
    from attn_explore.explorer.system.exits import say
    from attn_explore.explorer.system.progress import Progress

    with Progress() as progress:
        if run.source.needs_text and asked is None:
            return heads_without_text(run.source, drawing, lambda value: progress(f"computed {value.path}"))
        session = session_of(run.source, run.limits)
        atlas, why = heads_of(session, drawing, lambda value: progress(f"computed {value.path}"))
    say_notes(session)
    if why:
        say(f"note: {why}")
    return atlas if asked is None else with_logit_of(session, atlas, asked)
