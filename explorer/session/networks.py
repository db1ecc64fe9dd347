"""Which feed-forward network, and which token of the text, a person means."""

from __future__ import annotations

from attn_explore.model.looking.neurons import networks_of
from attn_explore.model.places import paths_named, places_of, the_path
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


def network_named(trace: Trace, name: str) -> Value:
    """The activations of the network that is named by its block, its layer or a step in it; nothing means the last one.

    Raises Problem where a run has no such network, or several.
    """
    networks = {step.path.rpartition(".")[0]: step for step in networks_of(trace)}
    if not networks:
        raise Problem("there is no feed-forward network in this run", hint="name a scenario or a model with one")
    if not name:
        return list(networks.values())[-1]
    tried = (name, f"{name}.ffn", name.rpartition(".")[0])
    found = next((paths for each in tried if (paths := paths_named(each, networks))), [])
    return networks[the_path(name, found, networks, f"the first network is {next(iter(networks))}")]


def token_named(hidden: Value, name: str) -> int:
    """The place of a token of the text, by its word or its number; nothing means the last one. Raises Problem."""
    return places_of(hidden, [name])["token"] if name else hidden.axes[0].size - 1
