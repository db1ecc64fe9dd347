"""From what somebody names to a run: a scenario, a model of this machine, an exported trace, or plain data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attn_explore.explorer.notebook.recorded import Trace
from attn_explore.model.problems import Problem

if TYPE_CHECKING:
    from attn_explore.explorer.session.asked import Asked
    from attn_explore.explorer.session.opening import Source
    from attn_explore.explorer.system.limits import Limits

What = str | os.PathLike[str] | Mapping[str, Any]


def run(
    what: What,
    text: str | None = None,
    *,
    ids: Iterable[int] | None = None,
    target: str | None = None,
    max_new_tokens: int | None = None,
    rounded: str | None = None,
    moment: int | None = None,
    gradients: bool | str = False,
    memory_limit: int | str | None = None,
    allow_path: Iterable[str | os.PathLike[str]] = (),
) -> Trace:
    """Run a model, and record everything that it computes.

    what            as on the command line: a bundled scenario's name, a scenario file, a folder, file or cached name of
                    a model of this machine, an exported trace; or a scenario as a dict. Nothing is ever downloaded
    text            what is read instead of the scenario's text; a model always needs one, or `ids`
    ids             token ids of a checkpoint, instead of a text
    target          what a decoder is fed, instead of what it chooses
    max_new_tokens  how many tokens a decoder may choose
    rounded         a storage that the parameters are rounded to: bf16, f16, int8, q8_0 or q4_1
    moment          after how many steps of training the weights are taken
    gradients       True, or the number whose gradients are added: `loss`, or `logits[dog, 2]`
    memory_limit    what the run may take, in bytes or as `2GiB`; half of what is free
    allow_path      folders, beside the scenario's own, from which it may read weights

    Scenarios compute in float64 and keep every number. Of a checkpoint, in float32, what is asked for is computed when
    it is asked for. Raises Problem, with one clear message, for all that cannot be run. Where its hint names an option
    of the command line, such as `--allow-path`, the argument has that name: `allow_path` (but `--as` is `rounded`).

    >>> import attn_explore
    >>> attn_explore.run("i-love-my-dog")
    Trace(i-love-my-dog: 11 steps, 4 parameters, I love my dog)
    >>> model = {"kind": "encoder", "heads": 2, "d_model": 8}
    >>> attn_explore.run({"model": model, "input": {"text": "I love my dog"}})["weights"]
    Value(encoder.layers.0.self_attention.weights: 2 heads × query 4 × key 4)
    >>> attn_explore.run("i-love-my-cat")
    Traceback (most recent call last):
    ...
    attn_explore.model.problems.Problem: error: i-love-my-cat: there is no scenario and no model of this name
    hint: did you mean i-love-my-dog?
    """
    from attn_explore.explorer.session.asked import Asked

    said: dict[str, Any] = {
        "text": text,
        "ids": None if ids is None else [int(each) for each in ids],
        "target": target,
        "max_new_tokens": max_new_tokens,
    }
    given = {key: value for key, value in said.items() if value is not None}
    for name in ("text", "target"):
        if not isinstance(given.get(name, ""), str):
            raise Problem(f"{name} is a string: not {type(given[name]).__name__}", hint="token ids are given as ids")
    asked = Asked(_differentiated(gradients), moment, given, rounded)
    return _started(_source(what, asked), _limits(memory_limit, allow_path))


def load(file: str | os.PathLike[str], *, memory_limit: int | str | None = None) -> Trace:
    """Read a trace that was exported: a .json, .npz or .safetensors file, of `attn-explore export` or `Trace.export`.

    Raises Problem for a file that is none, and says where it is wrong.

    >>> import attn_explore, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = attn_explore.run("i-love-my-dog").export(f"{folder}/dog.npz")
    ...     trace = attn_explore.load(file)
    >>> trace
    Trace(dog: 11 steps, 4 parameters, I love my dog)
    """
    from attn_explore.explorer.session.opening import Source, is_trace

    path = Path(file)
    if not is_trace(path):
        raise Problem("this is no exported trace", path=path, hint="attn_explore.run reads scenarios and models")
    return _started(Source(path.stem, path, None), _limits(memory_limit, ()))


def _source(what: What, asked: Asked) -> Source:
    from attn_explore.explorer.session.opening import find_source

    if isinstance(what, Mapping):
        return _source_of_data(what, asked)
    return find_source(os.fspath(what), asked)


def _source_of_data(data: Mapping[str, Any], asked: Asked) -> Source:
    """A scenario that was given as plain data."""
    from attn_explore.explorer.session.opening import Source
    from attn_explore.model.scenario import scenario_from_dict

    scenario = scenario_from_dict(data)
    if asked.given:
        scenario = scenario.with_text(asked.given)
    if asked.rounded is not None:
        scenario = scenario.with_rounded(asked.rounded)
    source = Source("scenario", Path("scenario"), scenario, moment=asked.moment)
    return source if asked.gradients is None else source.differentiated(asked.gradients)


def _started(source: Source, limits: Limits) -> Trace:
    from attn_explore.explorer.session.opening import start

    if source.needs_text:
        hint = 'give it one: text="The capital of France is", or ids=[464, 3139]'
        raise Problem("this model has nothing to read", path=source.path, hint=hint)
    return Trace(start(source, limits))


def _differentiated(gradients: bool | str) -> str | None:
    """The number whose gradients are wanted, nothing for the one that tells most, None for none of them."""
    return gradients if isinstance(gradients, str) else "" if gradients else None


def _limits(memory: int | str | None, allowed: Iterable[str | os.PathLike[str]]) -> Limits:
    from attn_explore.explorer.system.limits import Limits, parse_size

    return Limits(parse_size(memory) if isinstance(memory, str) else memory, tuple(map(Path, allowed)))
