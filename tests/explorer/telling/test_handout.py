"""Handouts: the lesson on paper in three formats. What is in a file is what is in the trace, and text is text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from attn_explore.explorer.drawing.colours import READABLE, contrast
from attn_explore.explorer.drawing.handouts import as_html
from attn_explore.explorer.drawing.handouts.as_html import html_of
from attn_explore.explorer.drawing.handouts.as_latex import SIGNS, latex_of, text
from attn_explore.explorer.drawing.handouts.as_markdown import markdown_of
from attn_explore.explorer.drawing.handouts.page import ANSWERS, Answer, Cell, Handout, Row, Stop, Table
from attn_explore.explorer.drawing.handouts.writers import WRITERS
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.session.course import bundled
from attn_explore.explorer.telling import handout, printed_tables
from attn_explore.explorer.telling.handout import Wanted, handout_of
from attn_explore.model.problems import Problem
from tests.opened import opened
from tests.program import here

DOG = "i-love-my-dog"
HOSTILE = [
    "<script>alert(1)</script>", "</td></table>", "![x](http://a.b/c)", "[a](javascript:b)", "a | b", "| --- |", "---",
    r"\input{/etc/passwd}", "$x$ 50% #1 & ~ ^ _ {", "```", "# h", "\x1b[31m", "\x00", "'\"", "&amp;", "``a`", "<!--",
    "]]>", r"\end{document}", "^^5cinput", "* a", "1. a", "\\",
]  # fmt: skip
VOID = ("meta", "hr", "br")
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=8)


class Page(HTMLParser):
    """The tags of a page in order with their attributes, and the texts of its cells."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.open: list[str] = []
        self.feed(written)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag) -> None:
        assert tag in VOID or self.open.pop() == tag

    def handle_data(self, data) -> None:
        if "td" in self.open:
            self.cells[-1] += data


def made(name: str = DOG, **wanted) -> Handout:
    return handout_of(opened(name).session(), Wanted(**wanted))


def with_text(said: str) -> Handout:
    """A handout in which a text of a file stands everywhere where one can."""
    table = Table(said, said, said, (said, "b"), (Row(said, (Cell(said), Cell(""))),), said)
    stop = Stop(1, said, said, said, said, said, (table,), (said, "b"), said, (said, "b"), said)
    again = Stop(2, said, said, said, "", "", (), tables_at=1)
    return Handout(said, said, (stop, again), (Answer(1, said, said, (table,), (said,)), Answer(2, said, tables_at=1)))


# --- numbers


def test_the_tables_hold_the_numbers_of_the_run() -> None:
    trace, page = opened(DOG).trace, Page(html_of(made()))
    stops = [trace[stop.path].array for stop in made().stops]
    assert page.cells == [short_number(float(number)) for array in stops for number in array.ravel()]


def test_markdown_and_latex_hold_the_same_numbers() -> None:
    numbers = {cell.text for stop in made().stops for table in stop.tables for row in table.rows for cell in row.cells}
    plain = markdown_of(made()).replace("*", "")
    latex = latex_of(made()).replace(r"\ensuremath{-}", "-")
    assert len(numbers) > 100
    assert not [number for number in numbers if f" {number} " not in plain or number not in latex]


def test_the_arithmetic_of_each_stop_is_that_of_its_cell_without_bars() -> None:
    stop = next(stop for stop in made().stops if stop.path.endswith(".q"))
    assert stop.worked[0].startswith("Q[I, 4] = -1.5648")
    assert not re.search("[█-▏]", "".join(line for each in made().stops for line in each.worked))


def test_of_two_runs_both_are_printed_where_the_lesson_compares_them_and_they_differ() -> None:
    stops = {stop.path.rpartition(".")[2]: stop for stop in made("why-scale").stops if stop.tables}
    captions = {name: [table.title for table in stop.tables] for name, stop in stops.items()}
    assert captions["weights"] == ["first run", "without √dₖ"]
    assert captions["q"] == [""]


# --- questions, blanks, other numbers


