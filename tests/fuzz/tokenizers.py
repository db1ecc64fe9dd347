"""Spoiled tokenizers: those that look like one go to the tokenizers package, in its process."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from attn_explore.model.axes import Axis
from attn_explore.model.checkpoints.tokenizing import Tokenizer, tokenizer_of
from attn_explore.model.files.strict_json import read_json
from attn_explore.model.naming import name_along, places_named, shown
from tests.fuzz.mutations import spoiled_tree, written
from tests.fuzz.reader import Reader, by_path, words
from tests.tokenizer_files import BPE, between, tokenizer_json, unigram, word_piece

ROWS = 64
_TEXT = "ab ca\n[CLS]<x> é日"
_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
_SPLIT = {"type": "Split", "pattern": {"Regex": "\\p{L}+|\\s"}, "behavior": "Isolated", "invert": False}
_CUT = {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}
_SEEDS = (
    tokenizer_json(
        BPE | {"vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3, "c": 4, "Ġc": 5}, "merges": [["a", "b"], ["Ġ", "c"]]},
        pre_tokenizer={"type": "Sequence", "pretokenizers": [_SPLIT, _LEVEL | {"use_regex": False}]},
        decoder=_LEVEL,
        post_processor=between("<x>", 6, None, 0),
        added={6: "<x>"},
    ),
    word_piece("ab", "c", "##a", truncation=_CUT),
    unigram("▁ab", "▁", "c", "a"),
)
_PARTS = (
    "ByteLevel BertNormalizer BertPreTokenizer Metaspace Replace Prepend Precompiled Sequence Split Punctuation Digits "
    "FixedLength NFKC Lowercase Strip TemplateProcessing RobertaProcessing ByteFallback Fuse CTC BPEDecoder "
    "WordPiece WordLevel Unigram BPE type vocab merges model pattern String Regex content behavior Isolated Removed "
    "replacement prepend_scheme length unk_token unk_id byte_fallback continuing_subword_prefix end_of_word_suffix "
    "added_tokens id special normalized single_word lstrip rstrip truncation padding max_length Fixed BatchLongest "
    "single pair special_tokens SpecialToken ids tokens dropout fuse_unk (a+)+$ \\p{L} ▁ Ġ ## [CLS] <0x0A>"
)


def tokenizer() -> Reader:
    """Make the reader of tokenizer.json."""
    folder_of = by_path(_read)
    seeds = tuple(json.dumps(seed, ensure_ascii=False).encode() for seed in _SEEDS)
    return Reader("tokenizer", seeds, words("[ ] { } , : \\ud800", *_PARTS.split()), folder_of, _keep)


def _read(path: Path) -> None:
    path.replace(path.with_name("tokenizer.json"))
    _use(tokenizer_of(path.parent, ROWS))


def _use(own: Tokenizer) -> None:
    """Read a text, write it, see how it was cut, and look at every label of the vocabulary."""
    ids = own.encode(_TEXT).ids
    own.text(ids)
    for word in own.cut(_TEXT).words:
        assert len(word.ids) == len(word.tokens)
    axis = Axis("vocabulary", ROWS, own.labels)
    for place in range(ROWS):
        assert shown(axis, place).isprintable()
        assert places_named(axis, name_along(axis, place)) == (place,)


# --- the metadata of GGUF

_PRE = ("gpt-2", "smollm", "qwen2", "llama-bpe", "tekken")
_FILES = (
    {
        "model": "gpt2",
        "pre": "smollm",
        "tokens": ["<x>", "a", "b", "ab", "Ġ", "c", "Ġc"],
        "token_type": [3, 1, 1, 1, 1, 1, 1],
        "merges": ["a b", "Ġ c"],
        "bos_token_id": 0,
        "add_bos_token": True,
    },
    {
        "model": "llama",
        "tokens": ["<unk>", "<s>", "</s>", "▁", "a", "b", "▁a", "▁ab", "<0x0A>", "<0xE6>"],
        "token_type": [2, 3, 3, 1, 1, 1, 1, 1, 6, 6],
        "scores": [0, 0, 0, -1, -2, -3, -1.5, -2.5, 0, 0],
        "add_space_prefix": True,
        "padding_token_id": 2,
    },
)
_KEYS = tuple(dict.fromkeys(key for said in _FILES for key in (*said, *_PRE, "▁", "<0x41>", "<s>", "eot_token_id")))


def gguf_tokenizer() -> Reader:
    """Make the reader of tokenizers in GGUF files, from what their header says."""
    seeds = tuple(json.dumps(said, ensure_ascii=False).encode() for said in _FILES)
    return Reader("gguf_tokenizer", seeds, words("[ ] { } , :", *_KEYS), _read_metadata, _keep_metadata)


def _read_metadata(content: bytes) -> None:
    said = read_json(content, Path("file"), 2**24)
    metadata = {f"tokenizer.ggml.{key}": value for key, value in said.items()} if isinstance(said, dict) else {}
    _use(tokenizer_of(Path("file"), ROWS, metadata))


def _keep_metadata(chance: Random, content: bytes) -> bytes:
    return written(spoiled_tree(chance, json.loads(content), _KEYS)).encode("utf-8", "replace")


def _keep(chance: Random, content: bytes) -> bytes:
    return written(spoiled_tree(chance, json.loads(content), _PARTS.split())).encode("utf-8", "replace")
