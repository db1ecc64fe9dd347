"""From what a person names to the files of a model on this machine: a path, or a name in the usual places.

Nothing is asked of a network, ever. A path goes before a name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from attn_explore.model.checkpoints.hub_cache import cached_folder, cached_names, hub_cache
from attn_explore.model.checkpoints.ollama import PREFIX, ollama_file, ollama_folders, ollama_names
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.text import clip

_LONGEST = 80
_LISTED = 4


class Located(NamedTuple):
    """A model of this machine: a folder or a file, and what it is called by whoever names it again."""

    name: str
    path: Path


def locate(what: str) -> Located:
    """The model at a path, or of a name. Raises Problem that says where it was looked for."""
    path = Path(os.path.expanduser(what))
    if not what.startswith(PREFIX) and what and os.path.lexists(path):
        return Located(what, path)
    return locate_name(what)


def locate_name(name: str) -> Located:
    """The model of a name, where models usually lie; a name that ends ORG/NAME will do, if no other ends so.

    Raises Problem that says where it was looked for.
    """
    found = _in_hub(name) or _in_ollama(name.removeprefix(PREFIX))
    if found is not None:
        return found
    known = all_names()
    ending = [each for each in known if f"/{each}".endswith(f"/{name}")]
    if len(ending) == 1:
        return locate_name(ending[0])
    if ending:
        listed = ", ".join(ending[:_LISTED]) + (", …" if len(ending) > _LISTED else "")
        raise Problem(f"several models are called {name}", hint=f"write one of {listed}")
    raise _not_found(name, known)


def all_names() -> list[str]:
    """The names of all models in the usual places."""
    ollama = chain.from_iterable(map(ollama_names, ollama_folders()))
    return [*cached_names(hub_cache()), *(f"{PREFIX}{name}" for name in dict.fromkeys(ollama))]


def places() -> Iterator[str]:
    """The usual places, for people."""
    yield f"{_short(hub_cache())} (Hugging Face)"
    yield from (f"{_short(folder)} (Ollama)" for folder in ollama_folders())


def _in_hub(name: str) -> Located | None:
    folder = None if name.startswith(PREFIX) else cached_folder(hub_cache(), name)
    return None if folder is None else Located(name, folder)


def _in_ollama(name: str) -> Located | None:
    files = (ollama_file(folder, name) for folder in ollama_folders())
    return next((Located(f"{PREFIX}{name}", file) for file in files if file is not None), None)


def _not_found(name: str, known: list[str]) -> Problem:
    near = nearest(name, known)
    begin = f"did you mean {near}? " if near else ""
    get = f"get it with `hf download {name}`; " if "/" in name and not near else ""
    *others, last = places()
    looked = f"looked in {', '.join(others)} and {last}; a folder or a .gguf file is named by its path"
    return Problem(f"there is no model {clip(name, _LONGEST)}".rstrip(), hint=begin + get + looked)


def _short(path: Path) -> str:
    """A path as people write it, with ~ for their own folder."""
    home = os.path.expanduser("~")
    return f"~{str(path)[len(home) :]}" if home != "~" and str(path).startswith(f"{home}/") else str(path)