def test_the_answers_stand_on_a_page_of_their_own_where_only_questions_are_wanted() -> None:
    asked, told = made(asks_only=True), made()
    answers = [stop.answer for stop in told.stops if stop.answer]
    assert answers
    assert [answer.said for answer in asked.answers] == answers
    for write in WRITERS.values():
        before, _, after = write(asked).rpartition(f">{ANSWERS}<" if write is html_of else ANSWERS)
        sign = "dog] = 2.6821"
        assert sign not in before.replace("\\", "")
        assert sign in after.replace("\\", "")


def test_nothing_in_sight_tells_the_answer_of_a_question_that_is_only_asked() -> None:
    stops = {stop.number: stop for stop in made(asks_only=True).stops}
    for answer in made(asks_only=True).answers:
        stop = stops[answer.number]
        assert (stop.answer, stop.worked) == ("", ())
        assert not [cell for table in stop.tables for row in table.rows for cell in row.cells if cell.is_marked]
    assert [row.cells[0].text for row in stops[3].tables[0].rows] == ["-0.3080", "", "0.1220", "-0.1920"]


def cells_of(stop: Stop | Answer) -> list[str]:
    return [cell.text for table in stop.tables for row in table.rows for cell in row.cells]


@pytest.mark.parametrize("name", [DOG, "causal-mask", "softmax-saturation"])
def test_what_the_screen_hides_for_a_question_is_empty_at_every_stop_and_full_among_the_answers(name: str) -> None:
    session, found = opened(name).session(), made(name, asks_only=True)
    asked = [stop.question for stop in session.lesson.stops if stop.question is not None]
    answers = [cells_of(answer) for answer in found.answers]
    some_empty = [stop for stop in found.stops if stop.empty]
    assert {stop.path for stop in some_empty} == {each.value.path for each in asked if not each.is_sum}
    for stop in some_empty:
        value = session.run.trace[stop.path]
        hidden = np.zeros(value.shape, bool)
        for cells in filter(None, (question.hides(value) for question in asked)):
            hidden[cells] = True
        numbers = [short_number(float(number)) for number in value.array.ravel()]
        assert cells_of(stop) == [
            "" if is_hidden else number for is_hidden, number in zip(hidden.flat, numbers, strict=True)
        ]
        assert numbers in answers


def test_the_other_run_does_not_tell_what_is_asked_either() -> None:
    stops = [stop for stop in made("why-scale", asks_only=True).stops if stop.path.endswith(".weights")]
    assert [table.run for stop in stops for table in stop.tables] == ["", "first run", "without √dₖ"]
    for stop in stops[:2]:
        assert all(not cell.text for table in stop.tables for cell in table.rows[-1].cells)


def test_the_arithmetic_of_a_cell_that_another_stop_asks_for_stands_among_the_answers() -> None:
    found = made("why-scale", asks_only=True)
    (stop,) = (stop for stop in found.stops if stop.say.startswith("First run minus second"))
    (answer,) = (answer for answer in found.answers if answer.number == stop.number)
    assert not stop.worked
    assert answer.worked[0].startswith("A[dawn, birds] = ")


def test_the_part_that_is_printed_of_a_large_step_does_not_tell_where_the_answer_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(printed_tables, "HEADS", 1)
    question = opened("wide").session().lesson.stops[6].question
    assert question is not None
    assert question.right[0][0] == 1
    assert [table.caption for table in made("wide", asks_only=True).stops[6].tables] == ["head 0"]
    assert [table.caption for table in made("wide").stops[6].tables] == ["head 1"]


def test_tables_of_a_step_are_printed_once_and_later_stops_say_where_they_stand() -> None:
    stops = [stop for stop in made("why-scale").stops if stop.path.endswith(".weights")]
    assert [(stop.number, len(stop.tables), stop.tables_at) for stop in stops] == [
        (4, 1, 0),
        (5, 2, 0),
        (6, 0, 5),
        (7, 0, 5),
    ]
    written = {write: write(made("why-scale")) for write in WRITERS.values()}
    assert written[html_of].count('Its numbers stand under <a href="#stop-5">5. Attention weights</a>.') == 2
    assert written[markdown_of].count("Its numbers stand under 5.") == written[latex_of].count("under 5.") == 2


