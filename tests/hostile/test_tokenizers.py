"""Tokenizers from strangers. Each case names its row of the project's table of bad inputs."""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attn_explore.model.axes import Axis
from attn_explore.model.checkpoints.tokenizing import tokenizer_of
from attn_explore.model.naming import name_along, places_named
from attn_explore.model.problems import Problem
from attn_explore.model.text import cells, visible
from tests.program import is_refusal
from tests.tokenizer_files import BPE, Data, byte_level, folder_with, tokenizer_json, unigram, word_piece

ROWS = 300
"""Rows of the embedding of the model that the tokenizers here are said to be of."""
WORDS = {"a": 0, "b": 1, "ab": 2, " ": 3, "c": 4}


def refusal(content: Data | bytes, folder: Path, text: str = "ab c", rows: int | None = ROWS) -> str:
    """How a tokenizer is refused, when it is opened or when it first reads a text."""
    with pytest.raises(Problem) as refused:
        tokenizer_of(folder_with(folder / "model", content), rows).encode(text)
    message = refused.value.render()
    assert is_refusal(message)
    assert refused.value.exit_status == 2
    return message.replace(str(folder), "")


def with_model(**more: Any) -> Data:
    return tokenizer_json(BPE | {"vocab": WORDS, "merges": [["a", "b"]]} | more)


def with_added(*tokens: Any) -> Data:
    listed = [
        token
        if not isinstance(token, tuple)
        else {"id": token[0], "content": token[1], "special": True, "normalized": False}
        | dict.fromkeys(("single_word", "lstrip", "rstrip"), False)
        for token in tokens
    ]
    return with_model() | {"added_tokens": listed}


def test_what_the_cases_here_spoil_is_read_as_it_is(tmp_path: Path) -> None:
    own = tokenizer_of(folder_with(tmp_path / "model", with_added((5, "<x>"))), ROWS)
    assert own.encode("ab c<x>").ids == (2, 3, 4, 5)


# --- D1: what is no tokenizer

D1: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not strict JSON"),
    "404": (b"404", "this is no tokenizer: it is no object"),
    "404 page": (b"<html><body>404: Not Found</body></html>", "not strict JSON"),
    "{}": (b"{}", "this is no tokenizer: it has no `model`"),
    "NaN": (b"NaN", "not strict JSON"),
    "NaN within": (json.dumps(unigram("a")).replace("-1.0", "NaN").encode(), "not strict JSON"),
    "deep": (b"[" * 100_000, "not strict JSON"),
    "nested": (b'{"model":' * 70 + b"1" + b"}" * 70, "nested deeper than 64"),
    "a name twice": (b'{"model": {"type": "BPE", "vocab": {"a": 0, "a": 1}, "merges": []}}', "a name stands twice"),
    "a lone surrogate": (b'{"model": {"type": "BPE", "vocab": {"\\ud800": 0}}}', "not strict JSON"),
    "git lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n", "not strict JSON"),
}


@pytest.mark.parametrize("case", D1)
def test_d1_what_is_no_tokenizer_is_refused(case: str, tmp_path: Path) -> None:
    content, expected = D1[case]
    assert expected in refusal(content, tmp_path)


def test_d1_a_file_of_300_mb_is_refused_by_its_size(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "model", b"")
    os.truncate(folder / "tokenizer.json", 300 * 2**20)
    with pytest.raises(Problem, match="314,572,800 bytes, and at most 104,857,600 are read"):
        tokenizer_of(folder, ROWS)


# --- D2: what the package breaks down on

D2: dict[str, tuple[Data, str]] = {
    "a merge of unknown words": (with_model(merges=[["a", "z"]]), "Token `z` out of vocabulary"),
    "a merge to an unknown word": (with_model(merges=[["b", "a"]]), "Token `ba` out of vocabulary"),
    "a prefix longer than words": (with_model(continuing_subword_prefix="#" * 20), "cannot use this file"),
    "pieces of length 0": (with_model() | {"pre_tokenizer": {"type": "FixedLength", "length": 0}}, "must be non-zero"),
    "a bad map of characters": (
        with_model() | {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}},
        "cannot use this file",
    ),
    "an unknown token in a template": (
        with_model()
        | {
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "X", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [],
                "special_tokens": {},
            }
        },
        "cannot use this file",
    ),
    "an unknown part": (with_model() | {"normalizer": {"type": "Shell", "command": "true"}}, "cannot use this file"),
    "an unknown model": (with_model(type="LSTM"), "a tokenizer of the type LSTM is not known"),
}


