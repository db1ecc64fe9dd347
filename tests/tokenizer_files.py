"""Small tokenizers as files, one of each kind, written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attn_explore.model.checkpoints.tokens.spelling import LETTERS

Data = dict[str, Any]

BPE: Data = {
    "type": "BPE",
    "dropout": None,
    "unk_token": None,
    "continuing_subword_prefix": None,
    "end_of_word_suffix": None,
    "fuse_unk": False,
    "byte_fallback": False,
}


def tokenizer_json(model: Data, **more: Any) -> Data:
    """A tokenizer.json around a model; `more` are its other parts, and `added` its special tokens by their ids."""
    added = [
        {
            "id": place,
            "content": content,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for place, content in more.pop("added", {}).items()
    ]
    parts = dict.fromkeys(("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder"))
    return {"version": "1.0", **parts, "added_tokens": added, **more, "model": model}


def byte_level(*words: str, **more: Any) -> Data:
    """GPT-2's kind: every byte, then each of the words, which are joined from the left: `Ġthe` of `Ġt` and `he`."""
    vocab = {letter: place for place, letter in enumerate(LETTERS.values())}
    merges = []
    for word in words:
        for end in range(2, len(word) + 1):
            if word[:end] not in vocab:
                vocab[word[:end]] = len(vocab)
                merges.append([word[: end - 1], word[end - 1]])
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    added = {len(vocab): "<|endoftext|>"}
    parts: Data = {"pre_tokenizer": level, "decoder": level, "added": added} | more
    return tokenizer_json(BPE | {"vocab": vocab, "merges": merges}, **parts)


def word_piece(*words: str, **more: Any) -> Data:
    """BERT's kind: `[CLS] … [SEP]` round words and their ends, `##ing`."""
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    vocab = {word: place for place, word in enumerate((*special, *words))}
    model = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##"}
    parts: Data = {
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": between("[CLS]", 2, "[SEP]", 3),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "added": dict(enumerate(special)),
    }
    return tokenizer_json(model | {"max_input_chars_per_word": 100, "vocab": vocab}, **(parts | more))


def unigram(*pieces: str, **more: Any) -> Data:
    """T5's kind: pieces with scores, in which a space is `▁`, and `</s>` behind a text."""
    vocab = [["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], *([piece, -float(len(piece) == 1)] for piece in pieces)]
    space = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    parts: Data = {
        "pre_tokenizer": space,
        "decoder": space,
        "post_processor": between(None, 0, "</s>", 1),
        "added": {0: "<pad>", 1: "</s>", 2: "<unk>"},
    }
    return tokenizer_json({"type": "Unigram", "unk_id": 2, "vocab": vocab, "byte_fallback": False}, **(parts | more))


def between(first: str | None, first_id: int, last: str | None, last_id: int) -> Data:
    """What puts one token before a text and one behind it, where they are named."""
    special = {name: place for name, place in ((first, first_id), (last, last_id)) if name is not None}
    single: list[Data] = [{"Sequence": {"id": "A", "type_id": 0}}]
    if first is not None:
        single.insert(0, {"SpecialToken": {"id": first, "type_id": 0}})
    if last is not None:
        single.append({"SpecialToken": {"id": last, "type_id": 0}})
    known = {name: {"id": name, "ids": [place], "tokens": [name]} for name, place in special.items()}
    pair = [*single, {"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": known}


def folder_with(folder: Path, data: Data | bytes, **settings: Data) -> Path:
    """A folder with a tokenizer.json, and with files of settings: `config={"eos_token_id": 1}`."""
    folder.mkdir(exist_ok=True)
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    (folder / "tokenizer.json").write_bytes(content)
    for name, said in settings.items():
        (folder / f"{name}.json").write_text(json.dumps(said), "utf-8")
    return folder
