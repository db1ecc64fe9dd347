"""What the key/value cache of a generation holds: the keys and values that the next word would look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.stream import chapters
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

_KEYS, _VALUES = ("all_keys", "k_rotated", "k_norm", "k"), ("all_values", "v")
"""The names of what is kept, the last that was made of it first."""
_BLOCK = re.compile(r"decoder\.layers\.\d+\.(self|cross)_attention$")


@dataclass(frozen=True, eq=False)
class KeptBlock:
    """What a block of attention keeps: keys and values, (head, token, …) each, and how many heads ask for them."""

    path: str
    keys: Value
    values: Value
    heads: int

    @property
    def numbers(self) -> int:
        """How many numbers that are."""
        return self.keys.size + self.values.size

    @property
    def nbytes(self) -> int:
        """The same in bytes."""
        return self.keys.nbytes + self.values.nbytes

    @property
    def own_heads(self) -> int:
        """Heads that have keys and values: fewer than ask where queries are grouped."""
        return self.keys.axis("head").size

    @property
    def ungrouped(self) -> int:
        """Bytes with keys and values for each head that asks."""
        return self.nbytes * self.heads // self.own_heads

    @property
    def tokens(self) -> int:
        """Tokens whose keys and values these are."""
        return self.keys.axis("token").size

    @property
    def grows(self) -> bool:
        """Whether each further word adds to it: in cross-attention the text that was read is all there is."""
        return "self_attention" in self.path


@dataclass(frozen=True, eq=False)
class KeptKeys:
    """The cache after the last of the passes of a run, whether it has one or makes all anew in each of them."""

    blocks: tuple[KeptBlock, ...]
    passes: int

    @property
    def is_kept(self) -> bool:
        """Whether passes took over what earlier ones had made."""
        return any(block.keys.name == "all_keys" for block in self.blocks)

    @property
    def numbers(self) -> int:
        """Of all blocks."""
        return sum(block.numbers for block in self.blocks)

    @property
    def nbytes(self) -> int:
        """Of all blocks."""
        return sum(block.nbytes for block in self.blocks)

    @property
    def ungrouped(self) -> int:
        """Bytes of all blocks, with keys and values for each head that asks."""
        return sum(block.ungrouped for block in self.blocks)

    @property
    def numbers_a_token(self) -> int:
        """What each further word adds."""
        return sum(block.numbers // block.tokens for block in self.blocks if block.grows)

    @property
    def bytes_a_token(self) -> int:
        """The same in bytes."""
        return sum(block.nbytes // block.tokens for block in self.blocks if block.grows)


def kept_keys(trace: Trace) -> KeptKeys:
    """What a cache holds after the last pass. Raises Problem for a run without a decoder that attends.

    It is told by the shapes: no number is computed for it.

    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> kept = kept_keys(run(parse_scenario("{model: {kind: decoder, d_model: 6}, input: {text: I love my dog}}")))
    >>> kept.numbers, kept.numbers_a_token, [block.keys.path for block in kept.blocks]
    (48, 12, ['decoder.layers.0.self_attention.k'])
    """
    passes = chapters(trace) or [""]
    blocks = tuple(_blocks(trace.steps, passes[-1]))
    if not blocks:
        what = "this run has no decoder with attention, so there are no keys and values to keep"
        raise Problem(what, hint="an encoder reads its text at once: take a model that writes word by word")
    return KeptKeys(blocks, len(passes))


def _blocks(steps: Mapping[str, Value], chapter: str) -> Iterator[KeptBlock]:
    for path, weights in steps.items():
        block = path.removesuffix(".weights")
        if block == path or not path.startswith(chapter) or not _BLOCK.fullmatch(block.removeprefix(chapter)):
            continue
        keys, values = (_first(steps, block, names) for names in (_KEYS, _VALUES))
        if keys is not None and values is not None:
            yield KeptBlock(block, keys, values, weights.axis("head").size)


def _first(steps: Mapping[str, Value], block: str, names: tuple[str, ...]) -> Value | None:
    return next((steps[path] for name in names if (path := f"{block}.{name}") in steps), None)
