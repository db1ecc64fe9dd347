"""Small checkpoints as people have them on disk: drawn, written, run, and what the run gave written beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tests.data.make_families.exact import exact
from tests.data.make_families.modules import Modules
from tests.data.make_families.recording import Found, record

Settings = dict[str, Any]
Rewritten = Callable[[Settings], Settings]


def as_it_is(settings: Settings) -> Settings:
    return settings


@dataclass(frozen=True, kw_only=True)
class Case:
    """One reference.

    name       the folder's
    model      the class of transformers
    config     its configuration's class, and with which keys
    modules    which of its modules computes which of our steps
    old        config.json from what transformers writes to what older versions wrote
    renamed    how tensors are called in the file, from what transformers calls them: (part of a name, another) pairs
    adds       tensors that the file has beside those, each like another, or of a shape
    storage    how numbers are stored
    tokens     how many are read
    pads       how many more are padding: before the text (negative) or after it
    target     how many the decoder of an encoder-decoder reads
    segments   the segment of each token
    gain       around which number the gains of norms are drawn
    finish     what else is written into the folder, from what was found, and added to that
    """

    name: str
    model: type[nn.Module]
    config: type
    keys: Mapping[str, Any]
    modules: Modules
    old: Rewritten = as_it_is
    renamed: tuple[tuple[str, str], ...] = ()
    adds: tuple[tuple[str, str | tuple[int, int]], ...] = ()
    storage: torch.dtype = torch.bfloat16
    tokens: int = 6
    pads: int = 0
    target: int = 0
    segments: tuple[int, ...] = ()
    gain: float = 1.0
    spread: float = 0.3
    finish: Callable[[Path, Found, Tensor], Found] | None = None


def make(case: Case, folder: Path, seed: int, is_brief: bool = False) -> None:
    """Write the folder of a case; `is_brief`: of the tensors found only `STATES`."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    write_checkpoint(case, folder, generator)
    run(case, folder, folder, generator, is_brief)


def run(case: Case, source: Path, folder: Path, generator: torch.Generator, is_brief: bool) -> None:
    """Run the checkpoint in `source` over some ids, and write those and what it computes into `folder`."""
    given = draw_input(case, generator)
    with exact():
        model = case.model.from_pretrained(source, dtype=torch.float64, attn_implementation="eager").eval()
        found = record(model, case.modules, given)
    if case.finish:
        found = case.finish(folder, found, given["attention_mask"][0])
    if is_brief:
        found = {path: tensor for path, tensor in found.items() if path.endswith(STATES)}
    write_expected(folder, given, found)


STATES = ("input", "input_norm", "q_rotated", "k_rotated", "weights", "ffn.residual", "ffn.norm", "final_norm",
          "logits", "pooled", "embedding")  # fmt: skip
"""Ends of the paths of the residual stream, of what attention looks at, and of what comes out."""


def write_checkpoint(case: Case, folder: Path, generator: torch.Generator) -> None:
    """Draw a checkpoint and write it; afterwards make it look as older versions wrote it."""
    model = case.model(case.config(**case.keys)).eval()
    fixed = set(_waves(model))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name not in fixed:
                parameter.copy_(_drawn(name, parameter, case, generator))
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.copy_(torch.randn(model.final_logits_bias.shape, generator=generator))
    model.to(case.storage).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    config = folder / "config.json"
    config.write_text(json.dumps(case.old(json.loads(config.read_text())), indent=1) + "\n")
    _change(folder / "model.safetensors", case, generator)


def _waves(model: nn.Module) -> Iterator[str]:
    """The names of tables of sines and cosines, which are not learned."""
    named = model.named_modules()
    yield from (f"{name}.weight" for name, module in named if "Sinusoidal" in type(module).__name__)


def _drawn(name: str, parameter: Tensor, case: Case, generator: torch.Generator) -> Tensor:
    noise = torch.randn(parameter.shape, generator=generator)
    if name.endswith("weight") and ("norm" in name.lower() or "ln_" in name):
        return case.gain + 0.3 * noise
    return case.spread * noise


def _change(file: Path, case: Case, generator: torch.Generator) -> None:
    tensors = load_file(file)
    for name, like in case.adds:
        shape = tensors[like].shape if isinstance(like, str) else like
        noise = torch.randn(shape, generator=generator)
        tensors[name] = (case.spread * noise).to(case.storage)
    for theirs, older in case.renamed:
        tensors = {name.replace(theirs, older): tensor for name, tensor in tensors.items()}
    save_file(tensors, file, {"format": "pt"})


def draw_input(case: Case, generator: torch.Generator) -> dict[str, Tensor]:
    """The arguments of the forward pass: words that are no padding, and padding where the case has some."""
    vocabulary, pad = case.keys["vocab_size"], case.keys.get("pad_token_id", 0) or 0
    ids = _words(case.tokens, vocabulary, generator)
    mask = [1] * case.tokens
    if case.pads < 0:
        ids, mask = [pad] * -case.pads + ids, [0] * -case.pads + mask
    else:
        ids, mask = ids + [pad] * case.pads, mask + [0] * case.pads
    given = {"input_ids": torch.tensor([ids]), "attention_mask": torch.tensor([mask])}
    if case.pads < 0 and "n_positions" in case.keys:  # as generation counts them
        given["position_ids"] = (given["attention_mask"].cumsum(-1) - 1).clamp(min=0)
    if case.segments:
        given["token_type_ids"] = torch.tensor([case.segments])
    if case.target:
        start = case.keys["decoder_start_token_id"]
        given["decoder_input_ids"] = torch.tensor([[start, *_words(case.target - 1, vocabulary, generator)]])
    return given


def _words(count: int, vocabulary: int, generator: torch.Generator) -> list[int]:
    return torch.randint(4, vocabulary, (count,), generator=generator).tolist()


NAMES = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "segments",
         "decoder_input_ids": "target_ids"}  # fmt: skip


def write_expected(folder: Path, given: Mapping[str, Tensor], found: Found) -> None:
    """Write what was run, and what was found."""
    texts = {NAMES[name]: tensor[0].tolist() for name, tensor in given.items() if name in NAMES}
    (folder / "input.json").write_text(json.dumps(texts) + "\n")
    save_file(found, folder / "expected.safetensors")
