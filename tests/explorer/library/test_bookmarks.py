"""The file of places in lessons: what cannot be read of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from attn_explore.explorer.library.bookmarks import NAME, Bookmarks
from attn_explore.explorer.library.kept import OnDisk, data_file
from attn_explore.explorer.session.session import Session
from tests.explorer.conftest import Explore, session_of

BOOKMARKS = Bookmarks(OnDisk())


@pytest.fixture
def file_of(tmp_path: Path) -> Session:
    data_file(NAME).parent.mkdir(parents=True, exist_ok=True)
    path = tmp_path / "mine.yaml"
    path.write_text("input: {text: I am}\nlesson: [{at: encoder.input, say: One}, {at: encoder.embedding, say: Two}]")
    return session_of(str(path))


UNREADABLE = (b"", b"\xff\xfe", b"[1]", b"{", b'{"a": 1,}', b"[" * 100_000, b" " * 2**21)


@pytest.mark.parametrize("written", UNREADABLE, ids=lambda written: repr(written[:8]))
@pytest.mark.parametrize("touch", [BOOKMARKS.keep, BOOKMARKS.resume, lambda _: BOOKMARKS.forget("x")])
def test_places_that_cannot_be_read_are_kept_aside_and_never_written_over(
    file_of: Session, written: bytes, touch: Callable[[Session], object]
) -> None:
    path = data_file(NAME)
    for kept in ("lessons.json.bad", "lessons.json.bad2"):
        path.write_bytes(written)
        touch(file_of)
        assert path.with_name(kept).read_bytes() == written


def test_places_that_can_be_read_are_not_put_aside(file_of: Session) -> None:
    BOOKMARKS.keep(file_of)
    assert BOOKMARKS.set_aside() is None
    assert not list(data_file(NAME).parent.glob("*.bad*"))


async def test_it_is_said_that_places_were_kept_aside(explore: Explore) -> None:
    data_file(NAME).parent.mkdir(parents=True, exist_ok=True)
    data_file(NAME).write_text('{"i-love-my-dog": {"stop": 1, "of": 9},}')
    async with explore("i-love-my-dog") as (pilot, _):
        said = [notification.message for notification in pilot.app._notifications]
        assert any("lessons.json.bad" in message and "begin anew" in message for message in said)
