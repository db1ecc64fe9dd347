"""What can be said of a model on the disk: whether its files fit together, and whether it computes what it should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.opening import Source, find_source, start
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.problems import Problem

if TYPE_CHECKING:
    from attn_explore.model.checkpoints.agreement import Agreement

BESIDE = "input.json"
"""A file beside reference tensors that may say which ids they were made of."""

_LARGEST = 2**20


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
    wanted: str, file: Path, asked: Asked, limits: Limits, tolerance: float | None = None
) -> Agreement:
    """Run what a name or a path leads to, and compare it with the tensors in a file.

    A checkpoint is computed in float64 where the tensors are. What it reads is what was asked for, or what `input.json`
    beside the file says. Raises Problem for what cannot be run or compared.
    """
    from attn_explore.model.architecture import architecture_of
    from attn_explore.model.checkpoints.agreement import OF_DOUBLE, OF_SINGLE, agreement
    from attn_explore.model.checkpoints.reference_tensors import references_in

    references = references_in(file, limits.nbytes)
    source = _as_exact(_reading(find_source(wanted, asked), file), references.is_double)
    session = start(source, limits)
    if tolerance is None:
        tolerance = OF_DOUBLE if references.is_double else OF_SINGLE
    model = architecture_of(session.run.scenario.model)
    return agreement(session.run.trace, model, references, tolerance)


def _reading(source: Source, file: Path) -> Source:
    """The model reading what the references were made of, where nothing else was asked for."""
    beside = file.parent / BESIDE
    if not source.needs_text or not beside.is_file():
        return source
    from attn_explore.model.files.regular import read_regular
    from attn_explore.model.files.strict_json import read_json

    return source.reading(_given(read_json(read_regular(beside, _LARGEST), beside, 100 * _LARGEST), beside))


def _given(said: Any, path: Path) -> Mapping[str, Any]:
    """Keys of `input` by what stands beside references: ids, which of them are words, and those of the target."""
    ids = said.get("ids") if isinstance(said, dict) else None
    if not _are_ids(ids) or not _are_ids(said.get("target_ids", [])):
        raise Problem("this file does not say the ids that were read", path=path, hint='it is {"ids": [1, 2, 3], …}')
    mask = said.get("attention_mask", [1] * len(ids))
    words = mask.count(1) if isinstance(mask, list) else -1
    if mask != [1] * words + [0] * (len(ids) - words):
        hint = "make the references without padding, or with padding behind the words: padding_side='right'"
        raise Problem("`attention_mask` is not words first and then padding", path=path, hint=hint)
    for key in ("segments", "token_type_ids"):
        if any(said.get(key) or ()):
            what = f"`{key}` has a second segment, and a text that is read here is all in the first"
            raise Problem(what, path=path, hint="make the references of one text")
    found: dict[str, Any] = {"ids": ids[:words]}
    if words < len(ids):
        found["pad_to"] = len(ids)
    return found | ({"target_ids": said["target_ids"]} if "target_ids" in said else {})


def _are_ids(found: object) -> TypeGuard[list[int]]:
    return isinstance(found, list) and all(type(each) is int and each >= 0 for each in found)


def _as_exact(source: Source, is_double: bool) -> Source:
    """A checkpoint in float64, where the references are: then nothing is lost to rounding."""
    if not is_double or source.model is None or source.scenario is None:
        return source
    from attn_explore.model.opened import scenario_of

    reads = source.scenario.source.at(("input",))
    return replace(source, scenario=scenario_of(source.name, source.model, reads, dtype="float64"))
