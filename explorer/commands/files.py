"""Commands that read and write files: traces, weights, scenarios and their schemas."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attn_explore.explorer.commands.common import find_source, print_lines, say_notes, session_of
from attn_explore.explorer.commands.options import Format, Memory, Replace, SourceName, Subject, limits_of
from attn_explore.explorer.commands.shared_options import Gradients, Limiting, Reading

if TYPE_CHECKING:
    from attn_explore.model.scenario import Scenario

_SOME_OF_IT = "--steps writes some steps, as in --steps '*.layers.0.*'; --force writes all; .npz takes less than .json"


def export(
    source: SourceName,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Its ending is the format; - is stdout.")
    ],
    format: Annotated[Format | None, typer.Option(help="The format, where the ending does not say.")] = None,
    steps: Annotated[
        list[str],
        typer.Option(
            "--steps", metavar="GLOB", help="Only these steps: '*.layers.5.*', weights. Can be given several times."
        ),
    ] = [],  # noqa: B006
    fine: Annotated[bool, typer.Option("--fine", help="The finer steps inside softmax and the norms too.")] = False,
    parameters: Annotated[
        bool, typer.Option("--parameters", help="A checkpoint's parameters too, which are only named otherwise.")
    ] = False,
    force: Replace = False,
    *,
    differentiated: Gradients,
    reading: Reading,
    limiting: Limiting,
) -> None:
    """Write a trace to a file: JSON, npz or safetensors."""
    from attn_explore.explorer.drawing.numbers import size_text
    from attn_explore.explorer.system.counter import Counter
    from attn_explore.explorer.system.exits import say
    from attn_explore.explorer.system.file_formats import format_of
    from attn_explore.explorer.system.progress import Progress
    from attn_explore.model.files.writing import check_target
    from attn_explore.model.text import visible

    is_stdout = str(output) == "-"
    ending = f".{format.value}" if format else ".json" if is_stdout else format_of(output)
    found = find_source(source, reading.asked(differentiated.number()))
    if not is_stdout:
        check_target(output, force, found.inputs)
    with Progress() as progress:
        limits = limiting.limits
        session = session_of(found, limits, counter=Counter(tell=lambda counter: progress(f"computed {counter.path}")))
        from attn_explore.explorer.session import saving  # it needs NumPy, and what is refused does not
        from attn_explore.model.traces.wanted import Wanted

        say_notes(session)
        wanted = Wanted(tuple(steps), fine, parameters)
        if is_stdout:
            sys.stdout.buffer.writelines(saving.chunks(session, ending, wanted))
            return
        if not force:
            saving.check_size(session, output, ending, wanted, _SOME_OF_IT)
        written = saving.export(
            session,
            output,
            wanted,
            ending=ending,
            force=force,
            tell=progress,
        )
    say(f"wrote {visible(str(output))} ({size_text(written.stat().st_size)})")


def train(
    source: SourceName,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="The weights: a .safetensors file.", show_default=False),
    ],
    resume: Annotated[bool, typer.Option("--resume", help="Go on where FILE was left.")] = False,
    force: Replace = False,
    memory_limit: Memory = "",
) -> None:
    """Train a scenario's model and write its weights.

    The file also tells how they came about. Ctrl+C keeps the weights of the last moment.
    """
    from attn_explore.explorer.system.signals import ended_at_once

    with ended_at_once("stopped before the training began: nothing was written"):
        scenario, inputs = _taught(source, output)
        limits = limits_of(memory_limit, [])
        from attn_explore.explorer.commands.train import (  # it needs NumPy, and a faulty scenario does not
            train_to,
            where_to_begin,
        )

        before = where_to_begin(scenario, output, limits, resume=resume, force=force, inputs=inputs)
    train_to(scenario, output, before, inputs)


def _taught(source: str, output: Path) -> tuple[Scenario, list[Path]]:
    """The scenario that is trained, and the files that it is read from. Raises Problem for what cannot be trained."""
    from attn_explore.explorer.session.opening import find_source
    from attn_explore.explorer.session.run_files import taught_from
    from attn_explore.explorer.system.file_formats import format_of
    from attn_explore.model.problems import Problem

    found = find_source(source)
    if found.scenario is None:
        raise Problem("a trace cannot be trained", path=found.path, hint="name a scenario")
    if format_of(output) != ".safetensors":
        raise Problem("weights are written as .safetensors", path=output, hint="choose a name with that ending")
    return found.scenario, taught_from(found.path, found.scenario)


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; - for stdout.")],
    lesson: Annotated[
        bool, typer.Option("--lesson", help="One with a lesson: every key of a stop, explained.")
    ] = False,
    force: Replace = False,
) -> None:
    """Write a commented scenario to start from."""
    from attn_explore.explorer.commands.starter import LESSON, STARTER
    from attn_explore.explorer.system.command_lines import as_argument, command_line
    from attn_explore.explorer.system.exits import say
    from attn_explore.model.files.writing import write_atomically
    from attn_explore.model.text import visible

    text = LESSON if lesson else STARTER
    if str(file) == "-":
        print_lines([text.removesuffix("\n")])
        return
    write_atomically(file, [text.encode()], force=force)
    say(f"wrote {visible(str(file))}; try: {visible(command_line('run', as_argument(file)))}")


def schema(
    subject: Annotated[
        Subject,
        typer.Argument(
            metavar="WHAT",
            help=f"Of scenario files, of an exported trace, or of what a command prints as JSON: {', '.join(Subject)}.",
        ),
    ],
) -> None:
    """Print a JSON Schema, by which editors complete and check."""
    import json

    print_lines([json.dumps(_schema_of(subject), indent=2, ensure_ascii=False)])


def _schema_of(subject: Subject) -> dict[str, Any]:
    if subject is Subject.scenario:
        from attn_explore.model.scenario import scenario_schema

        return scenario_schema()
    if subject is Subject.trace:
        from attn_explore.model.traces.trace_schema import trace_schema

        return trace_schema()
    from attn_explore.explorer.telling.answers.schemas import schema_of

    return schema_of(subject.value)
