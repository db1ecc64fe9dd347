"""Who uses the program, and what is theirs: somebody at home on their own machine, or a visitor in a browser.

This is the one place that decides between the two: screens ask the home of their app, and never whether it is served.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from attn_explore.explorer.library.arrangement import Arrangements
from attn_explore.explorer.library.bookmarks import Bookmarks
from attn_explore.explorer.library.kept import InMemory, Kept, OnDisk
from attn_explore.explorer.library.offer import Bundled, Named, Offer, OfMachine
from attn_explore.explorer.session.course import own_folder
from attn_explore.explorer.system.key_file import keymap_path
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.system.where_files_go import ON_DISK, Delivers, Files, FilesForBrowser
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem, TooLarge

if TYPE_CHECKING:
    from attn_explore.explorer.system.served import Served


_MORE_MEMORY = "whoever serves it can let each visitor have more: attn-explore serve --memory 2GB"


def _as_it_is(problem: Problem) -> Problem:
    return problem


def _for_visitor(problem: Problem) -> Problem:
    """Nothing of the folders of who serves them, and of what only that person can do, that they can."""
    found = problem.for_visitors()
    if isinstance(problem, TooLarge):
        found.hint = _MORE_MEMORY
    return found


@dataclass(frozen=True)
class Home:
    """What a person may open and how much a run may take, what is kept for them, and where what they save goes.

    What the run of a visitor may take follows from the limits of its process. `key_file` is where their own keys and
    theme are looked for, if they can have any. `told` is what they are told of a problem. `has_shell`: whether they
    have a command line where it runs, and the files there.
    """

    offer: Offer
    limits: Limits
    kept: Kept
    files: Callable[[Delivers], Files]
    key_file: Path | None = None
    told: Callable[[Problem], Problem] = _as_it_is
    has_shell: bool = True

    def with_shell(self, said: str) -> str:
        """What can be done on a command line or in a file: said to who has them, and to nobody else."""
        return said if self.has_shell else ""

    @property
    def bookmarks(self) -> Bookmarks:
        """How far they followed each lesson."""
        return Bookmarks(self.kept)

    @property
    def arrangements(self) -> Arrangements:
        """How their panels are arranged."""
        return Arrangements(self.kept)


def at_home(folder: Path | None = None, limits: Limits | None = None) -> Home:
    """The home of who runs the program: their disk. Their own scenarios are in `folder`, or in the usual one."""
    offer = OfMachine(folder or own_folder())
    return Home(offer, limits or Limits(), OnDisk(), lambda _: ON_DISK, keymap_path())


def visiting(served: Served) -> Home:
    """The home of a visitor: what was named for them, and nothing of the disk of who serves them."""
    offer = Named(served.allowed) if served.allowed else Bundled()
    return Home(offer, Limits(), InMemory(), FilesForBrowser, told=_for_visitor, has_shell=False)
