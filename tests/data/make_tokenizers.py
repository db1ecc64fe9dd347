"""Makes tokenizers.json: small tokenizers of several kinds, and the ids that other programs give to some texts.

Run it where transformers, sentencepiece and tokenizers are installed: `python tests/data/make_tokenizers.py`. It was
run with transformers 5.24.0, sentencepiece 0.2.3 and tokenizers 0.23.3.

sentencepiece   a BPE model that sentencepiece trained, as llama.cpp's converter writes it, and sentencepiece's own ids
byte_level      a byte-level BPE, and for each way to cut texts into words the ids of transformers' reader of GGUF
folders         the files of folders without tokenizer.json, and the ids of transformers' AutoTokenizer
"""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import sentencepiece
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer
from transformers.integrations.gguf import convert_gguf_tokenizer

CORPUS = """Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do:
once or twice she had peeped into the book her sister was reading, but it had no pictures or conversations in it,
"and what is the use of a book," thought Alice "without pictures or conversations?" So she was considering in her own
mind (as well as she could, for the hot day made her feel very sleepy and stupid), whether the pleasure of making a
daisy-chain would be worth the trouble of getting up and picking the daisies, when suddenly a White Rabbit with pink
eyes ran close by her. There was nothing so very remarkable in that; nor did Alice think it so very much out of the way
to hear the Rabbit say to itself, "Oh dear! Oh dear! I shall be late!" It's 1865, I've 20 or 365 days, he'll say."""

TEXTS = (
    "Alice was beginning to get very tired",
    " the Rabbit",
    "  two  spaces   and\n\n  a line\n\tand a tab",
    "It's 2024, we'll see: IT'S, I'VE 12345 or 1,000.50!",
    "déjà vu, naïve, Straße",
    "日本語のテスト",
    "\U0001f469\u200d\U0001f4bb \u2764\ufe0f",
    "e\u0301 a\u0300",
    "١٢٣ ½ ² Ⅳ",
    "def f(x):\r\n    return x  # no\r\n",
    "…“quotes”—dash",
    "\u00a0nbsp\u3000wide",
    "aaaaaaaaaaaaaaaa",
    "HTTPServer camelCase snake_case",
    "x\x00\x1b[31m",
    "   ",
    "",
)


def sentence_piece() -> dict[str, Any]:
    """A model with bytes for what it does not know, and pieces that are found whole."""
    sink = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS.split("\n")),
        model_writer=sink,
        vocab_size=520,
        model_type="bpe",
        byte_fallback=True,
        character_coverage=1.0,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        user_defined_symbols=["<|user|>"],
        minloglevel=2,
    )
    model = sentencepiece.SentencePieceProcessor(model_proto=sink.getvalue())
    places = range(model.vocab_size())
    kinds = ((model.is_unknown, 2), (model.is_control, 3), (model.is_unused, 5), (model.is_byte, 6))
    types = [next((kind for is_kind, kind in kinds if is_kind(place)), 1) for place in places]
    types[model.piece_to_id("<|user|>")] = 4
    return {
        "tokens": [model.id_to_piece(place) for place in places],
        "scores": [model.get_score(place) for place in places],
        "types": types,
        "ids": [[text, [model.bos_id(), *model.encode(text)]] for text in TEXTS],
        "decoded": [[model.encode(text), model.decode(model.encode(text))] for text in TEXTS],
    }


def trained(*special: str) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """The tokens and pairs of a byte-level BPE."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=alphabet, special_tokens=list(special))
    tokenizer.train_from_iterator(CORPUS.split("\n"), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], model["merges"]


def byte_level() -> dict[str, Any]:
    """A BPE, and its ids for each way to cut a text into words."""
    vocab, merges = trained("<|begin|>", "<|end|>", "<think>")
    tokens = sorted(vocab, key=vocab.__getitem__)
    types = [3, 3, 4] + [1] * (len(tokens) - 3)
    joined = [" ".join(pair) for pair in merges]
    texts = [*TEXTS, "<|begin|>Alice<think> was<|end|>"]
    ids = {}
    for name in ("gpt-2", "llama-bpe", "qwen2", "tekken", "gpt-4o"):
        said = {
            "tokenizer_type": "gpt2",
            "pre_tokenizer_type": name,
            "tokens": tokens,
            "merges": joined,
            "token_type": types,
        }
        tokenizer, _ = convert_gguf_tokenizer("llama", said)
        ids[name] = [[text, tokenizer.encode(text, add_special_tokens=False).ids] for text in texts]
    return {"tokens": tokens, "types": types, "merges": joined, "ids": ids}


def folder(files: dict[str, Any], texts: tuple[str, ...] = TEXTS) -> dict[str, Any]:
    """The files of a folder, and its ids."""
    with tempfile.TemporaryDirectory() as place:
        for name, content in files.items():
            (Path(place) / name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        tokenizer = AutoTokenizer.from_pretrained(place)
        return {"files": files, "ids": [[text, tokenizer(text)["input_ids"]] for text in texts]}


def folders() -> dict[str, Any]:
    """Folders without tokenizer.json."""
    vocab, merges = trained("<|endoftext|>")
    parts = {"vocab.json": vocab, "merges.txt": "\n".join(["#version: 0.2", *map(" ".join, merges), ""])}
    vocab, merges = trained("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    masked = {"vocab.json": vocab, "merges.txt": "\n".join(["#version: 0.2", *map(" ".join, merges), ""])}
    token = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "__type": "AddedToken"}
    opt = {
        "bos_token": {"content": "</s>", **token},
        "eos_token": {"content": "</s>", **token},
        "unk_token": {"content": "</s>", **token},
        "pad_token": {"content": "<pad>", **token},
        "add_prefix_space": False,
        "add_bos_token": True,
        "errors": "replace",
        "tokenizer_class": "GPT2Tokenizer",
    }
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] the rabbit alice was begin ##ning to get very tired ' , : ! . de ##ja vu"
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    listed = "\n".join([*words.split(), *letters, *(f"##{letter}" for letter in letters), "A", "##L", "日", "本", ""])
    lower, upper = {"do_lower_case": True}, {"do_lower_case": False, "tokenizer_class": "BertTokenizer"}
    bert = {"vocab.txt": listed, "config.json": {"model_type": "bert"}}
    texts = (*TEXTS, "[CLS] alice [MASK] [SEP]", "<mask>the</s><|endoftext|>")
    return {
        "gpt2": folder({**parts, "config.json": {"model_type": "gpt2"}}, texts),
        "gpt2 with a space": folder(
            {**parts, "config.json": {"model_type": "gpt2"}, "tokenizer_config.json": {"add_prefix_space": True}}
        ),
        "opt": folder({**masked, "config.json": {"model_type": "opt"}, "tokenizer_config.json": opt}, texts),
        "roberta": folder({**masked, "config.json": {"model_type": "roberta"}}, texts),
        "bert": folder({**bert, "tokenizer_config.json": lower}, texts),
        "cased bert": folder({**bert, "tokenizer_config.json": upper}),
        "distilbert": folder({"vocab.txt": listed, "config.json": {"model_type": "distilbert"}}),
    }


if __name__ == "__main__":
    made = {"sentencepiece": sentence_piece(), "byte_level": byte_level(), "folders": folders()}
    target = Path(__file__).with_name("tokenizers.json")
    target.write_text(json.dumps(made, ensure_ascii=False, indent=None, separators=(",", ":")) + "\n", "utf-8")
    print(target.stat().st_size)
