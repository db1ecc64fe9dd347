"""Step through everything a Transformer computes.

In a notebook, or in a program of your own:

>>> import attn_explore
>>> trace = attn_explore.run("i-love-my-dog")
>>> trace["weights"]["love"].array.round(2).tolist()
[0.18, 0.07, 0.14, 0.61]

`run` runs a scenario or a model of this machine, `load` reads an exported trace; both give a `Trace`, which holds a
`Value` for each tensor and has the views that the explorer has: `lens`, `attribute`, `heads`, `why`, `patch`, `words`,
`neurons`, `generate` and others. What cannot be had is a `Problem`. These names are public, and what is said of them;
all others may change.

`model`, `explorer` and `scenarios` are the folders of these names at the root of the repository: a wheel holds them as
they are, and a checkout has links to them here, which `tools/links.py` makes.
"""

TYPE_CHECKING = False  # as type checkers know it: typing takes longer than all else before signals are heeded

if TYPE_CHECKING:
    from attn_explore.explorer.notebook.recorded import Trace
    from attn_explore.explorer.notebook.results import (
        Attribution,
        Generation,
        Heads,
        Lens,
        Neurons,
        Patching,
        Result,
        Why,
        Words,
    )
    from attn_explore.explorer.notebook.running import load, run
    from attn_explore.explorer.notebook.tensor import Value
    from attn_explore.model.problems import Problem

__all__ = [
    "Attribution",
    "Generation",
    "Heads",
    "Lens",
    "Neurons",
    "Patching",
    "Problem",
    "Result",
    "Trace",
    "Value",
    "Why",
    "Words",
    "load",
    "run",
]

if not TYPE_CHECKING:
    # The program imports this first, and needs none of it.
    _ELSEWHERE = {
        "Problem": "model.problems",
        "Trace": "explorer.notebook.recorded",
        "Value": "explorer.notebook.tensor",
        "load": "explorer.notebook.running",
        "run": "explorer.notebook.running",
    }

    def __getattr__(name):
        """Import what is public when it is asked for."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module = import_module(f"{__name__}.{_ELSEWHERE.get(name, 'explorer.notebook.results')}")
        found = globals()[name] = getattr(module, name)
        return found

    def __dir__():
        return __all__
