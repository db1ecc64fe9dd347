"""How the panels are arranged, kept for the person for each size of terminal.

Losing it loses nothing else. What cannot be read of it is as if it were not there; a file that is something else is
never written over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from attn_explore.explorer.library.kept import Kept
from attn_explore.model.dataclass import dataclass

NAME = "panels.json"
"""What it is kept as: `~/.local/share/attn-explore/panels.json` on Linux."""

LARGEST = 2**16
"""Bytes of it that are read."""

MOST = 1000
"""No panel is wider or higher, whatever the file says."""


@dataclass(frozen=True)
class Arrangement:
    """Cells of the tree and of the words, lines of the arithmetic; whether the tree and the words are there.

    What is None is as the size of the terminal says.
    """

    tree: int | None = None
    words: int | None = None
    arithmetic: int | None = None
    shows_tree: bool | None = None
    shows_words: bool | None = None


@dataclass(frozen=True)
class Arrangements:
    """The arrangements of a person, by the size of the terminal: `narrow`, `normal`, `wide`."""

    kept: Kept

    def is_kept(self) -> bool:
        """Whether there are any."""
        return self.kept.has(NAME)

    def all(self) -> dict[str, Arrangement]:
        """What is kept, as far as it can be read."""
        kept = self.kept.read(NAME, LARGEST) or {}
        return {size: _arrangement(data) for size, data in kept.items() if isinstance(data, dict)}

    def keep(self, changed: Mapping[str, Arrangement]) -> None:
        """Write down what was changed. Where nothing can be written, or another file stands there, nothing is kept."""
        known = self.kept.read(NAME, LARGEST)
        if known is not None:
            written = {size: _plain(arrangement) for size, arrangement in changed.items()}
            self.kept.write(NAME, known | written)


def _plain(arrangement: Arrangement) -> dict[str, Any]:
    return {key: value for key, value in asdict(arrangement).items() if value is not None}


def _arrangement(data: dict[str, Any]) -> Arrangement:
    """An arrangement as the file says it; what it says otherwise is left out."""
    tree, words, lines = (_size(data.get(name)) for name in ("tree", "words", "arithmetic"))
    shown = (value if isinstance(value := data.get(name), bool) else None for name in ("shows_tree", "shows_words"))
    return Arrangement(tree, words, lines, *shown)


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST else None
