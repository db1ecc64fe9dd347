"""A reader of files as the fuzzer sees it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.judging import Read
from tests.fuzz.mutations import NUMBERS, spoiled

Spoil = Callable[[Random, bytes], bytes]


@dataclass(frozen=True)
class Reader:
    """A reader of files.

    seeds   files that it reads
    words   what means something in such files
    read    calls it
    keep    spoils the data in a file and keeps its form; None where there is no form but lines
    """

    name: str
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...]
    read: Read
    keep: Spoil | None = None

    def spoiled(self, seed: int, number: int) -> bytes:
        """The file of a number: always the same for the same seed."""
        chance = Random(f"{self.name} {seed} {number}")  # noqa: S311 (any files will do)
        content = chance.choice(self.seeds)
        if self.keep is None or chance.random() < 0.5:
            return spoiled(chance, content, self.seeds, self.words)
        content = self.keep(chance, content)
        return content if chance.random() < 0.9 else spoiled(chance, content, self.seeds, self.words)


def words(text: str, *others: str) -> tuple[bytes, ...]:
    """The words of a text, what else is one, and all numbers, as bytes."""
    return tuple(word.encode() for word in (*text.split(), *others, *NUMBERS))


def by_path(read: Callable[[Path], object]) -> Read:
    """A reader that is given a path, as one of bytes: they lie in a file in memory, where there is such a place."""
    place = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 (a folder of its own is made in it)
    folder = tempfile.mkdtemp(prefix="fuzz-", dir=place)
    atexit.register(shutil.rmtree, folder)
    path = Path(folder) / "file"

    def read_bytes(content: bytes) -> object:
        path.write_bytes(content)
        return read(path)

    return read_bytes
