"""What a model wraps a conversation in: a program, in Jinja, that a stranger wrote. It is shown, and never run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attn_explore.model.checkpoints.model_files import read_settings
from attn_explore.model.checkpoints.tokens.vocabulary import Vocabulary
from attn_explore.model.files.regular import read_regular

LARGEST_TEMPLATE = 2**20
"""Bytes of a template that are read."""

_FILE = "chat_template.jinja"
_SETTINGS = ("chat_template.json", "tokenizer_config.json")
_IN_GGUF = "tokenizer.chat_template"


def chat_template(path: Path, metadata: Mapping[str, Any] | None = None) -> str | None:
    """The chat template of a folder, or in the metadata of a GGUF file; None where there is none.

    Of several the one called `default` is meant, or else the first.
    """
    if metadata is not None:
        return _default(metadata.get(_IN_GGUF))
    if os.path.lexists(path / _FILE):
        return read_regular(path / _FILE, LARGEST_TEMPLATE).decode("utf-8", "replace")
    settings = (read_settings(path / name) for name in _SETTINGS if os.path.lexists(path / name))
    said = (each.get("chat_template") for each in settings if isinstance(each, dict))
    return next((found for each in said if (found := _default(each)) is not None), None)


def tokens_in(template: str, vocabulary: Vocabulary) -> list[int]:
    """The ids of the tokens that are found whole in a text and stand in a template, in the order of the template."""
    places = {place: template.find(token) for place, token in vocabulary.added.items() if token}
    return sorted((place for place, at in places.items() if at >= 0), key=places.__getitem__)


def _default(said: object) -> str | None:
    if not isinstance(said, list):
        return said if isinstance(said, str) else None
    named = {str(each.get("name")): each.get("template") for each in said if isinstance(each, dict)}
    found = named.get("default", next(iter(named.values()), None))
    return found if isinstance(found, str) else None
