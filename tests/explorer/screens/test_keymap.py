"""Keys of one's own, from a TOML file."""

from pathlib import Path

import pytest

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.screens.help import key_names
from attn_explore.explorer.screens.keys import all_bindings, binding_ids
from attn_explore.explorer.system.key_file import keymap_path, read_keymap, read_theme
from attn_explore.model.problems import Problem
from tests.explorer.conftest import session_of, settled

KNOWN = {"step.next", "step.previous"}


def read(folder: Path, text: str | bytes) -> dict[str, str]:
    file = folder / "keys.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_keymap(file, KNOWN)


def test_without_a_file_nothing_is_remapped(tmp_path: Path) -> None:
    assert read_keymap(tmp_path / "keys.toml", KNOWN) == {}


def test_the_file_is_looked_for_in_the_config_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert keymap_path() == tmp_path / "attn-explore" / "keys.toml"


def test_a_theme_is_read_and_one_that_there_is_not_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    assert read_theme(file, {"high-contrast"}) is None
    file.write_text('theme = "high-contrast"', "utf-8")
    assert read_theme(file, {"high-contrast"}) == "high-contrast"
    file.write_text('theme = "hihg-contrast"', "utf-8")
    with pytest.raises(Problem, match="did you mean high-contrast"):
        read_theme(file, {"high-contrast"})
    for written in ('theme = ["a"]', "theme = {a = 1}", "theme = 3"):
        file.write_text(written, "utf-8")
        with pytest.raises(Problem, match="there is no such theme"):
            read_theme(file, {"high-contrast"})


async def test_the_explorer_starts_in_the_theme_of_the_file() -> None:
    keymap_path().parent.mkdir(parents=True, exist_ok=True)
    keymap_path().write_text('theme = "high-contrast"', "utf-8")
    app = ExplorerApp(lambda _: session_of("i-love-my-dog"), "test")
    async with app.run_test() as pilot:
        await settled(pilot)
        assert app.theme == "high-contrast"


def test_keys_are_read_by_their_id(tmp_path: Path) -> None:
    assert read(tmp_path, '[keys]\n"step.next" = "right,s"\n') == {"step.next": "right,s"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[keys]\n"step.nxt" = "s"', "did you mean step.next?"),
        ('[keys]\n"step.next" = 3', "keys, separated by commas"),
        ('[keys]\n"step.next" = ""', "keys, separated by commas"),
        ("keys = 3", "keys, separated by commas"),
        ("[keys", "not TOML"),
        (b"\xff", "not UTF-8"),
        ("a = " + "9" * 5000, "a number or a date is out of range"),
        ("a = 2023-02-30", "a number or a date is out of range|not TOML"),
        ("a = " + "[" * 5000, "nested too deep"),
        ("x" * 70_000, "at most 65,536"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_fault(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(Problem, match=said):
        read(tmp_path, text)


def test_every_key_of_the_explorer_has_an_id_to_remap_it_by() -> None:
    assert {"step.next", "cell.left", "grid.top", "tree.down", "help", "quit"} <= binding_ids()


async def test_a_faulty_key_file_ends_the_explorer_with_its_problem() -> None:
    keymap_path().parent.mkdir(parents=True)
    keymap_path().write_text('[keys]\n"step.nxt" = "s"\n')
    app = ExplorerApp(lambda _: session_of("i-love-my-dog"), "i-love-my-dog")
    async with app.run_test() as pilot:
        await settled(pilot)
    assert isinstance(app.failure, Problem)
    assert app.failure.exit_status == 2


def test_every_key_is_shown_as_it_stands_on_the_keyboard() -> None:
    for binding in all_bindings():
        assert "_" not in (shown := key_names(binding.key))
        assert max(map(len, shown.split())) <= len("Backspace"), shown
    assert key_names("ctrl+t,t,T,ctrl+left") == "Ctrl+T t T Ctrl+←"
