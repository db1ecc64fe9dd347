"""What the keys of a scenario have to agree on with each other, checked before anything is computed.

Each check names the keys that it reads, so that it keeps silent about those which are wrong in themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields

from attn_explore.model.config import InputConfig, ModelConfig, filled
from attn_explore.model.scenario.document import ANSWERS, DOES, Document
from attn_explore.model.scenario.experiment_keys import (
    MOST,
    experiment_has_the_keys_of_its_kind,
    experiment_is_of_a_size_to_run,
    experiment_stands_alone,
    moments_of,
)
from attn_explore.model.scenario.experiment_keys import filled as filled_experiment
from attn_explore.model.scenario.findings import Finding, first_not_in, first_of, listed, repeated, touches
from attn_explore.model.scenario.nested import array_faults
from attn_explore.model.scenario.source import CHANGED, COMPARED, GIVEN_ONCE, TOLD_IN_FIRST, KeyPath, ScenarioSource
from attn_explore.model.scenario.teaching import training_can_be_done
from attn_explore.model.scenario.tokens import generates, labels_of, target_of, tokens_of
from attn_explore.model.text import clip, figure

Check = Callable[[Document, ScenarioSource], Iterator[Finding]]

_GIVEN_AS, _TARGET_AS = GIVEN_ONCE
_OF_THE_MODEL: tuple[KeyPath, ...] = tuple(("model", key.name) for key in fields(ModelConfig) if key.name != "weights")
_NEAR = 1000
_LABEL = 40
_TOO_LONG_TO_READ = 10**20


def check_agreement(document: Document, source: ScenarioSource, broken: Iterable[KeyPath]) -> list[Finding]:
    """Run every check of keys that are not broken in themselves.

    What a checkpoint's model is, its own configuration says: no key has to agree with a default. A broken stop of the
    lesson keeps silent about itself alone.
    """
    broken = [*broken, *(_OF_THE_MODEL if document.model.weights.checkpoint is not None else ())]
    stops = {path[:2] for path in broken if path[0] == TOLD_IN_FIRST and len(path) > 1}
    broken = [path for path in broken if path[:2] not in stops]
    return [
        finding
        for reads, check in CHECKS
        if not any(touches(path, broken) for path in reads)
        for finding in check(document, source)
        if finding.path[:2] not in stops
    ]


def heads_divide_d_model(document: Document, source: ScenarioSource) -> Iterator[Finding]:
    """Without d_k, a head is d_model / heads wide."""
    d_model, heads = document.model.d_model, document.model.heads
    if source.holds(("model", "d_k")) or d_model % heads == 0:
        return
    below = d_model - d_model % heads
    widths = listed(width for width in (below, below + heads) if 0 < width < _TOO_LONG_TO_READ)
    fitting = listed(_divisors_near(d_model, heads))
    ways = [f"take d_model {widths}" if widths else "", f"take heads {fitting}" if fitting else "", "or give d_k"]
    hint = "; ".join(way for way in ways if way)
    what = f"d_model {figure(d_model)} is not divisible by {figure(heads)} heads"
    yield Finding(("model", "heads") if source.holds(("model", "heads")) else ("model", "d_model"), what, hint)


def _divisors_near(number: int, wanted: int) -> list[int]:
    below = (n for n in range(wanted, max(0, wanted - _NEAR), -1) if number % n == 0)
    above = (n for n in range(wanted, min(number, wanted + _NEAR) + 1) if number % n == 0)
    return [n for n in (next(below, None), next(above, None)) if n is not None]


def kv_heads_divide_heads(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """Grouped queries: every head of keys and values serves the same number of query heads."""
    model = filled(document.model)
    if model.heads % model.kv_heads:
        what = f"{figure(model.heads)} heads cannot share {figure(model.kv_heads)} kv_heads evenly"
        fitting = listed(_divisors_near(model.heads, min(model.kv_heads, model.heads)))
        yield Finding(("model", "kv_heads"), what, f"take kv_heads {fitting}")


def attention_has_no_residual(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """Kind attention is the attention blocks alone."""
    if document.model.kind == "attention" and document.model.residual:
        hint = "leave `residual` out, or take kind encoder"
        yield Finding(("model", "residual"), "kind attention has no residual connection", hint)


def attention_has_no_feed_forward(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """Kind attention is the attention blocks alone; another kind may do without the network."""
    if document.model.kind == "attention" and document.model.feed_forward:
        hint = "leave `feed_forward` out, or take kind encoder"
        yield Finding(("model", "feed_forward"), "kind attention has no feed-forward network", hint)


def final_norm_is_a_norm(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """A norm at the end needs a norm; kind attention has none."""
    model = document.model
    if model.final_norm and model.norm_in_use == "none":
        why = "kind attention has no norms" if model.kind == "attention" else "`norm` is none"
        yield Finding(("model", "final_norm"), f"there is no final norm: {why}", "leave `final_norm` out")


def rotary_turns_pairs(document: Document, source: ScenarioSource) -> Iterator[Finding]:
    """Rotary positions turn pairs of columns."""
    d_k = filled(document.model).d_k
    if document.model.position == "rotary" and d_k % 2:
        where = ("model", "d_k") if source.holds(("model", "d_k")) else ("model", "position")
        yield Finding(where, f"rotary positions turn pairs of columns, and d_k is {figure(d_k)}", "take an even d_k")


def head_has_classes(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """A head that labels chooses from classes, each named once."""
    model = document.model
    if model.head in ("tokens", "sequence") and not model.classes and not document.is_trained:
        hint = "add `classes: [negative, positive]`"
        yield Finding(("model", "head"), f"head {model.head} needs classes to choose from", hint)
    twice = repeated(model.classes)
    for position, label in enumerate(model.classes):
        if not label:
            yield Finding(("model", "classes", position), "an empty label", "a label has at least one character")
        elif position in twice:
            yield Finding(
                ("model", "classes", position), f"the label {clip(label, _LABEL)} stands twice", "name it once"
            )


def decoder_has_something_to_read(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """A decoder beside an encoder is fed a target, or generates one; one that generates reads words."""
    model, given = document.model, document.input
    target = _given(given, _TARGET_AS)
    if model.kind == "encoder-decoder" and not target and model.head != "vocabulary":
        hint = "add `target`, or `head: vocabulary` so that the decoder generates one"
        yield Finding(("input",), f"without a target the decoder generates words, and head is {model.head}", hint)
    if model.kind == "decoder" and generates(model, given) and (given.vectors is not None or given.pad_to is not None):
        key = "vectors" if given.vectors is not None else "pad_to"
        what = f"a decoder that generates reads words one after another, and cannot begin with `{key}`"
        yield Finding(("input", key), what, f"leave `{key}` out, or give a target")
    if model.kind == "decoder" and target and (given.vectors is None) != (given.target_vectors is None):
        hint = "give both as words or both as vectors"
        yield Finding(("input", target[0]), "a decoder reads the target behind the input, from one table", hint)


def target_has_tokens(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """At least one token, and none without a character to show."""
    given = _given(document.input, _TARGET_AS)
    if len(given) == 1 and not target_of(document.input):
        yield Finding(("input", given[0]), f"there are no tokens in `input.{given[0]}`", "give at least one")
    for position, token in enumerate(document.input.target_tokens or ()):
        if not token:
            what = "an empty token"
            yield Finding(("input", "target_tokens", position), what, "a token has at least one character")


def heads_fit_the_stream(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """Without W_O the heads side by side go on: into a residual, or into the next layer."""
    model = filled(document.model)
    width = model.heads * model.d_v
    if model.output_projection or width == model.d_model or not _output_goes_on(model):
        return
    why = "the residual is added to them" if model.residual else "what follows reads them"
    what = (
        f"without output projection {figure(model.heads)} heads with d_v {figure(model.d_v)} are {figure(width)} "
        f"wide side by side, and d_model is {figure(model.d_model)}: {why}"
    )
    yield Finding(("model", "output_projection"), what, f"take heads · d_v = {figure(model.d_model)}")


def _output_goes_on(model: ModelConfig) -> bool:
    stacks = ((model.has_encoder, model.encoder_layers), (model.has_decoder, model.decoder_layers))
    reads_on = model.kind != "attention" or model.head != "none"
    return model.residual or reads_on or any(exists and layers > 1 for exists, layers in stacks)


def layers_belong_to_a_stack(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """A number of layers for a stack that this kind does not have would do nothing."""
    model = filled(document.model)
    for stack, exists in (("encoder", model.has_encoder), ("decoder", model.has_decoder)):
        key = f"{stack}_layers"
        if not exists and getattr(model, key) != model.layers:
            yield Finding(("model", key), f"kind {model.kind} has no {stack}", f"leave `{key}` out, or change the kind")


def weights_come_from_one_place(document: Document, source: ScenarioSource) -> Iterator[Finding]:
    """A file gives every parameter, so that a seed beside it would do nothing; `set` goes with both."""
    weights = document.model.weights
    if weights.file is not None and weights.checkpoint is not None:
        what = "`model.weights` has both `file` and `checkpoint`"
        yield Finding(("model", "weights", "checkpoint"), what, "keep one of the two")
    elif not weights.are_drawn:
        for key in ("seed", "scale"):
            if source.holds(("model", "weights", key)):
                what = f"`{key}` draws parameters, and here they come from a file"
                yield Finding(("model", "weights", key), what, f"leave `{key}` out, or draw without the file")


def checkpoints_read_texts(document: Document, source: ScenarioSource) -> Iterator[Finding]:
    """A checkpoint has a tokenizer and words of its own; only a checkpoint has token ids."""
    given, is_open = document.input, document.model.weights.checkpoint is not None
    if not is_open:
        for key in ("ids", "target_ids"):
            if getattr(given, key) is not None:
                hint = "give `text` or `tokens`, or name a checkpoint in `model.weights`"
                yield Finding(("input", key), f"`{key}` are rows of a checkpoint's table, and there is none", hint)
        if given.tokenizer == "checkpoint":
            hint = "take `whitespace`, or name a checkpoint in `model.weights`"
            yield Finding(("input", "tokenizer"), "there is no checkpoint whose tokenizer it could be", hint)
        return
    for key in ("tokens", "vectors", "target_tokens", "target_vectors", "vocabulary"):
        if source.holds(("input", key)):
            hint = "give `target` or `target_ids`" if key.startswith("target") else "give `text` or `ids`"
            yield Finding(("input", key), f"a checkpoint reads texts and ids, and no `{key}`", hint)
    if source.holds(("input", "tokenizer")) and given.tokenizer != "checkpoint":
        what = f"the text goes through the checkpoint's tokenizer, and not by {given.tokenizer}"
        yield Finding(("input", "tokenizer"), what, "leave `tokenizer` out")
    if document.experiment is not None:
        yield Finding(("experiment",), "a checkpoint is not trained here", "leave `experiment` or `checkpoint` out")


def input_is_given_once(document: Document, source: ScenarioSource) -> Iterator[Finding]:
    """A model needs something to run on; an experiment brings its own."""
    given = _given(document.input, _GIVEN_AS)
    if len(given) > 1:
        yield Finding(("input", given[1]), f"the input is given as {listed(given, 'and')}", "keep one of them")
    elif not given and not source.holds(("experiment",)):
        hint = "add `input: {text: I love my dog}`"
        yield Finding(("input",), f"a scenario needs an input: {listed(_GIVEN_AS)}", hint)


def labels_are_classes(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """The target of an encoder's head is a label for each word, or one for the text."""
    model, given = document.model, document.input
    keys = _given(given, _TARGET_AS)
    if model.has_decoder or model.head not in ("tokens", "sequence") or len(keys) != 1:
        return
    labels = [label for label in labels_of(model, given) if label is not None]
    count = 1 if model.head == "sequence" else len(tokens_of(given))
    path = ("input", keys[0])
    if keys[0] == "target_vectors":
        yield Finding(path, "the target of this head are labels", "give `target`, with names of `classes`")
    elif len(labels) != count:
        each = "one label for the text" if model.head == "sequence" else f"a label for each of the {count} words"
        yield Finding(path, f"head {model.head} needs {each}, and here are {len(labels)}", "write them with spaces")
    elif model.classes and (unknown := first_not_in(labels, set(model.classes))) is not None:
        what = f"{clip(unknown, _LABEL)} is none of the classes"
        yield Finding(path, what, f"the classes are {first_of(model.classes)}")


