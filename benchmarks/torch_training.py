"""The training step of a bundled encoder-decoder in PyTorch, to be timed beside ours: the same model, the same batch.

PyTorch is installed by hand for it (`pip install torch==2.13.0`) and is no dependency of anything else.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from attn_explore.model.axes import sizes
from attn_explore.model.checkpoints.torch_transformer import stored
from attn_explore.model.known import shapes_of
from attn_explore.model.scenario import Scenario
from attn_explore.model.training.adam import BETA_1, BETA_2, EPSILON, rate
from attn_explore.model.training.batches import Batch
from attn_explore.model.training.trainer import Trainer


class Model(nn.Module):
    """Tables of embeddings, waves, a torch.nn.Transformer and a linear head."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        config, shapes = scenario.model, shapes_of(scenario)
        self.source = nn.Embedding(*sizes(shapes["encoder.embedding_table"]))
        self.target = nn.Embedding(*sizes(shapes["decoder.embedding_table"]))
        self.transformer = nn.Transformer(
            config.d_model, config.heads, config.encoder_layers, config.decoder_layers, config.d_ff,
            dropout=0.0, activation=config.activation, batch_first=True, norm_first=config.norm_order == "pre",
        )  # fmt: skip
        if not config.final_norm:
            self.transformer.encoder.norm = self.transformer.decoder.norm = None
        self.head = nn.Linear(*sizes(shapes["head.w"]))
        position, column = np.arange(64)[:, None], np.arange(config.d_model)
        angle = position / 10000.0 ** (2 * (column // 2) / config.d_model)
        self.waves = torch.tensor(np.where(column % 2 == 0, np.sin(angle), np.cos(angle)), dtype=torch.float32)

    def forward(
        self, source: torch.Tensor, target: torch.Tensor, pad: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """Logits (batch, token, vocabulary) of token ids, whose padding in the source is hidden."""
        x = self.source(source) + self.waves[: source.shape[1]]
        y = self.target(target) + self.waves[: target.shape[1]]
        out = self.transformer(x, y, tgt_mask=mask, src_key_padding_mask=pad, memory_key_padding_mask=pad)
        return self.head(out)

    def take(self, trainer: Trainer) -> None:
        """Take the weights of ours; biases that ours has not are 0."""
        state = {name: torch.zeros_like(tensor) for name, tensor in self.state_dict().items()}
        for name, array in trainer.parameters.items():
            tensor = torch.tensor(array)
            match name:
                case "encoder.embedding_table" | "decoder.embedding_table":
                    state["source.weight" if name.startswith("encoder") else "target.weight"] = tensor
                case "head.w" | "head.b":
                    state["head.weight" if name == "head.w" else "head.bias"] = tensor.T if name == "head.w" else tensor
                case _:
                    place = stored(name)
                    assert place is not None, name  # noqa: S101 (else the two would not be the same model)
                    start = place.parts.index(name) * tensor.shape[-1]
                    rows = state[f"transformer.{place.tensor}"]
                    rows[start : start + tensor.shape[-1]] = tensor.T if tensor.ndim > 1 else tensor
        self.load_state_dict(state)


def stepper(scenario: Scenario, trainer: Trainer) -> Callable[[Batch], float]:
    """What does one step of training on a batch, and gives its loss before that."""
    experiment, config = scenario.experiment, scenario.model
    assert experiment is not None  # noqa: S101 (the scenario is one that is trained)
    model = Model(scenario)
    model.take(trainer)
    optimiser = torch.optim.Adam(model.parameters(), lr=1.0, betas=(BETA_1, BETA_2), eps=EPSILON)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: rate(step + 1, config.d_model, experiment.warmup, experiment.learning_rate)
    )
    cross_entropy = nn.CrossEntropyLoss(ignore_index=-100)

    def step(batch: Batch) -> float:
        source, target = (torch.from_numpy(batch.read[stack]) for stack in ("encoder", "decoder"))
        said = torch.from_numpy(np.where(batch.asked > 0, batch.target, -100))
        pad = torch.from_numpy(batch.pad["encoder"] > 0)
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1]).isinf()
        optimiser.zero_grad()
        loss = cross_entropy(model(source, target, pad, mask).flatten(0, 1), said.flatten())
        loss.backward()
        optimiser.step()
        schedule.step()
        return loss.item()

    return step
