"""The command that lists the neurons of a feed-forward network."""

from __future__ import annotations

from typing import Annotated

import typer

from attn_explore.explorer.commands.one_run import Question
from attn_explore.explorer.commands.options import SourceName

MOST_LISTED = 10


def neurons(
    source: SourceName,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="STEP",
            help="The network: decoder.layers.3.ffn, or layers.3. Default: that of the last layer.",
        ),
    ] = "",
    token: Annotated[
        str,
        typer.Option(
            "--token", metavar="WORD", help="A token of the text, or its place, from 0. Default: the last one."
        ),
    ] = "",
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="Neurons that are listed.")] = MOST_LISTED,
    *,
    question: Question,
) -> None:
    """List the neurons of a network that write most at a token.

    With the words that the output row of each favours and is against, and the tokens of the text on which it fires.
    """
    run = question.of(source)
    session = run.session()
    from attn_explore.explorer.session.networks import network_named, token_named
    from attn_explore.explorer.telling.answers.neurons_answer import neurons_answer, neurons_data
    from attn_explore.model.looking.neurons import neurons_at

    trace = session.run.trace
    hidden = network_named(trace, at)
    strongest = neurons_at(trace, hidden, token_named(hidden, token), top)
    run.give(neurons_answer(strongest), neurons_data(strongest))
