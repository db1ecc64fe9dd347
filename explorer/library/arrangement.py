"""How the panels are arranged: a small file in the user's data folder, for each size of terminal.

Losing it loses nothing else. What cannot be read of it is as if it were not there; a file that is something else is
never written over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from attn_explore.explorer.library.kept_files import data_file, read_object, write_object
from attn_explore.model.dataclass import dataclass

LARGEST = 2**16
"""Bytes of the file that are read."""

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


Arrangements = Mapping[str, Arrangement]
"""By the size of the terminal: `narrow`, `normal`, `wide`."""


def arrangement_path() -> Path:
    """Where it is kept: `~/.local/share/attn-explore/panels.json` on Linux."""
    return data_file("panels.json")


def is_kept() -> bool:
    """Whether there is such a file."""
    try:
        return arrangement_path().exists()
    except OSError:
        return False


def arrangements() -> dict[str, Arrangement]:
    """What is kept, as far as it can be read."""
    kept = read_object(arrangement_path(), LARGEST) or {}
    return {size: _arrangement(data) for size, data in kept.items() if isinstance(data, dict)}


def keep(changed: Arrangements) -> None:
    """Write down what was changed. Where nothing can be written, or another file stands there, nothing is kept."""
    known = read_object(arrangement_path(), LARGEST) if is_kept() else {}
    if known is None:
        return
    written = {size: _plain(arrangement) for size, arrangement in changed.items()}
    write_object(arrangement_path(), known | written)


def _plain(arrangement: Arrangement) -> dict[str, Any]:
    return {key: value for key, value in asdict(arrangement).items() if value is not None}


def _arrangement(data: dict[str, Any]) -> Arrangement:
    """An arrangement as the file says it; what it says otherwise is left out."""
    tree, words, lines = (_size(data.get(name)) for name in ("tree", "words", "arithmetic"))
    shown = (value if isinstance(value := data.get(name), bool) else None for name in ("shows_tree", "shows_words"))
    return Arrangement(tree, words, lines, *shown)


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST else None
