"""Text in lines: no number, no name of a path is cut in two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from attn_explore.explorer.drawing.wrapping import _broken, wrapped

PATH = "encoder.layers.0.self_attention.head_output"


@pytest.mark.parametrize("width", [15, 20, 28, 33, 43, 80])
@pytest.mark.parametrize("text", [PATH, f"AV  {PATH}", f"{PATH} was not computed: set by hand", f"see also {PATH}."])
def test_a_path_goes_on_in_the_next_line_at_a_dot_and_no_name_in_it_is_cut(text: str, width: int) -> None:
    lines = wrapped(text, width)
    names = [name for line in lines for word in line.split() for name in word.split(".") if name]
    assert names == [name for word in text.split() for name in word.split(".") if name]
    assert max(map(len, lines)) <= width


def test_a_path_stays_in_one_line_where_it_fits_and_begins_beside_its_letter() -> None:
    assert wrapped(f"AV  {PATH}", 47) == [f"AV  {PATH}"]
    assert wrapped(f"AV  {PATH}", 30) == ["AV  encoder.layers.0", ".self_attention.head_output"]


@given(text=st.text("ab. \n", max_size=60), width=st.integers(1, 20))
def test_no_letter_is_lost_and_no_line_too_long(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(map(len, lines), default=0) <= width


@given(text=st.text("ab. \n我é🏽த்", max_size=60), width=st.integers(2, 20))
def test_lines_break_where_rich_breaks_them(text: str, width: int) -> None:
    paths_go_on = _broken(text, width)
    assert wrapped(text, width) == [line.plain.rstrip() for line in Text(paths_go_on).wrap(Console(width=80), width)]
