"""The command that generates words, and tells how each was chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from attn_explore.explorer.commands.answering import AsCsv, AsJson, Form, give
from attn_explore.explorer.commands.common import find_source, say_notes, session_of
from attn_explore.explorer.commands.options import SourceName
from attn_explore.explorer.commands.shared_options import Limiting, Reading
from attn_explore.model.dataclass import dataclass

if TYPE_CHECKING:
    from attn_explore.model.looking.sampling import Sampler

OF_A_MODEL = 8
"""Words that a model of the machine generates unless another number is wanted; a scenario says how many."""


@dataclass(frozen=True)
class Sampling:
    """How words are drawn; the likeliest one is chosen unless something is said."""

    temperature: Annotated[
        float | None,
        typer.Option("--temperature", metavar="T", help="Divide the logits by this, and draw.", show_default=False),
    ] = None
    top_k: Annotated[
        int | None,
        typer.Option("--top-k", metavar="K", min=1, help="Draw from the K likeliest words.", show_default=False),
    ] = None
    top_p: Annotated[
        float | None,
        typer.Option("--top-p", metavar="P", help="From the fewest that have P together.", show_default=False),
    ] = None
    repetition_penalty: Annotated[
        float, typer.Option("--repetition-penalty", metavar="R", help="Above 1, words that were read are less likely.")
    ] = 1.0
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="S", min=0, help="Draw, with the numbers of this seed; else 0.", show_default=False
        ),
    ] = None
    likeliest: Annotated[
        bool, typer.Option("--likeliest", help="Draw nothing: of what is left, the likeliest word is chosen.")
    ] = False

    @property
    def sampler(self) -> Sampler:
        """The sampler that is asked for. Raises typer's error for a number that is out of its bounds."""
        from attn_explore.model.looking.sampling import BOUNDS, STEPS, sampler_of

        if self.likeliest and self.seed is not None:
            raise typer.BadParameter("--likeliest draws nothing, and --seed draws")
        asked = {name: getattr(self, name) for name in STEPS}
        for name, number in asked.items():
            if number is not None and not BOUNDS[name].holds(number):
                raise typer.BadParameter(f"--{name.replace('_', '-')} is {BOUNDS[name].says}: not {number:g}")
        sampler = sampler_of(asked, self.seed)
        return replace(sampler, seed=None) if self.likeliest else sampler


def generate(
    source: SourceName,
    sampling: Sampling,
    instead: Annotated[
        list[str],
        typer.Option(
            "--instead", metavar="PLACE=WORD", help="The other future, with this word at this place: '0= Lyon'."
        ),
    ] = [],  # noqa: B006
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, max=1000, help="Candidates that are listed.")] = 5,
    as_json: AsJson = False,
    csv: AsCsv = False,
    *,
    reading: Reading,
    limiting: Limiting,
) -> None:
    """Generate words, and print how each was chosen.

    A row for each word: its probability, the candidates, what each step of a sampler cut (in the order of transformers:
    repetition penalty, temperature, top-k, top-p), the number that it was drawn with, and what the cache of keys and
    values holds. Without these options the likeliest word is chosen.
    """
    from attn_explore.explorer.session.course import is_model

    sampler = sampling.sampler
    if reading.max_new_tokens is None and reading.input.target is None and is_model(source):
        reading = replace(reading, max_new_tokens=OF_A_MODEL)
    found = find_source(source, reading.asked())
    limits = limiting.limits
    from attn_explore.explorer.session.generated import futures
    from attn_explore.explorer.session.opening import within
    from attn_explore.explorer.telling.answers.generate_answer import generate_answer, generate_data

    whole = None
    if found.model is not None and found.scenario is not None and not sampler.is_plain:
        whole = within(found.scenario, limits).scenario
    session = session_of(found if whole is None else found.of_one_word(), limits)
    say_notes(session)
    made = futures(session, sampler, instead, top, whole)
    give(generate_answer(made), generate_data(made), Form(as_json, csv), found.inputs)
