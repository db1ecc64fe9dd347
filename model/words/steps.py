"""The words of a step, by where it stands and what made it: title, symbol, explanation, and its name in a sentence.

They are written in the files of the languages beside this module. A step that nobody has written words for yet is
called by its name: a test says which words are missing, and nothing stops for it.
"""

from __future__ import annotations

from attn_explore.model.passes import LENS
from attn_explore.model.words.language import StepWords, language

ALIKE = {
    **dict.fromkeys(("final_norm", "input_norm", "output_norm", "q_norm", "k_norm"), "norm"),
    **dict.fromkeys(("probabilities", "probabilities_above", "probabilities_below"), "weights"),
}
"""Steps whose finer steps have the words of another's."""

ALONE = frozenset({"head"})
"""Blocks whose steps have words of their own, whatever made them."""


def heading_of(path: str, operation: str) -> str | None:
    """Under which heading the words of the step at `path`, made by `operation`, are written; None: nowhere."""
    known = language().steps
    return next((heading for heading in headings(path, operation) if heading in known), None)


def headings(path: str, operation: str) -> tuple[str, ...]:
    """Where the words of a step are looked for, the most particular heading first.

    >>> headings("encoder.layers.0.ffn.hidden", "gelu")
    ('hidden/gelu', 'ffn.hidden', 'hidden')
    """
    block, name = path.split(".")[-2:] if "." in path else ("", path)
    by_operation, by_block = f"{name}/{operation}", f"{ALIKE.get(block, block)}.{name}"
    if path.startswith(LENS):
        return f"{LENS}{name}", by_operation, name
    return (by_block, by_operation, name) if block in ALONE else (by_operation, by_block, name)


def words_of(path: str, operation: str) -> StepWords:
    """The words of the step at `path`, made by `operation`; its name for a title where nobody has written any."""
    heading = heading_of(path, operation)
    if heading is None:
        return StepWords(path.rpartition(".")[2].replace("_", " ").capitalize(), "", language().missing)
    return language().steps[heading]


def letter_of(parameter: str) -> str:
    """How a parameter or a given value is written in formulas: its letter, or else its name."""
    return language().parameters.get(parameter, parameter)


def noun(name: str, title: str) -> str:
    """What a step is called in a sentence.

    >>> noun("q", "Queries"), noun("residual", "Add: the residual connection")
    ('the queries', 'the sum of the residual connection')
    """
    return language().nouns.get(name) or f"the {title[:1].lower()}{title[1:]}".replace("the the ", "the ")


def gradient_words(output: str, numbers: str, symbol: str, *, is_origin: bool, is_learned: bool) -> StepWords:
    """The words of the gradient of `output` by the `numbers` of a step or parameter, which is written `symbol`.

    is_origin    it is the gradient of the output by itself
    is_learned   it is by a parameter
    """
    known = language().gradients
    about = {"output": output, "numbers": numbers, "symbol": symbol}
    texts = [known["origin" if is_origin else "number"].explanation]
    texts += [known["parameter"].explanation] if is_learned else []
    return StepWords(known["number"].title.format(**about), "", " ".join(texts).format(**about))
