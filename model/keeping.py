"""Which values of a run stay in memory: as many as fit into a limit, the least lately used being forgotten first.

A lesson keeps everything and has no keeper. A checkpoint's values, and its parameters, are forgotten and come back when
somebody asks, with the bits that they had. Parameters go first, down to a part of the limit: a file has them, and what
is computed from one needs all that was computed before. The residual stream is forgotten last: from it every step of a
layer can be computed without the layers below; and so are the keys and values that the next pass of a generation takes
over.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, RLock

import numpy as np

from attn_explore.model.axes import Array, Where, index_of
from attn_explore.model.buffers import Buffers
from attn_explore.model.values import Value, forgotten_before, read_only
from attn_explore.model.windows import Parts

LIMIT = 2**28
"""Bytes that the values of a run take unless the caller sets another limit."""

AT_ONCE = 2
"""Arrays as large as the largest that are beside what a keeper holds: the newest, and what it is computed in."""

LARGE = 4
"""A value of more than this part of the limit, 1/4, is computed where it is looked at."""

STORED = 4
"""Parameters that take more than this part of the limit, 1/4, go before anything else."""

SMALL = 2**22
"""Bytes that a value may have under any limit."""

STREAM = frozenset({"input", "residual"})
"""Names of the steps that all layers above are computed from."""


_Order = OrderedDict[Value, None]
"""Values, the least lately used first."""


class Keeper:
    """Holds the arrays of a run's values, at most `limit` bytes of them beside the newest; several threads may ask.

    One of them computes at a time, and what is held is read without waiting for that.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._parts = Parts(max(limit // LARGE, SMALL), STREAM)
        self._held: dict[Value, int] = {}  # each with its bytes
        self._stored, self._first, self._last = _Order(), _Order(), _Order()  # in the order in which they are forgotten
        self._large = _Order()  # of the first two, those whose memory is used again
        self._orders = (self._stored, self._first, self._last, self._large)
        self._nbytes, self._nbytes_stored = 0, 0
        self._plans: list[Counter[Value]] = []
        self._buffers = Buffers()
        self._books = Lock()
        self._computing = RLock()

    @property
    def nbytes(self) -> int:
        """The bytes of the arrays that are held."""
        return self._nbytes

    def take(self, value: Value) -> None:
        """Take care of a new value of the run: compute it, unless it brings its numbers or is too large to be held."""
        if value.held is not None:
            self._hold(value, value.held)
        value.keeper = self
        if not self._parts.is_large(value):
            self.array_of(value)

    def array_of(self, value: Value) -> Array:
        """The numbers of a value, computed or read again if they were forgotten."""
        held = value.held
        if held is None:
            with self._computing:
                held = value.held  # another thread may have brought it back
                return self._brought_back(value) if held is None else held
        with self._books:
            for order in self._orders:
                if value in order:
                    order.move_to_end(value)
        return held

    def is_large(self, value: Value) -> bool:
        """Whether a value is too large to be held, so that parts of it are made when they are looked at."""
        return self._parts.is_large(value)

    def window(self, value: Value, where: Where) -> Array:
        """The numbers of a value at a slice of places along some axes: of one too large to be held, these alone."""
        window = index_of(value.axes, where)
        if value.held is not None or not self._parts.is_large(value):
            return self.array_of(value)[window]
        if value.is_leaf:
            return value.read_window(window)
        with self._computing, self._at_hand(value):
            return self._parts.window(value, {name: window[value.names.index(name)] for name in where})

    def room(self, value: Value) -> Array:
        """Memory for the numbers of a value, perhaps that of a forgotten one; what has to go for it goes before."""
        with self._books:
            self._free_memory_of(value)
            self._make_room(value, value.nbytes)
            memory = self._buffers.empty(value.shape, value.dtype)
            self._buffers.shrink(self.limit - self._nbytes - value.nbytes)
        return memory

    def forget(self, value: Value) -> None:
        """Let the array of a value go."""
        with self._books:
            if value in self._held:
                self._let_go(value)

    def _brought_back(self, value: Value) -> Array:
        """Compute a value and everything forgotten that it needs, from the nearest values that are held."""
        with self._at_hand(value):
            return self._compute(value)

    @contextmanager
    def _at_hand(self, value: Value) -> Iterator[None]:
        """While it lasts, what a value is made of is held, and so is on the way there what that is made of."""
        needs = self._parts.needs
        steps = [*forgotten_before(value, needs), value]
        waiting = Counter(need for step in steps for need in needs(step))
        self._plans.append(waiting)
        try:
            for step in steps[:-1]:
                self._compute(step)
                waiting.subtract(needs(step))
            yield
        finally:
            self._plans.pop()
            with self._books:
                self._make_room(value)

    def _compute(self, value: Value) -> Array:
        return self._hold(value, self._parts.made(value))

    def _hold(self, value: Value, array: Array) -> Array:
        array = _on_its_own(array)
        value.held = array
        with self._books:
            self._count(value, array.nbytes - self._held.pop(value, 0))
            self._held[value] = array.nbytes
            self._put_in_order(value, array.nbytes)
            self._make_room(value)
            self._buffers.shrink(self.limit - self._nbytes)
        return array

    def _put_in_order(self, value: Value, nbytes: int) -> None:
        """Put a value behind those that were used before it; what it took over from an earlier pass may go now."""
        is_last = value.name in STREAM or _takes_over(value)
        _put(self._last if is_last else self._stored if _is_stored(value) else self._first, value)
        if not is_last and self._buffers.serve(nbytes):
            _put(self._large, value)
        earlier = value.operands[0].value if _takes_over(value) else None
        if earlier is not None and earlier in self._last:
            del self._last[earlier]
            _put(self._first, earlier)
            self._first.move_to_end(earlier, last=False)

    def _free_memory_of(self, value: Value) -> None:
        """Forget a value of the very size, where something has to go: its memory serves as it is, others' does not.

        It is one of the older half: what is needed next is in the other.
        """
        is_full = self._nbytes + value.nbytes > self.limit
        if is_full and self._buffers.serve(value.nbytes) and not self._buffers.has(value.nbytes):
            found = self._of_size(value)
            if found is not None:
                self._let_go(found)

    def _of_size(self, newest: Value) -> Value | None:
        """What may be forgotten of the older half, and is as large as the newest."""
        passed = 0
        for value in self._free(newest, self._large):
            if passed > self._nbytes // 2:
                break
            if value.nbytes == newest.nbytes:
                return value
            passed += value.nbytes
        return None

    def _make_room(self, newest: Value, nbytes: int = 0) -> None:
        """Forget values until so many bytes more are within the limit."""
        going, left = [], self._nbytes + nbytes
        is_much_stored = self._nbytes_stored > self.limit // STORED
        orders = (self._stored, self._first) if is_much_stored else (self._first, self._stored)
        for value in self._free(newest, *orders, self._last) if left > self.limit else ():
            going.append(value)
            left -= self._held[value]
            if left <= self.limit:
                break
        for value in going:
            self._let_go(value)

    def _free(self, newest: Value, *orders: _Order) -> Iterator[Value]:
        """What may be forgotten, in these orders: not the newest, nor what something that is asked for is made of.

        One looks no further than one has to: a long generation holds many thousand small values.
        """
        for order in orders:
            yield from (value for value in order if value is not newest and not self._is_waited_for(value))

    def _is_waited_for(self, value: Value) -> bool:
        return any(plan[value] > 0 for plan in self._plans)

    def _let_go(self, value: Value) -> None:
        self._count(value, -self._held.pop(value))
        for order in self._orders:
            order.pop(value, None)
        value.held = None

    def _count(self, value: Value, nbytes: int) -> None:
        self._nbytes += nbytes
        self._nbytes_stored += nbytes if _is_stored(value) else 0


def _put(order: _Order, value: Value) -> None:
    order[value] = None
    order.move_to_end(value)


def _is_stored(value: Value) -> bool:
    """Whether the numbers of a value are read from a file."""
    return value.source is not None


def _takes_over(value: Value) -> bool:
    """Whether a value holds what earlier passes of a generation computed."""
    return value.operation is not None and value.operation.name == "taken_over"


def _on_its_own(array: Array) -> Array:
    """An array that keeps no larger one in memory: a copy of what is a part of one."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    return array if owner.nbytes <= array.nbytes else read_only(np.array(array))
