"""How texts become tokens: the steps end in the ids that a run reads, and are those of the rule, word by word."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attn_explore.model.checkpoints.tokenizing import Tokenizer, tokenizer_of
from attn_explore.model.checkpoints.tokens.chat_template import chat_template, tokens_in
from attn_explore.model.checkpoints.tokens.cut import Step, Word
from attn_explore.model.checkpoints.tokens.making import MOST_LETTERS
from tests.model.test_other_tokenizers import BYTES, PIECES, in_bytes, pieces
from tests.tokenizer_files import BPE, Data, folder_with, tokenizer_json, unigram, word_piece

WORDS = (
    "the",
    "rabbit",
    "Alice",
    "pictures",
    "12",
    "1865",
    "it's",
    "\n\n",
    "  ",
    "é",
    "日本",
    "\U0001f469",
    "[MASK]",
    "<s>",
)
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=8).map(" ".join)
ALONE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

_WORD_PIECES = word_piece("the", "rab", "##b", "##bit", "##it", "pic", "##tures", "##ture", "##s", "it", "'", "alice")
_UNIGRAM = unigram("▁the", "▁", "r", "a", "b", "i", "t", "bb", "rab", "bit", "▁rab", "pic", "tures", "s", "▁Alice", "A")
_SPACED = tokenizer_json(
    BPE
    | {
        "unk_token": "?",
        "vocab": {each: place for place, each in enumerate(["?", "▁", *"therabit", "th", "the", "▁the", "bb", "▁r"])},
        "merges": [["t", "h"], ["th", "e"], ["▁", "the"], ["b", "b"], ["▁", "r"]],
    },
    normalizer={"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
)
FILES: Mapping[str, Data] = {"word pieces": _WORD_PIECES, "unigram": _UNIGRAM, "merges without words": _SPACED}


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tokenizer]:
    """One of each kind."""
    folder = tmp_path_factory.mktemp("tokenizers")
    of_files = {kind: tokenizer_of(folder_with(folder / kind, data)) for kind, data in FILES.items()}
    return {"bytes": in_bytes("smollm"), "sentencepiece": pieces(), **of_files}


# --- the ids


@ALONE
@given(text=TEXTS)
def test_the_steps_of_every_word_end_in_just_the_ids_that_a_run_reads(
    text: str, tokenizers: dict[str, Tokenizer]
) -> None:
    for kind, own in tokenizers.items():
        cut, ids = own.cut(text), own.encode(text).ids
        assert cut.ids == ids, kind
        for word in cut.words:
            if word.kind == "word" and word.is_made:
                assert [own.vocabulary.ids.get(token) for token in word.tokens] == list(word.ids), kind


@ALONE
@given(text=TEXTS)
def test_how_words_were_made_is_known_of_all_that_go_by_merges(text: str, tokenizers: dict[str, Tokenizer]) -> None:
    for kind in ("bytes", "sentencepiece", "word pieces", "merges without words"):
        assert all(word.is_made for word in tokenizers[kind].cut(text).words), kind


# --- the rules, slowly


def merged_slowly(word: Word, cost: Callable[[str, str], float | None]) -> list[tuple[str, ...]]:
    """The pieces after each merge: all pairs are looked through for the best, again and again."""
    symbols, found = list(word.pieces), []
    while True:
        pairs = [(cost(*symbols[place : place + 2]), place) for place in range(len(symbols) - 1)]
        possible = [(paid, place) for paid, place in pairs if paid is not None]
        if not possible:
            return found
        place = min(possible)[1]
        symbols[place : place + 2] = ["".join(symbols[place : place + 2])]
        found.append(tuple(symbols))


@ALONE
@given(text=TEXTS)
def test_bytes_are_joined_in_the_order_of_the_ranks_in_the_file(text: str, tokenizers: dict[str, Tokenizer]) -> None:
    ranks = {tuple(merge.split(" ")): rank for rank, merge in enumerate(BYTES["merges"])}
    for word in tokenizers["bytes"].cut(text).words:
        if word.kind == "word":
            assert [step.pieces for step in word.steps] == merged_slowly(word, lambda *pair: ranks.get(pair))
            assert [step.number for step in word.steps] == [ranks[step.made] for step in word.steps]


@ALONE
@given(text=TEXTS)
def test_pieces_are_joined_in_the_order_of_the_scores_in_the_file(text: str, tokenizers: dict[str, Tokenizer]) -> None:
    scores = dict(zip(PIECES["tokens"], PIECES["scores"], strict=True))

    def cost(left: str, right: str) -> float | None:
        score = scores.get(left + right)
        return None if score is None else -score

    for word in tokenizers["sentencepiece"].cut(text).words:
        joined = [step for step in word.steps if len(step.made) == 2 and step.number is not None]
        assert [step.pieces for step in joined] == (merged_slowly(word, cost) if word.kind == "word" else [])


def test_word_pieces_are_taken_off_from_the_left_the_longest_first(tokenizers: dict[str, Tokenizer]) -> None:
    start, rabbit, unknown, end = tokenizers["word pieces"].cut("Rabbit rabé").words
    assert (start.kind, unknown.tokens, end.kind) == ("around", ("[UNK]",), "around")
    assert (rabbit.source, rabbit.pieces) == ("Rabbit", ("rabbit",))
    assert rabbit.steps == (Step(("rab", "##bit"), ("rab",)),)


def test_of_all_ways_to_cut_a_word_the_one_with_the_largest_sum_of_scores_is_shown(
    tokenizers: dict[str, Tokenizer],
) -> None:
    word = tokenizers["unigram"].cut("rabbit").words[0]
    assert (word.pieces, word.tokens, word.scores) == (("▁rabbit",), ("▁rab", "bit"), (-0.0, -0.0))
    assert [step.made for step in word.steps] == [("▁rab",), ("bit",)]
    unknown = tokenizers["unigram"].cut("rabé").words[0]
    assert (unknown.is_made, unknown.steps) == (False, ())


def test_what_no_piece_stands_for_falls_into_bytes_at_the_end(tokenizers: dict[str, Tokenizer]) -> None:
    word = tokenizers["sentencepiece"].cut("日").words[-1]
    assert word.steps == (Step(("▁", "<0xE6>", "<0x97>", "<0xA5>"), ("日",)),)


def test_a_word_of_very_many_letters_has_its_ids_and_no_steps(tokenizers: dict[str, Tokenizer]) -> None:
    text = "a" * (MOST_LETTERS + 1)
    (word,) = (word for word in tokenizers["bytes"].cut(text).words if word.kind == "word")
    assert (word.is_made, word.steps) == (False, ())
    assert word.ids == tokenizers["bytes"].encode(text).ids


# --- what was done to the text


def test_what_rewrote_the_text_and_what_cut_it_are_told(tokenizers: dict[str, Tokenizer]) -> None:
    cut = tokenizers["word pieces"].cut("Déjà [MASK] VU")
    assert (cut.normalised, cut.normalisers, cut.splitters) == (
        "deja [MASK] vu",
        ("BertNormalizer",),
        ("BertPreTokenizer",),
    )
    assert [word.kind for word in cut.words] == ["around", "word", "whole", "word", "around"]
    assert tokenizers["bytes"].cut("VU").normalised is None
    assert tokenizers["sentencepiece"].cut("the rabbit").normalised == "▁the▁rabbit"


# --- chat templates

TEMPLATE = "{{ '<|end|>' }}{% for m in messages %}<|begin|>{{ m }}{% endfor %}"


@pytest.mark.parametrize(
    "files",
    [
        {"chat_template.jinja": TEMPLATE, "tokenizer_config.json": json.dumps({"chat_template": "another"})},
        {"tokenizer_config.json": json.dumps({"chat_template": TEMPLATE})},
        {
            "tokenizer_config.json": json.dumps(
                {"chat_template": [{"name": "tool", "template": "x"}, {"name": "default", "template": TEMPLATE}]}
            )
        },
        {"chat_template.json": json.dumps({"chat_template": TEMPLATE}), "tokenizer_config.json": "{}"},
    ],
)
def test_a_chat_template_is_found_wherever_a_folder_has_it(files: dict[str, str], tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content, "utf-8")
    assert chat_template(tmp_path) == TEMPLATE


def test_a_file_or_a_folder_may_have_no_chat_template(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": 5}), "utf-8")
    assert chat_template(tmp_path) is None
    assert chat_template(tmp_path, {}) is None
    assert chat_template(tmp_path, {"tokenizer.chat_template": TEMPLATE}) == TEMPLATE


def test_the_tokens_of_a_template_are_those_that_are_found_whole_in_its_order() -> None:
    own = in_bytes()
    assert [own.label(place) for place in tokens_in(TEMPLATE, own.vocabulary)] == ["<|end|>", "<|begin|>"]
