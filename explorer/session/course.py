"""The bundled scenarios by name, in the order of the course, and a person's own beside them."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from attn_explore import scenarios
from attn_explore.model.problems import Problem, nearest

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

MOST_OWN = 200
"""So many files of a person's own folder are shown."""

COURSE = (
    "i-love-my-dog",
    "single-head",
    "wo-xihuan-wode-gou",
    "multi-head",
    "positions-sinusoidal",
    "word-order",
    "why-scale",
    "softmax-saturation",
    "padding-mask",
    "padding-changes-nothing",
    "causal-mask",
    "with-and-without-mask",
    "add-and-norm",
    "encoder-layer",
    "feed-forward",
    "attention-then-ffn-stacked",
    "label-each-word",
    "reverse",
    "label-the-sentence",
    "sentiment",
    "cross-attention",
    "write-word-by-word",
    "translate",
    "translate-a-question",
    "long-range",
    "dot-vs-additive",
    "softmax-vs-relu",
    "local-attention",
    "gallery",
    "pre-norm-stack",
    "post-norm-vs-pre-norm",
    "heads-knocked-out",
    "names",
    "sampling",
    "dot-product-variance",
    "softmax-jacobian",
    "gradient-vanishing",
    "grouped-query",
    "positions-rotary",
    "induction-head",
    "logit-lens",
    "who-wrote-this-word",
    "what-rounding-does",
    "patching",
    "where-gradients-flow",
    "wide",
)
"""From the first lesson on; what is not named here follows by name."""


ON_MODELS = ("its-law", "what-comes-next", "attention-sinks", "induction-in-a-real-model", "a-real-translator")
"""The lessons on real models, in their order."""


@cache
def course_folder() -> Path:
    """The folder of the bundled scenarios; unpacked into a temporary one where the program runs from a zip file."""
    folder = Path(scenarios.__path__[0])
    if folder.is_dir():
        return folder.resolve()
    from importlib.resources import files  # which imports zipfile

    kept = ExitStack()
    atexit.register(kept.close)
    return _unpacked(files(scenarios), kept)


def _unpacked(folder: Traversable, kept: ExitStack) -> Path:
    import tempfile  # only where there is something to unpack

    place = Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="attn-explore-")))
    _unpack(folder, place)
    return place.resolve()


def _unpack(folder: Traversable, place: Path) -> None:
    for file in folder.iterdir():
        if file.is_dir():
            (place / file.name).mkdir()
            _unpack(file, place / file.name)
        else:
            (place / file.name).write_bytes(file.read_bytes())


def bundled() -> dict[str, Path]:
    """Every bundled scenario, name and file."""
    found = {path.stem: path for path in sorted(course_folder().glob("*.yaml"))}
    return {name: found[name] for name in (*COURSE, *(name for name in found if name not in COURSE)) if name in found}


@cache
def on_models() -> dict[str, Path]:
    """The lessons on real models, name and file: each needs a model of the machine, which it names."""
    return {name: course_folder() / "models" / f"{name}.yaml" for name in ON_MODELS}


def named() -> dict[str, Path]:
    """Everything that is run by its name alone."""
    return {**bundled(), **on_models()}


def after(path: Path) -> Path | None:
    """The lesson that follows another one; None after the last, and for any other file.

    Those on real models come last; one whose model is not on this machine is passed over.
    """
    course, here = list(named().values()), path.resolve()
    rest = course[course.index(here) + 1 :] if here in course else []
    return next((each for each in rest if _is_runnable(each)), None)


def _is_runnable(path: Path) -> bool:
    """Whether a lesson needs no model of this machine, or that is there."""
    if path not in on_models().values():
        return True
    from attn_explore.model.checkpoints.locating import locate_name
    from attn_explore.model.scenario import read_scenario

    try:
        locate_name(read_scenario(path).model.weights.checkpoint or "")
    except Problem:
        return False
    return True


def own_folder() -> Path:
    """Where a person's own scenarios are looked for: `~/.local/share/attn-explore/scenarios` on Linux."""
    from platformdirs import user_data_path

    return user_data_path("attn-explore", appauthor=False) / "scenarios"


def own(folder: Path) -> list[Path]:
    """The scenario files of a folder, by name; none where there is no such folder or it cannot be read."""
    from attn_explore.explorer.system.file_formats import (
        SCENARIOS,  # naming the bundled ones needs nothing of the model
    )

    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SCENARIOS)
    except OSError:
        return []
    return found[:MOST_OWN]


def is_model(wanted: str) -> bool:
    """Whether a name or a path is meant for a model of this machine, and not for a scenario or a trace.

    >>> is_model("i-love-my-dog"), is_model("models/gpt2.gguf"), is_model("openai/gpt2")
    (False, True, True)
    """
    from attn_explore.explorer.system.file_formats import MODELS, SCENARIOS, TRACES

    if wanted in named():
        return False
    path = Path(wanted)
    if path.is_dir() or wanted.startswith("ollama:") or path.suffix.lower() in MODELS:
        return True
    if path.exists():
        return path.name.startswith("model.safetensors") and (path.parent / "config.json").exists()
    if path.suffix.lower() in (*SCENARIOS, *TRACES):
        return False
    return len(path.parts) == 2 or (len(path.parts) == 1 and _is_known(wanted))


def _is_known(name: str) -> bool:
    """Whether a model in the usual places has this name, or one that ends with it."""
    from attn_explore.model.checkpoints.locating import all_names

    return any(f"/{known}".endswith(f"/{name}") for known in all_names())


def locate(wanted: str) -> Path:
    """The file that is meant: a bundled scenario's, or the one at that path. Raises Problem for neither.

    >>> locate("i-love-my-dog").name
    'i-love-my-dog.yaml'
    """
    known = named()
    if wanted in known:
        return known[wanted]
    path = Path(wanted)
    if path.suffix or len(path.parts) > 1 or path.exists() or path.is_symlink():
        return path
    near = nearest(wanted, known)
    hint = f"did you mean {near}?" if near else "`attn-explore list` and `models` name them; a file needs its ending"
    raise Problem("there is no scenario and no model of this name", path=wanted, hint=hint)
