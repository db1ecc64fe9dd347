"""Who may ask the server for anything: those who know its token, by an address that is its own.

A page of another site must not speak to the server through the browser of somebody who may: neither by opening a
WebSocket to it, which browsers allow to any page (the Origin tells), nor by giving its own name the server's number
(DNS rebinding: the Host tells).
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of a token that is made: none looks like another one, for it may be typed from a projector."""

_SHORTEST = 6
"""Letters of a token that somebody chose."""


@dataclass(frozen=True)
class Admission:
    """The token, "" where there is none, and the names by which the server is called beside its numbers.

    `origin` is what browsers say of our page where it has an address of its own: a proxy may hand on another Host.
    """

    token: str
    names: frozenset[str]
    origin: str = ""

    @property
    def prefix(self) -> str:
        """What every path of the server begins with."""
        return f"/{self.token}" if self.token else ""

    def knows_token(self, path: str) -> bool:
        """Whether a path begins with the token; how long it takes to say so tells nothing of how near it was."""
        first = path.removeprefix("/").partition("/")[0]
        return not self.token or hmac.compare_digest(first.encode(errors="replace"), self.token.encode())

    def is_ours(self, host: str) -> bool:
        """Whether a Host names this server: by a number, which nobody can give to another site, or by its own name."""
        name = _name_of(host)
        return name is not None and (name in self.names or _is_number(name))

    def is_same_site(self, origin: str | None, host: str) -> bool:
        """Whether a page may open a WebSocket: one of this server, or a program that is no browser and sends none."""
        return origin is None or origin.lower() in {
            f"http://{host.lower()}",
            f"https://{host.lower()}",
            self.origin,
        } - {""}


def admission_of(token: str | None, names: Iterable[str], public: str = "") -> Admission:
    """Admission with a token that was chosen, one that is made ("" was given), or none (None).

    `public` is the address that browsers are given, where it is another one.

    Raises Problem for one that cannot stand in an address, or that is guessed too soon.
    """
    if token and not re.fullmatch(rf"[A-Za-z0-9_-]{{{_SHORTEST},}}", token):
        what = f"this token is not made of {_SHORTEST} or more letters, digits, - and _"
        raise Problem(what, hint="--token alone makes one")
    address = urlsplit(public.lower())
    called = frozenset(name.lower() for name in (*names, address.hostname or "") if name)
    origin = f"{address.scheme}://{address.netloc}" if public else ""
    return Admission(made_token() if token == "" else token or "", called, origin)


def made_token() -> str:
    """Twelve letters and digits that nobody guesses (59 bits), in groups that can be typed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def _name_of(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_number(name: str) -> bool:
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
