"""Numbers, labels and sizes as text, in terminal cells."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from attn_explore.explorer.drawing.numbers import (
    fitted,
    loss_text,
    numbers_for,
    pad,
    short_number,
    shortened,
    size_text,
)
from attn_explore.model.text import visible

FINITE = st.floats(allow_nan=False, allow_infinity=False)
STRANGE = [
    "我喜歡我的狗",
    "👨‍👩‍👧 ❤️ 🇩🇪 👍🏽",
    "e" + "\u0301" * 50,
    "กำลัง",
    "\ufdfd" * 3,
    "\x1b[31m\u202e",
    "a\tb\nc",
]
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["我喜歡我的狗", "👨‍👩‍👧 ❤️ 🇩🇪 👍🏽", "e" + "\u0301" * 50, "กำลัง", "\ufdfd" * 3, "\x1b[31m\u202e", "a\tb\nc"]
    ),
)


@given(number=st.floats())
def test_a_short_number_reads_back_as_the_number_it_shortens(number: float) -> None:
    text = short_number(number)
    assert len(text) <= 11
    if math.isfinite(number):
        assert float(text) == pytest.approx(number, abs=5.1e-5, rel=6e-3)


@given(loss=st.floats(min_value=0, max_value=1e300) | st.just(math.inf))
def test_a_loss_takes_no_more_than_seven_cells_and_reads_back(loss: float) -> None:
    text = loss_text(loss)
    assert len(text) <= 7
    if math.isfinite(loss):
        assert float(text) == pytest.approx(loss, abs=5.1e-5 if loss >= 5e-5 else 0, rel=0.5 if loss < 1e-98 else 0.06)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (-0.0, "0"), (1.0, "1"), (-2.0, "-2"), (0.25, "0.2500"), (1e-5, "1.00e-5"), (math.nan, "NaN")],
)
def test_a_short_number_is_written_as_people_do(number: float, text: str) -> None:
    assert short_number(number) == text


@given(
    number=st.integers(-(10**7), 10**7) | st.integers(-3, 3),
    largest=st.sampled_from([0.005, 0.7, 3.0, 1234.5, 1e5]),
    room=st.integers(5, 9),
)
def test_a_whole_number_in_a_column_is_written_as_it_is_in_the_arithmetic(
    number: int, largest: float, room: int
) -> None:
    write = numbers_for(largest, has_sign=True, is_whole=False, room=room)
    text = short_number(float(number))
    if len(text) <= write.width and "e" not in text:
        assert write(float(number)).strip() == text


@pytest.mark.parametrize(("number", "text"), [(math.inf, "∞"), (-math.inf, "-∞")])
def test_infinities_are_written_with_their_sign(number: float, text: str) -> None:
    assert short_number(number) == text
    assert numbers_for(1, has_sign=True, is_whole=False, room=7)(number).strip() == text


@given(
    largest=st.floats(0, 1e300),
    share=st.floats(-1, 1),
    room=st.integers(1, 12),
    is_whole=st.booleans(),
)
def test_a_column_is_never_too_narrow_for_its_numbers(largest: float, share: float, room: int, is_whole: bool) -> None:
    write = numbers_for(largest, has_sign=True, is_whole=is_whole, room=room)
    number = round(largest * share) if is_whole else largest * share
    text = write(float(number))
    assert len(text) == write.width
    assert "#" not in text


@pytest.mark.parametrize(("largest", "room"), [(99.99996, 9), (9.99997, 8), (999.96, 7), (99.97, 5)])
def test_a_column_has_room_for_what_its_largest_number_is_rounded_to(largest: float, room: int) -> None:
    text = numbers_for(largest, has_sign=False, is_whole=False, room=room)(largest)
    assert text == f"{float(text):.{len(text.partition('.')[2])}f}".rjust(len(text))
    assert "e" not in text


@given(number=st.floats(-0.999, 0.999), room=st.integers(5, 9))
def test_more_room_gives_more_digits_and_none_is_wrong(number: float, room: int) -> None:
    text = numbers_for(1, has_sign=True, is_whole=False, room=room)(number)
    if text.strip() not in ("~0",):
        assert float(text) == pytest.approx(number, abs=0.51 * 10.0 ** -min(4, room - 3), rel=0.6)


@given(text=TEXTS, width=st.integers(0, 20), right=st.booleans())
def test_a_fitted_label_has_exactly_the_cells_it_was_given(text: str, width: int, right: bool) -> None:
    assert cell_len(fitted(text, width, right)) == width


@given(text=TEXTS, width=st.integers(1, 20))
def test_a_label_is_shortened_only_when_it_is_too_long_and_says_so(text: str, width: int) -> None:
    shown = visible(text)
    if cell_len(shown) <= width:
        assert shortened(shown, width) == shown
    else:
        assert shortened(shown, width).endswith("…")
        assert shown.startswith(shortened(shown, width)[:-1])


def test_padding_counts_cells_and_not_characters() -> None:
    assert pad("我的", 6) == "我的  "
    assert pad("我的", 6, right=True) == "  我的"


@given(nbytes=st.integers(0, 10**26))
def test_a_size_is_rounded_down_from_the_exact_integer(nbytes: int) -> None:
    amount, unit = size_text(nbytes).split()
    place = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"].index(unit)
    tenths = int(amount.replace(",", "").replace(".", "")) if place else int(amount) * 10
    assert tenths == nbytes * 10 >> 10 * place
