"""The direction of the arrows between modules, read from every import in every file, those inside functions too."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MATHEMATICS = (
    {"dataclass", "packaged", "passes"},
    {"config", "erf", "notation", "text", "words"},
    {"labels", "problems"},
    {"axes"},
    {"architecture", "buffers", "changes", "cores", "expressions", "naming", "sources"},
    {"values"},
    {"cells", "ops", "windows"},
    {"keeping"},
    {"trace"},
    {"recorder"},
    {"backward", "diagram", "formulas", "places", "uses"},
    {"explain", "finer", "stream", "variants"},
    {"layers", "plots", "step_names"},
    {"profile", "transformer"},
    {"parameters"},
)
"""The modules of `model` that know nothing of scenarios and files, low to high."""

LEVELS = (
    *MATHEMATICS,
    {"files"},
    {"checkpoints", "rounding"},
    {"scenario"},
    {"edits", "experiments", "loss", "named_checkpoint", "opened", "weights"},
    {"gallery", "known", "scenario_gradients"},
    {"attended_again"},
    {"forward"},
    {"lesson", "training"},
    {"looking", "memory"},
    {"prepared"},
    {"run", "traces"},
)
"""Every module and package of `model`, low to high: each imports only from lower sets."""

SCREEN = {"textual", "rich", "typer"}

ROOMS = {
    "system": (),
    "drawing": ("system",),
    "session": ("drawing", "system"),
    "library": ("session", "drawing", "system"),
    "telling": ("library", "session", "drawing", "system"),
    "notebook": ("telling", "session", "drawing", "system"),
    "widgets": ("drawing",),
    "screens": ("widgets", "telling", "library", "session", "drawing", "system"),
    "serving": ("widgets", "library", "session", "drawing", "system"),
    "commands": ("serving", "screens", "telling", "library", "session", "drawing", "system"),
}
"""The rooms of the explorer, and those that each may import from. `app` and `cli` join them, and stand above."""

WITHOUT_SCREEN = ("system", "drawing", "session", "library", "telling", "notebook")
"""The rooms that need no terminal; what is drawn measures its text as Rich does."""


def _files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def _module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports_of(file: Path) -> frozenset[str]:
    """The full names of all modules that a file imports, at its top or inside a function."""
    return frozenset(name.removeprefix("attn_explore.") for name in _imported(file))


def _imported(file: Path) -> Iterator[str]:
    package = _module(file) if file.name == "__init__.py" else _module(file).rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join((*above, *((node.module,) if node.module else ())))
            yield from (inner if _is_module(inner := f"{base}.{alias.name}") else base for alias in node.names)


def _is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.removeprefix("attn_explore.").split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def _files_of(module: str) -> list[Path]:
    """The file of a module of `model`, or those of a package."""
    place = ROOT / "model" / module
    return sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]


def _imported_by(module: str) -> set[str]:
    """What a module or package of `model` imports of `model`, by the name at its top, itself left out."""
    found = {name.split(".")[1] for file in _files_of(module) for name in imports_of(file) if name.startswith("model.")}
    return found - {module}


def _tops(names: frozenset[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def test_model_knows_nothing_of_the_screen() -> None:
    above = SCREEN | {"explorer", "scenarios", "tests"}
    assert {_module(file): found for file in _files("model") if (found := _tops(imports_of(file)) & above)} == {}


def test_imports_within_model_have_no_cycle() -> None:
    graph = {_module(file): imports_of(file) - {_module(file)} for file in _files("model")}
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the modules


def test_every_module_of_the_model_has_a_level() -> None:
    modules = {path.stem for path in (ROOT / "model").glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in (ROOT / "model").glob("*/__init__.py")}
    assert sorted(name for level in LEVELS for name in level) == sorted(modules | packages)


def test_a_module_imports_only_what_lies_below() -> None:
    height = {name: place for place, level in enumerate(LEVELS) for name in level}
    pairs = ((module, name) for module in height for name in _imported_by(module))
    assert [f"{module} imports {name}" for module, name in pairs if height[name] >= height[module]] == []


def test_the_mathematics_knows_nothing_of_scenarios_and_files() -> None:
    mathematics = {name for level in MATHEMATICS for name in level}
    assert {module: found for module in mathematics if (found := _imported_by(module) - mathematics)} == {}


@pytest.mark.parametrize("module", ["scenario", "config", "problems", "text", "files/regular"])
def test_reading_a_scenario_needs_no_numpy(module: str) -> None:
    """Not even by way of other modules of `model`, so that a faulty scenario is refused at once."""
    seen, waiting = set(), _files_of(module)
    while waiting:
        file = waiting.pop()
        seen.add(file)
        assert "numpy" not in _tops(imports_of(file)), _module(file)
        inner = {name.replace(".", "/") for name in imports_of(file) if name.startswith("model.")}
        paths = (
            ROOT / f"{name}.py" if (ROOT / f"{name}.py").is_file() else ROOT / name / "__init__.py" for name in inner
        )
        waiting += [path for path in paths if path not in seen]


def test_model_imports_only_what_the_distribution_depends_on() -> None:
    installed = {
        "numpy",
        "pydantic",
        "pydantic_core",
        "annotated_types",
        "yaml",
        "orjson",
        "safetensors",
        "platformdirs",
        "tokenizers",
    }
    known = installed | {"model"} | sys.stdlib_module_names
    assert {_module(file): found for file in _files("model") if (found := _tops(imports_of(file)) - known)} == {}


def _rooms_of(file: Path) -> set[str]:
    """The rooms of the explorer that a file imports from; a module beside them by its own name."""
    return {name.split(".")[1] for name in imports_of(file) if name.startswith("explorer.")}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_the_rooms_below(room: str) -> None:
    allowed = {room, *ROOMS[room], *(("app",) if room in ("commands", "serving") else ())}
    found = {_module(file): _rooms_of(file) - allowed for file in _files(f"explorer/{room}")}
    assert not {module: rooms for module, rooms in found.items() if rooms}


PACKAGES = [file.parent for room in ("model", "explorer") for file in _files(room) if file.name == "__init__.py"]

NAMED_FOR_WHAT_THEY_HAVE = {"ops", "experiments", "families"}
"""Packages whose files need no list: each has the operations, the experiment, the family that it is called after."""


@pytest.mark.parametrize(
    "package", [each for each in PACKAGES if each.name not in NAMED_FOR_WHAT_THEY_HAVE], ids=lambda each: each.name
)
def test_the_docstring_of_a_package_names_its_files(package: Path) -> None:
    told = set(re.findall(r"\w+", ast.get_docstring(ast.parse((package / "__init__.py").read_text("utf-8"))) or ""))
    modules = {file.stem for file in package.glob("*.py")} - {"__init__"}
    assert modules | {file.parent.name for file in package.glob("*/__init__.py")} <= told


def test_every_folder_of_the_explorer_is_a_room() -> None:
    folders = {path.name for path in (ROOT / "explorer").iterdir() if path.is_dir() and path.name != "__pycache__"}
    loose = {path.name for path in (ROOT / "explorer").glob("*.py")}
    assert (folders, loose) == (ROOMS.keys(), {"__init__.py", "app.py", "cli.py", "themes.py"})


@pytest.mark.parametrize("room", WITHOUT_SCREEN)
def test_what_is_below_the_screens_needs_no_textual(room: str) -> None:
    assert not {_module(file) for file in _files(f"explorer/{room}") if _tops(imports_of(file)) & {"textual"}}


def test_a_session_needs_no_terminal() -> None:
    assert not {_module(file) for file in _files("explorer/session") if _tops(imports_of(file)) & SCREEN}


@pytest.mark.parametrize("package", ["model", "explorer"])
def test_no_two_modules_of_one_name_mean_different_things(package: str) -> None:
    """A name says what a module is about; those below are the same thing seen from another room."""
    seen: dict[str, list[str]] = {}
    for file in _files(package):
        if file.name != "__init__.py":
            seen.setdefault(file.stem, []).append(_module(file))
    assert {name: modules for name, modules in seen.items() if len(modules) > 1} == {}


def test_a_relative_import_is_read_as_the_module_that_it_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "model" / "inner").mkdir(parents=True)
    for name in ("ops.py", "inner/a.py", "inner/b.py"):
        (tmp_path / "model" / name).touch()
    file = tmp_path / "model" / "inner" / "c.py"
    file.write_text("from . import a\nfrom .b import x\nfrom .. import ops\ndef f():\n    from ..ops import y\n")
    assert imports_of(file) == {"model.inner.a", "model.inner.b", "model.ops"}
