"""The records of a trace from a stranger: they must be those that a run of its scenario has."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attn_explore.model.problems import Problem, nearest, raise_any
from attn_explore.model.text import clip
from attn_explore.model.traces.records import LEFT_OUT
from attn_explore.model.traces.wanted import PARAMETER
from attn_explore.model.values import Value

Records = Mapping[str, dict[str, Any]]
"""What a file says of its tensors, by their keys in the binary formats."""

Expected = Mapping[str, Value]
"""The tensors that there must be, by the same keys."""

_LONGEST_NAME = 60

_STORED = ("file", "tensor", "storage")
"""What is said of where a parameter is stored; and `part`, where it is one part of the tensor."""


def records_in(description: dict[str, Any], path: Path) -> Records:
    """The records of all parameters and steps. Raises Problem when one has no name, or two have the same."""
    found: dict[str, dict[str, Any]] = {}
    for section, name, prefix in (("parameters", "name", PARAMETER), ("steps", "path", "")):
        for place, record in enumerate(list_at(description, section, path)):
            key = record.get(name) if isinstance(record, dict) else None
            if not isinstance(key, str) or f"{prefix}{key}" in found:
                what = f"a record needs a `{name}` of its own"
                raise Problem(what, path=path, place=f"{section}[{place}]")
            found[f"{prefix}{key}"] = record
    return found


def list_at(description: dict[str, Any], key: str, path: Path) -> list[Any]:
    """The list at a key of a trace. Raises Problem where there is none."""
    found = description.get(key)
    if not isinstance(found, list):
        raise Problem("this must be a list", path=path, place=key)
    return found


def left_out_of(description: dict[str, Any], path: Path) -> int:
    """How many steps of the run a trace has not, as it says. Raises Problem where that is no such number."""
    found = description.get(LEFT_OUT, 0)
    if type(found) is not int or found < 0:
        raise Problem("this must be a whole number from 0 on", path=path, place=LEFT_OUT)
    return found


def check_records(records: Records, expected: Expected, finer: Expected, left_out: int, path: Path) -> None:
    """The records must be those of the run, in order, with the shapes and types that they have; finer ones may be.

    So many steps are left out. Raises Problem with all that is wrong.
    """
    known = {**expected, **finer}
    raise_any(partial(unknown, key, known, path) for key in records if key not in known)
    lost = [key for key in expected if key not in records]
    if left_out != sum(not key.startswith(PARAMETER) for key in lost) or left_out < len(lost):
        raise_any(partial(_missing, key, path) for key in lost)
        raise Problem("not so many steps are left out", path=path, place=LEFT_OUT)
    misfits = (key for key, record in records.items() if not _fits(record, known[key]))
    raise_any(partial(_misfit, records[key], known[key], path) for key in misfits)
    if [key for key in records if key in expected] != [key for key in expected if key in records]:
        raise Problem("the steps are not in the order in which they are computed", path=path, place="steps")


def check_inputs(records: Records, names: Container[str], path: Path) -> None:
    """What a step was computed from must be in the run, too. Raises Problem with the first that is not."""
    for key, record in records.items():
        if key.startswith(PARAMETER):
            continue
        inputs = record.get("inputs")
        if not isinstance(inputs, list):
            raise Problem("this must be a list", path=path, place=f"{key}: inputs")
        lost = next((name for name in inputs if not isinstance(name, str) or name not in names), None)
        if lost is not None:
            what = f"it names {clip(str(lost), _LONGEST_NAME)}, which is no step or parameter of the trace"
            raise Problem(what, path=path, place=f"{key}: inputs", hint="export it again")


def check_stored(record: dict[str, Any], files: Container[str], path: Path) -> Mapping[str, str]:
    """Where a parameter is stored, as its record says: in one of these files. Raises Problem where it does not."""
    said, place = record.get("file"), f"{PARAMETER}{record['name']}: file"
    if not isinstance(said, dict) or not {*_STORED} <= said.keys() <= {*_STORED, "part"}:
        raise Problem(f"this must say {', '.join(_STORED)}", path=path, place=place)
    if not all(isinstance(text, str) for text in said.values()):
        raise Problem("these must be texts", path=path, place=place)
    if said["file"] not in files:
        raise Problem("the checkpoint has no such file", path=path, place=f"{place}.file")
    return said


def unknown(key: str, known: Expected, path: Path) -> Problem:
    """A step or parameter that the run has not."""
    near = nearest(key, known)
    hint = f"did you mean {near}?" if near else ""
    return Problem("its scenario has no such step or parameter", path=path, place=key, hint=hint)


def _missing(key: str, path: Path) -> Problem:
    return Problem("this step or parameter is missing", path=path, place=key)


def _fits(record: dict[str, Any], value: Value) -> bool:
    return record.get("shape") == list(value.shape) and record.get("dtype") == str(value.dtype)


def _misfit(record: dict[str, Any], value: Value, path: Path) -> Problem:
    shape, dtype = record.get("shape"), record.get("dtype")
    what = f"{dtype!s:.20} of shape {shape!s:.60}, and its scenario makes it {value.dtype} of shape {list(value.shape)}"
    return Problem(what, path=path, place=value.path)
