"""The command line. Nothing heavy is imported before the command that needs it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from explorer.options import (
    Allowed,
    Differentiated,
    Format,
    Memory,
    Moment,
    Of,
    Start,
    Subject,
    Wanted,
    complete_step,
    limits_of,
)

if TYPE_CHECKING:
    from explorer.app import Listener
    from explorer.limits import Limits
    from explorer.opening import Source
    from explorer.session import Session
    from explorer.shelf import Shelf

EXAMPLES = """\b
Examples:
  attn-explore
  attn-explore run i-love-my-dog
  attn-explore run encoder-layer --step encoder.layers.0.ffn.hidden
  attn-explore run my.yaml --plain | less
  attn-explore compare i-love-my-dog single-head
  attn-explore show i-love-my-dog encoder.layers.0.self_attention.weights
  attn-explore explain i-love-my-dog 'encoder.layers.0.self_attention.scores[I,dog]' --depth 2
  attn-explore plot i-love-my-dog 'encoder.layers.0.self_attention.weights[I,dog]' -o weights.svg
  attn-explore show encoder-layer grad.encoder.embedding --of 'encoder.layers.0.ffn.norm[dog,0]'
  attn-explore export i-love-my-dog -o trace.json
  attn-explore train reverse -o weights.safetensors
  attn-explore new my.yaml
"""

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"attn-explore {version('attn-explore')}")
        raise typer.Exit


@app.callback(invoke_without_command=True, epilog=EXAMPLES)
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which version this is.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="FOLDER", help="Your own scenarios, for the library.")
    ] = None,
) -> None:
    """Step through everything a Transformer computes, one tensor at a time.

    Without a command, the library of lessons opens.
    """
    if context.invoked_subcommand is not None:
        return
    if not sys.stdout.isatty():
        typer.echo(context.get_help())
        return
    _need_terminal()
    if folder is not None and not folder.is_dir():
        from model.problems import Problem

        raise Problem("there is no such folder", path=folder, hint="--folder names the folder of your own scenarios")
    raise typer.Exit(_browse(folder))


def _browse(folder: Path | None) -> int:
    """Open the library."""
    import gc

    gc.disable()  # imports leave no garbage to look for; the explorer turns it on again when it stands
    from explorer.app import explore

    def load(_: Listener) -> Shelf:
        from explorer.library import own_folder
        from explorer.limits import Limits
        from explorer.shelf import Shelf

        return Shelf(folder or own_folder(), Limits())

    return explore(load, "the library")


# --- commands


@app.command()
def run(
    source: Wanted,
    step: Start = "",
    plain: Annotated[bool, typer.Option("--plain", help="Print the walk-through as text.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Run again whenever the file is saved.")] = False,
    gradients: Differentiated = False,
    of: Of = "",
    moment: Moment = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006 (Typer reads it, nothing changes it)
) -> None:
    """Step through a scenario or an exported trace.

    Without a terminal, or with --plain, the walk-through is printed as text.
    """
    limits = limits_of(memory_limit, allow_path)
    if watch and plain:
        raise typer.BadParameter("--watch needs the explorer, and --plain prints")
    wish = _wish(gradients, of, step)
    if not watch and (plain or not sys.stdout.isatty()):
        found = _found(source, wish, moment)
        from explorer.plain import walk  # it needs NumPy, and a faulty scenario does not

        session = _session(found, limits, step)
        _note(session)
        return _print(walk(session))
    _need_terminal()
    raise typer.Exit(_explore(source, limits, step, watch=watch, wish=wish, moment=moment))


def _explore(
    source: str,
    limits: Limits,
    step: str,
    second: str = "",
    watch: bool = False,
    wish: str | None = None,
    moment: int | None = None,
) -> int:
    """Open the explorer. The faults of a file are told before the screen is touched; a bundled scenario has none."""
    import gc

    from explorer.library import bundled

    gc.disable()  # imports leave no garbage to look for; the explorer turns it on again when it stands
    found: dict[str, Source] = {}
    for wanted in filter(None, (source, second)):
        if wanted not in bundled():
            found[wanted] = _found(wanted, wish, moment)
    from explorer.app import explore

    def load(on_step: Listener) -> Session:
        sources = [found.get(wanted) or _found(wanted, wish, moment) for wanted in filter(None, (source, second))]
        session = _sessions(sources, limits, step, on_step)
        if not step and not second and moment is None:
            from explorer.learned import resume

            resume(session)
        return session

    def reload() -> Session:
        return _session(_found(source, wish), limits)

    return explore(load, found[source].title if source in found else source, reload if watch else None)


@app.command()
def compare(
    first: Wanted,
    second: Wanted,
    step: Start = "",
    plain: Annotated[bool, typer.Option("--plain", help="Print both walk-throughs as text.")] = False,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Step through two runs together, one beside the other."""
    limits = limits_of(memory_limit, allow_path)
    if plain or not sys.stdout.isatty():
        from explorer.opening import find_source

        found = [find_source(first), find_source(second)]
        from explorer.plain import walk

        session = _sessions(found, limits, step)
        for each in (session, session.other):
            if each is not None:
                _note(each)
        return _print(walk(session))
    _need_terminal()
    raise typer.Exit(_explore(first, limits, step, second))


