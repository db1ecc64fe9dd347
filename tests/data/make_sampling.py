"""Make `sampling.json`: what transformers' own processors of logits leave of random ones.

    python tests/data/make_sampling.py

Each case has logits, the ids that were read, the settings, and the probabilities after each step, in double precision.
The order of the steps is that of `GenerationMixin._get_logits_processor`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import (
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

DATA = Path(__file__).parent
SIZE, READ = 24, 6
SETTINGS: list[dict[str, Any]] = [
    {"repetition_penalty": 1.3},
    {"temperature": 0.6},
    {"top_k": 5},
    {"top_k": 40},
    {"top_p": 0.7},
    {"top_p": 0.01},
    {"repetition_penalty": 1.2, "temperature": 1.7, "top_k": 9, "top_p": 0.8},
    {"repetition_penalty": 0.8, "top_k": 12, "top_p": 0.95},
]
PROCESSORS = {
    "repetition_penalty": RepetitionPenaltyLogitsProcessor,
    "temperature": TemperatureLogitsWarper,
    "top_k": TopKLogitsWarper,
    "top_p": TopPLogitsWarper,
}


def cases() -> Iterator[dict[str, Any]]:
    """A case for each of the settings."""
    torch.manual_seed(0)
    for settings in SETTINGS:
        logits = 2 * torch.randn(1, SIZE, dtype=torch.float64)
        read = torch.randint(SIZE, (1, READ))
        left, steps = logits, []
        for name, processor in PROCESSORS.items():
            if name in settings:
                left = processor(settings[name])(read, left)
                steps.append({"step": name, "chances": left.softmax(dim=-1)[0].tolist()})
        yield {"logits": logits[0].tolist(), "read": read[0].tolist(), "settings": settings, "steps": steps}


if __name__ == "__main__":
    (DATA / "sampling.json").write_text(f"{json.dumps(list(cases()), indent=1)}\n")
