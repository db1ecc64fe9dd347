"""Reference checkpoints of every family, and what transformers computes from them. Not run by the tests.

Run from the repository with a Python that has PyTorch, transformers, safetensors and gguf:

    python -m tests.data.make_families tests/data/families [NAME …] [--seed N]

Each case is a folder: a small checkpoint as people have it on disk (every parameter random), the ids that were run
(`input.json`), and every tensor that could be taken from the run, in float64, under the paths of our traces
(`expected.safetensors`).
    exact.py      transformers in float64 throughout
    modules.py    which module of a family computes which step of ours
    recording.py  a run of a folder, and the tensors taken from it
    folders.py    small checkpoints, drawn and written
    cases.py      the table of cases
    gguf_files.py the same as GGUF files
"""
