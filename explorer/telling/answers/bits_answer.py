"""A number by the bits that it is stored in, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attn_explore.explorer.drawing.arithmetic import cell_name
from attn_explore.explorer.session.place import Cell as Place
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.model.explain import Index
from attn_explore.model.files.stores import Block
from attn_explore.model.looking.stored_bits import StoredNumber, number_text
from attn_explore.model.text import figure
from attn_explore.model.values import Value

_MEMORY = "As it is in memory: {}, {} bits."
_EDITED = "An edit put {} in its place."


def bits_answer(found: StoredNumber, value: Value, index: Index) -> Answer:
    """A row for each part, with its bits and the number that these are; the last row is the value."""
    made = found.reckoned
    rows = [Row(f"{part.name} ({part.what})", (Cell(part.bits), Cell(number_text(part.number)))) for part in made.parts]
    rows.append(Row("value", (Cell(""), Cell(_exact(found), at=At(value.path, index)))))
    title = f"How is {_name(value, index)} stored?"
    return Answer(title, tuple(_said(found, value, index)), "part", "", ("bits", "number"), tuple(rows))


def _said(found: StoredNumber, value: Value, index: Index) -> Iterator[str]:
    made = found.reckoned
    yield f"{_name(value, index)} = {made.formula} = {made.written} = {_exact(found)}"
    yield _kept(found, value)
    if found.block and value.is_changed_at(index):
        yield _EDITED.format(number_text(float(value[index])))


def _kept(found: StoredNumber, value: Value) -> str:
    """Where its bits are: in a file, in what it was rounded to, or in memory."""
    if found.block is not None:
        return _where(found.storage, found.block)
    if found.packed is None:
        return _MEMORY.format(found.storage, 8 * value.dtype.itemsize)
    packed = found.packed
    if packed.numbers == 1:
        return f"Rounded to {packed.storage}: {8 * len(packed.content)} bits."
    shared = f"number {packed.place} of the {packed.numbers} of a block of {len(packed.content)} bytes"
    return f"Rounded to {packed.storage}: {shared}."


def _where(storage: str, block: Block) -> str:
    """Where it stands in the file, and with how many others in a block."""
    place = f"{block.file.name}: {block.tensor}, {storage}, from byte {figure(block.offset)} on"
    if block.numbers == 1:
        return f"{place}: {8 * len(block.content)} bits."
    each = 8 * len(block.content) / block.numbers
    shared = f"number {block.place} of the {block.numbers} of a block of {len(block.content)} bytes"
    return f"{place}: {shared}, {each:g} bits for each."


def _name(value: Value, index: Index) -> str:
    return cell_name(value, dict(zip(value.names, index, strict=True)))


def _exact(found: StoredNumber) -> str:
    """The value with every digit that its type has; blocks are decoded to float32."""
    value = found.reckoned.value
    return repr(value) if found.storage == "F64" else number_text(value)


def bits_data(found: StoredNumber, cell: Place) -> dict[str, Any]:
    """The same as plain objects."""
    made, block = found.reckoned, found.block
    where = {} if block is None else {
        "file": block.file.name,
        "tensor": block.tensor,
        "offset": block.offset,
        "bytes": block.content.hex(),
        "numbers": block.numbers,
        "place": block.place,
    }  # fmt: skip
    return {
        "at": cell.path,
        "index": list(cell.index),
        "value": made.value,
        "storage": found.storage,
        "parts": [part._asdict() for part in made.parts],
        "formula": made.formula,
        "written": made.written,
    } | ({"stored": where} if where else {})
