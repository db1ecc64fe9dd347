"""What is installed has one name, and runs from any folder, beside anybody's `model`, and from a wheel as it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from typer.main import get_command

from attn_explore.explorer.commands.checking import DIFFERS
from attn_explore.explorer.commands.command_line import app
from attn_explore.explorer.commands.examples import EXAMPLES
from attn_explore.explorer.system.exits import BUG
from attn_explore.explorer.system.signals import BY_SIGNAL
from attn_explore.model.problems import CANNOT_BE_USED, SURROUNDINGS
from tests.program import ROOT, environment


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published, of which Python imports as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))


@pytest.fixture(scope="module")
def page(wheel: Path) -> str:
    """The man page in it."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".data/data/share/man/man1/attn-explore.1"))
        return archive.read(name).decode()


@pytest.fixture
def somebodys(tmp_path: Path) -> Path:
    """A folder with modules of the names that ours have at the top of the repository."""
    folder = tmp_path / "theirs"
    for name in ("explorer", "scenarios"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('their code ran')")
    (folder / "model.py").write_text("raise SystemExit('their code ran')")
    return folder


def _ran(folder: Path, *arguments: str, **changes: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment(**changes), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("where", ["checkout", "wheel"])
def test_it_runs_beside_modules_of_the_same_names(where: str, somebodys: Path, wheel: Path) -> None:
    ours = ROOT / "src" if where == "checkout" else wheel
    path = os.pathsep.join((".", str(ours)))
    assert "i-love-my-dog" in _ran(somebodys, "-m", "attn_explore", "list", PYTHONPATH=path)
    code = "import attn_explore; print(attn_explore.run('i-love-my-dog')['weights']['love', 'dog'])"
    assert "0.6132" in _ran(somebodys, "-c", code, PYTHONPATH=path)
    step = "experiment.held_out_right"  # it reads the scenario, its weights and its pairs
    assert "0.9583" in _ran(somebodys, "-m", "attn_explore", "show", "translate", step, PYTHONPATH=path)


def test_the_screens_find_their_style_in_a_wheel(wheel: Path, tmp_path: Path) -> None:
    code = "from attn_explore.explorer.screens.explorer.screen import ExplorerScreen as S; print(len(S.CSS) > 1000)"
    assert _ran(tmp_path, "-c", code, PYTHONPATH=str(wheel)) == "True\n"


def test_the_lines_of_python_in_the_documentation_run_from_any_folder(somebodys: Path) -> None:
    code = (ROOT / "docs" / "python.md").read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    _ran(somebodys, "-c", code)


def test_a_wheel_holds_the_program_under_one_name_and_a_man_page(wheel: Path, page: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name) for name in archive.namelist()}
    ours = {name.relative_to("attn_explore") for name in names if name.parts[0] == "attn_explore"}
    tops = {"__init__.py", "__main__.py", "py.typed", "model", "explorer", "scenarios"}
    assert {name.parts[0] for name in ours} == tops
    assert {Path("py.typed"), Path("scenarios/i-love-my-dog.yaml"), Path("explorer/explorer.tcss")} <= ours
    others = {name.parts[0].rpartition(".")[2] for name in names if name.parts[0] != "attn_explore"}
    assert others == {"dist-info", "data"}
    assert page  # which is all that there is of data
    assert len([name for name in names if name.parts[0].endswith(".data")]) == 1


def test_an_sdist_holds_what_its_tests_and_its_readers_need_and_nothing_twice(tmp_path: Path) -> None:
    built = next(SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    folders = {"benchmarks", "docs", "explorer", "model", "scenarios", "tests", "tools", ".ci", ".github"}
    assert folders <= {name.partition("/")[0] for name in names}
    assert {"noxfile.py", "conftest.py", "CHANGELOG.md", "CITATION.cff", "CODE_OF_CONDUCT.md", "SECURITY.md"} <= names
    assert not [name for name in names if name.startswith("src/attn_explore/") and name.count("/") > 2]


# --- the man page


def _plain(page: str) -> str:
    """The page without what its macros need."""
    for written, meant in (("\\-", "-"), ("\\(aq", "'"), ("\\(ga", "`"), ("\\(ha", "^"), ("\\(ti", "~"), ("\\&", "")):
        page = page.replace(written, meant)
    return page.replace("\\e", "\\")


def test_the_man_page_has_every_command_with_its_options_and_examples(page: str) -> None:
    parts = dict(part.split("\n", 1) for part in _plain(page).split("\n.SS ")[1:])
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert list(parts) == list(commands)
    for name, command in commands.items():
        assert command.help.partition("\n")[0] in parts[name]
        named = set(re.split(r"[ ,\n]+", "\n".join(re.findall(r"^\.B (.*)", parts[name], re.M))))
        assert {option for each in command.params for option in each.opts if option.startswith("-")} <= named
        assert "\n".join(EXAMPLES[name]) in parts[name]


def test_the_man_page_names_the_version_and_every_exit_status(page: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f'"attn-explore {version}"' in _plain(page).partition("\n")[0]
    statuses = _plain(page).partition("\n.SH EXIT STATUS")[2].partition("\n.SH")[0]
    numbers = re.findall(r"^\.B (\d+)", statuses, re.M)
    assert numbers == [str(each) for each in (0, DIFFERS, CANNOT_BE_USED, SURROUNDINGS, BUG, BY_SIGNAL)]


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff to read a man page")
def test_the_man_page_can_be_read_without_a_warning(page: str) -> None:
    command = ["groff", "-man", "-ww", "-K", "utf8", "-T", "utf8"]
    done = subprocess.run(command, input=page.encode(), capture_output=True, check=True, timeout=60)
    assert done.stderr == b""
    assert "attn-explore lens translate --token 狗 --json" in done.stdout.decode()
