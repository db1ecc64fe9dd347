"""What a text that is typed leads to, a line for each: steps, parameters, cells, words, keys; the nearest first.

It is looked for piece by piece, so that a screen can draw in between: a run has tens of thousands of steps, and a
vocabulary hundreds of thousands of words. Of all that is found, the first lines are kept, and the others counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property

from attn_explore.explorer.session import search
from attn_explore.explorer.session.alike import likeness
from attn_explore.explorer.session.session import Session
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index, title
from attn_explore.model.finer import finer_steps
from attn_explore.model.formulas import letter
from attn_explore.model.labels import SPACE, Labels
from attn_explore.model.naming import name_along, places_named, split_names
from attn_explore.model.places import axes_typed, paths_named, places_of, split_typed
from attn_explore.model.problems import Problem
from attn_explore.model.values import Value

LISTED = 1_000
"""Lines that are kept of what is found."""
PIECE = 2_000
"""So many names are looked at between two frames."""


class Kind(StrEnum):
    """What a line leads to."""

    step = "step"
    parameter = "parameter"
    cell = "cell"
    word = "word"
    key = "key"


@dataclass(frozen=True, slots=True)
class Found:
    """A line of the list. `name` is how it is typed, `path` the step or parameter that it leads to, or the id of a key.

    `index` is the cell there; None: where the cursor was left.
    """

    kind: Kind
    name: str
    path: str
    index: Index | None = None


Looked = Iterator[Found | Kind | None]
"""What is found, its kind alone where there are lines enough, and None where a piece of the names was looked at."""


class Known:
    """Everything that can be found in a run, gathered once while the list is open."""

    def __init__(self, session: Session, keys: Sequence[Found] = ()) -> None:
        self.session, self.keys = session, keys
        self._meant: dict[str, list[str]] = {}
        self.steps = session.place.steps
        self.parameters = list(session.run.trace.parameters.values())

    @cached_property
    def values(self) -> list[Value]:
        """The steps, then the parameters."""
        return [*self.steps, *self.parameters]

    @cached_property
    def paths(self) -> list[str]:
        """All names."""
        return search.known_paths(self.session)

    def meant(self, name: str) -> Iterator[list[str] | None]:
        """The steps and parameters that a name or a letter may mean, from here on; first None for each pause."""
        if name not in self._meant:
            found = paths_named(name, self.paths)
            for count, value in enumerate(() if found or not name else self.values, 1):
                if letter(value) == name:
                    found.append(value.path)
                if count % PIECE == 0:
                    yield None
            self._meant[name] = search.from_here(self.session, found)
        yield self._meant[name]

    @cached_property
    def words(self) -> dict[str, Found]:
        """The words that are laid out along axes, and where each stands: in what is looked at, else where it is first.

        Heads are no words.
        """
        found: dict[str, Found] = {}
        for value, axis in self._axes:
            for place, word in enumerate(axis.labels if isinstance(axis.labels, tuple) else ()):
                if word not in found:
                    found[word] = self.word(value, axis, place)
        return found

    @cached_property
    def vocabularies(self) -> list[tuple[Value, Axis]]:
        """The axes along which words stand that are not laid out."""
        return [(value, axis) for value, axis in self._axes if isinstance(axis.labels, Labels)]

    @cached_property
    def _axes(self) -> list[tuple[Value, Axis]]:
        """Each row of labels once, with the value that it is of."""
        found: dict[int, tuple[Value, Axis]] = {}
        for value in (self.session.place.value, *self.steps):
            for axis in value.axes:
                if axis.labels is not None:
                    found.setdefault(id(axis.labels), (value, axis))
        return list(found.values())

    def word(self, value: Value, axis: Axis, place: int) -> Found:
        """A word along an axis, and the cell of the value that it leads to."""
        return Found(Kind.word, name_along(axis, place), value.path, self.index_at(value, {axis.name: place}))

    def index_at(self, value: Value, places: Mapping[str, int]) -> Index:
        """The cell at some places along some axes, and along the others where the cursor was left."""
        is_told = len(places) == len(value.axes)  # where the cursor stands in a row of choices is up to its numbers
        here = tuple(0 for _ in value.axes) if is_told else self.session.place.index_in(value)
        return tuple(places.get(axis.name, place) for axis, place in zip(value.axes, here, strict=True))

    @cached_property
    def totals(self) -> dict[Kind, int]:
        """How many there are of each kind."""
        words = len(self.words) + sum(axis.size for _, axis in self.vocabularies)
        numbers = (len(self.steps), len(self.parameters), words, len(self.keys))
        return dict(zip((Kind.step, Kind.parameter, Kind.word, Kind.key), numbers, strict=True))


class Finding:
    """What is found so far. `by_name`: the steps of a name come first, and from here on, else what the text is in.

    `fault` is what is wrong with the name of a cell; `counts` how many were found of each kind, of `totals`.
    """

    def __init__(self, known: Known, text: str, *, by_name: bool) -> None:
        self._known, self._text = known, text.strip()
        self.found: list[Found] = []
        self.counts: Counter[Kind] = Counter()
        self.totals = known.totals
        self.fault = ""
        self.is_done = False
        self._seen: set[str] = set()
        self._lines = self._cells() if self._is_of_cell else self._named() if by_name else self._written()

    def look_on(self) -> bool:
        """Look at the next piece: whether there is more after it."""
        for line in self._lines:
            if line is None:
                return True
            if isinstance(line, Kind):
                self.counts[line] += 1
            elif self._is_new(line):
                self.counts[line.kind] += 1
                self.found += [line][: LISTED - len(self.found)]
        self.is_done = True
        return False

    def _is_new(self, line: Found) -> bool:
        if line.kind not in (Kind.step, Kind.parameter):
            return True
        is_new = line.path not in self._seen
        self._seen.add(line.path)
        return is_new

    # --- in which order

    def _written(self) -> Looked:
        """What a text is in: the first step is where it always led; then what is called so, and the others."""
        rest = self._with_text()
        for line in rest:
            yield line
            if line is not None:
                break
        yield from self._called()
        yield from self._words_called()
        yield from rest
        yield from self._alike()
        yield from self._words_with()
        yield from self._keys()

    def _named(self) -> Looked:
        """What a name may mean, from here on; then what it is a part of, what it is like, and finer steps.

        The title of a step is a name of it, too: people call the step `q` “queries”, as the screen does.
        """
        yield from self._called()
        yield from self._with_part()
        yield from self._titled()
        yield from self._alike()
        yield from self._words_called()
        yield from self._words_with()
        if not self.counts[Kind.step]:
            yield from self._finer()
        yield from self._keys()

    # --- steps and parameters

    def _line(self, path: str) -> Found:
        is_parameter = path in self._known.session.run.trace.parameters
        return Found(Kind.parameter if is_parameter else Kind.step, path, path)

    def _with_text(self) -> Looked:
        lesson = self._known.session.lesson
        values = self._known.values
        found = (value.path if search.is_in(self._text, value, lesson.at(value)) else None for value in values)
        yield from self._in_pieces(found)

    def _called(self) -> Looked:
        for paths in self._known.meant(self._text):
            yield from (None,) if paths is None else map(self._line, paths)

    def _finer(self) -> Looked:
        """The finer steps of a name, those of steps that are not open, too."""
        steps = self._known.session.run.trace.steps.values()
        inner = (paths_named(self._text, [each.path for each in finer_steps(step, True)]) for step in steps)
        yield from self._in_pieces(next(iter(found), None) for found in inner)

    def _with_part(self) -> Looked:
        wanted = self._text.casefold()
        yield from self._in_pieces(path if wanted in path.casefold() else None for path in self._paths)

    def _titled(self) -> Looked:
        """The steps with a text in their titles."""
        wanted = self._text.casefold()
        steps = self._known.steps if wanted else ()
        yield from self._in_pieces(step.path if wanted in title(step).casefold() else None for step in steps)

    def _alike(self) -> Looked:
        is_like = likeness(self._text)
        yield from self._in_pieces(path if is_like(path.casefold()) else None for path in self._paths)

    @property
    def _paths(self) -> list[str]:
        """All names, those that come after what is looked at first where there is nothing to go by."""
        paths = [value.path for value in self._known.values]
        return paths if self._text else search.from_here(self._known.session, paths)

    def _in_pieces(self, paths: Iterable[str | None]) -> Looked:
        """Lines for the paths that fit, and now and then a pause."""
        for count, path in enumerate(paths, 1):
            if path is not None:
                yield self._line(path)
            if count % PIECE == 0:
                yield None

    # --- words

    def _words_called(self) -> Looked:
        """The words that a text is, with or without its marks."""
        for word in self._exact_words():
            yield self._known.words[word]
        for value, axis in self._known.vocabularies:
            for place in places_named(axis, self._text) if self._text else ():
                yield self._known.word(value, axis, place)

    def _exact_words(self) -> list[str]:
        wanted = self._text.casefold()
        return [word for word in self._known.words if wanted and _bare(word) == wanted]

    def _words_with(self) -> Looked:
        """Words that have a text in them; those that begin with it first."""
        wanted, exact = self._text.casefold(), set(self._exact_words())
        others = [word for word in self._known.words if wanted in _bare(word) and word not in exact]
        yield from (self._known.words[word] for word in sorted(others, key=lambda word: not _begins(word, wanted)))
        for value, axis in self._known.vocabularies:
            if not wanted:
                self.counts[Kind.word] += axis.size
                continue
            known = places_named(axis, self._text)
            for place in _places_with(axis, wanted):
                if place is None:
                    yield None
                elif place not in known:
                    yield Kind.word if self._is_full else self._known.word(value, axis, place)

    @property
    def _is_full(self) -> bool:
        return len(self.found) >= LISTED

    # --- keys

    def _keys(self) -> Looked:
        words = self._text.casefold().split()
        yield from (key for key in self._known.keys if all(word in key.name.casefold() for word in words))

    # --- cells

    @cached_property
    def _is_of_cell(self) -> bool:
        """Whether places of a step are being typed. A word may begin with a bracket: `[CLS]`."""
        name, bracket, _ = self._text.partition("[")
        return bool(bracket and self._value_named(name.strip()))

    def _value_named(self, name: str) -> Value | None:
        """The step or parameter whose cell a name means first: the one that is looked at, if it is called so."""
        *_, meant = self._known.meant(name)
        paths = search.here_first(self._known.session, meant or [])
        return self._known.session.place.peek(paths[0]) if paths else None

    def _cells(self) -> Looked:
        """The cell that a text names; while its bracket is open, those that it may become."""
        name, places = split_typed(self._text)
        value = self._value_named(name)
        if value is None:
            return
        try:
            index = search.cell_in(self._known.session, value, places)
            yield Found(Kind.cell, self._text, value.path, index)
        except Problem as problem:
            self.fault = problem.in_one_line
        if not self._text.endswith("]"):
            yield from self._becoming(value)

    def _becoming(self, value: Value) -> Looked:
        """The cells that a name becomes with each place along the axis that it has come to."""
        name, _, rest = self._text.partition("[")
        *before, last = split_names(rest) or [""]
        axes = axes_typed(value, [*before, last])
        if len(before) >= len(axes):
            return
        axis = axes[len(before)]
        self.totals = {Kind.cell: axis.size}
        try:
            places = places_of(value, before) if before else {}
        except Problem as problem:
            self.fault = problem.in_one_line
            return
        end = "]" if axis == axes[-1] else ", "

        def becoming(place: int) -> Found:
            typed = ", ".join([*before, name_along(axis, place)])
            index = self._known.index_at(value, {**places, axis.name: place})
            return Found(Kind.cell, f"{name}[{typed}{end}", value.path, index)

        along = value.names.index(axis.name)
        named = {line.index[along] for line in self.found if line.index is not None}
        for place in _places_with(axis, last.strip('"').casefold()):
            if place is None:
                yield None
            elif place not in named:
                yield Kind.cell if self._is_full else becoming(place)


# --- words along an axis


def _bare(word: str) -> str:
    """A word as it is looked for: in small letters, without the mark of a space before it."""
    return word.removeprefix(SPACE).casefold()


def _begins(word: str, wanted: str) -> bool:
    return _bare(word).startswith(wanted)


def _places_with(axis: Axis, wanted: str) -> Iterator[int | None]:
    """The places whose labels begin with a text, then those that have it in them; and now and then None, a pause."""
    wanted, within = wanted.removeprefix(SPACE).lstrip(), list[int]()
    for place in range(axis.size):
        word = _bare(axis.label(place)) if wanted else ""
        if word.startswith(wanted):
            yield place
        elif wanted in word:
            within.append(place)
        if place % PIECE == PIECE - 1:
            yield None
    yield from within
