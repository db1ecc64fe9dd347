"""The options that most commands take together, each group as one parameter: `spread` says how."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from attn_explore.explorer.commands.options import (
    Allowed,
    As,
    Ids,
    Memory,
    Moment,
    NewTokens,
    NumberName,
    Storage,
    Target,
    Text,
    WithGradients,
    asked_for,
    limits_of,
)
from attn_explore.model.dataclass import dataclass

if TYPE_CHECKING:
    from attn_explore.explorer.session.asked import Asked
    from attn_explore.explorer.system.limits import Limits


@dataclass(frozen=True)
class Gradients:
    """Whether gradients are asked for, and of which number."""

    gradients: WithGradients = False
    of: NumberName = ""

    def number(self, step: str = "", *, is_needed: bool = False) -> str | None:
        """The number that is differentiated, "" for the one that tells most, None for none of them.

        A step that is a gradient asks for gradients, too, and so does what cannot be told without (`is_needed`).
        """
        is_wanted = is_needed or self.of or self.gradients or step.lstrip().startswith("grad.")
        return self.of if is_wanted else None


@dataclass(frozen=True)
class Input:
    """What a run reads."""

    moment: Moment = None
    text: Text = None
    ids: Ids = ""
    target: Target = None

    def asked(
        self, number: str | None = None, max_new_tokens: int | None = None, rounded: Storage | None = None
    ) -> Asked:
        """What is asked of the run, beside what its file says; `number` is differentiated."""
        return asked_for(number, self.moment, self.text, self.ids, self.target, max_new_tokens, rounded)


@dataclass(frozen=True)
class Reading:
    """What a run reads, how much it generates, and in how many bits its parameters are."""

    input: Input
    max_new_tokens: NewTokens = None
    as_: As = None

    def asked(self, number: str | None = None) -> Asked:
        """What is asked of the run, beside what its file says; `number` is differentiated."""
        return self.input.asked(number, self.max_new_tokens, self.as_)


@dataclass(frozen=True)
class Limiting:
    """What a run may take, and read beside its own files."""

    memory_limit: Memory = ""
    allow_path: Allowed = field(default_factory=list)

    @property
    def limits(self) -> Limits:
        """The same, as numbers. Raises Problem for a size that is none."""
        return limits_of(self.memory_limit, self.allow_path)
