"""The JSON Schemas of answers, by the commands that print them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attn_explore.model.looking.head_scores import SCORES

_TEXT = {"type": "string"}
_WORDS = {"type": "array", "items": _TEXT}
_COUNT = {"type": "integer", "minimum": 0}
_NUMBER = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}
PATH = {**_TEXT, "description": "A step of the run, by its path: decoder.layers.0.self_attention.weights"}


def _closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object that has all of these, and nothing else."""
    named = dict(properties)
    return {"type": "object", "properties": named, "required": list(named), "additionalProperties": False}


def _or_null(schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}], "description": description}


_SCORE = _or_null(_NUMBER, "The mean over the tokens that look; null where the rule names no place.")
_HEAD = {
    "at": PATH,
    "stack": {"enum": ["encoder", "decoder"]},
    "attention": {"enum": ["self", "cross"]},
    "layer": _COUNT,
    "head": _COUNT,
    **dict.fromkeys(SCORES, _SCORE),
}
_HEADS = {
    "text": _or_null(_WORDS, "The words that were read; null where a model was given none."),
    "made_up": _or_null(_closed({"seed": _COUNT, "tokens": _WORDS}), "Tokens that were drawn and said twice."),
    "measured_on": _closed({score: {"enum": ["text", "made_up"]} for score in SCORES}),
    "heads": {"type": "array", "items": _closed(_HEAD)},
}

SCHEMAS: Mapping[str, Mapping[str, Any]] = {"heads": _closed(_HEADS)}
"""What `--json` prints, by the name of the command."""


def schema_of(command: str) -> dict[str, Any]:
    """The JSON Schema of what a command prints."""
    title = f"What attn-explore {command} --json prints"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **SCHEMAS[command]}
