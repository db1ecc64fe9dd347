"""Who is there: the visits that go on, each known by a key that its page made and nobody guesses."""

from __future__ import annotations

import asyncio
import re
import secrets

from textual_serve.download_manager import DownloadManager

from attn_explore.explorer.serving.rules import Rules
from attn_explore.explorer.serving.visit import Page, Visit
from attn_explore.explorer.serving.words import LEFT
from attn_explore.explorer.system.served import Served

_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)
"""At least as many letters as 128 bits need."""


class Visits:
    """Lets visitors in as long as there is a place, and back to where they were when their page comes again."""

    def __init__(self, served: Served, rules: Rules, downloads: DownloadManager) -> None:
        self._served, self._rules, self._downloads = served, rules, downloads
        self._going_on: dict[str, Visit] = {}

    async def visit(self, key: str, page: Page, size: tuple[int, int]) -> tuple[Visit, bool] | None:
        """The visit that a page shows from now on, and whether it is a new one; None where every place is taken."""
        if key in self._going_on:
            visit = self._going_on[key]
            await visit.show_on(page, size)
            return visit, False
        if not self._has_room():
            return None
        key = key if _KEY.fullmatch(key) else secrets.token_urlsafe()
        visit = Visit(self._served, self._rules, self._downloads, lambda _: self._going_on.pop(key, None))
        self._going_on[key] = visit
        await visit.begin(page, size)
        return visit, True

    def _has_room(self) -> bool:
        """Whether another one may come, if need be in the place of somebody whose page is gone."""
        if len(self._going_on) < self._rules.visitors:
            return True
        unseen = next((key for key, visit in self._going_on.items() if not visit.is_seen), None)
        if unseen is None:
            return False
        self._going_on.pop(unseen).end(LEFT)
        return True

    async def end(self) -> None:
        """End all of them."""
        await asyncio.gather(*(visit.stop() for visit in list(self._going_on.values())))
