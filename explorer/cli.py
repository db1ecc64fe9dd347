"""The command line. Nothing heavy is imported before the command that needs it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from explorer.opening import Limits
    from explorer.session import Session

USAGE, SURROUNDINGS = 2, 3

app = typer.Typer(
    name="attn-explore",
    help="Step through everything a Transformer computes, one tensor at a time.",
    epilog="Start with: attn-explore run i-love-my-dog",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """The formats of an exported trace."""

    json = "json"
    npz = "npz"
    safetensors = "safetensors"


class Subject(StrEnum):
    """What there is a JSON Schema of."""

    scenario = "scenario"
    trace = "trace"


def _complete_source(incomplete: str) -> list[str]:
    from explorer.library import bundled

    return [name for name in bundled() if name.startswith(incomplete)]


def _complete_step(context: typer.Context, incomplete: str) -> Iterator[str]:
    """Paths of the steps of the scenario that is already on the line; nothing is run for it."""
    from explorer.opening import find_source
    from model.problems import Problem
    from model.run import plan

    try:
        source = find_source(context.params.get("source") or "")
    except Problem:
        return
    if source.scenario is not None:
        yield from (path for path in plan(source.scenario).steps if path.startswith(incomplete))


Wanted = Annotated[
    str,
    typer.Argument(metavar="SCENARIO", help="A bundled name, a YAML file or an exported trace.", autocompletion=_complete_source),
]
Memory = Annotated[
    str, typer.Option("--memory-limit", metavar="SIZE", help="Such as 500MB or 2GiB; half of what is free by default.")
]
Allowed = Annotated[
    list[Path], typer.Option("--allow-path", metavar="FOLDER", help="A scenario may read weights from this folder too.")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"attn-explore {version('attn-explore')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    source: Wanted,
    step: Annotated[
        str, typer.Option(metavar="PATH", help="Start at this step.", autocompletion=_complete_step)
    ] = "",
    plain: Annotated[bool, typer.Option("--plain", help="Print the walk-through as text.")] = False,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006 (Typer reads it, nothing changes it)
) -> None:
    """Run a scenario and step through it; without a terminal, print the walk-through."""
    from explorer.opening import find_source, start

    found, limits = find_source(source), _limits(memory_limit, allow_path)
    if plain or not sys.stdout.isatty():
        from explorer.plain import walk

        session = start(found, limits)
        _go_to(session, step)
        return _print(walk(session))
    _need_terminal()
    from explorer.app import explore

    def load(on_step: Any) -> Session:
        session = start(found, limits, on_step)
        _go_to(session, step)
        return session

    raise typer.Exit(explore(load, found.title))


@app.command("list")
def list_() -> None:
    """List the bundled scenarios, in the order of the course."""
    from explorer.format import pad
    from explorer.library import bundled
    from model.scenario import read_scenario

    names = bundled()
    width = max(map(len, names))
    rows = ((name, read_scenario(path)) for name, path in names.items())
    _print(f"{name:<{width}}  {pad(scenario.difficulty, 12)}  {scenario.summary}" for name, scenario in rows)


@app.command()
def show(
    source: Wanted,
    step: Annotated[str, typer.Argument(metavar="STEP", help="Path of a step or parameter.", autocompletion=_complete_step)],
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, with every digit.")] = False,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Print one tensor as a table."""
    from explorer import plain
    from explorer.opening import find_source, start

    session = start(find_source(source), _limits(memory_limit, allow_path))
    _go_to(session, step)
    _print(plain.csv(session.value) if csv else plain.table(session.value))


