"""What is written to files: the trace, and the run with its edits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attn_explore.explorer.screens.at_home import files_of
from attn_explore.explorer.session import edits, saving
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.file_formats import format_of
from attn_explore.explorer.telling.headings import title_alone
from attn_explore.model.scenario import Scenario
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.drawing.order import Order
    from attn_explore.explorer.drawing.plots.figure import Figure
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
    from attn_explore.explorer.screens.file_dialog import Request, Write
    from attn_explore.explorer.telling.figures import Choice

WRITTEN_AS = (".json", ".npz", ".safetensors")
"""The formats of a trace."""


_ASKED_OF_PLOT = "File (.svg, .png or .pdf is the picture; .csv or .json the numbers, with every digit):"
_SOME_OF_IT = "name some steps, such as *.layers.0.* or weights; * is all of them"


def _export(session: Session, request: Request, told: Callable[[str], None]) -> Path:
    """Write the trace to a file. Raises Problem when that cannot be."""
    from attn_explore.model.traces.wanted import Wanted

    wanted = Wanted(request.steps)
    saving.check_size(session, request.path, format_of(request.path), wanted, _SOME_OF_IT)
    return saving.export(session, request.path, wanted, force=request.force, files=request.files, tell=told)


def _save(session: Session, request: Request, _: Callable[[str], None]) -> str:
    """Write the scenario to a file. Raises Problem when that cannot be."""
    written = saving.save(session, request.path, request.force, request.files)
    return "; ".join(filter(None, (str(written), saving.needs(session, request.path, request.files))))


def _save_picture(svg: str, request: Request, _: Callable[[str], None]) -> Path:
    """Write a picture of the screen to a file. Raises Problem when that cannot be."""
    from attn_explore.explorer.drawing.plots.formats import write_picture
    from attn_explore.explorer.drawing.screen_svg import standing_alone

    return write_picture(standing_alone(svg), request.path, force=request.force, files=request.files)


def _save_plot(session: Session, plot: Figure, request: Request, _: Callable[[str], None]) -> Path:
    """Write a plot that is looked at. Raises Problem when that cannot be."""
    return saving.save_plot(session, plot, request.path, request.force, request.files)


def _save_figure(session: Session, choice: Choice, order: Order, request: Request, _: Callable[[str], None]) -> Path:
    """Write a figure of the step that is looked at, sorted as it is. Raises Problem when that cannot be."""
    from attn_explore.explorer.telling.figures import figure_of
    from attn_explore.explorer.telling.sorted_figures import in_order

    figure = in_order(figure_of(session, kind=choice.kind, is_row=False, head=choice.head), order)
    return saving.save_plot(session, figure, request.path, request.force, request.files)


class FileKeys:
    """Asks where to, and writes."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._warned: Scenario | None = None
        """The scenario whose edits the person was told would be lost."""

    def may_leave(self) -> bool:
        """Whether nothing is lost by leaving; the first time that it is not, say how to keep it, and stay."""
        session = self.screen.state.session
        if not edits.is_unsaved(session) or self._warned is session.run.scenario:
            return True
        self._warned = session.run.scenario
        self.screen.refuse(
            "The edits are in no file: s saves them as a scenario; the key that leaves, pressed again, drops them."
        )
        return False

    def export(self) -> None:
        """Ask where to, and export the trace."""
        session = self.screen.state.session
        sizes = [f"{size} as {ending}" for ending in WRITTEN_AS if (size := saving.large_export(session, ending))]
        self._write(
            "Export the trace",
            "\n".join(["File (.json, .npz or .safetensors):", *sizes]),
            f"{Path(session.name).name}.json",
            partial(_export, session),
            asks_steps=bool(sizes) or session.run.scenario.checkpoint is not None,
        )

    def save(self) -> None:
        """Ask where to, and save the scenario with the edits in force."""
        session = self.screen.state.session
        runs = (session, session.other)
        told = next((each for each in runs if each is not None and each.run.scenario.compare), session)
        asked = "File (.yaml), a scenario that runs with the edits in force:"
        self._write(
            "Save as a scenario",
            asked,
            f"{Path(told.name).name}-edited.yaml",
            partial(_save, told),
        )

    def picture(self) -> None:
        """Ask where to, and save what is on the screen as a picture; a plot by itself, or its numbers."""
        if self.screen.state.is_plotted:
            self._save_plot()
            return
        self.screen.app.clear_notifications()
        self.screen.query("ToastRack").set(display=False)  # what was said does not belong into the picture
        self.screen.call_after_refresh(self._save_screen)

    def _save_screen(self) -> None:
        state = self.screen.state
        title = visible(state.session.run.scenario.title)
        drawn = self.screen.app.export_screenshot(title=title, simplify=True)
        name = f"{Path(state.session.name).name}-{state.value.name}.svg"
        self._write("Save the screen as a picture", "File (.svg or .png):", name, partial(_save_picture, drawn))

    def _save_plot(self) -> None:
        state = self.screen.state
        drawn = state.overview
        name = f"{Path(state.session.name).name}-{drawn.name if drawn else state.value.name}.svg"
        self._write("Save the plot", _ASKED_OF_PLOT, name, partial(_save_plot, state.session, state.plot))

    def figure(self) -> None:
        """Ask which figure of the step that is looked at, and where to."""
        session = self.screen.state.session
        if self.screen.hides_numbers():
            return
        from attn_explore.explorer.screens.figure_dialog import FigureScreen
        from attn_explore.explorer.telling.figures import choices
        from attn_explore.explorer.telling.sorted_figures import order_in_figures

        order = order_in_figures(session.place.value, self.screen.state.sortings)
        drawn = list(choices(session, *order.said[:1]))
        found = FigureScreen(title_alone(session.place.value), drawn)
        self.screen.app.push_screen(found, partial(self._ask_where, order))

    def _ask_where(self, order: Order, choice: Choice | None) -> None:
        if choice is None:
            return
        session = self.screen.state.session
        name = f"{Path(session.name).name}-{session.place.value.name}-{choice.kind}.svg"
        self._write(
            f"Write a figure: {choice.said}", _ASKED_OF_PLOT, name, partial(_save_figure, session, choice, order)
        )

    def _write(self, title: str, asked: str, proposed: str, write: Write, *, asks_steps: bool = False) -> None:
        from attn_explore.explorer.screens.file_dialog import ExportScreen

        dialog = ExportScreen(title, asked, visible(proposed), write, asks_steps=asks_steps)
        self.screen.app.push_screen(dialog, self._written)

    def _written(self, path: str | None) -> None:
        if path is not None:
            self.screen.say(files_of(self.screen).told(path))
