"""Textual's driver of the terminal, for one that stops the program, lets it go on, or goes away, at any moment.

Textual's own does so inside the handler of the signal, so that a second signal meanwhile leaves a terminal that is not
restored; it takes the terminal over again when it never let go of it; and when nobody is at the other end any more, it
reads nothing for ever, or waits for ever to write. Its reader of keys dies of a byte that is not UTF-8, as terminals
send it for a mouse far to the right.
"""

from __future__ import annotations

import io
import os
import select
import signal
from asyncio import Handle
from codecs import getincrementaldecoder
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO, cast

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from attn_explore.explorer.system.signals import BY_SIGNAL, leave_at_signals

if TYPE_CHECKING:
    from textual.app import App

_LOOK_EVERY = 0.1
"""Seconds without a key after which the reader looks whether it should end."""

_AT_ONCE = 4096
"""Bytes of keys that are read at once."""


class TerminalDriver(LinuxDriver):
    """Has the terminal between `start_application_mode` and `stop_application_mode`, but while the program is stopped.

    What is written while it has none is dropped: everything is drawn again when it has one.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._file = cast(Any, _Output(buffered(cast(TextIO, self._file)), self._leave))
        self._loop.set_default_executor(_Threads())
        leave_at_signals(self._leave, self._loop.is_closed)
        self._frame: list[str] = []
        self._is_to_stop = False
        self._following: Handle | None = None
        self._loop.add_signal_handler(signal.SIGTSTP, self._heed, True)  # in turn, never one within another
        self._loop.add_signal_handler(signal.SIGCONT, self._heed, False)

    @property
    def _has_terminal(self) -> bool:
        return self._writer_thread is not None and self._writer_thread.is_alive()

    def write(self, data: str) -> None:
        """Write to the terminal, where there is one; a frame in one piece: each wakes the thread that writes."""
        if self._frame or data == SYNC_START:
            self._frame.append(data)
            if data != SYNC_END:
                return
            data = "".join(self._frame)
            self._frame.clear()
        if self._has_terminal:
            super().write(data)

    def start_application_mode(self) -> None:
        """Take the terminal, unless the program is in the background, which stops it, or the terminal is gone."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if not self._has_terminal and not os.isatty(self.fileno):
            self._leave()

    def suspend_application_mode(self) -> None:
        """Give the terminal back for a while."""
        super().stop_application_mode()
        self.close()

    def stop_application_mode(self) -> None:
        """Give the terminal back for good; a program that is stopped from now on has nothing to do for it."""
        super().stop_application_mode()
        self._loop.remove_signal_handler(signal.SIGTSTP)
        self._loop.remove_signal_handler(signal.SIGCONT)
        if self._following is not None:
            self._following.cancel()

    def _heed(self, is_to_stop: bool) -> None:
        """Stop or go on, once every signal that has come is read: the last one says which."""
        self._is_to_stop = is_to_stop
        if self._following is None:
            self._following = self._loop.call_soon(self._follow)

    def _follow(self) -> None:
        """Give the terminal back, and stop or take it again. Whoever was stopped by force never gave it back."""
        self._following = None
        if self._has_terminal:
            self.suspend_application_mode()
        if self._is_to_stop:
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            self._must_signal_resume = True
            self.resume_application_mode()

    def _leave(self, status: int = BY_SIGNAL + signal.SIGHUP) -> None:
        """End the program; as SIGHUP does where nobody is at the other end. Threads and handlers of signals say so."""
        self._loop.call_soon_threadsafe(partial(self._app.exit, return_code=status))

    # --- in the thread that reads keys

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except (OSError, EOFError):
            self._leave()

    def run_input_thread(self) -> None:
        """Read keys until the terminal is given back. Raises OSError or EOFError where it is gone."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        while not self.exit_event.is_set():
            is_there, _, _ = select.select([self.fileno], [], [], _LOOK_EVERY)
            if is_there and (keys := decode(_read(self.fileno))):  # none yet: half a character; to feed it is the end
                for event in parser.feed(keys):
                    self.process_message(event)
            for event in parser.tick():
                self.process_message(event)


def _read(fileno: int) -> bytes:
    """Some bytes of a terminal. Raises OSError or EOFError where it is gone."""
    if keys := os.read(fileno, _AT_ONCE):
        return keys
    raise EOFError


def buffered(stream: TextIO) -> TextIO:
    """The same stream, with a buffer if it has none, as PYTHONUNBUFFERED wants it.

    Without one, Python drops the rest of what a signal interrupts, such as that of a terminal that gets another size.
    """
    if not isinstance(stream.buffer, io.RawIOBase):
        return stream
    return open(stream.fileno(), "w", encoding=stream.encoding, errors=stream.errors, closefd=False)


class _Output:
    """A stream that tells, instead of failing, that it cannot be written to."""

    def __init__(self, stream: TextIO, tell: Callable[[], None]) -> None:
        self._stream = stream
        self._tell = tell

    def write(self, text: str) -> None:
        """Write text, or tell that one cannot."""
        try:
            self._stream.write(text)
        except OSError:
            self._tell()

    def flush(self) -> None:
        """Write what waits, or tell that one cannot."""
        try:
            self._stream.flush()
        except OSError:
            self._tell()


class _Threads(ThreadPoolExecutor):
    """The threads of the app, which does not wait for them when it ends: nobody sees any more what they make."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let no more begin."""
        super().shutdown(wait=False, cancel_futures=True)
