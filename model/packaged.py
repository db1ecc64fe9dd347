"""The text of a file that comes with the program, be that in a folder or in a zip file.

`importlib.resources` finds it too, and imports `zipfile` for it: 4 ms, before the first frame.
"""

from __future__ import annotations

from pkgutil import get_data


def packaged(package: str, name: str) -> str:
    """The text of a file of a package. Raises OSError where there is none."""
    content = get_data(package, name)
    if content is None:
        raise FileNotFoundError(name)
    return content.decode().replace("\r\n", "\n")  # as git may have written it
