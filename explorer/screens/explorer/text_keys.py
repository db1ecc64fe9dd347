"""Another text: asking for it, and turning to the run over it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attn_explore.explorer.session.session import Session
from attn_explore.model.dataclass import dataclass
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen


@dataclass(frozen=True, eq=False)
class TextKeys:
    """Reads another text."""

    screen: ExplorerScreen

    def ask(self) -> None:
        """Ask for a text, and run over it."""
        from attn_explore.explorer.screens.text_dialog import TextScreen
        from attn_explore.explorer.session.other_text import text_of, with_text

        session = self.screen.state.session
        scenario = session.run.scenario
        if scenario.alone is not None:
            self.screen.refuse("An experiment brings its own input.")
        elif scenario.input.vectors is not None:
            self.screen.refuse("The input of this scenario are vectors, and no words.")
        elif self.screen.may_leave():
            asked = f"Text, instead of “{visible(text_of(session))}”:"
            self.screen.app.push_screen(TextScreen(asked, partial(with_text, session)), self._turn_to)

    def _turn_to(self, session: Session | None) -> None:
        if session is None:
            return
        self.screen.groups.lessons.keep_now()
        self.screen.state.turn_to(session)
        self.screen.look_as_told()
        self.screen.show_tree()
        self.screen.show()
