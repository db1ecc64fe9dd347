"""Make `head_scores.json`: what heads of transformers' models do with tokens that are said twice.

    python tests/data/make_head_scores.py

The rules are TransformerLens's, as `transformer_lens/head_detector.py` writes them; a score is the mean of the weights
on the places of a rule, over the rows that have such places.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM

DATA = Path(__file__).parent
KINDS = {
    "gpt2-tiny": AutoModelForCausalLM,
    "llama-tiny": AutoModelForCausalLM,
    "bert-tiny": AutoModel,
    "marian-tiny": AutoModelForSeq2SeqLM,
}
DRAWN = 9


def previous_token(ids: torch.Tensor) -> torch.Tensor:
    pattern = torch.zeros(len(ids), len(ids))
    pattern[1:, :-1] = torch.eye(len(ids) - 1)
    return torch.tril(pattern)


def duplicate_token(ids: torch.Tensor) -> torch.Tensor:
    pattern = (ids.repeat(len(ids), 1) == ids.repeat(len(ids), 1).T).double()
    return torch.tril(pattern.fill_diagonal_(0))


def induction(ids: torch.Tensor) -> torch.Tensor:
    shifted = torch.roll(duplicate_token(ids), shifts=1, dims=1)
    return torch.tril(torch.cat((torch.zeros(len(ids), 1), shifted[:, 1:]), dim=1))


def on_rule(pattern: torch.Tensor, weights: torch.Tensor) -> float:
    rows = pattern.sum(1) > 0
    return float((weights * pattern).sum(1)[rows].mean())


def scores(weights: torch.Tensor, ids: torch.Tensor | None) -> dict[str, float | None]:
    """The scores of one head; without ids, the weights are between two texts."""
    rules = {"induction": induction, "previous": previous_token, "same": duplicate_token}
    found = {name: None if ids is None else on_rule(rule(ids), weights) for name, rule in rules.items()}
    entropy = torch.special.entr(weights).sum(1).mean()
    return {**found, "first": float(weights[:, 0].mean()), "entropy": float(entropy)}


def attentions(name: str, ids: torch.Tensor) -> dict[str, tuple[tuple[torch.Tensor, ...], torch.Tensor | None]]:
    """The weights of every attention of a model, by the paths of ours, and the ids that they are among."""
    model = KINDS[name].from_pretrained(DATA / "golden" / name, attn_implementation="eager").double().eval()
    with torch.no_grad():
        if not model.config.is_encoder_decoder:
            stack = "encoder" if name.startswith("bert") else "decoder"
            return {f"{stack}.layers.{{}}.self_attention": (model(ids[None], output_attentions=True).attentions, ids)}
        found = model(ids[None], decoder_input_ids=ids[None], output_attentions=True)
    return {
        "encoder.layers.{}.self_attention": (found.encoder_attentions, ids),
        "decoder.layers.{}.self_attention": (found.decoder_attentions, ids),
        "decoder.layers.{}.cross_attention": (found.cross_attentions, None),
    }


def main() -> None:
    made = {}
    for name in KINDS:
        drawn = torch.randint(20, 150, (DRAWN,), generator=torch.Generator().manual_seed(0))
        ids = torch.cat((torch.tensor([3]), drawn, drawn))
        heads = [
            {"path": f"{path.format(layer)}.weights", "head": head, **scores(each.double(), among)}
            for path, (layers, among) in attentions(name, ids).items()
            for layer, weights in enumerate(layers)
            for head, each in enumerate(weights[0])
        ]
        made[name] = {"ids": ids.tolist(), "heads": heads}
    (DATA / "head_scores.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
