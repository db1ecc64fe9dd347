"""The command that says what the key/value cache of a generation holds."""

from __future__ import annotations

from attn_explore.explorer.commands.answering import AsCsv, AsJson, Form, give
from attn_explore.explorer.commands.common import find_source, say_notes, session_of
from attn_explore.explorer.commands.options import SourceName
from attn_explore.explorer.commands.shared_options import Limiting, Reading


def cache(
    source: SourceName,
    as_json: AsJson = False,
    csv: AsCsv = False,
    *,
    reading: Reading,
    limiting: Limiting,
) -> None:
    """Print what the key/value cache holds, in numbers and bytes.

    For each block of attention of a decoder after its last pass, with what each further token adds, and with what
    grouped queries save.
    """
    session = session_of(
        find_source(source, reading.asked()),
        limiting.limits,
    )
    say_notes(session)
    from attn_explore.explorer.telling.answers.cache_answer import cache_answer, cache_data
    from attn_explore.model.architecture import architecture_of
    from attn_explore.model.looking.kept_keys import kept_keys

    run = session.run
    kept = kept_keys(run.trace)
    give(cache_answer(kept, architecture_of(run.scenario.model).positions), cache_data(kept), Form(as_json, csv))
