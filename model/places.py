"""Cells by name: `encoder.layers.0.self_attention.scores[head 0, I, dog]`, a step and a place along each of its axes.

A step is named by its path, or by the end of it where no other step has that: `weights`, `ffn.output`. Parts between
may be left out, too: `layers.5.weights`. How a place is written is said in `naming`. Axes of size 1 may be left out,
the heads first; and the heads where a word stands in their place: `weights[its, law]`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from attn_explore.model.axes import Axis
from attn_explore.model.naming import name_along, places_named, shown, split_names, typed_along
from attn_explore.model.ops.gradients import PREFIX
from attn_explore.model.passes import LENS
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.text import clip, closed, figure
from attn_explore.model.values import Value

_LONGEST = 60
_CHOICES = 8
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)(?=\.|$)")
_DIGITS = 20
"""Digits of a layer's number that are read."""
_PATHS = 4
"""Paths that are listed where a name means several."""


# --- steps


def paths_named(name: str, paths: Iterable[str]) -> list[str]:
    """The paths that a name may mean: the one that it is, those that end with it, or those that have all its parts.

    Gradients are named as such, `grad.weights`, and so is what the lens makes: `lens.layers.5.logits`.

    >>> paths_named("weights", ["a.weights", "a.w", "b.weights", "grad.a.weights"])
    ['a.weights', 'b.weights']
    >>> paths_named("layers.5.weights", ["encoder.layers.5.self_attention.weights", "encoder.layers.15.ffn.weights"])
    ['encoder.layers.5.self_attention.weights']
    """
    known = list(paths)
    if name in known or not name:
        return [name] if name else []
    kind = _kind(name)
    own, alike = name.removeprefix(kind), [path for path in known if _kind(path) == kind]
    ending = [path for path in alike if f".{path}".endswith(f".{own}")]
    return ending or [path for path in alike if _has_parts(path.split("."), own.split("."))]


def _kind(path: str) -> str:
    """What stands before the path of a step that was made of the steps of a run; nothing before theirs."""
    return next((kind for kind in (PREFIX, LENS) if path.startswith(kind)), "")


def _has_parts(path: list[str], parts: list[str]) -> bool:
    """Whether a path has some parts in their order, the last one at its end."""
    behind = iter(path)
    return path[-1] == parts[-1] and all(part in behind for part in parts)


def the_path(name: str, found: list[str], paths: Iterable[str], otherwise: str = "") -> str:
    """The one path that was found for a name. Raises Problem where there are several, or none among the `paths`.

    `otherwise` is the hint where no path is like the name.
    """
    if len(found) == 1:
        return found[0]
    if found:
        more = f" and {len(found) - _PATHS} more" if len(found) > _PATHS else ""
        hint = f"write one of {', '.join(found[:_PATHS])}{more}"
        raise Problem(f"several steps of the run are called {clip(name, _LONGEST)}", hint=hint)
    known = list(paths)
    near = nearest(name, known) or nearest(name, {path.rpartition(".")[2] for path in known})
    layers = _layers_there(name, known)
    first = otherwise or ("" if layers else f"the first is {known[0]}; / in the explorer finds by words")
    hint = "; ".join(filter(None, (layers, f"did you mean {near}?" if near else first)))
    raise Problem(f"the run has no step {clip(name, _LONGEST) or 'without a name'}", hint=hint)


def _layers_there(name: str, paths: Iterable[str]) -> str:
    """Which layers there are, where a name is of one that is not there; else nothing.

    >>> _layers_there("layers.7.q", ["encoder.layers.0.q", "encoder.layers.1.q"])
    'there are layers 0 to 1'
    """
    named = _LAYER.search(name)
    if named is None:
        return ""
    before = re.compile(rf"(?:^|\.){re.escape(name[: named.start(1)])}(\d+)\.")
    there = {int(found[1]) for path in paths if (found := before.search(path)) is not None}
    if not there or int(named[1][:_DIGITS]) in there:
        return ""
    return f"there are layers 0 to {max(there)}" if len(there) > 1 else f"there is one layer, {min(there)}"


def path_meant(name: str, paths: Iterable[str]) -> str | None:
    """The path that somebody meant who wrote a short name where a path is needed; else the one most like it.

    >>> path_meant("weights", ["a.wights", "a.b.weights"]), path_meant("a.wihgts", ["a.wights"])
    ('a.b.weights', 'a.wights')
    """
    known = list(paths)
    return next(iter(paths_named(name, known)), None) or nearest(name, known)


def short_names(paths: Iterable[str]) -> Iterator[str]:
    """The shortest name of each path that means no other.

    >>> list(short_names(["encoder.input", "encoder.layers.0.ffn.output", "encoder.layers.0.self_attention.output"]))
    ['input', 'ffn.output', 'self_attention.output']
    """
    ends = {path: [path[at:] for at in _beginnings(path)] for path in paths if not path.startswith(PREFIX)}
    times = Counter(end for each in ends.values() for end in each)
    yield from (next((end for end in reversed(own) if times[end] == 1), path) for path, own in ends.items())


def _beginnings(path: str) -> list[int]:
    """Where the parts of a path begin."""
    return [0, *(at + 1 for at, character in enumerate(path) if character == ".")]


# --- cells


def choices_along(axis: Axis) -> str:
    """What may be given for a place along an axis, as a hint."""
    is_numbered = axis.all_labels is None
    return f"give an index from {listed_along(axis)}" if is_numbered else f"there are {listed_along(axis)}"


