"""A visitor in a browser, whatever they press and type, is read nothing but what was named, and writes nothing here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.program import ROOT, environment
from tests.tokenizer_files import BPE, tokenizer_json

MODEL = ROOT / "tests" / "data" / "golden" / "gpt2-tiny"


def test_no_key_and_no_typed_path_reaches_the_disk(tmp_path: Path) -> None:
    """Python itself tells of every file that is opened, in a process of its own: what is heard so is heard for good."""
    here = tmp_path / "here"
    here.mkdir()
    (tmp_path / "secret.yaml").write_text("title: secret", "utf-8")
    command = [sys.executable, "-m", "tests.visitor_everywhere", "i-love-my-dog", "reverse", str(MODEL)]
    around = environment(PYTHONPATH=f"{ROOT / 'src'}:{ROOT}")
    found = subprocess.run(command, cwd=here, env=around, capture_output=True, text=True, timeout=600)
    assert (found.returncode, found.stderr) == (0, "")
    told = found.stdout.splitlines()
    refused = [line for line in told if not line.startswith(("downloaded", "read"))]
    assert refused == [f"a visitor was refused: open {name}" for name in ("/etc/passwd", "new.txt")]  # to see it stand
    assert {f"downloaded mine.{ending}" for ending in ("json", "yaml", "svg", "png")} <= set(told)
    assert [line for line in told if line.startswith("read")] == ["read Hello", "read world"]
    assert list(here.iterdir()) == []


TOKENIZER = tokenizer_json({**BPE, "vocab": {"a": 0, "b": 1}, "merges": []})

BEHIND_THE_FENCE = """
import json, subprocess, sys
from pathlib import Path
from attn_explore.explorer.system.fence import fence_in
from attn_explore.model.checkpoints.tokens.library import Library, own_process

fence_in([])
print(Library(sys.argv[1].encode(), Path("tokenizer.json"), {}).encode("ab"))
own = own_process()
for line, more in ((["true"], {}), ([*own, "more"], {}), (own, {"cwd": "/"}), (own, {"env": {}})):
    try:
        subprocess.Popen(line, **more)
    except PermissionError:
        print("refused")
"""


def test_behind_the_fence_a_text_is_cut_into_tokens_and_no_other_program_is_started(tmp_path: Path) -> None:
    line = [sys.executable, "-c", BEHIND_THE_FENCE, json.dumps(TOKENIZER)]
    found = subprocess.run(line, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stdout.split("\n")) == (0, ["[0, 1]", *["refused"] * 4, ""]), found.stderr
