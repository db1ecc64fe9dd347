"""Reading files that strangers name: only regular files of a bounded size, and only where they may be.

A scenario can come from a forum, and the paths in it too. Nothing here waits for a pipe, follows a link out of the
folder, expands `~` or `$HOME`, asks the network, or repeats in a message what a refused file holds.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from attn_explore.model.problems import Problem

_LONGEST_NAME = 1024
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)

_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe (FIFO)"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)

_CANNOT_OPEN = {
    errno.ENOENT: "there is no such file",
    errno.ENOTDIR: "a part of this path is a file, not a folder",
    errno.ELOOP: "this is a loop of symbolic links",
    errno.EACCES: "no permission to read this file",
    errno.EPERM: "no permission to read this file",
    errno.ENXIO: "this is a socket or a device, not a regular file",
    errno.ENAMETOOLONG: "this name is too long for a file",
}

_NEVER_A_PATH: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\0"), "a path cannot hold a NUL character"),
    (re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]+:"), "this is a URL, and only files are read"),
    (re.compile(r"\A~"), "`~` is not expanded in a scenario"),
    (re.compile(r"\$|%\w+%"), "variables are not expanded in a scenario"),
    (re.compile(r"\A[A-Za-z]:|\\"), "Windows paths are not read in a scenario"),
    (
        re.compile(r"(?:\A|/)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.[^/]*)?(?:/|\Z)", re.I),
        "this names a device on Windows",
    ),
)

_USE_ALLOW_PATH = "name its folder with --allow-path on the command line"


def read_regular(path: str | Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; a `Problem` names what else it is."""
    descriptor = _open(path, _FLAGS)
    try:
        return _read(descriptor, path, limit)
    finally:
        os.close(descriptor)


def open_regular(path: str | Path) -> int:
    """Open a regular file, to be read by position; a `Problem` names what else it is."""
    descriptor = _open(path, _FLAGS)
    try:
        _check_is_regular(os.fstat(descriptor), path)
    except Problem:
        os.close(descriptor)
        raise
    return descriptor


def read_inside(folder: str | Path, name: str, limit: int, allowed: Sequence[Path] = ()) -> bytes:
    """Read the file that a scenario in `folder` names, which must lie in that folder or in an allowed one.

    What was opened is compared with what the name leads to afterwards, so that a link which is swapped between the
    check and the opening is refused. A hard link is the file itself and cannot be told from it.
    """
    path = resolve_inside(folder, name, allowed)
    descriptor = _open(path, _FLAGS | getattr(os, "O_NOFOLLOW", 0))
    try:
        _check_same_file(descriptor, resolve_inside(folder, name, allowed))
        return _read(descriptor, path, limit)
    finally:
        os.close(descriptor)


def resolve_inside(folder: str | Path, name: str, allowed: Sequence[Path] = ()) -> Path:
    """Follow a name in a scenario to the real path of its file, or refuse it if that lies outside."""
    _check_name(name)
    try:
        path = (Path(folder) / name).resolve()
        roots = [Path(root).resolve() for root in (folder, *allowed)]
    except RuntimeError as error:  # Python before 3.13 raises it for a loop of links, later ones leave it to `open`
        raise Problem(_CANNOT_OPEN[errno.ELOOP], path=name) from error
    except OSError as error:  # a link that was another file a moment ago
        raise Problem("this path changed while it was followed", hint="try again", path=name) from error
    if not any(path.is_relative_to(root) for root in roots):
        raise Problem("this path is outside the scenario's folder", hint=_USE_ALLOW_PATH, path=name)
    return path


def _check_name(name: str) -> None:
    if not name.strip():
        raise Problem("the name of a file is empty")
    if len(name) > _LONGEST_NAME:
        raise Problem(f"a path of {len(name)} characters is too long", path=name[:20] + "…")
    for pattern, what in _NEVER_A_PATH:
        if pattern.search(name):
            hint = f"write a path relative to the scenario's file; if it lies elsewhere, {_USE_ALLOW_PATH}"
            raise Problem(f"{what}: outside the scenario's folder", hint=hint, path=name)


def _open(path: str | Path, flags: int) -> int:
    try:
        return os.open(path, flags)
    except ValueError as error:
        raise Problem("a path cannot hold a NUL character", path=path) from error
    except OSError as error:
        raise Problem(_why_not_opened(path, error), path=path) from error


def _why_not_opened(path: str | Path, error: OSError) -> str:
    if error.errno == errno.ENOENT and os.path.islink(path):
        return "this is a symbolic link to a file that does not exist"
    return _CANNOT_OPEN.get(error.errno or 0, f"cannot open this file: {error.strerror}")


def _read(descriptor: int, path: str | Path, limit: int) -> bytes:
    before = os.fstat(descriptor)
    _check_is_regular(before, path)
    if before.st_size > limit:
        raise Problem(f"this file has {before.st_size:,} bytes, and at most {limit:,} are read", path=path)
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(before.st_size + 1)  # a byte more shows that it grew
    except OSError as error:
        raise Problem(f"this file could not be read: {error.strerror}", path=path) from error
    after = os.fstat(descriptor)
    if (len(content), before.st_mtime_ns) != (before.st_size, after.st_mtime_ns):
        raise Problem("this file changed while it was read", hint="try again", path=path)
    return content


def _check_is_regular(state: os.stat_result, path: str | Path) -> None:
    if not stat.S_ISREG(state.st_mode):
        kind = next((kind for is_kind, kind in _KINDS if is_kind(state.st_mode)), "something else")
        raise Problem(f"this is {kind}, not a regular file", path=path)


def _check_same_file(descriptor: int, path: Path) -> None:
    try:
        named = os.stat(path, follow_symlinks=False)
    except OSError as error:
        raise Problem("this file changed while it was opened", hint="try again", path=path) from error
    opened = os.fstat(descriptor)
    if (opened.st_dev, opened.st_ino) != (named.st_dev, named.st_ino):
        raise Problem("this path was changed to lead outside the scenario's folder", hint=_USE_ALLOW_PATH, path=path)
