"""Reading an exported trace back: the records are planned again from its scenario, the numbers come from the file.

So a trace from a stranger shows the arithmetic that this program would do, over the numbers that are in the file.
Files that it names are not opened: parameters that are stored there, and steps that were left out, have no numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from attn_explore.model.files.regular import read_regular
from attn_explore.model.known import Known, known_of
from attn_explore.model.memory import memory_of
from attn_explore.model.prepared import plan_of
from attn_explore.model.problems import Problem, TooLarge
from attn_explore.model.scenario import Scenario, scenario_from_dict
from attn_explore.model.scenario.tokens import Token, generates
from attn_explore.model.sources import Elsewhere, Numbers
from attn_explore.model.text import figure
from attn_explore.model.trace import Trace
from attn_explore.model.traces.containers import TraceFile, opened
from attn_explore.model.traces.record_checks import (
    Expected,
    Records,
    check_inputs,
    check_records,
    check_stored,
    left_out_of,
    list_at,
    records_in,
)
from attn_explore.model.traces.recorded import CHECKPOINT, Recorded, recorded, stored_elsewhere
from attn_explore.model.traces.records import VERSION, name_in_file
from attn_explore.model.traces.wanted import PARAMETER, Contents, Wanted
from attn_explore.model.values import Value

MOST_LEFT_OUT = 50_000
"""Steps that are planned although the file has not them: more are left out to keep a machine busy."""


def read_trace(path: Path, limit: int) -> tuple[Scenario, Trace]:
    """The scenario and the trace in a `.json`, `.npz` or `.safetensors` file, told apart by what is in it.

    `limit` bounds the memory of reading it and of the trace. Raises Problem for everything that does not fit.
    """
    file = opened(read_regular(path, limit), path, limit)
    trace, scenario = _planned(file.description, path, limit)
    expected = {**{f"{PARAMETER}{name}": value for name, value in trace.parameters.items()}, **trace.steps}
    every = Contents(trace, scenario, Wanted(fine=True)).steps(planned=True)
    finer = {step.path: step for step in every if step.path not in trace.steps}
    records, trace.left_out = records_in(file.description, path), left_out_of(file.description, path)
    check_records(records, expected, finer, trace.left_out, path)
    check_inputs(records, {*trace.steps, *finer, *trace.parameters, *map(name_in_file, trace.given.values())}, path)
    _leave_out(trace, records)
    here = _held_here(file, records, scenario, trace, path)
    _check_memory(sum(value.nbytes for value in here.values()), path, limit)
    with np.errstate(all="ignore"):  # what is too large for float32 is shown as ∞ where it appears
        for key, array in file.fetch(here, finer):
            here[key].held = np.asarray(array, here[key].dtype, order="C")
    trace.planned = False
    trace.unedited = {name: _as_given(value) for name, value in trace.parameters.items()}
    return scenario, trace


# --- what was run


def _planned(description: dict[str, Any], path: Path, limit: int) -> tuple[Trace, Scenario]:
    """The run without its numbers, and its scenario."""
    known = _known(description, path)
    checkpoint = known.scenario.checkpoint
    if isinstance(checkpoint, Recorded):
        generated = checkpoint.generated if generates(known.scenario.model, known.scenario.input) else None
    else:
        generated = _generated(description, known, path)
    _check_size(known, generated, description, path, limit)
    trace = plan_of(known, generated)
    words = {stack: list(found or ()) for stack, found in trace.tokens.items()}
    if checkpoint is not None and description.get("tokens") != words:
        raise Problem("these are not the words of the tokens that were read", path=path, place="tokens")
    return trace, known.scenario


def _known(description: dict[str, Any], path: Path) -> Known:
    """What is known of the scenario that was run."""
    version = description.get("version")
    if type(version) is not int or version != VERSION:
        is_newer = isinstance(version, int) and version > VERSION
        what = "made by a newer attn-explore: " if is_newer else ""
        what += f"version {version!r:.20} of the format, and this program reads version {VERSION}"
        raise Problem(what, path=path, place="version", hint="update attn-explore" if is_newer else "export it again")
    if not isinstance(description.get("scenario"), dict):
        raise Problem("the trace does not say what was run", path=path, place="scenario")
    scenario = scenario_from_dict(description["scenario"], str(path))
    is_named, is_said = scenario.model.weights.checkpoint is not None, CHECKPOINT in description
    if is_named is not is_said:
        what = "this is missing: its scenario names one" if is_named else "its scenario names none"
        raise Problem(what, path=path, place=CHECKPOINT, hint="export it again")
    if is_said:
        scenario = replace(scenario, checkpoint=recorded(description[CHECKPOINT], scenario, path))
    return known_of(scenario)


def _check_size(
    known: Known, generated: Sequence[Token] | None, description: dict[str, Any], path: Path, limit: int
) -> None:
    """Refuse a run that would take more memory than there may be, or has many more steps than are here."""
    scenario, count = known.scenario, len(list_at(description, "steps", path))
    is_whole = not left_out_of(description, path)
    layers = scenario.model.encoder_layers * scenario.model.has_encoder
    layers += scenario.model.decoder_layers * scenario.model.has_decoder
    passes = scenario.input.max_new_tokens if generated is None else len(generated) + 1
    need = memory_of(known.with_scenario(replace(scenario, input=replace(scenario.input, max_new_tokens=passes))))
    if (is_whole and layers > count) or need.steps > count + MOST_LEFT_OUT:
        raise Problem("there are fewer steps than layers", path=path, place="steps")
    if is_whole and scenario.checkpoint is None:
        _check_memory(need.nbytes, path, limit)


def _check_memory(nbytes: int, path: Path, limit: int) -> None:
    if nbytes > limit:
        what = f"this trace takes {figure(nbytes)} bytes, and the limit is {limit}"
        raise TooLarge(what, path=path, hint="raise --memory-limit")


def _generated(description: dict[str, Any], known: Known, path: Path) -> tuple[Token, ...] | None:
    """The words that the decoder chose: what stands behind those that it was fed. None where nothing is generated."""
    scenario = known.scenario
    if not generates(scenario.model, scenario.input):
        return None
    tokens = description.get("tokens")
    words = tokens.get("decoder") if isinstance(tokens, dict) else None
    fed, rows = known.readings["decoder"].padded(), known.rows["decoder"]
    if (
        not isinstance(words, list)
        or tuple(words[: len(fed)]) != fed
        or not all(isinstance(word, str) and word in rows for word in words)
    ):
        what = "these must be the words that the decoder was fed, and then words that it knows"
        raise Problem(what, path=path, place="tokens.decoder")
    if not 1 <= len(words) - len(fed) <= scenario.input.max_new_tokens:
        raise Problem("this is not the number of words that the decoder generates", path=path, place="tokens.decoder")
    return tuple(Token(rows[word], word) for word in words[len(fed) :])


# --- which numbers are here


def _leave_out(trace: Trace, records: Records) -> None:
    """Take the steps out of a trace that a file has not; who asks for their numbers hears so.

    What follows from the tokens alone, as masks do, is computed where it is needed.
    """
    for path in [path for path in trace.steps if path not in records]:
        step = trace.steps.pop(path)
        if any(view.path not in trace.given for view in step.operands):
            hint = "export it with this step, too, or run its scenario"
            step.source = Elsewhere(f"{path} was left out of this trace", step.shape, hint)


def _held_here(file: TraceFile, records: Records, scenario: Scenario, trace: Trace, path: Path) -> Expected:
    """What the file has the numbers of, by its keys: every step, and the parameters that are not stored elsewhere."""
    files = {each.name for each in scenario.checkpoint.files} if scenario.checkpoint is not None else set()
    found: dict[str, Value] = {}
    for name, parameter in trace.parameters.items():
        key = f"{PARAMETER}{name}"
        if "file" in records[key]:
            parameter.source = stored_elsewhere(name, parameter.shape, check_stored(records[key], files, path))
        if parameter.source is None or key in file.keys:
            found[key] = parameter
    return found | trace.steps


def _as_given(parameter: Value) -> Numbers:
    """A parameter as a run is given it."""
    return parameter.elsewhere or parameter.array
