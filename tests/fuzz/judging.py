"""What a reader may do with a file: read it, or refuse it by a `Problem` in few words. All else is a fault."""

from __future__ import annotations

import gc
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from attn_explore.model.problems import CANNOT_BE_USED, Problem
from tests.program import is_refusal

SECONDS = 2
MEMORY = 300 * 2**20

Read = Callable[[bytes], object]


class TooLong(BaseException):
    """A reader took more of the processor's time than a refusal may."""


class Judged(NamedTuple):
    """Whether a file was read, and the kind of fault that showed: where it was raised, and what."""

    is_read: bool
    fault: str = ""
    details: str = ""


def judged(read: Read, content: bytes, seconds: float = SECONDS) -> Judged:
    """Read a file, within so many seconds of the processor's time."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        read(content)
    except Problem as problem:
        return _of_refusal(problem)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return Judged(False, _kind(error), "".join(traceback.format_exception(error)[-12:]))
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return Judged(True)


def _of_refusal(problem: Problem) -> Judged:
    message = problem.render()
    if is_refusal(message) and problem.exit_status == CANNOT_BE_USED:
        return Judged(False)
    return Judged(False, f"a refusal that breaks the contract: {problem.what[:40]}", message)


def _kind(error: BaseException) -> str:
    """The exception and where it was raised: the last line of ours, by its function."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "attn_explore" in frame.filename]
    where = f"{Path(frames[-1].filename).stem}.{frames[-1].name}" if frames else "?"
    return f"{type(error).__name__} in {where}"


@contextmanager
def bounds() -> Iterator[None]:
    """Warnings are errors; a reader that goes on for too long is interrupted; memory for 300 MB more is there."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise TooLong

    gc.collect()  # what is let go later would be memory that a reader may take beside its own
    before = signal.signal(signal.SIGVTALRM, interrupt)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_taken() + MEMORY, hard))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGVTALRM, before)


def _taken() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def smaller(content: bytes, is_same: Callable[[bytes], bool], tries: int = 400) -> bytes:
    """A shorter file that shows the same, by leaving out ever smaller parts of it."""
    size = len(content) // 2
    while size and tries > 0:
        start = 0
        while start < len(content) and tries > 0:
            shorter = content[:start] + content[start + size :]
            tries -= 1
            if is_same(shorter):
                content = shorter
            else:
                start += size
        size //= 2
    return content
