"""What can be asked here: the list of questions, and asking one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from attn_explore.explorer.telling.cell_text import name_at
from attn_explore.explorer.telling.headings import where
from attn_explore.model.dataclass import dataclass
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.asked_here import Askable
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen


@dataclass(frozen=True, eq=False)
class AskKeys:
    """Lists what can be asked of what is under the cursor."""

    screen: ExplorerScreen

    def open(self) -> None:
        """List the questions, and ask the one that is chosen."""
        from attn_explore.explorer.screens.ask_dialog import AskScreen, Listed
        from attn_explore.explorer.screens.explorer.asked_here import askable

        if self.screen.asks_first():
            return
        self.screen.leave()
        questions, keys = list(askable(self.screen)), self._keys()
        listed = [Listed(keys.get(each.action, ""), each.question, each.more) for each in questions]
        self.screen.app.push_screen(AskScreen(self.of_what, listed), partial(self._ask, questions))

    @property
    def of_what(self) -> str:
        """The cell under the cursor, and where in the model it is."""
        state = self.screen.state
        named = visible(name_at(state.value, state.index))
        return " · ".join(filter(None, (named, where(state.value))))

    def _keys(self) -> dict[str, str]:
        """The key of each action, as the person has it."""
        from attn_explore.explorer.screens.help import lines_of
        from attn_explore.explorer.screens.keys import BINDINGS

        return {line.action: line.keys.split()[0] for line in lines_of(self.screen.app, BINDINGS)}

    def _ask(self, questions: Sequence[Askable], place: int | None) -> None:
        if place is not None:
            self.screen.call_later(self.screen.run_action, questions[place].action)
