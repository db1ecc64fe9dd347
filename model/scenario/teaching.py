"""What a scenario that is trained takes from its data, where it does not say so itself: words, and a text to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from attn_explore.model.config import InputConfig, ModelConfig
from attn_explore.model.files.regular import read_inside
from attn_explore.model.problems import Problem
from attn_explore.model.scenario.document import Document, Experiment
from attn_explore.model.scenario.experiment_keys import filled
from attn_explore.model.scenario.findings import Finding, first_not_in, first_of, listed
from attn_explore.model.scenario.pairs import MOST_BYTES, TASKS, Example, Words, different, read_pairs, symbols_of
from attn_explore.model.scenario.source import KeyPath, ScenarioSource
from attn_explore.model.scenario.tokens import PAD, labels_of, target_of, tokens_of
from attn_explore.model.text import clip

DATA: KeyPath = ("experiment", "data")

Examples = tuple[Example, ...]

_WORD = 40
_LABELLED = ("copy", "reverse", "sort")
"""Tasks in which each word has its answer, so that an encoder can do them."""


def pairs_of(document: Document, source: ScenarioSource) -> Examples:
    """The pairs in the file that a scenario is trained on. Raises Problem where it cannot be read."""
    name = str(source.at(DATA))
    if source.folder is None:
        raise source.problem(DATA, "files that a trace names are not opened", "train the scenario's own file")
    try:
        return read_pairs(read_inside(source.folder, name, MOST_BYTES), name)
    except Problem as problem:
        if problem.line is not None:
            raise
        raise source.problem(DATA, f"{clip(name, _WORD)}: {problem.what}", problem.hint) from problem


def taught(document: Document, source: ScenarioSource) -> Document:
    """The scenario with the words of its data, in the order in which they come, and with a text of it as its input.

    The scenario inside a trace has them already. Raises Problem where the data has words that the scenario leaves out.
    """
    experiment = document.experiment
    if experiment is None or experiment.is_alone:
        return document
    if experiment.data not in TASKS and source.folder is None:
        _check_says_its_classes(document, source)
        return document
    examples = _examples(document, experiment, source)
    model, given = _with_words(document.model, document.input, examples)
    if given.text is None and given.tokens is None:
        given = replace(given, tokens=_text_to_run(experiment, examples))
    document = replace(document, model=model, input=given)
    _check_known(document, examples, source)
    _check_labels(model, examples, source)
    return document


def _check_says_its_classes(document: Document, source: ScenarioSource) -> None:
    """The data of a scenario inside a trace is not opened. Raises Problem where the labels would come from there."""
    if document.model.head in ("tokens", "sequence") and not document.model.classes:
        raise source.problem(("model", "classes"), f"head {document.model.head} needs classes to choose from")


def _check_labels(model: ModelConfig, examples: Examples, source: ScenarioSource) -> None:
    """An encoder's head says a label for each word, or one for the text. Raises Problem with the first pair not so."""
    if model.has_decoder:
        return
    for number, example in enumerate(examples, 1):
        count = 1 if model.head == "sequence" else len(example.source)
        if len(example.target) != count:
            each = "one label for the text" if model.head == "sequence" else f"a label for each of {count} words"
            what = f"pair {number}: head {model.head} needs {each}, and here are {len(example.target)}"
            raise source.problem(DATA, what, "give each of them its label, with spaces between")


def _examples(document: Document, experiment: Experiment, source: ScenarioSource) -> Examples:
    """The pairs of the file; or one that has every symbol of a task."""
    if experiment.data not in TASKS:
        return pairs_of(document, source)
    symbols = symbols_of(experiment.symbols)
    return (Example(symbols, symbols),)


def _with_words(model: ModelConfig, given: InputConfig, examples: Examples) -> tuple[ModelConfig, InputConfig]:
    sources = _distinct(word for example in examples for word in example.source)
    targets = _distinct(word for example in examples for word in example.target)
    known = given.vocabulary or (_distinct((*sources, *targets)) if _says_what_it_reads(model) else sources)
    classes = model.classes or (() if _says_what_it_reads(model) else targets)
    return replace(model, classes=classes), replace(given, vocabulary=known)


def _text_to_run(experiment: Experiment, examples: Examples) -> Words:
    """The first text of a file; of a task, its first symbols, and for induction the second of them again."""
    if experiment.data not in TASKS:
        return examples[0].source
    text = examples[0].source[: experiment.length]
    return (*text, text[1]) if experiment.data == "induction" else text


