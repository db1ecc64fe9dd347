"""Boxes in the order of their arrows: one after the other, and side by side where a value goes several ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from functools import cached_property

from attn_explore.model.dataclass import dataclass
from attn_explore.model.diagram.boxes import Box, Fork, Part, boxes_in

ENTRY = ""
"""What stands for all that comes in from outside."""


def arranged(boxes: Sequence[Box], tower: Container[str]) -> tuple[Part, ...]:
    """Boxes, given in the order of the run, as parts that follow each other.

    `tower` has the paths of all boxes of their tower: what comes from another one makes no way.
    """
    return _Section(tuple(boxes), tower).parts


@dataclass(frozen=True)
class _Section:
    """Boxes between which arrows go; what they read of others comes in at the entry."""

    boxes: tuple[Box, ...]
    tower: Container[str]

    @cached_property
    def _by_path(self) -> dict[str, Box]:
        return {box.path: box for box in self.boxes}

    @property
    def parts(self) -> tuple[Part, ...]:
        """All boxes, each once; in the order of the run alone, where ways cross, as those of half a trace may."""
        found = self._nested()
        return found if Counter(boxes_in(found)) == Counter(self.boxes) else self.boxes

    def _nested(self) -> tuple[Part, ...]:
        """What leads to the last box, or to each that nobody here reads; boxes come twice where ways cross."""
        read = {path for box in self.boxes for path in self._sources(box)}
        ends = [box.path for box in self.boxes if box.path not in read]
        return self._joined(ends, None, ENTRY) if len(ends) > 1 else self._way(ENTRY, *ends or [ENTRY])

    def _sources(self, box: Box) -> Sequence[str]:
        """What a box reads: the paths of others here, and the entry, each once."""
        inner = (path for path in box.reads if path in self.tower)
        return list(dict.fromkeys(path if path in self._by_path else ENTRY for path in inner)) or [ENTRY]

    def _before(self, path: str) -> list[str]:
        """A box and all that leads to it, in the order of the run, the entry first."""
        seen, waiting = {ENTRY}, [path]
        while waiting:
            if (here := waiting.pop()) not in seen:
                seen.add(here)
                waiting += self._sources(self._by_path[here])
        return [ENTRY, *(box.path for box in self.boxes if box.path in seen)]

    def _way(self, start: str, end: str) -> tuple[Part, ...]:
        """The parts that lead from behind one box to another, that one too."""
        if end in (start, ENTRY):
            return ()
        box = self._by_path[end]
        sources = self._sources(box)
        if len(sources) == 1:
            return (*self._way(start, sources[0]), box)
        return self._joined(sources, box, start)

    def _joined(self, sources: Sequence[str], join: Box | None, start: str) -> tuple[Part, ...]:
        """What leads to the place where ways part, the ways, and the box that joins them."""
        common = [path for path in self._before(sources[0]) if all(path in self._before(other) for other in sources)]
        parting = common[-1]
        ways = [self._way(parting, source) for source in sources]
        return (*self._way(start, parting), Fork(tuple(_grouped(ways)), join))


def _grouped(ways: Iterable[tuple[Part, ...]]) -> Iterable[tuple[Part, ...]]:
    """Ways that begin with the same box as one, which parts behind it."""
    by_first: dict[Part | None, list[tuple[Part, ...]]] = {}
    for way in ways:
        by_first.setdefault(way[0] if way else None, []).append(way)
    for first, alike in by_first.items():
        if first is None or len(alike) == 1:
            yield from alike
        else:
            yield (first, Fork(tuple(_grouped([way[1:] for way in alike])), None))
