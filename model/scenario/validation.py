"""Types of a scenario: Pydantic checks the dataclasses that define the format, unless all is right at first sight.

Two rules are ours. A plain scalar where text is wanted is the text as it was written: `tokens: [1, no, true]` are three
words. And null is refused wherever the format does not give it a meaning: the way to a default is to leave the key out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from attn_explore.model.dataclass import dataclass
from attn_explore.model.scenario.document import Document
from attn_explore.model.scenario.findings import Finding, name
from attn_explore.model.scenario.nested import array_faults
from attn_explore.model.scenario.source import CHANGED, COMPARED, TOLD_IN_FIRST, KeyPath, ScenarioSource
from attn_explore.model.scenario.well_typed import well_typed
from attn_explore.model.scenario.wording import describe

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

MAY_BE_NULL: tuple[KeyPath, ...] = (("model", "attention_span"),)
"""Where null has a meaning."""

CHECKED_IN_SECOND = tuple((COMPARED, section) for section in CHANGED)
"""What a comparison changes is checked where it is merged into the scenario of the second run."""

NUMBERS_BY_HAND: KeyPath = ("model", "weights", "set")
"""Below this, a check of its own says where in the numbers the fault is."""

_MOST_DESCRIBED = 50

Errors = dict[KeyPath, "list[ErrorDetails]"]


@dataclass(frozen=True)
class Typed:
    """What the types allow of a scenario.

    document  without all that was found wrong, so that other checks can go on; None where that leaves no document
    source    the data with text where text is wanted
    left_out  how many more findings there are, which nobody would read
    """

    document: Document | None
    source: ScenarioSource
    findings: list[Finding]
    left_out: int = 0


@cache
def validator() -> TypeAdapter[Document]:
    """Build Pydantic's validator of the format; Pydantic is imported when something may be wrong."""
    from pydantic import TypeAdapter

    return TypeAdapter(Document)


def check_types(source: ScenarioSource) -> Typed:
    """Check the types of all data, with everything that is wrong found at once."""
    found = well_typed(source, MAY_BE_NULL)
    if found is None or any(_faults_by_hand(source)):
        return check_with_pydantic(source)
    document, texts = found
    return Typed(document, replace(source, data=_with_texts(source.data, (), texts)) if texts else source, [])


def check_with_pydantic(source: ScenarioSource) -> Typed:
    """Check the types of all data, as every scenario could be checked."""
    document, errors = _validate(source.data)
    texts = {path: source.plain[path] for path in _where_text_is_wanted(errors) if path in source.plain}
    if texts:
        source = replace(source, data=_with_texts(source.data, (), texts))
        document, errors = _validate(source.data)
    nulls = {path: [finding] for path, finding in _nulls(source.data, ()) if not _is_unknown(errors.get(path, ()))}
    described = {path: describe(path, errors[path], source) for path in list(errors)[:_MOST_DESCRIBED]}
    findings = [finding for found in (described | nulls).values() for finding in found]
    findings += _faults_by_hand(source)
    if findings:
        document, _ = _validate(_without(source.data, findings))
    return Typed(document, source, findings, max(0, len(errors) - _MOST_DESCRIBED))


def _validate(data: dict[str, Any]) -> tuple[Document | None, Errors]:
    """Validate as JSON, whose strict types are the format's: arrays become tuples and objects our classes."""
    from pydantic import ValidationError

    try:
        return validator().validate_json(json.dumps(data), strict=True), {}
    except ValidationError as error:
        return None, _by_path(data, error.errors(include_url=False))


def _by_path(data: dict[str, Any], errors: Iterable[ErrorDetails]) -> Errors:
    """Gather the errors about one place: each branch of a union complains for itself."""
    gathered: Errors = {}
    for error in errors:
        path = _known_part(data, error["loc"])
        if path[:-1] != NUMBERS_BY_HAND:
            gathered.setdefault(path, []).append(error)
    return gathered


def _known_part(data: Any, location: KeyPath) -> KeyPath:
    """Keep of Pydantic's location what leads through the data, without missing keys and names of types."""
    path: KeyPath = ()
    for step in location:
        in_mapping = isinstance(data, dict) and step in data
        in_list = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if not (in_mapping or in_list):
            break
        data = data[step]
        path = (*path, step)
    return path[: len(NUMBERS_BY_HAND) + 1] if path[: len(NUMBERS_BY_HAND)] == NUMBERS_BY_HAND else path


def _where_text_is_wanted(errors: Errors) -> Iterator[KeyPath]:
    for path, found in errors.items():
        if any(error["type"] == "string_type" and error["input"] is not None for error in found):
            yield path


def _with_texts(data: Any, path: KeyPath, texts: Mapping[KeyPath, str]) -> Any:
    if isinstance(data, dict):
        return {key: _with_texts(value, (*path, key), texts) for key, value in data.items()}
    if isinstance(data, list):
        return [_with_texts(value, (*path, position), texts) for position, value in enumerate(data)]
    return texts.get(path, data)


def _nulls(data: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Finding]]:
    if data is None and path not in MAY_BE_NULL:
        in_list = isinstance(path[-1], int)
        hint = "quote it if the word is meant" if in_list else "give a value, or leave the key out for its default"
        yield path, Finding(path, f"{name(path)} has no value (null)", hint)
    elif isinstance(data, dict) and path not in (NUMBERS_BY_HAND, *CHECKED_IN_SECOND):
        for key, value in data.items():
            yield from _nulls(value, (*path, key))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from _nulls(value, (*path, position))


def _faults_by_hand(source: ScenarioSource) -> Iterator[Finding]:
    by_hand = source.at(NUMBERS_BY_HAND)
    for parameter, numbers in (by_hand if isinstance(by_hand, dict) else {}).items():
        yield from array_faults(numbers, (*NUMBERS_BY_HAND, parameter))


def _is_unknown(errors: Iterable[ErrorDetails]) -> bool:
    return any(error["type"] == "unexpected_keyword_argument" for error in errors)


def _without(data: dict[str, Any], findings: Iterable[Finding]) -> dict[str, Any]:
    """Copy the data without what was found wrong; of a list with a fault, nothing is kept, but for the lesson's.

    There the stop stays with the rest of its keys, so that the faults of the others can be found, and counted from it.
    """
    doomed = {_up_to_a_list(finding.path) for finding in findings}
    kept = _kept(data, (), doomed)
    if isinstance(stops := kept.get(TOLD_IN_FIRST), list):
        kept[TOLD_IN_FIRST] = [_stop_without(stop, (TOLD_IN_FIRST, place), doomed) for place, stop in enumerate(stops)]
    return kept


def _stop_without(stop: Any, path: KeyPath, doomed: set[KeyPath]) -> dict[str, Any]:
    """A stop without its faults; one that says no step says that of the empty name."""
    kept = _kept(stop, path, doomed) if isinstance(stop, dict) else {}
    return {"at": "", **kept}


def _up_to_a_list(path: KeyPath) -> KeyPath:
    start = 2 if path[0] == TOLD_IN_FIRST else 0
    first_index = next((at for at in range(start, len(path)) if isinstance(path[at], int)), len(path))
    return path[:first_index]


def _kept(data: dict[str, Any], path: KeyPath, doomed: set[KeyPath]) -> dict[str, Any]:
    return {
        key: _kept(value, (*path, key), doomed) if isinstance(value, dict) else value
        for key, value in data.items()
        if (*path, key) not in doomed
    }
