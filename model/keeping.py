"""Which values of a run stay in memory: as many as fit into a limit, the least lately used being forgotten first.

A lesson keeps everything and has no keeper. A checkpoint's values, and its parameters, are forgotten and come back when
somebody asks, with the bits that they had. The residual stream is forgotten last: from it every step of a layer can be
computed without the layers below.
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

SMALL = 2**22
"""Bytes that a value may have under any limit."""

STREAM = frozenset({"input", "residual"})
"""Names of the steps that all layers above are computed from."""


class Keeper:
    """Holds the arrays of a run's values, at most `limit` bytes of them beside the newest; several threads may ask.

    One of them computes at a time, and what is held is read without waiting for that.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._parts = Parts(max(limit // LARGE, SMALL), STREAM)
        self._held: OrderedDict[Value, int] = OrderedDict()  # the least lately used first, each with its bytes
        self._nbytes = 0
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
            if value in self._held:
                self._held.move_to_end(value)
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
            self._nbytes += array.nbytes - self._held.pop(value, 0)
            self._held[value] = array.nbytes
            self._make_room(value)
            self._buffers.shrink(self.limit - self._nbytes)
        return array

    def _free_memory_of(self, value: Value) -> None:
        """Forget a value of the very size, where something has to go: its memory serves as it is, others' does not.

        It is one of the older half: what is needed next is in the other.
        """
        if self._nbytes + value.nbytes <= self.limit or self._buffers.has(value.nbytes):
            return
        passed = 0
        for other in self._least_needed(value):
            if passed > self._nbytes // 2:
                break
            if other.nbytes == value.nbytes:
                self._let_go(other)
                break
            passed += other.nbytes

    def _make_room(self, newest: Value, nbytes: int = 0) -> None:
        """Forget values until so many bytes more are within the limit."""
        if self._nbytes + nbytes > self.limit:
            for value in self._least_needed(newest):
                self._let_go(value)
                if self._nbytes + nbytes <= self.limit:
                    break

    def _least_needed(self, newest: Value) -> Iterator[Value]:
        """What may be forgotten, in this order: not the newest, nor what something that is asked for is made of."""
        is_free = [value for value in self._held if value is not newest and not self._is_waited_for(value)]
        yield from (value for value in is_free if value.name not in STREAM)
        yield from (value for value in is_free if value.name in STREAM)

    def _is_waited_for(self, value: Value) -> bool:
        return any(plan[value] > 0 for plan in self._plans)

    def _let_go(self, value: Value) -> None:
        self._nbytes -= self._held.pop(value)
        value.held = None


def _on_its_own(array: Array) -> Array:
    """An array that keeps no larger one in memory: a copy of what is a part of one."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    return array if owner.nbytes <= array.nbytes else read_only(np.array(array))
