"""The pages of the documentation as readers use them: blocks of code, command lines, pictures and links.

A block may have a note before it, which readers do not see: `<!-- file: my.yaml -->` for one that is to be saved under
this name, `<!-- needs: a model -->` for command lines that are not run, and why.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
"""The documentation."""
ALL = (*sorted(ROOT.glob("*.md")), ROOT / "benchmarks" / "README.md", *sorted(DOCS.glob("*.md")))
"""That, and what is written for those who take part."""

_BLOCK = re.compile(r"(?:^<!-- (file|needs): ([^\n]+) -->\n)?^```(\w*)\n(.*?)^```$", re.M | re.S)
_LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
_FILE = re.compile(r"`((?:benchmarks|docs|explorer|model|scenarios|src|tests|tools)/[\w./-]*)`")
_HEADING = re.compile(r"^#+ (.*)$", re.M)

LEFT_OUT = "…"
"""A line of this alone stands for any lines that a command prints and the page does not show."""


class Block(NamedTuple):
    """A block of code on a page: its line and language, the note before it, and its text."""

    page: Path
    line: int
    language: str
    note: str
    said: str
    text: str

    @property
    def where(self) -> str:
        """As an editor goes there."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


class Typed(NamedTuple):
    """A command line of a page, and what the page shows of its output."""

    line: str
    shown: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """The words of the line as a shell reads them, without its comment."""
        return shlex.split(self.line, comments=True)


def blocks_of(page: Path) -> Iterator[Block]:
    """Every block of code of a page, from the top."""
    text = page.read_text("utf-8")
    for found in _BLOCK.finditer(text):
        note, said, language, code = found.groups(default="")
        yield Block(page, text.count("\n", 0, found.start(4)), language, note, said, code)


def typed_in(block: Block) -> Iterator[Typed]:
    """The command lines of a block: every line of `sh`, and of `console` those behind `$ `, with what follows them."""
    if block.language == "sh":
        yield from (Typed(line, ()) for line in block.text.splitlines() if line and not line.startswith("#"))
    elif block.language == "console":
        for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
            line, *shown = part.splitlines()
            yield Typed(line, tuple(shown))


def prints(shown: tuple[str, ...], printed: str) -> bool:
    """Whether lines on a page are what was printed, where a line of `…` stands for any lines; no lines say nothing."""
    if not shown:
        return True
    pattern = "".join(r"(?:.*\n)*" if line.strip() == LEFT_OUT else rf"{re.escape(line)}\n" for line in shown)
    return bool(re.fullmatch(pattern, printed))


def links_of(page: Path) -> Iterator[str]:
    """What a page links to, outside its blocks of code."""
    yield from (target for _, target in _LINK.findall(_prose(page)))


def pictures_of(page: Path) -> Iterator[str]:
    """The pictures that a page shows."""
    yield from (target for is_picture, target in _LINK.findall(_prose(page)) if is_picture)


def files_of(text: str) -> list[str]:
    """The files and folders of the repository that a text names, from its root."""
    return _FILE.findall(text)


def anchors_of(page: Path) -> set[str]:
    """The names by which links find the headings of a page, as code hosts and MyST make them."""
    return {_anchor(heading) for heading in _HEADING.findall(_prose(page))}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
