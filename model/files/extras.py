"""Packages that only real checkpoints need, which come with the extra `checkpoints`: imported when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from attn_explore.model.problems import Problem


def from_extra(module: str, what: str) -> Any:
    """A module of an extra package, without which there is no `what`. Raises Problem where it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        missing = f"{what} needs the package {module.partition('.')[0]}, which is not installed"
        raise Problem(missing, hint="pip install 'attn-explore[checkpoints]'") from error
