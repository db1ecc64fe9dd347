"""Runs the cells of a notebook as Jupyter does, without Jupyter: its file is JSON, and its cells are Python.

`python -m tests.notebooks` runs `docs/notebook.ipynb` and keeps what its cells give; what changed is to be looked at.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebook.ipynb"


def read(path: Path) -> dict[str, Any]:
    """A notebook as its file has it."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def code_cells(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cells that are run, in order."""
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def outputs(cell: dict[str, Any], names: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """What a cell prints, and then what its last line is, where that is a value."""
    body = ast.parse("".join(cell["source"])).body
    last = body[-1]
    is_value = isinstance(last, ast.Expr)
    with redirect_stdout(StringIO()) as printed:
        exec(compile(ast.Module(body[:-1] if is_value else body, []), "<cell>", "exec"), names)  # noqa: S102 (our own)
        value = eval(ast.unparse(last), names) if is_value else None  # noqa: S307
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        found.append({"name": "stdout", "output_type": "stream", "text": _lines(printed.getvalue())})
    if value is not None:
        result = {"data": _shown(value), "execution_count": count, "metadata": {}, "output_type": "execute_result"}
        found.append(result)
    return found


def _shown(value: Any) -> dict[str, list[str]]:
    """A value as text, and as a page shows it where it can."""
    html = {"text/html": _lines(value._repr_html_())} if hasattr(value, "_repr_html_") else {}
    return {**html, "text/plain": _lines(repr(value))}


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def run_again(path: Path) -> None:
    """Run every cell of a notebook, and write down what it gives."""
    notebook, names = read(path), dict[str, Any]()
    for count, cell in enumerate(code_cells(notebook), 1):
        cell["execution_count"], cell["outputs"] = count, outputs(cell, names, count)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    run_again(NOTEBOOK)
