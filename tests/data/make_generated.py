"""Make `generated.safetensors`: what some of `families/` choose word by word, by transformers' own `generate`.

`python -m tests.data.make_generated`, with a Python that has PyTorch and transformers. The words that were chosen, and
the logits of each choice, in float64.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM
from transformers.utils import logging

from tests.data.make_families.exact import exact

NAMES = ("bloom", "gemma2", "gemma3", "gpt2", "gpt2-padded-left", "llama", "m2m100", "marian", "mistral", "t5")
WORDS = 6
DATA = Path(__file__).parent


def main() -> None:
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    found = {}
    for name in NAMES:
        found |= {f"{name}.{what}": tensor for what, tensor in generated(DATA / "families" / name).items()}
    save_file(found, DATA / "generated.safetensors")


def generated(folder: Path) -> dict[str, torch.Tensor]:
    """The words that are chosen, none of which ends the text, and the logits that each is chosen from."""
    said = json.loads((folder / "input.json").read_text())
    is_encoder_decoder = json.loads((folder / "config.json").read_text()).get("is_encoder_decoder", False)
    kind = AutoModelForSeq2SeqLM if is_encoder_decoder else AutoModelForCausalLM
    with exact():
        model = kind.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
        model.generation_config.eos_token_id = None
        model.generation_config.forced_eos_token_id = None
        model.generation_config.bad_words_ids = None
        out = model.generate(
            torch.tensor([said["ids"]]), attention_mask=torch.tensor([said["attention_mask"]]), max_new_tokens=WORDS,
            do_sample=False, num_beams=1, use_cache=True, output_logits=True, return_dict_in_generate=True,
        )  # fmt: skip
    print(folder.name, out.sequences.tolist())
    return {"ids": out.sequences[0, -WORDS:].contiguous(), "logits": torch.cat(out.logits)}


if __name__ == "__main__":
    main()
