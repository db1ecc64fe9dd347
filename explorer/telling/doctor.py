"""What a report of a fault has to say of a machine, and nothing private: no names of people, machines or models."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attn_explore.explorer.drawing.numbers import size_text
from attn_explore.explorer.drawing.wrapping import wrapped
from attn_explore.explorer.system import installed
from attn_explore.explorer.system.free_memory import free_memory
from attn_explore.explorer.system.key_file import keymap_path
from attn_explore.explorer.system.terminal_questions import Answers, ask
from attn_explore.explorer.telling.models_list import count_text
from attn_explore.model.checkpoints.hub_cache import hub_cache
from attn_explore.model.checkpoints.ollama import ollama_folders
from attn_explore.model.checkpoints.summary import Broken, Summary, all_summaries
from attn_explore.model.text import cells, clip, visible

AWKWARD = ("√", "−", "ᵀ", "ₖ", "→", "█", "⟨", "≈", "μ", "é", "e\u0301", "我", "狗", "한", "😀")
"""Characters that are drawn here or stand in texts, and that terminals do not agree on; `cells` counts one width."""

_LONGEST, _LONGEST_PATH = 60, 200
_LEAST = 12
"""Cells of what is told of something, however narrow the line is."""

Facts = dict[str, Any]


def facts() -> Facts:
    """All of it, for other programs."""
    return {
        "program": _program(),
        "packages": installed.dependencies(),
        "extras": {
            each.name: {"installed": each.is_there, "gives": each.gives, "packages": each.packages}
            for each in installed.extras()
        },
        "terminal": _terminal(),
        "folders": _folders(),
        "models": [_model(each) for each in all_summaries()],
    }


def _program() -> Facts:
    return {
        "attn-explore": installed.version_of(installed.PROGRAM),
        "editable": installed.is_editable(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "free_memory": free_memory(),
    }


# --- the terminal


def _terminal() -> Facts:
    from rich.console import Console

    asked = ask(AWKWARD if _encoding() == "utf-8" else ())
    columns, rows = _size()
    return {
        "is_terminal": {name: getattr(sys, name).isatty() for name in ("stdin", "stdout", "stderr")},
        "TERM": _variable("TERM"),
        "COLORTERM": _variable("COLORTERM"),
        "NO_COLOR": "NO_COLOR" in os.environ,
        "inside": next(
            (name for name, variable in (("tmux", "TMUX"), ("screen", "STY")) if variable in os.environ), None
        ),
        "colours": Console(force_terminal=True).color_system,
        "columns": columns,
        "rows": rows,
        "encoding": _encoding(),
        "answers": asked is not None,
        **_answered(asked),
    }


def _size() -> tuple[int | None, int | None]:
    """Columns and rows of the first of the three that is a terminal."""
    for stream in (sys.stderr, sys.stdout, sys.stdin):
        try:
            return os.get_terminal_size(stream.fileno())
        except (OSError, ValueError):  # a file, or closed
            continue
    return None, None


def _encoding() -> str:
    return (getattr(sys.stderr, "encoding", None) or "ascii").lower()


def _variable(name: str) -> str | None:
    value = os.environ.get(name)
    return None if value is None else visible(clip(value, _LONGEST))


def _answered(asked: Answers | None) -> Facts:
    if asked is None:
        return {"name": None, "mouse": None, "synchronized_output": None, "clipboard": None, "widths": {}}
    return {
        "name": asked.name and visible(clip(asked.name, _LONGEST)),
        "mouse": asked.mouse,
        "synchronized_output": asked.synchronized,
        "clipboard": asked.clipboard,
        "widths": {each: {"counted": cells(each), "drawn": drawn} for each, drawn in asked.widths.items()},
    }


# --- folders and models


def _folders() -> list[Facts]:
    import tempfile

    from platformdirs import user_data_path, user_log_path

    named = (
        ("keys and theme", keymap_path()),
        ("places and bookmarks", user_data_path(installed.PROGRAM, appauthor=False)),
        ("reports of bugs", user_log_path(installed.PROGRAM, appauthor=False)),
        ("temporary files", Path(tempfile.gettempdir())),
        ("models of Hugging Face", hub_cache()),
        *(("models of Ollama", folder) for folder in ollama_folders()),
    )
    return [{"for": what, **_folder(path)} for what, path in named]


def _folder(path: Path) -> Facts:
    there = os.path.exists(path)
    above = next((each for each in path.parents if os.path.exists(each)), path)
    return {
        "path": without_names(path),
        "exists": there,
        "readable": there and os.access(path, os.R_OK),
        "writable": os.access(path, os.W_OK) if there else os.path.isdir(above) and os.access(above, os.W_OK),
    }


def without_names(path: Path) -> str:
    """A path without whose it is: home is ~, and its owner's name elsewhere a sign."""
    home = Path(os.path.expanduser("~"))
    if path.is_relative_to(home):
        return visible(clip(str("~" / path.relative_to(home)), _LONGEST_PATH))
    parts = ("USER" if part == home.name else part for part in path.parts)
    return visible(clip(str(Path(*parts)), _LONGEST_PATH))


