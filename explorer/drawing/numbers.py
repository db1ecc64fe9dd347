"""Numbers, labels and sizes as text, in terminal cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len

from attn_explore.model.dataclass import dataclass
from attn_explore.model.text import cells, figure, visible

ELLIPSIS = "…"
MOST_DECIMALS = 4
SMALLEST_WIDTH = 5


_LEAST_SHOWN = 5e-5
"""Below this, four decimals would show 0."""
_LEAST_IN_POWERS = 99_999.5
"""From here on, a loss is written in powers of ten."""
_LEAST_IN_MILLIONS = 1e6
"""From here on, a whole number is written in powers of ten."""
LOSS = 7
"""Cells that a loss takes at most."""


def short_number(number: float) -> str:
    """A number in at most ten cells: four decimals where they say something, powers of ten where they don't.

    >>> [short_number(number) for number in (0.5, -1234.56789, 0.00001234, 3, float("-inf"))]
    ['0.5000', '-1234.5679', '1.23e-5', '3', '-∞']
    """
    if not math.isfinite(number):
        return _not_finite(number)
    if _is_whole(number):
        return str(int(number))
    if 1e-3 <= abs(number) < 1e4:
        return f"{number:.4f}"
    return short_power(f"{number:.2e}") if abs(number) < 1e-3 or abs(number) >= 1e6 else f"{number:.2f}"


def short_power(text: str) -> str:
    """A number in powers of ten as it is written everywhere here: the power without a plus or zeros before it.

    >>> [short_power(text) for text in ("1.23e-05", "1e+06", "5e-324", "0.5")]
    ['1.23e-5', '1e6', '5e-324', '0.5']
    """
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def _is_whole(number: float) -> bool:
    """Whether a number is written without decimals: 1.0000 is nearly 1."""
    return number == int(number) and abs(number) < _LEAST_IN_MILLIONS


def loss_text(loss: float) -> str:
    """A loss in six cells, or seven where it is far from 1; told apart from 0.

    >>> [loss_text(loss) for loss in (0.10023, 8.77e-6, 1234.56, 1e20, 1e-300)]
    ['0.1002', '8.8e-6', '1234.6', '1.0e20', '1e-300']
    """
    if not math.isfinite(loss):
        return short_number(loss)
    if loss == 0 or _LEAST_SHOWN <= loss < _LEAST_IN_POWERS:
        digits = len(str(int(loss)))
        return f"{loss:.{max(0, 5 - digits)}f}"
    return _squeezed(loss, LOSS, (1, 0))


def percent(share: float) -> str:
    """A share of things that are counted, rounded down: it is 100% only where it is all of them.

    >>> percent(0.9998), percent(1.0), percent(0.29)
    ('99%', '100%', '29%')
    """
    return f"{math.floor(share * 100 + 1e-9)}%"


def chance_text(probability: float) -> str:
    """A probability to the nearest percent; what is nearly nothing, or nearly all, is not said to be that.

    >>> [chance_text(each) for each in (0.5396, 0.0012, 0.9971, 0.0, 1.0)]
    ['54%', '<1%', '>99%', '0%', '100%']
    """
    nearest = round(probability * 100)
    if nearest == 0 and probability > 0:
        return "<1%"
    return ">99%" if nearest == 100 and probability < 1 else f"{nearest}%"


def counted(count: int, one: str, many: str | None = None) -> str:
    """So many of a thing: of one, it is `one`; of more, `many`, or `one` with an s.

    >>> counted(1, "token"), counted(5, "token"), counted(2, "other", "others together")
    ('1 token', '5 tokens', '2 others together')
    """
    return f"{figure(count)} {one if count == 1 else many or f'{one}s'}"


def span(places: range) -> str:
    """The first and the last of some places; of one place alone, that one.

    >>> span(range(7)), span(range(3, 4))
    ('0–6', '3')
    """
    return f"{places.start}–{places.stop - 1}" if len(places) != 1 else f"{places.start}"


def bar(share: float, cells: int) -> str:
    """A bar of a share of `cells`, in eighths of a cell; empty for what is not a number.

    >>> bar(0.5, 5)
    '██▌'
    """
    eighths = round(max(0.0, min(1.0, share)) * cells * 8) if math.isfinite(share) else 0
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _not_finite(number: float) -> str:
    return "NaN" if math.isnan(number) else "∞" if number > 0 else "-∞"


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the numbers of one tensor are written: `decimals` after the point, or powers of ten, `width` cells wide."""

    width: int
    decimals: int
    scientific: bool = False

    def __call__(self, number: float) -> str:
        """The number, at the right edge of its cells."""
        if not math.isfinite(number):
            return _not_finite(number).rjust(self.width)
        if _is_whole(number) and len(whole := str(int(number))) <= self.width:
            return whole.rjust(self.width)
        text = short_power(f"{number:.{self.decimals}{'e' if self.scientific else 'f'}}")
        if len(text) > self.width or (number != 0 and float(text) == 0 and not self.scientific):
            text = _squeezed(number, self.width)
        return text.rjust(self.width)


