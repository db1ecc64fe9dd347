"""The command that serves the explorer to browsers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand

from attn_explore.explorer.commands.options import complete_source

if TYPE_CHECKING:
    from socket import socket

    from attn_explore.explorer.serving.admission import Admission
    from attn_explore.explorer.serving.rules import Rules

_LEAST_MEMORY = 160 * 10**6
"""Bytes that a visitor needs to take the first steps of a lesson."""


class WithToken(TyperCommand):
    """A command whose `--token` may stand alone: then one is made."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read the options, `--token` as `--token=`."""
        return super().parse_args(ctx, ["--token=" if each == "--token" else each for each in args])


def serve(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WHAT]...",
            help="What may be opened: bundled names, YAML files, traces, models. Default: the bundled lessons.",
            autocompletion=complete_source,
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Listen there. 0.0.0.0: for all who reach this machine.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option("--port", metavar="PORT", min=0, max=65535, help="And at this port. 0: one that is free."),
    ] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="[=WORD]",
            help="Let in only who has the whole address, which begins with this word; alone, one is made.",
            show_default=False,
        ),
    ] = None,
    visitors: Annotated[int, typer.Option("--visitors", metavar="N", min=1, help="So many at once.")] = 40,
    memory: Annotated[
        str, typer.Option("--memory", metavar="SIZE", help="Memory of each that is not shared (on Linux).")
    ] = "300MB",
    time: Annotated[str, typer.Option("--time", metavar="TIME", help="Computing time of each.")] = "10min",
    idle: Annotated[str, typer.Option("--idle", metavar="TIME", help="End who presses no key for so long.")] = "30min",
    public_url: Annotated[
        str,
        typer.Option(
            "--public-url",
            metavar="URL",
            help="The address that browsers are given, where it is another one: that of a proxy, or a name.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Serve the explorer to browsers: for a class without installs.

    The address is printed; Ctrl+C ends it. Each visitor has a process of their own, with the limits below. They open
    what is named here and nothing else, write nothing on this machine, and get what they save as downloads. Their
    places are kept until they leave; a page that is loaded again within two minutes goes on where it was.

    Where other machines can reach it, give it a --token. What is sent is not encrypted: on networks that are not yours,
    put a proxy with HTTPS before it, and name its address with --public-url.
    """
    rules = _rules(visitors, memory, time, idle)
    admission = _admission(token, public_url)
    _need_textual_serve()
    allowed = tuple(map(_findable, what or ()))
    raise typer.Exit(_serve(allowed, rules, admission, host, port, public_url))


def _rules(visitors: int, memory: str, time: str, idle: str) -> Rules:
    from attn_explore.explorer.serving.rules import Rules
    from attn_explore.explorer.system.limits import parse_size, parse_time
    from attn_explore.model.problems import Problem

    rules = Rules(visitors, parse_size(memory), max(1, round(parse_time(time))), parse_time(idle))
    if rules.memory < _LEAST_MEMORY:
        raise Problem(f"{memory} is too little memory for a visitor", hint=f"at least {_LEAST_MEMORY // 10**6}MB")
    return rules


def _admission(token: str | None, public_url: str) -> Admission:
    from attn_explore.explorer.serving.admission import admission_of
    from attn_explore.explorer.serving.listening import own_names
    from attn_explore.model.problems import Problem

    if public_url and not _is_address(public_url):
        raise Problem(f"{public_url} is no address", hint="write it like https://lessons.example.org")
    return admission_of(token, own_names(), public_url)


def _is_address(url: str) -> bool:
    from urllib.parse import urlsplit

    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.hostname)


def _need_textual_serve() -> None:
    from importlib.util import find_spec

    from attn_explore.model.problems import Problem

    if not hasattr(os, "fork"):
        raise Problem("serving needs a system that can fork processes", hint="Linux, macOS, or Linux in WSL")
    if find_spec("textual_serve") is None:
        hint = "pip install 'attn-explore[serve]'"
        raise Problem("serving to browsers needs textual-serve, which is not installed", hint=hint)


def _findable(name: str) -> str:
    """How a visitor's process finds it. Raises Problem where there is nothing of this name, or it has faults.

    So it is for the model that a scenario names: whoever serves it can get it, a visitor cannot.
    """
    from attn_explore.explorer.commands.common import find_source
    from attn_explore.explorer.session.course import named
    from attn_explore.model.opened import model_by_name

    source = find_source(name)
    if source.scenario is not None and source.model is None:
        model_by_name(source.scenario)
    return os.path.abspath(name) if name not in named() and Path(name).exists() else name


def _serve(allowed: tuple[str, ...], rules: Rules, admission: Admission, host: str, port: int, public_url: str) -> int:
    """Serve until a signal comes, and leave nothing behind."""
    from attn_explore.explorer.serving.forking import end_forking, start_forking
    from attn_explore.explorer.serving.listening import listen
    from attn_explore.explorer.system.served import Served

    listening = listen(host, port)
    try:
        start_forking()
        from attn_explore.explorer.serving.server import VisitorsServer  # while the other process imports, too

        server = VisitorsServer(Served(allowed), rules, admission)
        _tell(listening, admission, public_url)
        return server.run(listening)
    finally:
        end_forking()


def _tell(listening: socket, admission: Admission, public_url: str) -> None:
    """Say what has to be known, then print the address: whoever reads it may open it, or end the server."""
    from attn_explore.explorer.serving.listening import addresses, is_beyond_this_machine
    from attn_explore.explorer.system.exits import say

    if is_beyond_this_machine(listening) and not admission.token:
        say("warning: whoever reaches this machine can open it, for there is no --token")
    say("Ctrl+C ends it.")
    for address in [public_url.rstrip("/")] if public_url else addresses(listening):
        print(f"{address}{admission.prefix}/", flush=True)
