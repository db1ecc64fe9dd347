"""The views of a run, as the explorer asks for them: what makes the answer of each, of the cell that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from attn_explore.explorer.drawing.answer_table import Spot
from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.session.reopening import answering
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.telling.answers.answered import Answered, Otherwise
from attn_explore.model.naming import bracketed

if TYPE_CHECKING:
    from attn_explore.explorer.session.sampler_said import Said

View = Callable[[Session, Cell, Counter], Answered]
"""Makes an answer; it changes nothing of the session. Raises Problem where there is none."""

_FIRST = Spot(0, 0)
"""A sorted list is read from its largest on, wherever one came from."""


def _heads(session: Session, _: Cell, counter: Counter) -> Answered:
    from attn_explore.explorer.telling.answers.asked_otherwise import heads_seen
    from attn_explore.model.looking.head_scores import SCORES

    return heads_seen(session, {"sort": SCORES[0]}, counter)


def _heads_grid(session: Session, _: Cell, counter: Counter) -> Answered:
    from attn_explore.explorer.telling.answers.asked_otherwise import heads_seen

    return heads_seen(session, {}, counter)


def _lens(session: Session, cell: Cell, counter: Counter) -> Answered:
    return _through_lens(session, cell, counter, heads=False)


def _lens_of_heads(session: Session, cell: Cell, counter: Counter) -> Answered:
    return _through_lens(session, cell, counter, heads=True)


def _through_lens(session: Session, cell: Cell, counter: Counter, *, heads: bool) -> Answered:
    """The lens, and in it the rank of the token under the cursor, or of the one that the model says in the end."""
    from attn_explore.explorer.session.through_lens import Through, said_at
    from attn_explore.explorer.telling.answers.asked_otherwise import lens_seen

    return lens_seen(session, Through(token_id=said_at(session, cell), heads=heads), counter)


def _attribution(session: Session, cell: Cell, _: Counter) -> Answered:
    """Who wrote the logit that a cell is of, or the one of what the model says in the end."""
    from attn_explore.explorer.session.who_wrote import attribution_at
    from attn_explore.explorer.telling.answers.asked_otherwise import attribution_seen

    return attribution_seen(session, attribution_at(session, cell))


def _opened(session: Session, cell: Cell, _: Counter) -> Answered:
    """What the head or the network that a cell is in wrote of what the model says in the end: by tokens or neurons."""
    from attn_explore.explorer.session.who_wrote import attribution_at, named_by, opened_term, term_at
    from attn_explore.explorer.telling.answers.attribution_answer import opened_answer, opened_data

    found, term = attribution_at(session, cell), term_at(session, cell)
    made = opened_term(found, term)
    command = answering(session, "attribute", *named_by(found.of), "--open", term)
    return Answered(opened_answer(found, made), command, opened_data(found, made), spot=_FIRST)


def _words(session: Session, cell: Cell, _: Counter) -> Answered:
    """Which words made the output that a cell is of, or the one that the model says in the end."""
    from attn_explore.explorer.session.asked_words import words_at
    from attn_explore.explorer.telling.answers.asked_otherwise import words_seen

    return words_seen(session, words_at(session, cell))


def _tokens(session: Session, cell: Cell, _: Counter) -> Answered:
    """How the text was cut, before anything was computed; the cursor on the token that a cell is of."""
    from attn_explore.explorer.telling.answers.tokens_answer import spot_of_token, tokens_answer, tokens_data
    from attn_explore.model.known import known_of
    from attn_explore.model.looking.tokens_read import template_of, tokens_read

    known = known_of(session.run.scenario)
    reads, chat = tokens_read(known), template_of(known.scenario.checkpoint)
    answer = tokens_answer(reads, chat)
    spot = spot_of_token(answer, cell.path.partition(".")[0], _token_of(session, cell))
    return Answered(answer, answering(session, "tokens"), tokens_data(reads, chat), spot=spot)


def _token_of(session: Session, cell: Cell) -> int:
    """The place in the text of what a cell is of: its token, or the one that looks; the first where it is of none."""
    looked_at = session.place.peek(cell.path)
    places = {} if looked_at is None else dict(zip(looked_at.names, cell.index, strict=True))
    return next((places[axis] for axis in ("token", "query", "key") if axis in places), 0)


NEURONS = 50
"""The strongest neurons that are listed on the screen, where there is room for some and the others are scrolled to."""


def _neurons(session: Session, cell: Cell, _: Counter) -> Answered:
    """The network that a cell is in, at the token of the cell; where it has none, at the last one."""
    from attn_explore.explorer.session.networks import network_named
    from attn_explore.explorer.telling.answers.neurons_answer import neurons_answer, neurons_data
    from attn_explore.model.looking.neurons import neurons_at

    trace = session.run.trace
    network, looked_at = network_of(cell.path), session.place.peek(cell.path)
    hidden = network_named(trace, network)
    places = {} if looked_at is None else dict(zip(looked_at.names, cell.index, strict=True))
    token = places.get("token", hidden.axes[0].size - 1)
    found = neurons_at(trace, hidden, token, NEURONS)
    command = answering(session, "neurons", "--at", network, "--token", str(token), "--top", str(NEURONS))
    return Answered(neurons_answer(found), command, neurons_data(found), spot=_FIRST)


def _why(session: Session, cell: Cell, _: Counter) -> Answered:
    """Why the head of a cell of an attention looks there."""
    from attn_explore.explorer.telling.answers.asked_otherwise import why_seen

    return why_seen(session, cell)


def _patch(session: Session, _: Cell, __: Counter) -> Answered:
    """What the stream of this run, at each place, makes the other run say of what this one does."""
    from attn_explore.explorer.session.patched import WhatToPatch
    from attn_explore.explorer.telling.answers.asked_otherwise import patch_seen

    return patch_seen(session, WhatToPatch())


def _patch_heads(session: Session, _: Cell, __: Counter) -> Answered:
    from attn_explore.explorer.session.patched import WhatToPatch
    from attn_explore.explorer.telling.answers.asked_otherwise import patch_seen

    return patch_seen(session, WhatToPatch("heads"))


def _bits(session: Session, cell: Cell, _: Counter) -> Answered:
    """How a number is stored."""
    from attn_explore.explorer.telling.answers.bits_answer import bits_answer, bits_data
    from attn_explore.model.looking.stored_bits import bits_of

    value = session.place.peek(cell.path) or session.place.value
    found = bits_of(value, cell.index)
    command = answering(session, "bits", f"{cell.path}{bracketed(value.axes, cell.index)}")
    return Answered(bits_answer(found, value, cell.index), command, bits_data(found, cell))


def _cache(session: Session, _cell: Cell, _: Counter) -> Answered:
    from attn_explore.explorer.telling.answers.cache_answer import cache_answer, cache_data
    from attn_explore.model.architecture import architecture_of
    from attn_explore.model.looking.kept_keys import kept_keys

    kept = kept_keys(session.run.trace)
    answer = cache_answer(kept, architecture_of(session.run.scenario.model).positions)
    return Answered(answer, answering(session, "cache"), cache_data(kept))


def _generate(session: Session, _: Cell, __: Counter) -> Answered:
    """How each word was chosen: as the run that stands did it, or as somebody then asks for."""
    from attn_explore.explorer.session.sampler_said import Said

    return _generated(session, Said())


def _generated(session: Session, said: Said) -> Answered:
    from attn_explore.explorer.session.generated import futures
    from attn_explore.explorer.session.opening import of_words
    from attn_explore.explorer.session.sampler_said import examples, sampler_said
    from attn_explore.explorer.telling.answers.generate_answer import generate_answer, generate_data

    longer = None if said.words is None else of_words(session.run.scenario, said.words)
    found = futures(session, said.sampler, said.instead, scenario=longer)
    words = _one_word(session) if said.words is None else ()
    asked = f"How words are chosen, such as {examples()}; nothing: the likeliest."
    otherwise = Otherwise("sampler", asked, said.typed, lambda text, _: _generated(session, sampler_said(text)))
    command = answering(session, "generate", *said.options, *words)
    return Answered(generate_answer(found), command, generate_data(found), otherwise=otherwise)


def _one_word(session: Session) -> tuple[str, ...]:
    """The option for a model that chooses one word: more are the command's default."""
    scenario = session.run.scenario
    is_one = scenario.checkpoint is not None and scenario.input.max_new_tokens == 1
    return ("--max-new-tokens", "1") if is_one else ()


