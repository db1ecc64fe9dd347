"""The commands that print: list, show, compare, explain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from attn_explore.explorer.session.course import named
from tests.explorer.commands.conftest import Run
from tests.program import is_refusal

DOG = "i-love-my-dog"
WEIGHTS = "encoder.layers.0.self_attention.weights"


def test_list_names_every_scenario_on_a_line_in_the_order_of_the_course(attn: Run) -> None:
    found = attn("list")
    assert [line.split()[0] for line in found.out.splitlines() if line.startswith("  ")] == list(named())
    assert [line for line in found.out.splitlines() if line and not line.startswith("  ")] == [
        "beginner", "intermediate", "advanced",
    ]  # fmt: skip
    assert "One attention head, from words to weighted values" in found.out


def test_on_a_terminal_summaries_go_on_below_themselves_and_in_a_file_stand_in_one_line(
    attn: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = attn("list").out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    narrow = attn("list").out
    assert max(map(cell_len, narrow.splitlines())) <= 60
    assert narrow.split() == whole.split()
    assert f"\n  {DOG} " in whole
    assert "from words to weighted values, by hand.\n" in whole


@pytest.mark.parametrize("asked", [("explain", DOG, "weights[love,dog]"), ("bits", DOG, "w_q[0,0]"), ("rounding", DOG)])
def test_where_lines_are_short_what_has_no_room_goes_on_below_and_no_number_is_cut(
    asked: tuple[str, ...], attn: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = {}
    for columns in (40, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        printed[columns] = attn(*asked).out
        assert max(map(cell_len, printed[columns].splitlines())) <= columns
    numbers = {columns: set(re.findall(r"-?\d+\.\d+", text)) for columns, text in printed.items()}
    assert numbers[40] == numbers[200] != set()


@pytest.mark.parametrize("path", [WEIGHTS, f"{WEIGHTS}.total", "encoder.embedding_table", "tokens"])
def test_show_prints_steps_finer_steps_parameters_and_tokens(path: str, attn: Run) -> None:
    found = attn("show", DOG, path)
    assert (found.status, found.err) == (0, "")
    assert "dog" in found.out


def test_the_steps_of_a_sampler_are_shown_and_explained_where_one_is_asked_about(attn: Run) -> None:
    sampler = ("--sampler", "temperature 0.8, top-k 2")
    assert attn("show", "names", "candidates.top_k_mask", "--rows", *sampler).out.count("-inf") == 13
    explained = attn("explain", "names", "candidates.chances[e]", *sampler).out
    assert "chances[e] = e^(top_k[e] − row max) / row sum" in explained


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("explain", "names", "candidates.chances[e]"), "hint: --sampler 'temperature 0.8, top-k 40' makes its steps"),
        (("show", "names", "candidates.top_k", "--sampler", "seed 3"), "“seed” is no step of a sampler"),
        (("show", "sentiment", "logits", "--sampler", "top-k 2"), "no word is chosen in this run"),
    ],
)
def test_where_a_sampler_makes_no_steps_it_is_said_why(asked: tuple[str, ...], said: str, attn: Run) -> None:
    found = attn(*asked)
    assert found.status == 2
    assert is_refusal(found.err)
    assert said in found.err


@pytest.mark.parametrize(
    ("part", "lines"),
    [
        ("weights[love]", ["key  I love my dog", ""]),
        ("layers.0.weights[Love, dog]", [""]),
        ("weights[0, love]", ["key  I love my dog", ""]),
    ],
)
def test_show_prints_a_part_that_is_named_by_words(part: str, lines: list[str], attn: Run) -> None:
    found = attn("show", DOG, part)
    assert (found.status, found.err) == (0, "")
    heads = [line.split("0.")[0].split() for line in found.out.splitlines()]
    assert heads == [line.split() for line in lines]


def test_show_prints_the_row_of_a_word_in_every_head(attn: Run) -> None:
    rows = attn("show", "encoder-layer", "weights[my]", "--csv").out.splitlines()
    whole = attn("show", "encoder-layer", "weights", "--csv").out.splitlines()
    assert rows[0] == "head,I,love,my,dog"
    assert rows[1:] == [line.replace(",my,", ",", 1) for line in whole if ",my," in line][1:]


def test_show_prints_csv_to_compute_with(attn: Run) -> None:
    lines = attn("show", DOG, WEIGHTS, "--csv").out.splitlines()
    assert lines[0] == "head,query,I,love,my,dog"
    assert all(sum(map(float, line.split(",")[2:])) == pytest.approx(1) for line in lines[1:])


def test_show_refuses_a_step_that_is_not_there(attn: Run) -> None:
    found = attn("show", DOG, "encoder.layers.1.self_attention.weights")
    assert (found.status, found.out) == (2, "")
    assert "did you mean" in found.err


def test_compare_prints_both_runs_step_by_step_by_their_names(attn: Run) -> None:
    found = attn("compare", DOG, "single-head")
    assert (found.status, found.err) == (0, "")
    assert f"Two runs step by step, {DOG} and single-head." in found.out
    assert found.out.count("  Attention weights\n") == 1


def test_compare_tells_which_of_the_two_cannot_be_found(attn: Run) -> None:
    found = attn("compare", DOG, "single-heat")
    assert (found.status, found.out) == (2, "")
    assert "did you mean single-head?" in found.err


def test_a_run_is_compared_with_itself(attn: Run) -> None:
    said = attn("compare", DOG, DOG).out
    assert "Two runs step by step, first and second. They are the same throughout." in said
    assert said.count("Every number here is the same in both runs.") == 11


SCORES = "encoder.layers.0.self_attention.scores"
Q = "encoder.layers.0.self_attention.q"


def test_explain_prints_the_arithmetic_of_a_cell_and_where_it_goes(attn: Run) -> None:
    found = attn("explain", DOG, f"{SCORES}[I,dog]")
    assert (found.status, found.err) == (0, "")
    lines = found.out.splitlines()
    assert lines[0] == f"{SCORES}[I, dog]"
    assert lines[1].strip().startswith("scores[I, dog] = ")
    assert len([line for line in lines if " × " in line]) == 1 + 5
    assert "scaled_scores[I, dog]" in found.out.partition("where it goes")[2]


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        (["show", DOG, "weights"], ["show", DOG, WEIGHTS]),
        (["show", DOG, "A"], ["show", DOG, WEIGHTS]),
        (["show", DOG, "exponentials"], ["show", DOG, f"{WEIGHTS}.exponentials"]),
        (["explain", DOG, "scores[I,dog]"], ["explain", DOG, f"{SCORES}[I,dog]"]),
        (["plot", DOG, "weights[love,I]"], ["plot", DOG, f"{WEIGHTS}[love,I]"]),
        (["show", DOG, "grad.q", "--of", "scores[I,dog]"], ["show", DOG, f"grad.{Q}", "--of", f"{SCORES}[I,dog]"]),
        (["run", DOG, "--step", "weights"], ["run", DOG, "--step", WEIGHTS]),
    ],
)
def test_a_step_may_be_named_by_the_end_of_its_path_or_its_letter(
    attn: Run, short: list[str], whole: list[str]
) -> None:
    found = attn(*short)
    assert (found.status, found.err) == (0, "")
    assert found.out == attn(*whole).out


@pytest.mark.parametrize("command", [["show"], ["explain"], ["plot"], ["run", "--step"]])
def test_a_name_that_several_steps_have_is_refused_with_the_candidates(attn: Run, command: list[str]) -> None:
    found = attn(command[0], "pre-norm-stack", *command[1:], "weights")
    assert found.status == 2
    assert found.err.splitlines()[0] == "error: several steps of the run are called weights"
    assert "hint: write one of encoder.layers.0.self_attention.weights, encoder.layers.1." in found.err


def test_a_name_that_no_step_has_is_refused_with_the_nearest(attn: Run) -> None:
    assert "did you mean weights?" in attn("explain", DOG, "wieghts[love,dog]").err
    assert "did you mean scores?" in attn("show", DOG, "grad.q", "--of", "scoers[I,dog]").err


def test_what_is_shown_of_a_cell_is_a_name_that_leads_back_to_it(attn: Run, tmp_path: Path) -> None:
    file = tmp_path / "words.yaml"
    file.write_text("model: {kind: attention}\ninput: {tokens: [the, cat, the, '2', '0']}\n")
    for typed in ("scores[the 2,cat]", 'scores["2",cat]', "scores[2,cat]"):
        whole, heading, *_ = attn("explain", str(file), typed).out.splitlines()
        shown = heading.partition(" = ")[0].strip()
        assert shown == typed.replace("[2,", "[the 2,").replace(",", ", ")
        assert attn("explain", str(file), shown).out == attn("explain", str(file), whole).out


def test_explain_follows_the_numbers_back_as_far_as_it_is_asked_to(attn: Run) -> None:
    cells = [
        [
            line
            for line in attn("explain", DOG, f"{SCORES}[I,dog]", "--depth", depth).out.splitlines()
            if line[:7] == "encoder"
        ]
        for depth in ("1", "2", "3")
    ]
    assert [len(found) for found in cells[:2]] == [1, 1 + 2 * 5]
    assert cells[2][:11] == cells[1]
    assert "encoder.layers.0.self_attention.w_q[0, head 0 · 0]" in cells[2]
    assert len(cells[2]) == len(set(cells[2]))


def test_explain_reads_back_the_cells_that_it_names(attn: Run) -> None:
    named = [
        line for line in attn("explain", "encoder-layer", f"{WEIGHTS}[1,I,dog]", "--depth", "4").out.splitlines()
        if line.startswith("encoder")
    ]  # fmt: skip
    assert len(named) > 10
    for cell in named[:: len(named) // 6]:
        assert attn("explain", "encoder-layer", cell).out.splitlines()[0] == cell


def test_explain_without_an_index_takes_the_cell_that_the_explorer_begins_at(attn: Run) -> None:
    assert attn("explain", DOG, SCORES).out == attn("explain", DOG, f"{SCORES}[love,I]").out


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (f"{SCORES}[I,cat]", "there is no cat along key"),
        (f"{SCORES}[I]", "1 index for 2 axes"),
        (f"{SCORES[:-1]}[0,I,dog]", "did you mean"),
    ],
)
def test_explain_tells_what_may_be_given(cell: str, said: str, attn: Run) -> None:
    found = attn("explain", DOG, cell)
    assert (found.status, found.out) == (2, "")
    assert is_refusal(found.err)
    assert said in found.err