def target_is_given_once(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """The decoder is fed one target."""
    given = _given(document.input, _TARGET_AS)
    if len(given) > 1:
        yield Finding(("input", given[1]), f"the target is given as {listed(given, 'and')}", "keep one of them")


def _given(config: InputConfig, keys: tuple[str, ...]) -> list[str]:
    return [key for key in keys if getattr(config, key) is not None]


def input_has_tokens(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """At least one token, and none without a character to show."""
    given = _given(document.input, _GIVEN_AS)
    if len(given) == 1 and not tokens_of(document.input):
        yield Finding(("input", given[0]), f"there are no tokens in `input.{given[0]}`", "give at least one")
    for position, token in enumerate(document.input.tokens or ()):
        if not token:
            yield Finding(("input", "tokens", position), "an empty token", "a token has at least one character")


def vectors_fit_the_model(document: Document, source: ScenarioSource) -> Iterator[Finding]:
    """Embeddings are a matrix with a row of d_model numbers for each token."""
    d_model = document.model.d_model
    for key in ("vectors", "target_vectors"):
        rows = getattr(document.input, key)
        if not rows:
            continue
        faults = list(array_faults(source.at(("input", key)), ("input", key)))
        yield from faults
        if not faults and len(rows[0]) != d_model:
            what = f"the rows of `input.{key}` have {len(rows[0])} numbers, and d_model is {figure(d_model)}"
            yield Finding(("input", key), what, f"take d_model {len(rows[0])}, or rows of {figure(d_model)} numbers")


def vocabulary_has_words(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """Words have rows in a table; vectors bring their own."""
    known = document.input.vocabulary
    if known and document.input.vectors is not None:
        what = "vectors are embeddings, and there is no table for a vocabulary"
        yield Finding(("input", "vocabulary"), what, "leave `vocabulary` out")
    twice = repeated(known)
    for position, word in enumerate(known):
        if not word or position in twice:
            what = f"the word {clip(word, _LABEL)} stands twice" if word else "an empty word"
            yield Finding(("input", "vocabulary", position), what, "name each word once")


def padding_leaves_the_tokens(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """Padding adds tokens and never cuts any."""
    if document.model.weights.checkpoint is not None:
        return  # its tokenizer says how many there are
    target = target_of(document.input) if document.model.kind == "decoder" else None
    count, pad_to = len(tokens_of(document.input) + (target or ())), document.input.pad_to
    if pad_to is not None and pad_to < count:
        what = f"cannot pad to {pad_to}: there are {count} tokens already"
        yield Finding(("input", "pad_to"), what, f"take {count} or more, or leave `pad_to` out")


def edits_say_what_to_do(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """An edit does one thing; what it takes from a second run needs one."""
    for position, edit in enumerate(document.edits):
        chosen = [key for key in DOES if (value := getattr(edit, key)) is not None and value is not False]
        if len(chosen) != 1:
            what = f"an edit does one thing, and this has {listed(chosen, 'and') if chosen else 'none'}"
            yield Finding(("edits", position), what, f"write `set: 0.5`, or one of {listed(DOES[1:])}")
        elif edit.swap and document.compare is None:
            hint = "add `compare`, or leave the edit out"
            yield Finding(("edits", position, "swap"), "there is no second run to take numbers from", hint)


def comparison_changes_something(document: Document, source: ScenarioSource) -> Iterator[Finding]:
    """A second run that is the same as the first shows nothing."""
    keys = (*CHANGED, "edits")
    if document.compare is not None and not any(source.at((COMPARED, key)) not in (None, {}) for key in keys):
        yield Finding((COMPARED,), "the second run is the same as the first", f"change something in {listed(keys)}")


def questions_can_be_answered(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """An answer belongs to a question, and says one thing; a hint belongs to an answer."""
    for place, stop in enumerate(document.lesson):
        if stop.answer is None:
            if stop.hint is not None:
                what = "a hint without an answer that it leads to"
                yield Finding(("lesson", place, "hint"), what, "add `answer`, or leave `hint` out", at_key=True)
            continue
        chosen = [key for key in ANSWERS if getattr(stop.answer, key) not in (None, False)]
        if not (stop.ask or "").strip():
            yield Finding(("lesson", place, "answer"), "an answer without a question", "add `ask`", at_key=True)
        if len(chosen) != 1:
            what = f"an answer says one thing, and this has {listed(chosen, 'and') if chosen else 'none'}"
            yield Finding(("lesson", place, "answer"), what, f"write one of {listed(ANSWERS)}")


def comparing_views_have_two_runs(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """Two runs can be shown where there are two."""
    for place, stop in enumerate(document.lesson):
        if stop.view in ("beside", "difference") and document.compare is None:
            what = f"there is no second run to show (view {stop.view})"
            yield Finding(("lesson", place, "view"), what, "add `compare`, or leave `view` out")


def moments_of_a_lesson_are_kept(document: Document, _: ScenarioSource) -> Iterator[Finding]:
    """A stop is at a moment of the training, and the weights of that moment are kept."""
    moments = _moments(document)
    for place, stop in enumerate(document.lesson):
        path = ("lesson", place, "moment")
        if stop.moment is None or stop.moment in moments:
            continue
        if not moments:
            what = "a moment is one of a training, and this scenario tells of none"
            yield Finding(path, what, "leave `moment` out, or add `experiment: {kind: training}`", at_key=True)
        else:
            what = f"no weights are kept after step {figure(stop.moment)} of the training"
            yield Finding(path, what, f"take {_nearest(stop.moment, moments)}, or more `snapshots`")


def _moments(document: Document) -> list[int]:
    """After which steps of its training a scenario's weights are kept."""
    if document.experiment is None or not document.is_trained:
        return []
    experiment = filled_experiment(document.experiment)
    return moments_of(experiment.steps, min(experiment.snapshots, MOST["snapshots"]))


def _nearest(step: int, moments: list[int]) -> str:
    return listed(sorted(sorted(moments, key=lambda moment: abs(moment - step))[:2]))


CHECKS: tuple[tuple[tuple[KeyPath, ...], Check], ...] = (
    ((("model", "d_model"), ("model", "heads"), ("model", "d_k")), heads_divide_d_model),
    ((("model", "heads"), ("model", "kv_heads")), kv_heads_divide_heads),
    ((("model", "kind"), ("model", "residual")), attention_has_no_residual),
    ((("model", "kind"), ("model", "feed_forward")), attention_has_no_feed_forward),
    ((("model",),), heads_fit_the_stream),
    ((("model", "final_norm"), ("model", "kind"), ("model", "norm")), final_norm_is_a_norm),
    ((("model", "position"), ("model", "d_k"), ("model", "d_model"), ("model", "heads")), rotary_turns_pairs),
    ((("model", "head"), ("model", "classes")), head_has_classes),
    ((("model",), ("input",)), decoder_has_something_to_read),
    ((("input",),), target_has_tokens),
    ((("model", "kind"), ("model", "layers")), layers_belong_to_a_stack),
    ((("model", "weights"),), weights_come_from_one_place),
    ((("input",), ("model", "weights"), ("experiment",)), checkpoints_read_texts),
    (tuple(("input", key) for key in _GIVEN_AS), input_is_given_once),
    (tuple(("input", key) for key in _TARGET_AS), target_is_given_once),
    ((("input",), ("model",)), labels_are_classes),
    ((("input",),), input_has_tokens),
    ((("input", "vectors"), ("input", "target_vectors"), ("model", "d_model")), vectors_fit_the_model),
    ((("input",),), padding_leaves_the_tokens),
    ((("input",),), vocabulary_has_words),
    ((("edits",), ("compare",)), edits_say_what_to_do),
    ((("compare",),), comparison_changes_something),
    ((("lesson",),), questions_can_be_answered),
    ((("lesson",), ("compare",)), comparing_views_have_two_runs),
    ((("lesson",), ("experiment",)), moments_of_a_lesson_are_kept),
    ((("experiment", "kind"),), experiment_stands_alone),
    ((("experiment",), ("model",), ("input",)), training_can_be_done),
    ((("experiment", "kind"),), experiment_has_the_keys_of_its_kind),
    ((("experiment",),), experiment_is_of_a_size_to_run),
)
"""Each check beside the keys that it reads."""
