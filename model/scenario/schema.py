"""The JSON Schema of scenario files, by which editors complete and check them."""

from __future__ import annotations

from typing import Any

from attn_explore.model.scenario.schema_examples import EXAMPLES
from attn_explore.model.scenario.source import GIVEN_ONCE
from attn_explore.model.scenario.validation import MAY_BE_NULL, validator

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NULLABLE = {path[-1] for path in MAY_BE_NULL}


def scenario_schema() -> dict[str, Any]:
    """Make the schema from the dataclasses that define the format; their docstrings are its descriptions."""
    made: dict[str, Any] = _tidied(validator().json_schema())
    sections = made["$defs"]
    for key, section in (("model", "ModelConfig"), ("mask", "MaskConfig")):
        sections["Comparison"]["properties"][key] |= {"$ref": f"#/$defs/{section}"}
    sections["InputConfig"]["oneOf"] = [{"required": [key]} for key in GIVEN_ONCE[0]]
    for section, examples in EXAMPLES.items():
        for key, values in examples.items():
            (made if section == "Document" else sections[section])["properties"][key]["examples"] = values
    needed = [{"required": ["input"]}, {"required": ["experiment"]}]
    return {"$schema": _DIALECT, "title": "attn-explore scenario"} | made | {"anyOf": needed}


def _tidied(schema: Any, key: str = "") -> Any:
    """Leave out the titles that Pydantic invents, and null where it only means that a key may be left out."""
    if isinstance(schema, list):
        return [_tidied(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if key in ("properties", "$defs"):
        return {name: _tidied(value, name) for name, value in schema.items()}
    kept = {name: _tidied(value, name) for name, value in schema.items() if name != "title"}
    if key not in _NULLABLE:
        _leave_null_out(kept)
    return kept


def _leave_null_out(schema: dict[str, Any]) -> None:
    if schema.get("default", "") is None:
        del schema["default"]
    branches = [branch for branch in schema.get("anyOf", []) if branch != {"type": "null"}]
    if len(branches) == 1:
        del schema["anyOf"]
        schema |= branches[0]
    elif branches:
        schema["anyOf"] = branches
