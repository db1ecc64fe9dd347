"""What of a run is exported: all of it, or the steps that somebody names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property

from attn_explore.model.dataclass import dataclass
from attn_explore.model.finer import finer_steps
from attn_explore.model.ops.gradients import PREFIX
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.scenario import Scenario
from attn_explore.model.sources import Elsewhere, is_in_file
from attn_explore.model.step_names import steps_meant
from attn_explore.model.text import clip
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

PARAMETER = "parameters."
"""In the binary formats, keys of parameters begin with this."""

_LONGEST = 60


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    steps       patterns of paths, such as `*.layers.5.*`, or of their ends, such as `weights`; without any, all steps
    fine        the finer steps, too, each after the step that it is part of
    parameters  the numbers of parameters that are stored in files, too
    """

    steps: tuple[str, ...] = ()
    fine: bool = False
    parameters: bool = False


EVERYTHING = Wanted()


@dataclass(frozen=True, eq=False)
class Contents:
    """What an export holds of a run."""

    trace: Trace
    scenario: Scenario
    wanted: Wanted = EVERYTHING

    @cached_property
    def chosen(self) -> Sequence[Value]:
        """The steps, in order. Raises Problem for a pattern that none of them has."""
        return chosen(self.trace, self.wanted.steps)

    def steps(self, *, planned: bool = False) -> Iterator[Value]:
        """The steps, each followed by its finer steps where they are wanted; `planned`: without their numbers."""
        for step in self.chosen:
            yield step
            if self.wanted.fine:
                yield from finer_steps(step, planned or self.trace.planned)

    @property
    def left_out(self) -> int:
        """How many steps of the run are not in it."""
        return self.trace.left_out + len(self.trace.steps) - len(self.chosen)

    def holds(self, parameter: Value) -> bool:
        """Whether the numbers of a parameter are in it: those that are in no file, or not as they are there, are."""
        if isinstance(parameter.source, Elsewhere) and parameter.held is not None:
            return True
        return self.wanted.parameters or not is_in_file(parameter.source) or bool(parameter.changes)

    def tensors(self, *, planned: bool = False) -> Iterator[tuple[str, Value]]:
        """Everything whose numbers are in it, with its key in the binary formats."""
        for name, parameter in self.trace.parameters.items():
            if self.holds(parameter):
                yield f"{PARAMETER}{name}", parameter
        yield from ((step.path, step) for step in self.steps(planned=planned))


def chosen(trace: Trace, patterns: Sequence[str]) -> list[Value]:
    """The steps of a run that any of the patterns is of; without patterns, all. Raises Problem for one of none."""
    if not patterns:
        return list(trace.steps.values())
    of_each = {pattern: _of_pattern(trace, pattern) for pattern in patterns}
    lost = next((pattern for pattern, paths in of_each.items() if not paths), None)
    if lost is not None:
        name, bracket, _ = lost.partition("[")
        if bracket and (whole := steps_meant(name, trace)):
            what = f"whole steps are exported, not {clip(lost, _LONGEST)}"
            raise Problem(what, hint=f"write {whole[0]}; `attn-explore show … --csv` prints a part")
        if not lost.strip():
            raise Problem("an empty pattern names no step", hint="patterns are like *.layers.5.*, *.weights or logits")
        near = nearest(lost, (path.rpartition(".")[2] for path in trace.steps))
        hint = f"did you mean {near}?" if near else "patterns are like *.layers.5.*, *.weights or logits"
        raise Problem(f"no step of the run is called {clip(lost, _LONGEST)}", hint=hint)
    found = set().union(*of_each.values())
    return [step for path, step in trace.steps.items() if path in found]


def _of_pattern(trace: Trace, pattern: str) -> set[str]:
    """The steps that a pattern is of; else those that it means as a name: `layers.5.weights`, `A`."""
    return {path for path in trace.steps if matches(path, pattern)} or set(steps_meant(pattern.strip(), trace))


def matches(path: str, pattern: str) -> bool:
    """Whether a pattern is of a path, or of the end of it; gradients are named as such.

    >>> [matches("decoder.layers.5.ffn.output", each) for each in ("*.layers.5.*", "ffn.output", "output", "ffn")]
    [True, True, True, False]
    """
    if fnmatchcase(path, pattern):
        return True
    is_alike = path.startswith(PREFIX) == pattern.startswith(PREFIX)
    return is_alike and fnmatchcase(path.removeprefix(PREFIX), f"*.{pattern.removeprefix(PREFIX)}")
