"""Makes the links in `src/attn_explore/`, and collects `pytest model` under the one name that its modules have."""

import os
from pathlib import Path

import pytest

from tools import links

if "PYTEST_XDIST_WORKER" not in os.environ:  # once: the programs that tests start would each compile everything
    links.make()
    links.compile_all()


def pytest_configure(config: pytest.Config) -> None:
    """Turn a folder or file at the root that was asked for into the link to it."""
    config.args = [_linked(config.invocation_params.dir, argument) for argument in config.args]


def _linked(folder: Path, argument: str) -> str:
    place, *names = argument.split("::")
    path = (folder / place).absolute()
    inside = path.is_relative_to(links.ROOT) and path.relative_to(links.ROOT).parts[:1]
    if inside and inside[0] in links.FOLDERS:
        path = links.PACKAGE / path.relative_to(links.ROOT)
        return "::".join((str(path), *names))
    return argument
