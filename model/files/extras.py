"""Packages that not everybody needs, and that come with an extra: imported when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from attn_explore.model.problems import Problem


def from_extra(module: str, what: str, extra: str = "checkpoints") -> Any:
    """A module of an extra's package, without which there is no `what`. Raises Problem where it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        missing = f"{what} needs the package {module.partition('.')[0]}, which is not installed"
        raise Problem(missing, hint=f"pip install 'attn-explore[{extra}]'") from error
