"""How the program ends: every way out has its exit status and at most one message."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable

from model.problems import CANNOT_BE_USED, SURROUNDINGS, Problem
from model.text import visible

BUG = 70


def guarded(command: Callable[[], object]) -> int:
    """Run a command and give the exit status: 0 done, 2 not usable, 3 surroundings, 70 a bug of ours, 128+n signal n."""
    try:
        return _status(command())
    except Problem as problem:
        say(problem.render())
        return problem.exit_status
    except BrokenPipeError:
        _silence_stdout()
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except MemoryError:
        say("error: the machine ran out of memory\nhint: choose a smaller model or a shorter input")
        return CANNOT_BE_USED
    except OSError as error:
        _silence_stdout()
        say(f"error: the output could not be written: {visible(error.strerror or str(error))}")
        return SURROUNDINGS
    except Exception as error:
        return _usage(error) if _is_usage(error) else _report(error)


def _status(result: object) -> int:
    """What a command gave back; what it printed may only now turn out to have nowhere to go."""
    if sys.stdout is not None:
        sys.stdout.flush()
    return result if isinstance(result, int) else 0


def _is_usage(error: Exception) -> bool:
    return hasattr(error, "exit_code") and hasattr(error, "format_message")


def _usage(error: Exception) -> int:
    """A wrong option or argument: Typer's own words, with what the person typed made visible."""
    message = visible(error.format_message(), keep="\n")  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    hint = f"\nhint: {context.command_path} --help" if context is not None else ""
    say(f"error: {message}{hint}")
    return int(error.exit_code)  # type: ignore[attr-defined]


def _report(error: Exception) -> int:
    """A bug: one line, and where the details are."""
    where = _write_log("".join(traceback.format_exception(error)))
    say(f"error: this is a bug in attn-explore ({type(error).__name__}); the details are in {where}")
    return BUG


def _write_log(text: str) -> str:
    """Keep a traceback where logs are kept, or in the folder for temporary files when that cannot be written."""
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
        return name
    return "no file: none could be written"


def say(message: str) -> None:
    """Say something on stderr, which may be closed."""
    try:
        print(message, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return


def _silence_stdout() -> None:
    """Keep Python from complaining, at exit, about what it could not flush."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
