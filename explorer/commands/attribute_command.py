"""The command that says who wrote a logit."""

from __future__ import annotations

from typing import Annotated

import typer

from attn_explore.explorer.commands.answering import Token, TokenId, say_of_passes
from attn_explore.explorer.commands.one_run import Question
from attn_explore.explorer.commands.options import After, Against, AgainstId, SourceName

MOST_LISTED = 20


def attribute(
    source: SourceName,
    token: Token = None,
    token_id: TokenId = None,
    against: Against = None,
    against_id: AgainstId = None,
    after: After = None,
    term: Annotated[
        str,
        typer.Option(
            "--open", metavar="TERM", help="One term of it: what head 23.3 took from where; the neurons of 23.ffn."
        ),
    ] = "",
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="Terms that are listed.")] = MOST_LISTED,
    *,
    question: Question,
) -> None:
    """Say who wrote a logit: every embedding, head, network and bias.

    The parts add up to the logit, or to the difference of two. Without --token it is the likeliest one's.
    """
    run = question.of(source)
    session = run.session()
    say_of_passes(session)
    from attn_explore.explorer.session.who_wrote import WhoWrote, opened_term, who_wrote
    from attn_explore.explorer.telling.answers import attribution_answer as told

    made = who_wrote(session, WhoWrote(token, token_id, against, against_id, after))
    most = top if (run.form.output is None and not run.form.csv) or run.form.is_picture else None
    if term:
        inner = opened_term(made, term)
        run.give(told.opened_answer(made, inner, most), told.opened_data(made, inner))
    else:
        shown = told.attribution_drawn(made, top) if run.form.is_picture else told.attribution_answer(made, most)
        run.give(shown, told.attribution_data(made))
