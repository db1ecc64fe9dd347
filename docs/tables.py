"""Fills the tables of these pages from the program: python -m docs.tables

What stands between `<!-- table: NAME -->` and `<!-- end -->` of a page is made here, of what the program itself goes
by: the bindings of the keys, the commands, the course, the schemas, and the steps of small models. A test compares.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, get_args, get_type_hints

from docs.docstrings import reference

DOCS = Path(__file__).parent
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.S)
_LAYER = re.compile(r"^(encoder|decoder)\.layers\.\d+\.")

Rows = Iterable[tuple[str, ...]]


def filled(page: str) -> str:
    """The text of a page with every table as the program would have it now."""
    return _TABLE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}", page)


def table(head: tuple[str, ...], rows: Rows) -> str:
    r"""A table in Markdown.

    >>> print(table(("key", "what"), [("`a`", "one | two")]), end="")
    | key | what |
    | --- | --- |
    | `a` | one \| two |
    """
    lines = (head, ("---",) * len(head), *(tuple(_cell(cell) for cell in row) for row in rows))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    """A text on one line, in which nothing is taken for a border of the table or for HTML."""
    return re.sub(r"<(?=\w)", r"\<", " ".join(text.replace("|", r"\|").split()))


# --- the keys


def keys() -> str:
    """Every key by where it acts, with the id that a key file calls it by."""
    from attn_explore.explorer.screens.keys import every_binding

    def group(binding: Any) -> str:
        return str(binding.group.description)

    bindings = sorted(every_binding(), key=group)
    order = list(dict.fromkeys(map(group, every_binding())))
    by_group = {name: list(same) for name, same in groupby(bindings, group)}
    return "\n".join(f"### {name}\n\n{_keys_of(by_group[name])}" for name in order)


def _keys_of(bindings: Iterable[Any]) -> str:
    from attn_explore.explorer.screens.help import key_names

    shown = ((" ".join(f"`{key}`" for key in key_names(each.key).split()), each) for each in bindings)
    return table(("keys", "what they do", "id"), ((names, each.description, f"`{each.id}`") for names, each in shown))


# --- the commands and the course


def commands() -> str:
    """Every command with what its help says first, and an example."""
    from attn_explore.explorer.commands.command_line import COMMANDS
    from attn_explore.explorer.commands.examples import EXAMPLES

    names = ((command.__name__.rstrip("_"), command.__doc__ or "") for command in COMMANDS)
    rows = ((f"`{name}`", said.splitlines()[0], f"`{EXAMPLES[name][0]}`") for name, said in names)
    return table(("command", "what it does", "for example"), rows)


def course() -> str:
    """Every bundled scenario in the order of the course, by how difficult it is."""
    from attn_explore.explorer.session.course import bundled
    from attn_explore.model.scenario import read_scenario

    read = [(name, read_scenario(path)) for name, path in bundled().items()]
    parts = groupby(read, lambda each: each[1].difficulty)
    return "\n".join(f"### {level.capitalize()}\n\n{_lessons(each for each in part)}" for level, part in parts)


def on_models() -> str:
    """The lessons on real models."""
    from attn_explore.explorer.session.course import on_models as files
    from attn_explore.model.scenario import read_scenario

    return _lessons((name, read_scenario(path)) for name, path in files().items())


def _lessons(scenarios: Iterable[tuple[str, Any]]) -> str:
    rows = ((f"`{name}`", scenario.title, scenario.summary) for name, scenario in scenarios)
    return table(("name", "title", "what it shows"), rows)


# --- the formats, from their schemas


def scenario_format() -> str:
    """Every section of a scenario file with its keys."""
    from attn_explore.model.scenario import scenario_schema

    schema = scenario_schema()
    sections = {"": schema, **schema["$defs"]}
    names = sorted(sections, key=list(_SECTIONS).index)
    return "\n".join(_section(_heading(_SECTIONS[name]), sections[name], schema["$defs"]) for name in names)


_SECTIONS = {
    "": "a scenario",
    "ModelConfig": "the model",
    "WeightsConfig": "the weights of the model",
    "InputConfig": "the input",
    "MaskConfig": "the masks",
    "Edit": "an edit",
    "Gradients": "the gradients",
    "Comparison": "the second run",
    "LessonStep": "a stop of the lesson",
    "Answer": "an answer",
    "Experiment": "the experiment",
}
"""What the sections of a scenario are called, by their names in the schema, in the order of the page."""


def _heading(name: str) -> str:
    return name[0].upper() + name[1:]


def trace_format() -> str:
    """Every object of an exported trace with its keys."""
    from attn_explore.model.traces.trace_schema import trace_schema

    schema = trace_schema()
    objects = {name: found for name, found in schema["$defs"].items() if "properties" in found}
    parts = {"The whole": schema, **{f"`{name}`": found for name, found in objects.items()}}
    return "\n".join(_section(name, found, schema["$defs"]) for name, found in parts.items())


def _section(title: str, schema: Mapping[str, Any], all_of_them: Mapping[str, Any]) -> str:
    """A heading, what is said of an object, and its keys; those that it needs with a star."""
    required, keys = schema.get("required", ()), schema["properties"]
    columns = [
        ("key", [f"`{key}`{' *' if key in required else ''}" for key in keys]),
        ("type", [_kind(found) for found in keys.values()]),
        ("default", [_default(found) for found in keys.values()]),
        ("what it says", [_said(found, all_of_them) for found in keys.values()]),
    ]
    head, cells = zip(*(each for each in columns if any(each[1])), strict=True)
    rows = table(head, zip(*cells, strict=True))
    return "\n\n".join(part for part in (f"### {title}", schema.get("description", ""), rows) if part)


def _said(schema: Mapping[str, Any], all_of_them: Mapping[str, Any]) -> str:
    """What a schema says of itself, or what it refers to does."""
    referred = all_of_them.get(schema.get("$ref", "").rpartition("/")[2], {})
    return str(schema.get("description") or referred.get("description", ""))


def _kind(schema: Mapping[str, Any]) -> str:
    """What a schema allows, in words: `integer`, `list of text`, one of some names.

    >>> _kind({"type": "array", "items": {"type": "string"}})
    'list of text'
    >>> _kind({"enum": ["relu", "gelu"]})
    '`relu`, `gelu`'
    """
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _SECTIONS.get(name, f"`{name}`")
    if "anyOf" in schema and "type" not in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if isinstance(schema.get("type"), list):
        return " or ".join(_KINDS.get(each, each) for each in schema["type"])
    if schema.get("type") == "array":
        each = "list, each" if "$ref" in schema["items"] else "list of"
        return f"{each} {_kind(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"table of {_kind(schema['additionalProperties'])}"
    kind = str(schema.get("type", "anything"))
    return _KINDS.get(kind, kind)


_KINDS = {"string": "text", "object": "table", "boolean": "true or false", "null": "null"}


def _default(schema: Mapping[str, Any]) -> str:
    if "default" not in schema or schema["default"] in ("", [], {}):
        return ""
    shown = {True: "true", False: "false", None: "null"}
    default = schema["default"]
    return f"`{shown[default] if isinstance(default, bool) or default is None else default}`"


# --- the code


def attend() -> str:
    """The lines that compute attention."""
    import inspect

    from attn_explore.model.layers import attend as lines

    return f"```py\n{inspect.getsource(lines)}```\n"


# --- the names in Python


def python() -> str:
    """Every public name of the package, from its docstrings."""
    import attn_explore

    return reference(attn_explore)


# --- the steps and the parameters, from runs of small models


def steps() -> str:
    """Every step that a scenario's own model may have, with its axes, letter and title."""
    from attn_explore.model.explain import title
    from attn_explore.model.formulas import symbol

    found: dict[str, tuple[str, str, str]] = {}
    for trace in _small_runs():
        for path, value in trace.steps.items():
            if not path.startswith("grad."):
                found.setdefault(_general(path), (_axes(value), symbol(value), title(value)))
    return table(("step", "axes", "symbol", "title"), ((f"`{path}`", *row) for path, row in found.items()))


