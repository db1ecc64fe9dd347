"""Questions that are asked of what is under the cursor first, then with options, typed as behind their command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from attn_explore.explorer.session.asked_words import WhichWords, WordsFound, words_asked
from attn_explore.explorer.session.options_said import (
    AFTER,
    ONE_TOKEN,
    TWO_TOKENS,
    Option,
    one_of,
    options_said,
    typed,
    whole,
)
from attn_explore.explorer.session.patched import WhatToPatch, patched
from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.session.reopening import answering, answering_of_two
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.session.through_lens import Through, through_lens
from attn_explore.explorer.session.who_wrote import WhoWrote, who_wrote
from attn_explore.explorer.session.who_wrote import named_by as logit_named_by
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.time_left import TimeLeft
from attn_explore.explorer.telling.answers.answered import Answered, Otherwise
from attn_explore.explorer.telling.answers.runs_made import progress_of
from attn_explore.model.looking.attribution import Attribution
from attn_explore.model.looking.head_scores import LOGIT, SCORES
from attn_explore.model.looking.said_twice import LENGTH, Drawing

_OPTIONS = "options"
_LENS: Mapping[str, Option] = ONE_TOKEN
_ATTRIBUTE: Mapping[str, Option] = TWO_TOKENS
_WORDS: Mapping[str, Option] = {
    **ONE_TOKEN,
    "of": one_of(("logit", "probability"), "of probability"),
    "after": AFTER,
    "steps": whole(1, "a number of steps, from 1 to 4096", "steps 256", 4096),
}
_HEADS: Mapping[str, Option] = {
    "score": one_of((*SCORES, LOGIT), "score previous"),
    "sort": one_of((*SCORES, LOGIT), "sort previous"),
    **ONE_TOKEN,
    "seed": whole(0, "a whole number, from 0", "seed 3"),
    "length": whole(2, "a number of tokens, from 2 to 1024", "length 50", 1024),
}
_PATCH: Mapping[str, Option] = {
    "of": one_of(("residual", "attention", "ffn", "heads"), "of attention"),
    **TWO_TOKENS,
    "in": one_of(("encoder", "decoder"), "in encoder"),
}
_WHY: Mapping[str, Option] = {"by": one_of(("pairs", "query", "key", "columns"), "by columns")}


def _asked(options: Mapping[str, Option], examples: Sequence[str]) -> str:
    such_as = ", or ".join(options[name].such_as for name in examples)
    return f"Options: {', '.join(options)}. Such as {such_as}."


def _as_options(said: Mapping[str, Any]) -> tuple[str, ...]:
    """What was typed, as a command line has it."""
    return tuple(part for name, value in said.items() for part in (f"--{name.replace('_', '-')}", str(value)))


# --- the questions


def lens_seen(session: Session, asked: Through, counter: Counter) -> Answered:
    """What the model would say on the way, and the rank of a token."""
    from attn_explore.explorer.telling.answers.lens_answer import lens_answer, lens_data

    seen = through_lens(session, asked, lambda done, of: counter.say(f"{done} of {of} points"))
    options = () if seen.wanted is None else ("--token-id", str(seen.wanted))
    command = answering(session, "lens", *options, *(["--heads"] if asked.heads else []))

    def make(text: str, further: Counter) -> Answered:
        return lens_seen(session, Through(**options_said(text, _LENS), heads=asked.heads), further)

    otherwise = Otherwise(_OPTIONS, _asked(_LENS, ["token"]), typed(options), make)
    return Answered(lens_answer(seen), command, lens_data(seen), lens_answer(seen, is_drawn=True), otherwise=otherwise)


def attribution_seen(session: Session, found: Attribution) -> Answered:
    """Who wrote a logit, or the difference of two; its list is read from the largest on."""
    from attn_explore.explorer.drawing.answer_table import Spot
    from attn_explore.explorer.telling.answers.attribution_answer import (
        attribution_answer,
        attribution_data,
        attribution_drawn,
    )

    def make(text: str, _: Counter) -> Answered:
        return attribution_seen(session, who_wrote(session, WhoWrote(**options_said(text, _ATTRIBUTE))))

    options = logit_named_by(found.of)
    otherwise = Otherwise(_OPTIONS, _asked(_ATTRIBUTE, ["token", "against"]), typed(options), make)
    command = answering(session, "attribute", *options)
    drawn = attribution_drawn(found)
    return Answered(attribution_answer(found), command, attribution_data(found), drawn, Spot(0, 0), otherwise=otherwise)


def words_seen(session: Session, found: WordsFound, left: TimeLeft | None = None) -> Answered:
    """Which words made an output, as far as its runs are made; more are when somebody asks for that."""
    from attn_explore.explorer.telling.answers.words_answer import named_by, words_answer, words_data, words_drawn

    left = left or TimeLeft()

    def further(counter: Counter) -> Answered:
        found.words.go_on()
        counter.say("")
        return words_seen(session, found, left)

    def make(text: str, _: Counter) -> Answered:
        said = options_said(text, _WORDS)
        measure = said.pop("of", WhichWords.measure)
        return words_seen(session, words_asked(session, WhichWords(**said, measure=measure)))

    options = named_by(found)
    otherwise = Otherwise(_OPTIONS, _asked(_WORDS, ["of", "steps"]), typed(options), make)
    answered = Answered(
        words_answer(found),
        answering(session, "words", *options),
        words_data(found),
        words_drawn(found),
        otherwise=otherwise,
    )
    if found.words.is_done:
        return answered
    return replace(answered, further=further, progress=progress_of(found.words, left))


def heads_seen(session: Session, options: Mapping[str, Any], counter: Counter) -> Answered:
    """What each head does: a grid of one score, or a list where `sort` names another one."""
    from attn_explore.explorer.drawing.answer_table import Spot
    from attn_explore.explorer.session.scored_heads import Logit, heads_of, with_logit_of
    from attn_explore.explorer.telling.answers.heads_answer import Wanted, heads_answer, heads_data

    atlas, _why = heads_of(session, Drawing(options.get("seed", 0), options.get("length", LENGTH)), counter)
    logit = Logit(options.get("token"), options.get("token_id"))
    if logit != Logit() or LOGIT in (options.get("score"), options.get("sort")):
        atlas = with_logit_of(session, atlas, logit)
    wanted = Wanted(options.get("sort") or options.get("score") or SCORES[0], is_list="sort" in options)

    def make(text: str, further: Counter) -> Answered:
        return heads_seen(session, options_said(text, _HEADS), further)

    line = _as_options(options)
    otherwise = Otherwise(_OPTIONS, _asked(_HEADS, ["sort", "seed"]), typed(line), make)
    spot = Spot(0, 0) if wanted.is_list else None
    answer, data = heads_answer(atlas, wanted), heads_data(atlas, wanted)
    return Answered(answer, answering(session, "heads", *line), data, spot=spot, otherwise=otherwise)


def why_seen(session: Session, cell: Cell, by: str = "") -> Answered:
    """Why the head of a cell of an attention looks there, by what its score is taken apart."""
    from attn_explore.explorer.drawing.answer_table import Spot
    from attn_explore.explorer.session.looked_there import looked_there
    from attn_explore.explorer.telling.answers.why_answer import why_answer, why_data
    from attn_explore.model.naming import bracketed

    looked = looked_there(session.run.trace, cell)
    place = f"{looked.weights.path}{bracketed(looked.weights.axes, looked.why.index)}"
    options = ("--by", by) if by else ()

    def make(text: str, _: Counter) -> Answered:
        return why_seen(session, cell, **options_said(text, _WHY))

    otherwise = Otherwise(_OPTIONS, f"{_WHY['by'].means.capitalize()}, such as by columns.", typed(options), make)
    command = answering(session, "why", place, *options)
    answer = why_answer(looked, by) if by else why_answer(looked)
    spot = Spot(0, answer.columns.index("adds"))
    return Answered(answer, command, why_data(looked), spot=spot, otherwise=otherwise)


def patch_seen(session: Session, asked: WhatToPatch, left: TimeLeft | None = None) -> Answered:
    """The map of a session's run as it is now, of which more is made when somebody asks for that."""
    from attn_explore.explorer.telling.answers.patch_answer import patch_answer, patch_data

    found = patched(session, asked)
    left = left or TimeLeft(found.share_done)

    def further(counter: Counter) -> Answered:
        found.go_on()
        counter.say("")
        return patch_seen(session, asked, left)

    def make(text: str, _: Counter) -> Answered:
        said = options_said(text, _PATCH)
        kind, stack = said.pop("of", WhatToPatch.kind), said.pop("in", None)
        return patch_seen(session, WhatToPatch(kind, **said, stack=stack))

    options = _as_options({_NAMED_AS.get(each, each): said for each, said in _unlike(asked, WhatToPatch())})
    otherwise = Otherwise(_OPTIONS, _asked(_PATCH, ["of", "token"]), typed(options), make)
    command, drawn = answering_of_two(session, "patch", *options), patch_answer(found, shows_estimates=False)
    answered = Answered(patch_answer(found), command, patch_data(found), drawn, otherwise=otherwise)
    if found.is_done:
        return answered
    return replace(answered, further=further, progress=progress_of(found, left))


_NAMED_AS = {"kind": "of", "stack": "in"}
"""Options of `patch` that are not named as what they mean."""


def _unlike(asked: WhatToPatch, usual: WhatToPatch) -> Iterator[tuple[str, Any]]:
    """What is asked for otherwise than usually, by its names."""
    for each in fields(asked):
        if (said := getattr(asked, each.name)) != getattr(usual, each.name):
            yield each.name, said
