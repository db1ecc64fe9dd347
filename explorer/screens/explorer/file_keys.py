"""What is written to files: the trace, and the run with its edits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.session import saving
from attn_explore.model.text import visible

WRITTEN_AS = (".json", ".npz", ".safetensors")
"""The formats of a trace."""


def _save(svg: str, target: Path, force: bool) -> Path:
    """Write a picture of the screen to a file. Raises Problem when that cannot be."""
    from attn_explore.explorer.drawing.plots.formats import write_picture
    from attn_explore.explorer.drawing.screen_svg import standing_alone

    return write_picture(standing_alone(svg), target, force=force)


class Files(Showing):
    """Asks where to, and writes."""

    def action_export(self) -> None:
        """Ask where to, and export the trace."""
        session = self.session
        sizes = [f"{size} as {ending}" for ending in WRITTEN_AS if (size := saving.large_export(session, ending))]
        self._write(
            "Export the trace",
            "\n".join(["File (.json, .npz or .safetensors):", *sizes]),
            f"{session.name}.json",
            lambda path, force: saving.export(session, path, force=force),
        )

    def action_save(self) -> None:
        """Ask where to, and save the scenario with the edits in force."""
        asked = "File (.yaml), a scenario that runs with the edits in force:"
        runs = (self.session, self.session.other)
        session = next((run for run in runs if run is not None and run.run.scenario.compare), self.session)
        self._write("Save as a scenario", asked, f"{session.name}-edited.yaml", partial(saving.save, session))

    def action_picture(self) -> None:
        """Ask where to, and save what is on the screen as a picture; a plot by itself, or its numbers."""
        session = self.session
        if self._is_plotted:
            self._save_plot()
            return
        drawn = self.app.export_screenshot(title=visible(session.run.scenario.title), simplify=True)
        name = f"{session.name}-{session.place.value.name}.svg"
        self._write("Save the screen as a picture", "File (.svg or .png):", name, partial(_save, drawn))

    def _save_plot(self) -> None:
        session = self.session
        asked = "File (.svg or .png is the picture; .csv or .json the numbers, with every digit):"
        drawn = self._find_overview()
        name = f"{session.name}-{drawn.name if drawn else session.place.value.name}.svg"
        self._write("Save the plot", asked, name, partial(saving.save_plot, session, self._plotted()))

    def _write(self, title: str, asked: str, proposed: str, write: Callable[[Path, bool], Path]) -> None:
        from attn_explore.explorer.screens.file_dialog import ExportScreen

        self.app.push_screen(ExportScreen(title, asked, visible(proposed), write), self._written)

    def _written(self, path: str | None) -> None:
        if path is not None:
            self.notify(f"Written to {path}", markup=False)
