"""What this version can run: the one table of what the format already says and the program does not do yet.

It is read after all other checks have passed. Whoever builds one of these things deletes its line, or adds its value.
"""

from __future__ import annotations

from collections.abc import Iterator

from attn_explore.model.scenario.document import Document
from attn_explore.model.scenario.findings import Finding, listed, name
from attn_explore.model.scenario.source import KeyPath

LEFT_OUT = None


def available_now(document: Document) -> dict[KeyPath, tuple[object, ...]]:
    """For each key that is not finished: the values that work. `document` has its defaults filled in."""
    return {
        ("model", "weights", "checkpoint"): (LEFT_OUT,),
        ("input", "tokenizer"): ("whitespace", "character"),
    }


def not_available(document: Document) -> Iterator[Finding]:
    """Find everything in a correct scenario that this version cannot run."""
    for path, values in available_now(document).items():
        value: object = document
        for key in path:
            value = getattr(value, str(key), LEFT_OUT)
        if value not in values:
            yield _not_there_yet(path, value, values)


def _not_there_yet(path: KeyPath, value: object, values: tuple[object, ...]) -> Finding:
    if values == (LEFT_OUT,):
        return Finding(path, f"{name(path)} is not there yet in this version", f"leave `{path[-1]}` out", at_key=True)
    now = listed(_written(value) for value in values if value is not LEFT_OUT)
    return Finding(path, f"{name(path)} cannot be {_written(value)} yet in this version", f"there is now: {now}")


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