def _squeezed(number: float, width: int, decimals_tried: Sequence[int] = (2, 1, 0)) -> str:
    """A number that its column was not made for, in powers of ten, as exactly as fits."""
    for decimals in decimals_tried:
        text = short_power(f"{number:.{decimals}e}")
        if len(text) <= width:
            return text
    return "~0" if abs(number) < 1 else "#" * width


def numbers_for(largest: float, has_sign: bool, is_whole: bool, room: int) -> Numbers:
    """The most telling way to write numbers up to `largest` in columns of `room` cells, which are never too few.

    >>> numbers_for(0.7, has_sign=True, is_whole=False, room=7)(0.25)
    ' 0.2500'
    >>> numbers_for(0.7, has_sign=True, is_whole=False, room=5)(-0.25)
    '-0.25'
    """
    room = max(room, SMALLEST_WIDTH)
    widths = [has_sign + len(f"{largest:.{decimals}f}") for decimals in range(MOST_DECIMALS + 1)]  # as rounded: 100.0
    if is_whole and widths[0] <= room:
        return Numbers(max(widths[0], 2), 0)
    if widths[1] > max(room, 8) or 0 < largest < 0.01:
        return Numbers(8 + has_sign, 2, scientific=True)
    decimals = max((places for places in range(1, MOST_DECIMALS + 1) if widths[places] <= room), default=1)
    return Numbers(widths[decimals], decimals)


def pad(text: str, width: int, right: bool = False) -> str:
    """`text` filled with spaces to `width` cells, on its right or (`right`: it ends at the edge) on its left."""
    if text.isascii():
        return text.rjust(width) if right else text.ljust(width)
    before = " " * (width - most_cells(text)) if right else ""
    return before + text + " " * (width - len(before) - cell_len(text))


def most_cells(text: str) -> int:
    """Cells that a text is given room for: what Rich counts, or what other terminals draw where that is more.

    >>> most_cells("dog"), most_cells("தமிழ்"), most_cells("👍🏽")
    (3, 4, 4)
    """
    return len(text) if text.isascii() else max(cell_len(text), cells(text))


def fitted(text: str, width: int, right: bool = False) -> str:
    """A label from a file in exactly `width` cells: made visible, and shortened with … where it is too long.

    >>> fitted("我喜歡我的狗", 6)
    '我喜… '
    """
    return pad(shortened(visible(text), width), width, right)


def shortened(shown: str, width: int) -> str:
    """Visible text in at most `width` cells, with … where something is left out; no wide character is cut in two."""
    if most_cells(shown) <= width:
        return shown
    kept = ""
    for character in shown:  # by the width of the whole: a character can join those before it
        if most_cells(kept + character) >= width:
            break
        kept += character
    return kept + ELLIPSIS if width > 0 else ""


def shape_text(shape: tuple[int, ...]) -> str:
    """`1 × 4 × 4`."""
    return " × ".join(map(figure, shape))


def size_text(nbytes: int) -> str:
    """Bytes as people write them, exactly rounded from integers of any size.

    >>> size_text(2 * 2**30), size_text(512)
    ('2.0 GiB', '512 bytes')
    """
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
    place = min(max((nbytes.bit_length() - 1) // 10, 0), len(units) - 1)
    if place == 0:
        return f"{nbytes} bytes"
    if nbytes >= 1024 ** len(units):
        return f"{figure(nbytes)} bytes"
    tenths = nbytes * 10 // (1 << 10 * place)
    return f"{tenths // 10:,}.{tenths % 10} {units[place]}"
