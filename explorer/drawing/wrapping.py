"""Text in lines of terminal cells, and Markdown as styled lines: nothing in a text is obeyed but its Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console
from rich.style import Style
from rich.text import Text

from attn_explore.explorer.drawing.plain_narration import plain_paragraphs
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_MARKS: Mapping[str, Style] = {"strong": Style(bold=True), "em": Style(italic=True), "code": Style(bold=True)}
_WORD_WITH_SPACE = re.compile(r"\s*\S+\s*")
_WORD = re.compile(r"\s+|\S+\s*")
_PART_OF_PATH = re.compile(r"\.*[^.]+|\.+$")
_SENTENCE = re.compile(r"(?<=[.!?])[ \n]+(?=[A-ZÀ-Þ“‘(√∂Σ])|(?<=[.!?][”’)])[ \n]+(?=[A-ZÀ-Þ“‘(])|(?<=[。！？])")
"""Where a sentence ends and the next one begins."""
_LEAD = re.compile(r"((?: {2}|│ |• |\d+\. )*)(.*)", re.S)
_RULE = re.compile(r"^─+$")
_ENDLESS = 10**6
_QUOTE = "│ "
_DEEPEST = 200
_NO_SCREEN = Console(width=80, color_system=None, legacy_windows=False)


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` cells, as it is.

    >>> wrapped("one two three", 8)
    ['one two', 'three']
    """
    return list(_wrapped(text, width))


def so_many_more(lines: int) -> str:
    """How many lines are out of sight, as borders and edges say it.

    >>> so_many_more(1), so_many_more(12)
    ('1 more line', '12 more lines')
    """
    return f"{lines} more line{'' if lines == 1 else 's'}"


@lru_cache(maxsize=1024)  # what is told of a step is told of the same one in other heads and layers
def _wrapped(text: str, width: int) -> Sequence[str]:
    if not text.replace("\n", "").isprintable():
        return [line.plain.rstrip() for line in Text(_broken(text, width)).wrap(_NO_SCREEN, max(1, width))]
    whole = _broken(text, width).split("\n")
    return [line for each in whole for line in _lines_of(each, max(1, width))]


def _lines_of(text: str, width: int) -> list[str]:
    """A line of printable text in lines, as Rich makes them, without its styles."""
    if text.isascii() and len(text) <= width:
        return [text.rstrip()]
    lines, line, taken = [], "", 0
    for word in _WORD_WITH_SPACE.findall(text):
        own = cell_len(word.rstrip())
        if taken + own <= width:
            line, taken = line + word, taken + cell_len(word)
            continue
        if line:
            lines.append(line)
        *cut, line = chop_cells(word, width) if own > width else [word]
        lines, taken = lines + cut, cell_len(line)
    return [_fitted(each.rstrip(), width) for each in (*lines, line)]


def _fitted(line: str, width: int) -> str:
    """A line that has no room even so: a wide character in a single cell."""
    return line if cell_len(line) <= width else set_cell_size(line, width).rstrip()


