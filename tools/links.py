"""Links from `src/attn_explore/` to the folders at the root, so that a checkout has the shape of what is installed.

`pip install -e` and pytest make them, and compile what they lead to; `python tools/links.py` does so by hand.
"""

from __future__ import annotations

import compileall
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "attn_explore"
FOLDERS = ("model", "explorer", "scenarios")


def make() -> None:
    """Make the links that are missing."""
    for name in FOLDERS:
        link, folder = PACKAGE / name, ROOT / name
        if link.is_dir() and link.samefile(folder):
            continue
        link.unlink(missing_ok=True)  # a link to where the checkout was before, or its text where git knows no links
        if sys.platform == "win32":
            import _winapi

            _winapi.CreateJunction(str(folder), str(link))  # a symbolic link would need rights there
        else:
            link.symlink_to(Path("..", "..", name), target_is_directory=True)


def compile_all() -> None:
    """Compile everything, as pip compiles a wheel, also where Python is told to write nothing down."""
    for name in FOLDERS:
        compileall.compile_dir(PACKAGE / name, quiet=1)


if __name__ == "__main__":
    make()
    compile_all()
