"""The tokenizers package, in a process of its own that is ended where it breaks down or goes on for too long."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import orjson

from attn_explore.model.checkpoints.tokens.worker import read_frame, write_frame
from attn_explore.model.problems import SURROUNDINGS, Problem
from attn_explore.model.text import clip

if TYPE_CHECKING:
    from attn_explore.model.checkpoints.tokens.cut import Cut

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    " from attn_explore.model.checkpoints.tokens.worker import main; main()"
)
_BYTES_A_SECOND = 2**20
"""Of a file that are read, and of a text that are encoded, in a second of computing at the least."""
_TEXT_A_SECOND = 2**17
_OUT_OF_TIME = int(getattr(signal, "SIGXCPU", 0))
_LONGEST = 40
_PATIENCE = 20
"""Where others compute, too, a second of computing takes up to so many seconds."""


class Library:
    """What the package makes of a tokenizer.json: ids of texts, and texts of ids.

    The process begins when it is first asked, and ends with this object. Any thread may ask. Added tokens must have the
    ids that the file says: the package gives them others where they do not follow the vocabulary.
    """

    def __init__(self, content: bytes, path: Path, added: Mapping[int, str]) -> None:
        self._content, self._path, self._added = content, path, added
        self._turn = threading.Lock()
        self._process: _Process | None = None

    def encode(self, text: str) -> list[int]:
        """The ids of a text, with those that the tokenizer puts before and behind it."""
        return cast(list[int], self._asked("encode", len(text) / _TEXT_A_SECOND, text=text)["ids"])

    def cut(self, text: str) -> Cut:
        """How the tokens that `encode` gives came about: what the package says, and the steps of the words."""
        from attn_explore.model.checkpoints.tokens.cutting import Encoding, cut_of  # few ask for it

        found = Encoding(text, **self._asked("cut", len(text) / _TEXT_A_SECOND, text=text))
        return cut_of(orjson.loads(self._content), found, self._added)

    def decode(self, ids: Sequence[int], skips_special: bool) -> str:
        """The text of some ids."""
        found = self._asked("decode", len(ids) / _TEXT_A_SECOND, ids=list(ids), skips_special=skips_special)
        return cast(str, found["text"])

    def _asked(self, what: str, seconds: float, **more: object) -> dict[str, Any]:
        with self._turn:
            process, self._process = self._process or self._begun(), None
            answer = self._answer(process, what, 1.0 + seconds, **more)
            self._process = process  # one that does not answer is not asked again
            return answer

    def _begun(self) -> _Process:
        """A process that has read the file. Raises Problem where added tokens have other ids than the file says."""
        if find_spec("tokenizers") is None:
            what = "the tokenizers package is not installed, which turns texts into ids"
            hint = "pip install 'attn-explore[checkpoints]', or give the ids of a text: --ids 1,2,3"
            raise Problem(what, path=self._path, hint=hint)
        try:
            process = _Process(self, self._content)
        except OSError as error:
            what = f"no process can be started for the tokenizers package: {error.strerror}"
            raise Problem(what, path=self._path, exit_status=SURROUNDINGS) from error
        added = dict(self._answer(process, "added", 1.0 + len(self._content) / _BYTES_A_SECOND)["added"])
        for place, token in self._added.items():
            if added.get(place) != token:
                process.end()
                what = f"the added token {clip(token, _LONGEST)} cannot have the id {place}"
                raise Problem(what, path=self._path, hint="ids of added tokens follow those of the vocabulary")
        return process

    def _answer(self, process: _Process, what: str, seconds: float, **more: object) -> dict[str, Any]:
        answer = process.ask({"what": what, "seconds": seconds, **more}, seconds * _PATIENCE)
        if "fault" not in answer:
            return answer
        hint = "give the ids of a text instead: --ids 1,2,3"
        raise Problem(f"the tokenizers package cannot use this file: {answer['fault']}", path=self._path, hint=hint)


def own_process() -> list[str]:
    """The command line of the process in which the package runs."""
    return [sys.executable, "-I", "-S", "-c", _PROGRAM, json.dumps(sys.path)]


class _Process:
    """A process that answers, one question at a time; it ends with its owner."""

    def __init__(self, owner: object, content: bytes) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (it is our own program)
            own_process(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # keys that interrupt this program are not meant for that one
        )
        self.end = weakref.finalize(owner, _ended, self._process)
        self._is_late = False
        self._send(content)

    def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer. Where it is a `fault`, or took longer than so many seconds, the process has ended."""
        clock = threading.Timer(seconds, self._end_late)
        clock.daemon = True
        clock.start()
        answer: dict[str, Any] = {"fault": ""}
        try:
            self._send(json.dumps(question).encode())
            content = read_frame(cast(IO[bytes], self._process.stdout))
            answer = answer if content is None else json.loads(content)
        finally:
            clock.cancel()
            status = self.end() if "fault" in answer else None
        return answer if status is None or answer["fault"] else {"fault": self._why_it_ended(status)}

    def _end_late(self) -> None:
        self._is_late = True
        self._process.kill()

    def _why_it_ended(self, status: int) -> str:
        took_long = self._is_late or status == -_OUT_OF_TIME
        return "it computes for too long" if took_long else f"it broke down (status {status})"

    def _send(self, content: bytes) -> None:
        with suppress(OSError):  # where it has ended it will not answer, and that is told
            write_frame(cast(IO[bytes], self._process.stdin), content)


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Let a process end, and say how it did: one that waits for a question ends where none comes any more."""
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was still to be sent is not wanted any more
            cast(IO[bytes], pipe).close()
    try:
        return process.wait(1)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
