"""Traces of real checkpoints from strangers: what they say of a model is believed as far as the file goes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attn_explore.model.files.positioned import PositionedFile
from attn_explore.model.opened import opened, scenario_of
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.traces.export import trace_json
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.traces.wanted import Wanted
from tests.checkpoints import FAMILIES
from tests.fuzz.judging import bounds, judged
from tests.fuzz.reader import by_path
from tests.hostile.refused_traces import LIMIT, refusal

Data = dict[str, Any]
Change = Callable[[Data], object]


def exported(name: str, given: Data, asked: Wanted) -> bytes:
    scenario = scenario_of(name, opened(FAMILIES / name), given)
    return b"".join(trace_json(run(scenario), scenario, asked))


WHOLE = exported("gpt2", {"ids": [3, 4], "max_new_tokens": 2}, Wanted())
SOME = exported("gpt2", {"ids": [3, 4], "max_new_tokens": 2}, Wanted(("weights",)))
BOTH = pytest.mark.parametrize("content", [WHOLE, SOME], ids=["all steps", "some steps"])


def changed(content: bytes, change: Change) -> bytes:
    data = json.loads(content)
    change(data)
    return json.dumps(data).encode()


def at(*keys: str | int, be: object) -> Change:
    """Put something at a path of keys."""

    def change(data: Data) -> None:
        place: Any = data
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = be

    return change


def without(*keys: str | int) -> Change:
    def change(data: Data) -> None:
        place: Any = data
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return change


CHECKPOINT = "checkpoint"
MODEL: dict[str, tuple[Change, str]] = {
    "no checkpoint": (without(CHECKPOINT), "checkpoint: this is missing: its scenario names one"),
    "a checkpoint of text": (at(CHECKPOINT, be="gpt2"), "checkpoint: this must be an object"),
    "a key too few": (without(CHECKPOINT, "ends"), "checkpoint.ends: this is missing"),
    "a key too many": (at(CHECKPOINT, "url", be="x"), "checkpoint.url: there is no such key"),
    "a key of control characters": (at(CHECKPOINT, "\x1b[31m", be=1), "checkpoint.␛[31m: there is no such key"),
    "an unknown setting": (at(CHECKPOINT, "architecture", "head_count", be=1), "checkpoint.architecture.head_count: "),
    "a setting of the wrong type": (
        at(CHECKPOINT, "architecture", "positions", be="24"),
        "checkpoint.architecture.positions: input should be a valid integer",
    ),
    "a setting that the scenario says": (
        at(CHECKPOINT, "architecture", "heads", be=2),
        "checkpoint.architecture.heads: the scenario of the trace says this",
    ),
    "a setting deep inside": (
        at(CHECKPOINT, "architecture", "rotary", be=[{"dims": 2}, {"dims": 2, "scaling": {"factor": "x"}}]),
        "checkpoint.architecture.rotary[1].scaling",
    ),
    "a window for one layer of two": (
        at(CHECKPOINT, "architecture", "windows", be=[4]),
        "checkpoint.architecture.windows: 1 entries for 2 layers",
    ),
    "heads that cannot be shared": (
        at("scenario", "model", "kv_heads", be=2),
        "3 heads cannot share 2 heads of keys and values evenly",
    ),
    "an odd turn": (
        at(CHECKPOINT, "architecture", "rotary", be=[{"dims": 3}, None]),
        "rotary positions turn pairs of columns, and 3 is odd",
    ),
    "a base of 0": (
        at(CHECKPOINT, "architecture", "rotary", be=[{"dims": 2, "base": 0.0}, None]),
        "checkpoint.architecture.rotary: what a position is divided by must be above 0",
    ),
    "a decoder of another width": (
        at(CHECKPOINT, "architecture", "decoder", be={"d_model": 24}),
        "checkpoint.architecture.decoder: it may differ from the encoder in heads, kv_heads, d_k, d_v, d_ff alone",
    ),
    "a decoder of the wrong type": (
        at(CHECKPOINT, "architecture", "decoder", be={"heads": "3"}),
        "checkpoint.architecture.decoder.heads: input should be a valid integer",
    ),
    "a model without feed-forward networks": (at("scenario", "model", "feed_forward", be=False), "feed_forward"),
    "a model that labels": (at("scenario", "model", "head", be="sequence"), "a checkpoint has a head for words"),
    "a vocabulary of another size": (
        at(CHECKPOINT, "vocabulary", "size", be=50),
        "decoder.embedding_table: float32 of shape",
    ),
    "no words": (at(CHECKPOINT, "vocabulary", "size", be=0), "checkpoint.vocabulary.size: this must be a whole number"),
    "a label that is no text": (
        at(CHECKPOINT, "vocabulary", "labels", be={"1": 7}),
        "checkpoint.vocabulary.labels.1: this must be a text",
    ),
    "labels in a list": (at(CHECKPOINT, "vocabulary", "labels", be=["a"]), "this must be an object, or null"),
    **{
        f"a label at {key[:9]!r}": (
            at(CHECKPOINT, "vocabulary", "labels", be={key: "a"}),
            "labels stand at the numbers of words, from 0 to",
        )
        for key in ("-1", "01", "1000000", "x", "", "1.0", "٣", "9" * 5000)
    },
    "another stack": (at(CHECKPOINT, "reads", "encoder", be={}), "checkpoint.reads.encoder: there is no such key"),
    "no tokens": (at(CHECKPOINT, "reads", "decoder", "ids", be=[]), "reads.decoder.ids: there are no tokens"),
    "a token that there is not": (
        at(CHECKPOINT, "reads", "decoder", "ids", be=[3, 10**6]),
        "checkpoint.reads.decoder.ids[1]: this must be a whole number from 0 to",
    ),
    "a token that is true": (at(CHECKPOINT, "reads", "decoder", "ids", be=[True]), "ids[0]: this must be a whole"),
    "more tokens than positions": (
        at(CHECKPOINT, "reads", "decoder", "ids", be=[1] * 24),
        "these are 25 tokens, and the model has 24 positions",
    ),
    "padding that is no token": (at(CHECKPOINT, "reads", "decoder", "padding", be=-1), "reads.decoder.padding"),
    "words that were not chosen": (
        at(CHECKPOINT, "generated", be=[1, 2, 3]),
        "checkpoint.generated: these are not the words that its decoder chose",
    ),
    "words behind the end": (at(CHECKPOINT, "ends", be=json.loads(WHOLE)[CHECKPOINT]["generated"][:1]), "generated"),
    "other words": (at("tokens", "decoder", be=["a", "b", "c", "d"]), "tokens: these are not the words of the tokens"),
    "a file without a name": (without(CHECKPOINT, "files", 0, "name"), "checkpoint.files[0].name: this is missing"),
    "a size of text": (at(CHECKPOINT, "files", 0, "size", be="1"), "checkpoint.files[0].size: this must be a whole"),
}


@pytest.mark.parametrize("case", MODEL)
def test_d8_what_a_trace_says_of_a_checkpoint_and_cannot_be_is_refused_at_its_key(case: str, tmp_path: Path) -> None:
    change, expected = MODEL[case]
    assert expected in refusal(changed(WHOLE, change), tmp_path)


def test_d8_a_checkpoint_that_the_scenario_does_not_name_is_refused(tmp_path: Path) -> None:
    scenario = parse_scenario("input: {text: a}")
    content = b"".join(trace_json(run(scenario), scenario))
    content = changed(content, at(CHECKPOINT, be=json.loads(WHOLE)[CHECKPOINT]))
    assert "checkpoint: its scenario names none" in refusal(content, tmp_path)


STORED: dict[str, tuple[Change, str]] = {
    "neither numbers nor a file": (without("parameters", 0, "file"), "the numbers are not nested as the shape"),
    "a file of text": (at("parameters", 0, "file", be="x"), "file: this must say file, tensor, storage"),
    "a file of numbers": (at("parameters", 0, "file", "tensor", be=1), "file: these must be texts"),
    "more than is known": (at("parameters", 0, "file", "url", be="x"), "file: this must say file, tensor, storage"),
    "a file that is not the checkpoint's": (
        at("parameters", 0, "file", "file", be="/etc/passwd"),
        "parameters.decoder.embedding_table: file.file: the checkpoint has no such file",
    ),
    "another shape": (at("parameters", 0, "shape", be=[10**9, 10**9]), "its scenario makes it float32 of shape"),
    "a parameter too few": (without("parameters", 0), "parameters.decoder.embedding_table: this step or parameter"),
}


@pytest.mark.parametrize("case", STORED)
@BOTH
def test_d8_a_parameter_that_is_stored_nowhere_is_refused(case: str, content: bytes, tmp_path: Path) -> None:
    change, expected = STORED[case]
    assert expected in refusal(changed(content, change), tmp_path)


LEFT_OUT: dict[str, tuple[bytes, Change, str]] = {
    "none are missing": (WHOLE, at("left_out", be=1), "left_out: not so many steps are left out"),
    "one more is missing": (SOME, without("steps", 0), "this step or parameter is missing"),
    "fewer are missing": (SOME, at("left_out", be=1), "this step or parameter is missing"),
    "none are said to be": (SOME, without("left_out"), "this step or parameter is missing"),
    "a number of text": (SOME, at("left_out", be="84"), "left_out: this must be a whole number"),
    "a negative number": (SOME, at("left_out", be=-1), "left_out: this must be a whole number"),
    "true": (SOME, at("left_out", be=True), "left_out: this must be a whole number"),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_d8_steps_are_missing_only_where_that_is_said(case: str, tmp_path: Path) -> None:
    content, change, expected = LEFT_OUT[case]
    assert expected in refusal(changed(content, change), tmp_path)


def _with_words(data: Data) -> None:
    data["scenario"]["input"]["max_new_tokens"] = 10**9


HUGE: dict[str, Change] = {
    "layers": at("scenario", "model", "decoder_layers", be=10**9),
    "many layers": at("scenario", "model", "decoder_layers", be=10**5),
    "heads": lambda data: data["scenario"]["model"].update(heads=10**9, kv_heads=10**9),
    "a width": at("scenario", "model", "d_model", be=10**12),
    "words that are chosen": _with_words,
    "a vocabulary": at(CHECKPOINT, "vocabulary", "size", be=10**15),
    "positions": at(CHECKPOINT, "architecture", "positions", be=10**15),
    "steps that are left out": at("left_out", be=10**18),
}


@pytest.mark.parametrize("case", HUGE)
@BOTH
def test_d8_sizes_are_believed_within_the_file_alone(case: str, content: bytes) -> None:
    with bounds():
        found = judged(by_path(lambda path: read_trace(path, LIMIT)), changed(content, HUGE[case]))
    assert (found.is_read, found.fault) == (False, "")


# --- D9: nothing that a trace names is opened


def test_d9_no_file_that_a_trace_names_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trace").write_bytes(WHOLE)
    (tmp_path / "model.safetensors").write_bytes((FAMILIES / "gpt2" / "model.safetensors").read_bytes())
    monkeypatch.chdir(tmp_path)
    paths: list[object] = []
    real = os.open

    def watched(path: Any, *rest: Any, **more: Any) -> int:
        paths.append(path)
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", watched)
    monkeypatch.setattr(PositionedFile, "__init__", lambda *_: pytest.fail("a file was opened"))
    scenario, trace = read_trace(tmp_path / "trace", LIMIT)
    assert scenario.checkpoint is not None
    with pytest.raises(Problem):
        _ = trace["decoder.embedding_table"].array
    assert paths == [tmp_path / "trace"]
