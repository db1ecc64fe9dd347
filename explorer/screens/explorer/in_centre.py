"""What stands in the centre: headings, the numbers or what is shown instead, and what these are made from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attn_explore.explorer.drawing.order import OWN
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.telling import headings, operands
from attn_explore.explorer.telling.pictures import Side, pictures
from attn_explore.explorer.telling.sorting import order_of
from attn_explore.model.explain import Index, is_choice, shapes
from attn_explore.model.plots import plot_of

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.panels import Panels
    from attn_explore.explorer.screens.explorer.state import State
    from attn_explore.explorer.widgets.among_panel import AmongPanel
    from attn_explore.explorer.widgets.centre import Centre


class InCentre:
    """Shows the state of a screen in its centre. What stands under that, the arithmetic, is shown by the screen."""

    def __init__(self, screen: Panels) -> None:
        self._screen = screen
        self._among: AmongPanel | None = None
        self._is_of_words = False

    def show(self) -> None:
        """Show the value that is looked at."""
        self._show_headings()
        self._show_numbers()

    def turn_to_words_or_numbers(self) -> None:
        """Show numbers while one is edited, which words are not, and the words again after that."""
        if self._state.is_of_words is not self._is_of_words:
            self.show()

    def show_cell(self) -> None:
        """Show what depends on the cell: what it is made from, its word in the text, and what its row is like."""
        state, grid = self._state, self._centre.grid
        is_told = grid.display and state.session.question is None  # it may ask for just such a figure
        self._centre.statistics.show(grid.picture if is_told else None, state.index)
        self._show_around()
        self.show_among()

    def index_beside(self, index: Index) -> Index:
        """The same cell in the other run's grid; its first one where there is none."""
        state = self._state
        return two_runs.cell_beside(state.session, state.value, index) or tuple(0 for _ in index)

    @property
    def _state(self) -> State:
        return self._screen.state

    @property
    def _centre(self) -> Centre:
        return self._screen.centre

    def _show_headings(self) -> None:
        """What is looked at; beside it, of two runs, what the other one has at the same step."""
        state, session, value = self._state, self._state.session, self._state.value
        other = two_runs.beside(session, value) if self._shows_two else None
        heading, beside = self._centre.heading, self._centre.other_heading
        beside.display = other is not None
        title, equation = headings.title(session, value, state.side), headings.equation(session, value, state.side)
        step, forms = headings.title_alone(value), headings.shape_forms(value)
        where = headings.where(value) if other is None else ""  # of two runs it stands under both
        heading.show(title, where, forms, equation, shapes(value), step)
        if session.other is not None and other is not None:
            title, equation = headings.title(session.other, other, Side.beside), headings.equation(session.other, other)
            step, forms = headings.title_alone(other), headings.shape_forms(other)
            beside.show(title, "", forms, equation, shapes(other), step)

    @property
    def _shows_two(self) -> bool:
        """Whether two runs stand side by side."""
        state = self._state
        is_of_one = state.session.question is not None or state.is_of_words or state.is_plotted
        return state.side is Side.beside and not is_of_one

    def _show_numbers(self) -> None:
        """A row of words to choose from as a ranked list, everything else as a grid, or two of them side by side.

        Nothing is drawn of what is stored elsewhere: that is said under it.
        """
        state, centre, grid = self._state, self._centre, self._centre.grid
        session, value, index = state.session, state.value, state.index
        self._is_of_words = state.is_of_words
        other, ranking = centre.other, centre.ranking
        self._show_plot()
        self.show_among()
        if state.is_of_words or state.is_plotted or value.elsewhere is not None:
            grid.display = ranking.display = other.display = centre.grids.display = False
            return
        is_ranked = is_choice(value) and state.side is Side.one and session.question is None  # a ranking would tell
        drawn = [] if is_ranked else pictures(session, state.side, state.leaves_first)
        ranking.display, other.display = not drawn, len(drawn) > 1
        grid.display = centre.grids.display = bool(drawn)
        if not drawn:
            ranking.show(value, index)
        is_sorted = bool(drawn) and session.question is None  # what waits for an answer, its order would tell
        order = order_of(drawn[0], value.path, state.sortings) if is_sorted else OWN
        for panel, picture in zip((grid, other), drawn, strict=False):
            same = order if picture.array.shape == drawn[0].array.shape else OWN
            panel.show(value, index if panel is grid else self.index_beside(index), picture, same, panel is grid)

    def show_among(self) -> None:
        """The text on the weights of a word instead of the numbers, where it is wanted; its panel is made then."""
        state, panel = self._state, self._among
        if panel is not None:
            panel.display = state.among is not None
        if (attention := state.among) is None:
            return
        from attn_explore.explorer.telling.among import among
        from attn_explore.explorer.widgets.among_panel import AmongPanel

        if panel is None:
            panel = self._among = AmongPanel(id="among")
            self._centre.mount(panel, before="#arithmetic")
        panel.show(among(state.session, attention, bool(state.all_heads), state.leaves_first))

    def _show_plot(self) -> None:
        """The plot instead of the numbers, where it is wanted."""
        panel, state = self._centre.plot, self._state
        panel.display = state.is_plotted
        self._screen.set_class(panel.display, "-plotted")
        if panel.display:
            drawn = state.overview
            draw = partial(plot_of, state.session.run.trace, state.value) if drawn is None else drawn.drawn
            shown = state.value if drawn is None else drawn.value
            panel.show(shown, state.session.place.index_in(shown), draw)

    def _show_around(self) -> None:
        """What the cell is made from, around its grid, where that is of one run and one plane."""
        state, centre, grid = self._state, self._centre, self._centre.grid
        picture = grid.picture
        is_alone = state.side is Side.one and state.session.question is None and grid.display and not grid.zoomed_out
        centre.around = None
        if is_alone and picture is not None and not (state.all_heads and len(picture.planes) > 1):
            found = operands.around(picture, state.value, state.index)
            centre.around = found if found is None or grid.order.is_own else found.ordered(grid.drawn or picture)
        centre.share()
