"""The parts of a picture in lines (SVG): a white page, rectangles, lines with arrowheads, and texts.

Every text has a place of its own and no font but the machine's, so that it stands there in every program that reads it.
Lengths are in the picture's own units, of which a letter is about 12 high.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from rich.cells import cell_len

from attn_explore.explorer.drawing.colours import Ground
from attn_explore.explorer.drawing.png import LETTERS
from attn_explore.model.text import visible

GROUND = Ground((255, 255, 255), (0, 0, 0))
"""What is printed on, and with."""

GREY = "#555555"
FONT, SMALL_FONT, TITLE_FONT = 12.0, 9.0, 15.0
"""Heights of letters."""
LETTER = 0.62
"""Width of a letter as a share of its height, at most; wide characters take two."""
LINE, MARGIN = 18.0, 24.0

Point = tuple[float, float]

_BASELINE = 0.35
"""How far below its middle a text's baseline is, as a share of its height."""
_HEAD = (8.0, 3.5)
"""Length and half the width of an arrowhead."""
_SIZE = re.compile(r'(?P<before><svg\b[^>]*?)\swidth="[^"]*"\sheight="[^"]*"')


def page(title: str, width: float, height: float, *, is_crisp: bool = True) -> Element:
    """A white page with a title for who cannot see it; `is_crisp`: edges of cells fall on pixels."""
    root = Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "width": length(width), "height": length(height),
        "viewBox": f"0 0 {length(width)} {length(height)}", "role": "img", "font-family": LETTERS,
        "font-size": length(FONT), **({"shape-rendering": "crispEdges"} if is_crisp else {}),
    })  # fmt: skip
    SubElement(root, "title").text = visible(title)
    rectangle(root, 0, 0, width, height, "#ffffff")
    return root


def written(root: Element) -> bytes:
    """The picture as a file. The same parts, the same bytes."""
    svg: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return svg + b"\n"


def heading(root: Element, title: str, under: str) -> None:
    """The title of a picture, and below it where that stands in the run."""
    text(root, MARGIN, MARGIN, visible(title), size=TITLE_FONT, weight="bold")
    text(root, MARGIN, MARGIN + LINE, visible(under), fill=GREY)


def heading_width(title: str, under: str) -> float:
    """The width that both take at most, with the margins."""
    return 2 * MARGIN + max(width_of(visible(title), TITLE_FONT), width_of(visible(under)))


def width_of(text: str, font: float = FONT) -> float:
    """The width that a text may take at most."""
    return cell_len(text) * font * LETTER


def rectangle(root: Element, x: float, y: float, width: float, height: float, fill: str, stroke: str = "") -> None:
    """A rectangle; with a `stroke` it has an edge of that colour."""
    sides = {"x": x, "y": y, "width": width, "height": height}
    edge = {"stroke": stroke} if stroke else {}
    SubElement(root, "rect", {name: length(side) for name, side in sides.items()} | {"fill": fill} | edge)


def line(root: Element, start: Point, end: Point, *, width: float, stroke: str, opacity: float = 1) -> None:
    """A straight line."""
    attributes = {
        "x1": length(start[0]), "y1": length(start[1]), "x2": length(end[0]), "y2": length(end[1]),
        "stroke": stroke, "stroke-width": length(width),
    }  # fmt: skip
    SubElement(root, "line", attributes | ({"stroke-opacity": length(opacity)} if opacity < 1 else {}))


def arrow(root: Element, corners: Sequence[Point], stroke: str = GREY) -> None:
    """A line through some points with an arrowhead at the last of them."""
    (x, y), (from_x, from_y) = corners[-1], corners[-2]
    along = ((x > from_x) - (x < from_x), (y > from_y) - (y < from_y))
    base = (x - along[0] * _HEAD[0], y - along[1] * _HEAD[0])
    across = (along[1] * _HEAD[1], along[0] * _HEAD[1])
    head = ((x, y), (base[0] + across[0], base[1] + across[1]), (base[0] - across[0], base[1] - across[1]))
    SubElement(root, "polyline", {
        "points": _points((*corners[:-1], base)), "fill": "none", "stroke": stroke, "stroke-width": "1.2",
        "shape-rendering": "auto",
    })  # fmt: skip
    SubElement(root, "polygon", {"points": _points(head), "fill": stroke, "shape-rendering": "auto"})


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{length(x)},{length(y)}" for x, y in points)


def text(
    root: Element,
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    fill: str = "#000000",
    size: float = FONT,
    weight: str = "",
    turned: bool = False,
) -> None:
    """A text whose middle is at the height y; turned, it runs upwards from there."""
    if not text:
        return
    below = size * _BASELINE
    at = (x + below, y) if turned else (x, y + below)
    attributes = {"x": length(at[0]), "y": length(at[1])}
    attributes |= {"fill": fill} if fill != "#000000" else {}
    attributes |= {"text-anchor": anchor} if anchor != "start" else {}
    attributes |= {"font-size": length(size)} if size != FONT else {}
    attributes |= {"font-weight": weight} if weight else {}
    attributes |= {"transform": f"rotate(-90 {length(at[0])} {length(at[1])})"} if turned else {}
    SubElement(root, "text", attributes).text = text


def length(number: float) -> str:
    """A length as it is written: with two decimals at most."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def sized(svg: bytes, width: str, height: str) -> bytes:
    """The same picture in another size, with units; what is in it keeps its proportions."""
    size = f' width="{width}" height="{height}"'
    return _SIZE.sub(lambda found: f"{found['before']}{size}", svg.decode(), count=1).encode()
