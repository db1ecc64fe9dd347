"""What a name that a person types means among the values of a run: one rule for every command, file and key.

A name is a path, the end of one, some of its parts in their order, or the letter that stands for it in formulas: `A`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attn_explore.model.finer import finer_steps
from attn_explore.model.formulas import letter
from attn_explore.model.passes import LENS
from attn_explore.model.places import paths_named
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


def paths_meant(name: str, paths: Sequence[str], trace: Trace) -> list[str]:
    """Those of some paths that a name may mean, else steps that are not open, else what has that letter.

    Not open are finer steps, and those that the lens or a sampler makes.
    """
    found = paths_named(name, paths)
    if not found and name.startswith(LENS):
        from attn_explore.model.stream import lens_paths  # few names are of the lens

        found = paths_named(name, lens_paths(trace))
    elif not found:
        inner = [each.path for step in trace.steps.values() for each in finer_steps(step, True)]
        found = paths_named(name, [*inner, *(each.path for made in trace.sampled.values() for each in made)])
    return found or lettered(name, (*trace.steps.values(), *trace.parameters.values()))


def value_at(trace: Trace, path: str) -> Value | None:
    """The step or parameter of a run at a path, or what the lens makes of a step."""
    if path.startswith(LENS):
        from attn_explore.model.stream import lens_step  # few paths are of the lens

        return lens_step(trace, path)
    return trace.steps.get(path) or trace.parameters.get(path)


def steps_meant(name: str, trace: Trace) -> list[str]:
    """The steps that a name may mean, without the finer ones inside them."""
    return paths_named(name, trace.steps) or lettered(name, trace.steps.values())


def lettered(name: str, values: Iterable[Value]) -> list[str]:
    """The paths of the values that a letter stands for in formulas."""
    return [value.path for value in values if name and letter(value) == name]
