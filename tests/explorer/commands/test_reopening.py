"""The command that opens a view again opens just that."""

from __future__ import annotations

import shlex
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.commands import command_line, exploring
from attn_explore.explorer.commands.common import at_cell, find_source, session_of
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session import edits
from attn_explore.explorer.session.asked import Asked, FirstLook
from attn_explore.explorer.session.change_moment import go_to_moment
from attn_explore.explorer.session.generated import ask_sampler
from attn_explore.explorer.session.gradients import differentiate
from attn_explore.explorer.session.opening import pair
from attn_explore.explorer.session.other_text import with_text
from attn_explore.explorer.session.reopening import COMPARED, EDITED, SECOND, command, left_out
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.formulas import output_name
from attn_explore.model.looking.sampling import Sampler
from tests.checkpoints import FAMILIES
from tests.explorer.conftest import Explore, settled
from tests.explorer.conftest import session_of as bundled_session

WEIGHTS = "encoder.layers.0.self_attention.weights"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Session, str]]:
    """The sessions that command lines opened, and in which view."""
    found: list[tuple[Session, str]] = []

    def explore(source: str, limits: Limits, step: str, asked: Any, *, watch: bool, look: FirstLook, **_: Any) -> int:
        found.append((session_of(find_source(source, asked), limits, step), look.view))
        return int(watch)

    monkeypatch.setattr(exploring, "explore", explore)
    monkeypatch.setattr(exploring, "need_terminal", lambda: None)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    return found


def reopened(line: str, opened: list[tuple[Session, str]]) -> tuple[Session, str]:
    name, *arguments = shlex.split(line)
    assert name == "attn-explore"
    command_line.app(arguments, prog_name=name, standalone_mode=False)
    return opened.pop()


def test_a_cell_of_a_bundled_scenario_and_how_it_is_shown(opened: list[tuple[Session, str]]) -> None:
    session = bundled_session("i-love-my-dog")
    session.place.show(session.run.trace[WEIGHTS], (0, 1, 3))
    line = command(session, "text")
    assert line == f"attn-explore run i-love-my-dog --at '{WEIGHTS}[love, dog]' --view text"
    again, view = reopened(line, opened)
    assert (again.place.cell, view) == (session.place.cell, "text")


def test_another_text(opened: list[tuple[Session, str]]) -> None:
    session = with_text(bundled_session("i-love-my-dog"), "my dog's “love”")
    session.place.show(session.run.trace[WEIGHTS], (0, 2, 1))
    again, view = reopened(command(session), opened)
    assert again.run.scenario.tokens() == session.run.scenario.tokens()
    assert (again.place.cell, view) == (session.place.cell, "")


def test_a_cell_that_a_shorter_text_has_not_is_where_the_cursor_stands_there() -> None:
    long, short = (with_text(bundled_session("i-love-my-dog"), text) for text in ("my dog I love", "my dog"))
    long.place.show(long.run.trace[WEIGHTS], (0, 3, 1))
    assert command(short, "map", long.place.cell).endswith(f"--at '{WEIGHTS}[my, my]' --view map")


def test_a_moment_of_a_training(opened: list[tuple[Session, str]]) -> None:
    session = bundled_session("translate")
    assert session.moments is not None
    go_to_moment(session, session.moments.after(60))
    again, _ = reopened(command(session), opened)
    assert again.run.moment == session.run.moment


def test_a_gradient_of_another_number(opened: list[tuple[Session, str]]) -> None:
    session = bundled_session("label-each-word")
    session.place.show(session.run.trace["logits"], (1, 2))
    differentiate(session, "logits[saw 3, noun]")
    session.place.show(session.run.trace["grad.encoder.embedding"], (2, 1))
    again, _ = reopened(command(session), opened)
    assert again.run.output is not None
    assert session.run.output is not None
    assert output_name(again.run.output) == output_name(session.run.output)
    assert again.place.cell == session.place.cell


def test_a_model_of_this_machine_with_its_token_ids(opened: list[tuple[Session, str]]) -> None:
    folder = str(FAMILIES / "gpt2")
    command_line.app(["run", folder, "--ids", "3,1,2"], prog_name="attn-explore", standalone_mode=False)
    session, _ = opened.pop()
    line = command(session)
    assert shlex.split(line)[2:5] == [folder, "--ids", "3,1,2"]
    again, _ = reopened(line, opened)
    assert again.place.cell == session.place.cell


def test_a_step_of_a_word_that_was_generated(opened: list[tuple[Session, str]]) -> None:
    asked = Asked(given={"ids": [4, 5], "max_new_tokens": 3})
    session = session_of(find_source(str(FAMILIES / "gpt2"), asked), Limits())
    session.place.show(session.run.trace["generated.2.logits"])
    line = command(session)
    assert "--max-new-tokens 3 --ids 4,5" in line
    again, _ = reopened(line, opened)
    assert again.place.cell == session.place.cell


