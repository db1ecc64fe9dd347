"""Scenarios of real checkpoints, saved as files: they read back as the same run, or it is said what they need."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attn_explore.explorer.drawing.numbers import size_text
from attn_explore.explorer.session import edits, saving
from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.opening import find_source, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import read_scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.traces.wanted import Wanted
from tests.checkpoints import FAMILIES
from tests.usual_places import cached, empty_home

WEIGHTS = "decoder.layers.1.self_attention.weights"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a model in it, and no models anywhere else."""
    empty_home(tmp_path / "home", monkeypatch)
    shutil.copytree(FAMILIES / "gpt2", tmp_path / "models" / "gpt2")
    monkeypatch.chdir(tmp_path)


def session_of(name: str, allowed: tuple[Path, ...] = (), given: dict[str, Any] | None = None) -> Session:
    said = {} if name.endswith(".yaml") else {"ids": [1, 2, 3], **(given or {})}
    return start(find_source(name, Asked(given=said)), Limits(allowed=allowed))


def saved(session: Session, target: str) -> str:
    """What the file says that was saved."""
    return saving.save(session, Path(target)).read_text()


def is_same(one: Session, other: Session) -> bool:
    """Whether two runs read the same and have the same numbers, however their models are named."""
    steps = zip(one.run.trace.steps.values(), other.run.trace.steps.values(), strict=True)
    is_alike = one.run.scenario.input == other.run.scenario.input and one.run.trace.dtype == other.run.trace.dtype
    return is_alike and all(np.array_equal(step.array, again.array) for step, again in steps)


@pytest.mark.parametrize(
    "typed", ["models/gpt2", "./models/gpt2", "models/../models/gpt2", "models/gpt2/model.safetensors"]
)
def test_a_path_is_written_from_the_folder_of_the_file(typed: str) -> None:
    session = session_of(typed)
    assert "checkpoint: models/gpt2\n" in saved(session, "run.yaml")
    assert saving.needs_leave(session, Path("run.yaml")) == ""
    assert is_same(session, session_of("run.yaml"))
    assert "checkpoint: gpt2\n" in saved(session, "models/run.yaml")
    assert is_same(session, session_of("models/run.yaml"))


def test_a_path_that_does_not_lead_into_that_folder_needs_leave_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "lessons").mkdir()
    session = session_of("models/gpt2")
    saved(session, "lessons/run.yaml")
    assert saving.needs_leave(session, Path("lessons/run.yaml")) == f"--allow-path {tmp_path / 'models' / 'gpt2'}"
    with pytest.raises(Problem, match="outside the scenario's folder"):
        session_of("lessons/run.yaml")
    assert is_same(session, session_of("lessons/run.yaml", (tmp_path / "models" / "gpt2",)))


def test_a_name_stays_a_name() -> None:
    snapshot = cached("org/small")
    (snapshot / "config.json").unlink()
    shutil.copytree(FAMILIES / "gpt2", snapshot, dirs_exist_ok=True)
    for name in ("org/small", "small"):
        session = session_of(name)
        target = f"{Path(name).parent.name}run.yaml"
        assert "checkpoint: org/small\n" in saved(session, target)
        assert is_same(session, session_of(target))


def test_a_name_under_which_something_else_lies_beside_the_file_is_written_as_a_path(tmp_path: Path) -> None:
    snapshot = cached("small")
    (snapshot / "config.json").unlink()
    shutil.copytree(FAMILIES / "gpt2", snapshot, dirs_exist_ok=True)
    (tmp_path / "lessons" / "small").mkdir(parents=True)
    assert f"checkpoint: '{snapshot}'" in saved(session_of("small"), "lessons/run.yaml")


def test_edits_what_is_read_and_the_type_of_the_numbers_are_saved() -> None:
    Path("s.yaml").write_text("model: {dtype: float64, weights: {checkpoint: models/gpt2}}\ninput: {ids: [4, 5]}")
    session = session_of("s.yaml")
    edits.take_edited(session, edits.run_with(session, Edit(at=WEIGHTS, index=(0, 1, 0), set=0.5)))
    saved(session, "models/edited.yaml")
    again = session_of("models/edited.yaml")
    assert is_same(session, again)
    assert again.run.trace.dtype == np.float64
    assert again.run.trace[WEIGHTS].array[0, 1, 0] == 0.5


def test_a_target_and_how_many_words_are_chosen_are_saved() -> None:
    shutil.copytree(FAMILIES / "marian", "models/marian")
    for given in ({"target_ids": [2, 30, 10]}, {"max_new_tokens": 3}):
        session = session_of("models/marian", given=given)
        saving.save(session, Path("run.yaml"), force=True)
        assert is_same(session, session_of("run.yaml"))


def test_both_runs_of_a_comparison_name_their_models_from_the_file() -> None:
    shutil.copytree(FAMILIES / "gpt2-unscaled", "models/other")
    model = "model: {weights: {checkpoint: models/gpt2}}\ninput: {ids: [4, 5]}"
    Path("s.yaml").write_text(f"{model}\ncompare: {{label: other, model: {{weights: {{checkpoint: models/other}}}}}}")
    session = session_of("s.yaml")
    saved(session, "models/run.yaml")
    scenario = read_scenario(Path("models/run.yaml"))
    second = scenario.second()
    assert second is not None
    assert (scenario.model.weights.checkpoint, second.model.weights.checkpoint) == ("gpt2", "other")
    again = session_of("models/run.yaml")
    assert session.other is not None
    assert again.other is not None
    assert is_same(session, again)
    assert is_same(session.other, again.other)


def test_a_trace_does_not_know_where_its_model_is() -> None:
    from attn_explore.model.traces.wanted import EVERYTHING

    saving.export(session_of("models/gpt2"), Path("t.npz"), EVERYTHING)
    with pytest.raises(Problem, match="a trace names its model, and does not open it"):
        saving.save(start(find_source("t.npz"), Limits()), Path("run.yaml"))


def test_no_file_of_a_model_is_ever_written_over() -> None:
    from attn_explore.model.traces.wanted import EVERYTHING

    session = session_of("models/gpt2")
    before = Path("models/gpt2/model.safetensors").read_bytes()
    for source in (session, start(find_source("models/gpt2", Asked(given={"ids": [1]})), Limits())):
        with pytest.raises(Problem, match="this is a file that the run was read from"):
            saving.export(source, Path("models/gpt2/model.safetensors"), EVERYTHING, force=True)
    assert Path("models/gpt2/model.safetensors").read_bytes() == before


def test_how_much_of_the_files_is_read_is_told_before_a_trace_is_written(tmp_path: Path) -> None:
    told: list[str] = []
    saving.export(session_of("models/gpt2"), tmp_path / "trace.json", Wanted(("logits",)), tell=told.append)
    size = size_text((tmp_path / "models" / "gpt2" / "model.safetensors").stat().st_size)
    assert told[0] == f"{size} of {size} of the weights read"
    assert told[-1].endswith("written")
