"""Attention among words: the text itself with each word on its weight, and words in two columns joined by lines.

Pure functions. A weight is told by its colour and, for terminals without colours, by a bar under its word.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from rich.segment import Segment
from rich.style import Style

from attn_explore.explorer.drawing.colours import Ground, cursor_style, level, mark_style, style_of
from attn_explore.explorer.drawing.lines import BOLD, DIM
from attn_explore.explorer.drawing.numbers import ELLIPSIS, fitted, most_cells, pad, short_number, shortened
from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.labels import SPACE
from attn_explore.model.naming import shown_short

Lines = list[list[Segment]]

BARS = " ▁▂▃▄▅▆▇█"
PIECE = "##"
"""How a piece of a word begins that is not its first, in WordPiece vocabularies."""
LEADERS = 6
"""So many of the words with the largest weights are named with their figures."""
REST = f" · {ELLIPSIS}"
LABEL = 14
ACROSS, LEAST_ACROSS = 72, 8
"""Cells between the two columns, at most and at least."""
STEEP = 4
"""Cells between the columns to a line of their height, at most: flatter lines are hard to tell apart."""
MOST_APART = 5
"""Lines from one word of a column to the next, at most."""
LEAST, LEAST_OF_OTHERS = 0.02, 0.1
"""Smaller weights have no line."""
THICKEST, THICKEST_CLOSE = 4, 2
"""Dots across the line of the largest weight; of four in a line of text; fewer where each has a word."""
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of a braille character, by row and column."""


@dataclass(frozen=True, eq=False)
class Among:
    """The weights (query, key) of `heads`, one or all on average, the words of both sides, and who asks whom.

    `end` is where the scale of the colours ends; `is_one_text`: both sides are the same words.
    """

    weights: Array
    queries: Axis
    keys: Axis
    query: int
    key: int
    end: float
    is_one_text: bool
    heads: str = ""

    @property
    def row(self) -> Array:
        """What the word that asks gives to every word."""
        return np.nan_to_num(np.asarray(self.weights[self.query], np.float64))


