"""A number as it is stored: its bits, what they mean, and the arithmetic from them to its value.

Floating-point numbers are those of IEEE 754 (F64, F32, F16), or the upper half of one (BF16). Blocks of few bits are
llama.cpp's (ggml-quants.c, `dequantize_row_…`): the numbers of a block share a scale, and perhaps a least number. The
arithmetic goes by the same steps in float32, so that it comes to the very number that a run reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.checkpoints.stored import Stored
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.files.stores import Block
from attn_explore.model.problems import Problem
from attn_explore.model.rounding import Packed, Rounded
from attn_explore.model.values import Value


class Part(NamedTuple):
    """Bits that belong together: how they are called, what they are, and the number that they stand for."""

    name: str
    what: str
    bits: str
    number: float


class Reckoned(NamedTuple):
    """The parts of a number, how its value comes from them, the same with their numbers, and the value."""

    parts: tuple[Part, ...]
    formula: str
    written: str
    value: float


@dataclass(frozen=True)
class StoredNumber:
    """A number by the bits that it is stored in.

    `block` is where; None for a number that is in no file. `packed` are the bytes that a rounded one comes back from.
    """

    storage: str
    reckoned: Reckoned
    block: Block | None = None
    packed: Packed | None = None


def bits_of(value: Value, index: Index) -> StoredNumber:
    """A cell of a parameter that is read from a model, as it is in the file; any other number as it is in memory.

    Raises Problem where the numbers are not there, and for a type that is not taken apart here.
    """
    if isinstance(value.source, Stored):
        block = value.source.block(index)
        return StoredNumber(block.storage, taken_apart(block), block)
    if isinstance(value.source, Rounded):
        packed = value.source.block(index)
        return StoredNumber(packed.storage, taken_apart(packed), packed=packed)
    if value.elsewhere is not None:
        raise Problem(value.elsewhere.what, path=value.path, hint=value.elsewhere.hint)
    storage = f"F{8 * value.dtype.itemsize}"
    if value.dtype.kind != "f":
        raise Problem(f"{value.path} has whole numbers, which are counted and not measured", hint="name a step")
    return StoredNumber(
        storage, _float(storage, np.asarray(value[index]).astype(f"<f{value.dtype.itemsize}").tobytes())
    )


def has_bits(value: Value) -> bool:
    """Whether the numbers of a value are taken apart here."""
    if isinstance(value.source, Stored):
        return value.source.storage in (*FLOATS, *QUANTISED)
    return value.elsewhere is None and value.dtype.kind == "f"


def number_text(number: float) -> str:
    """A number of a part with every digit that a float32 has; whole ones without a point.

    >>> number_text(3.0), number_text(0.0123), number_text(1.5e-5), number_text(float("inf"))
    ('3', '0.0123', '1.5e-5', 'inf')
    """
    is_whole = math.isfinite(number) and number == int(number)
    return f"{int(number)}" if is_whole else str(np.float32(number)).replace("e-0", "e-")


def taken_apart(block: Block | Packed) -> Reckoned:
    """The number that some bytes stand for. Raises Problem for a type that is not taken apart here."""
    if block.storage in FLOATS:
        return _float(block.storage, block.content)
    if block.storage in (*QUANTISED, *ROW_BY_ROW):
        read = {**QUANTISED, **ROW_BY_ROW}[block.storage]
        return read(np.frombuffer(block.content, np.uint8), block.place)
    hint = f"there are {', '.join((*FLOATS, *QUANTISED))}"
    raise Problem(f"numbers of the type {block.storage} are not taken apart into bits here", hint=hint)


# --- floating-point numbers


class _Widths(NamedTuple):
    """Bits of the exponent and of the fraction."""

    exponent: int
    fraction: int


FLOATS: Mapping[str, _Widths] = MappingProxyType(
    {"F64": _Widths(11, 52), "F32": _Widths(8, 23), "F16": _Widths(5, 10), "BF16": _Widths(8, 7)}
)

_MOST_DIGITS = 24
"""Bits that are written one by one; more are written as hexadecimal digits."""


def _float(storage: str, content: bytes) -> Reckoned:
    """± 2^(exponent − bias) × (1 + fraction / 2ⁿ); very small numbers and those that are none are written otherwise."""
    widths = FLOATS[storage]
    bits = int.from_bytes(content, "little")
    fraction = bits & (1 << widths.fraction) - 1
    exponent = bits >> widths.fraction & (1 << widths.exponent) - 1
    sign = bits >> widths.fraction + widths.exponent
    is_long = widths.fraction > _MOST_DIGITS
    written = f"0x{fraction:0{widths.fraction // 4}x}" if is_long else f"{fraction:0{widths.fraction}b}"
    parts = (
        Part("sign", "0 is +, 1 is −", f"{sign}", sign),
        Part("exponent", f"{_bias(widths)} stands for 2^0", f"{exponent:0{widths.exponent}b}", exponent),
        Part("fraction", f"of 2^{widths.fraction}", written, fraction),
    )
    return Reckoned(parts, *_value_of_float(sign, exponent, fraction, widths))


def _bias(widths: _Widths) -> int:
    """The exponent that stands for 2⁰."""
    return (1 << widths.exponent - 1) - 1


def _value_of_float(sign: int, exponent: int, fraction: int, widths: _Widths) -> tuple[str, str, float]:
    """The formula, the same with numbers, and the value."""
    bias, whole, minus, factor = _bias(widths), 1 << widths.fraction, "−" if sign else "", -1.0 if sign else 1.0
    if exponent == (1 << widths.exponent) - 1:
        formula = "an exponent of ones alone: ∞, or with a fraction no number"
        return formula, "NaN" if fraction else f"{minus}∞", float("nan") if fraction else factor * float("inf")
    if exponent == 0:
        formula = f"± 2^{1 - bias} × fraction / 2^{widths.fraction}"
        value = factor * fraction * 2.0 ** (1 - bias - widths.fraction)
        return formula, f"{minus}2^{1 - bias} × {fraction} / {whole}", value
    formula = f"± 2^(exponent − {bias}) × (1 + fraction / 2^{widths.fraction})"
    written = f"{minus}2^({exponent} − {bias}) × (1 + {fraction} / {whole})"
    return formula, written, factor * (1 + fraction / whole) * 2.0 ** (exponent - bias)


# --- blocks of few bits


def _q4_0(block: Array, place: int) -> Reckoned:
    return _from_middle(_scale(block, 0), _quant(_nibble(block[2:], place, 16), 4), 8)


def _q4_1(block: Array, place: int) -> Reckoned:
    return _from_least(_scale(block, 0), _quant(_nibble(block[4:], place, 16), 4), _least(block, 2))


def _q5_0(block: Array, place: int) -> Reckoned:
    quant = _nibble(block[6:], place, 16) | _bit(block[2:6], place) << 4
    return _from_middle(_scale(block, 0), _quant(quant, 5), 16)


def _q5_1(block: Array, place: int) -> Reckoned:
    quant = _nibble(block[8:], place, 16) | _bit(block[4:8], place) << 4
    return _from_least(_scale(block, 0), _quant(quant, 5), _least(block, 2))


def _q8_0(block: Array, place: int) -> Reckoned:
    d, q = _scale(block, 0), _signed("q", "of this number alone, with a sign", block[2 + place])
    return Reckoned((d, q), "d × q", f"{_text(d)} × {_text(q)}", float(_of(d) * _of(q)))


def _q4_k(block: Array, place: int) -> Reckoned:
    return _of_two_scales(block, place, _quant(_nibble(block[16:], place, 32), 4))


def _q5_k(block: Array, place: int) -> Reckoned:
    quant = _nibble(block[48:], place, 32) | (int(block[16 + place % 32]) >> place // 32 & 1) << 4
    return _of_two_scales(block, place, _quant(quant, 5))


def _q6_k(block: Array, place: int) -> Reckoned:
    """Two halves of 128 numbers; of each, four runs of 32 share the bytes of their upper two bits."""
    half, inner = divmod(place, 128)
    upper = int(block[128 + 32 * half + inner % 32]) >> 2 * (inner // 32) & 3
    d, q = _scale(block, 208), _quant(_nibble(block[64 * half :], inner, 64) | upper << 4, 6)
    s = _signed("s", "scale of 16 numbers, with a sign", block[192 + place // 16])
    written = f"{_text(d)} × {_text(s)} × ({_text(q)} − 32)"
    return Reckoned((d, s, q), "d × s × (q − 32)", written, float(_of(d) * _of(s) * (_of(q) - np.float32(32))))


QUANTISED: Mapping[str, Callable[[Array, int], Reckoned]] = MappingProxyType(
    {
        "Q4_0": _q4_0,
        "Q4_1": _q4_1,
        "Q5_0": _q5_0,
        "Q5_1": _q5_1,
        "Q8_0": _q8_0,
        "Q4_K": _q4_k,
        "Q5_K": _q5_k,
        "Q6_K": _q6_k,
    }
)
"""From the bytes of a block and the place of a number in it, by the type."""


def _int8(row: Array, place: int) -> Reckoned:
    d = Part("d", "scale of the row, float32", row[3::-1].tobytes().hex(" "), float(row[:4].view("<f4")[0]))
    q = _signed("q", "of this number alone, with a sign", row[4 + place])
    return Reckoned((d, q), "d × q", f"{_text(d)} × {_text(q)}", float(_of(d) * _of(q)))


ROW_BY_ROW: Mapping[str, Callable[[Array, int], Reckoned]] = MappingProxyType({"INT8": _int8})
"""The same of a type in which all numbers of a row are one block; no file is read that has it."""


def _from_middle(d: Part, q: Part, middle: int) -> Reckoned:
    value = float(_of(d) * (_of(q) - np.float32(middle)))
    return Reckoned((d, q), f"d × (q − {middle})", f"{_text(d)} × ({_text(q)} − {middle})", value)


def _from_least(d: Part, q: Part, m: Part) -> Reckoned:
    return Reckoned((d, q, m), "d × q + m", f"{_text(d)} × {_text(q)} + {_text(m)}", float(_of(d) * _of(q) + _of(m)))


def _of_two_scales(block: Array, place: int, q: Part) -> Reckoned:
    """Eight runs of 32 numbers, each with a scale and a least number of 6 bits: what these are counted in is shared."""
    run = place // 32
    d, e = _scale(block, 0), _half("e", "what m counts in, float16", block, 2)
    low, high = int(block[4 + run % 4]), int(block[8 + run % 4])
    rest = int(block[12 + run % 4])
    scale = low & 63 if run < 4 else rest & 15 | low >> 2 & 48
    least = high & 63 if run < 4 else rest >> 4 | high >> 2 & 48
    s = Part("s", "scale of 32 numbers", f"{scale:06b}", scale)
    m = Part("m", "least of 32 numbers", f"{least:06b}", least)
    value = float(_of(d) * _of(s) * _of(q) - _of(e) * _of(m))
    written = f"{_text(d)} × {_text(s)} × {_text(q)} − {_text(e)} × {_text(m)}"
    return Reckoned((d, s, q, e, m), "d × s × q − e × m", written, value)


def _scale(block: Array, start: int) -> Part:
    return _half("d", "scale of the block, float16", block, start)


def _least(block: Array, start: int) -> Part:
    return _half("m", "least of the block, float16", block, start)


def _half(name: str, what: str, block: Array, start: int) -> Part:
    """A number of 16 bits that begins at a byte of the block: sign, exponent and fraction apart."""
    content = block[start : start + 2].tobytes()
    bits = "{:016b}".format(int.from_bytes(content, "little"))
    return Part(name, what, f"{bits[0]} {bits[1:6]} {bits[6:]}", float(np.frombuffer(content, "<f2")[0]))


def _quant(quant: int, count: int) -> Part:
    return Part("q", "of this number alone", f"{quant:0{count}b}", quant)


def _signed(name: str, what: str, byte: int) -> Part:
    """A whole number of 8 bits with a sign, as its two's complement."""
    bits = int(byte)
    return Part(name, what, f"{bits:08b}", bits - 256 * (bits > 127))


def _nibble(packed: Array, place: int, width: int) -> int:
    """A number of 4 bits: of every `width` bytes first the lower halves, then the upper."""
    group, inner = divmod(place, 2 * width)
    return int(packed[width * group + inner % width]) >> 4 * (inner // width) & 15


def _bit(packed: Array, place: int) -> int:
    return int(packed[place // 8]) >> place % 8 & 1


def _of(part: Part) -> np.float32:
    return np.float32(part.number)


def _text(part: Part) -> str:
    """A number as it is in the arithmetic, with every digit of a float32."""
    return number_text(part.number)
