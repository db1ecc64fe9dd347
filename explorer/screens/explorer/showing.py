"""What the explorer shows of a session: every panel, filled from the value and the cell that are looked at."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.suggester import SuggestFromList
from textual.timer import Timer
from textual.widgets import Input, Static

from attn_explore.explorer.drawing.arithmetic import Block, Link
from attn_explore.explorer.session import edits, stepping, two_runs
from attn_explore.explorer.session.lesson_progress import Given
from attn_explore.explorer.session.matching import same_cell
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import headings, questions, word_view
from attn_explore.explorer.telling.edit_line import Editing
from attn_explore.explorer.telling.overview import Overview, overview
from attn_explore.explorer.telling.pictures import Side, pictures
from attn_explore.explorer.telling.uses import use_blocks
from attn_explore.explorer.telling.word_view import Attention
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.heading import Heading
from attn_explore.explorer.widgets.key_bar import Key, KeyBar
from attn_explore.explorer.widgets.number_input import NumberInput
from attn_explore.explorer.widgets.plot_panel import PlotPanel
from attn_explore.explorer.widgets.ranking import Ranking
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.timeline import Timeline, TrainingLine
from attn_explore.explorer.widgets.words_panel import WordsPanel
from attn_explore.model.explain import Index, is_choice, shapes
from attn_explore.model.lesson import Question
from attn_explore.model.ops import is_gradient
from attn_explore.model.plots import Plot, has_own_plot, plot_of
from attn_explore.model.profile import OVERVIEWS
from attn_explore.model.text import visible
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

_SIDES = {"beside": Side.beside, "difference": Side.difference}
"""Views of a lesson that show two runs."""


class Showing(Screen[None]):
    """The panels of the explorer. Everything that changes goes through the session and is shown by `refresh_value`."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 (an instance variable in Textual, not a ClassVar)
        (0, "-too-narrow"), (60, "-narrow"), (110, "-normal"), (160, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [(0, "-too-low"), (16, "-low"), (34, "-high")]  # noqa: RUF012

    _player: Timer | None = None
    """Goes on by itself while there is one."""
    _editing: Editing | None = None
    """The edit that is being typed."""
    _chose_cell = False
    """Whether the cursor was moved since the question was asked: Enter answers with a cell that was chosen."""
    _has_library = False
    """Whether the person came from the library, and goes back there."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._unfolded = False
        self._shows_uses = False
        self._side = Side.one
        self._by_word = False
        self._as_plot = False
        self._overview_name = ""
        self._overview: Overview | None = None
        self._matches: list[str] = []
        self._in_tree: Trace | None = None

    def compose(self) -> ComposeResult:
        """The panels; the sheet beside them decides which are shown at which size."""
        with Horizontal(id="body"):
            yield StepTree(id="tree")
            with Vertical(id="centre"):
                yield Heading(id="heading")
                with Horizontal(id="grids"):
                    yield TensorGrid(id="grid")
                    yield TensorGrid(id="other")
                yield Ranking(id="ranking")
                yield PlotPanel(id="plot-panel")
                yield ArithmeticPanel(id="arithmetic")
            yield WordsPanel(id="words")
        yield Static("", id="fault", markup=False)
        yield TrainingLine(id="training")
        yield Timeline(id="timeline")
        yield Input(placeholder="find a step, a word, a parameter or a text", id="find")
        yield Input(placeholder="go to a step or a cell, such as weights[dog, I]", id="go")
        yield NumberInput(placeholder="a number", id="given")
        yield KeyBar(id="keys")
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        """Show the first value."""
        self._take_view()
        self._build_tree()
        self.refresh_value()
        if said := headings.alarm(self.session):
            self.notify(said, title="Not every number is finite", severity="warning", timeout=15, markup=False)
        lesson = self.session.lesson
        if self.session.lesson.is_guided and lesson.place:
            said = f"You were at stop {lesson.place + 1} of {len(lesson.stops)}. Ctrl+R begins again."
            self.notify(said, title="The lesson goes on", markup=False)
        for note in self.session.notes:
            self.notify(visible(note), timeout=15, markup=False)

    def on_resize(self) -> None:
        """Say how much room is needed when there is too little."""
        width, height = self.size
        said = f"attn-explore needs 60 × 16 cells;\nthis terminal has {width} × {height}"
        self.query_one("#too-small", Static).update(said)

    # --- a value

    def refresh_value(self) -> None:
        """Show the value and the cell that the session looks at."""
        self._editing = None
        if self._player is None:
            self.query_one(Timeline).note = ""
        if self._in_tree is not self.session.run.trace:
            self._build_tree()  # it tells words that were chosen, and how far edits moved numbers
        value = self.session.place.value
        title, equation = headings.title(self.session, value, self._side), headings.equation(self.session, value)
        self.query_one(Heading).show(title, headings.shape(value), equation, shapes(value))
        self._show_numbers()
        self.query_one(WordsPanel).show(headings.sections(self.session, value))
        self.query_one(StepTree).mark(value.path)
        self.query_one(Timeline).show(*headings.place_in_run(self.session))
        self._show_training()
        self.set_class(self.session.lesson.is_guided, "-guided")
        self.query_one(StepTree).set_class(edits.is_edited(self.session), "-edited")
        self._ask()
        self._chose_cell = False
        self.refresh_cell(from_top=True)

    def _show_training(self) -> None:
        """The moments of the training, where there was one."""
        session, line = self.session, self.query_one(TrainingLine)
        self.set_class(session.moments is not None, "-trained")
        if session.moments is not None:
            pinned = session.other.run.moment if session.other is not None and session.is_pinned else None
            line.show(
                headings.trained(session.moments, session.run.moment),
                session.run.moment,
                session.moments.last + 1,
                pinned,
            )

    def _show_numbers(self) -> None:
        """A row of words to choose from as a ranked list, everything else as a grid, or two of them side by side."""
        value, index, asks = self.session.place.value, self.session.place.index, self.session.question is not None
        grid, other, ranking = (
            self.query_one("#grid", TensorGrid),
            self.query_one("#other", TensorGrid),
            self.query_one(Ranking),
        )
        self._show_plot()
        if self._attention is not None or self._is_plotted:
            grid.display = ranking.display = other.display = self.query_one("#grids").display = False
            return
        is_ranked = is_choice(value) and self._side is Side.one and not asks  # a ranking would tell
        drawn = [] if is_ranked else pictures(self.session, self._side)
        ranking.display, other.display = not drawn, len(drawn) > 1
        grid.display = self.query_one("#grids").display = bool(drawn)
        self.query_one(StepTree).set_class(other.display, "-beside")
        if not drawn:
            ranking.show(value, index)
        for panel, picture in zip((grid, other), drawn, strict=False):
            panel.show(value, index if panel is grid else self._index_beside(index), picture)

    def _show_plot(self) -> None:
        """The plot instead of the numbers, where it is wanted."""
        panel, value = self.query_one(PlotPanel), self.session.place.value
        panel.display = self._is_plotted
        self.set_class(panel.display, "-plotted")
        if panel.display:
            drawn = self._find_overview()
            draw = partial(plot_of, self.session.run.trace, value) if drawn is None else drawn.drawn
            shown = value if drawn is None else drawn.value
            panel.show(shown, self.session.place.index_in(shown), draw)

    def _find_overview(self) -> Overview | None:
        """The plot of all gradients together that is wanted instead of the row under the cursor."""
        trace, name = self.session.run.trace, self._overview_name if is_gradient(self.session.place.value) else ""
        known = self._overview
        if known is None or known.trace is not trace or known.name != name:
            self._overview = overview(trace, name) if name else None
        return self._overview

    def _plotted(self) -> Plot:
        """What is plotted now."""
        session, drawn = self.session, self._find_overview()
        if drawn is not None:
            return drawn.drawn(session.place.index_in(drawn.value))
        return plot_of(session.run.trace, session.place.value, session.place.index)

    @property
    def _is_plotted(self) -> bool:
        """Whether the numbers are shown as a plot now; not while a question hides them."""
        return self._as_plot and self.session.question is None and self._attention is None

    def _index_beside(self, index: Index) -> Index:
        """The same cell in the other run's grid; its first one where there is none."""
        value, other = self.session.place.value, two_runs.beside(self.session, self.session.place.value)
        found = same_cell(value, index, other) if other is not None else None
        return found or tuple(0 for _ in index)

    @property
    def _numbers(self) -> TensorGrid | Ranking | PlotPanel:
        """The panel that shows the numbers now."""
        if (plot := self.query_one(PlotPanel)).display:
            return plot
        ranking = self.query_one(Ranking)
        return ranking if ranking.display else self.query_one("#grid", TensorGrid)

    def _ask(self) -> None:
        """A line to type in, while a question wants a number."""
        question, given = self.session.question, self.query_one("#given", Input)
        given.display = question is not None and question.kind == "number"
        if given.display:
            given.value = ""
            self.set_focus(given)
        elif self.focused is given:
            self.set_focus(None)

    def _stop_playing(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None

    def _build_tree(self) -> None:
        self._in_tree = self.session.run.trace
        steps = [(step.path, headings.mark(self.session, step)) for step in self.session.place.steps]
        title, parameters = self.session.run.scenario.title, self.session.run.trace.parameters
        self.query_one(StepTree).show(title, steps, parameters, headings.chapters(self.session))
        paths = [*(path for path, _ in steps), *parameters]
        self.query_one("#go", Input).suggester = SuggestFromList(paths, case_sensitive=False)

    def _go_to(self, path: str) -> None:
        value = self.session.place.find(path)
        if value is not None:
            self.session.place.show(value)
            self.refresh_value()

    def _show_after(self, moved: bool) -> None:
        if moved:
            self.refresh_value()
        else:
            self.app.bell()

    def _take_view(self) -> None:
        """Look at a stop of the lesson as it says."""
        stop = self.session.stop if self.session.lesson.is_guided else None
        if stop is not None:
            self._by_word, self._as_plot, self._overview_name = stop.view == "word", stop.view == "plot", ""
            self._side = _SIDES.get(stop.view, Side.one)

    def _answer(self, given: Given) -> None:
        stepping.answer(self.session, given)
        self._build_tree()  # it tells the words that were chosen
        self.refresh_value()

    def action_leave(self) -> None:
        """Take the keyboard out of whatever has it."""
        if self._editing is not None:
            self._editing = None
            self.refresh_cell()
        self.query_one("#find").display = self.query_one("#go").display = False
        self.set_focus(None)

    # --- a cell

    def refresh_cell(self, from_top: bool = False) -> None:
        """Show the arithmetic of the cell under the cursor, and the keys that matter now.

        `from_top`: what is said of an answer is in view, as far down as the cell may stand.
        """
        value, index = self.session.place.value, self.session.place.index
        panel = self.query_one(ArithmeticPanel)
        panel.border_title = Content(self._cell_title())  # not a str: that would be markup
        if (attention := self._attention) is not None:
            is_told = from_top and bool(self._said_of_answer(self.size.width))
            panel.show(partial(self._write_word, attention), Link(value, index), from_top=is_told)
        elif self._shows_uses and self.session.question is None and self._editing is None:
            found = use_blocks(self.session.run.trace, value, index)
            panel.show(lambda _: found)
        else:
            panel.show(partial(self._write_cell, value, index), is_choice=self.session.question is not None)
        self.query_one(KeyBar).show(self._keys())

    def _cell_title(self) -> str:
        if self.session.question is not None:
            return "Question"
        if self._editing is not None:
            return f"What if {headings.name_at(self._editing.value, self._editing.index)} were different?"
        if (attention := self._attention) is not None:
            return word_view.title(attention, word_view.word_of(self.session, attention))
        return headings.way(self.session, self.size.width // 2)

    @property
    def _attention(self) -> Attention | None:
        """The block that is shown for one word now; not while a question hides its numbers."""
        is_shown = self._by_word and self.session.question is None and self._editing is None
        return word_view.attention_of(self.session.run.trace, self.session.place.value) if is_shown else None

    def _write_word(self, attention: Attention, _: bool) -> list[Block]:
        room = self.query_one(ArithmeticPanel).scrollable_content_region.width
        word = word_view.word_of(self.session, attention)
        return [*self._said_of_answer(room), *word_view.word_blocks(attention, word, room)]

    def _said_of_answer(self, room: int) -> list[Block]:
        return questions.answered(self.session, room) if self.session.lesson.is_guided and self.session.stop else []

    def _write_cell(self, value: Value, index: Index, terse: bool) -> list[Block]:
        """The question that waits; or the arithmetic, after what is said of the answer."""
        room = self.query_one(ArithmeticPanel).scrollable_content_region.width
        if self.session.question is not None:
            return questions.asked(self.session, room)
        if self._editing is not None:
            return self._editing.blocks(room)
        arithmetic = headings.cell_blocks(self.session, value, index, self._unfolded, terse)
        return [*self._said_of_answer(room), *arithmetic]

    # --- the keys that matter now

    def _keys(self) -> list[Key]:
        """The keys of the bar, the most useful first."""
        if self.session.question is not None:
            return self._keys_of_question(self.session.question)
        if self._editing is not None:
            return [
                Key("↑ ↓", "choose", "choose(1)"),
                Key("⏎", "run again from here", "follow"),
                Key("Esc", "back", "leave"),
            ]
        value = self.session.place.value
        paged = self.session.place.paged
        has_link = self.query_one(ArithmeticPanel).chosen is not None
        found = [
            Key("← →", "step", "step(1)"),
            Key("hjkl", "cell", "focus_on('grid')"),
            Key("< >", "training", "moment(1)") if self.session.moments else None,
            Key("[ ]", paged.name, "head(1)") if paged is not None and paged.size > 1 else None,
            Key("L", "all steps" if self.session.lesson.is_guided else "lesson", "lesson")
            if self.session.lesson.stops
            else None,
            Key("C", "next lesson", "next_lesson") if self._is_at_the_end() else None,
            Key("c", visible(self.session.other.label or "first run"), "compare") if self.session.other else None,
            Key("d", "side by side", "side") if self.session.other else None,
            Key("⏎", "follow", "follow") if has_link else None,
            Key("⏎", "go to this moment", "follow") if self._moment_here is not None else None,
            Key("⌫", "back", "back") if self.session.place.trail else None,
            Key("w", "matrices" if self._by_word else "word", "word") if self._is_attention() else None,
            Key("P", self._next_plot() or "numbers", "plot") if self._as_plot or self._has_plots(value) else None,
            Key("u", "came from" if self._shows_uses else "goes to", "uses"),
            Key("o", "close" if self.session.place.is_open(value) else "open", "open")
            if self.session.place.can_open()
            else None,
            Key("f", "fold" if self._unfolded else "unfold", "unfold") if self._has_folds() else None,
            Key("M", "unpin" if self.session.is_pinned else "pin", "pin") if self._can_pin() else None,
            Key("e", "edit", "edit") if not is_gradient(value) else None,
            Key("v", "number" if is_gradient(value) else "gradient", "gradient"),
            Key("^Z", "undo", "undo") if edits.is_edited(self.session) else None,
            Key("␣", "pause" if self._player else "play", "play"),
            Key("?", "keys", "help"),
            Key("q", "library" if self._has_library else "quit", "quit"),
            Key("i", "words", "panel('words')") if not self.query_one(WordsPanel).display else None,
            Key("x", "export", "export"),
            Key("/", "find", "find"),
            Key("n N", "match", "match(1)") if self._matches else None,
            Key("z", "zoom", "zoom"),
        ]
        return [key for key in found if key is not None]

    def _is_at_the_end(self) -> bool:
        """Whether the lesson is done and another one follows in the course."""
        lesson = self.session.lesson
        return lesson.is_guided and lesson.is_done and bool(headings.next_lesson(self.session))

    @staticmethod
    def _has_plots(value: Value) -> bool:
        return has_own_plot(value) or is_gradient(value)

    def _next_plot(self) -> str:
        """What P shows next: a plot, one of all gradients where one of them is looked at, or nothing: the numbers."""
        names = ["plot", *(OVERVIEWS if is_gradient(self.session.place.value) else ())]
        shown = self._overview_name if self._overview_name in names else "plot"
        here = names.index(shown) if self._as_plot else -1
        return names[here + 1] if here + 1 < len(names) else ""

    @staticmethod
    def _keys_of_question(question: Question) -> list[Key]:
        choosing = {"word": [Key("↑ ↓", "choose", "choose(1)")], "cell": [Key("hjkl", "cell", "focus_on('grid')")]}
        return [
            *choosing.get(question.kind, []),
            Key("⏎", "answer", "follow"),
            Key("H", "hint", "hint"),
            Key("→", "show the answer", "step(1)"),
            Key("←", "back", "step(-1)"),
            Key("L", "leave the lesson", "lesson"),
            Key("?", "keys", "help"),
        ]

    @property
    def _moment_here(self) -> int | None:
        """The moment under the cursor, on a curve of the training."""
        moments = self.session.moments
        return None if moments is None else moments.at(self.session.place.value, self.session.place.index)

    def _can_pin(self) -> bool:
        return self.session.is_pinned or (self.session.moments is not None and self.session.other is None)

    def _is_attention(self) -> bool:
        return word_view.attention_of(self.session.run.trace, self.session.place.value) is not None

    def _has_folds(self) -> bool:
        return self._unfolded or self.query_one(ArithmeticPanel).is_folded