def test_the_cells_of_a_blank_step_are_empty_and_full_among_the_answers() -> None:
    found = made(blank=("weights",))
    stop = next(stop for stop in found.stops if stop.path.endswith(".weights"))
    assert {cell.text for row in stop.tables[0].rows for cell in row.cells} == {""}
    (answer,) = found.answers
    weights = opened(DOG).trace[stop.path].array[0]
    assert [[cell.text for cell in row.cells] for row in answer.tables[0].rows] == [
        [short_number(float(number)) for number in row] for row in weights
    ]


def test_a_step_to_be_filled_in_is_on_the_sheet_where_the_lesson_passes_it_by() -> None:
    found = made("post-norm-vs-pre-norm", blank=("1.self_attention.weights",))
    order = list(opened("post-norm-vs-pre-norm").trace.steps)
    places = [order.index(stop.path) for stop in found.stops]
    assert "encoder.layers.1.self_attention.weights" in [stop.path for stop in found.stops]
    assert [place for place in places if place > order.index("encoder.layers.1.self_attention.weights")]
    assert len(found.answers) == 1


def test_a_scenario_without_a_lesson_stops_at_each_step() -> None:
    session = opened(DOG).session()
    session.lesson.stops = []
    assert [stop.path for stop in handout_of(session, Wanted()).stops] == list(session.run.trace.steps)


def test_with_other_numbers_the_lesson_says_nothing_of_those_that_it_was_written_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = here(capsys, "handout", DOG, "--seed", "5", "--blank", "weights").out
    assert "1.1683" not in printed
    assert "0.0746" not in printed
    assert "Which word fits the query of “love” best?" in printed
    assert "Whose result holds the largest number in column 1?" in printed
    assert printed == here(capsys, "handout", DOG, "--seed", "5", "--blank", "weights").out
    assert printed != here(capsys, "handout", DOG, "--seed", "6", "--blank", "weights").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "lesson.docx"), "no format of a handout"),
        (("--blank", "wieghts"), "did you mean weights?"),
    ],
)
def test_what_cannot_be_written_is_refused(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, printed, errors = here(capsys, "handout", DOG, *arguments)
    assert (status, printed) == (2, "")
    assert said in errors


def test_a_file_is_replaced_only_when_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "lesson.html"
    target.write_text("mine")
    status, _, errors = here(capsys, "handout", DOG, "-o", str(target))
    assert (status, target.read_text()) == (2, "mine")
    assert "exists already" in errors
    assert here(capsys, "handout", DOG, "-o", str(target), "--force").status == 0
    assert target.read_text() == html_of(made())


def test_weights_that_are_not_drawn_have_no_other_seed(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, errors = here(capsys, "handout", "translate", "--seed", "5")
    assert status == 2
    assert "the weights of this scenario are not drawn" in errors


def test_a_run_of_very_many_steps_is_no_handout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handout, "MOST_STOPS", 3)
    with pytest.raises(Problem, match="would be a book"):
        made()


# --- a page that everybody can read


@pytest.mark.parametrize("name", [DOG, "multi-head", "wo-xihuan-wode-gou"])
def test_a_page_has_its_language_its_title_and_its_headings_in_order(name: str) -> None:
    page = Page(html_of(made(name, asks_only=True)))
    assert not page.open
    assert page.tags[0] == ("html", {"lang": "en"})
    assert [tag for tag, _ in page.tags].count("title") == [tag for tag, _ in page.tags].count("main") == 1
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_head_of_a_table_says_what_it_heads_and_every_table_what_it_is() -> None:
    page = Page(html_of(made(blank=("weights",))))
    tags = [tag for tag, _ in page.tags]
    assert {attributes.get("scope") for tag, attributes in page.tags if tag == "th"} == {"row", "col"}
    assert tags.count("caption") == tags.count("table") == tags.count("thead")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_letters_stand_out_from_what_is_behind_them() -> None:
    def colour(code: str) -> tuple[int, int, int]:
        return int(code[1:3], 16), int(code[3:5], 16), int(code[5:], 16)

    assert set(re.findall("#[0-9a-f]{6}", as_html.STYLE)) == {as_html.INK, as_html.QUIET, as_html.PAPER, as_html.SHADE}
    for ink in (as_html.INK, as_html.QUIET):
        assert min(contrast(colour(ink), colour(back)) for back in (as_html.PAPER, as_html.SHADE)) >= READABLE


def test_a_page_asks_for_nothing_from_elsewhere() -> None:
    assert not re.findall(
        r"https?:|src=|href=(?!\"#stop-\d+\")|url\(|@import|<script|<link", html_of(made("why-scale"))
    )


# --- text is text


@given(TEXTS)
@settings(max_examples=60)
def test_no_text_of_a_file_becomes_a_tag(said: str) -> None:
    allowed = {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "section", "code", "div"),
        *("table", "caption", "thead", "tbody", "tr", "th", "td", "strong", "em", "pre", "ul", "ol", "li", "hr", "br"),
        "blockquote",
        "a",
    }
    page = Page(html_of(with_text(said)))
    assert not page.open
    assert {tag for tag, _ in page.tags} <= allowed
    assert {key for _, attributes in page.tags for key in attributes} <= {
        "lang", "charset", "name", "content", "class", "scope", "id", "tabindex", "role", "aria-label", "start",
        "href",
    }  # fmt: skip
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links == ["#stop-1", "#answer-1"]
    assert len(page.cells) == 4