@app.command()
def export(
    source: Wanted,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Its ending is the format; - is stdout.")],
    format: Annotated[Format | None, typer.Option(help="The format, where the ending does not say.")] = None,
    fine: Annotated[bool, typer.Option("--fine", help="The finer steps inside softmax and the norms too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Write the whole trace to a file: JSON, npz or safetensors."""
    from explorer.opening import find_source, format_of, start
    from model.writing import check_target

    is_stdout = str(output) == "-"
    ending = f".{format.value}" if format else ".json" if is_stdout else format_of(output)
    found = find_source(source)
    if not is_stdout:
        check_target(output, force, [found.path])
    session = start(found, _limits(memory_limit, allow_path))
    if is_stdout:
        for chunk in session.chunks(ending, fine):
            sys.stdout.buffer.write(chunk)
        return
    with _Progress() as progress:
        session.export(output, ending=ending, fine=fine, force=force, progress=progress)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Scenario files.")],
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Check scenario files without running them: every fault, with line and column."""
    from explorer.ending import say
    from explorer.opening import check_memory
    from model.problems import Problem
    from model.run import check_weights
    from model.scenario import read_scenario
    from model.text import visible

    limits = _limits(memory_limit, allow_path)
    failed = False
    for file in files:
        try:
            scenario = read_scenario(file)
            check_memory(scenario, limits.nbytes)
            check_weights(scenario, limits.nbytes, limits.allowed)
        except Problem as problem:
            failed = True
            say(problem.render())
        else:
            _print([f"{visible(str(file))}: ok"])
    if failed:
        raise typer.Exit(USAGE)


@app.command()
def new(file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; never over a file.")]) -> None:
    """Write a commented scenario to start from."""
    from explorer.ending import say
    from explorer.starter import STARTER
    from model.text import visible
    from model.writing import write_atomically

    write_atomically(file, [STARTER.encode()])
    say(f"wrote {visible(str(file))}; try: attn-explore run {visible(str(file))}")


@app.command()
def schema(subject: Annotated[Subject, typer.Argument(metavar="scenario|trace", help="Of what.")]) -> None:
    """Print the JSON Schema of scenario files or of exported traces."""
    import json

    if subject is Subject.scenario:
        from model.scenario import scenario_schema as made
    else:
        from model.trace_schema import trace_schema as made
    _print([json.dumps(made(), indent=2, ensure_ascii=False)])


def _limits(memory: str, allowed: list[Path]) -> Limits:
    from explorer.format import parse_size
    from explorer.opening import Limits

    return Limits(parse_size(memory) if memory else None, tuple(allowed))


def _go_to(session: Session, path: str) -> None:
    """Start at a step. Raises Problem with the nearest one when there is none of that path."""
    if not path:
        return
    from model.problems import Problem, nearest

    value = session.find(path)
    if value is None:
        near = nearest(path, (*session.trace.steps, *session.trace.parameters))
        hint = f"did you mean {near}?" if near else f"the first is {next(iter(session.trace.steps))}"
        raise Problem("the run has no such step", path=path, hint=hint)
    session.show(value)


def _need_terminal() -> None:
    """Textual reads stdin and draws on stderr, and asks neither whether it is a terminal: so we do."""
    is_dumb = os.environ.get("TERM", "dumb") in ("", "dumb", "unknown")
    if sys.stdin.isatty() and sys.stderr.isatty() and not is_dumb:
        return
    from model.problems import Problem

    what = "this terminal cannot move its cursor (TERM)" if is_dumb else "stdin and stderr must be a terminal, too"
    raise Problem(what, hint="--plain prints the walk-through as text", exit_status=SURROUNDINGS)


def _print(lines: Any) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


class _Progress:
    """How much has been written, on stderr, from the first second on."""

    def __enter__(self) -> _Progress:
        import time

        self._clock = time.monotonic
        self._began = self._said = self._clock()
        return self

    def __call__(self, nbytes: int) -> None:
        now = self._clock()
        if now - self._began > 1 and now - self._said > 0.2 and sys.stderr.isatty():
            self._said = now
            print(f"\rwritten {nbytes / 2**20:,.0f} MiB", end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self._said != self._began:
            print(file=sys.stderr)


def main() -> None:
    """Run the command line; the one place that turns what went wrong into a message and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a closed one is None
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    from explorer.ending import guarded

    sys.exit(guarded(lambda: app(standalone_mode=False)))
