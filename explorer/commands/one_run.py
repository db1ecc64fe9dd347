"""What commands that ask a question of one run have in common: which run, what it reads, and the form of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attn_explore.explorer.commands.answering import Form, give
from attn_explore.explorer.commands.common import at_cell, find_source, say_notes, session_of
from attn_explore.explorer.commands.shared_options import Limiting, Reading
from attn_explore.model.dataclass import dataclass

if TYPE_CHECKING:
    from attn_explore.explorer.session.opening import Source
    from attn_explore.explorer.session.session import Session
    from attn_explore.explorer.system.limits import Limits
    from attn_explore.explorer.telling.answers.answer import Answer


@dataclass(frozen=True)
class Question:
    """The options of every question: the form of its answer, and the run that is asked about."""

    form: Form
    reading: Reading
    limiting: Limiting

    def of(self, source: str) -> OneRun:
        """Ask it of a source. Raises Problem, before anything runs, for what cannot be read or written."""
        found = find_source(source, self.reading.asked())
        self.form.check(found.inputs)
        return OneRun(found, self.limiting.limits, self.form)


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
