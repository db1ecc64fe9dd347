"""A model in several safetensors files: an index says which tensor is in which, and is checked against all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from pathlib import Path

from attn_explore.model.files.positioned import PositionedFile
from attn_explore.model.files.regular import read_regular
from attn_explore.model.files.stores import StoredTensor, TensorStore, tensors_of
from attn_explore.model.files.strict_json import Advice, read_json
from attn_explore.model.problems import Problem, raise_any
from attn_explore.model.text import clip

LARGEST_INDEX = 20 * 2**20
"""Bytes of an index that are read: some 200,000 tensors."""

_MEMORY = 10 * LARGEST_INDEX
_SUFFIX = ".safetensors"
_LISTED = 4
_LONGEST = 80
_FORM = '{"weight_map": {"a tensor": "model-00001-of-00002.safetensors", …}}'


def sharded_store(index: Path) -> TensorStore:
    """The tensors of all files that an index names, which lie beside it. Raises Problem with all that is wrong."""
    said = _read_index(index)
    names = dict.fromkeys(said.values())
    raise_any(_no_names(index, names))
    _check_all_are_there(index, names)
    files = {name: PositionedFile(index.with_name(name)) for name in names}
    found = {name: tensors_of(file)[0] for name, file in files.items()}
    raise_any(chain(_in_two(index, found), _elsewhere(index, said, found)))
    tensors = {name: tensor for each in found.values() for name, tensor in each.items()}
    return TensorStore(index, tensors, {file.path: file for file in files.values()})


def _read_index(index: Path) -> dict[str, str]:
    """The file of each tensor, as the index says."""
    content = read_regular(index, LARGEST_INDEX)
    found = read_json(content, index, _MEMORY, Advice(damaged=f"an index is JSON: {_FORM}"))
    said = found.get("weight_map") if isinstance(found, dict) else None
    if not isinstance(said, dict) or not said or not all(isinstance(file, str) for file in said.values()):
        raise Problem("this index does not say which tensor is in which file", path=index, hint=f"it is {_FORM}")
    return said


def _no_names(index: Path, names: Collection[str]) -> Iterator[Problem]:
    """Names that are not those of files beside the index: nothing is read elsewhere."""
    for name in names:
        if len(name) > 255 or not name.endswith(_SUFFIX) or any(character in name for character in "/\\\0"):
            what = f"{clip(name, _LONGEST)} is no name of a {_SUFFIX} file in this folder"
            yield Problem(what, path=index, hint="the files of a model lie beside its index")


def _check_all_are_there(index: Path, names: Collection[str]) -> None:
    missing = [name for name in names if not index.with_name(name).exists()]
    if missing:
        more = f" and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
        what = (
            f"{len(missing)} of the {len(names)} files of this model are missing: {', '.join(missing[:_LISTED])}{more}"
        )
        raise Problem(what, path=index, hint="download them into this folder, too")


def _in_two(index: Path, found: Mapping[str, Mapping[str, StoredTensor]]) -> Iterator[Problem]:
    """Tensors that are in more than one file."""
    first: dict[str, str] = {}
    for file, tensors in found.items():
        for name in tensors:
            if first.setdefault(name, file) != file:
                yield Problem(f"is in {first[name]} and in {file}", path=index, place=f"tensor {name!r}")


def _elsewhere(
    index: Path, said: Mapping[str, str], found: Mapping[str, Mapping[str, StoredTensor]]
) -> Iterator[Problem]:
    """Tensors that are not in the file that the index says."""
    for name, file in said.items():
        if name not in found[file]:
            where = next((other for other, tensors in found.items() if name in tensors), None)
            what = f"is not in {file}, as the index says" + (f", but in {where}" if where else "")
            yield Problem(what, path=index, place=f"tensor {name!r}")
