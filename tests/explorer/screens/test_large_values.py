"""Values that are too large to be held: what shows them asks for what is in sight, and never for all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rich.segment import Segment

from attn_explore.explorer.drawing import lines
from attn_explore.explorer.drawing.colours import Ground
from attn_explore.explorer.drawing.grid_layout import Window, lay_out
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.drawing.plots.heat_svg import heat_svg
from attn_explore.explorer.drawing.plots.heat_text import heat_lines
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.opening import find_source, pair, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.telling import operands, plain, sections
from attn_explore.explorer.telling.pictures import Side, pictures
from attn_explore.model import cells, forward, keeping, values
from attn_explore.model.axes import Array
from attn_explore.model.keeping import Keeper
from attn_explore.model.run import run
from attn_explore.model.uses import uses
from attn_explore.model.values import Value
from tests.explorer.conftest import app_of
from tests.standing import until

FAMILIES = Path(__file__).parents[2] / "data" / "families"
IDS = tuple(range(1, 13))
LAYER = "decoder.layers.0"
MADE = Value.made
LARGE = ("scores", "masked_scores", "weights", "hidden", "logits", "probabilities")
KEYS = {
    f"{LAYER}.self_attention.weights": "juuwwFbBdF",
    f"{LAYER}.ffn.hidden": "Puu",
    "logits": "lbzBzddd",
    "probabilities": "zPy",
}
"""What is pressed at large steps."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value of more than 800 bytes is too large to be held, and whoever asks for all of such a step is told so."""
    given = Keeper.array_of

    def array_of(keeper: Keeper, value: Value) -> Array:
        assert value.held is not None or value.is_leaf or not keeper.is_large(value), f"all of {value.path}"
        return given(keeper, value)

    def made_in_parts(value: Value) -> Array:
        is_in_parts = not value.is_leaf and value.made_by.each(value) and value.name not in keeping.STREAM
        assert value.nbytes <= 800 or not is_in_parts, f"all of {value.path} is made"
        return MADE(value)

    monkeypatch.setattr(keeping, "SMALL", 800)
    monkeypatch.setattr(values, "PIECE", 400)
    monkeypatch.setattr(cells, "SAMPLE", 64)
    monkeypatch.setattr(cells.InBlocks, "ROWS", 4)
    monkeypatch.setattr(operands, "MOST", 4)
    monkeypatch.setattr(forward, "Keeper", lambda: Keeper(3200))
    monkeypatch.setattr(Keeper, "array_of", array_of)
    monkeypatch.setattr(Value, "made", made_in_parts)


def session_of(name: str = "gpt2", ids: tuple[int, ...] = IDS) -> Session:
    return start(find_source(str(FAMILIES / name), Asked(given={"ids": list(ids)})), Limits())


def whole_of(session: Session, monkeypatch: pytest.MonkeyPatch) -> dict[str, Array]:
    """Every step of the same run, with nothing that is too large."""
    with monkeypatch.context() as patch:
        patch.setattr(forward, "Keeper", Keeper)
        patch.setattr(Value, "made", MADE)
        return {path: step.array for path, step in run(session.run.scenario).steps.items()}


def steps_of(session: Session) -> list[Value]:
    """The steps of a layer and of the end, those that are large among them."""
    return [step for path, step in session.run.trace.steps.items() if ".layers.1." not in path]


def test_some_steps_are_too_large(small: None) -> None:
    assert {step.name for step in steps_of(session_of()) if step.is_large} >= set(LARGE)


def drawn(session: Session, side: Side = Side.one, zoomed_out: bool = False) -> str:
    """The picture of what is looked at, as lines."""
    picture, index = pictures(session, side)[0], session.place.index
    layout = lay_out(picture, index[:-2], 60, 8, all_planes=False, zoomed_out=zoomed_out)
    window, rows = Window(60, 0, index, Ground((0, 0, 0), (255, 255, 255))), range(min(8, layout.drawn[0]))
    found = [lines.title_line(layout, window), *(lines.row_line(layout, window, row) for row in rows)]
    return "\n".join(map(_text, [*found, lines.legend_line(layout, window, rows)]))


def _text(line: list[Segment]) -> str:
    return "".join(segment.text for segment in line)


