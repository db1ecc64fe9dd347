"""What a person asks of a run beside what its file says; known before anything is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from attn_explore.model.dataclass import dataclass


@dataclass(frozen=True)
class Asked:
    """What is asked of a run beside what its file says.

    gradients  the number that is differentiated, "" for the one that tells most; None: as the file says
    moment     after how many steps of training, None: at the end
    given      keys of `input` that are other ones
    rounded    the storage that the parameters are rounded to, None: as the file says
    sampler    what a sampler is asked about, whose steps can be looked at: `temperature 0.8 top-k 40`
    """

    gradients: str | None = None
    moment: int | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    rounded: str | None = None
    sampler: str = ""


@dataclass(frozen=True)
class FirstLook:
    """How a value is shown at first: in which view, nothing for its numbers, and by what these are sorted."""

    view: str = ""
    sorted_by: Sequence[str] = ()

    @property
    def is_of_two(self) -> bool:
        """Whether there have to be two runs to look at it so."""
        return self.view in ("beside", "difference")


NOTHING_ASKED = Asked()
