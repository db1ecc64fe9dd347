"""What a trace says of its run, of its parameters and of its steps: everything but their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from attn_explore.model.explain import explanation, title
from attn_explore.model.formulas import formula, symbol
from attn_explore.model.forward import choose_last
from attn_explore.model.labels import AxisLabels
from attn_explore.model.named_checkpoint import checkpoint_of
from attn_explore.model.scenario.document import LessonStep
from attn_explore.model.scenario_gradients import with_output
from attn_explore.model.sources import Source, is_in_file
from attn_explore.model.traces.recorded import CHECKPOINT, checkpoint_data
from attn_explore.model.traces.wanted import Contents
from attn_explore.model.values import Value

FORMAT = "attn-explore-trace"
VERSION = 1

LEFT_OUT = "left_out"
"""The key of how many steps of the run a trace has not, where it has not all of them."""

Data = dict[str, Any]


def header(contents: Contents) -> Data:
    """What stands before the parameters."""
    from importlib.metadata import version

    scenario = with_output(contents.scenario, contents.trace)
    choose_last(contents.trace)
    return {
        "format": FORMAT,
        "version": VERSION,
        "generator": {"name": "attn-explore", "version": version("attn-explore")},
        "scenario": replace(scenario, lesson=_lesson(contents)).as_dict(),
        "tokens": contents.trace.tokens,
    }


def _lesson(contents: Contents) -> tuple[LessonStep, ...]:
    """The lesson, if it can be told of what the trace holds: all its steps, and the operands that it asks for."""
    lesson, parameters = contents.scenario.lesson, contents.trace.parameters.values()
    asks_for_operands = any(stop.answer is not None and stop.answer.operand is not None for stop in lesson)
    is_told = not contents.left_out and (not asks_for_operands or all(map(contents.holds, parameters)))
    return lesson if is_told else ()


def footer(contents: Contents) -> Data:
    """What stands behind the steps: what is not said of a whole run of a scenario's own model."""
    found: Data = {}
    if contents.left_out:
        found[LEFT_OUT] = contents.left_out
    if (checkpoint := checkpoint_of(contents.scenario)) is not None:
        found[CHECKPOINT] = checkpoint_data(checkpoint, contents)
    return found


def of_parameter(parameter: Value) -> Data:
    """A parameter, and where it is stored, if it is in a file."""
    found: Data = {"name": parameter.path, "shape": parameter.shape, "dtype": str(parameter.dtype)}
    return found | {"file": _stored(parameter.source)} if is_in_file(parameter.source) else found


def _stored(source: Source) -> Mapping[str, object]:
    """Where a parameter is stored; of the file its name alone, wherever it is on this machine."""
    said = source.describe()
    return {key: Path(str(value)).name if key == "file" else value for key, value in said.items()}


def of_step(step: Value) -> Data:
    """A step, but for its explanation, which stands behind its numbers."""
    return {
        "path": step.path,
        "title": title(step),
        "symbol": symbol(step),
        "formula": formula(step),
        "axes": [{"name": axis.name, "labels": _written(axis.all_labels)} for axis in step.axes],
        "shape": step.shape,
        "dtype": str(step.dtype),
        "op": step.made_by.name,
        "inputs": [name_in_file(operand.value) for operand in step.operands],
    }


def behind_step(step: Value) -> Data:
    """What stands behind the numbers of a step."""
    return {"explanation": explanation(step)}


def _written(labels: AxisLabels | None) -> Sequence[str] | None:
    """The labels of an axis; those of a large vocabulary stand in the trace once, with the checkpoint."""
    return labels if isinstance(labels, tuple) else None


def name_in_file(operand: Value) -> str:
    """How an operand is called in a file: its path, or for what a stack reads `tokens` or `pad`, whichever stack."""
    return operand.name if operand.name in ("tokens", "pad") else operand.path
