"""The file of panels that were made wider or closed."""

from __future__ import annotations

import pytest

from attn_explore.explorer.library.arrangement import NAME, Arrangement, Arrangements
from attn_explore.explorer.library.kept import OnDisk, data_file
from tests.explorer.library.test_bookmarks import UNREADABLE

ARRANGEMENTS = Arrangements(OnDisk())


def write(text: bytes) -> None:
    data_file(NAME).parent.mkdir(parents=True, exist_ok=True)
    data_file(NAME).write_bytes(text)


def test_what_is_kept_is_read_again_and_other_sizes_stay() -> None:
    ARRANGEMENTS.keep({"normal": Arrangement(words=40, shows_tree=True), "wide": Arrangement(arithmetic=9)})
    ARRANGEMENTS.keep({"wide": Arrangement(shows_words=False)})
    assert ARRANGEMENTS.all() == {
        "normal": Arrangement(words=40, shows_tree=True),
        "wide": Arrangement(shows_words=False),
    }


@pytest.mark.parametrize("written", UNREADABLE, ids=lambda written: repr(written[:8]))
def test_a_file_that_is_something_else_says_nothing_and_is_not_written_over(written: bytes) -> None:
    write(written)
    assert ARRANGEMENTS.all() == {}
    ARRANGEMENTS.keep({"wide": Arrangement(tree=30)})
    assert data_file(NAME).read_bytes() == written


@pytest.mark.parametrize("size", ["true", "-1", "1e9", '"30"', "null", "[30]", "99999999999999999999"])
def test_what_is_no_size_is_left_out(size: str) -> None:
    write(b'{"wide": {"tree": %s, "words": 40, "shows_tree": 1}, "normal": 3}' % size.encode())
    assert ARRANGEMENTS.all() == {"wide": Arrangement(words=40)}


def test_a_folder_in_its_place_is_no_fault() -> None:
    data_file(NAME).mkdir(parents=True)
    ARRANGEMENTS.keep({"wide": Arrangement(tree=30)})
    assert ARRANGEMENTS.all() == {}
