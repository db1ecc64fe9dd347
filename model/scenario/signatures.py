"""What a file really is, told by its first bytes: for the hint of a refusal, never to choose how to read it."""

from __future__ import annotations

import re

_LOOKED_AT = 4096

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
    head = content[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf")
    return next((name for pattern, name in _SIGNATURES if re.match(pattern, head, re.I | re.S)), None)
