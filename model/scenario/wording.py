"""Pydantic's errors in plain words: what the value must be, what it is, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attn_explore.model.problems import nearest
from attn_explore.model.scenario.findings import Finding, listed, name
from attn_explore.model.scenario.keys import hint_for_unknown, known_keys
from attn_explore.model.scenario.nested import is_written_infinite, not_finite
from attn_explore.model.scenario.source import KeyPath, ScenarioSource
from attn_explore.model.text import clip, figure

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_LONGEST_QUOTED = 40
_PLAIN_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER_OF_SORTS = re.compile(r"[-+]?[0-9][0-9a-fxo_:.]*", re.I)
_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys",
    "mapping_type": "a mapping of keys",
    "dataclass_type": "a mapping of keys",
}
_HINTS: dict[KeyPath, str] = {
    ("model", "temperature"): "small temperatures sharpen the weights, and 0 would divide by zero; 1.0 changes nothing",
}


def describe(path: KeyPath, errors: Sequence[ErrorDetails], source: ScenarioSource) -> list[Finding]:
    """Say in plain words what is wrong at one path."""
    missing = [error for error in errors if error["type"] == "missing"]
    if missing:
        keys = [error["loc"][-1] for error in missing]
        return [Finding(path, f"{name((*path, key))} is missing", f"add `{key}: …`") for key in keys]
    error = errors[0]
    value = error["input"]
    kind = error["type"]
    if kind == "unexpected_keyword_argument":
        return [Finding(path, f"unknown key {name(path)}", hint_for_unknown(path), at_key=True)]
    if kind in ("greater_than", "greater_than_equal"):
        return [_out_of_bounds(path, error)]
    if kind == "finite_number" or (kind in ("int_type", "float_type") and is_written_infinite(value)):
        return [not_finite(path)]
    choices = [choice for error in errors for choice in _choices(error)]
    if choices:
        return [_not_a_choice(path, value, choices, source)]
    expected = listed(_EXPECTED.get(error["type"], error["type"]) for error in errors)
    what = f"{name(path)} must be {expected}, and this is {_got(value, source.plain.get(path))}"
    return [Finding(path, what, _hint(path, kind, value, source))]


def _out_of_bounds(path: KeyPath, error: ErrorDetails) -> Finding:
    context = error.get("ctx", {})
    bound = f"above {_number(context['gt'])}" if "gt" in context else f"at least {_number(context['ge'])}"
    return Finding(path, f"{name(path)} must be {bound}, and this is {_number(error['input'])}", _HINTS.get(path, ""))


def _choices(error: ErrorDetails) -> list[str]:
    if error["type"] == "bool_type":
        return ["true", "false"]
    return re.findall(r"'([^']*)'", error["ctx"]["expected"]) if error["type"] == "literal_error" else []


def _not_a_choice(path: KeyPath, value: Any, choices: list[str], source: ScenarioSource) -> Finding:
    meant = None
    if isinstance(value, str):
        truth = _TRUTHS.get(value.lower(), value.lower())
        meant = truth if truth in choices else nearest(value, choices)
    hint = f"did you mean `{meant}`? It can be {listed(choices)}" if meant else f"it can be {listed(choices)}"
    return Finding(path, f"{name(path)} cannot be {_got(value, source.plain.get(path))}", hint)


def _got(value: Any, written: str | None) -> str:
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {clip(written, _LONGEST_QUOTED) if written else _number(value)}"
    if isinstance(value, str):
        return f"the text '{clip(value, _LONGEST_QUOTED)}'"
    if value is None:
        return "null"
    return "a list" if isinstance(value, list) else "a mapping of keys"


def _number(value: int | float) -> str:
    return figure(int(value)) if isinstance(value, int) or value.is_integer() else str(value)


def _hint(path: KeyPath, kind: str, value: Any, source: ScenarioSource) -> str:
    expected = _EXPECTED.get(kind, "")
    if expected == "a whole number" and isinstance(value, float) and value.is_integer():
        return f"write {figure(int(value))}"
    if expected.endswith("number") and isinstance(value, str):
        if _PLAIN_WHOLE.fullmatch(value) and path not in source.plain:
            return f"write {clip(value, _LONGEST_QUOTED)} without quotes"
        if _NUMBER_OF_SORTS.fullmatch(value):
            return "write plain decimal: digits, without leading zeros, 0x, _ or :"
    if expected == "a list":
        return "write a list: [one, two]"
    if expected == "a mapping of keys" and known_keys(path):
        return f"its keys are {listed(known_keys(path), 'and')}"
    return _HINTS.get(path, "")
