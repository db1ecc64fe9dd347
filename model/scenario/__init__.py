"""Scenario files: reading and checking what to run, with the place of every fault.

A scenario is read in stages, and each reports all that it finds at once: the text (encoding, syntax), the keys (types,
bounds), and last what they have to agree on.

document, experiment_keys         the keys of the format, beside those in `model/config.py`
yaml_source, yaml_syntax, source  from text to data with the place of every key; messages about syntax
well_typed, validation, wording   types and bounds, and messages about them
keys, nested, findings            unknown keys, nested numbers, what a check finds
checks, teaching                  what has to agree; what training takes from its data
tokens, pairs                     what each stack reads and knows; files of pairs
schema, schema_examples           the JSON Schema
yaml_writing                      saving
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from attn_explore.model.config import filled, of_a_scenario
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.regular import read_inside, read_regular
from attn_explore.model.problems import Problem, raise_any
from attn_explore.model.scenario.checks import check_agreement
from attn_explore.model.scenario.document import VERSION, Document
from attn_explore.model.scenario.experiment_keys import filled as filled_experiment
from attn_explore.model.scenario.findings import Finding
from attn_explore.model.scenario.pairs import Example
from attn_explore.model.scenario.source import (
    CHANGED,
    COMPARED,
    TOLD_IN_FIRST,
    KeyPath,
    ScenarioSource,
    left_of,
    merged,
)
from attn_explore.model.scenario.teaching import pairs_of, taught
from attn_explore.model.scenario.tokens import (
    Checkpoint,
    Reading,
    predicting_stack,
    reading_stack,
    readings,
    tokens_of,
    vocabularies,
)
from attn_explore.model.scenario.validation import MAY_BE_NULL, Typed, check_types
from attn_explore.model.scenario.yaml_source import MOST_BYTES, decode, read_yaml
from attn_explore.model.text import clip, figure

_LONGEST_NAME = 60
_TOLD = ("title", "summary", "difficulty", TOLD_IN_FIRST)
"""Sections that no run depends on."""
_NAMED = 12


@dataclass(frozen=True, kw_only=True)
class Scenario(Document):
    """A checked scenario with its defaults filled in, and the source that it came from."""

    source: ScenarioSource = field(repr=False, compare=False)
    checkpoint: Checkpoint | None = field(default=None, repr=False, compare=False)
    """The checkpoint that `weights.checkpoint` names, once it is open."""

    def tokens(self) -> tuple[str, ...]:
        """List the tokens of the input, without padding."""
        if self.checkpoint is None:
            return tokens_of(self.input)
        return self.readings()[reading_stack(self.model)].tokens

    def readings(self) -> Mapping[str, Reading]:
        """What each stack of the model reads at first."""
        return readings(self.model, self.input) if self.checkpoint is None else self.checkpoint.readings(self.input)

    def with_word(self, place: int, word: str) -> Scenario:
        """Give the scenario with another word at a place of the input. Every word keeps its row of the table.

        Raises Problem for an unknown word where the table is given, or where the head chooses from the known words.
        """
        known = self._known_with((word,))
        tokens = self.tokens()
        changed = (*tokens[:place], word, *tokens[place + 1 :])
        return replace(self, input=replace(self.input, text=None, tokens=changed, vocabulary=known))

    def _known_with(self, words: Iterable[str]) -> tuple[str, ...]:
        """The words that the stack which reads the input knows. Raises Problem where it cannot learn one of `words`."""
        stack, weights = reading_stack(self.model), self.model.weights
        known = vocabularies(self.model, self.input, readings(self.model, self.input))[stack]
        is_chosen_from = self.model.head == "vocabulary" and stack == predicting_stack(self.model)
        is_given = f"{stack}.embedding_table" in weights.set or not weights.are_drawn
        unknown = next((word for word in words if word not in known), None)
        if unknown is not None and (is_chosen_from or is_given):
            why = "the head chooses from the words it knows" if is_chosen_from else "its embedding table is given"
            hint = f"the words that it knows: {', '.join(known[:_NAMED])}"
            raise Problem(f"the model has no row for {clip(unknown, _LONGEST_NAME)}: {why}", hint=hint)
        return known

    def with_text(self, said: Mapping[str, Any]) -> Scenario:
        """Give the scenario with another input: `said` are keys of `input`, such as `text` and `target`.

        The lesson, which speaks of the text that it is written for, is left out. Every word keeps its row of the table.
        Raises Problem for what the model cannot read.
        """
        given = merged(left_of(self.source.at(("input",)), said), said)
        if self.alone is not None:
            raise Problem("an experiment brings its own input", path=self.source.name, hint="leave the text out")
        if self.model.weights.checkpoint is None and self.input.vectors is None:
            words = tokens_of(replace(self.input, text=said["text"], tokens=None)) if "text" in said else ()
            given["vocabulary"] = list(self._known_with(words))
        data = {key: value for key, value in self.source.data.items() if key != TOLD_IN_FIRST}
        return replace(_checked(self.source.with_data(data | {"input": given}, "input")), checkpoint=self.checkpoint)

    def with_rounded(self, storage: str) -> Scenario:
        """Give the scenario with its parameters as this storage gives them back, without the lesson.

        Raises Problem where there are none.
        """
        if self.alone is not None:
            raise Problem("an experiment has no parameters to round", path=self.source.name, hint="leave --as out")
        data = {key: value for key, value in self.source.data.items() if key != TOLD_IN_FIRST}
        changed = merged(data.get("model") or {}, {"weights": {"rounded": storage}})
        return replace(_checked(self.source.with_data(data | {"model": changed}, "model")), checkpoint=self.checkpoint)

    def with_seed(self, seed: int) -> Scenario:
        """Give the scenario with other numbers, drawn from another seed. Raises Problem where none are drawn."""
        data = self.source.data
        section = "model" if self.alone is None else "experiment"
        if not self.model.weights.are_drawn:
            hint = "they were trained, or are set by hand: leave the seed out"
            raise Problem("the weights of this scenario are not drawn", path=self.source.name, hint=hint)
        drawn = {"weights": {"seed": seed}} if section == "model" else {"seed": seed}
        changed = {section: merged(data.get(section) or {}, drawn)}
        return replace(_checked(self.source.with_data(data | changed, section)), checkpoint=self.checkpoint)

    def varied(self, changes: Mapping[str, Mapping[str, Any]]) -> Scenario:
        """Give the scenario with some other keys in its sections, as its second run would have them, and no second run.

        Its lesson, its edits and its gradients, which are about the steps of this one, are left out. Raises Problem
        for what does not fit together.
        """
        data = {key: value for key, value in self.source.data.items() if key not in ("edits", "gradients")}
        given = {"input": _without_false_and_empty(self.as_dict()["input"])}  # words may have been edited
        source = self.source.with_data(data | given | {COMPARED: dict(changes)}, "input").compared()
        return replace(_checked(source), checkpoint=self.checkpoint)

    def pairs(self) -> tuple[Example, ...]:
        """Read the pairs that the model is trained on. Raises Problem where they cannot be read."""
        return pairs_of(self, self.source)

    @property
    def length(self) -> int:
        """How many tokens the model reads at first, padding included."""
        return max(reading.length for reading in self.readings().values())

    def second(self) -> Scenario | None:
        """Give the scenario of the second run, or None where nothing is compared.

        The lesson is told in the first, and only the first takes numbers from the other. The gradients are those of
        the number that the first is differentiated by, which is known when it has run.
        """
        if self.compare is None:
            return None
        edits = self.compare.edits
        if edits is None:
            edits = tuple(edit for edit in self.edits if not edit.swap)
        return replace(_checked(self.source.compared()), lesson=(), edits=edits, gradients=None)

    def as_dict(self) -> dict[str, Any]:
        """Give the scenario as it is run as plain data, which reads back as the same scenario."""
        said = replace(self, model=of_a_scenario(self.model))
        data = {section.name: _plain(getattr(said, section.name), (section.name,)) for section in fields(Document)}
        if self.alone is not None:
            for key in ("model", "input", "mask"):
                del data[key]
        elif not self.model.weights.are_drawn:
            for key in ("seed", "scale"):
                del data["model"]["weights"][key]
            if self.model.weights.checkpoint is not None:
                del data["input"]["vocabulary"]
        return {key: value for key, value in data.items() if value is not None}

    def as_yaml(self, second: Scenario | None = None) -> str:
        """Give the scenario as the text of a file: what its own file says, and the edits and the input as they are.

        `second` is the second run as it is: an edit of the first must not reach it through the file.
        """
        from attn_explore.model.scenario.yaml_writing import yaml_text  # only saving needs it

        now = self.as_dict()
        data = {**self.source.data, "title": self.title, "edits": _without_false_and_empty(now["edits"])}
        if "input" in now:
            data["input"] = _without_false_and_empty(now["input"])
        if not self.edits:
            del data["edits"]
        if self.gradients is not None:
            data["gradients"] = now["gradients"]
        if self.lesson:
            data["lesson"] = _without_false_and_empty(now["lesson"])
        if second is not None and isinstance(data.get(COMPARED), dict):
            other = second.as_dict()
            data[COMPARED] = {**data[COMPARED], "edits": _without_false_and_empty(other["edits"])}
            if self.tokens() != tokens_of(_checked(self.source).input):
                data[COMPARED]["input"] = _without_false_and_empty(other["input"])
        return yaml_text(data)

    def problem_at(self, path: KeyPath, what: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Make a problem placed where the scenario says what is at a key path, for checks that come later."""
        return self.source.problem(path, what, hint, at_key=at_key)

    def read_file(self, path: KeyPath, limit: int, allowed: Sequence[Path] = ()) -> bytes:
        """Read the file that is named at a key path, from the scenario's folder or an allowed one."""
        name = str(self.source.at(path))
        if self.source.folder is None:
            raise self.problem_at(path, "files that a trace names are not opened", "run the scenario's own file")
        try:
            return read_inside(self.source.folder, name, limit, allowed)
        except Problem as problem:
            raise self.problem_at(path, f"{clip(name, _LONGEST_NAME)}: {problem.what}", problem.hint) from problem


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file."""
    text = decode(read_regular(path, MOST_BYTES), path)
    return parse_scenario(text, str(path), path.parent)


def read_to_check(path: Path) -> tuple[Scenario, list[Problem]]:
    """Read a scenario file as far as it can be run, with the faults of all that is only told of it, as its lesson is.

    A lesson is about the steps of the run: so these can be checked beside its other faults. Raises Problem with
    everything that is wrong where the run depends on some of it.
    """
    text = decode(read_regular(path, MOST_BYTES), path)
    told: list[Problem] = []
    return _checked(read_yaml(text, str(path), path.parent), told), told


def parse_scenario(text: str, name: str = "scenario", folder: Path | None = None) -> Scenario:
    """Read the text of a scenario file; `name` stands in messages, and weights are looked up in `folder`.

    >>> parse_scenario("input: {text: I love my dog}").tokens()
    ('I', 'love', 'my', 'dog')
    """
    return _checked(read_yaml(text, name, folder))


def scenario_from_dict(data: Mapping[str, Any], name: str = "scenario") -> Scenario:
    """Read a scenario from plain data, such as the one inside a trace."""
    return _checked(ScenarioSource(name, json.loads(json.dumps(data))))


def scenario_schema() -> dict[str, Any]:
    """Make the JSON Schema of scenario files."""
    from attn_explore.model.scenario.schema import (
        scenario_schema as made,  # it needs Pydantic, which is imported when it is used
    )

    return made()


def _checked(source: ScenarioSource, told: list[Problem] | None = None) -> Scenario:
    """The scenario of a source. What is wrong with that which does not change the run is added to `told`, if given."""
    _check_version(source)
    document, source = _correct(source, told)
    title = document.title or Path(source.name).stem
    experiment = None if document.experiment is None else filled_experiment(document.experiment)
    given = document.input
    if document.model.weights.checkpoint is not None:
        given = replace(given, tokenizer="checkpoint")
    document = replace(document, title=title, model=filled(document.model), input=given, experiment=experiment)
    document = taught(document, source)
    sections = {section.name: getattr(document, section.name) for section in fields(Document)}
    return Scenario(**sections, source=source)


def _check_version(source: ScenarioSource) -> None:
    """A newer format may mean anything, so nothing else is said about it."""
    version = source.at(("version",))
    if isinstance(version, int) and version > VERSION:
        what = f"this scenario is made for version {figure(version)} of the format; this program has version {VERSION}"
        raise source.problem(("version",), what, "update attn-explore")


def _correct(source: ScenarioSource, told: list[Problem] | None) -> tuple[Document, ScenarioSource]:
    """Check types and agreement; where there is a second run, its scenario has to be correct too."""
    first = _inspected(source)
    second_findings: list[Finding] = []
    second_source = source
    if isinstance(source.at((COMPARED,)), dict):
        second = _inspected(source.compared())
        second_source = second.source
        second_findings = [finding for finding in second.findings if finding not in first.findings]
    problems = _in_order((first.source, first.findings), (second_source, second_findings))
    is_run = first.document is not None and not first.left_out
    if told is None or not is_run or any(each.path[0] not in _TOLD for each in (*first.findings, *second_findings)):
        raise_any(problems, first.left_out)
    else:
        told += problems
    assert first.document is not None  # noqa: S101 (there is one where nothing was found)
    return first.document, _with_texts_of(second_source, first.source)


def _with_texts_of(second: ScenarioSource, source: ScenarioSource) -> ScenarioSource:
    """The source, with text in what it compares with where the second run's check found that text is wanted."""
    changes = source.at((COMPARED,))
    if not isinstance(changes, dict):
        return source
    compared = {
        key: _as_in(second.data[key], change) if key in CHANGED and change else change
        for key, change in changes.items()
    }
    return replace(source, data={**source.data, COMPARED: compared})


