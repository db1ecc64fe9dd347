"""Scenario files from strangers. Each case names its row of the project's table of bad inputs."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from attn_explore.explorer.library.entries import Library
from attn_explore.explorer.library.home import at_home
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.files.regular import read_inside
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import parse_scenario, read_scenario
from attn_explore.model.scenario.yaml_source import MOST_BYTES
from attn_explore.model.text import visible
from tests.program import environment, program
from tests.rights import no_rights, owned_folder

INPUT = "input: {text: a}\n"


def refused(row, text, *expected):
    return pytest.param(text, expected, id=f"{row}-{visible(str(text[:24]))}")


def seed(written):
    return f"{INPUT}model: {{weights: {{seed: {written}}}}}"


REFUSED = [
    refused("A1", "", ":1:1: this scenario is empty", "hint: the smallest scenario"),
    refused("A1", "# only\n# comments\n", "this scenario is empty"),
    refused("A1", "~", "this scenario is empty"),
    refused("A2", "- a\n", ":1:1: expected a mapping"),
    refused("A2", "just text", ":1:1: expected a mapping"),
    refused("A3", f"{INPUT}---\na: 1", ":2:1: a second document"),
    refused("A4", "input: {text: a}\ninput: {text: b}", ":2:1: `input` is given a second time, first at 1:1"),
    refused("A4", f"{INPUT}model:\n  heads: 1\n  heads: 2", ":4:3: `model.heads` is given a second time, first at 3:3"),
    refused("A5", f"{INPUT}model: {{n_head: 2}}", ":2:9: unknown key", "did you mean `heads`?"),
    refused("A6", f"{INPUT}mask: on", ":2:7:", "the text 'on'"),
    refused("A6", f"{INPUT}mask: {{causal: on}}", ":2:16:", "auto, true or false"),
    refused("A6", f"{INPUT}model: {{bias: y}}", ":2:15:", "did you mean `true`"),
    *[refused("A7", seed(written), ":2:25:", "write plain decimal") for written in ("010", "0o10", "0x10", "1_000")],
    refused("A8", f"{INPUT}model: {{d_model: 12:30}}", ":2:18:", "write plain decimal"),
    *[
        refused("A11", f"{INPUT}model: {{weights: {{scale: {written}}}}}", ":2:26:", "must be finite")
        for written in (".inf", "-.inf", ".nan", "1e999")
    ],
    *[refused("A11", f"{INPUT}model: {{weights: {{set: {{w: [{n}]}}}}}}", "must be finite") for n in (".inf", ".NaN")],
    refused("A12", f"{INPUT}model: {{layers: 2.0}}", ":2:17:", "whole number", "write 2"),
    refused("A12", f"{INPUT}model: {{layers: true}}", "whole number", "truth value"),
    refused("A12", f'{INPUT}model: {{layers: "2"}}', "whole number", "without quotes"),
    refused("A12", f"{INPUT}model: {{layers: null}}", "null"),
    refused("A13", seed("9" * 5000), ":2:25: a number of 5,000 digits"),
    refused("A13", seed("0x" + "f" * 5000), ":2:25:", "write plain decimal"),
    refused("A14", "a: !!python/object/apply:os.system [touch canary]", ":1:4: tags are not allowed"),
    refused("A14", "a: !include /etc/passwd", ":1:4: tags are not allowed"),
    refused("A14", "a: !!binary aGk=", ":1:4: tags are not allowed"),
    refused("A17", "a: &x [*x]", ":1:4: anchors"),
    refused("A17", "a: *undefined", ":1:4: anchors and aliases"),
    refused("A20", "model:\n\theads: 1", ":2:1: a tab", "use spaces"),
    refused("A22", INPUT.encode("utf-16"), "byte 0", "not UTF-8", "UTF-16"),
    refused("A22", "title: caf\xe9".encode("latin-1"), "byte 10", "not UTF-8"),
    refused("A22", "title: é".encode()[:-1], "byte 7", "not UTF-8"),
    refused("A22", b"title: a\0b", "byte 8", "not UTF-8"),
    refused("A24", 'input: {text: "\\ud800"}', ":1:15:", "surrogate"),
    refused("A25", f"{INPUT}model: {{weights: {{s\u0435\u0435d: 1}}}}", "U+0435 CYRILLIC SMALL LETTER IE", "`seed`"),
    refused("A25", f"{INPUT}tit\u200ble: x", "U+200B", "⟨U+200B⟩"),
    refused("A31", '{"input": {"text": "a"}', "this looks like JSON"),
    refused("A31", '[{"input": 1}]', "this looks like JSON"),
    refused("A31", "[model]\nd_model = 6\n", "this looks like TOML"),
    refused("A31", 'title = "x"\n', "this looks like TOML"),
    refused("A31", "<!DOCTYPE html>\n<html></html>", "this looks like an HTML page"),
    refused("A31", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "a git-lfs pointer"),
    refused("A31", b"\x89PNG\r\n\x1a\n", "byte 0", "this looks like a PNG picture"),
    refused("A31", b"PK\x03\x04\x14\x00", "byte 5", "this looks like a ZIP archive"),
    refused("A32", f"{INPUT}version: 2\nnew_key: 1", ":2:10: this scenario is made for version 2", "has version 1"),
    refused("B1", f"{INPUT}model: {{d_model: 0}}", ":2:18:", "must be above 0"),
    refused("B1", f"{INPUT}model: {{d_model: -6}}", ":2:18:", "must be above 0"),
    refused("B1", f"{INPUT}model: {{heads: 0}}", ":2:16:", "must be above 0"),
    refused("B2", f"{INPUT}model: {{d_model: 10, heads: 4}}", "d_model 10", "4 heads", "d_model 8 or 12"),
    refused("B7", "input: {text: ''}", "no tokens"),
    refused("B7", "input: {tokens: []}", "no tokens"),
    refused("B15", f"{INPUT}model: {{temperature: 0}}", ":2:22:", "must be above 0"),
    refused("B15", f"{INPUT}model: {{temperature: -1}}", ":2:22:", "must be above 0"),
    *[refused("B17", seed(written), ":2:25:") for written in ("-1", "1.5", '"0"', "null", "true")],
]


def message_for(path):
    with pytest.raises(Problem) as caught:
        read_scenario(path)
    assert caught.value.exit_status == 2
    return caught.value.render()


def check_contract(message, path):
    lines = message.splitlines()
    assert message.startswith(f"error: {visible(str(path))}")
    assert len(lines) <= 10
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(("text", "expected"), REFUSED)
def test_a_bad_scenario_is_refused_with_its_place_and_what_would_be_right(text, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("s.yaml")
    content = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(content)
    message = message_for(path)
    check_contract(message, path)
    for part in expected:
        assert part in message
    assert os.listdir() == ["s.yaml"]
    assert path.read_bytes() == content


ACCEPTED_TEXT = [
    ("A6", "NO", "NO"),
    ("A6", "y", "y"),
    ("A9", "2024-01-01", "2024-01-01"),
    ("A9", "2024-13-45", "2024-13-45"),
    ("A23", "a\x1b[31mb", "a\x1b[31mb"),
    ("A23", r'"\e]52;c;aGk=\a\x9b31m"', "\x1b]52;c;aGk=\x07\x9b31m"),
    ("A24", r'"\ud83d\ude00"', "😀"),
    ("A25", "a\u202eb\u2066", "a\u202eb\u2066"),
    ("A26", "e" + "\u0301" * 50, "e" + "\u0301" * 50),
    ("A26", "👨\u200d👩\u200d👧 ❤\ufe0f 我 🇹🇼 ภาษา \ufdfd", "👨\u200d👩\u200d👧 ❤\ufe0f 我 🇹🇼 ภาษา \ufdfd"),
    *[
        ("A27", f'"{markup}"', markup)
        for markup in ("[bold]x", "[/]", "[@click=app.quit]x[/]", "[link='file:///x']x[/]", "[type=x, v={'a[0]'}]")
    ],
    ("A28", "x" * 900_000, "x" * 900_000),
    ("A28", '"' + r"\n" * 100_000 + '"', "\n" * 100_000),
]


@pytest.mark.parametrize(("row", "written", "text"), ACCEPTED_TEXT, ids=[row for row, *_ in ACCEPTED_TEXT])
def test_text_is_data_and_shown_without_control_characters(row, written, text):
    title = parse_scenario(f"{INPUT}title: {written}").title
    assert title == text
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in visible(title))


@pytest.mark.parametrize(("written", "number"), [("1e-5", 1e-5), ("1e3", 1000.0)])
def test_a10_numbers_with_an_exponent_are_numbers(written, number):
    assert parse_scenario(f"{INPUT}model: {{norm_eps: {written}}}").model.norm_eps == number


def test_a21_a_byte_order_mark_and_crlf_leave_the_columns_right(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbfinput: {txt: a}\r\nmodel: {heads: 0}\r\n")
    message = message_for(path)
    assert "s.yaml:1:9: unknown key" in message
    assert "s.yaml:2:16: `model.heads`" in message
    assert "␍" not in message


def test_b7_one_token_is_an_input():
    assert parse_scenario(INPUT).length == 1


def test_b15_a_tiny_temperature_is_a_temperature():
    assert parse_scenario(f"{INPUT}model: {{temperature: 1e-300}}").model.temperature == 1e-300


def test_b17_a_seed_may_be_larger_than_a_machine_word():
    assert parse_scenario(seed(2**200)).model.weights.seed == 2**200


READ_IT = """
import re, sys
from pathlib import Path
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import read_scenario
try:
    read_scenario(Path(sys.argv[1]))
