"""A handout as one HTML file with nothing from elsewhere: no script, no font, no picture, and one short style.

It is read aloud as it is read: headings in order, tables with captions whose heads say what they head, one main part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from attn_explore.explorer.drawing.handouts import narration
from attn_explore.explorer.drawing.handouts.page import ANSWERS, STAND, WORKED, Answer, Cell, Handout, Stop, Table
from attn_explore.explorer.drawing.png import EVEN_LETTERS, LETTERS
from attn_explore.model.text import visible

INK, QUIET, PAPER, SHADE = "#1a1a1a", "#4d4d4d", "#ffffff", "#f2f2f2"
"""Colours of letters and of what is behind them; any two can be read together."""

STYLE = f"""
body {{ color: {INK}; background: {PAPER}; font: 1rem/1.5 {LETTERS}; margin: 0 auto; max-width: 52rem; padding: 1rem; }}
a {{ color: inherit; }}
h1 {{ line-height: 1.2; }}
h2 {{ margin: 2.5rem 0 .3rem; }}
.where {{ color: {QUIET}; margin: 0; }}
.formula {{ font-size: 1.1rem; margin: .3rem 0 .8rem; }}
.wide {{ overflow-x: auto; }}
code, pre, td {{ font-family: {EVEN_LETTERS}; }}
pre {{ background: {SHADE}; padding: .6rem; margin: .3rem 0; white-space: pre-wrap; }}
table {{ border-collapse: collapse; margin: .8rem 0; }}
caption {{ text-align: left; color: {QUIET}; }}
th, td {{ border: 1px solid {QUIET}; padding: .2rem .5rem; text-align: right; }}
th[scope=row], thead th:first-child {{ text-align: left; }}
thead th, th[scope=row] {{ background: {SHADE}; }}
td.blank {{ min-width: 4.5rem; height: 1.6rem; }}
.ask {{ border-left: .3rem solid {INK}; padding-left: .8rem; }}
.answers {{ break-before: page; page-break-before: always; }}
h2, h3, caption {{ break-after: avoid; page-break-after: avoid; }}
table, pre, .ask {{ break-inside: avoid; page-break-inside: avoid; }}
@media print {{ body {{ max-width: none; padding: 0; font-size: 10pt; }} .wide {{ overflow: visible; }} }}
"""


def html_of(handout: Handout) -> str:
    """The whole handout."""
    return "\n".join((*_lines(handout), ""))


def _lines(handout: Handout) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield f'<html lang="{escape(handout.language)}">'
    yield from ("<head>", '<meta charset="utf-8">')
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{text(handout.title)}</title>"
    yield from (f"<style>{STYLE}</style>", "</head>", "<body>", "<main>")
    yield f"<h1>{text(handout.title)}</h1>"
    yield from _paragraph(text(handout.summary))
    for stop in handout.stops:
        yield from _stop(stop)
    if handout.answers:
        yield from ('<div class="answers">', f"<h2>{ANSWERS}</h2>")
        for answer in handout.answers:
            yield from _answer(answer)
        yield "</div>"
    yield from ("</main>", "</body>", "</html>")


def _stop(stop: Stop) -> Iterator[str]:
    yield "<section>"
    yield f'<h2 id="stop-{stop.number}">{stop.number}. {text(stop.title)}</h2>'
    yield f'<p class="where"><code>{text(stop.path)}</code>, {text(stop.shape)}</p>'
    yield from _paragraph(text(stop.formula), "formula")
    if stop.say:
        yield narration.as_html(stop.say)
    yield from _paragraph(text(stop.empty))
    yield from _tables(stop, "stop")
    if stop.ask:
        yield from ('<div class="ask">', "<p><strong>Question</strong></p>", narration.as_html(stop.ask))
        yield from _choices(stop.choices)
        yield "</div>"
    yield from _worked(stop.worked)
    yield from _paragraph(f"<strong>Answer:</strong> {text(stop.answer)}" if stop.answer else "")
    yield "</section>"


def _answer(answer: Answer) -> Iterator[str]:
    yield "<section>"
    yield f'<h3 id="answer-{answer.number}">{answer.number}. {text(answer.title)}</h3>'
    yield from _paragraph(text(answer.said))
    yield from _tables(answer, "answer")
    yield from _worked(answer.worked)
    yield "</section>"


def _paragraph(said: str, kind: str = "") -> Iterator[str]:
    if said:
        yield f"<p{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{said}</p>"


def _choices(choices: Sequence[str]) -> Iterator[str]:
    if choices:
        yield f"<ul>{''.join(f'<li>{text(choice)}</li>' for choice in choices)}</ul>"


def _worked(lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"<p>{WORKED}:</p>"
        yield f'<pre tabindex="0">{chr(10).join(map(text, lines))}</pre>'


def _tables(part: Stop | Answer, kind: str) -> Iterator[str]:
    """The tables of a stop or of an answer, or a link to where they stand."""
    if part.tables_at:
        at = f'<a href="#{kind}-{part.tables_at}">{part.tables_at}. {text(part.title)}</a>'
        yield from _paragraph(f"{STAND} {at}.")
    for place, table in enumerate(part.tables, 1):
        yield from _table(table, f"{part.title} {place}" if len(part.tables) > 1 else part.title)


def _table(table: Table, title: str) -> Iterator[str]:
    """A table, whose caption says what it holds and what its rows and columns are."""
    axes = " by ".join(filter(None, (table.rows_are, table.columns_are)))
    caption = ", ".join(filter(None, (table.title or title, axes, table.left_out)))
    corner = " \\ ".join(filter(None, (table.rows_are, table.columns_are)))
    name = f'<div class="wide" tabindex="0" role="group" aria-label="{text(caption)}">'
    yield from (name, "<table>", f"<caption>{text(caption)}</caption>")
    heads = "".join(f'<th scope="col">{text(head)}</th>' for head in table.heads)
    yield f'<thead><tr><th scope="col">{text(corner)}</th>{heads}</tr></thead>'
    yield "<tbody>"
    for row in table.rows:
        cells = "".join(map(_cell, row.cells))
        yield f'<tr><th scope="row">{text(row.label or table.columns_are)}</th>{cells}</tr>'
    yield from ("</tbody>", "</table>", "</div>")


def _cell(cell: Cell) -> str:
    if not cell.text:
        return '<td class="blank"></td>'
    return f"<td><strong>{text(cell.text)}</strong></td>" if cell.is_marked else f"<td>{text(cell.text)}</td>"


def text(said: str) -> str:
    """Text of a file, of which no sign is obeyed."""
    return escape(visible(said))
