"""Numbers as people type them."""

from __future__ import annotations

import pytest

from attn_explore.explorer.drawing.typed_number import LONGEST, typed_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.25", 0.25), ("0,25", 0.25), (".5", 0.5), (" −3 ", -3.0), ("+1", 1.0), ("1e-3", 0.001), ("2.", 2.0),
        ("0.5*0.2+1/3", 0.5 * 0.2 + 1 / 3), ("0,5 × 0,2 + 1 ÷ 4", 0.35), ("2−3−4", -5.0), ("8/2/2", 2.0),
        ("2·(3−(1+1))", 2.0), ("2*-3", -6.0), ("--2", 2.0), ("1:4", 0.25), ("(((7)))", 7.0),
    ],
)  # fmt: skip
def test_numbers_and_sums_of_them_are_read(text: str, number: float) -> None:
    assert typed_number(text) == pytest.approx(number, abs=1e-15)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing"), ("1+", "missing"), ("1 2", "“2”"), ("(1", "not closed"), ("1)", "“)”"), ("1/0", "by 0"),
        ("1/(2-2)", "divides by 0"), ("1e999", "too large"), ("1e308*10", "too large"), ("2**3", "“*”"), ("x", "“x”"),
        ("__import__", "“_”"), ("1.2.3", "“.3”"), ("e", "“e”"), ("9" * (LONGEST + 1), "characters"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        typed_number(text)
    assert said in str(caught.value)


def test_the_deepest_parentheses_that_can_be_typed_are_read() -> None:
    half = LONGEST // 2
    assert typed_number("(" * (half - 1) + "1" + ")" * (half - 1)) == 1
    with pytest.raises(ValueError, match="missing"):
        typed_number("(" * LONGEST)
