"""Screens whose panels depend on the size of the terminal: they know it before their first frame."""

from __future__ import annotations

from textual.screen import Screen


def take_size(screen: Screen[None]) -> None:
    """Give a screen that is composed the classes of its size.

    Textual gives them when the first layout is done, and until then every panel would be shown at every size.
    """
    width, height = screen.app.size
    for size, breakpoints in ((width, screen.HORIZONTAL_BREAKPOINTS), (height, screen.VERTICAL_BREAKPOINTS)):
        fits = [name for least, name in sorted(breakpoints or []) if size >= least]
        screen.add_class(*fits[-1:])
