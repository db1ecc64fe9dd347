"""Files that a training reads, from strangers: pairs of texts, and weights that tell how they were trained.

The rows are those of A and C of the project's table of bad inputs, for these files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attn_explore.model.files.in_pieces import Described
from attn_explore.model.files.safetensors import safetensors_bytes
from attn_explore.model.known import shapes_of
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.scenario.pairs import MOST_BYTES, read_pairs
from attn_explore.model.training.loop import train
from attn_explore.model.training.record import ABOUT, Record, read_record, record_file
from tests.program import is_refusal

TRAINING = "model: {kind: encoder-decoder, head: vocabulary}\nexperiment: {kind: training, data: pairs.tsv}"

LABELLING = "model: {head: tokens}\nexperiment: {kind: training, data: pairs.tsv}"


def _scenario(folder: Path, text: str = TRAINING) -> Scenario:
    return parse_scenario(text, "s.yaml", folder)


def _refused(act: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        act()
    message = caught.value.render()
    assert is_refusal(message), message
    return message


# --- pairs


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "there are no pairs in this file"),
        (b"# a comment\n\n  \n", "there are no pairs in this file"),
        (b"I love dogs\n", "pairs.tsv:1:1: a pair is a text, a tab and another text; here are 0 tabs"),
        (b"a\tb\nI\tlove\tdogs\n", "pairs.tsv:2:1: a pair is a text, a tab and another text; here are 2 tabs"),
        (b"a\tb\n \tb\n", "pairs.tsv:2:1"),
        (b"a\tb\na\t \n", "pairs.tsv:2:1"),
        (b"a\tb\nI <pad> am\tc\n", "pairs.tsv:2:3: <pad> fills texts up to one length, and is no word of one"),
        (b"a\tb <pad>\n", "pairs.tsv:1:5: <pad> fills texts up"),
        ("a\té".encode("latin-1"), "this is not UTF-8 at byte 2"),
        ("a\tb".encode("utf-16"), "this is not UTF-8 at byte 0"),
        (b"x" * (MOST_BYTES + 1), "at most"),
        (b"\n".join(b"no tab %d" % number for number in range(1000)), "and "),
    ],
)
def test_a_file_that_holds_no_pairs_is_refused_at_its_line(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_bytes(content)
    assert said in _refused(lambda: _scenario(tmp_path))


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa b\tc\r\nd\te\r\n", b"a b\tc\nd\te"])
def test_a_byte_order_mark_and_the_line_ends_of_windows_are_read(content: bytes) -> None:
    assert [(pair.source, pair.target) for pair in read_pairs(content, "pairs.tsv")] == [
        (("a", "b"), ("c",)),
        (("d",), ("e",)),
    ]


def test_what_is_in_a_pair_is_data_and_never_obeyed(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_bytes(b"[bold]a \x1b]0;x\x07\t$HOME \x00\n")
    scenario = _scenario(tmp_path)
    assert scenario.input.vocabulary == ("[bold]a", "\x1b]0;x\x07")
    assert scenario.model.classes == ("$HOME", "\x00")
    (tmp_path / "pairs.tsv").write_bytes(b"\x1b[31mno tab\n")
    assert "\x1b" not in _refused(lambda: _scenario(tmp_path))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../secret.tsv", "outside the scenario's folder"),
        ("/etc/passwd", "outside the scenario's folder"),
        ("~/x.tsv", "is not expanded"),
        ("http://x/y.tsv", "this is a URL"),
        ("missing.tsv", "there is no such file"),
        ("folder", "this is a directory"),
        ("pipe", "this is a pipe"),
    ],
)
def test_pairs_are_read_from_a_file_in_the_scenarios_folder_alone(name: str, said: str, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    (inner / "folder").mkdir(parents=True)
    os.mkfifo(inner / "pipe")
    (tmp_path / "secret.tsv").write_text("secret\tword")
    message = _refused(lambda: _scenario(inner, TRAINING.replace("pairs.tsv", name)))
    assert said in message
    assert "secret\tword" not in message
    assert message.startswith("error: s.yaml:2:")


@pytest.mark.parametrize("content", ["hush tresor", "hush\ttresor\tmore", "hush\ttresor tresor", "hush\ttresor"])
def test_e3_what_a_file_of_pairs_holds_is_not_quoted(content: str, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(content)
    (tmp_path / "inner").mkdir()
    os.link(tmp_path / "outside", tmp_path / "inner" / "pairs.tsv")
    message = _refused(lambda: _scenario(tmp_path / "inner", LABELLING + "\ninput: {vocabulary: [a], text: a}"))
    assert "pair" in message
    assert not any(word in message for word in content.split())


@pytest.mark.parametrize(
    ("head", "pairs", "said"),
    [
        ("tokens", "a b\tx y\na\tx y\n", "pair 2: head tokens needs a label for each of 1 words, and here are 2"),
        ("tokens", "a b c\tx y\n", "needs a label for each of 3 words, and here are 2"),
        ("sequence", "a b\tx\na\tx y\n", "pair 2: head sequence needs one label for the text, and here are 2"),
    ],
)
def test_labels_that_are_not_as_many_as_the_words_are_refused(head: str, pairs: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text(pairs)
    assert said in _refused(lambda: _scenario(tmp_path, LABELLING.replace("tokens", head)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("experiment: {kind: training}", "a training needs data"),
        ("experiment: {kind: training, data: reverse}", "reverse has an answer for each word"),
        ("model: {head: sequence}\nexperiment: {kind: training, data: copy}", "copy has an answer for each word"),
        ("model: {head: tokens}\nexperiment: {kind: training, data: induction}", "induction is for a decoder"),
        ("model: {head: none}\nexperiment: {kind: training, data: pairs.tsv}", "a model without a head says nothing"),
        (TRAINING.replace("head", "position: learned, head"), "learned positions are as many as the input is long"),
        (TRAINING.replace("pairs.tsv}", "pairs.tsv, length: 3}"), "`length` is of tasks"),
        (TRAINING.replace("pairs.tsv}", "pairs.tsv, logits: [1]}"), "experiment training has no `logits`"),
        (TRAINING.replace("pairs.tsv}", "pairs.tsv, held_out: 2}"), None),
        (TRAINING.replace("pairs.tsv}", "pairs.tsv, steps: 0}"), "steps"),
        (TRAINING.replace("pairs.tsv}", "pairs.tsv, steps: 100000000000}"), "is too large"),
        (TRAINING.replace("pairs.tsv}", "pairs.tsv, learning_rate: 0}"), "learning_rate"),
        (TRAINING + "\ninput: {text: a cat}", "cat is no word that the model is trained on"),
        (LABELLING + "\ninput: {text: a, target: z}", "z is no label that the model is trained on"),
        (LABELLING + "\ninput: {text: a, target: z}", "hint: the labels are x and y"),
        (LABELLING + "\ninput: {text: a b, target: x}", "needs a label for each of the 2 words"),
        (TRAINING + "\ninput: {vectors: [[1, 2, 3, 4, 5, 6]]}", "a model is trained on words"),
        (TRAINING + "\ninput: {vocabulary: [a]}", "word 1 of pair 2 is in the data and not in `input.vocabulary`"),
        (
            "model: {kind: decoder, head: vocabulary}\nexperiment: {kind: training, data: induction, symbols: 4}",
            "induction takes up to 6 different symbols, and there are 4",
        ),
    ],
)
def test_a_training_that_cannot_be_is_refused(text: str, said: str | None, tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("a\tx\nb\ty\n")
    if said is None:
        scenario = _scenario(tmp_path, text)
        assert "2 pairs are held out, and there are 2" in _refused(lambda: next(train(scenario)))
        return
    assert said in _refused(lambda: _scenario(tmp_path, text))


# --- weights that tell of their training

SMALL = """
model: {head: tokens, d_model: 2, norm: none}
experiment: {kind: training, data: reverse, length: 3, symbols: 3, held_out: 8, steps: 4, snapshots: 2, batch: 2}
"""


def _record() -> tuple[Scenario, Record]:
    scenario = parse_scenario(SMALL)
    record = list(train(scenario))[-1].record
    assert record is not None
    return scenario, record


def _with(about: Any) -> bytes:
    """A weights file whose tensors are right and whose metadata is `about`."""
    _, record = _record()
    content = b"".join(record_file(record))
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"][ABOUT] = about
    encoded = json.dumps(header).encode()
    return len(encoded).to_bytes(8, "little") + encoded + content[8 + length :]


@pytest.mark.parametrize(
    "about",
    [
        "", "[]", "null", "{", '{"about": {}, "steps": []}', '{"about": {}, "steps": [0]}',
        '{"about": {}, "steps": [1, 2]}',
        '{"about": {}, "steps": [0, 1, 4]}', '{"about": {}, "steps": [0, 0]}',
        '{"about": {}, "steps": [0, 4, 2]}', '{"about": {}, "steps": [0, "4"]}', '{"about": {}, "steps": [0, true]}',
        '{"about": 3, "steps": [0, 2, 4]}', '{"steps": [0, 2, 4]}', "[" * 100_000, '{"about": {}, "steps": [0, 1e400]}',
        f'{{"about": {{}}, "steps": [0, {10**30}]}}', '{"about": {}, "steps": [0, -4]}',
    ],
)  # fmt: skip
def test_what_a_file_says_of_its_training_is_checked(about: str) -> None:
    scenario, _ = _record()
    message = _refused(lambda: read_record(_with(about), "w.safetensors", shapes_of(scenario)))
    assert message.startswith("error: w.safetensors: ")


def test_numbers_that_do_not_fit_what_is_said_are_named() -> None:
    scenario, _ = _record()
    message = _refused(
        lambda: read_record(_with('{"about": {}, "steps": [0, 2]}'), "w.safetensors", shapes_of(scenario))
    )
    assert "training.moments." in message
    wider = parse_scenario(SMALL.replace("d_model: 2", "d_model: 4"))
    content = b"".join(record_file(_record()[1]))
    assert "must be" in _refused(lambda: read_record(content, "w.safetensors", shapes_of(wider)))


def test_a_file_without_a_training_tells_of_none() -> None:
    described = [Described("x", np.dtype(np.float32), (1,))]
    content = b"".join(safetensors_bytes(described, [np.zeros(1, np.float32)], {}))
    assert read_record(content, "w.safetensors", {}) is None


def test_numbers_that_are_none_are_read_as_they_are() -> None:
    scenario, record = _record()
    broken = replace(record, losses=np.full_like(record.losses, np.nan))
    read = read_record(b"".join(record_file(broken)), "w.safetensors", shapes_of(scenario))
    assert read is not None
    assert np.isnan(read.losses).all()
