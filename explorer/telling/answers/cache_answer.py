"""What the key/value cache of a generation holds, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attn_explore.explorer.drawing.numbers import counted, shape_text, size_text
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.stream_labels import point_label
from attn_explore.model.looking.kept_keys import KeptBlock, KeptKeys
from attn_explore.model.values import Value

_COLUMNS = ("keys", "values", "numbers", "bytes")
_UNGROUPED = "bytes, a head each"


def cache_answer(kept: KeptKeys, positions: int | None) -> Answer:
    """A row for each block of attention, and one for all; `positions` are those of the model, where it counts them."""
    columns = (*_COLUMNS, *([_UNGROUPED] if _is_grouped(kept) else []))
    rows = (*(_row(kept, block) for block in kept.blocks), _all(kept))
    return Answer(
        "What does the cache of keys and values hold?", tuple(_said(kept, positions)), "layer", "", columns, rows
    )


def _said(kept: KeptKeys, positions: int | None) -> Iterator[str]:
    tokens = max(block.tokens for block in kept.blocks if block.grows)
    kind = kept.blocks[0].keys.dtype
    yield (
        f"After {counted(tokens, 'token')}: {kept.numbers:,} numbers, {size_text(kept.nbytes)} in {kind};"
        f" each further token adds {kept.numbers_a_token:,} numbers, {size_text(kept.bytes_a_token)}."
    )
    if positions is not None and positions > tokens:
        most = kept.nbytes + (positions - tokens) * kept.bytes_a_token
        yield f"With a token at each of the model's {positions:,} positions: {size_text(most)}."
    if _is_grouped(kept):
        block = kept.blocks[0]
        yield (
            f"Grouped queries: {block.heads} heads ask, and {block.own_heads} have keys and values. With some for each"
            f" head that asks it would be {size_text(kept.ungrouped)}, {kept.ungrouped / kept.nbytes:g} times as much."
        )
    else:
        yield "Every head that asks has keys and values of its own; grouped queries would share them."
    yield _of_passes(kept)
    yield "keys, values: heads × tokens × numbers of each."


def _of_passes(kept: KeptKeys) -> str:
    if kept.passes == 1:
        return "This run has a single pass: a further one would take these over, and read its new token alone."
    if kept.is_kept:
        return "Each pass after the first read its new token alone, and took the keys and values of all others over."
    return f"This run makes all anew in each of its {kept.passes} passes: a cache would hold what the last one made."


def _is_grouped(kept: KeptKeys) -> bool:
    return kept.ungrouped != kept.nbytes


def _row(kept: KeptKeys, block: KeptBlock) -> Row:
    parts = (_shape(block.keys), _shape(block.values))
    return Row(point_label(block.keys), (*parts, *_counts(kept, block)), At(block.keys.path))


def _all(kept: KeptKeys) -> Row:
    return Row("all", (Cell(""), Cell(""), *_counts(kept, kept)))


def _shape(value: Value) -> Cell:
    return Cell(shape_text(value.shape), at=At(value.path))


def _counts(kept: KeptKeys, part: KeptBlock | KeptKeys) -> Iterator[Cell]:
    for count in (part.numbers, part.nbytes, *([part.ungrouped] if _is_grouped(kept) else [])):
        yield Cell(str(count), number=count)


# --- JSON


def cache_data(kept: KeptKeys) -> dict[str, Any]:
    """The same as plain objects."""
    return {
        "is_kept": kept.is_kept,
        "passes": kept.passes,
        "dtype": str(kept.blocks[0].keys.dtype),
        "numbers": kept.numbers,
        "bytes": kept.nbytes,
        "bytes_with_a_head_each": kept.ungrouped,
        "numbers_a_token": kept.numbers_a_token,
        "bytes_a_token": kept.bytes_a_token,
        "blocks": [
            {
                "at": block.path,
                "keys": {"at": block.keys.path, "shape": list(block.keys.shape)},
                "values": {"at": block.values.path, "shape": list(block.values.shape)},
                "heads": block.heads,
                "heads_with_keys": block.own_heads,
                "tokens": block.tokens,
                "numbers": block.numbers,
                "bytes": block.nbytes,
                "bytes_with_a_head_each": block.ungrouped,
            }
            for block in kept.blocks
        ],
    }
