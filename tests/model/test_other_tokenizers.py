"""Tokenizers that are in no tokenizer.json: the ids are those of sentencepiece and of transformers.

What they give is in data/tokenizers.json, which data/make_tokenizers.py made.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attn_explore.model.checkpoints.tokenizing import Tokenizer, tokenizer_of
from attn_explore.model.checkpoints.tokens.gguf_tokenizer import WORDS
from attn_explore.model.problems import Problem
from tests.program import is_refusal

MADE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "tokenizers.json").read_text("utf-8"))
PIECES, BYTES, FOLDERS = (MADE[name] for name in ("sentencepiece", "byte_level", "folders"))


def of_gguf(**said: Any) -> Tokenizer:
    metadata = {f"tokenizer.ggml.{key}": value for key, value in said.items()}
    return tokenizer_of(Path("model.gguf"), metadata=metadata)


def pieces(**more: Any) -> Tokenizer:
    said = {"model": "llama", "tokens": PIECES["tokens"], "scores": PIECES["scores"], "token_type": PIECES["types"]}
    return of_gguf(**said | {"bos_token_id": 1, "eos_token_id": 2, "unknown_token_id": 0} | more)


def in_bytes(pre: str = "gpt-2", **more: Any) -> Tokenizer:
    said = {"model": "gpt2", "pre": pre, "tokens": BYTES["tokens"], "merges": BYTES["merges"]}
    return of_gguf(**said | {"token_type": BYTES["types"], "bos_token_id": 0, "eos_token_id": 1} | more)


def refusal(made: Any, **said: Any) -> str:
    with pytest.raises(Problem) as refused:
        made(**said)
    message = refused.value.render()
    assert is_refusal(message)
    return message


# --- SentencePiece in GGUF


@pytest.mark.parametrize(("text", "ids"), PIECES["ids"])
def test_ids_of_pieces_are_those_of_sentencepiece(text: str, ids: list[int]) -> None:
    assert list(pieces().encode(text).ids) == ids


@pytest.mark.parametrize(("ids", "text"), PIECES["decoded"])
def test_texts_of_pieces_are_those_of_sentencepiece(ids: list[int], text: str) -> None:
    assert pieces().text(ids) == text


def test_pieces_show_a_space_and_bytes_that_are_no_piece() -> None:
    assert pieces().encode("the bé\n").labels[-4:] == ("␣b", "<0xC3>", "<0xA9>", "<0x0A>")


@pytest.mark.parametrize(
    ("more", "labels"),
    [
        ({}, ("<s>", "␣", "a")),
        ({"add_space_prefix": False}, ("<s>", "a")),
        ({"add_bos_token": False}, ("␣", "a")),
        ({"add_bos_token": False, "add_space_prefix": False, "add_eos_token": True}, ("a", "</s>")),
    ],
)
def test_a_file_says_what_is_put_round_a_text(more: dict[str, bool], labels: tuple[str, ...]) -> None:
    own = pieces(**more)
    ids = own.encode("a").ids
    assert "".join(map(own.label, ids)) == "".join(labels)


def test_whole_pieces_are_found_in_a_text_and_a_space_follows_them() -> None:
    own = pieces(add_bos_token=False)
    assert own.encode("<s>the<|user|>").labels == ("<s>", "␣the", "<|user|>")
    assert own.text(own.encode("<s>the<|user|>").ids) == "the<|user|>"
    assert own.text(own.encode("<s>the").ids, skips_special=False) == "<s> the"


def test_a_beginning_that_the_text_holds_already_is_said_of_pieces_too() -> None:
    found = pieces().encode("<s>the")
    assert found.labels[:2] == ("<s>", "<s>")
    assert found.notes == ("the text begins with <s> twice: it holds one, and the tokenizer adds one",)


def test_equal_scores_are_joined_from_the_left_and_a_better_one_before_all() -> None:
    said = {"tokens": ["a", "b", "aa", "ab", "aaa"], "scores": [0.0, 0.0, -1.0, -1.0, -2.0], "token_type": [1] * 5}
    own = pieces(**said, add_bos_token=False, add_space_prefix=False, unknown_token_id=0)
    assert own.encode("aaaab").labels == ("aa", "aa", "b")
    better = own.vocabulary.ids, pieces(**said | {"scores": [0.0, 0.0, -1.0, -0.5, -2.0]}, add_bos_token=False)
    assert better[1].encode("aab").labels[-2:] == ("a", "ab")


def test_a_hundred_thousand_letters_are_joined_without_end() -> None:
    assert len(pieces().encode("the rabbit " * 10_000).ids) < 60_000


# --- byte-level BPE in GGUF


@pytest.mark.parametrize("pre", BYTES["ids"])
def test_ids_of_bytes_are_those_of_transformers_for_every_way_to_cut_a_text_into_words(pre: str) -> None:
    own = in_bytes(pre, add_bos_token=False)
    found = [[text, list(own.encode(text).ids)] for text, _ in BYTES["ids"][pre]]
    assert found == BYTES["ids"][pre]


def test_smollm_takes_digits_one_by_one() -> None:
    assert in_bytes("smollm").encode("in 1865½").labels == ("in", "␣", "1", "8", "6", "5", "<0xC2>", "<0xBD>")
    assert in_bytes("gpt-2").encode("in 1865").labels == ("in", "␣", "18", "65")


def test_a_word_that_is_a_token_is_taken_whole_where_the_model_does_so() -> None:
    said = {"tokens": [*BYTES["tokens"], "xyzzy"], "token_type": [*BYTES["types"], 1], "add_bos_token": False}
    assert in_bytes("llama-bpe", **said).encode("xyzzy").labels == ("xyzzy",)
    assert in_bytes("qwen2", **said).encode("xyzzy").labels == ("x", "y", "z", "z", "y")


@pytest.mark.parametrize(
    ("pre", "more", "labels"),
    [
        ("llama-bpe", {}, ("<|begin|>", "a")),
        ("llama-bpe", {"add_bos_token": False}, ("a",)),
        ("gpt-2", {}, ("a",)),
        ("gpt-2", {"add_bos_token": True, "add_eos_token": True}, ("<|begin|>", "a", "<|end|>")),
    ],
)
def test_a_beginning_is_put_before_a_text_where_the_file_or_its_words_say_so(
    pre: str, more: dict[str, bool], labels: tuple[str, ...]
) -> None:
    assert in_bytes(pre, **more).encode("a").labels == labels


def test_tokens_that_stand_for_a_role_are_special_and_others_are_text() -> None:
    own = in_bytes()
    ids = own.encode("<|begin|>a<think>b<|end|>").ids
    assert (own.text(ids), own.text(ids, skips_special=False)) == ("a<think>b", "<|begin|>a<think>b<|end|>")
    assert (own.start, own.special.ends, own.pad) == (0, (1,), None)


def test_a_file_may_say_how_an_answer_ends_beside_how_a_text_ends() -> None:
    own = in_bytes(eot_token_id=2, eom_token_id=1, padding_token_id=9999)
    assert (own.special.ends, own.pad) == ((1, 2), None)


# --- what is refused

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no tokenizer": ({"model": None}, "this file has no tokenizer"),
    "another kind": ({"model": "bert"}, "a tokenizer of the kind bert is not known"),
    "words that nobody knows": ({"pre": "grok-2"}, "how grok-2 cuts a text into words is not known"),
    "words that are not said": ({"pre": None}, "how this tokenizer cuts a text into words is not said"),
    "no tokens": ({"tokens": []}, "tokenizer.ggml.tokens: this list is missing"),
    "tokens that are numbers": ({"tokens": [1, 2]}, "an item is of another kind"),
    "a token twice": ({"tokens": ["a", "b", "a"]}, "the token 'a' stands here twice"),
    "types of other tokens": ({"token_type": [1]}, "1 items for 420 tokens"),
    "no merges": ({"merges": 5}, "tokenizer.ggml.merges: this list is missing"),
    "a merge of three": ({"merges": ["a b", "a b c"]}, "number 1 is no pair of tokens"),
    "a flag that is a number": ({"add_bos_token": 1}, "tokenizer.ggml.add_bos_token: this is neither true nor false"),
    "no beginning": ({"add_bos_token": True, "bos_token_id": None}, "no token is its bos_token_id"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_whose_tokenizer_is_not_known_is_refused_by_name(case: str) -> None:
    more, expected = REFUSED[case]
    assert expected in refusal(in_bytes, **more)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"scores": [0.0]}, "1 items for 520 tokens"),
        ({"scores": None}, "tokenizer.ggml.scores: this list is missing"),
        ({"scores": [float("nan")] * 520}, "a score is no finite number"),
    ],
)
def test_pieces_without_their_scores_are_refused(more: dict[str, Any], expected: str) -> None:
    assert expected in refusal(pieces, **more)


def test_a_byte_that_has_no_piece_is_refused_where_nothing_stands_for_the_unknown() -> None:
    said = {"tokens": ["a"], "scores": [0.0], "token_type": [1], "unknown_token_id": 7, "add_bos_token": False}
    own = pieces(**said, add_space_prefix=False)
    assert own.encode("a").ids == (0,)
    with pytest.raises(Problem, match="no piece for the byte C3"):
        own.encode("é")


@pytest.mark.parametrize("name", WORDS)
def test_every_way_to_cut_a_text_into_words_is_a_pattern_that_the_package_reads(name: str) -> None:
    own = in_bytes(name, add_bos_token=False)
    assert own.text(own.encode("It's 12").ids) == "It's 12"


# --- folders without tokenizer.json


def folder_of(files: dict[str, Any], place: Path) -> Path:
    for name, content in files.items():
        (place / name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return place


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_without_tokenizer_json_gives_the_ids_of_transformers(name: str, tmp_path: Path) -> None:
    own = tokenizer_of(folder_of(FOLDERS[name]["files"], tmp_path))
    assert [[text, list(own.encode(text).ids)] for text, _ in FOLDERS[name]["ids"]] == FOLDERS[name]["ids"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "there is no tokenizer.json in this folder"),
        ({"spiece.model": "x"}, "there is no tokenizer.json in this folder, and spiece.model is not read"),
        ({"source.spm": "x", "target.spm": "x"}, "source.spm is not read"),
        ({"tokenizer.model": "x"}, "tokenizer.model is not read"),
        ({"vocab.txt": "a", "config.json": {"model_type": "t5"}}, "class None is read from tokenizer.json only"),
        (
            {"vocab.json": {}, "merges.txt": "", "tokenizer_config.json": {"tokenizer_class": "CTRLTokenizer"}},
            "class CTRLTokenizer is read from tokenizer.json only",
        ),
        (
            {"vocab.txt": "a\nb\na\n", "config.json": {"model_type": "bert"}},
            "vocab.txt:3: the word 'a' stands here twice",
        ),
        (
            {"vocab.json": {"a": 0}, "merges.txt": "#version: 0.2\na b c\n", "config.json": {"model_type": "gpt2"}},
            "merges.txt:2: this is no pair of tokens",
        ),
        (
            {"vocab.json": [], "merges.txt": "", "config.json": {"model_type": "gpt2"}},
            "vocab.json: these are no words with their ids",
        ),
        (
            {"vocab.json": {"a": -1}, "merges.txt": "", "config.json": {"model_type": "gpt2"}},
            "model.vocab 'a': -1 is no id",
        ),
    ],
)
def test_a_folder_whose_tokenizer_is_not_read_says_what_else_can_be_done(
    files: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    message = refusal(tokenizer_of, path=folder_of(files, tmp_path))
    assert expected in message


def test_a_folder_with_sentencepiece_says_that_ids_can_be_given_and_how_a_tokenizer_json_is_made(
    tmp_path: Path,
) -> None:
    message = refusal(tokenizer_of, path=folder_of({"spiece.model": "x"}, tmp_path))
    assert "--ids" in message
    assert "AutoTokenizer.from_pretrained('.').save_pretrained('.')" in message


def test_words_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    folder = folder_of({"config.json": {"model_type": "bert"}}, tmp_path)
    (folder / "vocab.txt").write_bytes(b"a\n\xff\n")
    assert "vocab.txt: byte 2: this is not UTF-8 text" in refusal(tokenizer_of, path=folder)
