"""How the program ends: every way out has its exit status and at most one message."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable

from attn_explore.model.problems import CANNOT_BE_USED, SURROUNDINGS, Problem
from attn_explore.model.text import clip, visible

BUG = 70

_LONGEST_MESSAGE = 1000
_STDOUT_IS_LOST = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def guarded(command: Callable[[], object]) -> int:
    """Run a command and give the exit status: 0 done, 2 not usable, 3 surroundings, 70 a bug of ours."""
    try:
        status = command()
        sys.stdout.flush()
    except Problem as problem:
        say(problem.render())
        return problem.exit_status
    except MemoryError:
        say("error: the machine ran out of memory\nhint: choose a smaller model or a shorter input")
        return CANNOT_BE_USED
    except Exception as error:
        if (status := _left_with(error)) is not None:
            return status
        if isinstance(error, OSError) and error.errno in _STDOUT_IS_LOST:
            return _not_written(error)
        return _usage(error) if _is_usage(error) else _report(error)
    return status if isinstance(status, int) else 0


def _left_with(error: BaseException | None) -> int | None:
    """The status that a signal ended the program with, where Python made another error of that; else None.

    While a class is made, for one, Python 3.11 makes a RuntimeError of whatever is raised.
    """
    while error is not None and not isinstance(error, SystemExit):
        error = error.__cause__ or error.__context__
    return error.code if error is not None and isinstance(error.code, int) else None


def _not_written(error: OSError) -> int:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains, at exit, about what it could not flush
    why = "standard output is closed" if error.errno == errno.EBADF else error.strerror
    say(f"error: the output could not be written: {why}")
    return SURROUNDINGS


def _is_usage(error: Exception) -> bool:
    return hasattr(error, "exit_code") and hasattr(error, "format_message")


def _usage(error: Exception) -> int:
    """A wrong option or argument: Typer's own words, with what the person typed made visible."""
    said = error.format_message().replace("\n\t", " ").replace(": Value error, ", ": ", 1)  # type: ignore[attr-defined]
    message = visible(clip(said, _LONGEST_MESSAGE))
    context = getattr(error, "ctx", None)
    hint = f"\nhint: {context.command_path} --help" if context is not None else ""
    say(f"error: {message}{hint}")
    return int(error.exit_code)  # type: ignore[attr-defined]


def _report(error: Exception) -> int:
    """A bug: one line, and where the details are; where no file can be written, as for a visitor, they follow."""
    details = "".join(traceback.format_exception(error))
    where = _write_log(details)
    said = f"the details are in {where}" if where else "no file could be written: the details follow"
    say(f"error: this is a bug in attn-explore ({type(error).__name__}); {said}")
    if not where:
        say("\n".join(map(visible, details.splitlines())))
    return BUG


def _write_log(text: str) -> str:
    """Keep a traceback where logs are kept, or in the folder for temporary files; "" where neither can be written."""
    import tempfile
    from pathlib import Path

    from platformdirs import user_log_path

    for folder in (user_log_path("attn-explore", appauthor=False), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(".log", "crash-", folder)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return visible(name)
    return ""


def say(message: str) -> None:
    """Say something on stderr, which may be full."""
    try:
        print(message, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return
