"""Types of a scenario: Pydantic checks the dataclasses that define the format, and its errors are put in plain words.

Two rules are ours. A plain scalar where text is wanted is the text as it was written: `tokens: [1, no, true]` are three
words. And null is refused wherever the format does not give it a meaning: the way to a default is to leave the key out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from model.document import Document
from model.findings import Finding, listed, name, touches
from model.keys import hint_for_unknown, known_keys
from model.problems import nearest
from model.source import KeyPath, Source
from model.text import clip

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

MAY_BE_NULL: tuple[KeyPath, ...] = (("model", "attention_span"),)
"""Where null has a meaning; everywhere else it is refused."""

CHECKED_ON_ITS_OWN: tuple[KeyPath, ...] = (("model", "weights", "set"), ("compare", "model"))
"""Below these, other checks know better what to say: numbers of any depth, and the model of a second run."""

_MOST_DESCRIBED = 50
_QUOTED = 40
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|nan)", re.I)
_NUMBER_OF_SORTS = re.compile(r"[-+]?[0-9][0-9a-fA-FxXoO_:.,]*")
_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys",
    "mapping_type": "a mapping of keys",
    "dataclass_type": "a mapping of keys",
}


@cache
def validator() -> TypeAdapter[Document]:
    """Build Pydantic's validator of the format; it is imported and built when the first scenario is read."""
    from pydantic import TypeAdapter

    return TypeAdapter(Document)


def check_types(source: Source) -> tuple[Document | None, Source, list[Finding]]:
    """Check the types of all data.

    Returns the document, the data with text where text is wanted, and what was found. Where something was found, the
    document is made without it, so that other checks can go on; it is None where that cannot be.
    """
    findings = list(_nulls(source.data, ()))
    source = replace(source, data=_without(source.data, findings))
    document, errors = _validate(source)
    texts = {path: source.plain[path] for path in _wants_text(source.data, errors) if path in source.plain}
    if texts:
        source = replace(source, data=_with_values(source.data, texts))
        document, errors = _validate(source)
    findings += _described(source, errors)
    if document is None:
        document, _ = _validate(replace(source, data=_without(source.data, findings)))
    return document, source, findings


def _validate(source: Source) -> tuple[Document | None, list[ErrorDetails]]:
    """Validate as JSON, whose strict types are those of the format: its arrays are our tuples, its objects our classes."""
    from pydantic import ValidationError

    try:
        return validator().validate_json(json.dumps(source.data), strict=True), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _nulls(data: Any, path: KeyPath) -> Iterator[Finding]:
    if touches(path, CHECKED_ON_ITS_OWN[1:]) and path:
        return
    if data is None and path not in MAY_BE_NULL:
        hint = f"leave `{path[-1]}` out for its default" if isinstance(path[-1], str) else "quote it if the word is meant"
        yield Finding(path, f"{name(path)} has no value (null)", hint)
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _nulls(value, (*path, key))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from _nulls(value, (*path, position))
