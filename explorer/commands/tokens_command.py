"""The command that says how a text became tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.answering import AsCsv, AsJson, Form, give
from attn_explore.explorer.commands.common import find_source, print_lines, session_of
from attn_explore.explorer.commands.options import Allowed, SourceName, limits_of
from attn_explore.explorer.commands.shared_options import Reading

if TYPE_CHECKING:
    from attn_explore.explorer.session.opening import Source


def tokens(
    source: SourceName,
    brief: Annotated[bool, typer.Option("--brief", help="Only the tokens, not the steps that made them.")] = False,
    template: Annotated[
        bool, typer.Option("--template", help="Print the chat template of the model as it is; it is never run.")
    ] = False,
    as_json: AsJson = False,
    csv: AsCsv = False,
    *,
    reading: Reading,
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Print how a text becomes tokens: letters, merges, pieces, ids.

    What is unusual is pointed out: a beginning twice, a word in many pieces, single bytes, a word without its space.
    """
    found = find_source(source, reading.asked())
    if template and (as_json or csv):
        raise typer.BadParameter("--template prints the template alone, as text; --json has it beside the tokens")
    if template:
        print_lines(_template_lines(found))
        return
    from attn_explore.explorer.telling.answers.tokens_answer import tokens_answer, tokens_data
    from attn_explore.model.known import known_of
    from attn_explore.model.looking.tokens_read import template_of, tokens_read

    scenario = found.scenario or session_of(found, limits_of("", allow_path)).run.scenario
    known = known_of(scenario, allow_path)
    reads, chat = tokens_read(known), template_of(known.scenario.checkpoint)
    give(tokens_answer(reads, chat, is_brief=brief), tokens_data(reads, chat), Form(as_json, csv))


def _template_lines(found: Source) -> list[str]:
    """The chat template of what was named. Raises Problem where it has none."""
    from attn_explore.model.looking.tokens_read import template_of
    from attn_explore.model.problems import Problem
    from attn_explore.model.text import visible

    model = found.model or (found.scenario and found.scenario.checkpoint)
    template = template_of(model)
    if template is None:
        raise Problem("there is no chat template", path=found.path, hint="models that were made for a chat have one")
    return [visible(line, keep="\t") for line in template.text.splitlines()]
