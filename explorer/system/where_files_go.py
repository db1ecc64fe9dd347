"""Where the files that a person saves go: onto the disk, or to the browser of a visitor, who has no disk here."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Literal, Protocol

from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.text import cells, figure

Progress = Callable[[int], None]

LARGEST_DOWNLOAD = 2**25
"""Bytes of a download: it stands in the memory of the visitor's program until the browser has fetched it."""

LONGEST_NAME = 100
"""Characters of the name of a download."""

_TYPES: Mapping[str, str] = MappingProxyType({
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
})  # fmt: skip
"""What a browser is told of a file by its ending; Python would look for that in files of the machine."""

_ANY_BYTES = "application/octet-stream"


class Files(Protocol):
    """Where files go."""

    @property
    def is_download(self) -> bool:
        """Whether they go to a browser."""

    @property
    def verb(self) -> str:
        """What is done with a file: `Enter writes`."""

    def told(self, written: str) -> str:
        """What is said when it is done."""

    def exists(self, target: Path) -> bool:
        """Whether there is such a file, which would be replaced."""

    def check(self, target: Path, force: bool, inputs: Sequence[Path] = ()) -> None:
        """Refuse a name that nothing can be written to. `inputs` are files that are never replaced. Raises Problem."""

    def write(
        self,
        target: Path,
        chunks: Iterable[bytes],
        *,
        force: bool = False,
        inputs: Sequence[Path] = (),
        progress: Progress | None = None,
    ) -> Path:
        """Write a file, whole or not at all, and give its path. Raises Problem when that cannot be."""


@dataclass(frozen=True)
class FilesOnDisk:
    """Files of whoever runs the program, wherever they may write."""

    @property
    def is_download(self) -> bool:
        """They are written here."""
        return False

    @property
    def verb(self) -> str:
        """They are written."""
        return "writes"

    def told(self, written: str) -> str:
        """Where it is."""
        return f"Written to {written}"

    def exists(self, target: Path) -> bool:
        """Whether there is such a file."""
        return target.is_file()

    def check(self, target: Path, force: bool, inputs: Sequence[Path] = ()) -> None:
        """Look at the folder, and at what is there."""
        from attn_explore.model.files.writing import check_target  # a start only reads

        check_target(target, force, inputs)

    def write(
        self,
        target: Path,
        chunks: Iterable[bytes],
        *,
        force: bool = False,
        inputs: Sequence[Path] = (),
        progress: Progress | None = None,
    ) -> Path:
        """Write a file."""
        from attn_explore.model.files.writing import write_atomically

        write_atomically(target, chunks, force=force, inputs=inputs, progress=progress)
        return target.absolute()


ON_DISK = FilesOnDisk()


class Delivers(Protocol):
    """What takes a file to the browser: Textual's app."""

    def deliver_binary(
        self,
        path_or_file: BinaryIO,
        *,
        save_directory: str,
        save_filename: str,
        mime_type: str,
        open_method: Literal["download"],
    ) -> object:
        """Let the browser fetch a file."""


@dataclass(frozen=True, eq=False)
class FilesForBrowser:
    """Files that the browser of a visitor fetches. Nothing is looked at on the disk, nor written there."""

    app: Delivers

    @property
    def is_download(self) -> bool:
        """They go to the browser."""
        return True

    @property
    def verb(self) -> str:
        """The browser fetches them."""
        return "downloads"

    def told(self, written: str) -> str:
        """How it is called among the downloads."""
        return f"Your browser downloads {written}"

    def exists(self, target: Path) -> bool:
        """The browser replaces no file."""
        return False

    def check(self, target: Path, force: bool, inputs: Sequence[Path] = ()) -> None:
        """Refuse what is more than a name."""
        name = str(target)
        if name != target.name or "\\" in name or name.startswith(("~", ".")) or not name.isprintable():
            what, hint = "a download has a name, and is in no folder", f"name it {_name_alone(name) or 'figure.svg'}"
            raise Problem(what, hint=hint)
        if cells(name) > LONGEST_NAME:
            raise Problem(f"this name is longer than {LONGEST_NAME} characters", hint="choose a shorter one")

    def write(
        self,
        target: Path,
        chunks: Iterable[bytes],
        *,
        force: bool = False,
        inputs: Sequence[Path] = (),
        progress: Progress | None = None,
    ) -> Path:
        """Give a file to the browser."""
        self.check(target, force)
        content = _gathered(chunks, progress)
        self.app.deliver_binary(
            content,
            save_directory=".",  # or it is looked for in the settings of whoever serves, though nothing is saved here
            save_filename=target.name,
            mime_type=_TYPES.get(target.suffix.lower(), _ANY_BYTES),
            open_method="download",
        )
        return Path(target.name)


def _gathered(chunks: Iterable[bytes], progress: Progress | None) -> io.BytesIO:
    content = io.BytesIO()
    for chunk in chunks:
        if content.tell() + len(chunk) > LARGEST_DOWNLOAD:
            what = f"a download has at most {figure(LARGEST_DOWNLOAD)} bytes, and this has more"
            raise Problem(what, hint="name fewer steps, or choose another format")
        content.write(chunk)
        if progress is not None:
            progress(content.tell())
    return content


def _name_alone(name: str) -> str:
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2].lstrip("~.")