def _as_in(whole: Any, part: Any) -> Any:
    """The part of nested data that other data covers."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return {key: _as_in(whole[key], value) for key, value in part.items()}
    return whole


def _inspected(source: ScenarioSource) -> Typed:
    typed = check_types(source)
    if typed.document is None:
        return typed
    broken = [finding.path for finding in typed.findings]
    agreement = check_agreement(typed.document, typed.source, broken)
    return replace(typed, findings=[*typed.findings, *agreement])


def _in_order(*found: tuple[ScenarioSource, Iterable[Finding]]) -> list[Problem]:
    """Everything that was found, in the order of the file."""
    problems: list[Problem] = []
    for source, findings in found:
        placed = {(problem.line, problem.column) for problem in problems if problem.line}  # in the run before
        here = (source.problem(each.path, each.what, each.hint, at_key=each.at_key) for each in findings)
        problems += [problem for problem in here if (problem.line, problem.column) not in placed]
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def _without_false_and_empty(data: Any) -> Any:
    """Leave out False and empty lists, which mean the same as no key."""
    if isinstance(data, dict):
        return {
            key: _without_false_and_empty(value) for key, value in data.items() if value is not False and value != []
        }
    return [_without_false_and_empty(item) for item in data] if isinstance(data, list) else data


def _plain(value: Any, path: KeyPath) -> Any:
    """Turn dataclasses and tuples into dicts and lists, leaving out what was left out."""
    if is_dataclass(value):
        inner = {each.name: _plain(getattr(value, each.name), (*path, each.name)) for each in fields(value)}
        return {key: plain for key, plain in inner.items() if plain is not None or (*path, key) in MAY_BE_NULL}
    if isinstance(value, Mapping):
        return {key: _plain(item, (*path, key)) for key, item in value.items()}
    return [_plain(item, path) for item in value] if isinstance(value, tuple) else value
