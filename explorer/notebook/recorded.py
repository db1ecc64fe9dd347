"""The record of a run as a notebook has it: its tensors by name, and its views."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attn_explore.explorer.notebook.by_name import again, cell_named, edit_named, value_named
from attn_explore.explorer.notebook.tensor import Value
from attn_explore.model.problems import Problem
from attn_explore.model.text import clip, visible

if TYPE_CHECKING:
    from attn_explore.explorer.notebook.results import (
        Attribution,
        Generation,
        Heads,
        Lens,
        Neurons,
        Patching,
        Result,
        Why,
        Words,
    )
    from attn_explore.explorer.session.session import Session


_READ = 60
"""Characters of the text that a run is told with."""


class Trace:
    """The record of a run: every tensor that was computed, in order, and what can be asked of it.

    `attn_explore.run` makes one, `attn_explore.load` reads one. Nothing changes it: `edited` and `with_text` give
    another one.

    >>> import attn_explore
    >>> trace = attn_explore.run("i-love-my-dog")
    >>> trace["scores"]
    Value(encoder.layers.0.self_attention.scores: 1 head × query 4 × key 4)
    >>> [step.path for step in trace][:3]
    ['encoder.embedding', 'encoder.position', 'encoder.input']
    >>> trace.tokens
    {'encoder': ('I', 'love', 'my', 'dog')}
    """

    def __init__(self, session: Session) -> None:
        """Nobody calls this: `attn_explore.run` and `load` do."""
        self._session = session

    # --- what it holds

    @property
    def title(self) -> str:
        """What the scenario is called, or the model."""
        return visible(self._session.run.scenario.title)

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said of how the run was read."""
        return tuple(map(visible, self._session.notes))

    @property
    def tokens(self) -> dict[str, tuple[str, ...]]:
        """The words that each stack read, and generated."""
        found = self._session.run.trace.tokens
        return {stack: words for stack, words in found.items() if words is not None}

    @property
    def scenario(self) -> dict[str, Any]:
        """The scenario as it was run, its defaults filled in, as plain data: `attn_explore.run` takes it."""
        return self._session.run.scenario.as_dict()

    @property
    def steps(self) -> Mapping[str, Value]:
        """Every step by its path, in the order in which they were computed."""
        return {path: Value(step) for path, step in self._session.run.trace.steps.items()}

    @property
    def parameters(self) -> Mapping[str, Value]:
        """Every parameter by its name."""
        return {name: Value(each) for name, each in self._session.run.trace.parameters.items()}

    @property
    def other(self) -> Trace | None:
        """The run that the scenario compares this one with."""
        return None if self._session.other is None else Trace(self._session.other)

    def __getitem__(self, name: str) -> Value:
        """The step or the parameter of a name: a path, the end of one, some of its parts, or the letter in formulas.

        Raises Problem where there is none, or where several are meant.

        >>> import attn_explore
        >>> trace = attn_explore.run("i-love-my-dog")
        >>> trace["weights"].path == trace["A"].path == trace["layers.0.weights"].path
        True
        >>> trace["wieghts"]
        Traceback (most recent call last):
        ...
        attn_explore.model.problems.Problem: error: the run has no step wieghts
        hint: did you mean weights?
        """
        return Value(value_named(self._session, name))

    def __contains__(self, name: str) -> bool:
        try:
            value_named(self._session, name)
        except Problem:
            return False
        return True

    def __iter__(self) -> Iterator[Value]:
        return iter(self.steps.values())

    def __len__(self) -> int:
        return len(self._session.run.trace.steps)

    # --- what can be asked of it

    def lens(self, token: str | None = None, *, token_id: int | None = None, top: int = 5, heads: bool = False) -> Lens:
        """What the model would say at each point of its residual stream, and the rank and logit of a token there.

        Source: nostalgebraist 2020. At each point the run's own last norm and output matrix are applied.

        token, token_id  a token by its text, with its space, or by its id
        top              how many likeliest words there are of each point
        heads            single heads, too, each by what it writes alone

        Raises Problem for a model without a head, and for what is no token.

        >>> import attn_explore
        >>> lens = attn_explore.run("translate").lens("狗")
        >>> lens.words[-1, :, 0].tolist()
        ['我', '喜歡', '我的', '狗', '</s>']
        >>> lens.rank
        Value(rank: point 4 × token 5)
        >>> lens.rank["0 feed-forward", "我的"]
        0
        """
        from attn_explore.explorer.notebook.asking import lens_of
        from attn_explore.explorer.session.through_lens import Through

        return lens_of(self._session, Through(token, token_id, top, heads))

    def attribute(
        self,
        token: str | None = None,
        *,
        token_id: int | None = None,
        against: str | None = None,
        against_id: int | None = None,
        after: str | None = None,
    ) -> Attribution:
        """Who wrote a logit: every embedding, head, network and bias, as a sum that comes to the logit.

        token, token_id      whose logit; without them that of the likeliest token
        against, against_id  less the logit of this one
        after                what is said at this word, or place; the mask, or the last

        >>> import attn_explore
        >>> found = attn_explore.run("translate").attribute("狗", after="我的")
        >>> bool(abs(found.adds.array.sum() + found.remainder - found.value) < 1e-9)
        True
        """
        from attn_explore.explorer.notebook.asking import attribution_of
        from attn_explore.explorer.session.who_wrote import WhoWrote

        return attribution_of(self._session, WhoWrote(token, token_id, against, against_id, after))

    def heads(self, token: str | None = None, *, token_id: int | None = None, seed: int = 0, length: int = 30) -> Heads:
        """What each head of attention does; with a token, also what each adds to its logit at the end of the text.

        Source: Elhage et al. 2021; Olsson et al. 2022. Scores are shares of the weight, from 0 to 1, and the entropy in
        nats. Those that need a token twice are of `length` made-up tokens that are said twice, drawn from `seed`.

        >>> import attn_explore
        >>> heads = attn_explore.run("induction-head").heads()
        >>> heads.scores.labels("score")
        ('induction', 'previous', 'first', 'same', 'entropy')
        >>> heads.scores["induction"].axes
        ('layer', 'head')
        """
        from attn_explore.explorer.notebook.asking import heads_of
        from attn_explore.explorer.session.scored_heads import Logit
        from attn_explore.model.looking.said_twice import Drawing

        asked = None if token is None and token_id is None else Logit(token, token_id)
        return heads_of(self._session, Drawing(seed, length), asked)

    def why(self, cell: str) -> Why:
        """Why a head looks from one token to another: `weights[head 1, its, Law]`.

        Source: Elhage et al. 2021. The score before any mask is a sum over pairs of what wrote the query and the key.
        Raises Problem for another cell, and where the score is no product of a query and a key.

        >>> import attn_explore
        >>> why = attn_explore.run("i-love-my-dog").why("weights[love, dog]")
        >>> why.pairs.axes
        ('of_query', 'of_key')
        >>> bool(abs(why.pairs.array.sum() + why.bias + why.remainder - why.value) < 1e-9)
        True
        """
        from attn_explore.explorer.notebook.asking import why_of

        return why_of(self._session, cell_named(self._session, cell))

    def patch(
        self,
        into: Trace | str,
        of: Literal["residual", "attention", "ffn", "heads"] = "residual",
        *,
        token: str | None = None,
        token_id: int | None = None,
        against: str | None = None,
        against_id: int | None = None,
        after: str | None = None,
        stack: str | None = None,
        estimate: bool = False,
    ) -> Patching:
        """Put numbers of this run into another one, and see how much of what this one says comes back.

        Source: Meng et al. 2022; for the estimate by gradients Nanda 2023. 0: nothing comes back, 1: all of it.

        into      a run of the same model over a text of as many tokens; or that text
        of        what is put in: the stream, or what attention, the networks or the heads make
        token     the word whose logit is measured, less that of `against`; by default what each run would say
        after     what is said at this word, or place; the mask, or the last
        stack     `encoder` or `decoder`; by default where the words differ
        estimate  only what the gradient estimates, without making the runs

        >>> import attn_explore
        >>> found = attn_explore.run("patching").patch("c h j l k e d h")
        >>> found.token, found.against, found.exact
        ('a', 'j', Value(what comes back: point 3 × token 8))
        >>> round(found.exact["0 attention", "a"], 3), found.exact["1 attention", "a"]
        (1.0, 0.0)
        """
        from attn_explore.explorer.notebook.asking import patching_of
        from attn_explore.explorer.session.opening import pair
        from attn_explore.explorer.session.patched import WhatToPatch

        other = self.with_text(into) if isinstance(into, str) else into
        session = pair(again(self._session), again(other._session))
        asked = WhatToPatch(of, token, token_id, against, against_id, after, stack)
        return patching_of(session, asked, estimate=estimate)

    def words(
        self,
        token: str | None = None,
        *,
        token_id: int | None = None,
        of: Literal["logit", "probability"] = "logit",
        after: str | None = None,
        steps: int = 32,
    ) -> Words:
        """Which words made an output: gradient times input, integrated gradients, rollout, and leaving each out.

        Source: Shrikumar et al. 2016; Sundararajan et al. 2017; Abnar and Zuidema 2020; Li et al. 2016.

        token  of which token; the likeliest
        of     its logit, or its probability
        after  what is said at this word, or place; the mask, or the last
        steps  of the integrated gradients; more are more exact

        >>> import attn_explore
        >>> words = attn_explore.run("translate").words("狗", after="我的")
        >>> words.shares["encoder"].axes, words.shares["encoder"].labels("method")
        (('token', 'method'), ('gradient×input', 'integrated', 'rollout', 'left out'))
        """
        from attn_explore.explorer.notebook.asking import words_of
        from attn_explore.explorer.session.asked_words import WhichWords

        return words_of(self._session, WhichWords(token, token_id, after, of, steps))

    def neurons(self, at: str = "", *, token: str | int = "", top: int = 10) -> Neurons:
        """The strongest neurons of a feed-forward network at a token of the text, and the words that each speaks for.

        Source: Geva et al. 2021. The strongest is the one that adds the longest vector to the stream.

        at     the network: `decoder.layers.3.ffn`, or `layers.3`; that of the last layer
        token  a word of the text, or its place; the last

        >>> import attn_explore
        >>> neurons = attn_explore.run("translate").neurons("decoder.layers.0", top=3)
        >>> neurons.activation.shape
        (3,)
        """
        from attn_explore.explorer.notebook.asking import neurons_of

        return neurons_of(self._session, at, str(token), top)

    def generate(
        self,
        *,
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
        repetition_penalty: float | None = None,
        seed: int | None = None,
        instead: Mapping[int, str] | None = None,
        top: int = 5,
    ) -> Generation:
        """How each word of the run is chosen by a sampler; without one the likeliest is, as in the run itself.

        temperature         the logits are divided by it
        top_k, top_p        so many of the likeliest words stay; the fewest that have so much probability together
        repetition_penalty  above 1, words that were read become less likely
        seed                of the numbers that words are drawn with
        instead             words at some places, from 0, for another future beside it: `{2: " Paris"}`
        top                 candidates that are listed

        Raises Problem where no word is chosen, and for a number that is out of its bounds.

        >>> import attn_explore
        >>> found = attn_explore.run("names").generate(top_k=3, seed=1)
        >>> found.probability.axes, bool((found.chance.array >= found.probability.array).all())
        (('place',), True)
        >>> list(found.steps[0]), found.steps[0]["chances"].formula
        (['logits', 'top_k_mask', 'top_k', 'chances'], 'chances = softmax(top_k)')
        """
        from attn_explore.explorer.notebook.asking import generation_of

        steps = {
            "temperature": temperature,
            "top_k": top_k,
            "top_p": top_p,
            "repetition_penalty": repetition_penalty,
        }
        return generation_of(self._session, steps, seed, instead or {}, top)

    def tokenized(self) -> Result:
        """How the text became tokens: letters, merges, pieces, ids; what is unusual is pointed out.

        >>> import attn_explore
        >>> [token["id"] for token in attn_explore.run("names").tokenized().as_dict()["reads"][0]["tokens"]]
        [0, 6, 12, 14]
        """
        return self._view("tokens")

    def cache(self) -> Result:
        """What the cache of keys and values holds after a generation, in numbers and bytes. Raises Problem for none.

        >>> import attn_explore
        >>> found = attn_explore.run("names").cache().as_dict()
        >>> found["numbers"], found["bytes"], found["bytes_a_token"]
        (160, 640, 128)
        """
        return self._view("cache")

    def bits(self, cell: str) -> Result:
        """The bits that a number is stored in, and how they make its value: `layers.0.ffn.w_1[0, 5]`.

        >>> import attn_explore
        >>> found = attn_explore.run("names").bits("w_1[0, 5]").as_dict()
        >>> found["storage"], [part["bits"] for part in found["parts"]]
        ('F32', ['0', '01111101', '00000101101011100010100'])
        """
        return self._view("bits", cell)

    def rounding(self, storage: str) -> Result:
        """How far each step is off in the same run with its parameters rounded: to bf16, f16, int8, q8_0 or q4_1.

        >>> import attn_explore
        >>> steps = attn_explore.run("names").rounding("q4_1").as_dict()["steps"]
        >>> steps[0]["at"], steps[0]["relative"] > 0
        ('decoder.embedding', True)
        """
        from attn_explore.explorer.notebook.asking import rounding_of

        return rounding_of(self._session, storage)

    def _view(self, name: str, cell: str = "") -> Result:
        from attn_explore.explorer.notebook.asking import view_of

        return view_of(self._session, name, cell)

    def explain(self, cell: str, depth: int = 1) -> str:
        """Where a number comes from, followed `depth` steps back, and where it goes: lines of text.

        >>> import attn_explore
        >>> print(attn_explore.run("i-love-my-dog").explain("weights[love, dog]").splitlines()[0])
        encoder.layers.0.self_attention.weights[love, dog]
        """
        from attn_explore.explorer.telling.plain import explained

        session = again(self._session)
        found = cell_named(session, cell)
        session.place.show(value_named(session, found.path), found.index)
        return "\n".join(explained(session, depth))

    # --- other runs

    def edited(self, changes: Mapping[str, float | str]) -> Trace:
        """The run with some numbers changed: all that follows from them is computed again.

        changes  by the name of a step or a parameter, or of a part of one, a number, or one of `zero`, `knock out`,
                 `scale 2`, `freeze`

        Raises Problem for what cannot be edited.

        >>> import attn_explore
        >>> trace = attn_explore.run("i-love-my-dog")
        >>> other = trace.edited({"scores[love, dog]": "knock out"})
        >>> other["weights"]["love", "dog"]
        0.0
        >>> other["weights"]["I"].array.tolist() == trace["weights"]["I"].array.tolist()
        True
        """
        from attn_explore.explorer.session.edits import run_edited

        edits = [edit_named(self._session, name, change) for name, change in changes.items()]
        return Trace(again(self._session, run_edited(self._session, edits)))

    def with_text(self, text: str) -> Trace:
        """The run of the same model over another text, without edits. Raises Problem for what it cannot read.

        >>> import attn_explore
        >>> attn_explore.run("i-love-my-dog").with_text("my dog").tokens
        {'encoder': ('my', 'dog')}
        """
        from attn_explore.explorer.session import other_text

        return Trace(other_text.with_text(self._session, text, grows=False))

    def export(self, file: str | os.PathLike[str], *, steps: Sequence[str] = (), force: bool = False) -> Path:
        """Write the trace to a .json, .npz or .safetensors file, whole or not at all, and give its path.

        `steps` are patterns of the steps that are wanted, such as `*.layers.5.*`; all. A file that is there is replaced
        with `force` alone. Raises Problem where it cannot be written.

        >>> import attn_explore, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = attn_explore.run("i-love-my-dog").export(f"{folder}/weights.json", steps=["weights"])
        ...     steps = attn_explore.load(file).steps
        >>> list(steps)
        ['encoder.layers.0.self_attention.weights']
        """
        from attn_explore.explorer.session.saving import export
        from attn_explore.model.traces.wanted import Wanted

        return export(self._session, Path(file), Wanted(tuple(steps)), force=force)

    # --- how it is shown

    def __repr__(self) -> str:
        trace = self._session.run.trace
        counted = f"{len(trace.steps)} steps, {len(trace.parameters)} parameters"
        read = next((f", {clip(visible(' '.join(words)), _READ)}" for words in self.tokens.values()), "")
        return f"Trace({visible(Path(self._session.name).name)}: {counted}{read})"

    def _repr_html_(self) -> str:
        from attn_explore.explorer.notebook.result_html import run_html

        said = (f"{stack}: {' '.join(words)}" for stack, words in self.tokens.items())
        return run_html(self.title, [*said, *self.notes], list(self._session.run.trace.steps.values()))
