"""Ten steps of training with PyTorch, for tests/model/test_training.py.

A torch.nn.Transformer (1 + 1 layers, no final norms) between tables of embeddings and a linear head learns from six
pairs of different lengths: cross-entropy, Adam with the paper's settings and its warm-up schedule. Kept are the
parameters before and after, and the loss of every step. Matrices of PyTorch's own modules stand under its names and as
it stores them; tables and head as they multiply from the right.

    python tests/data/make_torch_training.py      # PyTorch 2.13.0
"""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent / "torch_training"
D_MODEL, HEADS, D_FF, WARMUP, FACTOR = 8, 2, 12, 4, 0.005
PAIRS = [
    ("I love my dog", "我 喜歡 我的 狗"), ("I love dogs", "我 喜歡 狗"), ("my dog", "我的 狗"),
    ("you love my big dog", "你 喜歡 我的 大 狗"), ("dogs love you", "狗 喜歡 你"), ("I love you", "我 喜歡 你"),
]  # fmt: skip
BATCHES = [[0, 1, 2], [3, 4, 5], [5, 0, 3], [2, 1, 4], [0, 1, 2], [3, 4, 5], [5, 0, 3], [2, 1, 4], [0, 5, 2], [3, 4, 1]]
SOURCE = sorted({word for source, _ in PAIRS for word in source.split()})
TARGET = ["<s>", "</s>", *sorted({word for _, target in PAIRS for word in target.split()})]


def waves(length: int) -> torch.Tensor:
    """Vaswani et al. 2017, section 3.5."""
    position, column = torch.arange(length, dtype=torch.float64)[:, None], torch.arange(D_MODEL)
    angle = position / 10000.0 ** (2 * (column // 2) / D_MODEL)
    return torch.where(column % 2 == 0, angle.sin(), angle.cos())


def padded(rows: list[list[int]], by: int) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [by] * (longest - len(row)) for row in rows])


def main() -> None:
    torch.manual_seed(5)
    torch.set_default_dtype(torch.float64)
    model = nn.Transformer(D_MODEL, HEADS, 1, 1, D_FF, dropout=0.0, batch_first=True)
    model.encoder.norm = model.decoder.norm = None
    own = {
        "encoder.embedding_table": nn.Parameter(torch.randn(len(SOURCE), D_MODEL)),
        "decoder.embedding_table": nn.Parameter(torch.randn(len(TARGET), D_MODEL)),
        "head.w": nn.Parameter(torch.randn(D_MODEL, len(TARGET)) / math.sqrt(D_MODEL)),
        "head.b": nn.Parameter(torch.zeros(len(TARGET))),
    }
    for name, parameter in model.named_parameters():
        if "bias" in name:
            nn.init.normal_(parameter, std=0.1)
    parameters = [*model.parameters(), *own.values()]
    optimiser = torch.optim.Adam(parameters, lr=FACTOR, betas=(0.9, 0.98), eps=1e-9)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: D_MODEL**-0.5 * min((step + 1) ** -0.5, (step + 1) * WARMUP**-1.5)
    )

    def state() -> dict[str, torch.Tensor]:
        return {name: tensor.detach().clone().contiguous() for name, tensor in {**model.state_dict(), **own}.items()}

    def loss_of(pairs: list[tuple[str, str]]) -> torch.Tensor:
        source = padded([[SOURCE.index(word) for word in text.split()] for text, _ in pairs], 0)
        pad = padded([[0] * len(text.split()) for text, _ in pairs], 1).bool()
        targets = [[TARGET.index(word) for word in text.split()] for _, text in pairs]
        read, said = padded([[0, *row] for row in targets], 0), padded([[*row, 1] for row in targets], -100)
        x = own["encoder.embedding_table"][source] + waves(source.shape[1])
        y = own["decoder.embedding_table"][read] + waves(read.shape[1])
        causal = nn.Transformer.generate_square_subsequent_mask(read.shape[1])
        out = model(x, y, tgt_mask=causal, src_key_padding_mask=pad, memory_key_padding_mask=pad)
        logits = out @ own["head.w"] + own["head.b"]
        return nn.functional.cross_entropy(logits.flatten(0, 1), said.flatten(), ignore_index=-100)

    HERE.mkdir(exist_ok=True)
    save_file(state(), HERE / "before.safetensors")
    losses = []
    for batch in BATCHES:
        optimiser.zero_grad()
        loss = loss_of([PAIRS[place] for place in batch])
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    save_file(state(), HERE / "after.safetensors")
    described = {"source": SOURCE, "target": TARGET, "pairs": PAIRS, "batches": BATCHES, "losses": losses}
    (HERE / "training.json").write_text(json.dumps(described, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
