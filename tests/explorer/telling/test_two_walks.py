"""Two runs as plain lines: step by step, with the numbers of both and how far they are apart."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.opening import pair
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.plain import table
from attn_explore.explorer.telling.walk_through import WINDOW, walk_through_lines
from tests.explorer.conftest import session_of
from tests.explorer.telling.test_plain import LAYER
from tests.explorer.telling.test_walk_through import steps_of

MASKED = "input: {text: I love my dog}\ncompare: {label: seen, mask: {causal: false}}\nmask: {causal: true}"


def walked(session: Session, width: int = 200) -> dict[str, list[str]]:
    """The lines of each step by its path."""
    return {lines[1].split()[0]: lines for lines in steps_of(list(walk_through_lines(session, width)))}


@pytest.mark.parametrize("name", ["with-and-without-mask", "i-love-my-dog"])
def test_each_step_comes_once_with_the_numbers_of_both_runs(name: str) -> None:
    session = session_of(name)
    if session.other is None:
        session = pair(session, session_of("positions-sinusoidal"))
    other = session.other
    assert other is not None
    found = walked(session, 400)
    assert list(found) == list(dict.fromkeys([*session.run.trace.steps, *other.run.trace.steps]))
    for path, lines in found.items():
        said = "\n".join(lines)
        for run in (session, other):
            rows = table(run.run.trace[path], WINDOW) if path in run.run.trace.steps else []
            assert all(row.rstrip() in said for row in rows)


def test_two_tables_stand_side_by_side_where_there_is_room_and_else_one_under_the_other() -> None:
    session = session_of(MASKED)
    wide, narrow = (walked(session, width)[f"{LAYER}.weights"] for width in (200, 60))
    heads = [line.split() for line in wide if line.split()[:1] == ["query"]]
    assert heads == [2 * ["query", "\\", "key", "I", "love", "my", "dog"]]
    assert [line.strip() for line in narrow if line.strip() in ("first run:", "seen:")][:2] == ["first run:", "seen:"]


def test_how_far_the_runs_are_apart_is_said_at_each_step_and_worked_out_where_it_is_most() -> None:
    session = session_of(MASKED)
    found, weights = walked(session), session.run.trace[f"{LAYER}.weights"]
    same = found["encoder.embedding"]
    assert "    Every number here is the same in both runs." in same
    assert len([line for line in same if line.split()[:1] == ["dog"]]) == 1
    apart = found[weights.path]
    index = two_runs.most_apart(session, weights)
    assert index is not None
    words = ", ".join(weights.axes[1].label(place) for place in index[1:])
    assert any(
        re.fullmatch(rf" +\d+ of 16 numbers here are different, most at A\[{words}\], by .*", line) for line in apart
    )
    assert any(line.strip().startswith(f"ΔA[{words}] = first run − seen") for line in apart)


def test_a_step_that_only_one_run_has_stands_where_it_comes_and_says_whose_it_is() -> None:
    found = walked(pair(session_of("single-head"), session_of("i-love-my-dog")))
    assert list(found)[:3] == ["encoder.embedding", "encoder.position", "encoder.input"]
    assert found["encoder.position"][0] == "2/11  Positional encoding · i-love-my-dog"
    assert "    Only this run has this tensor." in found["encoder.position"]


def test_what_differs_in_words_is_said_of_each_run() -> None:
    first = "\n".join(walked(pair(session_of("single-head"), session_of("i-love-my-dog")))["encoder.input"])
    assert "    single-head: X = E\n    i-love-my-dog: X = E + PE\n" in first
    assert "    single-head: token 4 × d_model 4\n    i-love-my-dog: token 4 × d_model 6\n" in first


@pytest.mark.parametrize(
    ("other", "said"), [("single-head", "They part at encoder.embedding."), ("same", "They are the same throughout.")]
)
def test_it_opens_with_what_the_runs_are_and_where_they_part(other: str, said: str) -> None:
    session = pair(session_of("i-love-my-dog"), session_of("i-love-my-dog" if other == "same" else other))
    lines = list(walk_through_lines(session, 200))
    assert next(line for line in lines if line.startswith("Two runs step by step, ")).endswith(said)
    assert ("single-head: One head, in whole numbers" in lines) is (other != "same")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_of_two_runs_is_wider_than_is_asked_for(width: int) -> None:
    assert max(map(cell_len, walk_through_lines(session_of("with-and-without-mask"), width))) <= width
