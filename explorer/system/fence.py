"""A fence around the process of a visitor: behind it nothing is written, and nothing is read but what it is made of.

The app of a visitor asks for no more than that. Where it did by a fault of ours, the fence refuses: Python itself tells
it of every file that is opened, every folder that is listed, and what else reaches out of the process. It is no prison
for other people's code, which a visitor cannot bring.
"""

from __future__ import annotations

import errno
import os
import site
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import attn_explore
from attn_explore.explorer.system.exits import say
from attn_explore.model.text import visible

_READING = ("open", "os.listdir", "os.scandir")
"""What may be done to some files and folders."""

_REACHING_OUT = frozenset({
    *("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"),
    *("os.truncate", "os.utime", "os.setxattr", "os.removexattr"),
    *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system"),
    *("pty.spawn", "subprocess.Popen", "webbrowser.open", "socket.bind", "socket.connect", "socket.sendto"),
})  # fmt: skip
"""What a visitor's program never does."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_OF_SYSTEM = ("/proc/meminfo", "/proc/self", "/sys/fs/cgroup", "/dev/null", "/dev/urandom")
"""What is asked of the system: how much memory there is, and chance."""


def fence_in(readable: Iterable[Path], tell: Callable[[str], object] = say) -> None:
    """From now on only what the program is made of can be read, and these files, and what is in these folders.

    The one process that it may start is that of the tokenizers package, which reads no file. `tell` hears of what is
    refused: it is a fault of ours.
    """
    sys.dont_write_bytecode = True
    own = map(str, [*_own(), *readable])
    roots = (*dict.fromkeys(os.path.realpath(path) for path in own), *_OF_SYSTEM, f"/proc/{os.getpid()}")

    sys.path[:] = [path for path in sys.path if _is_within(path, roots)]  # an import lists them all

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event in _READING:
            path = "." if arguments[0] is None else arguments[0]
            if isinstance(path, int) or (_is_within(path, roots) and not (event == "open" and _writes(*arguments))):
                return  # what has a number was opened before
        elif event not in _REACHING_OUT or (event == "subprocess.Popen" and _is_own_process(*arguments)):
            return
        what = str(arguments[0]) if arguments else ""
        tell(f"a visitor was refused: {event} {visible(what)}")
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), what)

    sys.addaudithook(look)


def _own() -> Iterator[str]:
    """The folders of Python, of its packages, and of ours, which a checkout has links to."""
    paths = sysconfig.get_paths()
    yield from (paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    yield from site.getsitepackages()
    yield site.getusersitepackages()
    for folder in attn_explore.__path__:
        yield os.path.dirname(folder)
        yield folder
        yield from (entry.path for entry in os.scandir(folder) if entry.is_dir())


def _is_own_process(executable: object, line: object, folder: object, environment: object) -> bool:
    from attn_explore.model.checkpoints.tokens.library import own_process  # who starts it has it already

    return (line, folder, environment) == (own_process(), None, None)


def _is_within(path: object, roots: tuple[str, ...]) -> bool:
    real = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]
    return any(real == root or real.startswith(f"{root}{os.sep}") for root in roots)


def _writes(path: object, mode: object, flags: object = 0, *_: object) -> bool:
    if isinstance(mode, str) and set(mode) & set("wax+"):
        return path != os.devnull
    return isinstance(flags, int) and bool(flags & _WRITING) and path != os.devnull
