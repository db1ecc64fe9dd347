"""The command that says what a model would say on the way."""

from __future__ import annotations

from typing import Annotated

import typer

from attn_explore.explorer.commands.answering import (
    AnswerFile,
    AsCsv,
    AsJson,
    Form,
    Token,
    TokenId,
    give,
    say_of_passes,
)
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


def lens(
    source: SourceName,
    token: Token = None,
    token_id: TokenId = None,
    heads: Annotated[bool, typer.Option("--heads", help="Single heads, too, each by what it writes alone.")] = False,
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, max=1000, help="So many likeliest tokens, in JSON.")
    ] = 5,
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
    """Print what the model would say after each layer (logit lens).

    A table of layers by tokens, with the likeliest next token and its probability; with --token its rank and its logit.
    """
    form = Form(as_json, csv, output, force)
    found = find_source(source, asked_for(None, moment, text, ids, target, max_new_tokens, as_))
    form.check(found.inputs)
    session = session_of(found, limits_of(memory_limit, allow_path))
    say_notes(session)
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
    give(lens_answer(seen, is_drawn=form.is_picture), lens_data(seen), form, found.inputs)
