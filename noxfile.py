"""The program as it is published, on every Python and with every set of dependencies that its metadata allow.

nox                      every session below, on each interpreter that is found: an hour or two of two cores
nox -s smoke             what `.ci/run` does: an installed wheel on each interpreter, and a few tests
nox -s suite-3.13 -- -q tests/model       a part of the suite, from the sdist, with the oldest and with the newest

Interpreters that are not on this machine are skipped, and named. Nothing is compiled: of each dependency the oldest
version counts that has a wheel for the interpreter.
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import NamedTuple

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False  # also where CI is set

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OLDEST, NEWEST = "lowest-direct", "highest"
"""Which versions of what the program depends on are installed."""

GIVES = {
    "checkpoints": "import gguf, tokenizers",
    "figures": "import typst",
    "serve": "import textual_serve",
    "docs": "import furo, myst_parser, sphinx",
}
"""What each extra is there for, as a line of Python."""

TELLING = (
    "tests/test_installed.py",
    "tests/model/test_files.py",
    "tests/model/test_run.py",
    "tests/explorer/commands/test_doctor.py",
    "tests/explorer/screens/test_snapshots.py",
)
"""Tests that fail where a dependency or an interpreter is not as we take it to be, within some seconds."""

FIRST_HOUR = (
    "attn-explore list",
    "attn-explore run i-love-my-dog",
    "attn-explore show translate experiment.held_out_right",
    "attn-explore export i-love-my-dog -o trace.json",
    "attn-explore plot i-love-my-dog weights -o weights.png",
    "attn-explore check trace.json",
    "attn-explore train reverse -o weights.safetensors",
    "attn-explore doctor",
    "python -m attn_explore --version",
)
"""What a newcomer may do with what was installed."""


@nox.session(python=PYTHONS)
@nox.parametrize("versions", [OLDEST, NEWEST])
def suite(session: nox.Session, versions: str) -> None:
    """Run the tests that are in the sdist."""
    _test(session, _built(session), versions, *session.posargs)


@nox.session(python=PYTHONS)
def smoke(session: nox.Session) -> None:
    """Use an installed wheel from another folder; then, with the oldest dependencies, run some tests of the sdist."""
    built = _built(session)
    _install(session, str(built.wheel), NEWEST)
    with session.chdir(session.create_tmp()):
        for line in FIRST_HOUR:
            session.run(*line.split(), silent=True)
    _test(session, built, OLDEST, "-q", "-n", "2", *TELLING)


@nox.session
@nox.parametrize("extras", [*GIVES, ",".join(GIVES)])
def extras(session: nox.Session, extras: str) -> None:
    """Install extras, alone and together: each gives what it is for, and no start imports more for it."""
    source, wheel = _built(session)
    _install(session, f"{wheel}[{extras}]", NEWEST)
    report = json.loads(session.run("attn-explore", "doctor", "--json", silent=True) or "")
    for extra in extras.split(","):
        session.run("python", "-c", GIVES[extra])
        if extra in report["extras"] and not report["extras"][extra]["installed"]:
            session.error(f"attn-explore doctor does not find the extra {extra}")
    session.chdir(source)
    session.run("python", "tools/links.py")
    lists = sorted(Path("tests", "data", "imported").iterdir())
    before = [each.read_text("utf-8") for each in lists]
    session.run("python", "-m", "tests.imported")  # which writes them again
    if before != [each.read_text("utf-8") for each in lists]:
        session.error("a start imports something else where this is installed")


@nox.session
def types(session: nox.Session) -> None:
    """Check a small program, whose types follow from those of the installed wheel."""
    source, wheel = _built(session)
    _install(session, str(wheel), NEWEST)
    session.install("--quiet", "mypy")
    program = source / "tests" / "data" / "typed_program.py"
    session.run("mypy", "--strict", "--config-file=", str(program))  # our settings would find the checkout


@nox.session
def tools(session: nox.Session) -> None:
    """Install it with pipx and with uv, as most people install a program, and run it."""
    wheel = str(_built(session).wheel)
    folder = Path(session.create_tmp()).resolve()
    session.install("--quiet", "pipx", "uv")
    places = {
        name: str(folder / name.lower())
        for name in ("PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR", "UV_TOOL_DIR", "UV_TOOL_BIN_DIR")
    }
    session.run("pipx", "install", "--quiet", wheel, env=places)
    session.run("uv", "tool", "install", "--quiet", wheel, env=places)
    for name in ("PIPX_BIN_DIR", "UV_TOOL_BIN_DIR"):
        session.run(str(Path(places[name], "attn-explore")), "run", "i-love-my-dog", silent=True, external=True)
    if not Path(places["PIPX_MAN_DIR"], "man1", "attn-explore.1").exists():
        session.error("pipx found no man page")


# --- what is built and installed


class Built(NamedTuple):
    """The folder that an sdist unpacks into, and the wheel that is built from it."""

    source: Path
    wheel: Path


def _built(session: nox.Session) -> Built:
    """What this checkout is published as."""
    folder = Path(session.create_tmp()).resolve() / "built"
    session.run("uv", "build", "--quiet", "--clear", "--out-dir", str(folder), external=True)
    (archive,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return Built(folder / archive.name.removesuffix(".tar.gz"), wheel)


def _install(session: nox.Session, what: str, versions: str) -> None:
    session.install("--quiet", f"--resolution={versions}", "--only-binary=:all:", what)


def _test(session: nox.Session, built: Built, versions: str, *arguments: str) -> None:
    """Run tests of the sdist: the program and its extras in these versions, what the tests need in the newest."""
    _install(session, f"{built.wheel}[{','.join(GIVES)}]", versions)
    _install(session, f"{built.wheel}[test]", NEWEST)  # what is there already stays
    session.chdir(built.source)
    session.run("pytest", *arguments)
