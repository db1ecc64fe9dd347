"""A number as people type it: decimal point or comma, and sums, products and quotients of numbers.

An own small reader and no `eval`: what is typed can do nothing but come to a number.

    sum = product (("+" | "-") product)*
    product = signed (("*" | "/") signed)*
    signed = ("+" | "-") signed | "(" sum ")" | number
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

WRITTEN_WITH = "0123456789.,+-−*×·/÷:()eE "
"""What numbers are typed with."""
LONGEST = 100
"""So many characters are read; no answer needs more. It bounds how deep parentheses can be, too."""

_PART = re.compile(r"\s*(?:((?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?)|(.))")
_MEANS = str.maketrans({"−": "-", "×": "*", "·": "*", "÷": "/", ":": "/"})
_SUMS: dict[str, Callable[[float, float], float]] = {"+": lambda a, b: a + b, "-": lambda a, b: a - b}
_PRODUCTS: dict[str, Callable[[float, float], float]] = {"*": lambda a, b: a * b, "/": lambda a, b: a / b}


def typed_number(text: str) -> float:
    """What a typed sum comes to. Raises ValueError that says what cannot be read.

    >>> typed_number("0,5 × 0.2 + 1/3")
    0.43333333333333335
    >>> typed_number("−(2 − 3) · 1e2")
    100.0
    """
    if len(text) > LONGEST:
        raise ValueError(f"more than {LONGEST} characters")
    reader = _Reader([number or sign for number, sign in _PART.findall(text.strip().translate(_MEANS))])
    try:
        found = reader.all()
    except ZeroDivisionError:
        raise ValueError("it divides by 0") from None
    if not math.isfinite(found):
        raise ValueError("it is too large")
    return found


class _Reader:
    """Reads parts from left to right."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts[::-1]

    def all(self) -> float:
        found = self._joined(_SUMS, self._product)
        if self._parts:
            raise ValueError(f"“{self._parts[-1]}” is not expected")
        return found

    def _joined(self, signs: dict[str, Callable[[float, float], float]], read: Callable[[], float]) -> float:
        """Parts with signs between them, joined from left to right."""
        found = read()
        while self._parts and self._parts[-1] in signs:
            found = signs[self._parts.pop()](found, read())
        return found

    def _product(self) -> float:
        return self._joined(_PRODUCTS, self._signed)

    def _signed(self) -> float:
        if not self._parts:
            raise ValueError("a number is missing at the end")
        part = self._parts.pop()
        if part in "+-":
            return self._signed() if part == "+" else -self._signed()
        if part == "(":
            return self._inside()
        if part[0] not in "0123456789.,":
            raise ValueError(f"“{part}” is not expected")
        return float(part.replace(",", "."))

    def _inside(self) -> float:
        found = self._joined(_SUMS, self._product)
        if not self._parts or self._parts.pop() != ")":
            raise ValueError("a parenthesis is not closed")
        return found
