"""How the server is started, what is refused before it listens, and that nothing is left when it ends."""

from __future__ import annotations

import shlex
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from attn_explore.explorer.commands.examples import EXAMPLES
from attn_explore.explorer.serving import words
from attn_explore.explorer.session.course import bundled
from tests.explorer.serving.browsing import PATIENCE, page, served
from tests.program import Ended, here, is_refusal

pytestmark = pytest.mark.xdist_group("serving")

Run = Callable[..., Ended]


@pytest.fixture
def attn(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: here(capsys, *arguments)


@pytest.mark.parametrize("line", EXAMPLES["serve"])
def test_every_example_prints_an_address_and_ends_with_ctrl_c(
    line: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(bundled()["multi-head"], tmp_path / "my.yaml")
    with served(tmp_path, *shlex.split(line)[2:]) as server:
        assert server.address.startswith("http://")
        assert server.address.endswith("/")
        assert server.end(signal.SIGINT) == 130
    assert capfd.readouterr().err == "Ctrl+C ends it.\n"  # and no warning: what listens beyond here has a token


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_whatever_ends_the_server_ends_all_its_processes(number: signal.Signals, tmp_path: Path) -> None:
    with served(tmp_path, "encoder-layer") as server:
        async with page(server) as shown:
            await shown.sees("Lesson · 1 of")
            below = psutil.Process(server.process.pid).children(recursive=True)
            assert len(below) >= 2
            assert server.end(number) == (-number if number == signal.SIGKILL else 128 + number)
            code = await shown.is_closed()
            assert number == signal.SIGKILL or code == words.STOPPED.code
        assert not psutil.wait_procs(below, PATIENCE)[1]


def test_only_what_is_named_and_can_be_opened_is_served(attn: Run, tmp_path: Path) -> None:
    (tmp_path / "faulty.yaml").write_text("model: {d_model: -1}\n")
    for wanted in ("no-such-lesson", "missing.yaml", "faulty.yaml"):
        found = attn("serve", "i-love-my-dog", wanted)
        assert (found.status, found.out) == (2, "")
        assert is_refusal(found.err)
        assert wanted in found.err


def test_a_port_that_is_taken_is_told(attn: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        found = attn("serve", "--port", str(port))
    assert (found.status, found.out) == (2, "")
    assert found.err == f"error: port {port} is taken\nhint: another --port, or --port 0 for one that is free\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "no host"), "there is no host no host"),
        (("--host", "192.0.2.1"), "this machine has no address 192.0.2.1"),
        (("--token=x/y/z/t"), "this token is not made of 6 or more letters, digits, - and _"),
        (("--memory", "50MB"), "50MB is too little memory for a visitor"),
        (("--memory", "much"), "much is no size"),
        (("--time", "0s"), "0s is no time"),
        (("--idle", "soon"), "soon is no time"),
        (("--public-url", "example.org"), "example.org is no address"),
        (("--public-url", "http://[::1"), "http://[::1 is no address"),
        (("--visitors", "0"), "Invalid value for '--visitors'"),
        (("--port", "65536"), "Invalid value for '--port'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_listens(options: tuple[str, ...], said: str, attn: Run) -> None:
    found = attn("serve", *([options] if isinstance(options, str) else options))
    assert (found.status, found.out) == (2, "")
    assert is_refusal(found.err)
    assert said in found.err


def test_without_textual_serve_it_says_what_to_install(attn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    found = attn("serve")
    assert (found.status, found.out) == (2, "")
    assert found.err.endswith("hint: pip install 'attn-explore[serve]'\n")


def test_where_others_can_reach_it_without_a_token_it_warns(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with served(tmp_path, "--host", "0.0.0.0"):  # noqa: S104 (a test of just that)
        pass
    assert "warning: whoever reaches this machine can open it, for there is no --token\n" in capfd.readouterr().err
