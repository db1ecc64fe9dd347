"""Writing a file whole or not at all: into a temporary file beside the target, which then takes its place."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO

from attn_explore.model.problems import SURROUNDINGS, Problem

Progress = Callable[[int], None]

_ANOTHER_NAME = "choose another name"


def check_target(target: Path, force: bool, inputs: Sequence[Path] = ()) -> None:
    """Refuse a target that could not be written, or that must not be, before any work is done for it.

    `inputs` are files that the run was read from: they are never replaced, not even with `force`.
    """
    try:
        _check(target, force, inputs)
    except (OSError, ValueError) as error:  # a name that is too long, or holds a NUL
        raise _not_written(target, error) from error


def _check(target: Path, force: bool, inputs: Sequence[Path]) -> None:
    if not target.parent.is_dir():
        raise _surroundings(target, "there is no such folder", "make the folder first")
    with contextlib.suppress(FileNotFoundError):
        _check_existing(target, target.lstat().st_mode, force, inputs)
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise _surroundings(target, "no permission to write into this folder", "choose another folder")


def _check_existing(target: Path, mode: int, force: bool, inputs: Sequence[Path]) -> None:
    if stat.S_ISLNK(mode):
        raise Problem("this is a symbolic link, which is not written through", path=target, hint="name the file itself")
    if stat.S_ISDIR(mode):
        raise _surroundings(target, "this is a folder", "name a file in it")
    if any(path.exists() and path.samefile(target) for path in inputs):
        raise Problem("this is a file that the run was read from", path=target, hint=_ANOTHER_NAME)
    if not stat.S_ISREG(mode):
        raise _surroundings(target, "this is not a regular file", f"{_ANOTHER_NAME}, or `-` for stdout")
    if not force:
        raise _exists(target)
    if not os.access(target, os.W_OK):
        raise _surroundings(target, "no permission to replace this file", _ANOTHER_NAME)


def write_atomically(
    target: Path,
    chunks: Iterable[bytes],
    *,
    force: bool = False,
    inputs: Sequence[Path] = (),
    progress: Progress | None = None,
) -> int:
    """Write `chunks` to `target` and return how many bytes they were. The target is as before unless all went well.

    Raises Problem with exit status 3 when the disk or the permissions would not have it.
    """
    check_target(target, force, inputs)
    _remove_left_over(target.parent)
    with contextlib.ExitStack() as afterwards:
        try:
            file = _created(target, afterwards)
            size = _write(file, chunks, progress)
            _put_in_place(Path(file.name), target, force)
        except OSError as error:
            raise _not_written(target, error) from error
    return size


def _created(target: Path, afterwards: contextlib.ExitStack) -> IO[bytes]:
    """A new file beside the target, locked. Afterwards it is closed and, where it did not move away, removed."""
    path = target.with_name(f".attn-explore-{secrets.token_hex(8)}.tmp")
    file = afterwards.enter_context(path.open("xb"))
    afterwards.callback(_remove, path)
    _lock(file)
    if os.fstat(file.fileno()).st_nlink == 0:  # whoever tidies up was quicker than the lock
        return _created(target, afterwards)
    return file


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _remove_left_over(folder: Path) -> None:
    """Remove what programs that were killed left behind. Who still writes holds a lock on the file."""
    for path in folder.glob(".attn-explore-*.tmp"):
        with contextlib.suppress(OSError), path.open("rb+") as file:
            if path.is_file() and not path.is_symlink() and _lock(file):
                path.unlink()


def _lock(file: IO[bytes]) -> bool:
    """Lock a file until it is closed, or the process ends; False where somebody else has it, or nobody can."""
    try:
        import fcntl  # not on Windows, where nothing is removed

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def _write(file: IO[bytes], chunks: Iterable[bytes], progress: Progress | None) -> int:
    size = 0
    for chunk in chunks:
        size += file.write(chunk)
        if progress is not None:
            progress(size)
    file.flush()
    os.fsync(file.fileno())
    return size


def _put_in_place(temporary: Path, target: Path, force: bool) -> None:
    """Rename, keeping the mode of a file that is replaced; without `force`, never over one that came up meanwhile."""
    if force:
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)
    except FileExistsError as error:
        raise _exists(target) from error
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise _exists(target) from None
        temporary.rename(target)


def _exists(target: Path) -> Problem:
    return Problem("this file exists already", path=target, hint=f"{_ANOTHER_NAME}; only `--force` replaces a file")


def _not_written(target: Path, error: OSError | ValueError) -> Problem:
    reason = getattr(error, "strerror", None) or str(error)
    return _surroundings(target, f"this file could not be written: {reason}", "choose another place")


def _surroundings(target: Path, what: str, hint: str) -> Problem:
    return Problem(what, path=target, hint=hint, exit_status=SURROUNDINGS)
