"""A Chromium without a window, spoken to as its own developer tools do (the Chrome DevTools Protocol).

No driver of browsers is needed for that, only a websocket; aiohttp comes with textual-serve.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

PATIENCE = 60
"""Seconds after which what does not come to be so is a fault; nothing that works takes so long."""

LOOK_EVERY = 0.05

_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # who runs tests as root, in a container
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-background-timer-throttling",  # all windows are before somebody
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--remote-debugging-port=0",
)

_SEE_WITHIN = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...told) {
    super(...told);
    sockets.push(this);
  }
};
Object.defineProperty(Object.prototype, "Terminal", {
  configurable: true,
  set(made) {
    const seen = typeof made !== "function" ? made : new Proxy(made, {
      construct: (...told) => (window.terminal = Reflect.construct(...told)),
    });
    if (seen) Object.defineProperty(this, "Terminal", { value: seen, writable: true, configurable: true });
  },
});
"""
"""Keeps the connections of the page, and its terminal (xterm.js), which draws letters as pixels, to be looked at."""

_LOOK = """
window.lines = () => Array.from({ length: window.terminal?.rows ?? 0 }, (_, row) => {
  const { active } = terminal.buffer;
  return active.getLine(active.viewportY + row)?.translateToString(true) ?? "";
}).join("\\n");
window.answerOf = (parts) => new Promise((seen) => {
  let pressed = NaN;
  addEventListener("keydown", (event) => (pressed = event.timeStamp), { capture: true, once: true });
  const drawing = terminal.onRender(() => {
    const text = lines();
    if (!parts.every((part) => text.includes(part))) return;
    drawing.dispose();
    seen(performance.now() - pressed);
  });
});
"""
"""What the terminal shows; and how many milliseconds after the next key it has drawn some texts."""

_KEYS = {
    "Enter": (13, "\r"),
    "Escape": (27, ""),
    "ArrowLeft": (37, ""),
    "ArrowUp": (38, ""),
    "ArrowRight": (39, ""),
    "ArrowDown": (40, ""),
}
"""The codes of keys that are no letters, and what they type."""


