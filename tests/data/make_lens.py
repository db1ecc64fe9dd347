"""What small checkpoints would say at each point of their residual stream, by transformers: `lens.safetensors`.

`python -m tests.data.make_lens` makes it anew, with a Python that has PyTorch and transformers. Hooks take what each
block leaves in the stream; put in the place of what the last layer leaves, the model itself makes logits of it. Keys
are `family/path of our step`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.data.make_families.exact import exact
from tests.data.make_families.hooks import PREDICTING, Family, Spot, hooked, keeping, putting
from tests.data.make_families.modules import F

DATA = Path(__file__).parent
FIRST = {"albert": "embedding_projected"}
"""The step that the first layer reads, where it is none that is called `input`."""


def points(family: Family, first: str) -> Iterator[tuple[str, Spot]]:
    """Where the stream of a model changes, by our paths: at the norm of a block where that is of the stream itself."""
    stack = family.stack
    yield f"{stack}.{first}", family.layer(stack, 0, enters=True)
    for i in family.layers(stack):
        for block in (*family.attentions(stack), F):
            norm, residual = family.modules(stack, f"{block}.norm"), family.modules(stack, f"{block}.residual")
            is_post_norm = {name for name, _ in norm} & {name for name, enters in residual if enters}
            if residual:  # not that of an attention beside a network, whose sum is added
                path = f"{block}.{'norm' if is_post_norm else 'residual'}"
                yield f"{stack}.{path.format(i=i)}", family.spot(stack, path, i)


def lens_of(name: str) -> dict[str, Tensor]:
    """The logits at each point of a model's stream."""
    family, states = Family(name), dict[str, Tensor]()
    with ExitStack() as stack:
        for path, spot in points(family, FIRST.get(name, "input")):
            stack.enter_context(hooked(spot, keeping(states, path)))
        shape = family.run().logits.shape
    return {path: logits_of(family, x.reshape(*shape[:2], -1)) for path, x in states.items()}


def logits_of(family: Family, state: Tensor) -> Tensor:
    """What a model says where this is what its last layer leaves."""
    with hooked(family.layer(family.stack, family.layers(family.stack)[-1]), putting(state)):
        return family.run().logits[0]


def main() -> None:
    """Write the file."""
    with exact(), torch.no_grad():
        found = {f"{name}/{path}": x for name in PREDICTING for path, x in lens_of(name).items()}
    save_file({key: x.contiguous().clone() for key, x in found.items()}, DATA / "lens.safetensors")


if __name__ == "__main__":
    main()
