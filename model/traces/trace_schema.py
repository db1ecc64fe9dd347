"""The JSON Schema of an exported trace."""

from __future__ import annotations

from typing import Any

from attn_explore.model.traces.export import FORMAT, VERSION

_TEXT = {"type": "string"}
_NUMBERS = {
    "description": "Numbers nested as `shape` says; what JSON has no number for is a string.",
    "anyOf": [
        {"type": "number"},
        {"enum": ["NaN", "Infinity", "-Infinity"]},
        {"type": "array", "items": {"$ref": "#/$defs/numbers"}},
    ],
}
_AXIS = {
    "name": {**_TEXT, "description": "What runs along this axis: token, head, query, key, d_model, …"},
    "labels": {
        "description": "A label for each index, or null where an index is just a number.",
        "anyOf": [{"type": "array", "items": _TEXT}, {"type": "null"}],
    },
}
_TENSOR = {
    "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
    "dtype": {"enum": ["float64", "float32"]},
}
_PARAMETER = {
    "name": {**_TEXT, "description": "Dotted name, as in weights files."},
    **_TENSOR,
    "values": {"$ref": "#/$defs/numbers"},
}
_STEP = {
    "path": {**_TEXT, "description": "Dotted path, zero-based: encoder.layers.0.self_attention.weights"},
    "title": _TEXT,
    "symbol": {**_TEXT, "description": "The letter in formulas, or empty."},
    "formula": _TEXT,
    "axes": {"type": "array", "items": {"$ref": "#/$defs/axis"}},
    **_TENSOR,
    "op": {**_TEXT, "description": "The operation that computed it."},
    "inputs": {"type": "array", "items": _TEXT, "description": "Steps and parameters, in operand order; or `tokens`."},
    "values": {"$ref": "#/$defs/numbers"},
    "explanation": _TEXT,
}
_TRACE = {
    "format": {"const": FORMAT},
    "version": {"const": VERSION},
    "generator": {"$ref": "#/$defs/generator"},
    "scenario": {"type": "object", "description": "The scenario as it was run, defaults and seed filled in."},
    "tokens": {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
    "parameters": {"type": "array", "items": {"$ref": "#/$defs/parameter"}},
    "steps": {"type": "array", "items": {"$ref": "#/$defs/step"}, "minItems": 1},
}


def trace_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the JSON form of a trace."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "attn-explore trace",
        **_closed(_TRACE),
        "$defs": {
            "axis": _closed(_AXIS),
            "generator": _closed({"name": _TEXT, "version": _TEXT}),
            "numbers": _NUMBERS,
            "parameter": _closed(_PARAMETER),
            "step": _closed(_STEP),
        },
    }


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
