"""Makes the links in `src/attn_explore/`, and collects `pytest model` under the one name that its modules have."""

from pathlib import Path

import pytest

from tools import links

links.make()


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
