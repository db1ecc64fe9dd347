"""Numbers as colours and glyphs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from attn_explore.explorer.drawing.colours import (
    LEVELS,
    Ground,
    alarm_style,
    contrast,
    cursor_style,
    glyphs,
    level,
    mark_style,
    quiet_style,
    scale_end,
    style_of,
)

DARK = Ground((18, 18, 18), (224, 224, 224))
LIGHT = Ground((224, 224, 224), (31, 31, 31))
BLACK = Ground((0, 0, 0), (255, 255, 255))
WHITE = Ground((255, 255, 255), (0, 0, 0))
GROUNDS = pytest.mark.parametrize("ground", [DARK, LIGHT, BLACK, WHITE], ids=["dark", "light", "black", "white"])


def contrast_of(style: Style) -> float:
    assert style.color is not None
    assert style.bgcolor is not None
    return contrast(style.color.get_truecolor(), style.bgcolor.get_truecolor())


@GROUNDS
def test_digits_can_be_read_on_every_colour_of_the_scale(ground: Ground) -> None:
    contrasts = {step: contrast_of(style_of(step, ground)) for step in range(-LEVELS, LEVELS + 1)}
    assert {step: found for step, found in contrasts.items() if found < 4.5} == {}


@GROUNDS
def test_masked_cells_and_alarms_can_be_read(ground: Ground) -> None:
    assert contrast_of(quiet_style(ground)) >= 4.5
    assert contrast_of(alarm_style(ground)) >= 4.5


@GROUNDS
def test_every_step_of_the_scale_has_its_own_colour(ground: Ground) -> None:
    assert len({style_of(step, ground).bgcolor for step in range(-LEVELS, LEVELS + 1)}) == 2 * LEVELS + 1


@given(number=st.floats(), end=st.floats(min_value=0))
def test_every_number_has_a_level_and_two_cells_of_glyphs(number: float, end: float) -> None:
    assert -LEVELS <= level(number, end) <= LEVELS
    assert cell_len(glyphs(number, end)) == 2


def test_the_level_keeps_the_sign_and_the_order() -> None:
    levels = [level(number / 10, 1.0) for number in range(-10, 11)]
    assert levels == sorted(levels)
    assert (levels[0], levels[10], levels[-1]) == (-LEVELS, 0, LEVELS)


def test_a_tensor_of_zeros_has_one_level() -> None:
    assert level(0.0, 0.0) == 0


def test_glyphs_tell_sign_and_size_without_colour() -> None:
    assert glyphs(1.0, 1.0) == "██"
    assert glyphs(-1.0, 1.0) == "█-"
    assert glyphs(0.0, 1.0) == "  "
    assert glyphs(math.nan, 1.0) == "??"


@GROUNDS
@pytest.mark.parametrize("sign", [1, -1])
def test_a_stronger_glyph_stands_out_more_from_the_background(ground: Ground, sign: int) -> None:
    colours = [style_of(sign * step, ground, soft=True).color for step in range(1, LEVELS + 1)]
    seen = [contrast(colour.get_truecolor(), ground.back) for colour in colours if colour]
    assert seen == sorted(seen)


@GROUNDS
@pytest.mark.parametrize("sign", [1, -1])
def test_bars_and_lines_are_seen_on_the_background(ground: Ground, sign: int) -> None:
    colour = mark_style(sign, ground).color
    assert colour is not None
    assert contrast(colour.get_truecolor(), ground.back) >= 3.0


@GROUNDS
def test_the_cursor_looks_the_same_on_every_number_and_survives_without_colours(ground: Ground) -> None:
    style = cursor_style(ground)
    assert contrast_of(style) >= 4.5
    assert style.reverse
    assert style.without_color.reverse


def test_the_scale_ends_at_the_largest_number() -> None:
    assert scale_end(np.array([[0.5, -3.0], [1.0, 2.0]])) == 3.0


def test_a_number_that_dwarfs_all_others_does_not_stretch_the_scale() -> None:
    numbers = np.linspace(-1, 1, 1000)
    numbers[500] = -3000.0
    assert 0.95 <= scale_end(numbers) <= 1.0


@pytest.mark.parametrize("numbers", [[], [0.0, 0.0], [0.0, -2.0, 0.0], [5e-324]])
def test_the_scale_of_few_numbers_ends_at_the_largest(numbers: list[float]) -> None:
    assert scale_end(np.array(numbers)) == max(map(abs, numbers), default=0)
