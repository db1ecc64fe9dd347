"""Narration that is read without a Markdown parser comes out as the parser reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from attn_explore.explorer.drawing import wrapping
from attn_explore.explorer.drawing.plain_narration import plain_paragraphs
from attn_explore.explorer.session.course import bundled
from attn_explore.model.scenario import read_scenario

NARRATION = {
    name: [text for stop in read_scenario(path).lesson for text in (stop.say, stop.ask or "")]
    for name, path in bundled().items()
}
PARTS = [*"a1 \n*`_.)(-#>!é", "dog", "\n\n", "**", "&amp;", "<b>", "[x](y)"]


def styled(text: Text) -> list[tuple[str, str]]:
    """Every character with its style."""
    return [
        (letter.plain, str(letter.get_style_at_offset(wrapping._NO_SCREEN, 0)))
        for letter in text.divide(range(1, len(text)))
    ]


def assert_read_alike(text: str) -> None:
    ours, theirs = wrapping._plain(text), list(wrapping._paragraphs(text))
    assert [paragraph.lead for paragraph in theirs] == [""] * len(ours)
    for mine, other in zip(ours, theirs, strict=True):
        assert styled(mine.text) == styled(other.text)


@pytest.mark.parametrize("scenario", bundled())
def test_narration_of_the_course_is_read_as_the_parser_reads_it(scenario: str) -> None:
    for text in NARRATION[scenario]:
        if plain_paragraphs(text) is not None:
            assert_read_alike(text)


def test_most_of_the_course_needs_no_parser() -> None:
    is_plain = [plain_paragraphs(text) is not None for texts in NARRATION.values() for text in texts]
    assert sum(is_plain) > 0.8 * len(is_plain)


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_any_text_is_read_as_the_parser_reads_it_or_left_to_it(text: str) -> None:
    if plain_paragraphs(text) is not None:
        assert_read_alike(text)


@pytest.mark.parametrize(
    "text", ["- a list", "1. one", "# heading", "> quote", "    code", "a  \nb", "\\*a\\*", "*a", "``a``"]
)
def test_what_is_more_than_words_is_left_to_the_parser(text: str) -> None:
    assert plain_paragraphs(text) is None
