"""The command that takes a number apart into the bits that it is stored in."""

from __future__ import annotations

from typing import Annotated

import typer

from attn_explore.explorer.commands.answering import AsCsv, AsJson, Form, give
from attn_explore.explorer.commands.common import at_cell, find_source, say_notes
from attn_explore.explorer.commands.options import (
    Allowed,
    As,
    Ids,
    Memory,
    Moment,
    NewTokens,
    SourceName,
    Target,
    Text,
    asked_for,
    complete_step,
    limits_of,
    named,
)


def bits(
    source: SourceName,
    cell: Annotated[
        str,
        typer.Argument(
            metavar="PARAMETER[INDEX]",
            help="A weight, such as 'layers.0.ffn.w_1[0, 5]', or a cell of a step.",
            callback=named,
            autocompletion=complete_step,
        ),
    ],
    as_json: AsJson = False,
    csv: AsCsv = False,
    moment: Moment = None,
    text: Text = None,
    ids: Ids = "",
    target: Target = None,
    max_new_tokens: NewTokens = None,
    as_: As = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Print the bits of a number, and how they make its value.

    Sign, exponent and fraction of a floating-point number; scale, least number and quant of a block of a GGUF file.
    """
    found = find_source(source, asked_for(None, moment, text, ids, target, max_new_tokens, as_))
    session = at_cell(found, limits_of(memory_limit, allow_path), cell)
    say_notes(session)
    from attn_explore.explorer.telling.answers.bits_answer import bits_answer, bits_data
    from attn_explore.model.looking.stored_bits import bits_of

    place = session.place
    taken_apart = bits_of(place.value, place.index)
    answer = bits_answer(taken_apart, place.value, place.index)
    give(answer, bits_data(taken_apart, place.cell), Form(as_json, csv), found.inputs)