except Problem as problem:
    print(problem.render(), file=sys.stderr)
    status = Path("/proc/self/status")  # not getrusage: that counts what the parent had when it forked
    assert not status.exists() or int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) < 300_000
    raise SystemExit(problem.exit_status)
"""

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [*{before}, *{before}]}}\n"
    for before, name in zip("abcdefghijklmnopqrstuv", "bcdefghijklmnopqrstuvw", strict=True)
)
GREEDY = {
    "A4-one-key-repeated": ("a:\n" * (MOST_BYTES // 3), "more than 20,000 values"),
    "A15-billion-laughs": (LAUGHS, ":1:4: anchors"),
    "A16-merge-keys": (MERGES, ":1:4: anchors"),
    "A16-merge-keys-without-anchors": ("a: {<<: [{x: 1}]}", ":1:5: merge keys"),
    "A18-1000-brackets": ("[" * 1000, ":1:66: nested deeper than 64"),
    "A18-30000-brackets": ("a: " + "[" * 30_000, "nested deeper than 64"),
    "A18-a-million-brackets": ("[" * MOST_BYTES, "nested deeper than 64"),
    "A18-dashes": ("- " * 3000, "nested deeper than 64"),
    "A18-questions": ("? " * 3000, "a key must be text"),
    "A18-a-million-values": ("a: [" + "1," * (MOST_BYTES // 2 - 4), "more than 20,000 values"),
    "A18-a-million-lines": ("#\n" * (MOST_BYTES // 2), "this scenario is empty"),
    "A18-unknown-keys": ("".join(f"key{i}: 1\n" for i in range(19_000)), "more"),
    "A18-nulls": ("input: {tokens: [" + "~, " * 19_000 + "]}", "more"),
    "A19-one-byte-too-many": ("#" * (MOST_BYTES + 1), "1,000,001 bytes"),
}


def refusal_in_a_process(path):
    command = [sys.executable, "-c", READ_IT, str(path)]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2, done.stderr
    check_contract(done.stderr, path)
    return done.stderr


@pytest.mark.parametrize("name", GREEDY)
def test_a_greedy_scenario_is_refused_before_it_takes_time_or_memory(name, tmp_path):
    text, expected = GREEDY[name]
    path = tmp_path / "s.yaml"
    path.write_text(text)
    assert expected in refusal_in_a_process(path)


def test_a19_a_file_of_a_gigabyte_is_refused_by_its_size(tmp_path):
    path = tmp_path / "s.yaml"
    with path.open("wb") as file:
        file.truncate(10**9)
    assert "1,000,000,000 bytes" in refusal_in_a_process(path)


def special(name, folder):
    path = folder / "s.yaml"
    if name == "directory":
        path.mkdir()
    elif name == "pipe":
        os.mkfifo(path)
    elif name == "dangling":
        path.symlink_to("nowhere")
    elif name == "loop":
        path.symlink_to("s.yaml")
    return Path(name) if name.startswith("/dev") else path


SPECIAL = {
    "directory": "a directory",
    "pipe": "a pipe",
    "missing": "there is no such file",
    "dangling": "a symbolic link to a file that does not exist",
    "loop": "a loop of symbolic links",
    "/dev/zero": "a device",
    "/dev/stdin": "a device",
}


@pytest.mark.parametrize(("name", "kind"), SPECIAL.items(), ids=[f"A29-{name}" for name in SPECIAL])
def test_what_is_no_regular_file_is_refused_by_its_kind(name, kind, tmp_path):
    assert kind in refusal_in_a_process(special(name, tmp_path))


def test_a29_a_file_without_permission_is_refused():
    with owned_folder() as folder:
        path = folder / "s.yaml"
        path.write_text(INPUT)
        with no_rights():
            assert read_scenario(path).tokens() == ("a",)
        path.chmod(0)
        with no_rights(), pytest.raises(Problem, match="no permission") as refused:
            read_scenario(path)
        assert refused.value.exit_status == 2
        check_contract(refused.value.render(), path)


OUTSIDE = [
    *("../secret", "a/../../secret", "/etc/passwd", "~/x", "$HOME/x", "file:///etc/passwd", "http://example.org/x"),
    *(r"\\srv\x", r"C:\x", "CON", "link"),
]


def weights_from(name, folder):
    (folder.parent / "secret").write_text("a secret")
    scenario = parse_scenario(f"{INPUT}model: {{weights: {{file: '{name}'}}}}", "s.yaml", folder)
    with pytest.raises(Problem) as caught:
        scenario.read_file(("model", "weights", "file"), 1000)
    check_contract(caught.value.render(), "s.yaml")
    return caught.value.render()


@pytest.mark.parametrize("name", OUTSIDE, ids=[f"E1-{name}" for name in OUTSIDE])
def test_e1_a_path_that_leaves_the_scenarios_folder_is_refused(name, tmp_path):
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "link").symlink_to("../secret")
    message = weights_from(name, folder)
    assert "s.yaml:2:25:" in message
    assert "outside the scenario's folder" in message
    assert "--allow-path" in message
    assert "a secret" not in message  # E3


def test_a30_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path):
    found = program("run", "/proc/self/mem", folder=tmp_path)
    assert found.returncode == 2
    assert found.stderr.decode().startswith("error: /proc/self/mem: this file could not be read: Input/output error")


def test_e2_a_link_that_is_a_file_the_next_moment_is_refused(tmp_path, monkeypatch):
    def readlink(path, **_):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)

    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to("file")
    monkeypatch.setattr(os, "readlink", readlink)
    # Newer versions of Python take what they cannot follow for the file itself, which is then not opened as a link.
    with pytest.raises(Problem, match=r"this path changed while it was followed|this is a loop of symbolic links"):
        read_inside(tmp_path, "link", limit=1)


def test_e3_a_link_in_the_library_to_a_file_elsewhere_is_not_read(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / "outside.yaml").write_text("a secret")
    (own / "mine.yaml").write_text(f"title: Mine\n{INPUT}")
    for name, leads_to in (("near", "mine.yaml"), ("far", "../outside.yaml"), ("loop", "loop.yaml")):
        (own / f"{name}.yaml").symlink_to(leads_to)
    entries = {
        entry.path.stem: entry for entry in Library(at_home(own, Limits(2**24))).entries if entry.path.parent == own
    }
    assert entries["near"].title == entries["mine"].title == "Mine"
    refused = entries["far"].problem
    assert refused is not None
    assert "a link to a file elsewhere" in refused.render()
    assert "a secret" not in refused.render()
    assert entries["loop"].problem is not None


def test_e1_a_path_of_5000_characters_is_refused(tmp_path):
    assert "too long" in weights_from("x" * 5000, tmp_path / "course")


@pytest.mark.parametrize(
    "name", ["\x1b]0;x\x07.yaml", "a\nb.yaml", "\u202egnp.yaml", "[red]x.yaml", "-v.yaml", "\udcff.yaml"]
)
def test_e4_a_strange_file_name_is_shown_in_a_printable_form(name, tmp_path):
    path = tmp_path / name
    path.write_text("")
    message = message_for(path)
    check_contract(message, path)
    message.encode()
