"""A program of a user, whose types are known where those of the installed package are: `nox -s types` checks it."""

from typing import assert_type

import attn_explore

trace = attn_explore.run("i-love-my-dog")
assert_type(trace, attn_explore.Trace)
assert_type(trace["weights"], attn_explore.Value)
