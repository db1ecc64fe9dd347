"""The panels of the explorer, and how the state is shown in them; in the centre, by `in_centre.py`.

Whatever changes is changed in the state, and shown by `show`, or by `show_cell` where it is the cell alone.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.layout import DockArrangeResult
from textual.widgets import Input, Static

from attn_explore.explorer.drawing.anchored import roomy
from attn_explore.explorer.drawing.blocks import Link, Piece
from attn_explore.explorer.screens.at_home import home_of
from attn_explore.explorer.screens.explorer import below
from attn_explore.explorer.screens.explorer.actions import Actions
from attn_explore.explorer.screens.explorer.filling import Filling
from attn_explore.explorer.screens.explorer.in_centre import InCentre
from attn_explore.explorer.screens.explorer.keys_now import Offers, keys_now
from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.screens.sized import take_size
from attn_explore.explorer.screens.styles import STYLES
from attn_explore.explorer.screens.working import Working
from attn_explore.explorer.telling import questions, sections, timelines, tree_text
from attn_explore.explorer.telling.pictures import Side
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.centre import Centre
from attn_explore.explorer.widgets.find_line import FindLine
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.number_input import NumberInput
from attn_explore.explorer.widgets.plot_panel import PlotPanel
from attn_explore.explorer.widgets.ranking import Ranking
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.timeline import Timeline, TrainingLine
from attn_explore.explorer.widgets.unscrolled import Column, Row, arranged
from attn_explore.explorer.widgets.words_panel import WordsPanel
from attn_explore.model.lesson import Question
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible
from attn_explore.model.trace import Trace

_VIEWS = {view.value: view for view in View}
"""Views of a lesson that show something else than numbers."""

SIDES = {"beside": Side.beside, "difference": Side.difference}
"""Views that show two runs, of a lesson and of a command line."""


class Panels(Actions):
    """Shows a state."""

    AUTO_FOCUS = ""
    CSS = STYLES
    SCOPED_CSS = False  # the dialogs over it are in the sheet too
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 (an instance variable in Textual, not a ClassVar)
        (0, "-too-narrow"), (60, "-narrow"), (110, "-normal"), (160, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [(0, "-too-low"), (16, "-low"), (34, "-high")]  # noqa: RUF012

    work: Working
    filling: Filling
    in_centre: InCentre
    centre: Centre
    column: Column
    tree_of_steps: StepTree
    words: WordsPanel
    timeline: Timeline
    trained: TrainingLine
    finding: FindLine
    going: FindLine
    given: NumberInput
    keys: KeyBar
    _in_tree: Trace | None = None
    _refused_at: tuple[str, Question | None] | None = None
    """What was looked at, and asked, when it was said why a key does nothing; None where that is not up any more."""

    def compose(self) -> ComposeResult:
        """The panels; the sheet beside them decides which are shown at which size."""
        take_size(self)
        self.tree_of_steps, self.centre, self.words = StepTree(id="tree"), Centre(id="centre"), WordsPanel(id="words")
        self.column = Column(self.tree_of_steps, id="side")
        self.trained, self.timeline, self.keys = TrainingLine(id="training"), Timeline(id="timeline"), KeyBar(id="keys")
        self.finding = FindLine(placeholder="find a step, a word, a parameter, a text or a key", id="find")
        self.going = FindLine(placeholder="go to a step or a cell by its name", id="go")
        self.given = NumberInput(placeholder="a number", id="given")
        self.finding.display = self.going.display = self.given.display = False
        with Row(id="body"):
            yield self.column
            yield self.centre
            yield self.words
        yield Static("", id="fault", markup=False)
        yield self.trained
        yield self.timeline
        yield self.keys
        yield Static("", id="too-small", markup=False)

    def arrange(self, size: Size, _optimal: bool = False) -> DockArrangeResult:
        """See `arranged`."""
        return arranged(self, size, super().arrange)

    def on_resize(self) -> None:
        """Say how much room is needed when there is too little."""
        width, height = self.size
        said = f"attn-explore needs 60 × 16 cells;\nthis terminal has {width} × {height}"
        self.query_one("#too-small", Static).update(said)

    # --- panels that keys move something in

    @property
    def grid(self) -> TensorGrid:
        """The grid of the run that is looked at."""
        return self.centre.grid

    @property
    def arithmetic(self) -> ArithmeticPanel:
        """What stands under the numbers."""
        return self.centre.arithmetic

    @property
    def numbers(self) -> TensorGrid | Ranking | PlotPanel:
        """The panel that shows the numbers now."""
        centre = self.centre
        return next((panel for panel in (centre.plot, centre.ranking) if panel.display), centre.grid)

    @property
    def is_typing(self) -> bool:
        """Whether it is typed what to find, or where to go."""
        return self.finding.display or self.going.display

    # --- saying something

    def say(self, said: str, timeout: float | None = None) -> None:
        """Say something over the keys, for a while; what was said before has been read, or is past."""
        self._unsay()
        self.notify(said, timeout=timeout, markup=False)

    def warn(self, said: str) -> None:
        """Say that something was not found, or is not so."""
        self._unsay()
        self.notify(said, severity="warning", markup=False)

    def refuse(self, said: str, shell_hint: str = "") -> None:
        """Say why a key does nothing here, until something else is looked at, or nothing is asked any more.

        The hint is for who has a command line and the files.
        """
        self.app.bell()
        self.say(" ".join(filter(None, (said, home_of(self).with_shell(shell_hint)))))
        self._refused_at = self._here

    @property
    def _here(self) -> tuple[str, Question | None]:
        return self.state.value.path, self.state.session.question

    def _unsay(self) -> None:
        self.app.clear_notifications()
        self._refused_at = None

    def tell_problem(self, problem: Problem) -> None:
        """Say what a person can mend."""
        self.app.bell()
        self.warn(visible(home_of(self).told(problem).in_one_line))

    def hides_numbers(self) -> bool:
        """Whether a question hides the numbers now, or there are none here; if so, that is said."""
        lost = self.state.value.elsewhere
        if self.state.session.question is not None:
            self.refuse("Answer first: the numbers are hidden until then.")
        elif lost is not None:
            self.refuse(visible(f"{lost.what}: {lost.hint}."))
        else:
            return False
        return True

    def asks_first(self) -> bool:
        """Whether a question waits, so that no other view is opened, which may tell the answer; if so, that is said."""
        is_asked = self.state.session.question is not None
        if is_asked:
            self.refuse("Answer first: another view could tell the answer. → shows it.")
        return is_asked

    def may_leave(self) -> bool:
        """Whether nothing is lost by leaving; if something is, that is said, once."""
        return self.groups.files.may_leave()

    def note(self, said: str) -> None:
        """Say something at the right end of the timeline."""
        self.timeline.note = said

    def show_fault(self, said: str) -> None:
        """Show what is wrong with a file that is watched, or nothing any more."""
        fault = self.query_one("#fault", Static)
        fault.update(said)
        fault.display = bool(said)

    def _show_progress(self, said: str) -> None:
        self.note(said or self.filling.progress)
        self.show_keys()

    def tell_of_filling(self, said: str) -> None:
        """Say how far a run has come that is computed behind the screen, unless there is something else to say."""
        if not self.work.is_busy:
            self.note(said)
            self.show_keys()

    # --- a value

    def show(self) -> None:
        """Show the value and the cell that are looked at. Whatever changed, this shows it."""
        state, session, value = self.state, self.state.session, self.state.value
        state.edit = None
        if self._refused_at not in (None, self._here):
            self._unsay()
        self.filling.begin()
        if self.filling.brings(value):
            self.mark_in_tree()
            return
        if not self.groups.player.is_playing:
            self.note(self.work.progress or self.filling.progress)
        if self._in_tree is not session.run.trace:
            self.show_tree()  # it tells words that were chosen, and how far edits changed numbers
        self.in_centre.show()
        self.words.show(sections.sections(session, value, self.state.onward))
        self.tree_of_steps.mark(value.path)
        self.groups.map.show()
        self.timeline.show(*timelines.place_in_run(session))
        self._show_training()
        self.set_class(session.lesson.is_guided, "-guided")
        self._ask()
        state.has_chosen = False
        self.show_cell()
        self.groups.lessons.keep_place()

    def share_lines(self) -> None:
        """Share the lines between the grid and what stands under it."""
        self.centre.share()

    def show_after(self, has_changed: bool) -> None:
        """Show what a key led to; where it led to nothing, a bell."""
        if has_changed:
            self.show()
        else:
            self.app.bell()

    def go_to(self, path: str) -> None:
        """Look at a step or parameter."""
        value = self.state.session.place.find(path)
        if value is not None:
            self.state.session.place.show(value)
            self.show()

    def look_as_told(self) -> None:
        """Look at a stop of the lesson as it says."""
        session = self.state.session
        stop = session.stop if session.lesson.is_guided else None
        if stop is not None:
            self.state.look(_VIEWS.get(stop.view, View.numbers), SIDES.get(stop.view, Side.one))
            for grid in (self.centre.grid, self.centre.other):
                grid.zoomed_out = stop.view == "heat"

    def show_tree(self) -> None:
        """Build the tree of steps again, or what stands beside them."""
        session = self.state.session
        trace, self._in_tree = session.run.trace, session.run.trace
        steps = {step.path: step for step in session.place.steps}
        title, chapters = session.run.scenario.title, tree_text.chapters(session)
        self.tree_of_steps.show(
            title, [*steps], lambda path: tree_text.beside_step(session, steps[path]), trace.parameters, chapters
        )

    def show_more(self) -> None:
        """Show that the run has more steps; what is looked at stays as it is."""
        self.show_tree()
        self.mark_in_tree()
        self.groups.map.show()
        self.timeline.show(*timelines.place_in_run(self.state.session))

    def mark_in_tree(self) -> None:
        """Mark what is looked at, or is being computed to be looked at."""
        self.tree_of_steps.mark(self.state.value.path)

    def _show_training(self) -> None:
        """The moments of the training, where there was one."""
        session, line = self.state.session, self.trained
        self.set_class(session.moments is not None, "-trained")
        if session.moments is not None:
            pinned = session.other.run.moment if session.other is not None and session.is_pinned else None
            trained = timelines.trained(session.moments, session.run.moment)
            line.show(trained, session.run.moment, session.moments.last + 1, pinned)

    def _ask(self) -> None:
        """A line to type in, while a question wants a number."""
        question, given = self.state.session.question, self.given
        given.display = question is not None and question.kind == "number"
        if given.display:
            given.value = ""
            self.type_into(given)
        elif self.focused is given:
            self.set_focus(None)

    def type_into(self, box: Input) -> None:
        """Show a line to type in, over the keys. None is put up before it is wanted: each takes 2 ms of a start."""
        if not box.is_attached:
            self.mount(box, before=self.keys)
        box.display = True
        self.set_focus(box)  # at once: what is typed next belongs to it

    # --- a cell

    def show_title(self) -> None:
        """Show the title of what stands under the numbers, in the room that it has."""
        panel = self.arithmetic
        said = below.title(self.state, self.size.width // 2, panel.size.width)
        panel.put_title(Content(roomy(said)))  # not a str: that is markup

    def show_cell(self) -> None:
        """Show what stands under the numbers for the cell under the cursor, and the keys that matter now."""
        state, panel = self.state, self.arithmetic
        self.in_centre.turn_to_words_or_numbers()
        self.show_title()
        chosen = Link(state.value, state.index) if state.attention is not None else None
        if self._lists_uses:
            found = self.groups.uses.blocks()
            panel.show(lambda _: found)
        else:
            panel.show(
                lambda manner: below.blocks(state, manner),
                chosen,
                is_choice=state.session.question is not None,
                head=lambda: below.head(state, *panel.scrollable_content_region.size),
                under=self._text_under,
            )
        self.show_keys()  # before what lays out anew: the keys are in the frame of the rest then
        was_folded = panel.is_folded
        self.in_centre.show_cell()
        if panel.is_folded is not was_folded:  # there was room for more terms of a sum, or for fewer
            self.show_keys()
        self.show_sheet()

    def show_sheet(self) -> None:
        """Show the sheet of the head that is looked at where many lines are free, and no longer where they are not."""
        if self.centre.lines_left or self.groups.has("sheet"):
            self.groups.sheet.show()

    def _text_under(self) -> Piece:
        """What is said under the arithmetic, as far as there is room.

        What helps with a question, which the keys say too; or why the step exists, where no panel says it.
        """
        state = self.state
        if state.session.question is not None:
            return Piece(questions.helps(state.session), "note")
        is_busy = state.edit is not None or state.attention is not None or self.words.display
        return Piece("" if is_busy else sections.explanation(state.session, state.value), "name")

    @property
    def _lists_uses(self) -> bool:
        """Whether it is shown where the number goes, and not where it came from."""
        state = self.state
        return state.shows_uses and state.session.question is None and state.edit is None and state.attention is None

    def show_keys(self) -> None:
        """Show the keys that matter now."""
        panel = self.arithmetic
        offers = Offers(
            has_link=panel.chosen is not None,
            has_folds=panel.is_folded,
            hides_words=not self.words.display,
            is_playing=self.groups.player.is_playing,
            is_busy=self.work.is_busy or self.filling.is_busy,
            is_typing=self.is_typing,
            is_heat_map=self.grid.display and self.grid.zoomed_out,
        )
        self.keys.show(keys_now(self.state, offers))