@app.command("list")
def list_() -> None:
    """List the bundled scenarios, a course for beginners first."""
    from itertools import groupby

    from explorer.library import bundled
    from model.scenario import read_scenario

    names = bundled()
    width = max(map(len, names))
    rows = [(name, read_scenario(path)) for name, path in names.items()]
    for difficulty, group in groupby(rows, key=lambda row: row[1].difficulty):
        _print([difficulty, *(f"  {name:<{width}}  {scenario.summary}" for name, scenario in group), ""])


@app.command()
def show(
    source: Wanted,
    step: Annotated[
        str,
        typer.Argument(
            metavar="STEP", help="Path of a step, a finer step or a parameter.", autocompletion=complete_step
        ),
    ],
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, with every digit.")] = False,
    gradients: Differentiated = False,
    of: Of = "",
    moment: Moment = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Print one tensor as a table, with its words."""
    from explorer import plain

    found = _found(source, _wish(gradients, of, step), moment)
    value = _session(found, limits_of(memory_limit, allow_path), step).value
    _print(plain.csv(value) if csv else plain.table(value))


@app.command()
def plot(
    source: Wanted,
    cell: Annotated[
        str,
        typer.Argument(
            metavar="STEP[INDEX]",
            help="A step, a cell in the row that is wanted, such as logits[dog,2]; or profile or saliency, "
            "of the gradients.",
            autocompletion=complete_step,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write a picture (.svg) or the numbers (.csv, .json)."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    gradients: Differentiated = False,
    of: Of = "",
    moment: Moment = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Plot a step: as text, or into a file."""
    from explorer.files import PLOTS, format_of
    from model.writing import check_target

    is_overview = cell in ("profile", "saliency")
    found = _found(source, _wish(gradients or is_overview, of, cell), moment)
    if output is not None:
        format_of(output, PLOTS, "a plot")
        check_target(output, force, found.inputs)
    session = _at_cell(found, limits_of(memory_limit, allow_path), "" if is_overview else cell)
    from explorer.overview import plotted  # it needs NumPy, and what is refused does not

    plot = plotted(session, cell)
    if output is None:
        from shutil import get_terminal_size

        from explorer.plain import WIDTH
        from explorer.plot_text import plot_lines

        _print(plot_lines(plot, get_terminal_size((WIDTH, 0)).columns))
        return
    from explorer.ending import say
    from explorer.plot_files import write_plot
    from model.text import visible

    written = write_plot(plot, output, force=force, inputs=found.inputs)
    say(f"wrote {visible(str(written))}")


@app.command()
def explain(
    source: Wanted,
    cell: Annotated[
        str,
        typer.Argument(
            metavar="STEP[INDEX]",
            help="A cell, such as logits[dog,2]: words or numbers as indices, counted from 0.",
            autocompletion=complete_step,
        ),
    ],
    depth: Annotated[
        int, typer.Option("--depth", metavar="N", min=1, max=100, help="How far back the numbers are followed.")
    ] = 1,
    gradients: Differentiated = False,
    of: Of = "",
    moment: Moment = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Print where a number comes from, and where it goes."""
    session = _at_cell(_found(source, _wish(gradients, of, cell), moment), limits_of(memory_limit, allow_path), cell)
    from explorer.plain import explained

    _print(explained(session, depth))


@app.command()
def export(
    source: Wanted,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Its ending is the format; - is stdout.")
    ],
    format: Annotated[Format | None, typer.Option(help="The format, where the ending does not say.")] = None,
    fine: Annotated[bool, typer.Option("--fine", help="The finer steps inside softmax and the norms too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    gradients: Differentiated = False,
    of: Of = "",
    moment: Moment = None,
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Write a trace to a file: JSON, npz or safetensors."""
    from explorer.ending import say
    from explorer.files import format_of
    from explorer.format import size_text
    from explorer.progress import Progress
    from model.text import visible
    from model.writing import check_target

    is_stdout = str(output) == "-"
    ending = f".{format.value}" if format else ".json" if is_stdout else format_of(output)
    found = _found(source, _wish(gradients, of), moment)
    if not is_stdout:
        check_target(output, force, found.inputs)
    with Progress() as progress:
        limits = limits_of(memory_limit, allow_path)
        session = _session(found, limits, on_step=lambda value: progress(f"computed {value.path}"))
        from explorer import saving  # it needs NumPy, and what is refused does not

        _note(session)
        if is_stdout:
            sys.stdout.buffer.writelines(saving.chunks(session, ending, fine))
            return
        written = saving.export(
            session,
            output,
            ending=ending,
            fine=fine,
            force=force,
            progress=lambda nbytes: progress(f"written {size_text(nbytes)}"),
        )
    say(f"wrote {visible(str(output))} ({size_text(written.stat().st_size)})")


@app.command()
def train(
    source: Wanted,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="The weights: a .safetensors file.", show_default=False),
    ],
    resume: Annotated[bool, typer.Option("--resume", help="Go on where FILE was left.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    memory_limit: Memory = "",
) -> None:
    """Train a scenario's model and write its weights.

    The file also tells how they came about. Ctrl+C keeps the weights of the last moment.
    """
    from explorer.files import format_of, taught_from
    from explorer.opening import find_source
    from model.problems import Problem

    found = find_source(source)
    if found.scenario is None:
        raise Problem("a trace cannot be trained", path=found.path, hint="name a scenario")
    if format_of(output) != ".safetensors":
        raise Problem("weights are written as .safetensors", path=output, hint="choose a name with that ending")
    limits = limits_of(memory_limit, [])
    from explorer.training import train_to  # it needs NumPy, and a faulty scenario does not

    train_to(found.scenario, output, limits, resume=resume, force=force, inputs=taught_from(found.path, found.scenario))


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scenario files or exported traces.")],
    memory_limit: Memory = "",
    allow_path: Allowed = [],  # noqa: B006
) -> None:
    """Check files without running them; show every fault."""
    from explorer.ending import say
    from explorer.opening import check as check_file
    from model.problems import CANNOT_BE_USED, Problem
    from model.text import visible

    limits = limits_of(memory_limit, allow_path)
    failed = False
    for file in files:
        try:
            notes = check_file(file, limits)
        except Problem as problem:
            failed = True
            say(problem.render())
        else:
            _print([f"{visible(str(file))}: ok", *(f"  {visible(note)}" for note in notes)])
    if failed:
        raise typer.Exit(CANNOT_BE_USED)


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
    """Print the JSON Schema of scenarios or of traces."""
    import json

    if subject is Subject.scenario:
        from model.scenario import scenario_schema as made
    else:
        from model.trace_schema import trace_schema as made
    _print([json.dumps(made(), indent=2, ensure_ascii=False)])


# --- what the commands share


def _wish(gradients: bool, of: str, step: str = "") -> str | None:
    """The number whose gradients are asked for, "" for the one that tells most, None for none of them."""
    return of if of or gradients or step.startswith("grad.") else None


def _found(wanted: str, wish: str | None = None, moment: int | None = None) -> Source:
    """What a name or a path leads to, with the gradients that are asked for, at a moment of its training."""
    from dataclasses import replace

    from explorer.opening import find_source

    found = replace(find_source(wanted), moment=moment)
    return found if wish is None else found.differentiated(wish)


def _session(source: Source, limits: Limits, step: str = "", on_step: Listener | None = None) -> Session:
    """Run or read the source, and go to a step. Raises Problem with the nearest one when there is none of that path."""
    from explorer.opening import start
    from model.problems import Problem, nearest

    session = start(source, limits, on_step)
    if not step:
        return session
    value = session.find(step)
    if value is None:
        near = nearest(step, (*session.trace.steps, *session.trace.parameters))
        hint = f"did you mean {near}?" if near else f"the first is {next(iter(session.trace.steps))}"
        raise Problem("the run has no such step", path=step, hint=hint)
    session.show(value)
    return session


def _at_cell(source: Source, limits: Limits, cell: str) -> Session:
    """Run or read the source, and go to a cell, given as STEP[INDEX]; or to a step alone."""
    from model.places import index_of, split_place

    step, parts = split_place(cell)
    session = _session(source, limits, step)
    if parts is not None:
        session.move_to(index_of(session.value, parts))
    return session


def _sessions(sources: list[Source], limits: Limits, step: str, on_step: Listener | None = None) -> Session:
    """Run the source, or two that are stepped through together."""
    from dataclasses import replace

    from explorer.opening import pair

    session = _session(sources[0], limits, step, on_step)
    if len(sources) == 1:
        return session
    left = replace(limits, memory=limits.nbytes - session.trace.nbytes)
    return pair(session, _session(sources[1], left, on_step=on_step))


def _note(session: Session) -> None:
    """Say on stderr what has to be said of how the run was read."""
    from explorer.ending import say
    from model.text import visible

    for note in session.notes:
        say(f"note: {visible(note)}")


def _need_terminal() -> None:
    """Textual reads stdin and draws on stderr, and asks neither whether it is a terminal: so we do."""
    from model.problems import SURROUNDINGS, Problem

    hint = "--plain prints the walk-through as text"
    if os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        raise Problem("this terminal cannot move its cursor (TERM)", hint=hint, exit_status=SURROUNDINGS)
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise Problem("stdin, stdout and stderr must be a terminal, too", hint=hint, exit_status=SURROUNDINGS)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def main() -> None:
    """Run the command line; the one place that turns what went wrong into a message and an exit status."""
    from explorer.ending import guarded, heed_signals
    from explorer.streams import prepare

    prepare()
    heed_signals()
    sys.exit(guarded(lambda: app(prog_name="attn-explore", standalone_mode=False)))
