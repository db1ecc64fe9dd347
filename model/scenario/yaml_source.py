r"""YAML text to plain data, with the place of every key and value.

A deliberately small YAML, for files from strangers: one document, no anchors, no tags, no merge keys, keys are text,
and a key is given once. PyYAML's pure scanner and parser run as a stream that is stopped at the first excess, so
nothing is expanded and nothing recurses further than the nesting limit; its own typing of scalars is not used:

- quoted text and block text is text;
- `true` and `false` are truth values; `~`, `null` and nothing at all are null;
- plain decimal numbers are numbers: `7`, `-0.5`, `.5`, `1e-5`;
- all else is text: `no`, `on`, `010`, `0x10`, `1_000`, `12:30`, `2024-01-01`, `.inf`.

What was written is kept beside each plain scalar, so that a number or `true` where text is wanted is that text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from pathlib import Path
from typing import Any

from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError

from attn_explore.model.files.signatures import looks_like
from attn_explore.model.problems import Problem, raise_any
from attn_explore.model.scenario.source import KeyPath, Place, ScenarioSource, dotted
from attn_explore.model.scenario.yaml_syntax import NO_ANCHORS, NO_TAGS, in_plain_words

MOST_BYTES = 1_000_000
MOST_NESTING = 64
MOST_VALUES = 20_000
MOST_DIRECTIVES = 10
MOST_DIGITS = 4_000

MINIMAL_EXAMPLE = "the smallest scenario is one line: `input: {text: I love my dog}`"

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def decode(content: bytes, name: str | Path) -> str:
    """Decode the bytes of a scenario file, which are UTF-8 with or without a byte order mark."""
    try:
        text, at = content.decode(), content.find(b"\0")
    except UnicodeDecodeError as error:
        text, at = "", error.start
    if at < 0:
        return text
    kind = looks_like(content)
    hint = f"this looks like {kind}" if kind else "save the file as UTF-8"
    raise Problem("this is not UTF-8 text", hint=hint, path=name, place=f"byte {at}")


def read_yaml(text: str, name: str, folder: Path | None = None) -> ScenarioSource:
    """Read the text of a scenario file; raises a `Problem` for what is not in the small YAML above."""
    if len(text) > MOST_BYTES:
        raise Problem(f"this scenario has {len(text):,} characters, and at most {MOST_BYTES:,} are read", path=name)
    if "\0" in text:
        raise Problem("a scenario cannot hold a NUL character", path=name, place=f"character {text.index(chr(0))}")
    return _Reading(text.removeprefix("\ufeff"), name, folder).source()


class _Events(Reader, Scanner, Parser):
    """PyYAML's event stream without its resolver and constructor."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        self.directives = 0

    def fetch_directive(self) -> None:
        """Read a line that begins with `%`, of which a scenario needs none: a megabyte of them takes seconds."""
        self.directives += 1
        if self.directives > MOST_DIRECTIVES:
            raise ScannerError(None, None, "too many directives", self.get_mark())
        super().fetch_directive()

    def check_printable(self, data: Any) -> None:
        """Let control characters pass: they are data here, and shown in a printable form."""


