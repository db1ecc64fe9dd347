"""What nobody has written words for yet, told by the heading under which it belongs in `model/words/en.md`."""

from __future__ import annotations

from attn_explore.model.finer import finer_steps
from attn_explore.model.ops import is_gradient
from attn_explore.model.trace import Trace
from attn_explore.model.words.language import language
from attn_explore.model.words.steps import heading_of


def unwritten(trace: Trace) -> list[str]:
    """The missing entries for the steps, finer steps, parameters and given values of a run."""
    steps = [
        value
        for step in trace.steps.values()
        if not is_gradient(step)
        for value in (step, *finer_steps(step, trace.planned))
    ]
    wordless = [step for step in steps if heading_of(step.path, step.made_by.name) is None]
    leaves = (*trace.parameters.values(), *trace.given.values())
    letterless = [value.name for value in leaves if value.name not in language().parameters]
    return [
        *(f"`## {step.name}` for {step.path}, made by {step.made_by.name}" for step in wordless),
        *(f"`- {name}:` under `## letters`" for name in letterless),
    ]


def told(missing: list[str]) -> str:
    """What a failing test says, every entry on a line of its own."""
    return "\n".join(("model/words/en.md has no", *missing))
