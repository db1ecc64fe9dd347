"""How a folder of sentence-transformers makes one vector of a text: its modules, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from attn_explore.model.problems import Problem
from attn_explore.model.text import clip

MODULES = "modules.json"

Way = Literal["mean", "first"]

_LONGEST = 80
_WAYS: Mapping[str, Literal["mean", "first"]] = {
    "mean": "mean",
    "mean_tokens": "mean",
    "cls": "first",
    "cls_token": "first",
}
"""The ways that there are, by what sentence-transformers calls them."""
_ORDERS = (["Transformer"], ["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])


class Pooling(NamedTuple):
    """How the vectors of words become one, and whether that is divided by its length."""

    way: Way
    is_unit_length: bool


def pooling_of(modules: Any, path: Path, read: Callable[[str], Mapping[str, Any] | None]) -> Pooling | None:
    """What `modules`, the content of `path`, say; None where they say nothing of one vector.

    `read` gives the settings in a file of the folder. Raises Problem for a module that is not implemented.
    """
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise Problem("this is no list of modules", path=path)
    kinds = [str(module.get("type")).rpartition(".")[2] for module in modules]
    if kinds not in _ORDERS:
        what = f"the modules {clip(', '.join(kinds), _LONGEST)} are not implemented"
        raise Problem(what, path=path, hint="a Transformer is, with Pooling and then Normalize behind it")
    if len(kinds) == 1:
        return None
    file = f"{modules[1].get('path')}/config.json"
    settings = read(file)
    if settings is None:
        raise Problem(f"the folder has no {clip(file, _LONGEST)}", path=path)
    return Pooling(_way(settings, path.parent / file), "Normalize" in kinds)


def _way(settings: Mapping[str, Any], path: Path) -> Way:
    """The one way that is switched on."""
    prefix = "pooling_mode_"
    switched_on = [key.removeprefix(prefix) for key, value in settings.items() if key.startswith(prefix) and value]
    names = [str(settings["pooling_mode"])] if "pooling_mode" in settings else switched_on
    if len(names) != 1 or names[0] not in _WAYS:
        what = f"pooling by {clip(', '.join(names), _LONGEST) or 'nothing'} is not implemented"
        raise Problem(what, path=path, hint="by mean_tokens or by cls_token is")
    return _WAYS[names[0]]
