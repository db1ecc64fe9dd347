"""From a session to what a view finds in it: each function asks as the command of its name does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attn_explore.explorer.notebook.by_name import again, cell_named
from attn_explore.explorer.notebook.results import (
    Attribution,
    Generation,
    Heads,
    Lens,
    Neurons,
    Patching,
    Result,
    Told,
    Why,
    Words,
)
from attn_explore.explorer.notebook.tensor import Value, named
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.answers.stream_labels import head_label, point_label, writer_label
from attn_explore.model.axes import Axis
from attn_explore.model.looking.asked_token import token_text
from attn_explore.model.naming import shown
from attn_explore.model.problems import Problem

if TYPE_CHECKING:
    from attn_explore.explorer.session.asked_words import WhichWords
    from attn_explore.explorer.session.patched import WhatToPatch
    from attn_explore.explorer.session.place import Cell
    from attn_explore.explorer.session.scored_heads import Logit
    from attn_explore.explorer.session.through_lens import Through
    from attn_explore.explorer.session.who_wrote import WhoWrote
    from attn_explore.model.looking.attribution import Attribution as Wrote
    from attn_explore.model.looking.head_atlas import HeadAtlas
    from attn_explore.model.looking.said_twice import Drawing
    from attn_explore.model.looking.word_shares import WordShares


def lens_of(session: Session, asked: Through) -> Lens:
    """What the model would say at each point of its stream."""
    from attn_explore.explorer.session.through_lens import through_lens
    from attn_explore.explorer.telling.answers.lens_answer import lens_answer, lens_data

    seen = through_lens(session, asked)
    rows = seen.rows
    labels = [point_label(row.at) if row.head is None else head_label(row.at, row.head) for row in rows]
    along = (_axis("point", labels), *(() if seen.tokens is None else (seen.tokens,)))
    shape = tuple(axis.size for axis in along)
    ids, chances = (np.array([getattr(row, name) for row in rows]) for name in ("likeliest", "chances"))
    top = ids.shape[-1]
    words = np.array([token_text(seen.vocabulary, place) for place in ids.ravel().tolist()]).reshape(*shape, top)
    rank, logit = (
        None
        if seen.wanted is None
        else named(title, along, np.array([getattr(row, title) for row in rows]).reshape(shape))
        for title in ("rank", "logit")
    )
    return Lens(
        Told(partial(lens_answer, seen), partial(lens_data, seen)),
        tuple(row.at.path for row in rows),
        words,
        named("probability", (*along, Axis("place", top)), chances.reshape(*shape, top)),
        rank,
        logit,
    )


def attribution_of(session: Session, asked: WhoWrote) -> Attribution:
    """Who wrote a logit."""
    from attn_explore.explorer.session.who_wrote import who_wrote
    from attn_explore.explorer.telling.answers.attribution_answer import attribution_answer, attribution_data

    found = who_wrote(session, asked)
    writers = _axis("writer", map(writer_label, found.terms))
    return Attribution(
        Told(partial(attribution_answer, found), partial(attribution_data, found)),
        found.of.value,
        named("adds", [writers], [term.value for term in found.terms]),
        tuple(term.kind for term in found.terms),
        found.remainder,
        partial(_opened, found, writers),
    )


def _opened(found: Wrote, writers: Axis, name: str) -> Value:
    from attn_explore.explorer.session.who_wrote import opened_term, term_name
    from attn_explore.model.places import place_on

    made = opened_term(found, term_name(found.terms[place_on(writers, name, "the writers")]))
    return named(writer_label(made.term), [made.axis], made.values)


def heads_of(session: Session, drawing: Drawing, logit: Logit | None) -> Heads:
    """What every head of attention does, on the text and on made-up tokens; with a logit, what each adds to it."""
    from attn_explore.explorer.session import scored_heads

    atlas, _ = scored_heads.heads_of(session, drawing)
    return _heads(atlas if logit is None else scored_heads.with_logit_of(session, atlas, logit))


def _heads(atlas: HeadAtlas) -> Heads:
    from attn_explore.explorer.telling.answers.heads_answer import Wanted, heads_answer, heads_data, layer_name

    rows = {each.path: layer_name(atlas, each) for each in atlas.heads}
    places, width = {path: place for place, path in enumerate(rows)}, 1 + max(each.head for each in atlas.heads)
    numbers = np.full((len(atlas.scores), len(rows), width), np.nan)
    for each in atlas.heads:
        numbers[:, places[each.path], each.head] = [getattr(each, score) for score in atlas.scores]
    axes = (_axis("score", atlas.scores), _axis("layer", rows.values()), Axis("head", width))
    wanted = Wanted(is_list=True)
    return Heads(
        Told(partial(heads_answer, atlas, wanted), partial(heads_data, atlas, wanted)),
        named("head scores", axes, numbers),
        tuple(rows),
        atlas.measured_on,
    )


def why_of(session: Session, cell: Cell) -> Why:
    """Why a head looks where it looks."""
    from attn_explore.explorer.session.looked_there import looked_there
    from attn_explore.explorer.telling.answers.why_answer import why_answer, why_data

    looked = looked_there(session.run.trace, cell)
    why, words = looked.why, looked.vocabulary
    asks, answers = (
        _axis(name, map(writer_label, parts)) for name, parts in (("of_query", why.query), ("of_key", why.key))
    )
    return Why(
        Told(partial(why_answer, looked), partial(why_data, looked)),
        why.value,
        float(looked.weights[why.index]),
        named("what each pair adds", (asks, answers), why.pairs),
        named("what wrote the query", (asks,), why.by_query),
        named("what wrote the key", (answers,), why.by_key),
        named("columns of q and k", (Axis("d_k", len(why.dimensions)),), why.dimensions),
        why.bias,
        why.remainder,
        _texts(words, looked.favours),
        _texts(words, looked.against),
    )


def patching_of(session: Session, asked: WhatToPatch, *, estimate: bool) -> Patching:
    """What of one run makes the one beside it say what it says; `estimate`: without making the runs."""
    from attn_explore.explorer.session.patched import patched
    from attn_explore.explorer.telling.answers.patch_answer import patch_answer, patch_data

    found = patched(session, asked)
    while not estimate and found.go_on():
        pass
    axes = (_axis("point", map(point_label, found.rows)), found.columns[0])
    words, said = found.said.steps[0].axes[-1], found.said
    return Patching(
        Told(partial(patch_answer, found), partial(patch_data, found)),
        named("what comes back", axes, found.exact.copy()),
        named("what the gradient estimates", axes, found.estimate),
        tuple(row.path for row in found.rows),
        found.clean,
        found.corrupted,
        token_text(words, said.token),
        token_text(words, said.against),
    )


def words_of(session: Session, asked: WhichWords) -> Words:
    """Which words made an output."""
    from attn_explore.explorer.session.asked_words import words_asked
    from attn_explore.explorer.telling.answers.words_answer import words_answer, words_data

    found = words_asked(session, asked)
    while found.words.go_on():
        pass
    return Words(
        Told(partial(words_answer, found), partial(words_data, found)),
        found.words.value,
        {stack.stack: _shares(stack) for stack in found.words.stacks},
        found.words.baseline,
        found.words.error,
    )


def _shares(stack: WordShares) -> Value:
    from attn_explore.explorer.telling.answers.words_answer import METHODS

    columns = [getattr(stack, method) for method in METHODS]
    names = _axis("method", (head for head, _ in METHODS.values()))
    return named(f"words of the {stack.stack}", (stack.text.tokens, names), np.stack(columns, axis=-1))


def neurons_of(session: Session, network: str, token: str, top: int) -> Neurons:
    """The strongest neurons of a network at a token of the text."""
    from attn_explore.explorer.session.networks import network_named, token_named
    from attn_explore.explorer.telling.answers.neurons_answer import neurons_answer, neurons_data
    from attn_explore.model.looking.neurons import neurons_at

    trace = session.run.trace
    hidden = network_named(trace, network)
    found = neurons_at(trace, hidden, token_named(hidden, token), top)
    along = [_axis("neuron", (f"neuron {each.number}" for each in found.neurons))]
    favours, against = (
        tuple(_texts(found.words, getattr(each, kind)) for each in found.neurons) for kind in ("favours", "against")
    )
    return Neurons(
        Told(partial(neurons_answer, found), partial(neurons_data, found)),
        hidden.path,
        tuple(each.number for each in found.neurons),
        named("activation", along, [each.activation for each in found.neurons]),
        named("length", along, [each.length for each in found.neurons]),
        favours,
        against,
        tuple(tuple(shown(hidden.axes[0], place) for place in each.fires) for each in found.neurons),
    )


def generation_of(
    session: Session, steps: Mapping[str, float | None], seed: int | None, instead: Mapping[int, str], top: int
) -> Generation:
    """How each word is chosen by a sampler that has some steps."""
    from attn_explore.explorer.notebook.recorded import Trace
    from attn_explore.explorer.session.generated import futures
    from attn_explore.explorer.session.run import Run
    from attn_explore.explorer.telling.answers.generate_answer import generate_answer, generate_data
    from attn_explore.model.looking.sampling import BOUNDS, sampler_of

    for name, number in steps.items():
        if number is not None and not BOUNDS[name].holds(number):
            raise Problem(f"{name} is {BOUNDS[name].says}: not {number:g}")
    made = futures(session, sampler_of(steps, seed), [f"{place}={word}" for place, word in instead.items()], top)
    chosen, other = (
        [] if line is None else [each.chosen for each in line.choices] for line in (made.first, made.second)
    )
    words, without_lesson = made.first.vocabulary, replace(session.run.scenario, lesson=())
    along = [Axis("place", len(chosen))]
    return Generation(
        Told(partial(generate_answer, made), partial(generate_data, made)),
        _texts(words, [each.word for each in chosen]),
        named("probability", along, [each.probability for each in chosen]),
        named("chance", along, [each.chance for each in chosen]),
        tuple({value.name: Value(value) for value in choice.made} for choice in made.first.choices),
        _texts(words, [each.word for each in other]),
        Trace(Session(session.name, Run(without_lesson, made.first.run), session.path, session.notes)),
    )


def view_of(session: Session, name: str, cell: str) -> Result:
    """What a view of the explorer answers, at a cell where it is of one."""
    from attn_explore.explorer.session.place import Cell
    from attn_explore.explorer.system.counter import Counter
    from attn_explore.explorer.telling.answers.views import VIEWS

    place = session.place
    answered = VIEWS[name](
        session, cell_named(session, cell) if cell else Cell(place.value.path, place.index), Counter()
    )
    return Result(Told(lambda: answered.answer, lambda: dict(answered.data)))


def rounding_of(session: Session, storage: str) -> Result:
    """How far each step is off in the same run with rounded parameters."""
    from attn_explore.explorer.session.opening import Source, pair, start
    from attn_explore.explorer.system.limits import Limits

    scenario = session.run.scenario.with_rounded(storage)
    rounded = start(Source(session.name, session.path or Path(session.name), scenario), Limits())
    return view_of(pair(rounded, again(session)), "rounding", "")


def _texts(vocabulary: Axis | None, places: Sequence[int]) -> tuple[str, ...]:
    """Words of a vocabulary; none where there is none."""
    return () if vocabulary is None else tuple(token_text(vocabulary, place) for place in places)


def _axis(name: str, labels: Iterable[str]) -> Axis:
    words = tuple(labels)
    return Axis(name, len(words), words)
