"""The server: textual-serve's, with our page, our rules, and visitors that are forked instead of started."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

import aiohttp_jinja2
import jinja2
import textual_serve
from aiohttp import WSMsgType, web
from aiohttp.web_runner import GracefulExit
from textual_serve.server import Server, to_int

from attn_explore.explorer.serving.admission import Admission
from attn_explore.explorer.serving.downloads import Downloads
from attn_explore.explorer.serving.messages import LARGEST, Focused, Message, Pinged, Resized, Typed, message_of
from attn_explore.explorer.serving.rules import Rules, bounded
from attn_explore.explorer.serving.visit import PATIENCE, Page, Visit
from attn_explore.explorer.serving.visits import Visits
from attn_explore.explorer.serving.words import FULL, NOT_UNDERSTOOD
from attn_explore.explorer.system.served import Served
from attn_explore.explorer.system.signals import BY_SIGNAL, ending_signals, held_back

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PAGE = Path(__file__).parent / "page"
_OF_TEXTUAL = Path(textual_serve.__file__).parent / "static"

_HEARTBEAT = 15.0
"""Seconds without a word after which a page is asked whether it is still there."""

_FONT_SIZES = (6, 40)
"""Pixels: what `?fontsize=` may ask for."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What a page may do: nothing with other sites."""


class VisitorsServer(Server):
    """Serves the app to visitors in browsers."""

    def __init__(self, served: Served, rules: Rules, admission: Admission) -> None:
        super().__init__("", title="attn-explore", templates_path=_PAGE)
        self._admission = admission
        self._downloads = self.download_manager = Downloads()
        self._visits = Visits(served, rules, self._downloads)
        logging.getLogger("textual-serve").addHandler(logging.NullHandler())  # pages are told what happened

    def run(self, listening: socket.socket) -> int:
        """Serve until a signal comes, and give the status to end with."""
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a page that is gone is no end of the server
        with held_back():  # a loop that is half made complains when it goes
            loop = asyncio.new_event_loop()
        ended_by: list[int] = []
        for number in ending_signals():
            loop.add_signal_handler(number, partial(self._leave, ended_by, number))
        web.run_app(self._make_app(), sock=listening, handle_signals=False, print=None, access_log=None, loop=loop)
        return BY_SIGNAL + ended_by[0]

    def _leave(self, ended_by: list[int], number: signal.Signals) -> None:
        ended_by.append(number)
        if len(ended_by) == 1:  # a second one changes nothing: all is being put away already
            raise GracefulExit

    async def _make_app(self) -> web.Application:
        """Routes, all below the token, and what is asked of everybody."""
        app = web.Application(middlewares=[self._admit])
        aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(self.templates_path))
        prefix = self._admission.prefix
        app.add_routes(
            [
                web.get(f"{prefix}/", self.handle_index, name="index"),
                web.get(f"{prefix}/ws", self.handle_websocket, name="websocket"),
                web.get(f"{prefix}/download/{{key}}", self.handle_download, name="download"),
                web.static(f"{prefix}/static", _OF_TEXTUAL, name="static"),
                web.static(f"{prefix}/page", _PAGE / "static", name="page"),
            ]
        )
        if prefix:
            app.add_routes([web.get(prefix, self._to_index)])
        app.on_response_prepare.append(_keep_to_itself)
        app.on_shutdown.append(self.on_shutdown)
        return app

    async def on_shutdown(self, app: web.Application) -> None:
        """End all visits: nothing is left behind."""
        await self._visits.end()

    # --- who may ask

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return self._refused(request) or await handler(request)

    def _refused(self, request: web.Request) -> web.Response | None:
        """Why somebody may not ask for something, as a page; None where they may."""
        if not self._admission.is_ours(request.host):
            hint = f"Whoever runs it can say that it does: attn-explore serve --public-url http://{request.host}"
            return _refusal(request, 421, "This server does not go by that name.", hint)
        if not self._admission.knows_token(request.path):
            hint = "Ask whoever gave it to you for all of it: it ends with a word of letters and digits."
            return _refusal(request, 403, "Something is missing from this address.", hint)
        if "Upgrade" in request.headers and not self._admission.is_same_site(
            request.headers.get("Origin"), request.host
        ):
            return _refusal(request, 403, "A page of another site asks.", "Open the address of this server by itself.")
        return None

    # --- pages

    async def _to_index(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(f"{self._admission.prefix}/")

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page that shows the app."""
        least, most = _FONT_SIZES
        size = to_int(request.query.get("fontsize", ""), 0)
        told = {"title": self.title, "font_size": min(max(size, least), most) if size else ""}
        return aiohttp_jinja2.render_template("index.html", request, told)

    async def handle_download(self, request: web.Request) -> web.StreamResponse:
        """A file that the app has for the browser, to be kept there and not shown."""
        try:
            download = self._downloads.claim(request.match_info["key"])
        except KeyError:
            return _refusal(request, 404, "There is no such file, or it was fetched already.", "Save it once more.")
        response = web.StreamResponse()
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(download.file_name, safe='')}"
        response.content_type = download.mime_type or "application/octet-stream"
        with suppress(ConnectionError):  # whoever fetches it has left
            await response.prepare(request)
            async for part in self._downloads.download(download.delivery_key):
                await response.write(part)
            await response.write_eof()
        return response

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Bring what a visitor types to their app, and what it draws to the page."""
        websocket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=LARGEST, timeout=PATIENCE)
        await websocket.prepare(request)
        page = Page(websocket, request.transport)
        size = bounded(to_int(request.query.get("width", ""), 80), to_int(request.query.get("height", ""), 24))
        found = await self._visits.visit(request.query.get("visit", ""), page, size)
        if found is None:
            await page.close(*FULL)
            return websocket
        visit, is_new = found
        try:
            await websocket.send_json(["visit", "new" if is_new else "same"])
            await self._listen_to(page, visit)
        except ConnectionError:
            pass
        finally:
            visit.is_left_by(page)
        return websocket

    async def _listen_to(self, page: Page, visit: Visit) -> None:
        """Heed what a page says until it is gone, or says what it never would by itself."""
        async for message in page.websocket:
            if message.type != WSMsgType.TEXT:
                continue
            try:
                told = message_of(message.data)
            except ValueError:
                return await page.close(*NOT_UNDERSTOOD)
            await _heed(told, page, visit)
            await asyncio.sleep(0)  # who sends without end does not keep the others waiting
        return None


async def _heed(message: Message, page: Page, visit: Visit) -> None:
    match message:
        case Typed(keys):
            visit.is_used()
            await visit.send_bytes(keys)
        case Resized(width, height):
            await visit.set_terminal_size(width, height)
        case Pinged(text):
            await page.websocket.send_json(["pong", text])
        case Focused():
            pass


def _refusal(request: web.Request, status: int, words: str, hint: str) -> web.Response:
    return aiohttp_jinja2.render_template("refused.html", request, {"words": words, "hint": hint}, status=status)


async def _keep_to_itself(request: web.Request, response: web.StreamResponse) -> None:
    """Tell the browser to ask nobody else, and to give the address, which has the token, to nobody."""
    if not isinstance(response, web.WebSocketResponse):
        response.headers["Content-Security-Policy"] = _POLICY.format(host=request.host)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        is_of_all = isinstance(response, web.FileResponse)
        response.headers["Cache-Control"] = "no-cache" if is_of_all else "no-store"