def _says_what_it_reads(model: ModelConfig) -> bool:
    """Whether the head chooses from the words that the model reads."""
    return model.head == "vocabulary" and not (model.has_encoder and model.has_decoder)


def _check_known(document: Document, examples: Examples, source: ScenarioSource) -> None:
    """Every word of the data and of the input has a row, every label is a class. Raises Problem with the first not."""
    model, given = document.model, document.input
    answers, answers_key = (
        (given.vocabulary, "input.vocabulary") if _says_what_it_reads(model) else (model.classes, "classes")
    )
    sides = ((set(given.vocabulary), "input.vocabulary"), (set(answers), answers_key))
    for number, example in enumerate(examples, 1):
        for words, (known, key) in zip((example.source, example.target), sides, strict=True):
            if unknown := first_not_in(words, known):
                what = f"word {words.index(unknown) + 1} of pair {number} is in the data and not in `{key}`"
                raise source.problem(DATA, what, f"add it, or leave `{key}` out: then it has every word of the data")
    labels = () if model.has_decoder else tuple(filter(None, labels_of(model, given)))
    read = (*tokens_of(given), *(() if model.has_encoder else target_of(given) or ()))
    for texts, trained, kind in ((read, (*given.vocabulary, PAD), "word"), (labels, model.classes, "label")):
        if unknown := first_not_in(texts, set(trained)):
            what = f"{clip(unknown, _WORD)} is no {kind} that the model is trained on"
            raise source.problem(("input",), what, f"the {kind}s are {first_of(trained)}")


def _distinct(words: Iterable[str]) -> Words:
    return tuple(dict.fromkeys(words))


# --- checks


def training_can_be_done(document: Document, source: ScenarioSource) -> Iterator[Finding]:
    """There is something to learn from and something to say, by a model that can read it."""
    experiment, model = document.experiment, document.model
    if experiment is None or experiment.is_alone:
        return
    if experiment.data is None:
        hint = f"add `data: pairs.tsv`, or a task: {listed(TASKS)}"
        yield Finding(("experiment",), "a training needs data", hint)
    elif experiment.data in TASKS:
        yield from _task_fits(experiment, model)
    elif misplaced := next((key for key in ("length", "symbols") if source.holds(("experiment", key))), None):
        what = f"`{misplaced}` is of tasks that make up their examples, and here the data is a file"
        yield Finding(("experiment", misplaced), what, f"leave `{misplaced}` out", at_key=True)
    if model.head == "none":
        yield Finding(
            ("model",), "a model without a head says nothing, and cannot be trained", "add `head: vocabulary`"
        )
    if model.position == "learned":
        what = "learned positions are as many as the input is long, and the data may be longer"
        yield Finding(("model", "position"), what, "take sinusoidal, rotary, alibi or none")
    for key in ("vectors", "target_vectors"):
        if getattr(document.input, key) is not None:
            yield Finding(("input", key), "a model is trained on words", "give words")


def _task_fits(experiment: Experiment, model: ModelConfig) -> Iterator[Finding]:
    if experiment.data == "induction" and model.kind != "decoder":
        yield Finding(DATA, "induction is for a decoder: it goes on with a text", "take kind decoder")
    elif not model.has_decoder and (model.head != "tokens" or experiment.data not in _LABELLED):
        yield Finding(DATA, f"{experiment.data} has an answer for each word", "take head tokens, or a decoder")
    experiment = filled(experiment)
    if experiment.data == "induction" and experiment.length < 3:
        yield Finding(("experiment", "length"), "induction needs at least 3 symbols", "take length 3 or more")
    elif experiment.data == "induction" and experiment.length > experiment.symbols:
        what = f"induction takes up to {experiment.length} different symbols, and there are {experiment.symbols}"
        yield Finding(("experiment", "length"), what, "take more symbols, or a shorter length")
    else:
        yield from _leaves_examples(experiment)


def _leaves_examples(experiment: Experiment) -> Iterator[Finding]:
    """What is held out is never trained on: were it every example, none would ever be drawn."""
    count = different(experiment.data, experiment.symbols, experiment.length)
    if 2 * experiment.held_out > count:
        what = f"{experiment.held_out} examples are held out, and there may be only {count} different ones"
        yield Finding(("experiment",), what, f"take more symbols, a greater length, or `held_out: {count // 2}`")
