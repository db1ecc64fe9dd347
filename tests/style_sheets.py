"""The style sheets of Textual, parsed once: every app that a test starts parses the same forty texts."""

from __future__ import annotations

from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_PARSED: dict[object, list[RuleSet]] = {}


def parse_once(patch: pytest.MonkeyPatch) -> None:
    """Let a text with the same variables be parsed once, in place of once for each sheet."""
    parse = Stylesheet._parse_rules

    def parsed(sheet: Stylesheet, *arguments: Any, **named: Any) -> list[RuleSet]:
        key = (arguments, *named.items(), *sheet._variables.items())
        if key not in _PARSED:
            _PARSED[key] = parse(sheet, *arguments, **named)
        return _PARSED[key]

    patch.setattr(Stylesheet, "_parse_rules", parsed)
