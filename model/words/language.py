"""The file of a language, `en.md`, as tables: a heading for each entry, its keys in a list, then its paragraph.

The file is read once, when the first step is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from attn_explore.model.packaged import packaged

STEPS = ("steps", "experiments")
"""The parts of the file that hold steps."""

EXPLANATION = "explanation"
"""The key that stands for an entry's paragraph."""

Entry = Mapping[str, str]
"""What stands under one heading: the keys of its list, and its paragraph on one line."""


class StepWords(NamedTuple):
    """The words of one step. Without a `symbol`, the step is written as its name or as the formula that made it."""

    title: str
    symbol: str
    explanation: str


class Language(NamedTuple):
    """Everything that is said of steps, in one language.

    steps        by `name`, `block.name` or `name/operation`
    nouns        what a step is called in a sentence, by its name, where that is not its title
    missing      what is said of a step that has no words
    gradients    what is said of any gradient (`number`), of the first one (`origin`), of those of a `parameter`
    parameters   how parameters and given values are written in formulas, by their names
    """

    steps: Mapping[str, StepWords]
    nouns: Mapping[str, str]
    missing: str
    gradients: Mapping[str, StepWords]
    parameters: Mapping[str, str]


@cache
def language(name: str = "en") -> Language:
    """The words of a language, by the name of its file."""
    parts = entries(packaged("attn_explore.model.words", f"{name}.md"))
    steps = {key: entry for part in STEPS for key, entry in parts[part].items()}
    return Language(
        {key: _words(entry) for key, entry in steps.items()},
        {key: entry["noun"] for key, entry in steps.items() if "noun" in entry},
        parts["missing"]["step"][EXPLANATION],
        {key: _words(entry) for key, entry in parts["gradients"].items()},
        parts["parameters"]["letters"],
    )


def _words(entry: Entry) -> StepWords:
    return StepWords(entry.get("title", ""), entry.get("symbol", ""), entry.get(EXPLANATION, ""))


def entries(text: str) -> dict[str, dict[str, Entry]]:
    r"""The entries of each part of a file, by their headings. Raises ValueError for one that stands twice in a part.

    >>> entries("# steps\n## q\n- title: Queries\n\nWhat a word\nasks.")
    {'steps': {'q': {'title': 'Queries', 'explanation': 'What a word asks.'}}}
    """
    parts = (section.partition("\n") for section in _sections(text, "# "))
    return {part.strip(): _tables(part, body) for part, _, body in parts}


def _tables(part: str, body: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for section in _sections(body, "## "):
        heading, *lines = section.splitlines()
        if heading in found:
            raise ValueError(f"`## {heading}` stands twice under `# {part}`")
        found[heading] = _entry(lines)
    return found


def _sections(text: str, sign: str) -> list[str]:
    """Each heading of one level with what follows it; what stands before the first is a comment."""
    return f"\n{text}".split(f"\n{sign}")[1:]


def _entry(lines: list[str]) -> Entry:
    """A list of `- key: what it is`, then a paragraph."""
    listed = [line[2:].partition(":") for line in lines if line.startswith("- ")]
    keys = {key: text.strip() for key, _, text in listed}
    paragraph = " ".join(" ".join(line for line in lines if not line.startswith("- ")).split())
    return {**keys, EXPLANATION: paragraph} if paragraph else keys
