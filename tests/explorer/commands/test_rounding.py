"""`attn-explore rounding`, and `--as` where a run is asked for, as a person types them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from attn_explore.explorer.session.asked import Asked
from attn_explore.explorer.session.opening import find_source, pair, start
from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.session.reopening import command
from attn_explore.explorer.session.two_runs import rounds
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.telling.answers.answer_json import answer_json
from attn_explore.explorer.telling.answers.schemas import schema_of
from attn_explore.explorer.telling.answers.views import VIEWS
from attn_explore.model.rounding import STORAGES
from attn_explore.model.run import run
from attn_explore.model.traces.reading import read_trace
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run
from tests.explorer.conftest import session_of
from tests.program import here
from tests.taught import scenario_of

LLAMA = DATA / "families" / "llama"


@pytest.fixture
def attn(attn: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "120")
    return attn


def test_it_says_where_rounding_begins_to_matter(attn: Run) -> None:
    found = attn("rounding", "names")
    assert "The first that is off by more than 1% of its size is decoder.embedding." in found.out
    assert "What the model says differs in 1 of 5 places." in found.out
    fine = attn("rounding", "names", "--as", "bf16")
    assert "No step is off by more than 1% of its size." in fine.out


def test_its_json_is_as_the_schema_says_and_coarser_storages_are_farther_off(attn: Run) -> None:
    off = []
    for storage in ("bf16", "q8_0", "q4_1"):
        found = json.loads(attn("rounding", "translate", "--as", storage, "--json").out)
        jsonschema.Draft202012Validator(schema_of("rounding")).validate(found)
        off.append(next(step["relative"] for step in found["steps"] if step["at"] == "probabilities"))
        assert (found["as"], found["otherwise"]) == (storage, 0)
    assert off == sorted(off)


def test_a_model_of_files_is_rounded_as_it_is_read(attn: Run) -> None:
    shown = {}
    for options in ((), ("--as", "q8_0")):
        lines = attn("show", str(LLAMA), "head.w", "--ids", "9,8,7", "--csv", *options).out.splitlines()[1:]
        shown[options] = np.array([line.split(",")[1:] for line in lines], np.float32)
    wanted = STORAGES["q8_0"].rounded(shown[()].T).T
    assert np.allclose(shown["--as", "q8_0"], wanted, rtol=1e-6)
    assert not np.array_equal(shown[()], wanted)


def test_an_exported_trace_holds_the_rounded_numbers_that_no_file_has(attn: Run, tmp_path: Path) -> None:
    assert attn("export", "names", "--as", "q4_1", "-o", "trace.npz").status == 0
    scenario, trace = read_trace(tmp_path / "trace.npz", 2**30)
    assert scenario.model.weights.rounded == "q4_1"
    wanted = run(scenario_of("names").with_rounded("q4_1"))
    assert np.array_equal(trace.parameters["head.w"].array, wanted.parameters["head.w"].array)
    assert np.array_equal(trace["logits"].array, wanted["logits"].array)


def test_where_a_rounded_number_comes_from_is_said(attn: Run) -> None:
    assert "steps of training, rounded to Q4_1" in attn("explain", "names", "head.w[0,0]", "--as", "q4_1").out
    assert "rounded" not in attn("explain", "names", "decoder.layers.0.ffn.norm_gain[0]", "--as", "q4_1").out


def test_two_runs_of_which_one_is_rounded_are_asked_and_the_command_prints_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = Asked(rounded="q4_1")
    session = pair(*(start(find_source("translate", each), Limits()) for each in (asked, Asked())))
    assert rounds(session)
    assert not rounds(session_of("translate"))
    assert (session.label, session.other.label if session.other else "") == ("q4_1", "as it is")
    found = VIEWS["rounding"](session, Cell("logits", (0, 0)), Counter())
    _, *arguments = shlex.split(found.command)
    assert json.loads(here(capsys, *arguments, "--json").out) == json.loads(answer_json(found.data))
    assert "--as q4_1" in command(session)


@pytest.mark.parametrize("name", ["softmax-jacobian", "trace.json"])
def test_what_has_no_parameters_to_round_is_refused(name: str, attn: Run) -> None:
    attn("export", "i-love-my-dog", "-o", "trace.json")
    found = attn("run", name, "--as", "q4_1")
    assert (found.status, found.out) == (2, "")
    assert "no parameters to round" in found.err or "a trace has run already" in found.err