@pytest.mark.parametrize("case", D2)
def test_d2_what_the_package_breaks_down_on_is_one_message(
    case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content, expected = D2[case]
    assert expected in refusal(content, tmp_path)
    assert capfd.readouterr() == ("", "")


# --- D3: ids and words that do not fit each other

D3: dict[str, tuple[Data, str]] = {
    "an unknown unknown": (with_model(unk_token="zzz", vocab={"b": 1, "a": 0, "ab": 2}), "not found in the vocabulary"),
    "a negative id": (with_model(vocab={**WORDS, "c": -1}), "model.vocab 'c': -1 is no id"),
    "an id that is true": (with_model(vocab={**WORDS, "c": True}), "model.vocab 'c': True is no id"),
    "an id that is a word": (with_model(vocab={**WORDS, "c": "4"}), "model.vocab 'c': 4 is no id"),
    "an id of 5,000 digits": (with_model(vocab={**WORDS, "c": 10**60}), "model.vocab 'c': 1e+60 is no id"),
    "an id twice": (with_model(vocab={**WORDS, "c": 2}), "model.vocab 'c': the id 2 is also that of 'ab'"),
    "an id of four milliards": (
        with_model(vocab={**WORDS, "c": 4_000_000_000}),
        "the tokenizer has ids up to 4000000000, and the model's embedding has 300 rows",
    ),
    "a word twice": (unigram("a", "a"), "a token stands here twice"),
    "words without scores": (tokenizer_json({"type": "Unigram", "vocab": [["a"]]}), "no tokens with their scores"),
    "an added id that does not follow": (with_added((77, "<x>")), "the added token <x> cannot have the id 77"),
    "an added id of four milliards": (with_added((4_000_000_000, "<x>")), "cannot have the id 4000000000"),
    "an added id of another word": (with_added((2, "<x>")), "'<x>' has the id 2 here and not in `model.vocab`"),
    "an added word with another id": (with_added((5, "ab")), "'ab' has the id 5 here and not in `model.vocab`"),
    "an added token twice": (
        with_added((5, "<x>"), (6, "<x>")),
        "added_tokens[1]: this token or its id stands here",
    ),
    "an added id twice": (
        with_added((5, "<x>"), (5, "<y>")),
        "added_tokens[1]: this token or its id stands here",
    ),
    "an added number": (with_added(5), "added_tokens[0]: this is no token with its id"),
    "added tokens of another kind": (with_model() | {"added_tokens": {"<x>": 5}}, "added_tokens: these are no tokens"),
    "no words": (with_model(vocab={}), "model.vocab: these are no tokens with their ids"),
}


@pytest.mark.parametrize("case", D3)
def test_d3_ids_and_words_that_do_not_fit_each_other_are_refused(case: str, tmp_path: Path) -> None:
    content, expected = D3[case]
    assert expected in refusal(content, tmp_path)


def test_d3_ids_without_an_end_are_refused_where_the_rows_are_not_known(tmp_path: Path) -> None:
    content = with_model(vocab={**WORDS, "c": 4_000_000_000})
    assert "the id 4000000000 is beyond any vocabulary" in refusal(content, tmp_path, rows=None)


# --- D4: what goes on for ever, or fills the memory


def splitting(pattern: str) -> Data:
    return with_model() | {
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    }


def test_d4_a_pattern_that_goes_on_for_ever_is_ended(tmp_path: Path) -> None:
    assert "it computes for too long" in refusal(splitting("a*a*a*b(?=d)"), tmp_path, ("a" * 350 + "c") * 10 + "b")


def test_d4_a_pattern_that_gives_up_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert "retry-limit-in-match over" in refusal(splitting("(a+)+$"), tmp_path, "a" * 60 + "b")
    assert capfd.readouterr() == ("", "")


def test_d4_a_text_that_doubles_again_and_again_ends_where_its_memory_does(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    doubles = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
    content = with_model() | {"normalizer": {"type": "Sequence", "normalizers": [doubles] * 40}}
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert "it broke down" in refusal(content, tmp_path)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= max(before, 400 * 2**10)
    assert capfd.readouterr() == ("", "")


# --- D5: a tokenizer of another size than the embedding


def test_d5_words_without_a_row_are_refused_with_both_figures(tmp_path: Path) -> None:
    message = refusal(word_piece("a", "b"), tmp_path, rows=6)
    assert "the tokenizer has ids up to 6, and the model's embedding has 6 rows" in message
    assert "hint: this is the tokenizer of another model" in message


def test_d5_rows_without_a_word_are_told_with_both_figures(tmp_path: Path) -> None:
    own = tokenizer_of(folder_with(tmp_path / "model", word_piece("a", "b")), 64)
    assert own.notes == ("the tokenizer has 7 tokens, and the embedding 64 rows",)


# --- D6: words that a terminal would obey

STRANGE = ("\x1b]52;c;eA==\x07", "\n", "\r\n", "\t", "\u202eab", "[/]", "[@click=app.quit]x[/]", "\x9b31m", "\0")


def plain(*words: str) -> Data:
    """Words as they are, each by itself."""
    vocab = {word: place for place, word in enumerate(words)}
    return tokenizer_json({"type": "WordLevel", "vocab": vocab, "unk_token": ""})


@pytest.mark.parametrize(
    "make",
    [
        lambda: plain("", *STRANGE),
        lambda: unigram(*STRANGE),
        lambda: byte_level(added={256 + place: word for place, word in enumerate(STRANGE)}),
    ],
    ids=["words", "pieces", "bytes and added tokens"],
)
def test_d6_words_that_a_terminal_would_obey_are_shown_in_one_line(make: Callable[[], Data], tmp_path: Path) -> None:
    axis = Axis("vocabulary", ROWS, tokenizer_of(folder_with(tmp_path / "model", make()), ROWS).labels)
    for place in range(ROWS):
        label = axis.label(place)
        assert visible(label) == label
        assert label.isprintable()
        assert cells(label) >= (label != "")
        assert places_named(axis, name_along(axis, place)) == (place,)


def test_d6_bytes_that_are_no_character_are_shown_by_their_number(tmp_path: Path) -> None:
    own = tokenizer_of(folder_with(tmp_path / "model", byte_level()), ROWS)
    assert own.encode("日\r").labels == ("<0xE6>", "<0x97>", "<0xA5>", "␍")