class _Reading:
    """One pass over the events of a text."""

    def __init__(self, text: str, name: str, folder: Path | None) -> None:
        self.text = text
        self.name = name
        self.folder = folder
        self.lines = tuple(_LINE_BREAK.split(text))
        self.starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]
        self.events = _Events(text)
        self.keys: dict[KeyPath, Place] = {}
        self.values: dict[KeyPath, Place] = {}
        self.plain: dict[KeyPath, str] = {}
        self.problems: list[Problem] = []
        self.count = 0  # of values read, those of repeated keys too

    def source(self) -> ScenarioSource:
        """Read the one document there is, which must be a mapping."""
        data = self.document()
        if data is None:
            raise Problem("this scenario is empty", hint=MINIMAL_EXAMPLE, path=self.name, line=1, column=1)
        if not isinstance(data, dict):
            raise self.problem_at(self.values[()], "expected a mapping of keys, as in `model: …`", self.what_it_is())
        raise_any(self.problems)
        return ScenarioSource(self.name, data, self.folder, self.lines, self.keys, self.values, self.plain)

    def document(self) -> Any:
        self.next()  # the start of the stream
        if isinstance(self.next(), StreamEndEvent):
            return None
        data = self.node(self.next(), ())
        self.next()  # the end of the document
        event = self.next()
        if isinstance(event, DocumentStartEvent):
            raise self.problem(event, "a second document begins here", "a scenario is one document: one file for each")
        return data

    def next(self) -> Event:
        try:
            event: Event = self.events.get_event()  # type: ignore[no-untyped-call]
        except MarkedYAMLError as error:
            raise self.syntax_problem(error) from error
        except (ValueError, OverflowError) as error:  # from PyYAML's int() and chr(), which it does not guard
            place = self.place(self.events.get_mark())
            raise self.problem_at(place, "this escape or number is out of range") from error
        return event

    def node(self, event: Event, path: KeyPath) -> Any:
        self.check(event, path)
        self.values[path] = self.place(event.start_mark)
        self.count += 1
        if self.count > MOST_VALUES:
            raise self.problem(event, f"more than {MOST_VALUES:,} values", "keep large matrices in a weights file")
        if isinstance(event, SequenceStartEvent):
            return self.sequence(path)
        if isinstance(event, MappingStartEvent):
            return self.mapping(path)
        assert isinstance(event, ScalarEvent)  # noqa: S101 (the last kind of node there is)
        return self.scalar(event, path)

    def check(self, event: Event, path: KeyPath) -> None:
        if len(path) > MOST_NESTING:
            raise self.problem(event, f"nested deeper than {MOST_NESTING}")
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor is not None):
            raise self.problem(event, *NO_ANCHORS)
        if getattr(event, "tag", None) is not None:
            raise self.problem(event, *NO_TAGS)

    def sequence(self, path: KeyPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self.next(), SequenceEndEvent):
            items.append(self.node(event, (*path, len(items))))
        return items

    def mapping(self, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := self.next(), MappingEndEvent):
            key = self.key(event, path)
            place = self.place(event.start_mark)
            value_path = (*path, key)
            if key in found:
                line, column = self.keys[value_path]
                what = f"`{dotted(value_path)}` is given a second time, first at {line}:{column}"
                self.problems.append(self.problem_at(place, what, "keep one of the two"))
            else:
                self.keys[value_path] = place
            found[key] = self.node(self.next(), value_path)
        return found

    def key(self, event: Event, path: KeyPath) -> str:
        self.check(event, path)
        if not isinstance(event, ScalarEvent):
            raise self.problem(event, "a key must be text")
        if event.style is None and event.value == "<<":
            raise self.problem(event, "merge keys are not allowed", "write the keys out")
        if event.style is None and not event.value:
            raise self.problem(event, "a key is missing before `:`", "write `key: value`; quote a `?` that is a word")
        return self.whole_characters(event)

    def scalar(self, event: ScalarEvent, path: KeyPath) -> Any:
        text = self.whole_characters(event)
        if event.style is not None:
            return text
        self.plain[path] = text
        if text in _WORDS:
            return _WORDS[text]
        if _WHOLE.fullmatch(text):
            if len(text) > MOST_DIGITS:
                raise self.problem(event, f"a number of {len(text):,} digits; at most {MOST_DIGITS:,} are read")
            return int(text)
        return float(text) if _NUMBER.fullmatch(text) else text

    def whole_characters(self, event: ScalarEvent) -> str:
        r"""Join surrogate pairs that JSON escapes wrote ("\ud83d\ude00"); half of one is no character."""
        text: str = event.value
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError as error:
            hint = "write the character itself"
            raise self.problem(event, "this text holds half of a surrogate pair", hint) from error

    def place(self, mark: Any) -> Place:
        """Line and column as an editor counts them; PyYAML also ends lines at U+0085, U+2028 and U+2029."""
        line = bisect_right(self.starts, mark.index)
        return line, mark.index - self.starts[line - 1] + 1

    def problem(self, event: Event, what: str, hint: str = "") -> Problem:
        return self.problem_at(self.place(event.start_mark), what, hint)

    def problem_at(self, place: Place, what: str, hint: str = "") -> Problem:
        line, column = place
        return Problem(what, hint=hint, path=self.name, line=line, column=column, source=self.lines[line - 1])

    def syntax_problem(self, error: MarkedYAMLError) -> Problem:
        what, hint, mark = in_plain_words(error)
        return self.problem_at(self.place(mark or self.events.get_mark()), what, self.what_it_is() or hint)

    def what_it_is(self) -> str:
        kind = looks_like(self.text[:MOST_BYTES].encode("utf-8", "replace"))
        return f"this looks like {kind}, and a scenario is YAML" if kind else ""