@pytest.mark.usefixtures("small")
async def test_nothing_that_the_keys_show_asks_for_all_of_a_large_value() -> None:
    session = pair(session_of(), session_of(ids=(2, 1, *IDS[2:])))
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        for path, keys in KEYS.items():
            screen.go_to(path)
            await until(pilot, lambda: not screen.filling.is_busy)
            await pilot.press(*keys)
            assert session.place.value.path == path
        await pilot.press("p")
        await until(pilot, lambda: not screen.work.is_busy)


@pytest.mark.usefixtures("small")
def test_what_is_in_sight_is_what_the_whole_has(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of()
    whole = whole_of(session, monkeypatch)
    for step in steps_of(session):
        session.place.show(step)
        seen = drawn(session).splitlines()[1]
        layout = lay_out(pictures(session, Side.one)[0], (0,) * (len(step.axes) - 2), 60, 8, False, False)
        first = np.atleast_2d(whole[step.path][(0,) * (len(step.axes) - 2)])[0]
        assert layout.numbers is not None
        assert layout.numbers(float(first[0])).strip() in seen


@pytest.mark.usefixtures("small")
def test_a_scale_that_is_that_of_a_sample_says_so_and_so_does_a_block_that_shows_its_first() -> None:
    session = session_of()
    session.place.show(session.run.trace["logits"])
    assert " sampled" in drawn(session)
    assert "first of 2 × 2" in drawn(session, zoomed_out=True)
    session.place.show(session.run.trace["decoder.final_norm"])
    assert "sample" not in drawn(session)


@pytest.mark.usefixtures("small")
def test_zoomed_out_a_cell_is_a_number_of_the_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of()
    whole = whole_of(session, monkeypatch)
    for name in ("logits", "probabilities"):
        session.place.show(session.run.trace[name])
        layout = lay_out(pictures(session, Side.one)[0], (), 30, 8, False, True)
        rows, columns = layout.blocks
        found = [layout.row((), row, range(layout.drawn[1])) for row in range(layout.drawn[0])]
        np.testing.assert_allclose(found, whole[name][::rows, ::columns], rtol=1e-4, atol=1e-6)
        assert layout.peak((), 1, 2) == (rows, 2 * columns)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("ids", [(2, 1, *IDS[2:]), tuple(reversed(IDS)), IDS])
def test_two_runs_are_compared_piece_by_piece(ids: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    session = pair(session_of(), session_of(ids=ids))
    assert session.other is not None
    one, other = whole_of(session, monkeypatch), whole_of(session.other, monkeypatch)
    order = [ids.index(each) for each in IDS]
    for name in ("logits", "decoder.final_norm"):
        apart = np.abs(one[name] - other[name][order])
        session.place.show(session.run.trace[name])
        drawn(session, Side.difference)
        found = two_runs.most_apart(session, session.run.trace[name])
        if ids == IDS:
            assert found is None
        else:
            assert found is not None
            assert apart[found] == pytest.approx(apart.max(), rel=1e-4)
    said = sections.difference_of_runs(session, session.run.trace["logits"])
    assert ("none is different" in said) == (ids == IDS)
    assert "too large to be compared as a whole: of 64 numbers" in said.lower()


@pytest.mark.usefixtures("small")
def test_where_a_number_of_a_large_value_goes_is_found_without_the_others() -> None:
    trace = session_of().run.trace
    (use,), count = uses(trace, trace["probabilities"], (11, 3), 5)
    assert (use.value.name, use.index, count) == ("candidates", (3,), 1)
    found, count = uses(trace, trace["decoder.final_norm"], (2, 3), 5)
    assert count == 40
    assert {use.index[0] for use in found} == {2}


@pytest.mark.usefixtures("small")
def test_text_and_plots_of_large_values_are_made_of_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of()
    whole = whole_of(session, monkeypatch)
    for step in steps_of(session):
        assert list(plain.table(step))
        assert len(list(plain.csv(step))) == 1 + max(1, step.size // (step.shape or (1,))[-1])
        session.place.show(step)
        heat_map = HeatMap(step.name, step.path, pictures(session, Side.one)[0])
        assert list(heat_lines(heat_map, 40))
        assert heat_svg(heat_map)
    row = next(line for line in plain.table(session.run.trace["logits"]) if line.startswith("11"))
    assert f"{whole['logits'][10, 0]:.4f}" in row
