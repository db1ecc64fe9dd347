"""What a run may take and read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """What a run may take and read: bytes of memory (None: half of what is free), folders beside the scenario's."""

    memory: int | None = None
    allowed: Sequence[Path] = ()

    @property
    def nbytes(self) -> int:
        """The limit in bytes."""
        if self.memory is not None:
            return self.memory
        from explorer.memory import free_memory  # asked only when the person has not said

        return free_memory() // 2
