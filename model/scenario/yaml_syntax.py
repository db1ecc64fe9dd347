"""PyYAML's complaints about syntax, in the words of a person who wrote a scenario."""

from __future__ import annotations

import re

from yaml.error import Mark, MarkedYAMLError

from attn_explore.model.dataclass import dataclass

NO_ANCHORS = ("anchors and aliases are not allowed", "quote text that begins with & or *")
NO_TAGS = ("tags are not allowed", "quote text that begins with !")


@dataclass(frozen=True)
class Complaint:
    """What is wrong with the syntax, what would be right, and whether that shows where the thing began."""

    pattern: str
    what: str
    hint: str
    at_start: bool = False


_COMPLAINTS = (
    Complaint("scanning an (?:alias|anchor)", *NO_ANCHORS, at_start=True),
    Complaint("(?:scanning|parsing) a tag|tag handle", *NO_TAGS, at_start=True),
    Complaint("too many directives", "line after line begins with %", "a scenario needs no such line"),
    Complaint(r"'\\t' that cannot start", "a tab where YAML wants spaces", "use spaces for indentation"),
    Complaint("cannot start any token", "no plain text can begin with this character", "put the text in quotes"),
    Complaint("values are not allowed", "a `:` where no key can stand", "quote text with `: `; check the indentation"),
    Complaint("could not find expected ':'", "a line without `key:`", "write `key: value`", at_start=True),
    Complaint("expected <block end>", "this does not line up with the lines above", "check the indentation"),
    Complaint(r"but got '\?'", "a `?` in brackets wants quotes", "put the whole text in quotes"),
    Complaint(
        "',' or .*'<scalar>'", "a comma is missing before this", "write it, or put the whole text in other quotes"
    ),
    Complaint(r"expected ',' or '\]'", "this list is not closed", "close it with `]`, commas between", at_start=True),
    Complaint("expected ',' or '}'", "this mapping is not closed", "close it with `}`, commas between", at_start=True),
    Complaint("unexpected end of stream", "these quotes are not closed", "close them", at_start=True),
    Complaint("unknown escape", "an unknown escape in double quotes", "double the backslash, or use single quotes"),
    Complaint(
        "expected the node content", "a value is missing here", "write `key: value`; quote a mark that is a word"
    ),
    Complaint("expected '<document start>'", "this does not belong to the mapping before it", "write `key: value`"),
)


def in_plain_words(error: MarkedYAMLError) -> tuple[str, str, Mark | None]:
    """Say what is wrong, what would be right, and at which mark."""
    written = f"{error.context}: {error.problem}"
    for complaint in _COMPLAINTS:
        if re.search(complaint.pattern, written):
            mark = error.context_mark if complaint.at_start else None
            return complaint.what, complaint.hint, mark or error.problem_mark
    return error.problem or "this is not YAML", "", error.problem_mark
