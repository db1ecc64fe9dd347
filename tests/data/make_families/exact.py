"""transformers in float64 throughout: what it asks to have in float32 it gets in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from transformers.models.t5.modeling_t5 import T5Attention


class _InDouble(TorchFunctionMode):
    """Turns each request for float32, by `dtype=`, `.to()` or `.float()`, into one for float64."""

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.float:
            return args[0].double()
        doubled = {name: _doubled(each) for name, each in (kwargs or {}).items()}
        return func(*map(_doubled, args), **doubled)


def _doubled(argument: Any) -> Any:
    return torch.float64 if argument is torch.float32 else argument


@contextmanager
def exact() -> Iterator[None]:
    """Everything inside is computed in float64, but T5's buckets: their border is where float32 puts it."""
    bucket = T5Attention._relative_position_bucket

    def in_float32(*args: Any, **kwargs: Any) -> torch.Tensor:
        with torch._C.DisableTorchFunction():
            return bucket(*args, **kwargs)

    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    single, torch.FloatTensor = torch.FloatTensor, torch.DoubleTensor
    T5Attention._relative_position_bucket = staticmethod(in_float32)
    try:
        with _InDouble(), torch.no_grad():
            yield
    finally:
        T5Attention._relative_position_bucket = staticmethod(bucket)
        torch.FloatTensor = single
        torch.set_default_dtype(default)
