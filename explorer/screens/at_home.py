"""The home of who sits before a screen: its app knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from textual.screen import Screen

if TYPE_CHECKING:
    from attn_explore.explorer.library.home import Home
    from attn_explore.explorer.system.where_files_go import Files


class _HasHome(Protocol):
    @property
    def home(self) -> Home: ...


def home_of(screen: Screen[Any]) -> Home:
    """What the person before a screen may open, what is kept for them, and where their files go."""
    return cast(_HasHome, screen.app).home


def files_of(screen: Screen[Any]) -> Files:
    """Where the files of that person go."""
    return home_of(screen).files(screen.app)