def _sampled(session: Session, _: Cell, __: Counter) -> Answered:
    """What the sampler that was asked about makes of what each word is chosen from. It draws no other words."""
    from attn_explore.explorer.session.generated import ask_sampler
    from attn_explore.explorer.session.sampler_said import LEAVING, Said, examples
    from attn_explore.explorer.telling.answers.generate_answer import generate_answer, generate_data
    from attn_explore.model.problems import Problem

    if session.sampler is None:
        raise Problem("no sampler was named", hint=f"such as {examples(LEAVING)}")
    found = ask_sampler(session, session.sampler)
    command = answering(session, "generate", *Said(session.sampler).options, "--likeliest", *_one_word(session))
    return Answered(generate_answer(found), command, generate_data(found))


def _rounding(session: Session, _cell: Cell, _: Counter) -> Answered:
    """What rounding changed, of two runs of which one has rounded parameters."""
    from attn_explore.explorer.session.two_runs import rounded_and_exact
    from attn_explore.explorer.telling.answers.rounding_answer import rounding_answer, rounding_data
    from attn_explore.model.looking.rounded_steps import rounded_steps

    storage, rounded, exact = rounded_and_exact(session)
    found = rounded_steps(rounded, exact)
    command = answering(session, "rounding", "--as", storage)
    return Answered(rounding_answer(found, storage), command, rounding_data(found, storage))


def network_of(path: str) -> str:
    """The path of the feed-forward network that a step or a parameter is in; nothing where it is in none.

    >>> network_of("decoder.layers.3.ffn.hidden"), network_of("logits")
    ('decoder.layers.3.ffn', '')
    """
    return "".join(path.rpartition(".ffn.")[:2]).removesuffix(".")


VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "lens": _lens,
        "lens-of-heads": _lens_of_heads,
        "attribute": _attribution,
        "attribute-opened": _opened,
        "heads": _heads,
        "heads-grid": _heads_grid,
        "neurons": _neurons,
        "why": _why,
        "patch": _patch,
        "patch-heads": _patch_heads,
        "bits": _bits,
        "tokens": _tokens,
        "cache": _cache,
        "generate": _generate,
        "sampler": _sampled,
        "words": _words,
        "rounding": _rounding,
    }
)
"""By their names."""
