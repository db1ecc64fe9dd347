"""Writing a scenario as YAML that every reader takes for the same thing."""

from __future__ import annotations

from typing import Any

import yaml

_WORDS = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nil", "nan", "inf", "infinity", "")
)
"""Words that one reader of YAML or another takes for something else, in any case."""

_LINE_ENDS = frozenset("\x85\u2028\u2029")
"""Characters that end a line in YAML 1.1, beside the newline."""

WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """Puts quotes around text that could be taken for a number, a date, a truth or nothing."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    quotes = "'" if may_be_taken_for_another(text) else None  # PyYAML adds those that the syntax needs
    if _LINE_ENDS & set(text):
        quotes = '"'  # there they are escaped; in any other style they are folded, and read as a space
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=quotes)


_Dumper.add_representer(str, _text)


def may_be_taken_for_another(text: str) -> bool:
    """Whether plain text might be read as anything else, by YAML 1.1, by YAML 1.2 or by a reader of its own mind.

    >>> [text for text in ("dog", "1e3", "08", "Yes", "我", ".5", "x0") if may_be_taken_for_another(text)]
    ['1e3', '08', 'Yes', '.5']
    """
    return not text[:1].isalpha() or text.casefold() in _WORDS


def yaml_text(data: dict[str, Any]) -> str:
    """The text of a file with this data, its keys in their order."""
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=WIDTH)