def parameters() -> str:
    """Every parameter that a scenario's own model may have, with its axes."""
    found: dict[str, str] = {}
    for trace in _small_runs():
        for path, value in trace.parameters.items():
            found.setdefault(_general(path), _axes(value))
    return table(("parameter", "axes"), ((f"`{path}`", axes) for path, axes in found.items()))


def axes() -> str:
    """Every name of an axis, and what runs along it."""
    from attn_explore.model.axes import MEANINGS

    return table(("axis", "what runs along it"), ((f"`{name}`", meaning) for name, meaning in MEANINGS.items()))


def _axes(value: Any) -> str:
    return ", ".join(axis.name for axis in value.axes)


def _general(path: str) -> str:
    """A path as it is in every layer.

    >>> _general("decoder.layers.3.ffn.hidden"), _general("encoder.embedding"), _general("logits")
    ('….ffn.hidden', '{stack}.embedding', 'logits')
    """
    within = _LAYER.sub("….", re.sub(r"^generated\.\d+\.", "", path))
    return re.sub(r"^(encoder|decoder)\.", "{stack}.", re.sub(r"(self|cross)_attention", "{attention}", within))


def _small_runs() -> Iterator[Any]:
    """One run of every kind of model, then of every choice that a scenario may make of it."""
    from attn_explore.model.config import ModelConfig
    from attn_explore.model.run import run
    from attn_explore.model.scenario import parse_scenario

    translator = "kind: encoder-decoder, head: vocabulary, bias: true"
    labels = "head: sequence, classes: [a, b]"
    hints = get_type_hints(ModelConfig)
    chosen = ("position", "score", "weighting", "norm", "activation")
    choices = (f"{key}: {name}" for key in chosen for name in get_args(hints[key]))
    taught = "input: {text: a b c, target: a b}\ngradients: {of: loss}"
    yield run(parse_scenario(f"model: {{{translator}}}\n{taught}"))
    for model in (translator, labels, "norm_order: pre", *choices):
        yield run(parse_scenario(f"model: {{{model}}}\ninput: {{text: a b c}}"))


TABLES: Mapping[str, Callable[[], str]] = {
    "attend": attend,
    "axes": axes,
    "commands": commands,
    "course": course,
    "keys": keys,
    "on_models": on_models,
    "parameters": parameters,
    "python": python,
    "scenario_format": scenario_format,
    "steps": steps,
    "trace_format": trace_format,
}
"""What makes each table, by its name in the pages."""


def main() -> None:
    """Write every page whose tables have changed."""
    for page in sorted(DOCS.glob("*.md")):
        before = page.read_text("utf-8")
        if (after := filled(before)) != before:
            page.write_text(after, "utf-8")
            print(f"wrote {page.name}")


if __name__ == "__main__":
    main()
