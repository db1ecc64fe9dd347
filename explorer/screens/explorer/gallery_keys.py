"""The gallery of the attention that is looked at: every variant of it, side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attn_explore.explorer.screens.working import AT_ONCE, Work
from attn_explore.model.dataclass import dataclass

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
    from attn_explore.explorer.session.gallery import Gallery


@dataclass(frozen=True, eq=False)
class GalleryKeys:
    """Opens the gallery."""

    screen: ExplorerScreen

    def open(self) -> None:
        """Run every variant, and hang them."""
        from attn_explore.explorer.session.gallery import gallery_of  # few ask for it

        session = self.screen.state.session
        if self.screen.asks_first():
            return
        self.screen.work.do(
            Work(
                what="running every variant",
                make=partial(gallery_of, session),
                then=self._show,
                refused=self.screen.tell_problem,
                seconds=AT_ONCE,
            )
        )

    def _show(self, gallery: Gallery) -> None:
        from attn_explore.explorer.screens.gallery_screen import GalleryScreen

        stop = self.screen.state.session.stop
        self.screen.app.push_screen(GalleryScreen(gallery, stop.gallery if stop else ""))
