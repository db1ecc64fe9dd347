"""Textual's driver of a page in a browser, for one that may be gone, and come back."""

from __future__ import annotations

import os
from asyncio import AbstractEventLoop, get_running_loop
from codecs import getincrementaldecoder
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, Literal, TextIO

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver
from textual.geometry import Size

from attn_explore.explorer.serving.words import OUT_OF_MEMORY

NOBODY_THERE = 0
"""The status of a process whose server is gone: nobody reads it."""

REDRAW = "redraw"
"""What the server says when another page shows the app from now on."""


class BrowserDriver(WebDriver):
    """Draws everything again for a page that comes back, and ends with the server.

    A page that does not read makes the app wait when it writes, so that what is not read takes no memory.
    """

    _loop: AbstractEventLoop

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._write = partial(self._write_all)
        self._writing = Lock()

    def _write_all(self, data: bytes) -> int:
        """Write a packet whole: what is drawn, and the parts of a file, come from several threads."""
        left = memoryview(data)
        try:
            with self._writing:
                while left:
                    left = left[os.write(self.fileno, left) :]
        except OSError:
            os._exit(NOBODY_THERE)
        return len(data)

    def start_application_mode(self) -> None:
        """Begin to draw; keys are heeded from the first one on, wherever on the page they come from."""
        self._loop = get_running_loop()
        super().start_application_mode()
        self._app.call_later(self._app.post_message, events.AppFocus())  # Textual waits for the terminal to be clicked

    def run_input_thread(self) -> None:
        """Read what the page sends until the app ends. A process that nobody talks to any more ends at once.

        Textual's own goes on without a word when this fails, and then nothing reads what is typed.
        """
        try:
            self._read_input()
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        if not self.exit_event.is_set():
            os._exit(NOBODY_THERE)

    def _read_input(self) -> None:
        parser, packets = XTermParser(self._debug), ByteStream()
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        for read in self._input_reader:
            for kind, content in packets.feed(read) if read else ():
                if kind != "D":
                    self._on_meta(kind, content)
                elif keys := decode(content):  # none: to feed it is the end
                    for event in parser.feed(keys):
                        self.process_message(event)
            for event in parser.tick():
                self.process_message(event)

    def deliver_binary(
        self,
        binary: BinaryIO | TextIO,
        *,
        delivery_key: str,
        save_path: Path,
        open_method: Literal["browser", "download"] = "download",
        encoding: str | None = None,
        mime_type: str | None = None,
        name: str | None = None,
    ) -> None:
        """Offer a file to the page by its name alone. Textual's own looks where links of this name lead on our disk."""
        binary.seek(0)
        self._deliveries[delivery_key] = binary
        told = {"open_method": open_method, "encoding": encoding or "", "mime_type": mime_type or "", "name": name}
        self.write_meta({"type": "deliver_file_start", "key": delivery_key, "path": save_path.name, **told})

    def on_meta(self, packet_type: str, payload: dict[str, Any]) -> None:
        """Heed what the server says beside the keys."""
        if packet_type == REDRAW:
            self._size = payload["width"], payload["height"]
            self._loop.call_soon_threadsafe(self._redraw)
        else:
            super().on_meta(packet_type, payload)

    def _redraw(self) -> None:
        """Set the page up as the first one was, and draw all of the screen."""
        self.write("\x1b[?1049h\x1b[?25l")
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        size = Size(*self._size or (80, 24))
        self._app.post_message(events.Resize(size, size))
        self._app.screen.refresh()
