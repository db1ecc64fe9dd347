"""What can be said of a model on the disk: whether its files fit together, and whether it computes what it should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.opening import Source, check_memory, find_source, start, within
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.problems import Problem

if TYPE_CHECKING:
    from attn_explore.model.checkpoints.agreement import Agreement
    from attn_explore.model.opened import Opened
    from attn_explore.model.scenario import Scenario
    from attn_explore.model.trace import Trace

BESIDE = "input.json"
"""A file beside reference tensors that may say which ids they were made of."""

_LARGEST = 2**20

Fills = tuple[bool, ...]
"""Which tokens of a text are padding; empty where none is."""


def check_checkpoint(wanted: str) -> tuple[str, ...]:
    """Open a model of this machine without reading its numbers, and give what has to be said of it.

    Raises Problem with all that is wrong: settings that are not implemented, tensors that are missing.
    """
    from attn_explore.model.checkpoints.locating import locate
    from attn_explore.model.opened import opened

    found = opened(locate(wanted).path)
    _ = found.checkpoint.parameters, found.vocabulary
    return found.notes


def compare_with_references(
    wanted: str, file: Path, asked: Asked, limits: Limits, tolerance: float | None
) -> Agreement:
    """Run what a name or a path leads to, and compare it with the tensors in a file.

    A checkpoint is computed in float64 where the tensors are. What it reads is what was asked for, or what `input.json`
    beside the file says. Raises Problem for what cannot be run or compared.
    """
    from attn_explore.model.architecture import architecture_of
    from attn_explore.model.checkpoints.agreement import OF_DOUBLE, OF_SINGLE, agreement
    from attn_explore.model.checkpoints.reference_tensors import references_in

    references = references_in(file, limits.nbytes)
    source, fills = _reading(find_source(wanted, asked), file)
    scenario, trace = _run(_as_exact(source, references.is_double), fills, limits)
    if tolerance is None:
        tolerance = OF_DOUBLE if references.is_double else OF_SINGLE
    words_from = fills.index(False) if fills else 0
    return agreement(trace, architecture_of(scenario.model), references, tolerance, words_from)


def _run(source: Source, fills: Fills, limits: Limits) -> tuple[Scenario, Trace]:
    """The run of a source; of one that reads padding, `fills` says which of its tokens that is."""
    if source.scenario is None or not fills:
        run = start(source, limits).run
        return run.scenario, run.trace
    from attn_explore.model.prepared import Prepared
    from attn_explore.model.run import run_prepared
    from attn_explore.model.scenario.tokens import reading_stack

    known = within(source.scenario, limits).known
    stack = reading_stack(known.scenario.model)
    reading = replace(known.readings[stack], fills=fills)
    prepared = Prepared(replace(known, readings={**known.readings, stack: reading}))
    check_memory(prepared, limits.nbytes)
    return prepared.scenario, run_prepared(prepared, lazy=True)


# --- what stands beside the references


def _reading(source: Source, file: Path) -> tuple[Source, Fills]:
    """The model reading what the references were made of, where nothing else was asked for, and what fills up there."""
    beside = file.parent / BESIDE
    if not source.needs_text or not beside.is_file() or source.model is None:
        return source, ()
    from attn_explore.model.files.regular import read_regular
    from attn_explore.model.files.strict_json import read_json

    said = read_json(read_regular(beside, _LARGEST), beside, 100 * _LARGEST)
    given = _given(said, beside)
    fills = _fills(said, given["ids"], source.model, beside)
    return source.reading(given), fills


def _given(said: Any, path: Path) -> Mapping[str, Any]:
    """Keys of `input` by what stands beside references: ids, and those of the target."""
    ids = said.get("ids") if isinstance(said, dict) else None
    if not _are_ids(ids) or not _are_ids(said.get("target_ids", [])):
        raise Problem("this file does not say the ids that were read", path=path, hint='it is {"ids": [1, 2, 3], …}')
    for key in ("segments", "token_type_ids"):
        if any(said.get(key) or ()):
            what = f"`{key}` has a second segment, and a text that is read here is all in the first"
            raise Problem(what, path=path, hint="make the references of one text")
    return {key: said[key] for key in ("ids", "target_ids") if key in said}


def _fills(said: Mapping[str, Any], ids: list[int], model: Opened, path: Path) -> Fills:
    """Which ids are padding, before the words or behind them; nothing where none is."""
    mask = said.get("attention_mask")
    if mask is None:
        _check_begins_with_word(ids, model, path)
        return ()
    if not isinstance(mask, list) or len(mask) != len(ids) or not set(mask) <= {0, 1} or 1 not in mask:
        what = f"`attention_mask` does not say of each of the {len(ids)} ids whether it is a word"
        raise Problem(what, path=path, hint="1 for a word, 0 for padding, as the tokenizer gave it")
    first, count = mask.index(1), mask.count(1)
    if mask[first : first + count] != [1] * count:
        hint = "make the references of one text, with padding before or behind its words"
        raise Problem("`attention_mask` has padding between words", path=path, hint=hint)
    _check_positions(said.get("position_ids"), first, count, model, path)
    return tuple(each == 0 for each in mask) if 0 in mask else ()


def _check_begins_with_word(ids: list[int], model: Opened, path: Path) -> None:
    """Padding behind words changes none of them; before them, it has to be said where they begin."""
    pad = model.special.pad
    count = next((place for place, each in enumerate(ids) if each != pad), 0)
    if count:
        what = f"`attention_mask` is missing: the text begins with {count} of {pad}, the id that fills up"
        hint = f'add "attention_mask": [{", ".join("0" * count + "1")}, …], 0 for padding and 1 for words'
        raise Problem(what, path=path, hint=hint)


def _check_positions(positions: object, first: int, count: int, model: Opened, path: Path) -> None:
    """Where the first word has the first position, as in generation, `position_ids` say so, if they are there.

    Where only distances between words matter, they may begin anywhere.
    """
    is_counted = model.architecture.counting == "from_first_word"
    is_counted = is_counted and model.architecture.position in ("learned", "sinusoidal")
    if positions is None or not is_counted or not first:
        return
    if not isinstance(positions, list) or positions[first : first + count] != list(range(count)):
        what = f"`position_ids` do not count the {count} words from 0 on, as the model does where it generates"
        hint = "make the references with position_ids=(attention_mask.cumsum(-1) - 1).clamp(min=0)"
        raise Problem(what, path=path, hint=hint)


def _are_ids(found: object) -> TypeGuard[list[int]]:
    return isinstance(found, list) and all(type(each) is int and each >= 0 for each in found)


def _as_exact(source: Source, is_double: bool) -> Source:
    """A checkpoint in float64, where the references are: then nothing is lost to rounding."""
    if not is_double or source.model is None or source.scenario is None:
        return source
    from attn_explore.model.opened import scenario_of

    reads = source.scenario.source.at(("input",))
    return replace(source, scenario=scenario_of(source.name, source.model, reads, dtype="float64"))
