"""The command that says what rounding the parameters of a model does to each step of its run."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from attn_explore.explorer.commands.answering import AsCsv, AsJson, Form, give
from attn_explore.explorer.commands.common import find_source, say_notes, sessions_of
from attn_explore.explorer.commands.options import NewTokens, SourceName, Storage
from attn_explore.explorer.commands.shared_options import Input, Limiting


def rounding(
    source: SourceName,
    as_: Annotated[Storage, typer.Option("--as", help="What its parameters are rounded to.")] = Storage.q4_1,
    as_json: AsJson = False,
    csv: AsCsv = False,
    *,
    input: Input,
    max_new_tokens: NewTokens = None,
    limiting: Limiting,
) -> None:
    """Round the parameters, and see where that begins to matter.

    The run as it is, and the same run with its parameters kept in fewer bits: how far each step is off, relative to its
    size and where it is farthest; the first step that differs, and the first that is off by more than 1%.
    """
    asked = input.asked(max_new_tokens=max_new_tokens, rounded=as_)
    sources = [find_source(source, asked), find_source(source, replace(asked, rounded=None))]
    session = sessions_of(sources, limiting.limits, "")
    say_notes(session)
    from attn_explore.explorer.session.two_runs import rounded_and_exact
    from attn_explore.explorer.telling.answers.rounding_answer import rounding_answer, rounding_data
    from attn_explore.model.looking.rounded_steps import rounded_steps

    storage, rounded, exact = rounded_and_exact(session)
    found = rounded_steps(rounded, exact)
    give(rounding_answer(found, storage), rounding_data(found, storage), Form(as_json, csv))
