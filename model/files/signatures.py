"""What a file really is, told by its first bytes: for the hint of a refusal, never to choose how to read it."""

from __future__ import annotations

import re
from pathlib import PurePath

LOOKED_AT = 4096
"""Bytes at the beginning of a file that are looked at."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (rb"\x89PNG", "a PNG picture"),
    (rb"\xff\xd8\xff", "a JPEG picture"),
    (rb"GIF8", "a GIF picture"),
    (rb"%PDF", "a PDF document"),
    (rb"\x93NUMPY", "a NumPy .npy file"),
    (rb"PK\x03\x04", "a ZIP archive (perhaps an .npz or a PyTorch file)"),
    (rb"\x1f\x8b", "a gzip archive"),
    (rb"\x80[\x02-\x05]", "a Python pickle (perhaps a PyTorch file)"),
    (rb"\x89HDF", "an HDF5 file"),
    (rb"GGUF", "a GGUF file"),
    (rb".{5}\0\0\0\s*\{", "a safetensors file"),
    (rb"\xff\xfe|\xfe\xff", "UTF-16 text"),
    (rb"version https://git-lfs", "a git-lfs pointer, not the file itself (try `git lfs pull`)"),
    (rb"\s*<(?:!doctype|html|head|body)", "an HTML page"),
    (rb"\s*<(?:\?xml|svg)", "XML"),
    (rb"(?:\s*#[^\n]*\n)*\s*(?:\[\[?[\w.\"-]+\]\]?\s*(?:#[^\n]*)?\n|[\w.-]+\s*=\s)", "TOML"),
    (rb"\s*[\[{]", "JSON"),
)


def looks_like(content: bytes) -> str | None:
    r"""Name what the content looks like, or None for what could be YAML.

    >>> looks_like(b"\x89PNG\r\n")
    'a PNG picture'
    """
    head = content[:LOOKED_AT].removeprefix(b"\xef\xbb\xbf")
    return next((name for pattern, name in _SIGNATURES if re.match(pattern, head, re.I | re.S)), None)


# --- PyTorch

_PICKLE = re.compile(rb"\x80[\x02-\x05]|PK\x03\x04", re.S)
_PLAIN_NAME = re.compile(r"[\w.-]+", re.ASCII)
_TO_SAFETENSORS = (
    "import torch, safetensors.torch as s; "
    "s.save_file({{k: v.contiguous().clone() for k, v in torch.load('{name}', weights_only=True).items()}}, "
    "'model.safetensors')"
)


def advice_for(content: bytes, file: str) -> str:
    """What to do about a file that should hold tensors, and holds this instead; nothing where it looks like none.

    >>> advice_for(b"<!DOCTYPE html>", "model.safetensors")
    'this looks like an HTML page'
    """
    kind = looks_like(content)
    convert = f"; convert it: {converting(file)}" if _PICKLE.match(content) else ""
    return f"this looks like {kind}{convert}" if kind else ""


def converting(file: str) -> str:
    """The command that writes the tensors of a PyTorch file as safetensors."""
    name = PurePath(file).name
    code = _TO_SAFETENSORS.format(name=name if _PLAIN_NAME.fullmatch(name) else "FILE")
    return f'python -c "{code}"'
