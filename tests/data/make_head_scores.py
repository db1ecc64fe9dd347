"""What heads of small checkpoints do with tokens that are said twice, by transformers: `head_scores.json`.

`python -m tests.data.make_head_scores` makes it anew, with a Python that has PyTorch and transformers. The rules are
TransformerLens's, as `transformer_lens/head_detector.py` writes them; a score is the mean of the weights on the places
of a rule, over the rows that have such places.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from tests.data.make_families.exact import exact
from tests.data.make_families.hooks import PREDICTING, Family

DATA = Path(__file__).parent
FIRST, DRAWN = 3, 7


def previous_token(ids: Tensor) -> Tensor:
    pattern = torch.zeros(len(ids), len(ids))
    pattern[1:, :-1] = torch.eye(len(ids) - 1)
    return torch.tril(pattern)


def duplicate_token(ids: Tensor) -> Tensor:
    pattern = (ids.repeat(len(ids), 1) == ids.repeat(len(ids), 1).T).double()
    return torch.tril(pattern.fill_diagonal_(0))


def induction(ids: Tensor) -> Tensor:
    shifted = torch.roll(duplicate_token(ids), shifts=1, dims=1)
    return torch.tril(torch.cat((torch.zeros(len(ids), 1), shifted[:, 1:]), dim=1))


def on_rule(pattern: Tensor, weights: Tensor) -> float:
    rows = pattern.sum(1) > 0
    return float((weights * pattern).sum(1)[rows].mean())


def scores(weights: Tensor, ids: Tensor | None) -> dict[str, float | None]:
    """The scores of one head; without ids, the weights are between two texts."""
    rules = {"induction": induction, "previous": previous_token, "same": duplicate_token}
    found = {name: None if ids is None else on_rule(rule(ids), weights) for name, rule in rules.items()}
    entropy = torch.special.entr(weights).sum(1).mean()
    return {**found, "first": float(weights[:, 0].mean()), "entropy": float(entropy)}


def attentions(family: Family, ids: list[int]) -> Iterator[tuple[str, tuple[Tensor, ...], bool]]:
    """The weights of every attention of a model, by the paths of ours, and whether they are among one text."""
    family.read = {"ids": ids} | ({"target_ids": ids} if len(family.stacks) > 1 else {})
    found = family.run(output_attentions=True)
    if len(family.stacks) == 1:
        yield f"{family.stack}.layers.{{}}.self_attention", found.attentions, True
    else:
        yield "encoder.layers.{}.self_attention", found.encoder_attentions, True
        yield "decoder.layers.{}.self_attention", found.decoder_attentions, True
        yield "decoder.layers.{}.cross_attention", found.cross_attentions, False


def heads_of(name: str, ids: list[int]) -> list[dict[str, object]]:
    """The scores of every head of a model."""
    return [
        {"path": f"{path.format(layer)}.weights", "head": head, **scores(each, torch.tensor(ids) if is_own else None)}
        for path, layers, is_own in attentions(Family(name), ids)
        for layer, weights in enumerate(layers)
        for head, each in enumerate(weights[0])
    ]


def main() -> None:
    """Write the file."""
    drawn = (torch.randperm(30, generator=torch.Generator().manual_seed(0))[:DRAWN] + 5).tolist()
    ids = [FIRST, *drawn, *drawn]
    with exact():
        found = {name: heads_of(name, ids) for name in PREDICTING}
    (DATA / "head_scores.json").write_text(json.dumps({"ids": ids, "heads": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
