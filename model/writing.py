"""Writing a file whole or not at all: into a temporary file beside the target, which then takes its place."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from model.problems import SURROUNDINGS, Problem

Progress = Callable[[int], None]


def check_target(target: Path, force: bool, inputs: Sequence[Path] = ()) -> None:
    """Refuse a target that could not be written, or that must not be, before any work is done for it.

    `inputs` are files that the run was read from: they are never replaced, not even with `force`.
    """
    if target.is_symlink():
        raise Problem("this is a symbolic link, which is not written through", path=target, hint="name the file itself")
    if target.is_dir():
        raise _surroundings(target, "this is a folder", "name a file in it")
    if not target.parent.is_dir():
        raise _surroundings(target, "there is no such folder", "make the folder first")
    if target.exists():
        if any(path.exists() and path.samefile(target) for path in inputs):
            raise Problem("this is the file that the run was read from", path=target, hint="choose another name")
        if not stat.S_ISREG(target.stat().st_mode):
            raise _surroundings(target, "this is not a regular file", "choose another name, or `-` for stdout")
        if not force:
            raise Problem("this file exists already", path=target, hint="choose another name, or replace it with --force")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise _surroundings(target, "no permission to write into this folder", "choose another folder")


def write_atomically(
    target: Path, chunks: Iterable[bytes], *, force: bool = False, inputs: Sequence[Path] = (), progress: Progress | None = None
) -> int:
    """Write `chunks` to `target` and return how many bytes they were. The target is as before unless all went well.

    Raises Problem with exit status 3 when the disk or the permissions would not have it.
    """
    check_target(target, force, inputs)
    temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(6)}.tmp")
    try:
        size = _write(temporary, chunks, progress)
        _put_in_place(temporary, target, force)
    except OSError as error:
        raise _surroundings(target, f"this file could not be written: {error.strerror}", "choose another place") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return size


def _write(temporary: Path, chunks: Iterable[bytes], progress: Progress | None) -> int:
    size = 0
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            size += file.write(chunk)
            if progress is not None:
                progress(size)
        file.flush()
        os.fsync(file.fileno())
    return size


def _put_in_place(temporary: Path, target: Path, force: bool) -> None:
    """Rename, keeping the mode of a file that is replaced; without `force`, never over a file that came up meanwhile."""
    if target.exists():
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))
    if force:
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        temporary.rename(target)


def _surroundings(target: Path, what: str, hint: str) -> Problem:
    return Problem(what, path=target, hint=hint, exit_status=SURROUNDINGS)