def by_sentence(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` cells, each sentence beginning a line of its own: so it is read aloud best.

    >>> by_sentence("One is 1.5. Two: a, e.g. b. (Three.)", 30)
    ['One is 1.5.', 'Two: a, e.g. b.', '(Three.)']
    """
    return [line for sentence in _SENTENCE.split(text) for line in wrapped(sentence, width)]


def narration_by_sentence(text: str, width: int) -> Iterator[str]:
    """A narration in the same way: the marks of lists and quotes stay, and nothing is drawn with lines."""
    for line in markdown(text, _ENDLESS):
        lead, said = _LEAD.fullmatch(_RULE.sub("", line.plain).replace("\n", " ")).groups()  # type: ignore[union-attr]
        first = lead.replace(_QUOTE, "> ")
        for place, each in enumerate(by_sentence(said, max(1, width - len(first)))):
            yield f"{first if place == 0 else ' ' * len(first)}{each}"


def _broken(text: str, width: int) -> str:
    r"""A text in which a path that no line has room for goes on, with a dot, in the next one: no name in it is cut.

    >>> _broken("W_Q  encoder.layers.0.self_attention.w_q", 24)
    'W_Q  encoder.layers.0\n.self_attention.w_q'
    """
    return "\n".join(_broken_line(line, width) for line in text.split("\n")) if "." in text else text


def _broken_line(line: str, width: int) -> str:
    broken, taken = [], 0
    for word in _WORD.findall(line):
        if cell_len(word.rstrip()) > width and "." in word:
            lines = _lines_of_path(word, width, taken if taken < width // 2 else 0)
            word = "\n".join(lines)
            taken = cell_len(lines[-1])
        else:
            taken += cell_len(word)
        broken.append(word)
    return "".join(broken)


def _lines_of_path(path: str, width: int, taken: int) -> list[str]:
    """The parts of a path in lines, of which the first has some cells taken."""
    lines, room = [""], width - taken
    for part in _PART_OF_PATH.findall(path):
        if cell_len(part.rstrip()) > room:
            lines.append("")
            room = width
        lines[-1] += part
        room -= cell_len(part)
    return lines


class Section(NamedTuple):
    """A heading and the text under it; a narration is Markdown."""

    heading: str
    text: str
    is_narration: bool = False


class _Paragraph(NamedTuple):
    """Styled text, and what stands before its first line; further lines begin as far in."""

    text: Text
    lead: str
    is_wrapped: bool = True


def markdown(text: str, width: int) -> list[Text]:
    """A narration in lines of at most `width` cells.

    Paragraphs, emphasis, code, lists, quotes and headings; HTML and links are shown as they are written.
    """
    return list(_narrated(text, width))


def in_one_line(text: str) -> str:
    """A narration as plain text: a question where nothing is emphasised, and lines are not broken.

    >>> in_one_line("Which key fits *trains* worst?")
    'Which key fits trains worst?'
    """
    return " ".join(line.plain for line in markdown(text, _ENDLESS))


@lru_cache(maxsize=256)  # a stop's narration stays beside many steps
def _narrated(text: str, width: int) -> Sequence[Text]:
    lines: list[Text] = []
    for place, (styled, lead, is_wrapped) in enumerate(_plain(text) or _paragraphs(text)):
        if place and not lead.strip():
            lines.append(Text())
        room = max(1, width - len(lead))
        found = styled.wrap(_NO_SCREEN, room) if is_wrapped else styled.split("\n", allow_blank=True)
        for number, line in enumerate(found):
            line.rstrip()
            line.truncate(room)
            lines.append(Text(lead if number == 0 else " " * len(lead)) + line)
    return lines


def _plain(text: str) -> list[_Paragraph]:
    """The paragraphs of a text that says all it says in words; none of another."""
    return [
        _Paragraph(Text.assemble(*((visible(part), _MARKS.get(tag, "")) for part, tag in pieces)), "")
        for pieces in plain_paragraphs(text) or ()
    ]


@cache
def parser() -> MarkdownIt:
    """The parser of narration."""
    from markdown_it import MarkdownIt  # only narration needs it

    # There is nothing to click in a terminal that can be trusted, so that links and images stay as they are written.
    return MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).disable(
        ["link", "image", "autolink", "reference"]
    )


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    leads: list[str] = []
    numbers: list[int | None] = []
    is_heading = False
    for token in parser().parse(text):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                numbers.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)
            case "bullet_list_close" | "ordered_list_close":
                numbers.pop()
            case "list_item_open":
                number = numbers[-1]
                leads.append("• " if number is None else f"{number}. ")
                numbers[-1] = None if number is None else number + 1
            case "blockquote_open":
                leads.append(_QUOTE)
            case "list_item_close" | "blockquote_close":
                leads.pop()
            case "heading_open" | "heading_close":
                is_heading = token.type == "heading_open"
            case "fence" | "code_block":
                code = "\n".join(visible(line) for line in token.content.splitlines())
                yield _Paragraph(Text(code, _MARKS["code"]), "".join(leads) + "  ", False)
            case "hr":
                yield _Paragraph(Text("───"), "".join(leads))
            case "inline":
                yield _Paragraph(_inline(token, _MARKS["strong"] if is_heading else Style()), "".join(leads))
                leads = [
                    lead if lead == _QUOTE else " " * len(lead) for lead in leads
                ]  # a mark stands before the first paragraph of its item


def _inline(token: Token, style: Style) -> Text:
    styled, marks = Text(style=style), [Style()]
    for child in token.children or ():
        if child.nesting > 0:
            marks.append(marks[-1] + _MARKS.get(child.tag, Style()))
        elif child.nesting < 0:
            marks.pop()
        elif child.type in ("softbreak", "hardbreak"):
            styled.append(" " if child.type == "softbreak" else "\n")
        else:
            own = _MARKS["code"] if child.type == "code_inline" else Style()
            styled.append(visible(child.content), marks[-1] + own)  # an entity may stand for any character
    return styled
