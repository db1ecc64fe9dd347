"""The command that says why a head looks where it looks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from attn_explore.explorer.commands.one_run import Question
from attn_explore.explorer.commands.options import SourceName, complete_step, named


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
    *,
    question: Question,
) -> None:
    """Take a score of attention apart: why a head looks there.

    The score is a sum over what wrote the query (embedding, position, earlier heads, networks, biases) times what wrote
    the key. With what the head takes from the key, in words of the vocabulary.
    """
    run = question.of(source)
    session = run.session(cell)
    from attn_explore.explorer.session.looked_there import looked_there, unnamed
    from attn_explore.explorer.telling.answers.why_answer import why_answer, why_data

    if "[" not in cell:
        raise unnamed(session.place.value.path)
    looked = looked_there(session.run.trace, session.place.cell)
    run.give(why_answer(looked, by.value, top), why_data(looked, top))
