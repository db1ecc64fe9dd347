"""Nobody gets in who lacks the token, by a name that is not the server's, or through a page of another site."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from urllib.parse import urlsplit

import aiohttp
import pytest
from yarl import URL

from attn_explore.explorer.serving.admission import admission_of, made_token
from attn_explore.model.problems import Problem
from tests.explorer.serving.browsing import Server, page, served

pytestmark = pytest.mark.xdist_group("serving")

TOKEN = "apple-tree"  # noqa: S105

PATHS = ("", "ws", "page/page.js", "page/page.css", "static/js/textual.js", "static/css/xterm.css", "download/abc")
"""Everything that there is below the token."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("served"), f"--token={TOKEN}") as found:
        yield found


async def status(server: Server, path: str, **headers: str) -> int:
    """What the server answers, as it is asked: a client would tidy the path up."""
    address = urlsplit(server.address)
    async with aiohttp.ClientSession() as session:
        asked = URL(f"http://{address.netloc}/{path}", encoded=True)
        async with session.get(asked, headers=headers, allow_redirects=False) as answer:
            return answer.status


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_is_had_without_the_token(path: str, server: Server) -> None:
    wrong = (
        "",
        "apple-tre/",
        "apple-trees/",
        "APPLE-TREE/",
        "apple-tree%00/",
        "x/../apple-tree/",
        "static/",
        "?token=apple-tree",
    )
    found = {token: await status(server, f"{token}{path}") for token in wrong}
    assert found == dict.fromkeys(wrong, 403)


@pytest.mark.parametrize("path", ["", "page/page.js", "static/js/textual.js"])
async def test_with_the_token_the_page_is_had(path: str, server: Server) -> None:
    assert await status(server, f"{TOKEN}/{path}") == 200


async def test_the_address_may_lack_its_last_stroke(server: Server) -> None:
    assert await status(server, TOKEN) == 302


@pytest.mark.parametrize(
    "path",
    ["static/", "page/", "static/../../app_service.py", "static/%2e%2e/%2e%2e/server.py", "page/..%2f..%2fserver.py",
     "page//etc/passwd", "static/%2fetc%2fpasswd", "download/..%2f..%2fetc%2fpasswd", "page/../index.html"],
)  # fmt: skip
async def test_no_path_leads_out_of_what_pages_need(path: str, server: Server) -> None:
    assert await status(server, f"{TOKEN}/{path}") in (403, 404)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", ""]
)
async def test_another_name_that_leads_here_gets_nothing(host: str, server: Server) -> None:
    assert await status(server, f"{TOKEN}/", Host=host) == 421


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "192.168.1.7:8000", "LOCALHOST"])
async def test_the_names_and_numbers_of_this_machine_get_the_page(host: str, server: Server) -> None:
    assert await status(server, f"{TOKEN}/", Host=host) == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost", "http://127.0.0.1:1", "file://", "http://[", ""]
)
async def test_a_page_of_another_site_opens_no_visit(origin: str, server: Server) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with page(server, Origin=origin):
            pass
    assert refused.value.status == 403


async def test_a_page_of_this_server_opens_one(server: Server) -> None:
    async with page(server, Origin=f"http://{urlsplit(server.address).netloc}") as shown:
        assert await shown.is_told("visit") == "new"


async def test_who_asks_and_does_not_wait_for_the_answer_ends_nothing(server: Server) -> None:
    address = urlsplit(server.address)
    for _ in range(3):
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(f"GET {address.path}static/js/textual.js HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert await status(server, f"{TOKEN}/") == 200


async def test_a_page_may_speak_with_nobody_else(server: Server) -> None:
    async with aiohttp.ClientSession() as session, session.get(server.address) as answer:
        text = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert "http" not in text
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("token", ["short", "with space", "a/b/c/d/e", "../../etc", "äpfelbaum", "%41pple-tree"])
def test_a_token_that_cannot_stand_in_an_address_is_refused(token: str) -> None:
    with pytest.raises(Problem):
        admission_of(token, [])


def test_a_token_that_is_made_is_another_one_each_time() -> None:
    assert len({made_token() for _ in range(100)}) == 100


def test_a_public_name_is_a_name_of_the_server() -> None:
    admission = admission_of(None, ["localhost"], "https://Lessons.example.org:8443/class")
    assert admission.is_ours("lessons.example.org")
    assert not admission.is_ours("example.org")
    assert not admission.is_ours("")


def test_a_proxy_may_hand_on_another_host_than_the_page_has() -> None:
    admission = admission_of(None, ["localhost"], "https://lessons.example.org")
    assert admission.is_same_site("https://lessons.example.org", "127.0.0.1:8000")
    for other in ("http://lessons.example.org", "https://example.org", "https://lessons.example.org.evil.example", ""):
        assert not admission.is_same_site(other, "127.0.0.1:8000")
    assert not admission_of(None, ["localhost"]).is_same_site("", "127.0.0.1:8000")
