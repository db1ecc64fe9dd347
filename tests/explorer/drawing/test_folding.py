"""Arithmetic in a narrow panel: it goes on below, and every number in it is whole, in any width."""

from collections.abc import Sequence

import numpy as np
import pytest

from attn_explore.explorer.drawing.arithmetic import blocks
from attn_explore.explorer.drawing.blocks import Block, as_text, links
from attn_explore.explorer.drawing.folding import LEAST, folded
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import word_view
from attn_explore.explorer.telling.difference import difference_blocks
from attn_explore.model.explain import arithmetic
from tests.explorer.conftest import session_of

WIDTHS = range(20, 201)
SCENARIOS = ("encoder-layer", "positions-rotary", "local-attention", "label-the-sentence")


@pytest.fixture(scope="module", params=SCENARIOS)
def session(request: pytest.FixtureRequest) -> Session:
    return session_of(request.param)


def numbers_of(found: Sequence[Block]) -> list[str]:
    """Every number of some blocks, as it is written."""
    pieces = (piece for block in found for row in block.rows for piece in row)
    return sorted(piece.text.strip() for piece in pieces if piece.role in ("number", "result"))


def test_no_number_is_cut_in_any_width_and_none_is_lost(session: Session) -> None:
    random = np.random.default_rng(0)
    for value in session.place.steps:
        index = tuple(int(random.integers(size)) for size in value.shape)
        whole = blocks(arithmetic(value, index))
        for width in (*range(20, 60), 80, 120, 200):
            parts = [part for block in whole for part in folded(block, width)]
            assert max((part.width for part in parts), default=0) <= width
            assert numbers_of(parts) == numbers_of(whole)


def test_every_way_to_a_number_stays(session: Session) -> None:
    value = session.place.steps[-1]
    whole = blocks(arithmetic(value, tuple(0 for _ in value.shape)))
    for width in WIDTHS:
        parts = [part for block in whole for part in folded(block, width)]
        assert {(link.value.path, link.index) for link in links(parts)} == {
            (link.value.path, link.index) for link in links(whole)
        }


def test_an_equation_goes_on_with_its_names_above_its_numbers() -> None:
    session = session_of("padding-changes-nothing", "encoder.layers.0.self_attention.weights", (0, 0, 1))
    first, *_ = difference_blocks(session, session.place.value, (0, 0, 3))
    assert as_text(folded(first, 80)[:1]) == as_text([first])
    lines = as_text(folded(first, 30))
    assert lines == [
        "ΔA[cats, <pad>] = first run",
        "        -0.5054 =         0",
        "     − mask forgotten",
        "     −         0.5054",
    ]


@pytest.mark.parametrize("room", WIDTHS)
def test_the_word_view_says_how_many_numbers_it_leaves_out(room: int) -> None:
    session = session_of("i-love-my-dog", "encoder.layers.0.self_attention.weights", (0, 1, 3))
    attention = word_view.attention_of(session.run.trace, session.place.value)
    assert attention is not None
    products, _, _, _, values = word_view.word_blocks(attention, word_view.word_of(session, attention), room)
    for block, count in ((products, 5), (values, 5)):
        for row in block.rows:
            numbers = [piece for piece in row if piece.link is not None and piece.link.value.name in ("q", "k", "v")]
            left = [piece.text for piece in row if piece.text.startswith(" … +")]
            if numbers:
                assert len(numbers) + sum(int(text.removeprefix(" … +")) for text in left) == count


def test_there_is_always_room_for_a_number_and_a_sign() -> None:
    assert len("-1234.5679 + ") <= LEAST
