"""The command that says what rounding the parameters of a model does to each step of its run."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from attn_explore.explorer.commands.answering import AsCsv, AsJson, Form, give
from attn_explore.explorer.commands.common import find_source, say_notes, sessions_of
from attn_explore.explorer.commands.options import (
    Allowed,
    Ids,
    Memory,
    Moment,
    NewTokens,
    SourceName,
    Storage,
    Target,
    Text,
    asked_for,
    limits_of,
)


def rounding(
    source: SourceName,
    as_: Annotated[Storage, typer.Option("--as", help="What its parameters are rounded to.")] = Storage.q4_1,
    as_json: AsJson = False,
    csv: AsCsv = False,
    moment: Moment = None,
    text: Text = None,
    ids: Ids = "",
    target: Target = None,
    max_new_tokens: NewTokens = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Round the parameters, and see where that begins to matter.

    The run as it is, and the same run with its parameters kept in fewer bits: how far each step is off, relative to its
    size and where it is farthest; the first step that differs, and the first that is off by more than 1%.
    """
    asked = asked_for(None, moment, text, ids, target, max_new_tokens, as_)
    sources = [find_source(source, asked), find_source(source, replace(asked, rounded=None))]
    session = sessions_of(sources, limits_of(memory_limit, allow_path), "")
    say_notes(session)
    from attn_explore.explorer.session.two_runs import rounded_and_exact
    from attn_explore.explorer.telling.answers.rounding_answer import rounding_answer, rounding_data
    from attn_explore.model.looking.rounded_steps import rounded_steps

    storage, rounded, exact = rounded_and_exact(session)
    found = rounded_steps(rounded, exact)
    give(rounding_answer(found, storage), rounding_data(found, storage), Form(as_json, csv))
