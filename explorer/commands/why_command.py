"""The command that says why a head looks where it looks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from attn_explore.explorer.commands.answering import AnswerFile, AsCsv, AsJson, Form, give
from attn_explore.explorer.commands.common import at_cell, find_source, say_notes
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
    complete_step,
    limits_of,
    named,
)


class Split(StrEnum):
    """The ways in which a score is a sum."""

    pairs = "pairs"
    query = "query"
    key = "key"
    columns = "columns"


MOST_LISTED = 20


def why(
    source: SourceName,
    cell: Annotated[
        str,
        typer.Argument(
            metavar="STEP[INDEX]",
            help="Where a head looks: 'layers.1.self_attention.weights[head 3, its, Law]'.",
            callback=named,
            autocompletion=complete_step,
        ),
    ],
    by: Annotated[
        Split, typer.Option("--by", help="By what wrote the query and the key, one of them, or columns of q and k.")
    ] = Split.pairs,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="Terms that are listed.")] = MOST_LISTED,
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
    """Take a score of attention apart: why a head looks there.

    The score is a sum over what wrote the query (embedding, position, earlier heads, networks, biases) times what wrote
    the key. With what the head takes from the key, in words of the vocabulary.
    """
    form = Form(as_json, csv, output, force)
    found = find_source(source, asked_for(None, moment, text, ids, target, max_new_tokens, as_))
    form.check(found.inputs)
    session = at_cell(found, limits_of(memory_limit, allow_path), cell)
    say_notes(session)
    from attn_explore.explorer.session.looked_there import looked_there, unnamed
    from attn_explore.explorer.telling.answers.why_answer import why_answer, why_data

    if "[" not in cell:
        raise unnamed(session.place.value.path)
    looked = looked_there(session.run.trace, session.place.cell)
    give(why_answer(looked, by.value, top), why_data(looked, top), form, found.inputs)