@given(TEXTS)
@settings(max_examples=60)
def test_no_text_of_a_file_is_a_command_of_latex(said: str) -> None:
    written = latex_of(with_text(replaced := said))
    assert replaced == said
    for name in ("document", "fitted", "tabular", "itemize", "enumerate", "quote"):
        ends = (len(re.findall(rf"\\{side}{{{name}}}", written)) for side in ("begin", "end"))
        assert len(set(ends)) == 1
    own = text(said)
    for known in sorted(
        {*SIGNS.values(), "-{}", ",{}", r"\words{", r"\textsuperscript{", r"\textsubscript{"}, key=len, reverse=True
    ):
        own = own.replace(known, "")
    assert not re.search(r"[\\$&#%_^~<>|\"`{]", own)
    plain = re.sub(r"\\[{}]", "", text(said))
    assert plain.count("{") == plain.count("}")


def test_every_sign_of_the_explanations_and_the_course_can_be_set_by_plain_latex() -> None:
    told = (files("attn_explore.model.words") / "en.md").read_text("utf-8")
    told = " ".join((told + "".join(path.read_text("utf-8") for path in bundled().values())).split())
    foreign = {letter for words in re.findall(r"\\words{([^}]*)}", text(told)) for letter in words}
    assert {letter for letter in foreign if not unicodedata.name(letter).startswith("CJK")} == set()
    assert {letter for letter in text(told) if ord(letter) > 0x7F} - foreign <= set("·×äéöü½")


@given(TEXTS)
@settings(max_examples=60)
def test_no_text_of_a_file_is_obeyed_in_markdown(said: str) -> None:
    told = with_text(said)
    stop = replace(told.stops[0], say="", ask="")
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown_of(replace(told, stops=(stop,))))
    inside = [child.type for token in tokens for child in token.children or ()]
    assert not {"html_block", "html_inline", "link_open", "image"} & {*inside, *(token.type for token in tokens)}
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2", "h2", "h3", "h3"]
    assert [token.type for token in tokens].count("td_open") == 2 * 3


@pytest.mark.parametrize("said", HOSTILE)
def test_narration_is_obeyed_by_no_reader_of_markdown_but_for_emphasis_and_lists(said: str) -> None:
    told = Handout("a", "b", (replace(with_text("c").stops[0], say=f"*x* {said}"),))
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown_of(told))
    inside = [child.type for token in tokens for child in token.children or ()]
    assert not {"html_block", "html_inline", "link_open", "image"} & {*inside, *(token.type for token in tokens)}
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2"]
