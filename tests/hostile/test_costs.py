"""What a refusal costs is bounded by what it shows: files with a hundred thousand faults (rows A19, C10, C11, D8).

Nothing here looks at the clock: what is counted is the messages that are made and the names that are compared.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attn_explore.explorer.session.opening import check
from attn_explore.explorer.system.key_file import read_keymap
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.axes import Axis
from attn_explore.model.files.safetensors import read_safetensors
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.run import run
from attn_explore.model.scenario import checks, parse_scenario
from attn_explore.model.scenario.pairs import MOST_BYTES, read_pairs
from attn_explore.model.scenario.yaml_source import read_yaml
from attn_explore.model.traces.export import trace_json
from attn_explore.model.traces.reading import read_trace
from tests.fuzz.judging import bounds, judged
from tests.program import is_refusal

SECONDS = 20
"""Time enough for the slowest machine, and too little for what grows with the square."""


def _header(count: int) -> bytes:
    entry = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    text = json.dumps({f"tensor.number.{place}.weight": entry for place in range(count)}).encode()
    return len(text).to_bytes(8, "little") + text


def _weights(content: bytes) -> object:
    return list(read_safetensors(content, "w", {f"w_{place}": (Axis("a", 2),) for place in range(30)}))


def _pairs(content: bytes) -> object:
    return read_pairs(content, "p")


def _trace(scenario: str, steps: Callable[[int], dict[str, Any]], count: int) -> bytes:
    small = parse_scenario("model: {kind: attention, d_model: 2}\ninput: {text: a b}")
    data = json.loads(b"".join(trace_json(run(small), small)))
    data["scenario"] = parse_scenario(scenario).as_dict()
    data["steps"] += [steps(place) for place in range(count)]
    return json.dumps(data).encode()


SMALL = "model: {kind: attention, d_model: 2}\ninput: {text: a b}"
DEEP = "model: {layers: 500, d_model: 1, heads: 1, feed_forward: false}\ninput: {text: a}"
EDIT = "- {at: encoder.nothing, set: 1}\n"
SET = "input: {text: a}\nmodel:\n  weights:\n    set:\n"
STOP = "- {at: encoder.nothing, say: a}\n"

IN_MEMORY: dict[str, tuple[Callable[[], bytes], Callable[[bytes], object], str]] = {
    "c11 100,000 unknown tensors": (lambda: _header(100_000), _weights, "and 100021 more"),
    "4 MB of pairs without tabs": (lambda: b"a\n" * (MOST_BYTES // 2), _pairs, "more"),
    "4 MB of pairs with tabs": (lambda: b"a\t\t\n" * (MOST_BYTES // 4), _pairs, "more"),
    "1 MB of directives": (lambda: b"%x y\n" * 200_000, lambda content: read_yaml(content.decode(), "s"), "with %"),
    "1 MB of directives at the end": (
        lambda: b"a: 1\n...\n" + b"%x y\n" * 190_000, lambda content: read_yaml(content.decode(), "s"), "with %"
    ),
}  # fmt: skip
IN_FILES: dict[str, tuple[str, Callable[[], str | bytes], str]] = {
    "d8 100,000 unknown steps": ("t.json", lambda: _trace(SMALL, lambda at: {"path": f"x.{at}"}, 100_000), "more"),
    "d8 unknown steps of many": ("t.json", lambda: _trace(DEEP, lambda at: {"path": f"x.{at}"}, 5000), "more"),
    "4,900 unknown edits": ("s.yaml", lambda: "input: {text: a}\nedits:\n" + EDIT * 4900, "and 4"),
    "4,900 unknown edits of many steps": ("s.yaml", lambda: f"{DEEP}\nedits:\n" + EDIT * 4900, "and 4"),
    "4,900 unknown stops": ("s.yaml", lambda: "input: {text: a}\nlesson:\n" + STOP * 4900, "and 4"),
    "6,000 unknown parameters": (
        "s.yaml",
        lambda: SET + "".join(f"      w{at}: [1]\n" for at in range(6_000)),
        "and 5",
    ),
    "19,000 unknown keys": ("s.yaml", lambda: "".join(f"key{at}: 1\n" for at in range(19_000)), "and 1"),
    "19,000 keys of one name": ("s.yaml", lambda: "a: 1\n" * 19_000, "and 1"),
    "19,000 empty tokens": ("s.yaml", lambda: "input: {tokens: [a" + ", ''" * 19_000 + "]}", "and"),
    "keys.toml of 32,000 parts": ("keys.toml", lambda: "a." * 32_000 + "a=1", "more than 32 dots"),
}  # fmt: skip


class _Counted:
    """How many messages were made, and how many names were looked for among others."""

    def __init__(self) -> None:
        self.problems = 0
        self.compared = 0


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> _Counted:
    found = _Counted()
    make, compare = Problem.__init__, difflib.get_close_matches

    def count_problem(self: Problem, *arguments: Any, **options: Any) -> None:
        found.problems += 1
        make(self, *arguments, **options)

    def count_names(word: str, names: list[str], **options: Any) -> list[str]:
        found.compared += len(names)
        return compare(word, names, **options)

    monkeypatch.setattr(Problem, "__init__", count_problem)
    monkeypatch.setattr(difflib, "get_close_matches", count_names)
    return found


def _refused(read: Callable[[bytes], object], content: bytes) -> str:
    said: list[str] = []

    def reading(content: bytes) -> None:
        with pytest.raises(Problem) as refused:
            read(content)
        said.append(refused.value.render())

    with bounds():
        assert judged(reading, content, SECONDS).fault == ""
    return said[0]


def _read(path: Path) -> object:
    if path.suffix == ".toml":
        return read_keymap(path, {"step.next"})
    return read_trace(path, 2**28) if path.suffix == ".json" else check(path, Limits(2**28))


@pytest.mark.parametrize("case", [*IN_MEMORY, *IN_FILES])
def test_no_more_of_a_refusal_is_made_than_is_shown(case: str, counted: _Counted, tmp_path: Path) -> None:
    if case in IN_MEMORY:
        make, read, said = IN_MEMORY[case]
        message = _refused(read, make())
    else:
        name, written, said = IN_FILES[case]
        text = written()
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        message = _refused(lambda _: _read(tmp_path / name), b"")
    assert is_refusal(message)
    assert said in message
    assert counted.problems < (50 if case in IN_MEMORY else 20_000)  # a scenario has at most 20,000 values
    assert counted.compared < 12_000


class _Compared(str):
    """A label that counts how often it is compared with another one."""

    __slots__ = ()
    times = 0

    def __eq__(self, other: object) -> bool:
        _Compared.times += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_labels_and_words_are_not_compared_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 5000
    labels = tuple(_Compared(f"label {place}") for place in (*range(count), 7))
    read = parse_scenario("model: {head: sequence, classes: [a, b]}\ninput: {text: a, target: b}")
    model = replace(read.model, classes=labels)
    given = replace(read.input, target="label", vocabulary=labels)
    document = SimpleNamespace(model=model, input=given, is_trained=False)
    monkeypatch.setattr(_Compared, "times", 0)
    for check_of in (checks.head_has_classes, checks.vocabulary_has_words, checks.labels_are_classes):
        assert [finding.path for finding in check_of(document, None)]  # type: ignore[arg-type]
    assert _Compared.times < 20 * count


def test_of_very_many_labels_a_message_shows_the_first() -> None:
    classes = ", ".join(f"c{place}" for place in range(5000))
    with pytest.raises(Problem) as refused:
        parse_scenario(f"model: {{head: sequence, classes: [{classes}]}}\ninput: {{text: a, target: b}}")
    assert refused.value.hint.endswith("c10, c11 and 4988 more")


def test_of_very_many_names_those_that_begin_alike_are_compared() -> None:
    known = [f"encoder.layers.{layer}.self_attention.{step}" for layer in range(5000) for step in ("weights", "scores")]
    assert nearest("encoder.layers.4321.self_attention.wieghts", known) == "encoder.layers.4321.self_attention.weights"


def test_the_problems_that_nobody_sees_are_counted_and_not_made() -> None:
    from attn_explore.model.problems import raise_any

    made: list[int] = []

    def faults() -> Iterator[Callable[[], Problem]]:
        def make(number: int) -> Problem:
            made.append(number)
            return Problem(f"fault {number}")

        yield from ((lambda number=number: make(number)) for number in range(1000))

    with pytest.raises(Problem) as refused:
        raise_any(faults())
    assert made == list(range(10))
    assert refused.value.render().endswith("… and 991 more")
