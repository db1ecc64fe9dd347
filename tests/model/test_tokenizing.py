"""Tokenizers of checkpoints: the ids of the tokenizers package, labels that can be seen, and what has to be said."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import pytest

from attn_explore.model.axes import Axis
from attn_explore.model.checkpoints.tokenizing import Tokenizer, tokenizer_of
from attn_explore.model.naming import name_along, places_named
from attn_explore.model.problems import Problem
from tests.tokenizer_files import Data, between, byte_level, folder_with, unigram, word_piece

TEXT = "The law of\n\tParis: its law, déjà vu 日本! <|endoftext|> [MASK] </s>"

KINDS: dict[str, Data] = {
    "bytes": byte_level("The", "Ġlaw", "Ġof", "its", "ĠParis"),
    "word pieces": word_piece("the", "law", "of", "par", "##is", "its", ",", ":", "!"),
    "unigram": unigram("▁The", "▁law", "▁", "a", "l", "w", "▁of", "Par", "is", ":", ","),
}


def tokenizer(folder: Path, data: Data, rows: int | None = None, **settings: Data) -> Tokenizer:
    return tokenizer_of(folder_with(folder / "model", data, **settings), rows)


@pytest.mark.parametrize("kind", KINDS)
def test_the_ids_of_a_text_are_those_of_the_tokenizers_package(kind: str, tmp_path: Path) -> None:
    from tokenizers import Tokenizer as Library

    own = tokenizer(tmp_path, KINDS[kind])
    library = Library.from_file(str(tmp_path / "model" / "tokenizer.json"))
    for text in (TEXT, "", " ", "law", " law"):
        expected = library.encode(text)
        found = own.encode(text)
        assert list(found.ids) == expected.ids
        assert len(found.labels) == len(expected.tokens)
        assert own.text(found.ids, skips_special=False) == library.decode(expected.ids, skip_special_tokens=False)
        assert own.text(found.ids) == library.decode(expected.ids)


@pytest.mark.parametrize(
    ("kind", "text", "labels"),
    [
        ("bytes", "The law\n\té<|endoftext|>", ("The", "␣law", "↵", "⇥", "<0xC3>", "<0xA9>", "<|endoftext|>")),
        ("word pieces", "The Paris", ("[CLS]", "the", "par", "##is", "[SEP]")),
        ("unigram", "The law", ("␣The", "␣law", "</s>")),
    ],
)
def test_labels_show_spaces_and_blanks_and_what_the_tokenizer_adds(
    kind: str, text: str, labels: tuple[str, ...], tmp_path: Path
) -> None:
    assert tokenizer(tmp_path, KINDS[kind]).encode(text).labels == labels


@pytest.mark.parametrize("kind", KINDS)
def test_every_token_of_a_vocabulary_has_a_label_of_its_own_by_which_it_is_found(kind: str, tmp_path: Path) -> None:
    own = tokenizer(tmp_path, KINDS[kind], rows=400)
    axis = Axis("vocabulary", 400, own.labels)
    assert len(set(own.labels)) == len(own.labels) == 400
    for place in range(400):
        assert own.labels.first(own.labels[place]) == place
        assert own.labels.is_unique(place)
        assert places_named(axis, name_along(axis, place)) == (place,)


def test_a_word_of_a_vocabulary_is_found_with_and_without_its_space(tmp_path: Path) -> None:
    labels = tokenizer(tmp_path, KINDS["bytes"]).labels
    assert labels.place("Paris") == labels.place(" Paris") == labels.place("␣Paris") == labels.first("␣Paris")
    assert (labels.place("\\n"), labels.place("cat")) == (labels.first("↵"), None)


def test_rows_beyond_the_vocabulary_have_their_number(tmp_path: Path) -> None:
    own = tokenizer(tmp_path, word_piece("a"), rows=9)
    assert own.labels[4:] == ("[MASK]", "a", "⟨6⟩", "⟨7⟩", "⟨8⟩")
    assert own.notes == ("the tokenizer has 6 tokens, and the embedding 9 rows",)
    assert (own.labels.first("⟨8⟩"), own.labels.first("⟨9⟩"), own.labels.first("⟨5⟩")) == (8, None, None)


def test_labels_of_the_same_file_are_equal_and_those_of_another_are_not(tmp_path: Path) -> None:
    both = [tokenizer(tmp_path, word_piece("a", "b")).labels for _ in range(2)]
    other = tokenizer(tmp_path, word_piece("b", "a")).labels
    assert both[0] == both[1] != other
    assert hash(both[0]) == hash(both[1])
    assert Axis("vocabulary", 7, both[0]) == Axis("vocabulary", 7, both[1])


# --- what is not done, and said


def test_a_file_that_cuts_texts_off_does_not_and_that_is_said(tmp_path: Path) -> None:
    cut = {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}
    own = tokenizer(tmp_path, word_piece("a", truncation=cut))
    assert own.notes == ("the tokenizer's file cuts a text off after 3 tokens: here that is not done",)
    assert own.encode("a a a a").labels == ("[CLS]", "a", "a", "a", "a", "[SEP]")


def test_a_file_that_fills_texts_up_does_not_and_that_is_said(tmp_path: Path) -> None:
    filled = {
        "strategy": {"Fixed": 9},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "[PAD]",
    }
    own = tokenizer(tmp_path, word_piece("a", padding=filled))
    assert own.notes == ("the tokenizer's file fills a text up with padding: here that is not done",)
    assert own.encode("a").labels == ("[CLS]", "a", "[SEP]")
    both = tokenizer(tmp_path, word_piece("a", padding=filled, truncation={"max_length": 3})).notes
    assert both == (
        "the tokenizer's file cuts a text off after 3 tokens, and fills a text up with padding: here neither is done",
    )


@pytest.mark.parametrize(
    ("data", "text", "note"),
    [
        (word_piece("a"), "[CLS] a", "the text begins with [CLS] twice: it holds one, and the tokenizer adds one"),
        (word_piece("a"), "a", None),
        (word_piece("a"), "a a", None),
        (word_piece("a", post_processor=None), "[CLS] [CLS] a", None),
        (byte_level("Ġa"), "aaa", None),
    ],
)
def test_a_beginning_that_stands_there_twice_is_said(data: Data, text: str, note: str | None, tmp_path: Path) -> None:
    assert tokenizer(tmp_path, data).encode(text).notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("is_said", "data", "note"),
    [
        (True, word_piece("a"), None),
        (False, word_piece("a"), "a text does not begin with [CLS]; the tokenizer puts it there"),
        (True, word_piece("a", post_processor=None), "a text begins with [CLS]; the tokenizer does not put it there"),
        (False, word_piece("a", post_processor=None), None),
    ],
)
def test_settings_that_say_otherwise_how_a_text_begins_are_told(
    is_said: bool, data: Data, note: str | None, tmp_path: Path
) -> None:
    own = tokenizer(tmp_path, data, tokenizer_config={"add_bos_token": is_said, "bos_token": "[CLS]"})
    assert own.encode("a").notes == ((f"tokenizer_config.json says that {note}",) if note else ())


# --- special ids


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (None, None, None)),
        ({"config": {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}}, (2, 3, 0)),
        ({"config": {"eos_token_id": 3}, "generation_config": {"eos_token_id": [4, 3]}}, (None, 4, None)),
        (
            {"config": {"pad_token_id": -1, "eos_token_id": None}, "tokenizer_config": {"pad_token": "[PAD]"}},
            (None, None, 0),
        ),
        ({"tokenizer_config": {"bos_token": {"content": "[CLS]"}, "eos_token": "[SEP]"}}, (2, 3, None)),
        ({"tokenizer_config": {"cls_token": "[CLS]", "pad_token": "[NONE]"}}, (2, None, None)),
        ({"config": {"eos_token_id": 99}}, (None, None, None)),
    ],
)
def test_what_begins_ends_and_fills_up_a_text_is_said_by_the_files_of_the_folder(
    settings: dict[str, Any], expected: tuple[int | None, ...], tmp_path: Path
) -> None:
    own = tokenizer(tmp_path, word_piece("a"), **settings)
    assert (own.start, own.end, own.pad) == expected


def test_a_model_may_end_a_text_in_several_ways_and_begin_its_answer_with_another_token(tmp_path: Path) -> None:
    config = {"eos_token_id": [3, 4], "decoder_start_token_id": 0}
    own = tokenizer(tmp_path, word_piece("a"), config=config)
    assert (own.special.ends, own.special.decoder_start) == ((3, 4), 0)


# --- what does not fit


def test_a_text_that_is_no_unicode_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="character 3 of the text is none"):
        tokenizer(tmp_path, word_piece("a")).encode("a \udc80")


def test_a_text_of_ten_million_words_is_refused_by_its_length(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="a text of 20,000,000 characters is too long"):
        tokenizer(tmp_path, word_piece("a")).encode("a " * 10_000_000)


def test_an_added_token_without_a_row_is_told_and_refused_where_a_text_has_it(tmp_path: Path) -> None:
    data = byte_level()
    own = tokenizer(tmp_path, data, rows=256)
    assert own.notes == ("1 added tokens have no row among the 256 of the embedding",)
    assert own.encode("a").labels == ("a",)
    with pytest.raises(
        Problem, match=r"the token <\|endoftext\|> has the id 256, and the model's embedding has 256 rows"
    ):
        own.encode("a<|endoftext|>")


def test_a_tokenizer_without_the_package_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attn_explore.model.checkpoints.tokens.library.find_spec", lambda _: None)
    own = tokenizer(tmp_path, word_piece("a"))
    assert own.labels[5] == "a"
    with pytest.raises(Problem) as refused:
        own.encode("a")
    assert refused.value.hint.startswith("pip install 'attn-explore[checkpoints]'")


def test_a_text_of_two_hundred_thousand_letters_is_read(tmp_path: Path) -> None:
    assert len(tokenizer(tmp_path, KINDS["bytes"]).encode("The law of Paris " * 12_000).ids) == 60_000


def test_where_no_process_can_be_started_that_is_told_of_the_surroundings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("attn_explore.model.checkpoints.tokens.library.subprocess.Popen", refuse)
    with pytest.raises(Problem, match="no process can be started") as refused:
        tokenizer(tmp_path, word_piece("a")).encode("a")
    assert refused.value.exit_status == 3


# --- the process


def test_the_process_of_a_tokenizer_ends_with_it(tmp_path: Path) -> None:
    own = tokenizer(tmp_path, word_piece("a"))
    own.encode("a")
    process = own.codec._process._process  # type: ignore[attr-defined]
    del own
    gc.collect()
    assert process.returncode is not None


def test_a_process_that_was_ended_from_outside_is_begun_again(tmp_path: Path) -> None:
    own = tokenizer(tmp_path, word_piece("a"))
    first = own.encode("a")
    process = own.codec._process._process  # type: ignore[attr-defined]
    os.kill(process.pid, 9)
    process.wait()
    with pytest.raises(Problem, match="it broke down"):
        own.encode("a")
    assert own.encode("a") == first


def test_a_tokenizer_that_is_not_asked_needs_no_process(tmp_path: Path) -> None:
    own = tokenizer(tmp_path, word_piece("a", post_processor=between("[CLS]", 2, None, 0)))
    assert own.labels.place("a") == 5
    assert own.codec._process is None  # type: ignore[attr-defined]
