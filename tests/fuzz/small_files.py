"""Spoiled pairs, key files and places in lessons."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from unittest.mock import patch

from attn_explore.explorer.library import kept
from attn_explore.explorer.library.bookmarks import Bookmarks
from attn_explore.explorer.library.kept import OnDisk
from attn_explore.explorer.screens.keys import binding_ids
from attn_explore.explorer.system.key_file import read_keymap, read_theme
from attn_explore.model.scenario.pairs import read_pairs
from tests.fuzz.mutations import spoiled_tree, written
from tests.fuzz.reader import Reader, by_path, words

BOOKMARKS = Bookmarks(OnDisk())


def pairs() -> Reader:
    """Make the reader of pairs."""
    seeds = (
        "I love my dog\t我 喜歡 我的 狗\nyou\t你\n",
        "# for people\n\na b\tb a\r\nc\tc\r\n",
        "\ufeffa b\tx z\na\ta\n",
    )
    known = words("# \x00 \x1b[31m \u202e", "\t", "\n", "\r\n", " ", "\ufeff", "\x85", "\u2028")
    return Reader("pairs", tuple(seed.encode() for seed in seeds), known, lambda content: read_pairs(content, "file"))


def keys() -> Reader:
    """Make the reader of key files."""
    ids = tuple(binding_ids())
    seeds = (
        b'theme = "high-contrast"\n\n[keys]\n"step.next" = "right,s"\n"step.previous" = "left"\n',
        b"[keys]\n'step.next' = 'x'\n[other]\na = [1, 2.5, 1979-05-27T07:32:00Z, {b = true}]\n",
    )
    known = words(
        "[ ] [[ { } = \" ''' \"\"\" \\u0000 \\ud800 a. # 1979-05-27 99999-99-99 07:32:60 inf nan theme keys",
        "\r\n", "0x" + "f" * 300, *ids[:20],
    )  # fmt: skip

    def read(path: Path) -> None:
        read_keymap(path, ids)
        read_theme(path, ("dark", "high-contrast"))

    return Reader("keys", seeds, known, by_path(read))


def places() -> Reader:
    """Make the reader of places in lessons, which refuses nothing: what it cannot read is left out."""
    answers = {"0": "right", "3": "wrong", "7": "shown"}
    seeds = (
        {"single-head": {"stop": 2, "of": 9, "done": False, "answers": answers}},
        {"a": {"stop": 0, "of": 1, "done": True, "answers": {}}, "/b.yaml": {"stop": 3, "of": 4}},
    )

    def read(path: Path) -> None:
        with patch.object(kept, "data_file", lambda _: path):
            BOOKMARKS.all()
        path.with_name(f"{path.name}.bad").unlink(missing_ok=True)  # so that the next has not all names to try

    known = words('stop of done answers right [ ] { } " , : \\ud800')
    return Reader("places", tuple(json.dumps(seed).encode() for seed in seeds), known, by_path(read), _keep)


def _keep(chance: Random, content: bytes) -> bytes:
    tree = spoiled_tree(chance, json.loads(content), ("stop", "of", "done", "answers", "right", "wrong", "shown"))
    return written(tree).encode("utf-8", "replace")
