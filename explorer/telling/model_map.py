"""The map of the run that is looked at: as it stands on the screen, and as plain lines."""

from __future__ import annotations

from collections.abc import Iterator

from attn_explore.explorer.drawing.maps.outline import NO_MAP, outline
from attn_explore.explorer.drawing.maps.towers import draw_map
from attn_explore.explorer.session.session import Session
from attn_explore.model.diagram.reading_off import diagram_of


def map_lines(session: Session, width: int, *, is_lit: bool, plain: bool = False) -> Iterator[str]:
    """The map as lines of `width` cells, with the present box lit if `is_lit`; in words, where it is to be `plain`."""
    diagram = diagram_of(session.run.trace)
    present = session.place.value.path if is_lit else ""
    if not diagram.towers:
        yield NO_MAP
    elif plain:
        yield from outline(diagram, present)
    else:
        for line in draw_map(diagram, present, width).lines:
            yield "".join(stroke.text for stroke in line)