def test_a_step_of_a_sampler(opened: list[tuple[Session, str]]) -> None:
    session = bundled_session("names")
    asked = Sampler(repetition_penalty=1.3, temperature=0.8, top_k=3)
    ask_sampler(session, asked)
    chances = session.place.find("generated.1.candidates.chances")
    assert chances is not None
    session.place.show(chances, (7,))
    line = command(session)
    assert "--sampler 'repetition-penalty 1.3 temperature 0.8 top-k 3'" in line
    again, _ = reopened(line, opened)
    assert again.place.cell == session.place.cell
    np.testing.assert_array_equal(again.place.value.array, chances.array)
    session.place.show(session.run.trace["candidates"])
    assert "--sampler" not in command(session)


def test_what_the_command_does_not_bring_back_is_said() -> None:
    first = bundled_session("positions-rotary")
    assert left_out(first) == ""
    assert first.other is not None
    assert left_out(first.other) == SECOND
    run = "input: {text: a b}\nmodel: {kind: encoder, d_model: 4}\nedits: [{at: encoder.input, zero: true}]"
    edited = bundled_session(run)
    assert left_out(edited) == ""  # the edits of the file
    edits.take_edited(edited, edits.run_without_edits(edited))
    assert left_out(edited) == EDITED


def test_two_runs_that_were_compared_are_compared_again() -> None:
    session = pair(bundled_session("i-love-my-dog"), bundled_session("single-head"))
    session.place.show(session.run.trace[WEIGHTS], (0, 1, 3))
    assert command(session) == f"attn-explore compare i-love-my-dog single-head --at '{WEIGHTS}[love, dog]'"
    assert left_out(session) == ""
    other = pair(with_text(bundled_session("i-love-my-dog"), "my dog"), bundled_session("single-head"))
    assert left_out(other) == COMPARED
    assert command(other).startswith("attn-explore run i-love-my-dog --text 'my dog' ")


@pytest.mark.parametrize(
    ("name", "step", "keys", "view"),
    [
        ("multi-head", WEIGHTS, ["w"], "word"),
        ("multi-head", WEIGHTS, ["W"], "text"),
        ("multi-head", WEIGHTS, ["P"], "plot"),
        ("multi-head", WEIGHTS, ["A"], "sheet"),
        ("multi-head", WEIGHTS, ["ctrl+g"], "map"),
        ("positions-rotary", WEIGHTS, ["d"], "beside"),
        ("positions-rotary", WEIGHTS, ["d", "d"], "difference"),
    ],
)
async def test_every_view_is_opened_again_by_the_line_that_was_copied_in_it(
    explore: Explore, name: str, step: str, keys: list[str], view: str
) -> None:
    size = (200, 60)
    async with explore(name, step, (0, 1, 1), size=size) as (pilot, session):
        session.lesson.is_guided = False
        await pilot.press(*keys, "at")
        line = shlex.split(pilot.app.clipboard)
        assert line[-2:] == ["--view", view]
        seen = _look(pilot)
    source, cell = line[2], line[line.index("--at") + 1]
    again = at_cell(find_source(source), Limits(), cell)
    again.lesson.is_guided = False
    async with ExplorerApp(lambda _: again, again.name, look=FirstLook(view)).run_test(size=size) as pilot:
        await settled(pilot)
        assert _look(pilot) == seen


async def test_an_order_is_opened_again_by_the_line_that_was_copied_in_it(explore: Explore) -> None:
    async with explore("multi-head", WEIGHTS, (1, 1, 2)) as (pilot, session):
        session.lesson.is_guided = False
        await pilot.press("b", "B", "B", "l", "at")  # l moves along the row: no more in the column that sorts the rows
        line, drawn = shlex.split(pilot.app.clipboard), _names_in_sight(pilot)
    assert line[-4:] == ["--sort", "columns", "--sort", "rows[head 1, quick, dog]:smallest"]
    again = at_cell(find_source(line[2]), Limits(), line[line.index("--at") + 1])
    again.lesson.is_guided = False
    look = FirstLook(sorted_by=(line[-3], line[-1]))
    async with ExplorerApp(lambda _: again, again.name, look=look).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert _names_in_sight(pilot) == drawn


def _names_in_sight(pilot: Pilot[None]) -> list[str]:
    """What the columns of the grid are called, and the rows, in the order in which they stand."""
    screen = pilot.app.screen
    assert isinstance(screen, ExplorerScreen)
    return [screen.grid.render_line(1).text, *(screen.grid.render_line(line).text[:12] for line in range(2, 6))]


def _look(pilot: Pilot[None]) -> tuple[object, ...]:
    """Which screen stands, and how the value is shown in the explorer under it."""
    explorer = next(screen for screen in pilot.app.screen_stack if isinstance(screen, ExplorerScreen))
    state = explorer.state
    return type(pilot.app.screen), state.view, state.side, state.session.place.cell
