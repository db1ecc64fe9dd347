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

_LINES = """
Array.from({ length: window.terminal?.rows ?? 0 }, (_, row) => {
  const { active } = terminal.buffer;
  return active.getLine(active.viewportY + row)?.translateToString(true) ?? "";
}).join("\\n")
"""

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
class Page:
    """A page of the browser, which puts what it downloads into a folder."""

    downloads: Path
    socket: ClientWebSocketResponse
    _numbers: count[int] = field(default_factory=lambda: count(1))

    async def tell(self, method: str, **told: Any) -> dict[str, Any]:
        """Call a method of the browser, and give what it answers."""
        number = next(self._numbers)
        await self.socket.send_json({"id": number, "method": method, "params": told})
        async for message in self.socket:
            found = json.loads(message.data)
            if found.get("id") == number:
                assert "error" not in found, (method, found["error"])
                result: dict[str, Any] = found["result"]
                return result
        raise AssertionError(f"the browser is gone: {method}")

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

    async def click(self, x: float, y: float) -> None:
        """Click somewhere."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def text(self) -> str:
        """What the terminal of the page shows."""
        return str(await self.run(_LINES))

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
        last = asyncio.get_running_loop().time() + PATIENCE
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


@asynccontextmanager
async def page_of_browser(program: str, folder: Path) -> AsyncIterator[Page]:
    """Start a browser whose files are in a folder: what it downloads, in `folder / "downloads"`."""
    profile, downloads = folder / "profile", folder / "downloads"
    downloads.mkdir(parents=True)
    command = [program, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = await _port(profile / "DevToolsActivePort")
        async with ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                found = next(each for each in await answer.json() if each["type"] == "page")
            async with session.ws_connect(found["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(downloads, socket)
                await page.tell("Page.enable")
                await page.before(_SEE_WITHIN)
                await page.tell("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
                yield page
    finally:
        process.terminate()
        process.wait()


async def _port(told: Path) -> int:
    """Where the browser listens, as it says in a file."""
    last = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < last:
        if told.exists() and (lines := told.read_text("utf-8").splitlines()):
            return int(lines[0])
        await asyncio.sleep(LOOK_EVERY)
    raise AssertionError("the browser does not start")
