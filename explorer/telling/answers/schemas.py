"""The JSON Schemas of answers, by the commands that print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from attn_explore.model.checkpoints.tokens.cut import KINDS
from attn_explore.model.config import Rounding
from attn_explore.model.looking.head_scores import LOGIT, SCORES
from attn_explore.model.looking.sampling import STEPS

_TEXT = {"type": "string"}
_WORDS = {"type": "array", "items": _TEXT}
_COUNT = {"type": "integer", "minimum": 0}
_NUMBER = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}
PATH = {**_TEXT, "description": "A step of the run, by its path: decoder.layers.0.self_attention.weights"}


def _closed(properties: Mapping[str, Any], may_lack: Sequence[str] = ()) -> dict[str, Any]:
    """An object that has all of these, but perhaps those that it `may_lack`, and nothing else."""
    named = dict(properties)
    required = [name for name in named if name not in may_lack]
    return {"type": "object", "properties": named, "required": required, "additionalProperties": False}


def _or_null(schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}], "description": description}


_TOKEN = {"token": {**_TEXT, "description": "Its text, with its space."}, "id": _COUNT}
_TOKENS = {"type": "array", "items": _closed(_TOKEN)}

_SCORE = _or_null(_NUMBER, "The mean over the tokens that look; null where the rule names no place.")
_HEAD = {
    "at": PATH,
    "stack": {"enum": ["encoder", "decoder"]},
    "attention": {"enum": ["self", "cross"]},
    "layer": _COUNT,
    "head": _COUNT,
    **dict.fromkeys(SCORES, _SCORE),
    LOGIT: _or_null(_NUMBER, "What it adds to the logit, where one was asked for; null where it reaches none."),
}
_HEADS = {
    "tokens": _or_null(_TOKENS, "The text that was read; null where a model was given none."),
    "made_up": _or_null(_closed({"seed": _COUNT, "tokens": _TOKENS}), "Tokens that were drawn and said twice."),
    "measured_on": _closed({score: {"enum": ["text", "made_up"]} for score in SCORES}),
    "heads": {"type": "array", "items": _closed(_HEAD, (LOGIT,))},
}

_LIKELY = {"type": "array", "items": _closed({**_TOKEN, "probability": _NUMBER})}
_LENS_ROW = {
    "at": PATH,
    "head": {**_COUNT, "description": "The head, where the row is of what a single one writes."},
    "top": {
        "type": "array",
        "items": _LIKELY,
        "description": "For each token the likeliest, the first first.",
    },
    "rank": {"type": "array", "items": _COUNT, "description": "For each token how many are likelier than `token`."},
    "logit": {"type": "array", "items": _NUMBER, "description": "For each token the logit of `token`."},
}
_LENS = {
    "tokens": {**_TOKENS, "description": "The text that was read."},
    "token": {**_closed(_TOKEN), "description": "The token that was asked for."},
    "rows": {"type": "array", "items": _closed(_LENS_ROW, ("head", "rank", "logit"))},
}

_FIRED = {"type": "array", "items": _closed({**_TOKEN, "place": _COUNT, "activation": _NUMBER})}
_NEURON = {
    "neuron": {**_COUNT, "description": "Its number in the network."},
    "activation": _NUMBER,
    "length": {**_NUMBER, "description": "Of what it adds to the residual stream."},
    "favours": {**_TOKENS, "description": "Words that its output row adds most to; none without a head."},
    "against": {**_TOKENS, "description": "Words that it takes most from."},
    "fires": {**_FIRED, "description": "The tokens of the text on which it is largest by size."},
}
_NEURONS = {
    "at": PATH,
    **_TOKEN,
    "place": {**_COUNT, "description": "Of the token in the text."},
    "neurons": {"type": "array", "items": _closed(_NEURON)},
    "weaker": {**_COUNT, "description": "How many other neurons write less there."},
    "silent": {**_COUNT, "description": "How many write nothing there."},
}
_OF = {
    "at": PATH,
    "place": {**_COUNT, "description": "After which token of the text it is said."},
    **_TOKEN,
    "against": {**_closed(_TOKEN), "description": "The token whose logit is subtracted."},
}
_TERM = {
    "at": {**_TEXT, "description": "A block, a step, or a parameter that is a bias."},
    "head": _COUNT,
    "token": {**_COUNT, "description": "With --open, of a head: the place of the token that it took this from."},
    "neuron": {**_COUNT, "description": "With --open, of a network: the neuron."},
    "value": _NUMBER,
}
_ATTRIBUTE = {
    "of": _closed(_OF, ("place", "against")),
    "value": {**_NUMBER, "description": "The logit, or the difference; with --open, that term of it."},
    "terms": {"type": "array", "items": _closed(_TERM, ("head", "token", "neuron"))},
    "remainder": {**_NUMBER, "description": "What the terms lack of the value: rounding."},
}

_WRITER = {
    "at": {**PATH, "description": "The block of a head or of a network; else the step or the parameter that wrote it."},
    "head": {**_COUNT, "description": "The head, where it is one."},
}
_WRITERS = {"type": "array", "items": _closed({**_WRITER, "value": _NUMBER}, ("head",))}
_WHO = _closed(_WRITER, ("head",))
_WHY = {
    "of": _closed({"at": PATH, "head": _COUNT, "query": _COUNT, "key": _COUNT}),
    "value": {**_NUMBER, "description": "The score: query + bias + remainder, or key, pairs or columns in its place."},
    "weight": _NUMBER,
    "factor": {**_NUMBER, "description": "What the product of query and key is multiplied by."},
    "query": {**_WRITERS, "description": "What each writer of the query adds, times the whole key."},
    "key": {**_WRITERS, "description": "What each writer of the key adds, times the whole query."},
    "pairs": {
        "type": "array",
        "items": _closed({"query": _WHO, "key": _WHO, "value": _NUMBER}),
        "description": "The largest products of a writer of the query and one of the key.",
    },
    "columns": {"type": "array", "items": _NUMBER, "description": "What each column of query and key adds."},
    "bias": {**_NUMBER, "description": "What is added for where query and key stand; 0 where nothing is."},
    "remainder": {**_NUMBER, "description": "What all of them lack of the score: rounding."},
    "favours": {**_TOKENS, "description": "Words that gain most by what the head takes from there."},
    "against": {**_TOKENS, "description": "Words that lose most by it."},
}

_PART = {"name": _TEXT, "what": _TEXT, "bits": _TEXT, "number": _NUMBER}
_STORED = {
    "file": _TEXT,
    "tensor": _TEXT,
    "offset": {**_COUNT, "description": "Of the first byte in the file."},
    "bytes": {**_TEXT, "description": "Of the number, or of the block that it is in, in hexadecimal."},
    "numbers": {**_COUNT, "description": "How many are in the block."},
    "place": {**_COUNT, "description": "Of the number among them."},
}
_BITS = {
    "at": PATH,
    "index": {"type": "array", "items": _COUNT},
    "value": _NUMBER,
    "storage": {**_TEXT, "description": "F64, F32, F16, BF16, a type of GGUF: Q4_1; or INT8."},
    "parts": {"type": "array", "items": _closed(_PART)},
    "formula": {**_TEXT, "description": "How the value comes from the parts."},
    "written": {**_TEXT, "description": "The same with their numbers."},
    "stored": {**_closed(_STORED), "description": "Where, of a parameter that is read from a model's file."},
}

_PIECES = {**_WORDS, "description": "As they are shown: ␣ for a space, <0xE6> for a byte."}
_MERGE = {
    "made": {**_PIECES, "description": "The two pieces that were joined, or the one that was found."},
    "number": _or_null(_NUMBER, "The rank of a merge, from 0, or the score of a piece; null where there is none."),
    "pieces": {**_PIECES, "description": "The word after it; after the last step these are its tokens."},
}
_WORD = {
    "text": {**_TEXT, "description": "What stands in the text; nothing for what is no part of it."},
    "pieces": {**_PIECES, "description": "What the steps begin with."},
    "steps": {"type": "array", "items": _closed(_MERGE)},
    "scores": {"type": "array", "items": _NUMBER, "description": "Of its tokens, where the model goes by them."},
}
_CUT = {
    "text": _TEXT,
    "normalisers": {**_WORDS, "description": "What rewrote the text, by the names of tokenizer.json."},
    "normalised": _or_null(_TEXT, "The text as they left it."),
    "splitters": {**_WORDS, "description": "What cut it into words."},
    "model": {**_TEXT, "description": "What cut the words: BPE, WordPiece, Unigram, SentencePiece, WordLevel, …"},
}
_FROM = {"enum": list(KINDS), "description": "Where it comes from; `around`: the tokenizer puts it round every text."}
_READ_TOKEN = {**_TOKEN, "from": _FROM, "word": {**_COUNT, "description": "Its place in `words`."}}
_READ = {
    "stack": {"enum": ["encoder", "decoder"]},
    "texts": {"type": "array", "items": _closed(_CUT)},
    "tokens": {"type": "array", "items": _closed(_READ_TOKEN)},
    "words": {"type": "array", "items": _closed(_WORD)},
    "remarks": {**_WORDS, "description": "What is unusual in how the text was cut, a sentence each."},
}
_TOKENS_READ = {
    "reads": {"type": "array", "items": _closed(_READ), "description": "What each stack reads."},
    "chat_template": _or_null(_closed({"text": _TEXT, "tokens": _TOKENS}), "That of the model; it is not run."),
}

_RUN = _closed({"tokens": _WORDS, "difference": {**_NUMBER, "description": "Of the two logits, in this run."}})
_PATCH_ROW = {
    "at": {**PATH, "description": "The step that is patched."},
    "exact": {
        "type": "array",
        "items": {"anyOf": [_NUMBER, {"type": "null"}]},
        "description": "For each token or head how much comes back in a run with the patch; null where none was made.",
    },
    "estimate": {"type": "array", "items": _NUMBER, "description": "The same as the gradient estimates it."},
}
_PATCH = {
    "of": {"enum": ["residual", "attention", "ffn", "heads"]},
    "clean": {**_RUN, "description": "The run that the numbers are taken from."},
    "corrupted": {**_RUN, "description": "The run that they are put into."},
    "place": {**_COUNT, "description": "After which token of the text the logits are said."},
    "token": _closed(_TOKEN),
    "against": {**_closed(_TOKEN), "description": "The token whose logit is subtracted."},
    "across": {"enum": ["token", "head"]},
    "rows": {"type": "array", "items": _closed(_PATCH_ROW)},
}

_KEPT = _closed({"at": PATH, "shape": {"type": "array", "items": _COUNT, "description": "Heads, tokens, numbers."}})
_COUNTS = {
    "numbers": _COUNT,
    "bytes": _COUNT,
    "bytes_with_a_head_each": {**_COUNT, "description": "With keys and values for each head that asks."},
}
_KEPT_BLOCK = {
    "at": PATH,
    "keys": _KEPT,
    "values": _KEPT,
    "heads": {**_COUNT, "description": "That ask."},
    "heads_with_keys": {**_COUNT, "description": "That have keys and values: fewer, with grouped queries."},
    "tokens": _COUNT,
    **_COUNTS,
}
_CACHE = {
    "is_kept": {"type": "boolean", "description": "Whether passes took over from each other; else all is made anew."},
    "passes": _COUNT,
    "dtype": _TEXT,
    **_COUNTS,
    "numbers_a_token": {**_COUNT, "description": "What each further token adds."},
    "bytes_a_token": _COUNT,
    "blocks": {"type": "array", "items": _closed(_KEPT_BLOCK)},
}

_CANDIDATE = {
    **_TOKEN,
    "probability": {**_NUMBER, "description": "The model's own."},
    "chance": {**_NUMBER, "description": "What the sampler leaves of it."},
    "cut_by": {"enum": list(STEPS), "description": "The step of the sampler that cut it."},
}
_STEP_TAKEN = {
    "step": {"enum": list(STEPS)},
    "cut": {**_COUNT, "description": "Words that it cut."},
    "moved": {**_NUMBER, "description": "The share of all probability that it gave to other words."},
}
_CHOICE = {
    "at": {**PATH, "description": "The step with its candidates."},
    **_CANDIDATE,
    "forced": {"type": "boolean", "description": "Whether it was put there."},
    "draw": _or_null(_NUMBER, "From 0 to 1, the likeliest word first; null where nothing was drawn."),
    "steps": {"type": "array", "items": _closed(_STEP_TAKEN)},
    "candidates": {"type": "array", "items": _closed(_CANDIDATE, ("cut_by",))},
    "read": {**_COUNT, "description": "Words that the decoder had read."},
    "cache_bytes": {**_COUNT, "description": "Of the keys and values that there were by then, or would be in a cache."},
}
_CHOICES = {"type": "array", "items": _closed(_CHOICE, ("cut_by",))}
_SAMPLER = {
    "repetition_penalty": _NUMBER,
    "temperature": _NUMBER,
    "top_k": {**_COUNT, "description": "0: all words."},
    "top_p": _NUMBER,
    "seed": _or_null(_COUNT, "null where the likeliest word is chosen."),
}
_GENERATE = {
    "sampler": _closed(_SAMPLER),
    "words": {**_CHOICES, "description": "Those that are generated, in order."},
    "instead": {**_CHOICES, "description": "The same with the words of --instead."},
}

_METHODS = {
    "gradient_times_input": {**_NUMBER, "description": "The gradient by the word's embedding, times this."},
    "integrated_gradients": _or_null(
        _NUMBER, "The mean gradient from embeddings of zero on, times this; null where they were not made."
    ),
    "rollout": {**_NUMBER, "description": "The share of the word, as attention alone mixes them."},
    "left_out": _or_null(_NUMBER, "What is lost without the word; null where it cannot be left out, or was not."),
}
_MADE_BY = {"stack": {"enum": ["encoder", "decoder"]}, "place": _COUNT, **_TOKEN, **_METHODS}
_WORDS_OF = {
    "of": _closed({"at": PATH, "measure": {"enum": ["logit", "probability"]}, "place": _COUNT, **_TOKEN}, ("place",)),
    "value": {**_NUMBER, "description": "The output: the logit or the probability of the token."},
    "words": {"type": "array", "items": _closed(_MADE_BY)},
    "together": {**_closed(_METHODS), "description": "The sum of each method over the words."},
    "left_out_by": {"enum": ["mask", "leaving out"]},
    "baseline": _closed({"embeddings": {"enum": ["zero"]}, "value": _or_null(_NUMBER, "null where it was not made.")}),
    "steps": {**_COUNT, "description": "How many gradients the integrated ones are the mean of."},
    "error": _or_null(
        _NUMBER, "What these lack of the output less that at the baseline; null where they were not made."
    ),
}

_ROUNDED_STEP = {
    "at": PATH,
    "relative": {**_NUMBER, "description": "The root of the sum of squared differences, by that of its numbers."},
    "largest": {**_NUMBER, "description": "The largest difference, rounded less exact."},
    "index": {"type": "array", "items": _COUNT, "description": "Where that is."},
    "exact": _NUMBER,
    "rounded": _NUMBER,
}
_ROUNDING = {
    "as": {"enum": list(get_args(Rounding))},
    "first": _or_null(PATH, "The first step that differs."),
    "matters": _or_null(PATH, "The first step that is off by more than 1% of its size."),
    "said": {**_COUNT, "description": "How many words or labels the model says."},
    "otherwise": {**_COUNT, "description": "How many of them the rounded model says otherwise."},
    "steps": {"type": "array", "items": _closed(_ROUNDED_STEP)},
}

SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "cache": _closed(_CACHE),
    "attribute": _closed(_ATTRIBUTE),
    "rounding": _closed(_ROUNDING),
    "bits": _closed(_BITS, ("stored",)),
    "generate": _closed(_GENERATE, ("instead",)),
    "heads": _closed({"logit_of": _closed(_OF, ("place", "against")), **_HEADS}, ("logit_of",)),
    "lens": _closed(_LENS, ("token",)),
    "neurons": _closed(_NEURONS),
    "tokens": _closed(_TOKENS_READ),
    "patch": _closed(_PATCH, ("place",)),
    "why": _closed(_WHY),
    "words": _closed(_WORDS_OF),
}
"""What `--json` prints, by the name of the command."""


def schema_of(command: str) -> dict[str, Any]:
    """The JSON Schema of what a command prints."""
    title = f"What attn-explore {command} --json prints"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **SCHEMAS[command]}
