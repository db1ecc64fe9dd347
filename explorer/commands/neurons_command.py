"""The command that lists the neurons of a feed-forward network."""

from __future__ import annotations

from typing import Annotated

import typer

from attn_explore.explorer.commands.answering import AnswerFile, AsCsv, AsJson, Form, give
from attn_explore.explorer.commands.common import find_source, say_notes, session_of
from attn_explore.explorer.commands.options import (
    Allowed,
    As,
    Ids,
    Memory,
    Moment,
    NewTokens,
    Replace,
    SourceName,
    Target,
    Text,
    asked_for,
    limits_of,
)

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
    as_json: AsJson = False,
    csv: AsCsv = False,
    output: AnswerFile = None,
    force: Replace = False,
    moment: Moment = None,
    text: Text = None,
    ids: Ids = "",
    target: Target = None,
    max_new_tokens: NewTokens = None,
    as_: As = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """List the neurons of a network that write most at a token.

    With the words that the output row of each favours and is against, and the tokens of the text on which it fires.
    """
    form = Form(as_json, csv, output, force)
    found = find_source(source, asked_for(None, moment, text, ids, target, max_new_tokens, as_))
    form.check(found.inputs)
    session = session_of(found, limits_of(memory_limit, allow_path))
    say_notes(session)
    from attn_explore.explorer.session.networks import network_named, token_named
    from attn_explore.explorer.telling.answers.neurons_answer import neurons_answer, neurons_data
    from attn_explore.model.looking.neurons import neurons_at

    trace = session.run.trace
    hidden = network_named(trace, at)
    strongest = neurons_at(trace, hidden, token_named(hidden, token), top)
    give(neurons_answer(strongest), neurons_data(strongest), form, found.inputs)
