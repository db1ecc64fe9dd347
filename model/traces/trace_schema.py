"""The JSON Schema of an exported trace."""

from __future__ import annotations

from typing import Any

from attn_explore.model.traces.records import FORMAT, VERSION

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
        "description": "A label for each index, or null where an index is just a number, or a checkpoint's word.",
        "anyOf": [{"type": "array", "items": _TEXT}, {"type": "null"}],
    },
}
_TENSOR = {
    "shape": {
        "type": "array",
        "items": {"type": "integer", "minimum": 0},
        "description": "The sizes of its axes, in order.",
    },
    "dtype": {"enum": ["float64", "float32"], "description": "The type of its numbers."},
}
_PARAMETER = {
    "name": {**_TEXT, "description": "Dotted name, as in weights files."},
    **_TENSOR,
    "file": {"$ref": "#/$defs/stored", "description": "Where it is stored, if it is in a file of the checkpoint."},
    "values": {"$ref": "#/$defs/numbers", "description": "Left out where they are in that file, and not asked for."},
}
_STORED = {
    "file": {**_TEXT, "description": "One of the checkpoint's files."},
    "tensor": {**_TEXT, "description": "Its name there."},
    "part": {**_TEXT, "description": "Which part of it, where it is one, and whether it is transposed."},
    "storage": {**_TEXT, "description": "F32, BF16, Q4_1, …"},
}
_STEP = {
    "path": {**_TEXT, "description": "Dotted path, zero-based: encoder.layers.0.self_attention.weights"},
    "title": {**_TEXT, "description": "What it is called."},
    "symbol": {**_TEXT, "description": "The letter in formulas, or empty."},
    "formula": {**_TEXT, "description": "The equation that it was computed by, in plain Unicode."},
    "axes": {"type": "array", "items": {"$ref": "#/$defs/axis"}, "description": "Its axes, in order."},
    **_TENSOR,
    "op": {**_TEXT, "description": "The operation that computed it."},
    "inputs": {"type": "array", "items": _TEXT, "description": "Steps and parameters, in operand order; or `tokens`."},
    "values": {"$ref": "#/$defs/numbers", "description": "Its numbers, nested as `shape` says."},
    "explanation": {**_TEXT, "description": "Why the step is there, in a paragraph."},
}
_IDS = {"type": "array", "items": {"type": "integer", "minimum": 0}}
_READ = {
    "ids": {**_IDS, "description": "The token ids that it reads at first, with those of the padding."},
    "padding": {"type": ["integer", "null"], "description": "The id that fills a text up, if there is one."},
}
_VOCABULARY = {
    "size": {"type": "integer", "minimum": 1, "description": "How many words the model knows."},
    "labels": {
        "description": "A label by its id: of the words that occur, or of all where a step has a number for each.",
        "anyOf": [{"type": "object", "additionalProperties": _TEXT}, {"type": "null"}],
    },
}
_FILE = {
    "name": {**_TEXT, "description": "Its name, without a folder."},
    "size": {"type": "integer", "minimum": 0, "description": "In bytes."},
    "sha256": {**_TEXT, "description": "Of all its bytes, in hexadecimal digits."},
}
_GENERATOR = {
    "name": {**_TEXT, "description": "What it is called."},
    "version": {**_TEXT, "description": "Which one it is."},
}
_CHECKPOINT = {
    "family": {**_TEXT, "description": "What kind of model it is."},
    "architecture": {
        "type": "object",
        "description": "What the scenario cannot say of it, where it is no default.",
    },
    "vocabulary": {"$ref": "#/$defs/vocabulary", "description": "Its words, once for the whole trace."},
    "reads": {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/read"},
        "description": "What it reads, by stack.",
    },
    "generated": {**_IDS, "description": "The token ids that the decoder chose, as far as they are known."},
    "ends": {**_IDS, "description": "The token ids that end a generated text."},
    "files": {"type": "array", "items": {"$ref": "#/$defs/file"}, "description": "What its parameters are stored in."},
}
_TRACE = {
    "format": {"const": FORMAT, "description": "What this file is."},
    "version": {"const": VERSION, "description": "Version of the format."},
    "generator": {"$ref": "#/$defs/generator", "description": "The program that wrote it."},
    "scenario": {"type": "object", "description": "The scenario as it was run, defaults and seed filled in."},
    "tokens": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": _TEXT},
        "description": "The words that were read, by stack: encoder, decoder.",
    },
    "parameters": {
        "type": "array",
        "items": {"$ref": "#/$defs/parameter"},
        "description": "All that the model multiplies with, and adds.",
    },
    "steps": {
        "type": "array",
        "items": {"$ref": "#/$defs/step"},
        "minItems": 1,
        "description": "All that was computed, in the order in which it was.",
    },
    "left_out": {
        "type": "integer",
        "minimum": 1,
        "description": "How many steps of the run are not here.",
    },
    "checkpoint": {"$ref": "#/$defs/checkpoint", "description": "The model, where the scenario names a checkpoint."},
}


def trace_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the JSON form of a trace."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "attn-explore trace",
        **_closed(_TRACE, "left_out", "checkpoint"),
        "$defs": {
            "axis": _closed(_AXIS),
            "checkpoint": _closed(_CHECKPOINT),
            "file": _closed(_FILE),
            "generator": _closed(_GENERATOR),
            "numbers": _NUMBERS,
            "parameter": _closed(_PARAMETER, "file", "values")
            | {"anyOf": [{"required": ["values"]}, {"required": ["file"]}]},
            "read": _closed(_READ),
            "step": _closed(_STEP),
            "stored": _closed(_STORED, "part"),
            "vocabulary": _closed(_VOCABULARY),
        },
    }


def _closed(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    """An object with these keys and no others; all of them are needed, but the optional ones."""
    required = [key for key in properties if key not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
