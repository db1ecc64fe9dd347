"""What g understands, every command understands; and what may mean several steps is refused by all in the same way."""

from __future__ import annotations

from typing import Any

import pytest

from attn_explore.explorer.commands.common import at_cell, find_source, part_named
from attn_explore.explorer.session.search import named
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.telling.handout import Wanted, handout_of
from attn_explore.model.problems import CANNOT_BE_USED, Problem
from attn_explore.model.scenario_gradients import named_output
from attn_explore.model.traces.wanted import chosen
from tests.explorer.conftest import session_of

LAYER = "encoder.layers.0.self_attention"
NAMES = ("weights", "A", " layers.0.weights ", f"{LAYER}.weights", "self_attention.weights")


@pytest.mark.parametrize("name", NAMES)
def test_a_step_has_the_same_names_for_every_command(name: str) -> None:
    session, source = session_of("i-love-my-dog"), find_source("i-love-my-dog")
    path = named(session, name)[0].path
    assert at_cell(source, Limits(), name).place.value.path == path
    assert part_named(source, Limits(), name)[1].path == path
    assert [step.path for step in chosen(session.run.trace, [name])] == [path]
    assert named_output(session.run.trace, f"{name.strip()}[love, dog]").value.path == path
    blank = handout_of(session, Wanted(blank=(name,)))
    assert blank.stops == handout_of(session, Wanted(blank=(path,))).stops != handout_of(session, Wanted()).stops


@pytest.mark.parametrize("cell", ["A[love, dog]", " weights[love, dog] ", "layers.0.weights[head 0, love, dog]"])
def test_so_has_a_cell(cell: str) -> None:
    session = session_of("i-love-my-dog")
    assert (
        at_cell(find_source("i-love-my-dog"), Limits(), cell).place.cell.index == named(session, cell)[1] == (0, 1, 3)
    )
    assert named_output(session.run.trace, cell).index == (0, 1, 3)


@pytest.mark.parametrize("read", [at_cell, part_named])
def test_a_name_of_several_steps_is_refused_with_all_of_them(read: Any) -> None:
    with pytest.raises(Problem) as refused:
        read(find_source("encoder-layer"), Limits(), "norm[dog, 0]")
    assert refused.value.exit_status == CANNOT_BE_USED
    assert f"{LAYER}.norm, encoder.layers.0.ffn.norm" in refused.value.hint


def test_a_cell_is_not_exported_and_its_step_is_named() -> None:
    with pytest.raises(Problem, match="whole steps are exported") as refused:
        chosen(session_of("i-love-my-dog").run.trace, ["A[love, dog]"])
    assert f"write {LAYER}.weights" in refused.value.hint
