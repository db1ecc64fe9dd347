"""Tokenizers in several files, as folders without tokenizer.json have them: vocab.json with merges.txt, or vocab.txt.

What goes on round the vocabulary is not in these files: it follows from the class that tokenizer_config.json names, or
that goes with the model. The classes below are built as transformers builds them; others are refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attn_explore.model.checkpoints.model_files import read_settings
from attn_explore.model.checkpoints.tokens.assembled import (
    Data,
    added_token,
    byte_level,
    document,
    in_bytes,
    place_given_twice,
    template,
)
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.regular import read_regular
from attn_explore.model.problems import Problem
from attn_explore.model.text import clip

LARGEST_FILE = 32 * 2**20
"""Bytes of a list of words, or of pairs that are joined."""

Settings = Mapping[str, Any]

_ROLES = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_LONGEST = 60


@dataclass(frozen=True)
class VocabFiles:
    """A folder without tokenizer.json, and what its settings say of the tokenizer."""

    folder: Path
    settings: Settings

    def vocab(self, name: str) -> dict[str, int]:
        """The words of vocab.json with their ids, or those of vocab.txt, which are counted."""
        path = self.folder / name
        if name.endswith(".json"):
            found = read_settings(path)
            if not isinstance(found, dict):
                raise Problem("these are no words with their ids", path=path)
            return found
        words = self._lines(name)
        twice = place_given_twice(words)
        if twice is not None:
            raise Problem(f"the word {clip(words[twice], _LONGEST)!r} stands here twice", path=path, line=twice + 1)
        return {word: place for place, word in enumerate(words)}

    def merges(self, name: str) -> list[list[str]]:
        """The pairs that are joined, in their order."""
        lines = self._lines(name)
        start = 1 if lines and lines[0].startswith("#version") else 0
        pairs = [line.split(" ") for line in lines[start:]]
        wrong = next((place for place, pair in enumerate(pairs) if len(pair) != 2), None)
        if wrong is not None:
            raise Problem("this is no pair of tokens", path=self.folder / name, line=start + wrong + 1)
        return pairs

    def _lines(self, name: str) -> list[str]:
        path = self.folder / name
        try:
            text = read_regular(path, LARGEST_FILE).decode()
        except UnicodeDecodeError as error:
            raise Problem("this is not UTF-8 text", path=path, place=f"byte {error.start}") from error
        return text.removesuffix("\n").replace("\r\n", "\n").split("\n") if text.strip() else []

    def token(self, role: str, otherwise: str = "") -> str:
        """The token of a role."""
        said = self.settings.get(role, otherwise)
        content = said.get("content") if isinstance(said, dict) else said
        return content if isinstance(content, str) else otherwise

    def flag(self, key: str, otherwise: bool) -> bool:
        """Whether something is done."""
        said = self.settings.get(key, otherwise)
        return said if isinstance(said, bool) else otherwise

    def added(self, vocab: Mapping[str, int], defaults: Mapping[str, str]) -> list[Data]:
        """The special tokens; those that the vocabulary does not have follow it, in the order of their roles."""
        tokens = {self.token(role, defaults.get(role, "")): role for role in reversed(_ROLES)}
        found: list[Data] = []
        for role in _ROLES:
            token = self.token(role, defaults.get(role, ""))
            if token and tokens[token] == role:
                place = vocab.get(token, len(vocab) + sum(each["content"] not in vocab for each in found))
                found.append(self._added(token, place, self.settings.get(role)))
        return found

    def _added(self, token: str, place: int, said: object) -> Data:
        flags = said if isinstance(said, dict) else {}
        kept = {key: flags.get(key) is True for key in ("single_word", "lstrip", "rstrip", "normalized")}
        return added_token(place, token, **kept)


def _gpt2(files: VocabFiles) -> Data:
    vocab = files.vocab("vocab.json")
    end = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")
    added = files.added(vocab, end)
    start, ids = files.token("bos_token", "<|endoftext|>"), {each["content"]: each["id"] for each in added}
    before = [(ids[start], start)] if files.flag("add_bos_token", False) else []
    words = in_bytes(has_prefix=files.flag("add_prefix_space", False))
    return byte_level(vocab, files.merges("merges.txt"), words, added_tokens=added, post_processor=template(before, []))


def _roberta(files: VocabFiles) -> Data:
    vocab = files.vocab("vocab.json")
    defaults = {
        **dict.fromkeys(("bos_token", "cls_token"), "<s>"),
        **dict.fromkeys(("eos_token", "sep_token"), "</s>"),
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    }
    added = files.added(vocab, defaults)
    ids = {each["content"]: each["id"] for each in added}
    first, last = files.token("cls_token", "<s>"), files.token("sep_token", "</s>")
    around = {"type": "RobertaProcessing", "sep": [last, ids[last]], "cls": [first, ids[first]]}
    has_prefix = files.flag("add_prefix_space", False)
    processor = around | {"trim_offsets": True, "add_prefix_space": has_prefix}
    words = in_bytes(has_prefix=has_prefix)
    return byte_level(vocab, files.merges("merges.txt"), words, added_tokens=added, post_processor=processor)


def _bert(files: VocabFiles) -> Data:
    vocab = files.vocab("vocab.txt")
    defaults = {f"{role}_token": f"[{role.upper()}]" for role in ("unk", "sep", "pad", "cls", "mask")}
    added = files.added(vocab, defaults)
    ids = {each["content"]: each["id"] for each in added}
    first, last = files.token("cls_token", "[CLS]"), files.token("sep_token", "[SEP]")
    accents = files.settings.get("strip_accents")
    return document(
        {
            "type": "WordPiece",
            "unk_token": files.token("unk_token", "[UNK]"),
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        },
        added_tokens=added,
        normalizer={
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": files.flag("tokenize_chinese_chars", True),
            "strip_accents": accents if isinstance(accents, bool) else None,
            "lowercase": files.flag("do_lower_case", True),
        },
        pre_tokenizer={"type": "BertPreTokenizer"},
        post_processor=template([(ids[first], first)], [(ids[last], last)]),
        decoder={"type": "WordPiece", "prefix": "##", "cleanup": True},
    )


BUILDERS: Mapping[str, Callable[[VocabFiles], Data]] = {
    "GPT2Tokenizer": _gpt2,
    "RobertaTokenizer": _roberta,
    "BartTokenizer": _roberta,
    "BertTokenizer": _bert,
    "DistilBertTokenizer": _bert,
}
"""What makes a tokenizer.json of the files of a class."""

_OF_MODELS = {
    **dict.fromkeys(("gpt2", "gpt_neo", "gptj", "opt"), "GPT2Tokenizer"),
    **dict.fromkeys(("roberta", "bart"), "RobertaTokenizer"),
    **dict.fromkeys(("bert", "distilbert"), "BertTokenizer"),
}
"""The class that goes with a model where nothing else is said."""


def class_of(settings: Settings, config: Settings) -> str | None:
    """The class of a tokenizer: as its settings say, or as goes with the model."""
    said = settings.get("tokenizer_class") or config.get("tokenizer_class")
    return said.removesuffix("Fast") if isinstance(said, str) else _OF_MODELS.get(str(config.get("model_type")))
