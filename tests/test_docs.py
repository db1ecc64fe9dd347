"""What the pages of the documentation say is so: their commands, scenarios, tables, pictures and links."""

from __future__ import annotations

import doctest
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from attn_explore.explorer.commands.command_line import COMMANDS
from attn_explore.explorer.screens.keys import binding_ids
from docs import docstrings, picture, tables
from tests.pages import (
    ALL,
    DOCS,
    PAGES,
    ROOT,
    Block,
    Typed,
    anchors_of,
    blocks_of,
    files_of,
    links_of,
    pictures_of,
    prints,
    typed_in,
)
from tests.program import Ended, here, parsed

each_text = pytest.mark.parametrize("page", ALL, ids=lambda page: str(page.relative_to(ROOT)))
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)

NOT_RUN = {"a model": 25, "an install": 4, "somebody who ends it": 8}
"""How many command lines are only read, and what they need. A line more has to be meant."""

Attn = Callable[..., Ended]


@pytest.fixture
def attn(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attn:
    """Run a command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return partial(here, capsys)


@each_page
def test_every_block_of_code_does_what_its_page_says(page: Path, attn: Attn) -> None:
    for block in blocks_of(page):
        if block.note == "file":
            Path(block.said).write_text(block.text, "utf-8")
        DO[block.language](block, attn)


def _run(block: Block, attn: Attn) -> None:
    for typed in typed_in(block):
        if block.note == "needs":
            _read(block, typed)
        else:
            _run_line(block, typed, attn)


def _run_line(block: Block, typed: Typed, attn: Attn) -> None:
    """Run one line as far as the program takes it: without a pipe, and into a file where it says so."""
    words, _, into = _parted(_parted(typed.words, "|")[0], ">")
    program, *arguments = [name for word in words for name in _matching(word)]
    assert program == "attn-explore", f"{block.where}: {typed.line}: say what it needs"
    found = attn(*arguments)
    assert found.status == 0, f"{block.where}: {typed.line}: {found.err}"
    for name in into:
        Path(name).write_text(found.out, "utf-8")
    assert prints(typed.shown, found.out or found.err), f"{block.where}: {typed.line} prints:\n{found.out or found.err}"


def _read(block: Block, typed: Typed) -> None:
    """See that a line which is not run names a command and options that there are."""
    program, *arguments = _parted(typed.words, "|")[0]
    if program == "attn-explore":
        parsed(*arguments)


def _parted(words: list[str], sign: str) -> tuple[list[str], str, list[str]]:
    place = words.index(sign) if sign in words else len(words)
    return words[:place], sign, words[place + 1 :]


def _matching(word: str) -> list[str]:
    """The files that a pattern stands for; as in a shell, the word itself where there are none."""
    return (sorted(map(str, Path().glob(word))) if "*" in word else []) or [word]


def _check(block: Block, attn: Attn) -> None:
    name = block.said if block.note == "file" else "block.yaml"
    Path(name).write_text(block.text, "utf-8")
    found = attn("check", name)
    assert found.status == 0, f"{block.where}: {found.err}"


def _run_python(block: Block, _: Attn) -> None:
    if ">>>" not in block.text:
        exec(compile(block.text, block.where, "exec"), {})  # noqa: S102 (our own page)
        return
    examples = doctest.DocTestParser().get_doctest(block.text, {}, block.where, str(block.page), block.line)
    told = StringIO()
    with redirect_stdout(told):
        failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples, out=told.write).failed
    assert not failed, told.getvalue()


def _know_keys(block: Block, _: Attn) -> None:
    assert tomllib.loads(block.text).get("keys", {}).keys() <= binding_ids(), block.where


def _nothing(block: Block, attn: Attn) -> None:
    """What is only shown: files of other formats, lines of text, lines of the program, and examples of docstrings."""


DO: dict[str, Callable[[Block, Attn], None]] = {
    "console": _run,
    "json": _nothing,
    "py": _nothing,
    "pycon": _nothing,
    "python": _run_python,
    "sh": _run,
    "text": _nothing,
    "toml": _know_keys,
    "yaml": _check,
}
"""What is done with a block, by its language; each block has one."""


@each_page
def test_every_block_is_found(page: Path) -> None:
    fences = page.read_text("utf-8").count("```")
    assert fences == 2 * len(list(blocks_of(page))), "a block begins at the left edge, with its language"


def test_what_is_not_run_is_counted() -> None:
    blocks = [block for page in PAGES for block in blocks_of(page) if block.note == "needs"]
    found = Counter(block.said for block in blocks for _ in typed_in(block))
    assert found == NOT_RUN


def test_every_command_is_shown_at_work() -> None:
    typed = [typed for page in PAGES for block in blocks_of(page) for typed in typed_in(block)]
    used = {words[1] for each in typed if len(words := each.words) > 1 and words[0] == "attn-explore"}
    assert {command.__name__.rstrip("_") for command in COMMANDS} - used == set()


@each_page
def test_every_table_is_what_the_program_says(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == tables.filled(text), "python -m docs.tables writes it again"


@pytest.mark.parametrize("script", [docstrings, tables], ids=lambda script: script.__name__)
def test_the_examples_of_the_scripts_are_so(script: ModuleType) -> None:
    assert doctest.testmod(script).failed == 0


def test_every_file_that_is_named_is_there() -> None:
    of_today = (page for page in ALL if page.name != "CHANGELOG.md")  # which tells of what there was
    named = [(page.name, name) for page in of_today for name in files_of(page.read_text("utf-8"))]
    assert len(named) > 100
    assert [each for each in named if not (ROOT / each[1]).exists()] == []


@each_text
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links_of(page):
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{link}: there is no such file"
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors_of(target), f"{link}: there is no such heading"


def test_the_index_leads_to_every_page() -> None:
    listed = {(DOCS / link).resolve() for link in links_of(DOCS / "index.md")}
    assert {*DOCS.glob("*.md"), *ROOT.glob("*.md")} - listed == {DOCS / "index.md"}


def test_every_picture_is_made_by_the_script_and_shown() -> None:
    shown = {(page.parent / name).resolve() for page in PAGES for name in pictures_of(page)}
    assert shown == {(DOCS / "pictures" / name).resolve() for name in picture.PICTURES}
    assert all(picture.is_file() for picture in shown)
    assert sum(picture.stat().st_size for picture in shown) < 1_500_000


@pytest.mark.long
@pytest.mark.parametrize("name", picture.PICTURES)
async def test_every_picture_is_what_the_program_draws_now(name: str) -> None:
    assert (picture.FOLDER / name).read_text("utf-8") == await picture.made(name), "python -m docs.picture"


def test_the_readme_fits_on_two_screens() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 100


def test_output_on_a_page_is_compared_line_by_line() -> None:
    assert prints(("a", "…", "d"), "a\nb\nc\nd\n")
    assert not prints(("a", "…", "d"), "a\nb\nc\n")
    assert not prints(("a.c",), "abc\n")


def test_an_option_that_is_not_there_is_found(tmp_path: Path) -> None:
    block: Any = Block(tmp_path / "page.md", 1, "sh", "needs", "a model", "attn-explore lens x.gguf --no-such-option\n")
    with pytest.raises(Exception, match="no-such-option"):
        _read(block, next(typed_in(block)))
