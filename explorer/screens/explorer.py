"""The explorer: the model's steps as a tree, one tensor as a grid, the arithmetic of one cell, and the words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static

from explorer import questions, speech, word_view
from explorer.arithmetic import Block, Link
from explorer.comparing import same_cell
from explorer.destinations import use_blocks
from explorer.learned import keep
from explorer.lesson import Given
from explorer.pictures import Side, pictures
from explorer.screens import keys
from explorer.session import Session
from explorer.widgets.arithmetic_panel import ArithmeticPanel
from explorer.widgets.heading import Heading
from explorer.widgets.key_bar import Key, KeyBar
from explorer.widgets.ranking import Ranking
from explorer.widgets.step_tree import StepTree
from explorer.widgets.tensor_grid import TensorGrid
from explorer.widgets.timeline import Timeline
from explorer.widgets.words_panel import WordsPanel
from explorer.word_view import Attention
from model.explain import Index, is_choice, shapes
from model.text import visible
from model.values import Value

REST = 0.5
"""Seconds after which a place in a lesson is written down."""

_SIDES = {"beside": Side.beside, "difference": Side.difference}
"""Views of a lesson that show two runs."""

_MOVES = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Steps a second, when playing."""


class ExplorerScreen(Screen[None]):
    """Steps through a session. Everything that changes goes through the session and is shown by `refresh_value`."""

    BINDINGS: ClassVar[list[BindingType]] = keys.BINDINGS

    AUTO_FOCUS = ""
    CSS_PATH = "../explorer.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 (an instance variable in Textual, not a ClassVar)
        (0, "-too-narrow"), (60, "-narrow"), (110, "-normal"), (160, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [(0, "-too-low"), (16, "-low"), (34, "-high")]  # noqa: RUF012

    def __init__(self, session: Session, has_library: bool = False) -> None:
        super().__init__()
        self.session = session
        self._has_library = has_library
        self._unfolded = False
        self._shows_uses = False
        self._side = Side.one
        self._by_word = False
        self._matches: list[str] = []
        self._player: Timer | None = None
        self._keeper: Timer | None = None
        self._speed = SPEEDS.index(1.0)

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
                yield ArithmeticPanel(id="arithmetic")
            yield WordsPanel(id="words")
        yield Timeline(id="timeline")
        yield Input(placeholder="find a step, a word or a parameter", id="find")
        yield Input(placeholder="a number", id="given")
        yield KeyBar(id="keys")
        yield Static("", id="too-small", markup=False)

    def on_mount(self) -> None:
        """Show the first value."""
        self._take_view()
        self._build_tree()
        self.refresh_value()
        if said := speech.alarm(self.session):
            self.notify(said, title="Not every number is finite", severity="warning", timeout=15, markup=False)
        lesson = self.session.lesson
        if self.session.is_guided and lesson.place:
            said = f"You were at stop {lesson.place + 1} of {len(lesson.stops)}. Ctrl+R begins again."
            self.notify(said, title="The lesson goes on", markup=False)
        for note in self.session.notes:
            self.notify(visible(note), timeout=15, markup=False)

    def on_resize(self) -> None:
        """Say how much room is needed when there is too little."""
        width, height = self.size
        said = f"attn-explore needs 60 × 16 cells;\nthis terminal has {width} × {height}"
        self.query_one("#too-small", Static).update(said)

    # --- showing

    def refresh_value(self) -> None:
        """Show the value and the cell that the session looks at."""
        value = self.session.value
        title, equation = speech.title(self.session, value, self._side), speech.equation(self.session, value)
        self.query_one(Heading).show(title, speech.shape(value), equation, shapes(value))
        self._show_numbers()
        self.query_one(WordsPanel).show(speech.sections(self.session, value))
        self.query_one(StepTree).mark(value.path)
        self.query_one(Timeline).show(*speech.place_in_run(self.session))
        self.set_class(self.session.is_guided, "-guided")
        self._ask()
        self._keep_place()
        self.refresh_cell()

    def _keep_place(self) -> None:
        """Write down how far the lesson was followed, when the person has rested for a moment."""
        if self.session.is_guided:
            if self._keeper is not None:
                self._keeper.stop()
            self._keeper = self.set_timer(REST, partial(keep, self.session))

    def on_unmount(self) -> None:
        """Write down how far the lesson was followed."""
        if self.session.is_guided:
            keep(self.session)

    def _ask(self) -> None:
        """A line to type in, while a question wants a number."""
        question, given = self.session.question, self.query_one("#given", Input)
        given.display = question is not None and question.kind == "number"
        if given.display:
            given.value = ""
            self.set_focus(given)
        elif self.focused is given:
            self.set_focus(None)

    def _show_numbers(self) -> None:
        """A row of words to choose from as a ranked list, everything else as a grid, or two of them side by side."""
        value, index, asks = self.session.value, self.session.index, self.session.question is not None
        grid, other, ranking = (
            self.query_one("#grid", TensorGrid),
            self.query_one("#other", TensorGrid),
            self.query_one(Ranking),
        )
        if self._attention is not None:
            grid.display = ranking.display = other.display = self.query_one("#grids").display = False
            return
        is_ranked = is_choice(value) and self._side is Side.one and not asks  # a ranking would tell
        drawn = [] if is_ranked else pictures(self.session, self._side)
        ranking.display, other.display = not drawn, len(drawn) > 1
        grid.display = self.query_one("#grids").display = bool(drawn)
        if not drawn:
            ranking.show(value, index)
        for panel, picture in zip((grid, other), drawn, strict=False):
            panel.show(value, index if panel is grid else self._index_beside(index), picture)

    def _index_beside(self, index: Index) -> Index:
        """The same cell in the other run's grid; its first one where there is none."""
        value, other = self.session.value, self.session.beside(self.session.value)
        found = same_cell(value, index, other) if other is not None else None
        return found or tuple(0 for _ in index)

    @property
    def _numbers(self) -> TensorGrid | Ranking:
        """The panel that shows the numbers now."""
        ranking = self.query_one(Ranking)
        return ranking if ranking.display else self.query_one("#grid", TensorGrid)

    def refresh_cell(self) -> None:
        """Show the arithmetic of the cell under the cursor, and the keys that matter now."""
        value, index = self.session.value, self.session.index
        panel = self.query_one(ArithmeticPanel)
        panel.border_title = Content(self._cell_title())  # not a str: that would be markup
        if (attention := self._attention) is not None:
            panel.show(partial(self._write_word, attention), Link(value, index))
        elif self._shows_uses and self.session.question is None:
            found = use_blocks(self.session.trace, value, index)
            panel.show(lambda _: found)
        else:
            panel.show(partial(self._write_cell, value, index))
        self.query_one(KeyBar).show(self._keys())

    def _cell_title(self) -> str:
        if self.session.question is not None:
            return "Question"
        if (attention := self._attention) is not None:
            return word_view.title(attention, word_view.word_of(self.session, attention))
        return speech.way(self.session, self.size.width // 2)

    @property
    def _attention(self) -> Attention | None:
        """The block that is shown for one word now; not while a question hides its numbers."""
        is_shown = self._by_word and self.session.question is None
        return word_view.attention_of(self.session.trace, self.session.value) if is_shown else None

    def _write_word(self, attention: Attention, _: bool) -> list[Block]:
        room = self.query_one(ArithmeticPanel).scrollable_content_region.width
        word = word_view.word_of(self.session, attention)
        return [*self._said_of_answer(room), *word_view.word_blocks(attention, word, room)]

    def _said_of_answer(self, room: int) -> list[Block]:
        return questions.answered(self.session, room) if self.session.is_guided and self.session.stop else []

    def _write_cell(self, value: Value, index: Index, terse: bool) -> list[Block]:
        """The question that waits; or the arithmetic, after what is said of the answer."""
        room = self.query_one(ArithmeticPanel).scrollable_content_region.width
        if self.session.question is not None:
            return questions.asked(self.session.question, room)
        arithmetic = speech.cell_blocks(self.session, value, index, self._unfolded, terse)
        return [*self._said_of_answer(room), *arithmetic]

    def _build_tree(self) -> None:
        steps = [(step.path, speech.mark(self.session, step)) for step in self.session.steps]
        title, parameters = self.session.scenario.title, self.session.trace.parameters
        self.query_one(StepTree).show(title, steps, parameters, speech.chapters(self.session))

    def _keys(self) -> list[Key]:
        """The keys of the bar, the most useful first."""
        if self.session.question is not None:
            return self._keys_of_question()
        value = self.session.value
        heads = value.names[:1] == ("head",) and value.shape[0] > 1
        has_link = self.query_one(ArithmeticPanel).chosen is not None
        found = [
            Key("← →", "step", "step(1)"),
            Key("hjkl", "cell", "focus_on('grid')"),
            Key("[ ]", "head", "head(1)") if heads else None,
            Key("L", "all steps" if self.session.is_guided else "lesson", "lesson")
            if self.session.lesson.stops
            else None,
            Key("c", visible(self.session.other.label or "first run"), "compare") if self.session.other else None,
            Key("d", "side by side", "side") if self.session.other else None,
            Key("⏎", "follow", "follow") if has_link else None,
            Key("⌫", "back", "back") if self.session.trail else None,
            Key("w", "matrices" if self._by_word else "word", "word") if self._is_attention() else None,
            Key("u", "came from" if self._shows_uses else "goes to", "uses"),
            Key("o", "close" if self.session.is_open(value) else "open", "open") if self.session.can_open() else None,
            Key("f", "fold" if self._unfolded else "unfold", "unfold") if self._has_folds() else None,
            Key("e", "edit", "edit"),
            Key("^Z", "undo", "undo") if self.session.scenario.edits else None,
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

    @staticmethod
    def _keys_of_question() -> list[Key]:
        return [
            Key("↑ ↓", "choose", "choose(1)"),
            Key("⏎", "answer", "follow"),
            Key("→", "show the answer", "step(1)"),
            Key("←", "back", "step(-1)"),
            Key("L", "leave the lesson", "lesson"),
            Key("?", "keys", "help"),
        ]

    def _is_attention(self) -> bool:
        return word_view.attention_of(self.session.trace, self.session.value) is not None

    def _has_folds(self) -> bool:
        return self._unfolded or self.query_one(ArithmeticPanel).is_folded

    # --- steps

    def action_step(self, count: int) -> None:
        """Go on or back; a lesson is followed in the run that it is told of."""
        if self.session.other is not None and self.session.other.is_guided:
            self.session = self.session.other
            self._build_tree()
        is_at_end = self.session.is_guided and count == 1 and self.session.lesson.is_done
        if is_at_end and self.session.stop is not None:
            self.notify("That was the lesson. L steps through everything.", markup=False)
        moved = self.session.step_by(count)
        self._take_view()
        self._show_after(moved)

    def _take_view(self) -> None:
        """Look at a stop of the lesson as it says."""
        stop = self.session.stop if self.session.is_guided else None
        if stop is not None:
            self._by_word = stop.view == "word"
            self._side = _SIDES.get(stop.view, Side.one)

    def action_layer(self, count: int) -> None:
        """Go to the same step of another layer."""
        self._show_after(self.session.layer_by(count))

    def action_open(self) -> None:
        """Open the finer steps of this step, or close them."""
        if self.session.toggle():
            self._build_tree()
            self.refresh_value()
        else:
            self.app.bell()

    def action_play(self) -> None:
        """Go on by itself, a step at a time, until the end."""
        if self._player is None:
            self._player = self.set_interval(1 / SPEEDS[self._speed], self._play)
        else:
            self._stop()
        self._show_player()

    def action_speed(self, change: int) -> None:
        """Play faster or slower."""
        self._speed = max(0, min(len(SPEEDS) - 1, self._speed + change))
        if self._player is not None:
            self._player.stop()
            self._player = self.set_interval(1 / SPEEDS[self._speed], self._play)
        self._show_player()

    def _play(self) -> None:
        if self.session.step_by(1):
            self.refresh_value()
        else:
            self._stop()
            self._show_player()

    def _stop(self) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None

    def _show_player(self) -> None:
        state = "▶" if self._player else "‖"
        self.query_one(Timeline).note = f"{state} {SPEEDS[self._speed]:g} steps/s"
        self.query_one(KeyBar).show(self._keys())

    def _show_after(self, moved: bool) -> None:
        if moved:
            self.refresh_value()
        else:
            self.app.bell()

    # --- the cell

    def action_move(self, direction: str) -> None:
        """Move the cursor by one cell; in the word view, to another word that asks or is asked."""
        queries, keys = _MOVES[direction]
        if not self._ask_about(queries, keys):
            self._numbers.move(direction)

    def _ask_about(self, queries: int, keys: int) -> bool:
        """Go to another word of the word view; False where it is not shown."""
        attention = self._attention
        if attention is None:
            return False
        word = word_view.moved(attention, word_view.word_of(self.session, attention), queries, keys)
        word_view.ask(self.session, attention, word)
        self.refresh_cell()
        return True

    def action_word(self) -> None:
        """Attention for one word at a time, or as matrices."""
        session = self.session
        attention = word_view.attention_of(session.trace, session.value)
        if attention is None:
            self.app.bell()
            said = "The word view shows attention: the steps from queries to weighted values."
            self.notify(said, markup=False)
            return
        self._by_word = not self._by_word
        word_view.ask(session, attention, word_view.word_of(session, attention))
        self.refresh_value()

    def action_head(self, count: int) -> None:
        """Look at another head."""
        moved = self.session.head_by(count)
        if moved:
            self._ask_about(0, 0)  # in all steps of the word view
        self._show_after(moved)

    def action_choose(self, count: int) -> None:
        """Mark another number of the arithmetic; in the word view, go to another word."""
        if not self._ask_about(count, 0):
            self.query_one(ArithmeticPanel).choose(count)

    def action_follow(self) -> None:
        """Go to where the marked number was computed, or answer the question that waits."""
        link, question = self.query_one(ArithmeticPanel).chosen, self.session.question
        if question is not None and question.kind == "cell":
            self._answer(self.session.index)
        elif self._attention is not None:
            self.action_word()  # the cell is where it was: its arithmetic follows
        elif link is None:
            self.app.bell()
        else:
            self._follow(link)

    def action_back(self) -> None:
        """Return to where the last number was followed from."""
        self._show_after(self.session.back())

    def action_forward(self) -> None:
        """Go again to where the way back began."""
        self._show_after(self.session.forward())

    def action_uses(self) -> None:
        """Where the number goes instead of where it came from, or the other way round."""
        self._shows_uses = not self._shows_uses
        self.refresh_cell()

    def action_unfold(self) -> None:
        """Show every term of long sums, or the largest only."""
        self._unfolded = not self._unfolded
        self.refresh_cell()

    def action_copy(self) -> None:
        """Copy the arithmetic of the cell as text."""
        self.app.copy_to_clipboard("\n".join(self.query_one(ArithmeticPanel).text()))
        self.notify("The arithmetic is on the clipboard.", markup=False)

    def _follow(self, link: Link) -> None:
        if self.session.question is not None:
            self._answer(link.index)
            return
        if self._attention is not None:
            self.session.show(self.session.find(link.value.path) or link.value, link.index)
            self._ask_about(0, 0)
            self.refresh_value()
            return
        self.session.follow(link.value, link.index)
        self.refresh_value()

    # --- the lesson

    def action_lesson(self) -> None:
        """Be guided from stop to stop, or step through everything."""
        session = self.session
        if not session.lesson.stops:
            self.app.bell()
            self.notify("This scenario has no lesson: `lesson:` in its file adds one.", markup=False)
            return
        if session.is_guided:
            session.leave_lesson()
        else:
            session.follow_lesson()
            self._take_view()
        self.refresh_value()

    def action_restart(self) -> None:
        """Begin the lesson again, and forget the answers."""
        if self.session.lesson.stops:
            self.session.lesson.restart()
            self.session.follow_lesson()
            self._take_view()
            self.refresh_value()
        else:
            self.action_lesson()

    def _answer(self, given: Given) -> None:
        self.session.answer(given)
        self.refresh_value()

    @on(Input.Submitted, "#given")
    def number_given(self, event: Input.Submitted) -> None:
        """A number was typed as an answer."""
        event.stop()
        try:
            self._answer(float(event.value.strip().replace("−", "-").replace(",", ".")))
        except ValueError:
            self.notify(f"“{visible(event.value)}” is no number: try 0.25", severity="warning", markup=False)

    # --- what-if edits

    def action_edit(self) -> None:
        """Ask what to change around the cell, and run again from there."""
        value = self.session.value
        if value.path in self.session.trace.steps or value.path in self.session.trace.parameters:
            from explorer.screens.edit import EditScreen

            self.app.push_screen(EditScreen(self.session), self._edited)
        else:
            self.app.bell()
            self.notify("Steps and parameters can be edited; this is inside a step.", markup=False)

    def action_undo(self) -> None:
        """Take back the last edit."""
        self._edited(self.session.undo())

    def action_redo(self) -> None:
        """Make the edit again that was taken back."""
        self._edited(self.session.redo())

    def action_drop_edits(self) -> None:
        """Take back every edit."""
        self._edited(self.session.drop_edits())

    def _edited(self, is_changed: bool | None) -> None:
        if is_changed:
            self._build_tree()
            self.refresh_value()
        elif is_changed is False and self.app.screen is self:
            self.app.bell()

    # --- what is shown

    def action_panel(self, name: str) -> None:
        """Show a side panel, or hide it, whatever the size of the terminal says."""
        panel = self.query_one(f"#{name}")
        panel.display = not panel.display
        self.set_class(panel.display, f"-with-{name}")

    def action_heads(self) -> None:
        """All heads side by side where they fit, or one."""
        grid = self.query_one("#grid", TensorGrid)
        grid.all_planes = not grid.all_planes

    def action_zoom(self) -> None:
        """The whole tensor in the space there is, or its numbers."""
        grid = self.query_one("#grid", TensorGrid)
        grid.zoomed_out = not grid.zoomed_out

    def action_focus_on(self, name: str) -> None:
        """Put the keyboard into the grid or the tree."""
        panel = self._numbers if name == "grid" else self.query_one(f"#{name}")
        if not panel.display:
            self.action_panel(name)
        self.set_focus(panel)

    def action_leave(self) -> None:
        """Take the keyboard out of whatever has it."""
        self.query_one("#find").display = False
        self.set_focus(None)

    # --- finding

    def action_find(self) -> None:
        """Ask what to find."""
        box = self.query_one("#find", Input)
        box.display = True
        self.set_focus(box)  # at once: what is typed next belongs to it

    @on(Input.Submitted, "#find")
    def find(self, event: Input.Submitted) -> None:
        """Go to the first match."""
        event.stop()
        self.action_leave()
        self._matches = self.session.matches(event.value)
        if self._matches:
            self._show_match(0)
        else:
            self.notify(f"Nothing here matches “{visible(event.value)}”.", severity="warning", markup=False)

    def action_match(self, count: int) -> None:
        """Go to the next match, or the previous one."""
        if not self._matches:
            self.app.bell()
            return
        here = self.session.value.path
        place = self._matches.index(here) + count if here in self._matches else min(count, 0)
        self._show_match(place % len(self._matches))

    def _show_match(self, place: int) -> None:
        self._go_to(self._matches[place])
        self.query_one(Timeline).note = f"match {place + 1} of {len(self._matches)}"

    def _go_to(self, path: str) -> None:
        value = self.session.find(path)
        if value is not None:
            self.session.show(value)
            self.refresh_value()

    # --- other

    def action_quit(self) -> None:
        """Go back to the library, where the person came from there, or end."""
        if self._has_library:
            keep(self.session)  # before the library looks
            self.dismiss()
        else:
            self.app.exit()

    def action_compare(self) -> None:
        """Look at the same cell in the other run, and back again."""
        other = self.session.other
        if other is None:
            self.app.bell()
            self.notify("This scenario has one run: `compare:` in its file adds a second.", markup=False)
            return
        has_step = other.meet(self.session)
        self.session = other
        self._build_tree()
        self.refresh_value()
        if not has_step:
            self.notify("Only the other run has that step.", severity="warning", markup=False)

    def action_side(self) -> None:
        """The two runs side by side, their difference, or one of them."""
        if self.session.other is None:
            self.action_compare()
            return
        sides = list(Side)
        self._side = sides[(sides.index(self._side) + 1) % len(sides)]
        self.refresh_value()

    def action_part(self) -> None:
        """Go to the first step at which the two runs part."""
        if self.session.other is None:
            self.action_compare()
        elif (step := self.session.parting()) is None:
            self.notify("The two runs are the same throughout.", markup=False)
        else:
            self._go_to(step.path)

    def action_help(self) -> None:
        """List the keys."""
        from explorer.screens.help import HelpScreen, grouped

        self.app.push_screen(HelpScreen(grouped(keys.all_bindings(), getattr(self.app, "keys", {}))))

    def action_export(self) -> None:
        """Ask where to, and export the trace."""
        session = self.session
        self._write(
            "Export the trace",
            "File (.json, .npz or .safetensors):",
            f"{session.name}.json",
            lambda path, force: session.export(path, force=force),
        )

    def action_save(self) -> None:
        """Ask where to, and save the scenario with the edits in force."""
        asked = "File (.yaml), a scenario that runs with the edits in force:"
        self._write("Save as a scenario", asked, f"{self.session.name}-edited.yaml", self.session.save)

    def _write(self, title: str, asked: str, proposed: str, write: Callable[[Path, bool], Path]) -> None:
        from explorer.screens.export import ExportScreen

        self.app.push_screen(ExportScreen(title, asked, proposed, write), self._written)

    def _written(self, path: str | None) -> None:
        if path is not None:
            self.notify(f"Written to {path}", markup=False)

    # --- messages of the panels

    @on(TensorGrid.CellChosen)
    def cell_chosen(self, event: TensorGrid.CellChosen) -> None:
        """Another cell: the grid and the arithmetic change in one frame."""
        if event.value is not self.session.value:
            return  # a step came in between
        self.session.move_to(event.index)
        self._numbers.show_cell(event.index)
        if (other := self.query_one("#other", TensorGrid)).display:
            other.show_cell(self._index_beside(event.index))
        self.refresh_cell()

    @on(ArithmeticPanel.Follow)
    def number_clicked(self, event: ArithmeticPanel.Follow) -> None:
        """A number of the arithmetic was clicked."""
        self._follow(event.link)

    @on(StepTree.Chosen)
    def step_chosen(self, event: StepTree.Chosen) -> None:
        """A step of the tree was chosen."""
        self._go_to(event.path)

    @on(Timeline.Chosen)
    def place_chosen(self, event: Timeline.Chosen) -> None:
        """A place of the timeline was clicked."""
        here = self.query_one(Timeline).position
        self._show_after(self.session.step_by(event.position - here))

    @on(KeyBar.Pressed)
    async def key_pressed(self, event: KeyBar.Pressed) -> None:
        """A key of the bar was clicked."""
        await self.run_action(event.action)
