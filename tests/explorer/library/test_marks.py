"""What a class answered, summed up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attn_explore.explorer.library.marks import Result, by_question, marks_of, read_answers
from attn_explore.explorer.telling.marks_text import marks_csv, marks_lines
from attn_explore.model.problems import Problem
from tests.program import here


def line(given: object, right: bool, **more: Any) -> str:
    said = {
        "time": "2030-05-01T12:00:00+00:00", "name": "Ada", "lesson": "first", "stop": 2, "question": "Which?",
        "given": given, "right": right, "tries": 1, "hint": False,
    }  # fmt: skip
    return json.dumps(said | more)


def file_of(folder: Path, *lines: str) -> Path:
    path = folder / "class.jsonl"
    path.write_text("".join(f"{each}\n" for each in lines), "utf-8")
    return path


def results(folder: Path, *lines: str) -> list[Result]:
    return [mark.result for mark in marks_of(read_answers(file_of(folder, *lines)))]


def test_a_question_counts_as_it_was_answered_the_first_time(tmp_path: Path) -> None:
    again = line("dog", True)
    assert results(tmp_path, line("dog", True), line("I", False)) == [Result.at_once]
    assert results(tmp_path, line("I", False), line("dog", True, tries=2, hint=True), again) == [Result.with_hint]
    assert results(tmp_path, line("dog", True, hint=True), again) == [Result.with_hint]
    assert results(tmp_path, line("I", False), line(None, False, hint=True), again) == [Result.shown]
    assert results(tmp_path, line("I", False)) == [Result.open]


def test_the_hardest_question_comes_first_with_what_was_answered_instead(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        line("dog", True),
        line("dog", True, name="Bo", lesson="a", stop=1),
        line("my", False, name="Bo"),
        line("my", False, name="Cy"),
        line("dog", True, name="Cy", tries=2, hint=True),
    )
    marks = marks_of(read_answers(path))
    assert [asked.stop for asked, _ in by_question(marks)] == [2, 1]
    told = list(marks_lines(marks))
    heads = "people  at once  with a hint  shown  left open  lesson  stop  question  most often, wrongly"
    assert " ".join(told[1].split()) == " ".join(heads.split())
    assert told[2].split() == ["3", "1", "1", "0", "1", "first", "2", "Which?", "my", "(2×)"]
    assert told[-1].split() == ["1", "0", "1", "0", "0", "first", "Cy"]


def test_a_question_is_printed_without_the_signs_of_its_markdown(tmp_path: Path) -> None:
    asked = line("dog", True, question="Which `key` fits *trains* **worst**?")
    assert "  Which key fits trains worst?" in "\n".join(marks_lines(marks_of(read_answers(file_of(tmp_path, asked)))))


def test_who_says_no_name_is_called_as_the_file_is(tmp_path: Path) -> None:
    without = json.dumps({key: value for key, value in json.loads(line("dog", True)).items() if key != "name"})
    assert [mark.person for mark in marks_of(read_answers(file_of(tmp_path, without)))] == ["class.jsonl"]


def test_what_is_in_the_files_is_never_a_formula_nor_an_escape(tmp_path: Path) -> None:
    bad = line("-0.5", False, name="=HYPERLINK(1)", question="\x1b[31m[b]red[/b]\nWhich?")
    marks = marks_of(read_answers(file_of(tmp_path, bad)))
    table, text = list(marks_csv(marks)), "\n".join(marks_lines(marks))
    assert "\x1b" not in "".join(table) + text
    assert "[b]red[/b]" in text
    assert table[1].startswith("'=HYPERLINK(1),first,2,")
    assert table[1].endswith(",left open,1,-0.5")


BAD = {
    "no JSON": ("{", "this is not a line of JSON"),
    "a list": ("[1]", "an answer is a mapping of keys"),
    "a missing key": (line("I", True).replace("tries", "trys"), "an answer has `tries`, and here is `trys`"),
    "a wrong type": (line("I", True, stop="2"), '`stop` cannot be "2"'),
    "less than none": (line("I", True, tries=-1), "`tries` cannot be -1"),
    "too deep": ("[" * 100_000, "this is not a line of JSON"),
}


@pytest.mark.parametrize(("bad", "what"), BAD.values(), ids=BAD)
def test_a_bad_line_is_told_with_its_file_and_number(tmp_path: Path, bad: str, what: str) -> None:
    path = file_of(tmp_path, line("I", True), bad)
    with pytest.raises(Problem) as refused:
        read_answers(path)
    column = ":2" if bad == "{" else ""
    assert (refused.value.what, refused.value.where) == (what, f"{path}:2{column}")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("name,lesson\nAda,first\nBo,first\n", ":1:1: this is not a line of JSON; so it is with 2 more lines"),
        ('{"a": 1}\n{"a": 2}\n', ":1: an answer has `time`; so it is with 1 more line"),
    ],
)
def test_a_file_of_another_kind_is_refused_once_and_not_line_by_line(tmp_path: Path, other: str, said: str) -> None:
    path = file_of(tmp_path, *other.splitlines())
    with pytest.raises(Problem) as refused:
        read_answers(path)
    assert str(refused.value).splitlines()[0] == f"error: {path}{said}"
    assert len(str(refused.value).splitlines()) == 2


def test_the_command_reads_several_files_and_refuses_all_bad_ones_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_of(tmp_path, line("I", True))
    (tmp_path / "bad").write_bytes(b"\n\xff")
    assert here(capsys, "marks", str(path), str(path), "--csv").out.count("Ada") == 1
    ended = here(capsys, "marks", str(path), str(tmp_path / "bad"), str(tmp_path / "none"))
    assert ended.status == 2
    assert f"{tmp_path / 'bad'}:2: this is not UTF-8" in ended.err
    assert f"{tmp_path / 'none'}: there is no such file" in ended.err