def _model(model: Summary | Broken) -> Facts:
    """A model without its name, which may be anybody's."""
    if isinstance(model, Broken):
        return {"problem": visible(clip(model.problem.what, _LONGEST))}
    return {
        "family": visible(clip(model.family, _LONGEST)),
        "parameters": model.parameters,
        "storage": list(model.storages),
        "bytes": model.nbytes,
        "memory_needed": model.need,
        "problem": None if model.refused is None else visible(clip(model.refused.what, _LONGEST)),
    }


# --- as lines


def lines(found: Facts, width: int) -> Iterator[str]:
    """The same for people: a heading and its rows, as they can be put into a report.

    What has no room in a line of `width` cells goes on below itself.
    """
    sections = (
        ("program", _program_rows(found["program"])),
        ("packages", [(name, version or "missing") for name, version in found["packages"].items()]),
        ("extras", [(name, _extra_text(extra)) for name, extra in found["extras"].items()]),
        ("terminal", _terminal_rows(found["terminal"])),
        ("folders", [(each["for"], _folder_text(each)) for each in found["folders"]]),
        ("models", _model_rows(found["models"])),
    )
    longest = max(cells(label) for _, rows in sections for label, _ in rows)
    for title, rows in sections:
        yield title
        for label, value in rows:
            first, *rest = wrapped(value, max(_LEAST, width - longest - 4)) or [""]
            yield f"  {label}{' ' * (longest - cells(label))}  {first}".rstrip()
            yield from (f"{' ' * (longest + 4)}{line}" for line in rest)


Rows = Sequence[tuple[str, str]]


def _program_rows(program: Facts) -> Rows:
    how = " (a checkout)" if program["editable"] else ""
    return (
        ("attn-explore", f"{program['attn-explore'] or 'not installed'}{how}"),
        ("Python", f"{program['python']} ({program['implementation']})"),
        ("system", f"{program['system']}, {program['machine']}"),
        ("cores", str(program["cores"])),
        ("free memory", size_text(program["free_memory"])),
    )


def _extra_text(extra: Facts) -> str:
    packages = [name if version is None else f"{name} {version}" for name, version in extra["packages"].items()]
    return f"{'installed' if extra['installed'] else 'not installed'} ({', '.join(packages)}): {extra['gives']}"


def _terminal_rows(terminal: Facts) -> Rows:
    there = [name for name, is_one in terminal["is_terminal"].items() if is_one]
    size = f"{terminal['columns']} × {terminal['rows']}" if terminal["columns"] else "unknown"
    return (
        ("is a terminal", ", ".join(there) or "none of stdin, stdout and stderr"),
        ("TERM", terminal["TERM"] or "not set"),
        ("COLORTERM", terminal["COLORTERM"] or "not set"),
        ("colours", f"{terminal['colours'] or 'none'}{' (NO_COLOR is set)' if terminal['NO_COLOR'] else ''}"),
        ("size", size),
        ("encoding", terminal["encoding"]),
        *((("inside", terminal["inside"]),) if terminal["inside"] else ()),
        ("answers questions", _yes(terminal["answers"])),
        ("calls itself", terminal["name"] or "unknown"),
        ("mouse", _yes(terminal["mouse"])),
        ("synchronized output", _yes(terminal["synchronized_output"])),
        ("clipboard (OSC 52)", _yes(terminal["clipboard"])),
        ("widths of characters", _widths(terminal["widths"])),
    )


def _yes(answer: bool | None) -> str:
    return "unknown" if answer is None else "yes" if answer else "no"


def _widths(widths: dict[str, Facts]) -> str:
    """Those that the terminal draws in other widths than we count."""
    others = [
        f"{each} {width['drawn']} instead of {width['counted']}" for each, width in widths.items() if _differs(width)
    ]
    as_counted = f"as counted, all {len(widths)} that were asked" if widths else "unknown"
    return ", ".join(others) or as_counted


def _differs(width: Facts) -> bool:
    return bool(width["drawn"] != width["counted"])


def _folder_text(folder: Facts) -> str:
    if folder["exists"]:
        can = [name for name in ("readable", "writable") if folder[name]]
        return f"{folder['path']}: {', '.join(can) or 'neither readable nor writable'}"
    return f"{folder['path']}: not there, {'can be made' if folder['writable'] else 'cannot be made'}"


def _model_rows(models: Sequence[Facts]) -> Rows:
    return [(str(number), _model_text(each)) for number, each in enumerate(models, 1)] or [("none found", "")]


def _model_text(model: Facts) -> str:
    if "family" not in model:
        return f"cannot be opened: {model['problem']}"
    stored, size = ", ".join(model["storage"]), size_text(model["bytes"])
    text = f"{model['family']}, {count_text(model['parameters'])} parameters, {stored}, {size}"
    return text if model["problem"] is None else f"{text}: cannot be run, {model['problem']}"
