"""Where the server listens, and the addresses by which browsers find it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from ipaddress import ip_address

from attn_explore.model.problems import Problem

_WAITING = 128
"""Connections that wait until they are taken."""


def listen(host: str, port: int) -> socket.socket:
    """Listen there. Raises Problem where that cannot be."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as error:
        hint = "127.0.0.1 is for this machine alone, 0.0.0.0 for all that reach it"
        raise Problem(f"there is no host {host}", hint=hint) from error
    try:
        return socket.create_server(address[:2], family=family, backlog=_WAITING)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error


def _cannot_listen(host: str, port: int, error: OSError) -> Problem:
    if error.errno == errno.EADDRINUSE:
        return Problem(f"port {port} is taken", hint="another --port, or --port 0 for one that is free")
    if error.errno == errno.EACCES:
        return Problem(f"port {port} is not for everybody to listen on", hint="a --port from 1024 on")
    if error.errno == errno.EADDRNOTAVAIL:
        return Problem(f"this machine has no address {host}", hint="0.0.0.0 stands for all that it has")
    return Problem(f"cannot listen on {host}, port {port}: {error.strerror}")


def is_beyond_this_machine(listening: socket.socket) -> bool:
    """Whether other machines can reach it."""
    return not ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def addresses(listening: socket.socket) -> list[str]:
    """The addresses that a browser can be given."""
    number, port = listening.getsockname()[:2]
    numbers = (
        list(_numbers_of_machine()) or [number] if ip_address(number.partition("%")[0]).is_unspecified else [number]
    )
    return [f"http://[{each}]:{port}" if ":" in each else f"http://{each}:{port}" for each in numbers]


def _numbers_of_machine() -> Iterator[str]:
    """What others reach this machine by, in the order of its networks; IPv4, which can be typed."""
    import psutil

    for network in psutil.net_if_addrs().values():
        for each in network:
            if each.family == socket.AF_INET and not ip_address(each.address).is_loopback:
                yield each.address


def own_names() -> list[str]:
    """What this machine is called, on itself and by others of its network."""
    name = socket.gethostname()
    return ["localhost", name, f"{name.partition('.')[0]}.local"]
