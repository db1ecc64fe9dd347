"""The bundled scenarios."""

import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from attn_explore.explorer.session.course import COURSE, bundled, locate
from attn_explore.model.memory import memory_needed
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import read_scenario, scenario_schema
from tests.program import ROOT, environment


def test_every_file_in_the_folder_is_bundled_and_has_a_place_in_the_course() -> None:
    assert list(bundled()) == list(COURSE)
    assert {path.name for path in bundled().values()} == {path.name for path in (ROOT / "scenarios").glob("*.yaml")}


def test_the_course_goes_from_beginners_on() -> None:
    order = ["beginner", "intermediate", "advanced"]
    difficulties = [order.index(read_scenario(path).difficulty) for path in bundled().values()]
    assert difficulties == sorted(difficulties)


@pytest.mark.parametrize("name", bundled())
def test_every_bundled_scenario_says_what_it_teaches_and_is_small(name: str) -> None:
    scenario = read_scenario(bundled()[name])
    assert bundled()[name].read_text("utf-8").startswith("# Teaches: ")
    assert scenario.title
    assert scenario.summary
    assert memory_needed(scenario).nbytes < 100_000_000


@pytest.mark.parametrize("name", bundled())
def test_an_independent_validator_accepts_every_bundled_scenario(name: str) -> None:
    import yaml

    written = yaml.safe_load(bundled()[name].read_text("utf-8"))
    jsonschema.Draft202012Validator(scenario_schema()).validate(written)


def test_a_bundled_name_leads_to_its_file() -> None:
    assert locate("wide") == bundled()["wide"]


def test_a_path_leads_to_itself_whether_it_exists_or_not() -> None:
    assert locate("missing/wide") == Path("missing/wide")
    assert locate("wide.yml") == Path("wide.yml")


def test_a_file_without_an_ending_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("input: {text: a}")
    assert locate("mine") == Path("mine")


def test_a_wrong_name_gets_the_nearest_one() -> None:
    with pytest.raises(Problem) as refused:
        locate("i-love-my-cat")
    assert refused.value.hint == "did you mean i-love-my-dog?"


def test_a_name_like_no_other_gets_the_way_to_the_list() -> None:
    with pytest.raises(Problem) as refused:
        locate("xyz")
    assert "attn-explore list" in refused.value.hint


def test_the_library_needs_neither_numpy_nor_pydantic_nor_yaml() -> None:
    script = (
        "import sys; from attn_explore.explorer.session.course import locate; locate('wide')\n"
        "print({'numpy', 'pydantic', 'yaml', 'textual'} & sys.modules.keys())"
    )
    found = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, text=True)
    assert (found.stdout, found.stderr) == ("set()\n", "")
