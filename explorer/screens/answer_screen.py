"""An answer over the explorer: a table with a cursor, whose cells lead into the run and whose numbers are curves."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from attn_explore.explorer.drawing.answer_table import Spot
from attn_explore.explorer.drawing.notations import checked
from attn_explore.explorer.drawing.numbers import shortened
from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.at_home import files_of, home_of
from attn_explore.explorer.screens.file_dialog import ExportScreen, Request
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.screens.text_dialog import TextScreen
from attn_explore.explorer.screens.working import AT_ONCE, Work, Working
from attn_explore.explorer.telling.answers.answer_curves import AnswerCurves
from attn_explore.explorer.telling.answers.answer_files import WRITTEN_AS
from attn_explore.explorer.telling.answers.answered import (
    Answered,
    cell_at,
    leads_to,
    table_of,
    told_of,
    write_answer,
)
from attn_explore.explorer.widgets.answer_panel import AnswerPanel
from attn_explore.explorer.widgets.gallery_panel import CaptionPanel
from attn_explore.explorer.widgets.key_bar import Key, KeyBar
from attn_explore.explorer.widgets.plot_panel import PlotPanel
from attn_explore.model.plots import Plot
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible

AROUND = 3
"""Lines of the screen for its title, the keys, and one between."""
HIGH = 30
"""Lines from which on more of them are for what is said."""
SAID, SAID_LOW = 8, 5
LEAST_CURVE = 16
"""Lines that are free, from which on a curve stands under what is said."""

NOWHERE = "This cell is of no single step: there is nowhere to go to."
NO_COMMAND = "No one command line brings these two runs back: x writes the answer to a file."
NO_OPTIONS = "This question is asked in one way."
ONE_RUN = "There is one run here, and so one answer."
NO_CURVE = "There are no numbers here to draw a curve of."


class Shown(StrEnum):
    """What is shown of an answer: the table, or the row or the column of the cursor as a curve."""

    table = "table"
    row = "row"
    column = "column"


class Then(StrEnum):
    """What an answer is left for: to go to a cell of it, to change that, or to ask the same of the other run."""

    follow = "follow"
    edit = "edit"
    compare = "compare"


class Left(NamedTuple):
    """The answer as it was when it was left for the run, where the cursor was, and what for."""

    answered: Answered
    spot: Spot
    then: Then


class AnswerScreen(Dialog[Left | None]):
    """Shows an answer. `run` names the run that it is of, where there are two, `note` what its command leaves out."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = keys.ANSWER_BINDINGS

    def __init__(self, answered: Answered, spot: Spot, file_name: str, run: str = "", note: str = "") -> None:
        super().__init__()
        self._run, self._note = run, note
        self._answered, self._file_name = answered, file_name
        self._answer = answered.answer
        self._spot = self._clipped(spot)
        self._table, self._curves = table_of(self._answer), AnswerCurves(self._answer)
        self._shown = Shown.table
        self._lines_said = 0
        self._work = Working(self, lambda _: None)  # each part that it makes says how far it is

    def compose(self) -> ComposeResult:
        """What the answer is of, the table or a curve of it, what is said, and the keys."""
        yield Static("", id="answer-title", markup=False)
        yield AnswerPanel(self._table, self._spot, id="answer-table")
        plot = PlotPanel(id="answer-plot")
        plot.can_focus = False  # the keys are the screen's, over the table and over a curve alike
        yield plot
        yield CaptionPanel()
        curve = PlotPanel(id="answer-curve")
        curve.can_focus = False
        yield curve
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the table, and go on making what it lacks."""
        self._go_on()
        self._show()

    def on_resize(self) -> None:
        """The table has the lines that it wants, as long as some are left for what is said."""
        width, height = self.app.size
        title = " · ".join(filter(None, (self._answer.title, self._run)))
        self.query_one("#answer-title", Static).update(shortened(title, max(1, width - 2)))
        said = SAID if height >= HIGH else SAID_LOW
        self.query_one(AnswerPanel).styles.height = max(1, min(self._table.lines, height - AROUND - said))
        plot = self.query_one("#answer-plot", PlotPanel)
        plot.styles.height = max(1, height - AROUND - said + 1)  # it begins with an empty line
        self._lines_said = 0
        self.call_after_refresh(self._show_curve)

    # --- making more of it

    def _go_on(self) -> None:
        """Make the next part of the answer, where it is not whole."""
        further = self._answered.further
        if further is not None:
            self._work.do(Work(self._answer.measure, further, self._take, self._refuse_problem, AT_ONCE))

    def _take(self, answered: Answered) -> None:
        self._answered, self._answer = answered, answered.answer
        self._table, self._curves = table_of(self._answer), AnswerCurves(self._answer)
        self._spot = self._clipped(self._spot)
        self.query_one(AnswerPanel).take(self._table, self._spot)
        self._go_on()
        self._show()

    def action_otherwise(self) -> None:
        """Ask the same with other options, which are typed."""
        if (otherwise := self._answered.otherwise) is None:
            self._refuse(NO_OPTIONS)
            return
        title = f"{self._answer.title} The {otherwise.name}"
        dialog = TextScreen(otherwise.asked, otherwise.make, title, "asks", otherwise.typed)
        self.app.push_screen(dialog, self._take_other)

    def _take_other(self, answered: Answered | None) -> None:
        if answered is not None:
            self._take(answered)
            self.on_resize()

    def _refuse_problem(self, problem: Problem) -> None:
        self._refuse(visible(problem.in_one_line))

    # --- showing

    def _show(self) -> None:
        plot = self._plot
        self.query_one(AnswerPanel).display = plot is None
        panel = self.query_one("#answer-plot", PlotPanel)
        panel.display = plot is not None
        if plot is None:
            self.query_one(AnswerPanel).show(self._spot)
        else:
            panel.show(None, (), lambda _: plot)
        self.query_one(CaptionPanel).show(self._said)
        self.query_one(KeyBar).show(self._keys)
        self.call_after_refresh(self._show_curve)

    def _show_curve(self) -> None:
        """Under what is said, where lines are free, the row of the cursor as a curve, or else its column.

        What is said keeps the lines that it once had, so that nothing moves with the cursor.
        """
        if not self.is_attached:
            return
        caption, panel = self.query_one(CaptionPanel), self.query_one("#answer-curve", PlotPanel)
        self._lines_said = max(self._lines_said, caption.lines_wanted + 1)
        free = self.app.size.height - AROUND - self._table.lines - self._lines_said
        drawn = (self._curve(Shown.row) or self._curve(Shown.column)) if self._shown is Shown.table else None
        panel.display = drawn is not None and free >= LEAST_CURVE
        caption.styles.height = self._lines_said if panel.display else "1fr"
        if drawn is not None and panel.display:
            panel.show(None, (), lambda _: drawn)

    @property
    def _plot(self) -> Plot | None:
        """The curve that is shown; None where the table is."""
        return self._curve(self._shown)

    def _curve(self, shown: Shown) -> Plot | None:
        if shown is Shown.table or not self._has_cells:
            return None
        return self._curves.row(self._spot) if shown is Shown.row else self._curves.column(self._spot)

    @property
    def _said(self) -> list[str]:
        """The cell under the cursor, and where it leads to; then what is said of all."""
        if not self._has_cells:
            return list(self._answer.said)
        at = leads_to(self._answer, self._spot)
        leads = f"   ⏎ {visible(at.path)}" if at is not None else ""
        making = [f"{self._answered.progress} · Esc stops"] if self._work.is_busy else []
        return [f"{told_of(self._answer, self._spot)}{leads}", *making, *self._answer.said]

    @property
    def _keys(self) -> list[Key]:
        is_table = self._shown is Shown.table
        goes = [Key("⏎", "go there", "follow")] if self._has_cells and leads_to(self._answer, self._spot) else []
        following = self._following
        return [
            Key("↑ ↓ ← →", "cell" if is_table else "along", "move(1,0)"),
            *goes,
            *([Key("P", following.value, "plot")] if following is not self._shown else []),
            *([Key("e", "edit", "edit")] if goes else []),
            *([Key("c", "other run", "compare")] if self._run else []),
            *([Key("s", otherwise.name, "otherwise")] if (otherwise := self._answered.otherwise) else []),
            Key("x", "export", "export"),
            Key("y", "copy", "copy"),
            Key("@", "command", "reopening"),
            Key("?", "keys", "help", is_kept=True),
            Key("Esc", "stop" if self._work.is_busy else "back", "leave", is_kept=True),
        ]

    @property
    def _has_cells(self) -> bool:
        return bool(self._answer.rows and self._answer.columns)

    # --- what keys do

    def _clipped(self, spot: Spot) -> Spot:
        """The cell, or the nearest that there is."""
        rows, columns = len(self._answer.rows), len(self._answer.columns)
        return Spot(max(0, min(rows - 1, spot.row)), max(0, min(columns - 1, spot.column)))

    def _go_to(self, spot: Spot) -> None:
        found = self._clipped(spot)
        if found == self._spot:
            self.app.bell()
        self._spot = found
        self._show()

    def action_move(self, down: int, right: int) -> None:
        """Go to another cell; along a curve, → goes along it and ↓ to another one."""
        if self._shown is Shown.column:
            down, right = right, down
        self._go_to(Spot(self._spot.row + down, self._spot.column + right))

    def action_page(self, count: int) -> None:
        """Go down by as many rows as are in sight, or up."""
        self.action_move(count * self.query_one(AnswerPanel).page, 0)

    def action_edge(self, row: int) -> None:
        """Go to the first row, or to the last."""
        self._go_to(Spot(row % max(1, len(self._answer.rows)), self._spot.column))

    def action_side(self, column: int) -> None:
        """Go to the first column, or to the last."""
        self._go_to(Spot(self._spot.row, column % max(1, len(self._answer.columns))))

    def action_scroll(self, lines: int) -> None:
        """Scroll what is said."""
        self.query_one(CaptionPanel).turn(lines)

    @property
    def _following(self) -> Shown:
        """What P shows next: a curve of the row or of the column where there are numbers, or the table."""
        order = list(Shown)
        further = order[order.index(self._shown) + 1 :]
        return next((each for each in further if self._curve(each) is not None), Shown.table)

    def action_plot(self) -> None:
        """The row of the cell as a curve, then its column, then the table."""
        following = self._following
        if following is self._shown:
            self._refuse(NO_CURVE)
            return
        self._shown = following
        self._show()

    def action_follow(self) -> None:
        """Go to the step that the cell is of."""
        self._leave_for(Then.follow)

    def action_edit(self) -> None:
        """Go to it, and ask what to change."""
        self._leave_for(Then.edit)

    def _leave_for(self, then: Then) -> None:
        if self._has_cells and leads_to(self._answer, self._spot) is not None:
            self.dismiss(Left(self._answered, self._spot, then))
        else:
            self._refuse(NOWHERE)

    def action_compare(self) -> None:
        """The answer of the other run to the same question."""
        if self._run:
            self.dismiss(Left(self._answered, self._spot, Then.compare))
        else:
            self._refuse(ONE_RUN)

    def action_leave(self) -> None:
        """Stop what is being made, and keep what there is; else show the table again, or go back."""
        if self._work.stop():
            self._show()
        elif self._shown is Shown.table:
            self.dismiss(None)
        else:
            self._shown = Shown.table
            self._show()

    def action_copy(self) -> None:
        """Copy the cell."""
        if self._has_cells:
            cell = cell_at(self._answer, self._spot)
            self._copy(cell.text if cell.number is None else repr(cell.number))

    def action_reopening(self) -> None:
        """Copy the command line that prints the same."""
        if self._answered.command:
            self._copy(self._answered.command, self._note)
        else:
            self._refuse(NO_COMMAND)

    def _copy(self, text: str, note: str = "") -> None:
        try:
            self.app.copy_to_clipboard(checked(text))
        except Problem as problem:
            self._refuse_problem(home_of(self).told(problem))
        else:
            self._say(visible(f"On the clipboard: {text}{f'  ({note})' if note else ''}"))

    def action_export(self) -> None:
        """Ask where to, and write the answer."""
        asked = f"File ({', '.join(WRITTEN_AS)}):"
        self.app.push_screen(ExportScreen("Export this answer", asked, self._file_name, self._write), self._written)

    def _write(self, request: Request, _: Callable[[str], None]) -> Path:
        return write_answer(self._answered, request.path, force=request.force, files=request.files)

    def _written(self, path: str | None) -> None:
        if path is not None:
            self._say(files_of(self).told(path))

    def _say(self, said: str) -> None:
        self.app.clear_notifications()
        self.notify(said, markup=False)

    def _refuse(self, said: str) -> None:
        self.app.bell()
        self._say(said)

    def action_help(self) -> None:
        """List the keys."""
        from attn_explore.explorer.screens.help import open_help

        open_help(self, keys.ANSWER_BINDINGS)

    # --- what panels say happened

    @on(AnswerPanel.Chosen)
    def clicked(self, event: AnswerPanel.Chosen) -> None:
        """A click puts the cursor there, a second one follows the cell."""
        if event.spot == self._spot:
            self.action_follow()
        else:
            self._go_to(event.spot)

    @on(AnswerPanel.Turned)
    def turned(self, event: AnswerPanel.Turned) -> None:
        """The wheel was turned."""
        self._go_to(Spot(self._spot.row + event.rows, self._spot.column))
