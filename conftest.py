"""Makes the links in `src/attn_explore/`, and collects `pytest model` under the one name that its modules have.

Garbage is looked for between tests, and what outlives it is not looked at again.
"""

import gc
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import links

if "PYTEST_XDIST_WORKER" not in os.environ:  # once: the programs that tests start would each compile everything
    links.make()
    links.compile_all()

sys.dont_write_bytecode = False  # what pytest makes of 350 files of tests is kept: 6 s in each worker of each run


_MOST_NEW = 200_000
"""Objects that tests leave before those which nothing refers to are looked for."""

gc.set_threshold(5 * _MOST_NEW)  # within a test only where it makes very many: Python's 700 cost a sixth of the suite


def pytest_collection_finish() -> None:
    """Look for garbage among what tests leave, not among all that was imported and collected."""
    _leave_alone()


def pytest_runtest_logfinish() -> None:
    """Look through what outlives a test once: in the end these are a million objects, and each look takes a second."""
    if gc.get_count()[0] >= _MOST_NEW or gc.get_count()[1]:
        _leave_alone()


def _leave_alone() -> None:
    """Look for garbage among all that is new, and never again in what is left."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Give the tests of a file to one worker, but for those of a group: each makes once what its tests share."""
    from xdist.scheduler import LoadGroupScheduling

    class _ByFile(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return super()._split_scope(nodeid).partition("::")[0]

    return _ByFile(config, log)


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
