"""What the explorer looks at, and how: everything that its keys change and its panels show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import word_view
from attn_explore.explorer.telling.lesson_text import Onward
from attn_explore.explorer.telling.pictures import Side
from attn_explore.explorer.telling.sorting import Sorted, Sorting
from attn_explore.explorer.telling.word_view import Attention
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.ops import is_gradient
from attn_explore.model.plots import Plot, plot_of
from attn_explore.model.values import Value

if TYPE_CHECKING:
    from attn_explore.explorer.telling.edit_line import EditLine
    from attn_explore.explorer.telling.overview import Overview


class View(StrEnum):
    """How a value is shown: its numbers, as what one word asks and takes, among the words of the text, or as a plot."""

    numbers = "matrix"
    word = "word"
    among = "text"
    plot = "plot"


class Origin(StrEnum):
    """Where a person came from, and goes back to."""

    shell = ""
    library = "library"
    gallery = "gallery"


@dataclass
class State:
    """`session` is the run that is looked at, of two the one in front; `side` how much of the other one is shown.

    `edit` is the edit that is being typed. `overview_name` is the plot of all gradients that is wanted instead of
    the row under the cursor. `is_unfolded` is about long sums, `shows_uses` about where a number goes instead of
    where it came from. `has_chosen`: the cursor was moved since the question was asked. `matches` are the paths
    that were found last. `leaves_first`: the colours of attention leave the first token out.
    `sortings`: how rows and columns are sorted of the value that this was wanted of last.
    `onward` says where a lesson leads to, as far as the person may go.
    `all_heads`: whether heads stand side by side where they fit; None: unless what one is made of stands around it.
    """

    session: Session
    came_from: Origin = Origin.shell
    view: View = View.numbers
    side: Side = Side.one
    overview_name: str = ""
    is_unfolded: bool = False
    shows_uses: bool = False
    edit: EditLine | None = None
    has_chosen: bool = False
    leaves_first: bool = False
    all_heads: bool | None = None
    onward: Onward | None = None
    sortings: dict[Sorted, Sorting] = field(default_factory=dict)
    matches: list[str] = field(default_factory=list)
    _overview: Overview | None = None

    def turn_to(self, session: Session) -> None:
        """Look at another session; nothing of what was looked at before is left, but where answers are written down."""
        session.answers = self.session.answers
        self.session, self.edit, self.shows_uses, self.matches = session, None, False, []
        self.look(View.numbers)

    def look(self, view: View, side: Side = Side.one, overview_name: str = "") -> None:
        """Show the value in another way."""
        self.view, self.side, self.overview_name = view, side, overview_name

    @property
    def value(self) -> Value:
        """What is looked at."""
        return self.session.place.value

    @property
    def index(self) -> Index:
        """The cell under the cursor."""
        return self.session.place.index

    @property
    def attention(self) -> Attention | None:
        """The block that is shown for one word now; not while a question hides its numbers."""
        is_shown = self.view is View.word and self.session.question is None and self.edit is None
        return word_view.attention_of(self.session.run.trace, self.value) if is_shown else None

    @property
    def among(self) -> Attention | None:
        """The block that is shown among the words of the text now; not while a question hides its numbers."""
        is_shown = self.view is View.among and self.session.question is None and self.edit is None
        return word_view.attention_of(self.session.run.trace, self.value) if is_shown else None

    @property
    def is_of_words(self) -> bool:
        """Whether the words of an attention stand now where the numbers would."""
        return self.attention is not None or self.among is not None

    @property
    def is_attention(self) -> bool:
        """Whether the value can be shown for one word."""
        return word_view.attention_of(self.session.run.trace, self.value) is not None

    @property
    def moment_here(self) -> int | None:
        """The moment under the cursor, on a curve of the training."""
        moments = self.session.moments
        return None if moments is None else moments.at(self.value, self.index)

    # --- plots

    @property
    def is_plotted(self) -> bool:
        """Whether the numbers are shown as a plot now; not while a question hides them, nor where there are none."""
        return self.view is View.plot and self.session.question is None and self.value.elsewhere is None

    @property
    def overview(self) -> Overview | None:
        """The plot of all gradients together that is wanted; None where it is the row under the cursor."""
        trace, name = self.session.run.trace, self.overview_name if is_gradient(self.value) else ""
        if not name:
            return None
        from attn_explore.explorer.telling.overview import overview

        known = self._overview
        if known is None or known.trace is not trace or known.name != name:
            self._overview = overview(trace, name)
        return self._overview

    @property
    def plot(self) -> Plot:
        """What is plotted now."""
        drawn, session = self.overview, self.session
        if drawn is not None:
            return drawn.drawn(session.place.index_in(drawn.value))
        return plot_of(session.run.trace, self.value, self.index)

    @property
    def next_plot(self) -> str:
        """What P shows next: a plot, one of all gradients where one of them is looked at, or nothing: the numbers."""
        names = ["plot", *(_overviews() if is_gradient(self.value) else ())]
        shown = self.overview_name if self.overview_name in names else "plot"
        here = names.index(shown) if self.view is View.plot else -1
        return names[here + 1] if here + 1 < len(names) else ""


def _overviews() -> Iterable[str]:
    """The plots that there are of all gradients together."""
    from attn_explore.model.profile import OVERVIEWS

    return OVERVIEWS
