"""What is installed: the program, what it depends on, and what each extra would add, as the metadata say it."""

from __future__ import annotations

import re
from importlib import metadata

from attn_explore.model.dataclass import dataclass

PROGRAM = "attn-explore"

GIVES = {
    "checkpoints": "tokenizers of real models, and rarer kinds of GGUF",
    "figures": "figures and handouts as PDF",
    "serve": "the explorer in a browser",
}
"""What the extras that are for users are good for."""

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)")
_OF_EXTRA = re.compile(r"\bextra\s*==\s*['\"]([^'\"]+)['\"]")


@dataclass(frozen=True)
class Extra:
    """An extra, what it gives, and the versions of its packages; None for those that are missing."""

    name: str
    gives: str
    packages: dict[str, str | None]

    @property
    def is_there(self) -> bool:
        """Whether all of it is installed."""
        return None not in self.packages.values()


def version_of(package: str) -> str | None:
    """The version of a package; None where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def dependencies() -> dict[str, str | None]:
    """The packages without which the program does not start, and their versions."""
    return {name: version_of(name) for name in sorted(name for name, extra in _requirements() if extra is None)}


def extras() -> tuple[Extra, ...]:
    """The extras that are for users."""
    asked = _requirements()
    return tuple(
        Extra(each, gives, {name: version_of(name) for name, extra in asked if extra == each})
        for each, gives in GIVES.items()
        if any(extra == each for _, extra in asked)
    )


def is_editable() -> bool:
    """Whether a checkout is run, not what was installed from one or from an index."""
    try:
        said = metadata.distribution(PROGRAM).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return True
    return bool(re.search(r'"editable"\s*:\s*true', said or ""))


def _requirements() -> list[tuple[str, str | None]]:
    """Each package that the metadata name, and the extra that asks for it."""
    try:
        lines = metadata.requires(PROGRAM) or []
    except metadata.PackageNotFoundError:
        lines = []
    found = ((_REQUIREMENT.match(line), _OF_EXTRA.search(line)) for line in lines)
    return [(name[1], extra and extra[1]) for name, extra in found if name]
