"""What a person explores: a run, a place in it and a lesson on it. It has no screen.

The command line, the screens and the tests all work through a `Session`. It knows values and indices, not widgets.
What can be done to one is in the files beside this one: `stepping`, `edits`, `gradients`, `change_moment`, `pinning`,
`two_runs`, `search`, `saving`.
"""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from attn_explore.explorer.session.history import History
from attn_explore.explorer.session.lesson_progress import Lesson
from attn_explore.explorer.session.moments import Moments
from attn_explore.explorer.session.place import Place
from attn_explore.explorer.session.run import Run
from attn_explore.model.dataclass import dataclass
from attn_explore.model.lesson import Question, Stop, stops
from attn_explore.model.passes import LENS
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario

if TYPE_CHECKING:
    from attn_explore.explorer.session.answers import AnswerFile
    from attn_explore.explorer.session.patched import WhatToPatch
    from attn_explore.model.looking.patching import Patching
    from attn_explore.model.looking.sampling import Sampler


@dataclass(eq=False)
class Session:
    """`run` is what is looked at, `place` where in it, and `lesson` how far its lesson was followed.

    `name` is what the person called it, `path` the file it was read from, `notes` what has to be said of how it was
    read. `first` is the scenario before anything was changed here, `saved` as it was written to a file last, and
    `history` the runs that edits led from. `answers` is where answers are written down, if the person wants that.
    Where the model was trained, `moments` has its runs at every moment of the training.
    Where two runs are compared, `other` is the other one, and `label` what this one is called. `is_pin`: it is another
    moment of the run beside it, and no run of its own. `variant`: which one of the gallery it is, if it is of one.
    `called` is how a command line names it, where that is not its path: visitors are told of no folder.
    `patchings` are maps of patches as far as they were made. `sampler` is the one that was asked about last.
    """

    name: str
    run: Run
    path: Path | None = None
    notes: tuple[str, ...] = ()
    moments: Moments | None = None
    label: str = ""
    other: Session | None = None
    is_pin: bool = False
    variant: str = ""
    answers: AnswerFile | None = None
    called: str = ""
    first: Scenario = field(init=False)
    saved: Scenario = field(init=False)
    place: Place = field(init=False)
    lesson: Lesson = field(init=False)
    history: History[Run] = field(default_factory=History, init=False)
    patchings: dict[WhatToPatch, Patching] = field(default_factory=dict, init=False)
    sampler: Sampler | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.first = self.saved = self.run.scenario
        found = stops(self.run.scenario, self.run.trace)
        self.lesson = Lesson(found, self.moments.of(found) if self.moments else (), self.run.moment)
        self.place = Place(self.run.trace, self.lesson.first_cell)
        for stop in found:
            if stop.value.path.startswith(LENS):
                self.place.find(stop.value.path)  # it is among the steps from the start
        self._follow_curves()

    def take(self, run: Run) -> None:
        """Look at the same place in another run, with the same lesson."""
        is_another_moment = run.moment != self.run.moment
        self.run = run
        self.lesson.take(run.trace, run.moment)
        self.place.take(run.trace)
        if is_another_moment:
            self._follow_curves()

    def _follow_curves(self) -> None:
        """Put the cursor of each curve of the training where the moment is."""
        if self.moments is None:
            return
        for value in self.run.trace.steps.values():
            if (cell := self.moments.cell(value, self.run.moment)) is not None:
                self.place.put_cursor(value, cell)
        if self.is_pinned:
            self.label = self.moments.name(self.run.moment)

    @property
    def is_part(self) -> bool:
        """Whether it is the attention of a model once more, over given Q and K: its scenario does not make it again."""
        return bool(self.variant) and self.run.scenario.checkpoint is not None

    def need_whole(self) -> None:
        """Raise Problem for a part of a run, where the whole of it would have to be made again."""
        if self.is_part:
            what = "this is one attention of a model, done again over its Q, K and V"
            raise Problem(what, hint="leave the gallery for the model's own run, which can be changed and saved")

    @property
    def is_pinned(self) -> bool:
        """Whether the run beside this one is another moment of it."""
        return self.is_pin or (self.other is not None and self.other.is_pin)

    # --- the lesson at this place

    @property
    def stop(self) -> Stop | None:
        """The stop whose words go with the value that is looked at.

        Where the lesson is followed, that is its own stop; else the first at this value and moment of the training.
        """
        value = self.place.value
        if self.lesson.is_guided:
            return self.lesson.stop if self.lesson.stop.value is value else None
        return next(iter(self.lesson.now_at(value)), None)

    @property
    def question(self) -> Question | None:
        """The question that waits for an answer here. Until then its numbers are not shown."""
        stop = self.stop if self.lesson.is_guided else None
        return stop.question if stop and not self.lesson.is_answered else None
