"""The program of the process in which the tokenizers package runs.

It is given a tokenizer.json and then texts, and answers with ids. The package breaks down on files that it was not
written for: with exceptions that are no `Exception`, with messages that it prints itself, with patterns that go on for
ever, and with an end of the process. None of that reaches the program that asked.

Requests and answers are JSON, each behind its length.
"""

from __future__ import annotations

import json
import math
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator
from typing import IO, Any

Answer = dict[str, Any]

_LENGTH = struct.Struct(">Q")
_MEMORY = 2**28
_MEMORY_FOR_A_BYTE, _MEMORY_FOR_A_LETTER = 24, 1024
"""Bytes of memory beyond that for a byte of the file (a vocabulary of 260,000 words takes 12) and one of a text."""


def write_frame(sink: IO[bytes], content: bytes) -> None:
    """Send a request or an answer."""
    sink.write(_LENGTH.pack(len(content)))
    sink.write(content)
    sink.flush()


def read_frame(source: IO[bytes]) -> bytes | None:
    """Wait for a request or an answer; None where none comes any more."""
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = source.read(length)
    return content if len(content) == length else None


def main() -> None:
    """Answer until nothing more is asked, or something breaks down."""
    requests, answers = sys.stdin.buffer, _own_stdout()
    os.environ |= {"TOKENIZERS_PARALLELISM": "false", "RUST_BACKTRACE": "0"}
    content = read_frame(requests)
    if content is None:
        return
    tokenizer: Any = None
    while (request := read_frame(requests)) is not None:
        asked = json.loads(request)
        _bound_memory(_MEMORY_FOR_A_BYTE * len(content) + _MEMORY_FOR_A_LETTER * len(request))
        _bound_time(asked["seconds"])
        try:
            tokenizer = tokenizer or _loaded(content)
            answer = _ANSWERS[asked["what"]](tokenizer, asked)
        except BaseException as error:
            write_frame(answers, json.dumps({"fault": f"{error}"}).encode())
            return
        write_frame(answers, json.dumps(answer).encode())


def _own_stdout() -> IO[bytes]:
    """Where the answers go; what anybody else prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _loaded(content: bytes) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(content.decode())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _added(tokenizer: Any, _: Answer) -> Answer:
    """The ids of the added tokens, in pairs: names in JSON would be texts."""
    added = tokenizer.get_added_tokens_decoder()
    return {"added": [[place, token.content] for place, token in added.items()]}


def _encoded(tokenizer: Any, asked: Answer) -> Answer:
    return {"ids": tokenizer.encode(asked["text"]).ids}


def _cut(tokenizer: Any, asked: Answer) -> Answer:
    """The ids with where they come from, and the text as the normaliser left it."""
    text = asked["text"]
    found = tokenizer.encode(text)
    normalised = None if tokenizer.normalizer is None else "".join(_normalised(tokenizer, text, found))
    parts = {"ids": found.ids, "tokens": found.tokens, "words": found.word_ids, "spans": found.offsets}
    return {**parts, "normalised": normalised}


def _normalised(tokenizer: Any, text: str, found: Any) -> Iterator[str]:
    """What the normaliser makes of each part of a text: tokens that are found as they are stand between these."""
    whole, at = tokenizer.get_added_tokens_decoder(), 0
    for place, (begin, end) in zip(found.ids, found.offsets, strict=True):
        if place in whole and begin >= at and text[begin:end].strip() == whole[place].content.strip() != "":
            yield tokenizer.normalizer.normalize_str(text[at:begin])
            yield text[begin:end]
            at = end
    yield tokenizer.normalizer.normalize_str(text[at:])


def _decoded(tokenizer: Any, asked: Answer) -> Answer:
    return {"text": tokenizer.decode(asked["ids"], skip_special_tokens=asked["skips_special"])}


_ANSWERS: dict[str, Callable[[Any, Answer], Answer]] = {
    "added": _added,
    "encode": _encoded,
    "cut": _cut,
    "decode": _decoded,
}


# --- bounds


def _bound_memory(more: int) -> None:
    """Let this process have as much memory as such a file and text may need, and leave no dump of it."""
    _bound("RLIMIT_DATA", _MEMORY + more)
    _bound("RLIMIT_CORE", 0)


def _bound_time(seconds: float) -> None:
    """The system ends this process when it has computed for so long."""
    _bound("RLIMIT_CPU", math.ceil(time.process_time() + seconds))


def _bound(name: str, limit: int) -> None:
    try:
        import resource

        kind = getattr(resource, name)
        _, most = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
    except (ImportError, AttributeError, ValueError, OSError):
        pass  # a system without such bounds: the program that asks has a clock, too