def listed_along(axis: Axis) -> str:
    """The places along an axis by their names, the first ones; of numbered ones the first and the last."""
    if axis.all_labels is None:
        return f"0 to {axis.size - 1}"
    shown = min(axis.size, _CHOICES)
    more = f" and {figure(axis.size - shown)} more" if axis.size > shown else ""
    return ", ".join(clip(name_along(axis, place), _LONGEST) for place in range(shown)) + more


def split_place(text: str) -> tuple[str, list[str] | None]:
    """A name, and the names of places that stand in brackets behind it; None where there are no brackets.

    Raises Problem where the text goes on behind the brackets, or ends within them.

    >>> split_place('logits[dog,"1,000"]')
    ('logits', ['dog', '"1,000"'])
    >>> split_place("logits")
    ('logits', None)
    """
    name, bracket, rest = text.strip().partition("[")
    if bracket and not rest.endswith("]"):
        what = f"{clip(text.strip(), _LONGEST)} does not end with ]"
        raise Problem(what, hint=f"places stand between [ and ]: {clip(name.strip(), _LONGEST)}[…]")
    return name.strip(), split_names(rest[:-1]) if bracket else None


def split_typed(text: str) -> tuple[str, list[str] | None]:
    """The same while it is typed: a bracket that is still open is as good as closed.

    >>> split_typed("logits[dog")
    ('logits', ['dog'])
    """
    return split_place(closed(text))


def index_of(value: Value, names: list[str], head: int = 0) -> tuple[int, ...]:
    """The cell that is named by a place for each axis; axes of size 1 may be left out, and the heads: then of `head`.

    Raises Problem that says what may be given.
    """
    named = _named_axes(axes_meant(value, names), len(names))
    if len(named) != len(names):
        needed = [axis.name for axis in value.axes if axis.size > 1] or list(value.names)
        indices, axes = "index" if len(names) == 1 else "indices", "axis" if len(needed) == 1 else "axes"
        what = f"{len(names)} {indices} for {len(needed)} {axes}"
        raise Problem(what, path=value.path, hint=f"give one for each of {', '.join(needed)}")
    return _index(value, named, names, head)


def places_of(value: Value, names: list[str]) -> dict[str, int]:
    """The places that are named along the first axes of a value, or along the first but the heads; by axis.

    Where there is one head, it is that. Raises Problem that says what may be given.
    """
    axes = axes_meant(value, names)
    if len(names) > len(axes):
        index_of(value, names)
    single = {axis.name: 0 for axis in value.axes if axis.name == "head" and axis.size == 1}
    return single | {axis.name: place_on(axis, name, value.path) for axis, name in zip(axes, names, strict=False)}


def row_of(value: Value, names: list[str]) -> tuple[int, ...]:
    """The first cell of a row, named by a place along each axis but the last; or any cell, by all of them."""
    meant = axes_meant(value, names)
    longer = tuple(axis for axis in meant if axis.size > 1)
    for axes in (meant, longer):
        if len(names) == len(axes) - 1 and len(names) not in (len(meant), len(longer)):
            return _index(value, axes[:-1], names)
    return index_of(value, names)


def _index(value: Value, axes: tuple[Axis, ...], names: list[str], head: int = 0) -> tuple[int, ...]:
    """The cell at the places that are named along some axes, in a head, and at the first along the others."""
    found = {axis.name: place_on(axis, name, value.path) for axis, name in zip(axes, names, strict=True)}
    return tuple(found.get(axis.name, min(head, axis.size - 1) if axis.name == "head" else 0) for axis in value.axes)


def axes_meant(value: Value, names: list[str]) -> tuple[Axis, ...]:
    """The axes that names may be for: not the heads, where there are fewer names than axes and the first is of none."""
    axes = value.axes
    if not axes or axes[0].name != "head" or not 0 < len(names) < len(axes):
        return axes
    return axes if _is_number(names[0]) or places_named(axes[0], names[0]) else axes[1:]


def axes_typed(value: Value, names: list[str]) -> tuple[Axis, ...]:
    """The axes that names are for while they are typed, and more may follow: not the only head where it is left out."""
    axes = axes_meant(value, names)
    is_left_out = bool(axes) and axes[0].name == "head" and axes[0].size == 1 and len(names) < len(axes)
    return axes[1:] if is_left_out else axes


def _is_number(name: str) -> bool:
    return name.removeprefix("-").isdecimal()


def _named_axes(axes: tuple[Axis, ...], count: int) -> tuple[Axis, ...]:
    """The axes that so many names are for: those of size 1 are left out until they are as many, the heads first."""
    single = sorted((axis for axis in axes if axis.size == 1), key=lambda axis: axis.name != "head")
    left_out = single[: max(0, len(axes) - count)]
    return tuple(axis for axis in axes if axis not in left_out)


def place_on(axis: Axis, name: str, path: str) -> int:
    """The place along an axis of the value at `path` that a name means. Raises Problem that says what may be given."""
    places = places_named(axis, name)
    if len(places) == 1:
        return places[0]
    if not places:
        what = f"there is no {clip(name, _LONGEST)} along {axis.name}"
        raise Problem(what, path=path, hint=choices_along(axis))
    what = f"{clip(name, _LONGEST)} may mean {' or '.join(shown(axis, place) for place in places)} along {axis.name}"
    written = " or ".join(typed_along(axis, place) for place in places)
    raise Problem(what, path=path, hint=f"write {written}")
