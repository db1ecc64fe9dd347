"""Keys and a theme of one's own: a small TOML file that puts others in the place of ours.

    theme = "high-contrast"

    [keys]
    "step.next" = "right,s"

The ids stand in the list of keys (`?`), the themes in the palette. The file is `keys.toml` in the user's config folder.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from attn_explore.model.files.regular import read_regular
from attn_explore.model.problems import Problem, nearest

LARGEST = 2**16
"""Bytes of a key file that are read."""

_MOST_DOTS = 32


def keymap_path() -> Path:
    """Where the person's key file is looked for."""
    from platformdirs import user_config_path

    return user_config_path("attn-explore", appauthor=False) / "keys.toml"


def read_keymap(path: Path, known: Collection[str]) -> dict[str, str]:
    """The keys by id in the file at `path`; none when there is no file. Raises Problem for what cannot be used."""
    keys = _read(path).get("keys", {})
    for id, pressed in keys.items() if isinstance(keys, dict) else [("keys", None)]:
        _check(path, id, pressed, known)
    return dict(keys)


def read_theme(path: Path, known: Collection[str]) -> str | None:
    """The theme in the file at `path`, if it names one. Raises Problem for one that there is not."""
    theme = _read(path).get("theme")
    if theme is not None and (not isinstance(theme, str) or theme not in known):
        near = nearest(str(theme), known)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(sorted(known))}"
        raise Problem("there is no such theme", hint=hint, path=path, place="theme")
    return theme


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    import tomllib  # most people have no such file

    try:
        text = read_regular(path, LARGEST).decode()
        _check_dots(text, path)
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise Problem("not UTF-8", path=path, place=f"byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"not TOML: {error}", path=path) from error
    except RecursionError as error:
        raise Problem("nested too deep", path=path) from error
    except ValueError as error:  # from Python's int() and date(), which tomllib does not guard
        raise Problem("a number or a date is out of range", path=path) from error


def _check_dots(text: str, path: Path) -> None:
    """A key of n parts costs tomllib n² bytes: 64 kB of them took a minute and four gigabytes."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS:
            raise Problem(f"a line with more than {_MOST_DOTS} dots", path=path, line=number)


def _check(path: Path, id: str, pressed: object, known: Collection[str]) -> None:
    if not isinstance(pressed, str) or not pressed:
        raise Problem("this must be keys, separated by commas", hint='"step.next" = "right,s"', path=path, place=id)
    if id not in known:
        near = nearest(id, known)
        raise Problem(
            "nothing has this id", hint=f"did you mean {near}?" if near else "`?` lists the keys", path=path, place=id
        )
