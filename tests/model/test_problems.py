from pathlib import Path

import pytest

from attn_explore.model.problems import Problem, Problems, nearest, raise_any


def located(what="unknown key", line=3, column=5, **more):
    return Problem(what, path="s.yaml", line=line, column=column, source="    n_head: 2", **more)


def test_a_problem_is_its_place_the_source_line_with_a_caret_and_a_hint():
    assert located(hint="did you mean `heads`?").render() == (
        "error: s.yaml:3:5: unknown key\n      n_head: 2\n      ^\nhint: did you mean `heads`?"
    )


def test_a_place_in_a_binary_file_is_named_in_words():
    assert Problem("too short", path=Path("w.npz"), place="byte 12").render() == "error: w.npz: byte 12: too short"


def test_a_problem_without_a_file_is_one_line():
    assert Problem("no terminal", exit_status=3).render() == "error: no terminal"


def test_what_the_user_gave_exits_with_2():
    assert Problem("x").exit_status == 2
    assert Problems([Problem("x"), Problem("y", exit_status=3)]).exit_status == 3


def test_the_caret_stands_under_wide_characters():
    lines = Problem("x", path="s", line=1, column=4, source="我的 dog").render().splitlines()
    assert lines[2] == " " * (2 + 5) + "^"


def test_the_caret_stands_under_its_place_behind_invisible_characters():
    lines = Problem("x", path="s", line=1, column=2, source="\u202edog").render().splitlines()
    assert lines[1].index("dog") == lines[2].index("^")


@pytest.mark.parametrize("column", [1, 50, 61, 62, 500_000, 1_000_000])
def test_a_long_line_is_clipped_round_its_column(column):
    source = "".join(chr(ord("a") + i % 26) for i in range(1_000_000))
    lines = Problem("x", path="s", line=1, column=column, source=source).render().splitlines()
    assert len(lines[1]) < 110
    assert lines[1][lines[2].index("^")] == source[column - 1]


def test_nothing_in_a_message_can_control_the_terminal():
    nasty = "\x1b]0;x\x07\n\x9b\u202e\ud800"
    message = Problem(nasty, hint=nasty, path=f"a{nasty}[red]", line=1, column=1, source=nasty).render()
    assert message.count("\n") == 3
    assert all(line.isprintable() for line in message.splitlines())
    message.encode()


def test_several_problems_are_told_in_full_while_there_is_room():
    message = Problems([located(), located("another", line=4)]).render()
    assert message.count("error:") == 2
    assert message.count("^") == 2


def test_many_problems_fit_ten_lines_and_say_how_many_more_there_are():
    message = Problems([located(f"fault {i}", line=i, hint="mend it") for i in range(1, 40)]).render()
    assert len(message.splitlines()) == 10
    assert "error: s.yaml:2:5: fault 2 — mend it" in message
    assert message.endswith("… and 33 more")


def test_problems_that_were_only_counted_are_in_the_count():
    assert Problems([located()], left_out=7).render().endswith("… and 7 more")


def test_one_problem_is_raised_as_itself_and_none_is_not_raised():
    raise_any([])
    with pytest.raises(Problem) as caught:
        raise_any([located()])
    assert type(caught.value) is Problem


def test_the_nearest_word_is_found_where_one_is_near():
    assert nearest("sofmax", ["softmax", "relu"]) == "softmax"
    assert nearest("xyz", ["softmax", "relu"]) is None


def test_visitors_are_told_neither_the_folder_nor_what_is_done_elsewhere() -> None:
    problem = Problem("too many", hint="press x", shell_hint="`attn-explore show`", path="/home/teacher/a.yaml", line=2)
    assert problem.render() == "error: /home/teacher/a.yaml:2: too many\nhint: press x, or `attn-explore show`"
    assert problem.for_visitors().render() == "error: a.yaml:2: too many\nhint: press x"
    assert Problem("no", shell_hint="`compare` in its file").for_visitors().in_one_line == "no"
