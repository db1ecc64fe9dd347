"""Step through everything a Transformer computes.

`model`, `explorer` and `scenarios` are the folders of these names at the root of the repository: a wheel holds them as
they are, and a checkout has links to them here, which `tools/links.py` makes.
"""