def leaders_line(among: Among, width: int) -> list[Segment]:
    """The word that asks, and those that it looks at most, with their weights, as many as fit; … for the others."""
    of = f"   {among.heads}" if among.heads else ""
    width -= most_cells(of)
    room = max(LABEL, width // 4)
    segments = [Segment(f"{shortened(shown_short(among.queries, among.query), room)} → ", BOLD)]
    taken = segments[0].cell_length
    leaders = [int(place) for place in np.argsort(-among.row, kind="stable") if among.row[place] > 0]
    for count, place in enumerate(leaders):
        word = shortened(shown_short(among.keys, place), room)
        gap, said = " · " if count else "", f"{word} {short_number(float(among.row[place]))}"
        rest = most_cells(REST) if count + 1 < len(leaders) else 0
        if count == LEADERS or taken + len(gap) + most_cells(said) + rest > width:
            segments.append(Segment(REST if count else ELLIPSIS, DIM))
            break
        segments += [Segment(gap, DIM), Segment(said, BOLD if place == among.key else Style())]
        taken += len(gap) + most_cells(said)
    return [*segments, Segment(of, DIM)]


# --- the text


def text_lines(among: Among, width: int, ground: Ground) -> Lines:
    """The words that are asked as a text, wrapped: each on the colour of its weight, and a bar under it."""
    lines: Lines = []
    words = [word for _, word in _spelled(among.keys, width)]
    for place, (line, cells) in enumerate(places_of_words(among, width)):
        if 2 * line == len(lines):
            lines += [[], []]
        above, below = lines[-2:]
        gap = Segment(" " * (cells.start - sum(segment.cell_length for segment in below)))
        weight = float(among.row[place])
        share = 0 if among.end <= 0 else max(0.0, min(1.0, weight / among.end))
        above += [gap, Segment(words[place], _style(among, place, weight, ground))]
        below += [gap, Segment(BARS[math.ceil(share * (len(BARS) - 1))] * len(cells), DIM)]
    return lines


def _style(among: Among, place: int, weight: float, ground: Ground) -> Style:
    """The word that asks is underlined, and the one that it is asked about is under the cursor, as a cell would be."""
    style = cursor_style(ground) if place == among.key else style_of(level(weight, among.end), ground)
    return style + Style(underline=True, bold=True) if among.is_one_text and place == among.query else style


def _spelled(keys: Axis, width: int) -> Iterator[tuple[str, str]]:
    """The words as they stand in a text: what is before each, and the word. Tokens without a space before follow on."""
    labels = [shown_short(keys, place) if keys.labels is None else keys.label(place) for place in range(keys.size)]
    marks_spaces = any(label.startswith(SPACE) for label in labels)
    for place, label in enumerate(labels):
        is_piece = label.startswith(PIECE) and len(label) > len(PIECE)
        follows = is_piece or (marks_spaces and not label.startswith(SPACE))
        word = label.removeprefix(SPACE) if marks_spaces else label.removeprefix(PIECE) if is_piece else label
        yield "" if follows or place == 0 else " ", shortened(word or SPACE, width)


# --- two columns


def columns_lines(among: Among, width: int, room: int, ground: Ground) -> Lines:
    """Those that ask at the left, those that are asked at the right, joined by lines that are thicker for more weight.

    The lines of the word that asks are in colour. Nothing where the words do not stand one under the other in `room`
    lines.
    """
    count = max(among.queries.size, among.keys.size)
    if count > room or width < 2 * LABEL + LEAST_ACROSS:
        return []
    apart = min(MOST_APART, (room - 1) // max(1, count - 1))
    height = apart * (count - 1) + 1
    left, right = _labels(among.queries, among.query), _labels(among.keys, among.key)
    label = max(most_cells(text) for text, _ in (*left, *right))
    across = min(ACROSS, max(LEAST_ACROSS, STEEP * height), width - 2 * label - 2)
    own, others = (_drawn(among, apart, across, only) for only in (True, False))
    strong = mark_style(1, ground) + BOLD
    lines: Lines = []
    for y in range(height):
        at = y // apart if y % apart == 0 else count
        marks = (
            Segment(_braille(mine or other), strong if mine else DIM)
            for mine, other in zip(own[y], others[y], strict=True)
        )
        asks, asked = (side[at] if at < len(side) else ("", DIM) for side in (left, right))
        lines.append(
            [Segment(pad(asks[0], label, right=True) + " ", asks[1]), *marks, Segment(f" {asked[0]}", asked[1])]
        )
    return lines


def _braille(bits: int) -> str:
    return chr(0x2800 + bits) if bits else " "


def _labels(axis: Axis, chosen: int) -> list[tuple[str, Style]]:
    texts = (fitted(shown_short(axis, place), LABEL).rstrip() for place in range(axis.size))
    return [(text, BOLD if place == chosen else DIM) for place, text in enumerate(texts)]


def _drawn(among: Among, apart: int, across: int, only: bool) -> list[list[int]]:
    """The lines of the word that asks, or thin ones of all others, as bits of a braille character for each cell."""
    weights = np.nan_to_num(among.weights)
    largest = float(weights.max(initial=0))
    height, thickest = apart * (max(weights.shape) - 1) + 1, THICKEST if apart > 1 else THICKEST_CLOSE
    dots, steps = np.zeros((4 * height, 2 * across), bool), np.arange(2 * across)
    for query, key in np.argwhere(weights >= (LEAST if only else LEAST_OF_OTHERS)):
        if bool(query == among.query) != only:
            continue
        thick = math.ceil(thickest * min(1.0, weights[query, key] / largest)) if only else 1
        middle = 4 * apart * (query + (key - query) * steps / (2 * across - 1)) + (4 - thick) / 2
        for offset in range(thick):
            dots[np.clip(np.rint(middle + offset).astype(int), 0, 4 * height - 1), steps] = True
    return [[_bits(dots[4 * y : 4 * y + 4, 2 * x : 2 * x + 2]) for x in range(across)] for y in range(height)]


def _bits(cell: Array) -> int:
    return sum(bit for row, bits in enumerate(_DOTS) for column, bit in enumerate(bits) if cell[row, column])


def places_of_words(among: Among, width: int) -> list[tuple[int, range]]:
    """For each word of the text the line that it stands on, and its cells; a line is one of words, without the bars."""
    found: list[tuple[int, range]] = []
    line = taken = 0
    for gap, word in _spelled(among.keys, width):
        if taken and taken + len(gap) + most_cells(word) > width:
            line, taken, gap = line + 1, 0, ""
        begins = taken + len(gap)
        taken = begins + most_cells(word)
        found.append((line, range(begins, taken)))
    return found
