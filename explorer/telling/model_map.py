"""The map of the run that is looked at: as it stands on the screen, and as plain lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attn_explore.explorer.drawing.maps.outline import NO_MAP, outline
from attn_explore.explorer.drawing.maps.towers import draw_map, title
from attn_explore.explorer.drawing.wrapping import Section
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import headings
from attn_explore.model.diagram.boxes import Box, Diagram
from attn_explore.model.diagram.reading_off import diagram_of
from attn_explore.model.explain import general_words
from attn_explore.model.formulas import formula
from attn_explore.model.text import visible

TELLING = ("logits", "probabilities", "candidates")
"""Steps that tell which word a pass of a generation chooses."""


def about(session: Session, diagram: Diagram, path: str) -> list[Section]:
    """The words about the box at a path: what and where it is, why, what it is made from, and where it goes.

    They tell no numbers: these may not be computed yet, or be what a lesson asks for.
    """
    box, value, layer = diagram.boxes[path], session.run.trace[path], diagram.layer_of(path)
    where = title(diagram.tower_of(path)) + ("" if layer is None else f", layer {layer.number}")
    is_words = value.is_leaf
    facts = [where, *map(visible, box.notes), "" if is_words else formula(value), headings.shape(value)]
    steps = [step.rpartition(".")[2] for step in box.steps]
    return [
        Section(box.name, "\n".join(filter(None, facts))),
        Section("What it is", headings.title_alone(value) if is_words else visible(general_words(value).explanation)),
        *_named("Made from", [diagram.boxes[read] for read in box.reads]),
        *_named("Goes to", diagram.readers_of(path)),
        *([Section("Steps", ", ".join(steps))] if len(steps) > 1 else []),
        Section("Path", path),
    ]


def veiled(session: Session, diagram: Diagram) -> Diagram:
    """The diagram without the words that a lesson still asks for: those that a later pass of a generation reads."""
    asked = [
        tower.number
        for tower in diagram.towers
        if any(session.lesson.is_asked(f"{tower.chapter}{name}") for name in TELLING)
    ]
    if not asked:
        return diagram
    later = [tower for tower in diagram.towers if tower.number > min(asked)]
    return diagram.without_words({box.path for tower in later for box in tower.boxes if not box.steps})


def _named(heading: str, boxes: Sequence[Box]) -> Iterator[Section]:
    if boxes:
        yield Section(heading, "\n".join(f"{box.name}  {box.path}" for box in boxes))


def lacking(session: Session) -> str:
    """What is to be said of the map of a trace that has not every step of its run; of any other, nothing."""
    many = session.run.trace.left_out
    return f"the trace leaves {many} step{'s' * (many != 1)} of the run out, and so does its map" if many else ""


def map_lines(session: Session, width: int, *, is_lit: bool, plain: bool) -> Iterator[str]:
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
