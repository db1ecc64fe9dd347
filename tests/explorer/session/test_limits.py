"""What a run may take."""

import pytest

from attn_explore.explorer.system.limits import parse_size
from attn_explore.model.problems import Problem


@pytest.mark.parametrize(
    ("text", "nbytes"),
    [("500MB", 500 * 10**6), ("2GiB", 2 * 2**30), ("1.5 GiB", 3 * 2**29), ("0.5kb", 500)],
)
def test_a_size_is_read_as_people_write_it(text: str, nbytes: int) -> None:
    assert parse_size(text) == nbytes


@pytest.mark.parametrize("text", ["", "much", "-1GB", "1e9", "1 parsec", "GB", "½GB", "1.2.3MB"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Problem, match="500MB"):
        parse_size(text)