def chromium() -> str | None:
    """The program, if there is one."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


@dataclass
class Connection:
    """A connection to the developer tools of a browser, or to those of one of its pages."""

    socket: ClientWebSocketResponse
    _numbers: count[int] = field(default_factory=lambda: count(1))

    async def tell(self, method: str, **told: Any) -> dict[str, Any]:
        """Call a method, and give what it answers."""
        number = next(self._numbers)
        await self.socket.send_json({"id": number, "method": method, "params": told})
        async for message in self.socket:
            found = json.loads(message.data)
            if found.get("id") == number:
                assert "error" not in found, (method, found["error"])
                result: dict[str, Any] = found["result"]
                return result
        raise AssertionError(f"the browser is gone: {method}")


@dataclass
class Page:
    """A page of the browser, which puts what it downloads into a folder."""

    downloads: Path
    connection: Connection
    patience: float = PATIENCE

    async def tell(self, method: str, **told: Any) -> dict[str, Any]:
        """Call a method of the page, and give what it answers."""
        return await self.connection.tell(method, **told)

    async def look_like(self, width: int, height: int, *, is_phone: bool = False) -> None:
        """Have a size in pixels; a phone has a finger, too."""
        await self.tell(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone
        )
        await self.tell("Emulation.setTouchEmulationEnabled", enabled=is_phone)

    async def before(self, script: str) -> None:
        """Run JavaScript in every page, before its own."""
        await self.tell("Page.addScriptToEvaluateOnNewDocument", source=script)

    async def open(self, address: str) -> None:
        """Go to an address."""
        await self.tell("Page.navigate", url=address)

    async def reload(self) -> None:
        """Load the page again."""
        await self.tell("Page.reload")

    async def run(self, script: str) -> Any:
        """Run JavaScript there, and give what it comes to."""
        found = await self.tell("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other: letters, or `Enter`, `ArrowRight`."""
        for key in keys:
            code, text = _KEYS[key] if key in _KEYS else (ord(key.upper()) if key.isalnum() else 0, key)
            told = {"key": key, "windowsVirtualKeyCode": code}
            await self.tell("Input.dispatchKeyEvent", type="keyDown", text=text, **told)
            await self.tell("Input.dispatchKeyEvent", type="keyUp", **told)

    async def seconds_to_answer(self, key: str, *parts: str) -> float:
        """Press a key, and give how long it took, as the page saw it, until the terminal had drawn all of these."""
        await self.tell("Runtime.evaluate", expression=f"window.answer = answerOf({json.dumps(parts)})")
        await self.press(key)
        try:
            async with asyncio.timeout(self.patience):
                return float(await self.run("answer")) / 1000
        except TimeoutError:
            raise AssertionError(f"{parts} never came, but\n{await self.text()}") from None

    async def click(self, x: float, y: float) -> None:
        """Click somewhere."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def text(self) -> str:
        """What the terminal of the page shows."""
        return str(await self.run("lines()"))

    async def shows(self, *parts: str) -> str:
        """Wait until the terminal shows all of these, and give all that it shows."""
        return await self._until(self.text, lambda text: all(part in text for part in parts), parts)

    async def comes_to(self, script: str, wanted: object) -> None:
        """Wait until some JavaScript comes to this."""
        await self._until(lambda: self.run(script), lambda found: found == wanted, (script, wanted))

    async def downloaded(self, name: str) -> bytes:
        """Wait for a file, and read it."""

        async def found() -> bool:
            return (self.downloads / name).exists()

        await self._until(found, bool, name)
        return (self.downloads / name).read_bytes()

    async def _until(self, ask: Callable[[], Any], is_so: Callable[[Any], bool], wanted: object) -> Any:
        last = asyncio.get_running_loop().time() + self.patience
        found = None
        while asyncio.get_running_loop().time() < last:
            with suppress(AssertionError):  # the page is being loaded
                if is_so(found := await ask()):
                    return found
            await asyncio.sleep(LOOK_EVERY)
        raise AssertionError(f"{wanted} never came, but\n{found}")

    async def picture(self, path: Path) -> None:
        """What it looks like, as PNG."""
        found = await self.tell("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(found["data"]))


@dataclass
class Browser:
    """A browser that runs, and whose files are in a folder."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    session: ClientSession
    connection: Connection

    @asynccontextmanager
    async def page(self, patience: float = PATIENCE) -> AsyncIterator[Page]:
        """Open a window that shares nothing with the others; what it downloads is in a folder of its own."""
        context = (await self.connection.tell("Target.createBrowserContext"))["browserContextId"]
        downloads = self.folder / f"downloads-{context}"
        downloads.mkdir()
        told = {"behavior": "allow", "downloadPath": str(downloads)}
        await self.connection.tell("Browser.setDownloadBehavior", browserContextId=context, **told)
        window = {"url": "about:blank", "browserContextId": context, "newWindow": True}
        target = (await self.connection.tell("Target.createTarget", **window))["targetId"]
        address = f"ws://127.0.0.1:{self.port}/devtools/page/{target}"
        async with self.session.ws_connect(address, max_msg_size=0) as socket:
            page = Page(downloads, Connection(socket), patience)
            await page.tell("Page.enable")
            await page.tell("Emulation.setFocusEmulationEnabled", enabled=True)
            await page.before(_SEE_WITHIN + _LOOK)
            yield page


@asynccontextmanager
async def browser_in(folder: Path, program: str) -> AsyncIterator[Browser]:
    """Start a browser whose files are in a folder, and end it."""
    profile = folder / "profile"
    command = [program, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port, path = await _told(profile / "DevToolsActivePort")
        async with (
            ClientSession() as session,
            session.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0) as socket,
        ):
            yield Browser(process, folder, port, session, Connection(socket))
    finally:
        process.terminate()
        process.wait()


@asynccontextmanager
async def page_of_browser(program: str, folder: Path) -> AsyncIterator[Page]:
    """Start a browser for one page."""
    async with browser_in(folder, program) as browser, browser.page() as page:
        yield page


async def _told(file: Path) -> tuple[int, str]:
    """Where the browser listens, as it says in a file: a port and a path."""
    last = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < last:
        if file.exists() and len(lines := file.read_text("utf-8").splitlines()) > 1:
            return int(lines[0]), lines[1]
        await asyncio.sleep(LOOK_EVERY)
    raise AssertionError("the browser does not start")
