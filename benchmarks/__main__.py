"""Measures everything in one run, each figure beside what it is compared with and the limit that it has to keep.

python -m benchmarks [--check] [start] [help] [keys] [edits] [compare] [lessons] [views] [export] [training] [models]
                     [looking] [real] [serving] [browsers]

With --check, the exit status is 1 if a limit is not kept or a measurement measured nothing, and what fell is said last.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from benchmarks.browsers import browsers
from benchmarks.exporting import export
from benchmarks.figures import Measured
from benchmarks.looking import looking
from benchmarks.models import models
from benchmarks.pressing import compare, edits, keys, lessons, views
from benchmarks.real import real
from benchmarks.serving import serving
from benchmarks.starting import help, start
from benchmarks.terminal import NothingShownError
from benchmarks.training import training
from tools import links

MEASUREMENTS: dict[str, Callable[[], Measured]] = {
    function.__name__: function
    for function in (
        start,
        help,
        keys,
        edits,
        compare,
        lessons,
        views,
        export,
        training,
        models,
        looking,
        real,
        serving,
        browsers,
    )
}


def main(arguments: Sequence[str]) -> int:
    """Measure what is named, or everything; the exit status."""
    names = [name for name in arguments if name != "--check"]
    if unknown := [name for name in names if name not in MEASUREMENTS]:
        print(f"there is no measurement {unknown[0]}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    links.compile_all()  # as an installed program is
    fallen = [line for name in names or MEASUREMENTS for line in _measured(name)]
    if "--check" not in arguments:
        return 0
    print("", f"{len(fallen)} fell" if fallen else "every limit is kept", *fallen, sep="\n")
    return 1 if fallen else 0


def _measured(name: str) -> list[str]:
    """Show the figures of a measurement as they come, and give the lines of those that fell."""
    fallen = []
    try:
        for found in MEASUREMENTS[name]():
            print(found, flush=True)
            fallen += [str(found)] if found.falls else []
    except NothingShownError as error:
        print(f"{name}: {error}", flush=True)
        fallen.append(f"{name}: {error}")
    return fallen


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
