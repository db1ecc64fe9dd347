"""Files that a visitor's app has for the browser: each is fetched once, by a key that nobody guesses."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from textual_serve.download_manager import Download, DownloadManager

MOST_WAITING = 20
"""Files of one visitor that wait to be fetched; the oldest are forgotten first."""


class Downloads(DownloadManager):
    """Textual-serve's, which never forgets a file that nobody fetches, and lets two fetch parts of one."""

    def __init__(self) -> None:
        super().__init__()
        self._fetched: set[str] = set()

    def claim(self, key: str) -> Download:
        """The file that is fetched from now on. Raises KeyError where there is none, or somebody fetches it already."""
        if key in self._fetched:
            raise KeyError(key)
        download = self._active_downloads[key]
        self._fetched.add(key)
        return download

    async def download(self, delivery_key: str) -> AsyncGenerator[bytes, None]:
        """The parts of a file that was claimed."""
        try:
            async for part in super().download(delivery_key):
                yield part
        finally:
            self._fetched.discard(delivery_key)
            self._active_downloads.pop(delivery_key, None)

    async def create_download(self, *, app_service: Any, **told: Any) -> None:
        """A file is ready to be fetched."""
        waiting = self._waiting_of(app_service.app_service_id)
        for key in waiting[: max(0, len(waiting) + 1 - MOST_WAITING)]:
            del self._active_downloads[key]
        await super().create_download(app_service=app_service, **told)

    async def cancel_app_downloads(self, app_service_id: str) -> None:
        """A visitor is gone: what is fetched ends, what waits is forgotten."""
        await super().cancel_app_downloads(app_service_id)
        for key in self._waiting_of(app_service_id):
            del self._active_downloads[key]

    def _waiting_of(self, app_service_id: str) -> list[str]:
        active = self._active_downloads.items()
        own = [key for key, download in active if download.app_service.app_service_id == app_service_id]
        return [key for key in own if key not in self._fetched]
