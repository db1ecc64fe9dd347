"""Rights taken away for a while, so that files that may not be read or written are tested where root runs the tests."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534
IS_ROOT = os.geteuid() == 0


@contextmanager
def owned_folder() -> Iterator[Path]:
    """A folder that whoever has no rights owns; pytest's own folders let only root pass."""
    folder = Path(tempfile.mkdtemp())
    try:
        if IS_ROOT:
            os.chown(folder, NOBODY, NOBODY)
        yield folder
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@contextmanager
def no_rights() -> Iterator[None]:
    """Be nobody, who may do what files allow. What is imported meanwhile may be out of reach: import it before."""
    if not IS_ROOT:
        yield
        return
    os.setresuid(NOBODY, NOBODY, 0)  # `os.access` asks for the real user
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
