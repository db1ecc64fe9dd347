"""npz files, strictly: arrays of numbers and text in a zip archive, each read as its header says or not at all.

NumPy's own reader believes the sizes in a header, evaluates it, and takes the last of two members of one name. Here a
header is what NumPy writes, word for word, and must fit the bytes that follow it. Pickles are never loaded.
"""

from __future__ import annotations

import io
import lzma
import math
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.files.in_pieces import Described, pieces_of
from attn_explore.model.problems import Problem

MOST_UNPACKED = 100
"""An archive that unpacks to more than this many times its size was made to do harm; numbers don't shrink so much."""

_HEADER = re.compile(
    rb"\x93NUMPY(?:\x01\x00(?P<short>..)|[\x02\x03]\x00(?P<long>....))"
    rb"\{'descr': '(?P<dtype>\|[biu]1|[<>][iu][248]|[<>]f[248]|[<>]U[1-9]\d{0,7})', "
    rb"'fortran_order': (?P<columns>True|False), "
    rb"'shape': \((?P<shape>|\d{1,18},|\d{1,18}(?:, \d{1,18}){1,31})\), \} *\n",
    re.S,
)
_MOST_ADDRESSED = 2**63 - 1
"""Bytes that a shape may ask for with its empty axes left out: NumPy refuses more, even where there is no number."""
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, RuntimeError, NotImplementedError
)  # fmt: skip
"""What `zipfile` raises over an archive that is cut short, encrypted, changed or of an unknown kind."""


def npz(arrays: Iterable[tuple[str, Array]]) -> Iterator[bytes]:
    """The arrays as an npz file, piece by piece; the same arrays give the same bytes."""
    yield from npz_of_parts((Described(key, array.dtype, array.shape), (array,)) for key, array in arrays)


def npz_of_parts(arrays: Iterable[tuple[Described, Iterable[Array]]]) -> Iterator[bytes]:
    """The same of arrays that come in parts, which stand one behind the other along the first axis."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for (key, dtype, shape), parts in arrays:
            with archive.open(zipfile.ZipInfo(f"{key}.npy"), "w", force_zip64=True) as member:
                said = {"descr": dtype.newbyteorder("<").str, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, said)
                for piece in pieces_of(parts):
                    member.write(piece)
                    yield sink.taken()
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that only goes forward, and whose pieces are taken from it."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        self._pieces.append(bytes(piece))  # type: ignore[call-overload]
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class Npz:
    """The members of an npz file, each unpacked when it is asked for. All together may unpack to `limit` bytes."""

    def __init__(self, content: bytes, path: Path, limit: int) -> None:
        self._path = path
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except _DAMAGED as error:
            raise Problem("this npz file is damaged or cut short", path=path) from error
        members = self._archive.infolist()
        self.keys = [member.filename.removesuffix(".npy") for member in members]
        if len(set(self.keys)) != len(members):
            raise Problem("this npz file has two members of one name", path=path)
        size, most = sum(member.file_size for member in members), min(limit, MOST_UNPACKED * len(content))
        if size > most:
            raise Problem(f"this npz file unpacks to {size:,} bytes, and the limit is {most:,}", path=path)

    def __getitem__(self, key: str) -> Array:
        """The array of this key. Raises Problem when there is none, or what is there is no array of numbers or text."""
        try:
            content = self._archive.read(f"{key}.npy")
        except KeyError as error:
            raise Problem("this array is missing from the npz file", path=self._path, place=key) from error
        except _DAMAGED as error:
            raise Problem("this member of the npz file is damaged", path=self._path, place=key) from error
        array = _array(content)
        if array is None:
            raise Problem("this member is not an array of numbers as NumPy writes it", path=self._path, place=key)
        return array


def _array(content: bytes) -> Array | None:
    header = _HEADER.match(content)
    if header is None:
        return None
    length = int.from_bytes(header["short"] or header["long"], "little")
    shape = tuple(int(size) for size in header["shape"].split(b",") if size)
    dtype = np.dtype(header["dtype"].decode())
    stated = header.end() - (10 if header["short"] else 12)
    if length != stated or len(content) - header.end() != math.prod(shape) * dtype.itemsize:
        return None
    if math.prod(size or 1 for size in shape) * dtype.itemsize > _MOST_ADDRESSED:
        return None
    order = "F" if header["columns"] == b"True" else "C"
    found = np.frombuffer(content, dtype, offset=header.end())
    return found.reshape(shape, order=order) if _is_text(found) else None  # type: ignore[call-overload]


def _is_text(array: Array) -> bool:
    """Whether every character is one of Unicode, as far as they are characters: NumPy puts any 32 bits in a text."""
    if array.dtype.kind != "U":
        return True
    return int(array.view(f"{array.dtype.byteorder}u4").max(initial=0)) <= sys.maxunicode
