"""What is said of how a text became tokens: how much of it there is, what was done to it, and what was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attn_explore.explorer.drawing.numbers import counted
from attn_explore.explorer.telling.answers.token_remarks import remarks
from attn_explore.model.checkpoints.tokens.cut import Cut
from attn_explore.model.looking.tokens_read import ChatTemplate, TokensRead
from attn_explore.model.text import clip

_LONGEST, _LONGEST_NAME = 300, 40
"""Characters of a text, and of a name of the file, that are said."""

_MODELS: Mapping[str, str] = {
    "BPE": "Byte pair encoding: of all neighbours that the file lists, those of the lowest rank are joined first.",
    "WordPiece": "WordPiece: from the left, the longest piece that is a token is taken off; ## goes on a word.",
    "Unigram": "Unigram: of all ways to cut a word, the one whose pieces have the largest sum of scores.",
    "SentencePiece": "SentencePiece: of all neighbours that make a piece, those of the largest score are joined first.",
    "WordLevel": "Whole words: each is looked up as it is.",
    "whitespace": "The text is split at its spaces; each word has a row of the embedding table.",
    "character": "The text is split into its characters, without spaces; each has a row of the embedding table.",
}
_REWRITES: Mapping[str, str] = {
    "NFC": "accents join their letters",
    "NFD": "accents part from their letters",
    "NFKC": "characters that look alike become one",
    "NFKD": "characters that look alike become one",
    "Lowercase": "lower case",
    "StripAccents": "accents are dropped",
    "BertNormalizer": "clean text, and as the file says lower case and no accents",
    "Replace": "one text for another",
    "Prepend": "a space is put before it",
    "Strip": "no spaces at the ends",
    "Precompiled": "the table of SentencePiece",
}
_CUTS: Mapping[str, str] = {
    "ByteLevel": "every byte is a letter, and a space belongs to its word",
    "BertPreTokenizer": "at spaces and punctuation",
    "Metaspace": "at spaces, which are kept",
    "Digits": "digits apart",
    "Split": "by a pattern of the file",
    "Whitespace": "at spaces and punctuation",
    "WhitespaceSplit": "at spaces",
    "Punctuation": "at punctuation",
}


def said_of(reads: Sequence[TokensRead], template: ChatTemplate | None) -> Iterator[str]:
    """A sentence or two for each thing; what is unusual before what is done to every text."""
    for read in reads:
        whose = f"The {read.stack}: " if len(reads) > 1 else ""
        yield f"{whose}{_counted(read)}"
        yield from remarks(read)
        for cut in read.cuts:
            yield from _of_cut(cut)
    if template is not None:
        yield _of_template(template, reads[0])


def _counted(read: TokensRead) -> str:
    """`24 characters in 24 bytes, 5 words, 5 tokens, 0 of them put there by the tokenizer.`"""
    parts = []
    if read.texts:
        text = "".join(read.texts)
        parts += [counted(len(text), "character"), counted(len(text.encode("utf-8", "replace")), "byte")]
    if read.cuts:
        parts.append(counted(sum(word.kind == "word" for word in read.words), "word"))
    added = sum(len(word.ids) for word in read.words if word.kind == "around")
    tokens = counted(len(read.ids), "token")
    return f"{', '.join((*parts, tokens))}{f', {added} of them put there by the tokenizer' if added else ''}."


def _of_cut(cut: Cut) -> Iterator[str]:
    if cut.normalised is not None:
        made = "leave it as it is" if cut.normalised == cut.text else f"make of it “{clip(cut.normalised, _LONGEST)}”"
        yield f"The rules that rewrite the text ({_explained(cut.normalisers, _REWRITES)}) {made}."
    if cut.splitters:
        yield f"It is cut into words first ({_explained(cut.splitters, _CUTS)})."
    if cut.model in _MODELS:
        yield _MODELS[cut.model]


def _explained(names: Sequence[str], known: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {known[name]}" if name in known else clip(name, _LONGEST_NAME) for name in names)


def _of_template(template: ChatTemplate, read: TokensRead) -> str:
    tokens = ", ".join(map(read.vocabulary.label, template.ids))
    adds = f"; it writes {tokens} round messages" if tokens else ""
    return (
        f"The model has a chat template ({counted(len(template.text), 'character')}), which this text does not go"
        f" through{adds}. It is a program, and is not run here: --template prints it."
    )
