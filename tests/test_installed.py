"""What is installed has one name, and runs from any folder, beside anybody's `model`, and from a wheel as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.program import ROOT, environment


def _wheel(folder: Path) -> Path:
    """The packages in a zip file, arranged as in the wheel."""
    wheel = folder / "attn_explore.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for top in ("src/attn_explore", "model", "explorer", "scenarios"):
            name = "attn_explore" if top.startswith("src") else f"attn_explore/{top}"
            for file in sorted((ROOT / top).rglob("*")):
                inner = file.relative_to(ROOT / top)
                is_linked = top.startswith("src") and len(inner.parts) > 1
                if file.is_file() and "__pycache__" not in file.parts and not is_linked:
                    archive.write(file, f"{name}/{inner.as_posix()}")
    return wheel


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
def test_it_runs_beside_modules_of_the_same_names(where: str, somebodys: Path, tmp_path: Path) -> None:
    ours = ROOT / "src" if where == "checkout" else _wheel(tmp_path)
    path = os.pathsep.join((".", str(ours)))
    assert "i-love-my-dog" in _ran(somebodys, "-m", "attn_explore", "list", PYTHONPATH=path)
    step = "experiment.held_out_right"  # it reads the scenario, its weights and its pairs
    assert "0.9583" in _ran(somebodys, "-m", "attn_explore", "show", "translate", step, PYTHONPATH=path)


def test_the_screens_find_their_style_in_a_wheel(tmp_path: Path) -> None:
    code = "from attn_explore.explorer.screens.explorer.screen import ExplorerScreen as S; print(len(S.CSS) > 1000)"
    assert _ran(tmp_path, "-c", code, PYTHONPATH=str(_wheel(tmp_path))) == "True\n"


def test_the_lines_of_python_in_the_documentation_run_from_any_folder(somebodys: Path) -> None:
    code = (ROOT / "docs" / "python.md").read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    _ran(somebodys, "-c", code)


def test_the_wheel_has_one_name_at_its_top(tmp_path: Path) -> None:
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "__snapshots__", "tests")
    shutil.copytree(ROOT, source, symlinks=True, ignore=ignored)
    built = next(WheelBuilder(str(source)).build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(built) as wheel:
        tops = {name.partition("/")[0] for name in wheel.namelist()}
        assert "attn_explore/scenarios/i-love-my-dog.yaml" in wheel.namelist()
        assert "attn_explore/explorer/explorer.tcss" in wheel.namelist()
    assert {top for top in tops if not top.endswith(".dist-info")} == {"attn_explore"}
