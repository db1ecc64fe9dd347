"""Make the cases asked for, or all."""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

from transformers.utils import logging

from tests.data.make_families.cases import CASES, GGUF_CASES
from tests.data.make_families.folders import make
from tests.data.make_families.gguf_files import make_gguf


def main() -> None:
    parser = argparse.ArgumentParser(description="Make reference checkpoints and what transformers computes of them.")
    parser.add_argument("out", type=Path, help="the folder that gets a folder for each case")
    parser.add_argument("names", nargs="*", help="which cases; all of them by default")
    parser.add_argument("--seed", type=int, default=0, help="other numbers in the same shapes")
    asked = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    for case in CASES:
        if not asked.names or case.name in asked.names:
            make(case, asked.out / case.name, asked.seed + zlib.crc32(case.name.encode()), is_variant(case.name))
            print(case.name)
    for wanted in GGUF_CASES:
        if not asked.names or wanted.name in asked.names:
            make_gguf(wanted, asked.out / wanted.name, asked.seed + zlib.crc32(wanted.name.encode()))
            print(wanted.name)


def is_variant(name: str) -> bool:
    """Whether another case has the same family's every tensor: `llama` has those of `llama-old`."""
    return any(name.startswith(f"{case.name}-") for case in CASES)


if __name__ == "__main__":
    main()
