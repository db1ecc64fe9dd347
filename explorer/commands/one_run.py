"""What commands that ask a question of one run have in common: which run, what it reads, and the form of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any

from attn_explore.explorer.commands.answering import AnswerFile, AsCsv, AsJson, Form, give
from attn_explore.explorer.commands.common import at_cell, find_source, say_notes, session_of
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
from attn_explore.model.dataclass import dataclass

if TYPE_CHECKING:
    from attn_explore.explorer.session.opening import Source
    from attn_explore.explorer.session.session import Session
    from attn_explore.explorer.system.limits import Limits
    from attn_explore.explorer.telling.answers.answer import Answer

Command = Callable[..., None]


@dataclass(frozen=True)
class OneRun:
    """The run that is asked about, as it was named, and the form in which the answer is wanted."""

    source: Source
    limits: Limits
    form: Form

    def session(self, cell: str | None = None) -> Session:
        """Run it, and say what there is to say of that; at a cell, if one is named."""
        found = session_of(self.source, self.limits) if cell is None else at_cell(self.source, self.limits, cell)
        say_notes(found)
        return found

    def give(self, answer: Answer, data: Mapping[str, Any]) -> None:
        """Give the answer in its form."""
        give(answer, data, self.form, self.source.inputs)


def of_one_run(question: Command) -> Command:
    """The command of a question: before its own options it has the run, and after them what all of them take.

    The question is given the run first, and then its own options.
    """
    source, *rest = signature(_one_run, eval_str=True).parameters.values()
    _, *own = signature(question, eval_str=True).parameters.values()
    parameters = [source, *own, *rest]

    @wraps(question)
    def command(**given: Any) -> None:
        run = _one_run(**{each.name: given.pop(each.name) for each in (source, *rest)})
        question(run, **given)

    # What Typer reads: the options themselves, and their types.
    vars(command)["__signature__"] = Signature([each.replace(kind=Parameter.KEYWORD_ONLY) for each in parameters])
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


def _one_run(
    source: SourceName,
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
) -> OneRun:
    form = Form(as_json, csv, output, force)
    found = find_source(source, asked_for(None, moment, text, ids, target, max_new_tokens, as_))
    form.check(found.inputs)
    return OneRun(found, limits_of(memory_limit, allow_path), form)
