"""An export against `json.dumps` of the same lists."""

from __future__ import annotations

import json
import time
from statistics import median

from benchmarks.figures import Claim, Figure, Measured


def export() -> Measured:
    """JSON export of `wide` against json.dumps of the same lists, and the floats read back."""
    from attn_explore.explorer.session.course import locate
    from attn_explore.model.run import run
    from attn_explore.model.scenario import read_scenario
    from attn_explore.model.traces.export import trace_json

    scenario = read_scenario(locate("wide"))
    trace = run(scenario)
    ours, base, text = [], [], b""
    for _ in range(3):
        began = time.perf_counter()
        text = b"".join(trace_json(trace, scenario))
        ours.append(time.perf_counter() - began)
    plain = json.loads(text)
    for _ in range(3):
        began = time.perf_counter()
        json.dumps(plain)
        base.append(time.perf_counter() - began)
    steps = {step["path"]: step["values"] for step in plain["steps"]}
    same = all(value.array.tolist() == steps[path] for path, value in trace.steps.items())
    yield Figure("json.dumps of the same lists", median(base))
    yield Figure("export of wide as JSON, so many times faster", median(ours), median(base) / median(ours), least=5)
    yield Claim("floats read back are identical", same)
