"""The command that takes a number apart into the bits that it is stored in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.answering import AsCsv, AsJson, Form, give
from attn_explore.explorer.commands.common import at_cell, find_source, say_notes, session_of
from attn_explore.explorer.commands.options import SourceName, complete_step, named
from attn_explore.explorer.commands.shared_options import Limiting, Reading

if TYPE_CHECKING:
    from attn_explore.explorer.session.opening import Source
    from attn_explore.explorer.session.session import Session
    from attn_explore.explorer.system.limits import Limits


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
    *,
    reading: Reading,
    limiting: Limiting,
) -> None:
    """Print the bits of a number, and how they make its value.

    Sign, exponent and fraction of a floating-point number; scale, least number and quant of a block of a GGUF file.
    """
    found = find_source(source, reading.asked())
    session = _at_number(found, limiting.limits, cell)
    say_notes(session)
    from attn_explore.explorer.telling.answers.bits_answer import bits_answer, bits_data
    from attn_explore.model.looking.stored_bits import bits_of

    place = session.place
    taken_apart = bits_of(place.value, place.index)
    answer = bits_answer(taken_apart, place.value, place.index)
    give(answer, bits_data(taken_apart, place.cell), Form(as_json, csv), found.inputs)


def _at_number(found: Source, limits: Limits, cell: str) -> Session:
    """At a number. One of a model's file needs no text: with any token the run has it, and computes nothing for it."""
    if not found.needs_text:
        return at_cell(found, limits, cell)
    from attn_explore.model.places import split_place

    read = found.reading({"ids": [0]})
    is_stored = session_of(read, limits, split_place(cell)[0]).place.value.source is not None
    return at_cell(read if is_stored else found, limits, cell)
