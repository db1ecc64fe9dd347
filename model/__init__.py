"""Transformers in NumPy that record every tensor they compute.

Usable on its own, for example from a notebook:

>>> from attn_explore.model.run import run
>>> from attn_explore.model.scenario import parse_scenario
>>> trace = run(parse_scenario("input: {text: I love my dog}"))
>>> trace["encoder.layers.0.self_attention.weights"].shape
(1, 4, 4)
"""
